import dataclasses

import msgspec
import numpy as np
import pytest

from sim_builders import empty_world, flat_terrain, one_sensor_site, put_walker, short_demo, short_world
from watchline.domain.records import Beacon, UnitReport, Weather
from watchline.geo.frame import GEOD
from watchline.sensing.signature import BIRD, PERSON, VEHICLE
from watchline.sim.world import World


def run(world: World, seconds: float, step_s: float = 1.0):
    return [world.step(world.now_s + step_s) for _ in range(round(seconds / step_s))]


def rows(steps, name: str) -> np.ndarray:
    part, column = name.split(".")
    return np.concatenate([getattr(getattr(step, part), column) for step in steps])


@pytest.fixture(scope="module")
def ten_minutes():
    world = short_world(short_demo())
    return world, run(world, 600.0)


def test_same_seed_gives_the_same_steps():
    first, again, other = (run(short_world(short_demo(), seed=seed), 30.0) for seed in (1, 1, 2))
    for name in ("scans.t_s", "detections.bearing_rad", "detections.p_class"):
        assert np.array_equal(rows(first, name), rows(again, name))
    assert [s.records for s in first] == [s.records for s in again]
    assert not np.array_equal(rows(first, "scans.t_s"), rows(other, "scans.t_s"))


def test_size_of_the_steps_changes_nothing_seen():
    fine, coarse = run(short_world(short_demo()), 40.0, 0.25), run(short_world(short_demo()), 40.0, 5.0)
    for name in ("scans.scan_id", "scans.t_s", "detections.t_s", "detections.bearing_rad", "detections.range_m"):
        assert np.array_equal(rows(fine, name), rows(coarse, name), equal_nan=True)


def test_rendering_a_camera_silences_it_and_leaves_the_others_alone():
    demo = short_demo()
    all_, some = run(short_world(demo), 30.0), run(short_world(demo, rendered=frozenset({0})), 30.0)
    assert 0 not in rows(some, "scans.sensor")
    assert 0 not in rows(some, "detections.sensor")
    others = rows(all_, "detections.sensor") != 0
    assert np.array_equal(rows(all_, "detections.bearing_rad")[others], rows(some, "detections.bearing_rad"), True)


def test_batches_are_valid_and_scans_count_up(ten_minutes):
    _, steps = ten_minutes
    for step in steps[:50]:
        step.scans.validate()
        step.detections.validate()
    ids = rows(steps, "scans.scan_id")
    assert np.array_equal(ids, np.arange(len(ids)))
    assert (np.diff(rows(steps, "scans.t_s")) >= 0).all()
    counted = np.zeros(len(ids), int)
    np.add.at(counted, rows(steps, "detections.scan_id"), 1)
    assert np.array_equal(counted, rows(steps, "scans.detections"))
    assert np.allclose(rows(steps, "detections.p_class").sum(axis=1), 1.0)


def test_a_dark_sensor_is_silent_and_one_goes_dark_early(ten_minutes):
    world, steps = ten_minutes
    sensor, t = rows(steps, "scans.sensor"), rows(steps, "scans.t_s")
    early = world.outages.from_s < world.start_s + 30
    assert early.any()
    for k, begin, end in zip(world.outages.sensor, world.outages.from_s, world.outages.to_s, strict=True):
        # An outage begins and ends with the second it falls in.
        assert not ((sensor == k) & (t > begin + 1) & (t < end - 1)).any()


def test_first_minutes_touch_the_wire(ten_minutes):
    world, steps = ten_minutes
    wire = np.isfinite(rows(steps, "detections.s_m"))
    assert rows(steps, "detections.t_s")[wire].min() < world.start_s + 240


def test_units_report_every_quarter_minute(ten_minutes):
    world, steps = ten_minutes
    reports = [r for s in steps for r in s.records if isinstance(r, UnitReport)]
    assert len(reports) == pytest.approx(len(world.site.units) * 600 / 15, abs=len(world.site.units))
    patrol = [r for r in reports if r.unit == "P01"]
    assert np.allclose(np.diff([r.t_s for r in patrol]), 15.0)
    assert {r.state for r in patrol} == {"patrolling"}
    assert all(60 < r.position.d_m < 600 for r in patrol)


def test_weather_is_told_at_the_start_and_beacons_call(ten_minutes):
    _, steps = ten_minutes
    assert any(isinstance(r, Weather) for r in steps[0].records)
    assert any(isinstance(r, Beacon) for s in steps for r in s.records)
    ids = [r.id for s in steps for r in s.records]
    assert len(ids) == len(set(ids))


