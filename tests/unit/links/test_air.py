"""Drone video geometry, MAVLink telemetry, radar, ADS-B."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest

from builders import level
from watchline.domain.records import AircraftReport, DroneState, GeoPoint, RadarPlot, VideoGeometry
from watchline.geo.footprint import footprint_xyz_m, outline_uv, pixel_rays, turn
from watchline.links.air import adsb, asterix, klv, mavlink, mpegts
from watchline.links.contract import LocalError, Settings, at

T0_S = 1_516_665_600.0
GEOMETRY = VideoGeometry(
    id="klv-drone-7-1516665600500000", t_s=T0_S + 0.5, source="drone-7", platform="drone-7", sensor="IR",
    place=GeoPoint(lon_deg=42.0, lat_deg=33.6, msl_m=800.0), heading_rad=1.2, hfov_rad=0.2, slant_range_m=2500.0,
)  # fmt: skip


def _close(a: float | None, b: float | None, tolerance: float) -> bool:
    return a is b is None or (a is not None and b is not None and abs(a - b) <= tolerance)


# -- KLV -------------------------------------------------------------------------------------------------------


def test_a_packet_goes_out_and_back_within_the_steps_of_its_integers() -> None:
    _, (back,), errors = klv.decode(klv.init(Settings("klv")), klv.encode(GEOMETRY))
    assert isinstance(back, VideoGeometry)
    assert errors == ()
    assert back.place is not None
    assert back.place.lat_deg == pytest.approx(33.6, abs=90 / 2**31)
    assert back.place.msl_m == pytest.approx(800.0, abs=19_900 / 65_535 / 2)
    assert _close(back.heading_rad, 1.2, math.tau / 65_535 / 2)
    assert _close(back.slant_range_m, 2500.0, 5e6 / (2**32 - 1))
    assert (back.t_s, back.platform, back.sensor) == (GEOMETRY.t_s, "drone-7", "IR")


def test_what_was_not_said_stays_unknown() -> None:
    _, (back,), _ = klv.decode(klv.init(Settings("klv")), klv.encode(GEOMETRY))
    assert isinstance(back, VideoGeometry)
    assert (back.vfov_rad, back.frame_centre, back.corners, back.pitch_rad) == (None, None, (), None)


def test_the_integer_that_means_not_known_is_unknown() -> None:
    packet = klv.packet_of({2: (10**15).to_bytes(8, "big"), 13: b"\x80\0\0\0", 14: b"\0\0\0\0", 65: b"\x13"})
    _, (back,), _ = klv.decode(klv.init(Settings("klv")), packet)
    assert isinstance(back, VideoGeometry)
    assert back.place is None


def test_corners_as_offsets_are_from_the_frame_centre() -> None:
    centre = {23: klv.SCALES[23].raw(33.6), 24: klv.SCALES[24].raw(42.0)}
    offsets = {26 + k: klv.SCALES[26 + k].raw(0.001 * (k + 1)) for k in range(8)}
    packet = klv.packet_of({2: (10**15).to_bytes(8, "big")} | centre | offsets | {65: b"\x13"})
    _, (back,), _ = klv.decode(klv.init(Settings("klv")), packet)
    assert isinstance(back, VideoGeometry)
    assert [round(point.lat_deg, 5) for point in back.corners] == [33.601, 33.603, 33.605, 33.607]
    assert [round(point.lon_deg, 5) for point in back.corners] == [42.002, 42.004, 42.006, 42.008]


@pytest.mark.parametrize("byte", range(17, 90, 6))
def test_no_flipped_bit_is_believed(byte: int) -> None:
    packet = klv.encode(GEOMETRY)
    bad = packet[:byte] + bytes([packet[byte] ^ 4]) + packet[byte + 1 :]
    _, records, errors = klv.decode(klv.init(Settings("klv")), bad + klv.encode(GEOMETRY) * 2)
    # A damaged length may hold back the end: what is whole after it still comes.
    assert len(records) in (1, 2)
    assert all(record.id == GEOMETRY.id for record in records)
    assert errors


def test_a_value_out_of_range_is_our_own_mistake() -> None:
    with pytest.raises(LocalError, match="slant_range"):
        klv.encode(msgspec.structs.replace(GEOMETRY, slant_range_m=6e6))
    with pytest.raises(LocalError):
        klv.encode(DroneState(id="x", t_s=0.0, source="x", drone="x"))


def test_a_transport_stream_gives_each_packet_with_its_time() -> None:
    many = [msgspec.structs.replace(GEOMETRY, t_s=T0_S + k / 2, pts_s=k / 2) for k in range(20)]
    _, records, errors = mpegts.decode(mpegts.init(Settings("ts")), mpegts.stream_of(many))
    assert errors == ()
    assert [record.pts_s for record in records if isinstance(record, VideoGeometry)] == [k / 2 for k in range(20)]


def test_a_lost_transport_packet_costs_one_chunk_and_is_told() -> None:
    stream = mpegts.stream_of([msgspec.structs.replace(GEOMETRY, t_s=T0_S + k) for k in range(6)])
    packets = [stream[k : k + 188] for k in range(0, len(stream), 188)]
    whole = len(packets) - 2
    assert whole == 6  # each packet of geometry fits one transport packet
    del packets[4]
    _, records, errors = mpegts.decode(mpegts.init(Settings("ts")), b"".join(packets))
    assert len(records) == 5
    assert [error.reason for error in errors] == ["transport packets are missing"]


# -- footprint ---------------------------------------------------------------------------------------------------


def test_a_camera_that_looks_straight_down_sees_a_rectangle_below_it() -> None:
    axes = turn(0.0, -math.pi / 2, 0.0)
    ground = footprint_xyz_m(level(3000.0), np.array([0.0, 0.0, 1200.0]), axes, (0.4, 0.2), per_side=4)
    above = 1200.0 - level(3000.0).height_m[0, 0]
    assert np.nanmax(np.abs(ground[:, 0])) == pytest.approx(above * math.tan(0.2), rel=0.01)
    assert np.nanmax(np.abs(ground[:, 1])) == pytest.approx(above * math.tan(0.1), rel=0.01)


def test_platform_heading_and_camera_azimuth_add_up() -> None:
    one, _ = pixel_rays(turn(0.7, 0.0, 0.0) @ turn(0.5, -0.3, 0.0), np.zeros((1, 2)), 0.2, 0.1)
    other, _ = pixel_rays(turn(1.2, 0.0, 0.0) @ turn(0.0, -0.3, 0.0), np.zeros((1, 2)), 0.2, 0.1)
    assert one[0] == pytest.approx(other[0])
    assert one[0] == pytest.approx(1.2)


def test_the_picture_s_right_is_right_of_where_it_looks() -> None:
    bearing, elevation = pixel_rays(turn(1.0, -0.4, 0.0), np.array([[1.0, 0.0], [0.0, -1.0]]), 0.2, 0.1)
    assert bearing[0] > 1.0
    assert elevation[1] > -0.4


def test_rays_above_the_horizon_meet_no_ground() -> None:
    ground = footprint_xyz_m(level(3000.0), np.array([0.0, 0.0, 900.0]), turn(0.0, 0.5, 0.0), (0.2, 0.1))
    assert np.isnan(ground[:, 0]).all()
    assert len(outline_uv(8)) == len(ground) == 32


# -- MAVLink -----------------------------------------------------------------------------------------------------

DRONE = DroneState(
    id="x", t_s=T0_S, source="drones", drone="drone-9",
    place=GeoPoint(lon_deg=-42.0000001, lat_deg=-33.6, msl_m=-12.0),
    above_home_m=50.0, speed_m_s=5.0, heading_rad=3.0, roll_rad=0.25, pitch_rad=-0.5,
    battery=0.57, mode=3, armed=True,
)  # fmt: skip


def test_a_drone_s_state_goes_out_and_back() -> None:
    state = at(mavlink.init(Settings("drones")), T0_S + 9)
    state, records, errors = mavlink.decode(state, mavlink.encode(DRONE))
    back = records[-1]
    assert isinstance(back, DroneState)
    assert errors == ()
    assert back.place == DRONE.place
    assert (back.drone, back.mode, back.armed, back.battery, back.t_s) == ("drone-9", 3, True, 0.57, T0_S)
    assert _close(back.heading_rad, 3.0, 1e-4)
    assert _close(back.speed_m_s, 5.0, 0.01)
    assert (back.roll_rad, back.pitch_rad) == (0.25, -0.5)


def test_a_drone_that_says_nothing_of_its_battery_has_no_empty_one() -> None:
    frame = mavlink.pack("SYS_STATUS", {"battery_remaining": -1}, system=1, component=1, sequence=0)
    beat = mavlink.pack("HEARTBEAT", {"base_mode": 0}, system=1, component=1, sequence=1)
    _, (back,), _ = mavlink.decode(mavlink.init(Settings("drones")), frame + beat)
    assert isinstance(back, DroneState)
    assert (back.battery, back.armed, back.place) == (None, False, None)


def test_frames_that_never_came_are_counted() -> None:
    frames = [mavlink.pack("HEARTBEAT", {}, system=1, component=1, sequence=k % 256) for k in range(300)]
    state, _, _ = mavlink.decode(mavlink.init(Settings("drones")), b"".join(frames[:100] + frames[110:]))
    assert isinstance(state, mavlink.DronesState)
    assert state.gaps == 10


def test_where_its_camera_looks_is_told_against_north_and_level() -> None:
    """A level turn to 1.2 rad, then 0.5 down: quaternions multiplied by hand."""
    yaw, pitch = 1.2 / 2, -0.5 / 2
    q = (math.cos(yaw) * math.cos(pitch), -math.sin(yaw) * math.sin(pitch),
         math.cos(yaw) * math.sin(pitch), math.sin(yaw) * math.cos(pitch))  # fmt: skip
    said = {"lat_camera": 336000000, "lon_camera": 420000000, "alt_camera": 260_000, "lat_image": 2**31 - 1,
            "lon_image": 2**31 - 1, "alt_image": 2**31 - 1, "hfov": 40.0, "vfov": 30.0}  # fmt: skip
    here = mavlink.encode(msgspec.structs.replace(DRONE, drone="drone-9", heading_rad=1.0))
    state = at(mavlink.init(Settings("drones")), T0_S)
    state, _, _ = mavlink.decode(state, here)

    def frame(sequence: int, **more: object) -> bytes:
        return mavlink.pack("CAMERA_FOV_STATUS", said | {"q": q} | more, system=9, component=100, sequence=sequence)  # type: ignore[arg-type]

    state, (view,), errors = mavlink.decode(state, frame(0))
    assert errors == ()
    assert isinstance(view, VideoGeometry)
    assert (view.platform, view.place) == ("drone-9", GeoPoint(lon_deg=42.0, lat_deg=33.6, msl_m=260.0))
    assert view.frame_centre is None
    assert _close(view.heading_rad, 1.0, 1e-4)
    assert _close(view.camera_azimuth_rad, 0.2, 1e-4)
    assert _close(view.camera_elevation_rad, -0.5, 1e-6)
    assert _close(view.hfov_rad, math.radians(40.0), 1e-6)
    state, (blind,), _ = mavlink.decode(state, frame(1, hfov=math.nan))
    assert isinstance(blind, VideoGeometry)
    assert blind.hfov_rad is None  # not told: nothing is claimed to be seen
    _, records, refused = mavlink.decode(state, frame(2, q=(0.0, 0.0, 0.0, 0.0)) + frame(3, lat_camera=10**9))
    assert records == ()
    assert [error.reason for error in refused] == [
        "CAMERA_FOV_STATUS: the quaternion is none", "CAMERA_FOV_STATUS: latitude 100, longitude 42 is no place",
    ]  # fmt: skip


def test_there_is_no_word_for_arming() -> None:
    assert 76 not in mavlink.LAYOUTS  # COMMAND_LONG
    assert 75 not in mavlink.LAYOUTS  # COMMAND_INT
    assert 11 not in mavlink.LAYOUTS  # SET_MODE


@pytest.mark.parametrize("lat", [91 * 10**7, -91 * 10**7])
def test_a_place_beyond_the_pole_is_refused(lat: int) -> None:
    frame = mavlink.pack("GLOBAL_POSITION_INT", {"lat": lat, "lon": 1}, system=1, component=1, sequence=0)
    _, records, (error,) = mavlink.decode(mavlink.init(Settings("drones")), frame)
    assert records == ()
    assert "no place" in error.reason


# -- ASTERIX -----------------------------------------------------------------------------------------------------


def _plot(t_s: float = T0_S + 5) -> RadarPlot:
    return RadarPlot(id="x", t_s=t_s, source="r", radar="radar-0-1", range_m=12_345.0, azimuth_rad=2.5)


def test_a_plot_goes_out_and_back_within_its_steps() -> None:
    state = at(asterix.init(Settings("radar", options={"radar_0_1": "west"})), T0_S)
    _, (back,), errors = asterix.decode(state, asterix.encode(_plot()))
    assert isinstance(back, RadarPlot)
    assert errors == ()
    assert (back.radar, back.t_s, back.primary) == ("west", T0_S + 5, True)
    assert back.range_m == pytest.approx(12_345.0, abs=1852 / 512)
    assert back.azimuth_rad == pytest.approx(2.5, abs=math.tau / 2**17)


@pytest.mark.parametrize(("sent", "came"), [(-1.0, 1.0), (1.0, -1.0), (86_399.0, 86_401.0)])
def test_a_time_of_day_gets_the_nearest_day(sent: float, came: float) -> None:
    _, (back,), _ = asterix.decode(at(asterix.init(Settings("r")), T0_S + came), asterix.encode(_plot(T0_S + sent)))
    assert back.t_s == T0_S + sent


def test_a_damaged_record_leaves_the_ones_before_and_the_next_block() -> None:
    good = asterix.encode(_plot())
    two = bytes([48]) + (3 + 2 * (len(good) - 3) + 2).to_bytes(2, "big") + good[3:] + good[3:] + b"\xf0\x00"
    _, records, errors = asterix.decode(at(asterix.init(Settings("r")), T0_S), two + good)
    assert len(records) == 3
    assert ["cut short" in error.reason for error in errors] == [True]


def test_simulated_plots_are_marked() -> None:
    raw = asterix.encode(msgspec.structs.replace(_plot(), test=True))
    _, (back,), _ = asterix.decode(at(asterix.init(Settings("r")), T0_S), raw)
    assert isinstance(back, RadarPlot)
    assert back.test


# -- ADS-B -------------------------------------------------------------------------------------------------------

POSITION = (
    b"MSG,3,1,1,4CA2D6,1,2018/01/23,00:00:01.500,2018/01/23,00:00:01.600,,3000,,,33.60000,42.00000,,,0,0,0,0\r\n"
)
NAMED = b"MSG,1,1,1,4CA2D6,1,2018/01/23,00:00:01.000,2018/01/23,00:00:01.000,HELI1   ,,,,,,,,0,0,0,0\r\n"
SPEED = b"MSG,4,1,1,4CA2D6,1,2018/01/23,00:00:01.200,2018/01/23,00:00:01.200,,,120,90.0,,,-640,,0,0,0,0\r\n"


def test_what_an_aircraft_has_said_on_several_lines_is_one_report() -> None:
    _, (back,), errors = adsb.decode(adsb.init(Settings("sky")), NAMED + SPEED + POSITION)
    assert isinstance(back, AircraftReport)
    assert errors == ()
    assert (back.aircraft, back.callsign, back.t_s) == ("4ca2d6", "HELI1", T0_S + 1.5)
    assert back.speed_m_s == pytest.approx(61.73, abs=0.01)
    assert back.climb_m_s == pytest.approx(-3.25, abs=0.01)
    assert back.place == GeoPoint(lat_deg=33.6, lon_deg=42.0, msl_m=pytest.approx(914.4), le_m=300.0)  # type: ignore[arg-type]


def test_a_sky_of_too_many_forgets_the_longest_silent() -> None:
    lines = b"".join(POSITION.replace(b"4CA2D6", b"%06X" % k) for k in range(adsb.Limits.aircraft + 50))
    state, records, _ = adsb.decode(adsb.init(Settings("sky")), lines)
    assert isinstance(state, adsb.SkyState)
    assert len(records) == adsb.Limits.aircraft + 50
    assert len(state.sky) == adsb.Limits.aircraft
    assert "000000" not in state.sky


def test_an_aircraft_goes_out_and_back() -> None:
    told = AircraftReport(
        id="x", t_s=T0_S, source="sky", aircraft="4ca2d6", callsign="HELI1", course_rad=1.0, speed_m_s=60.0,
        place=GeoPoint(lon_deg=42.1, lat_deg=33.7, msl_m=900.0), emergency=True, on_ground=False,
    )  # fmt: skip
    _, (back,), _ = adsb.decode(adsb.init(Settings("sky")), adsb.encode(told))
    assert isinstance(back, AircraftReport)
    assert (back.t_s, back.callsign, back.emergency, back.on_ground) == (T0_S, "HELI1", True, False)
    assert _close(back.course_rad, 1.0, 1e-3)
    assert back.place is not None
    assert _close(back.place.msl_m, 900.0, 0.3048)