def test_speeds_are_physical_and_nobody_enters_mines_or_water():
    demo = short_demo()
    world = short_world(demo)
    top = {PERSON: 1.7, VEHICLE: 12.0, BIRD: 12.0}
    for _ in range(60):
        world.step(world.now_s + 60.0)
        truth = world.truth()
        speed = np.hypot(*truth.v_m_s.T)
        assert all(v <= top.get(int(k), 3.0) for v, k in zip(speed, truth.kind, strict=True))
        on_foot = truth.kind != BIRD
        assert world.population.routes.open_at(truth.xy_m[on_foot]).all()


def test_mines_are_closed_to_routes():
    demo = short_demo()
    routes = short_world(demo).population.routes
    ring = demo.line.frame.xy_m_from_lonlat(*demo.areas_lonlat["mines-1"].T)
    middle = ring[:-1].mean(axis=0)
    assert not routes.open_at(middle)
    way = routes.path(middle + np.array([0.0, 1200.0]), middle - np.array([0.0, 1200.0]), 0.0)
    assert way is not None
    assert routes.open_at(way).all()


def test_crossings_are_told_as_truth():
    world = short_world(short_demo())
    run(world, 3600.0, 60.0)
    truth = world.truth()
    assert len(truth.crossing_t_s) > 0
    assert ((truth.crossing_s_m >= -20_000) & (truth.crossing_s_m <= 40_000)).all()
    assert set(np.abs(truth.crossing_sign)) == {1}


def test_steps_into_the_past_are_refused():
    world = empty_world(one_sensor_site())
    with pytest.raises(ValueError, match="to_s must not be before"):
        world.step(world.now_s - 1.0)


def share_seen(distance_m: float, terrain=None, seconds: float = 160.0) -> float:
    """Return the share of looks in which a walker across the view is detected."""
    world = empty_world(one_sensor_site(), terrain)
    body = put_walker(world, (-100.0, distance_m), (300.0, distance_m))
    seen = looks = 0
    for _ in range(round(seconds)):
        step = world.step(world.now_s + 1.0)
        looks += len(step.scans)
        seen += int((world.truth().detected_body == body).sum())
    return seen / looks


def test_detection_falls_with_range():
    near, middle, far = share_seen(800.0), share_seen(3000.0), share_seen(5500.0)
    assert near > 0.85
    assert near >= middle > far


def test_nobody_is_detected_through_a_ridge():
    # The walker is north of a wall 1.2 km away, the eye 25 m up, the wall 30 m.
    assert share_seen(2000.0, flat_terrain(ridge_at_m=1200.0)) == 0.0


def test_bearings_are_true_bearings():
    world = empty_world(one_sensor_site())
    body = put_walker(world, (150.0, 1000.0), (160.0, 1000.0), 0.05)
    bearing, range_m = [], []
    for _ in range(120):
        step = world.step(world.now_s + 1.0)
        mine = world.truth().detected_body == body
        bearing += step.detections.bearing_rad[mine].tolist()
        range_m += step.detections.range_m[mine].tolist()
    eye = world.line.frame.lonlat_from_xy_m(np.array([[0.0, -100.0], [153.0, 1000.0]]))
    azimuth, _, away = GEOD.inv(*eye[0], *eye[1])
    assert np.degrees(np.median(bearing)) == pytest.approx(azimuth, abs=0.08)
    assert np.median(range_m) == pytest.approx(away, rel=0.03)


def test_radar_is_blind_to_what_does_not_come_nearer():
    site = one_sensor_site("radar", hfov_deg=360.0, min_speed_m_s=0.3, sd_bearing_deg=0.57, sd_range_m=5.0)
    counts = []
    for end in ((2000.0, 1400.0), (2001.0, 2000.0)):
        world = empty_world(site)
        body = put_walker(world, (2000.0, 2000.0), end, 1.2 if end[1] < 2000 else 0.005)
        run_bodies = []
        for _ in range(120):
            world.step(world.now_s + 1.0)
            run_bodies += world.truth().detected_body.tolist()
        counts.append(run_bodies.count(body))
    assert counts[0] > 20
    assert counts[1] == 0


def test_a_line_without_cameras_has_no_birds_and_goes_on():
    demo = short_demo()
    radars = tuple(sensor for sensor in demo.site.sensors if sensor.kind == "radar")
    world = short_world(dataclasses.replace(demo, site=msgspec.structs.replace(demo.site, sensors=radars)))
    steps = run(world, 1200.0, 60.0)
    assert len(rows(steps, "scans.t_s")) > 0
