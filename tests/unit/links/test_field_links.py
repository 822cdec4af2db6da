"""METAR, a station's JSON, and reports as short text."""

from __future__ import annotations

import json
import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchline.domain.records import FieldReport, GeoPoint, Inspection, Record, ReportReceipt, WeatherObservation
from watchline.links.contract import LocalError, PeerError, Settings, at
from watchline.links.field import metar, report_text, weather_station

T0_S = 1_516_665_600.0  # 2018-01-23T00:00:00Z


def read(text: str, now_s: float = T0_S) -> WeatherObservation:
    _, (record,), errors = metar.decode(at(metar.init(Settings("metar")), now_s), text.encode() + b"=")
    assert errors == ()
    assert isinstance(record, WeatherObservation)
    return record


# -- METAR -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("groups", "rain", "dust"),
    [
        ("9999", 0.0, 0.0),
        ("CAVOK", 0.0, 0.0),
        ("3000 -RA", 1.0, 0.0),
        ("3000 RA", 5.0, 0.0),
        ("0800 +TSRA", 15.0, 0.0),
        ("3000 VCSH", 0.0, 0.0),
        ("4000 DU", 0.0, math.log(2.5) / math.log(50)),
        ("4000 BLSA", 0.0, math.log(2.5) / math.log(50)),
        ("4000 DRDU", 0.0, 0.0),  # drifting below two metres hides nothing
        ("0100 +DS", 0.0, 1.0),
        ("0800 SS", 0.0, math.log(12.5) / math.log(50)),
        ("2000 BR", 0.0, 0.0),
    ],
)
def test_rain_and_dust_are_what_the_report_lists(groups: str, rain: float, dust: float) -> None:
    seen = read(f"METAR ORBI 230000Z 31012KT {groups} 18/02 Q1018")
    assert seen.rain_mm_h == rain
    assert seen.dust == pytest.approx(dust)


@pytest.mark.parametrize(
    ("wind", "speed", "towards", "gust"),
    [
        ("31012G22KT", 12 * 1852 / 3600, 310.0, 22 * 1852 / 3600),
        ("00000KT", 0.0, None, None),
        ("VRB03MPS", 3.0, None, None),
        ("27036KMH", 10.0, 270.0, None),
        ("/////KT", None, None, None),
        ("///05MPS", 5.0, None, None),
    ],
)
def test_wind(wind: str, speed: float | None, towards: float | None, gust: float | None) -> None:
    seen = read(f"METAR ORBI 230000Z {wind} 9999 18/02 Q1018")
    assert seen.wind_m_s == pytest.approx(speed)
    assert seen.wind_from_rad == (None if towards is None else pytest.approx(math.radians(towards)))
    assert seen.gust_m_s == pytest.approx(gust)


@pytest.mark.parametrize(
    ("groups", "metres", "at_least"),
    [("0350", 350.0, False), ("9999", 10_000.0, True), ("10SM", 16_093.44, False), ("1 1/2SM", 2_414.016, False),
     ("M1/4SM", 402.336, False), ("P6SM", 9_656.064, True), ("////", None, False), ("6000NDV", 6000.0, False)],
)  # fmt: skip
def test_visibility(groups: str, metres: float | None, at_least: bool) -> None:
    seen = read(f"METAR KXYZ 230000Z 31012KT {groups} 18/02 A2992")
    assert seen.visibility_m == pytest.approx(metres)
    assert seen.visibility_at_least == at_least


def test_remarks_and_trends_are_not_the_weather_now() -> None:
    seen = read("METAR ORBI 230000Z 31012KT 9999 18/M02 Q1018 BECMG 0500 +DS RMK 0100 +TSRA")
    assert (seen.dust, seen.rain_mm_h, seen.visibility_m, seen.dew_point_c) == (0.0, 0.0, 10_000.0, -2.0)


def test_what_is_slashed_out_is_unknown_and_not_zero() -> None:
    seen = read("METAR ORBI 230000Z AUTO /////KT //// // ////// ///// Q////")
    told = (seen.wind_m_s, seen.visibility_m, seen.air_c, seen.pressure_hpa, seen.rain_mm_h, seen.dust)
    assert told == (None,) * 6


@pytest.mark.parametrize(("stamp", "now", "expected"), [
    ("222330Z", T0_S, T0_S - 1800), ("230030Z", T0_S, T0_S + 1800), ("312350Z", T0_S + 777_600, T0_S + 777_000),
])  # fmt: skip
def test_the_day_of_the_month_is_the_nearest_one(stamp: str, now: float, expected: float) -> None:
    assert read(f"METAR ORBI {stamp} 00000KT CAVOK 09/01 Q1018", now).t_s == expected


@pytest.mark.parametrize(
    "text", ["METAR", "ORBI", "METAR ORBI 230000Z NIL", "METAR ORBI 320000Z CAVOK", "TAF ORBI 230000Z", "x" * 2000]
)
def test_what_is_no_report_is_refused(text: str) -> None:
    _, records, errors = metar.decode(metar.init(Settings("metar")), text.encode() + b"=")
    assert records == ()
    assert len(errors) == 1


# -- station -----------------------------------------------------------------------------------------------------


@given(air=st.floats(-80, 60), wind=st.none() | st.floats(0, 100), heading=st.none() | st.floats(0, 6.28))
def test_a_station_s_readings_go_out_and_back(air: float, wind: float | None, heading: float | None) -> None:
    told = WeatherObservation(
        id="x", t_s=T0_S, source="m", station="well", air_c=air, wind_m_s=wind, wind_from_rad=heading
    )
    _, (back,), errors = weather_station.decode(weather_station.init(Settings("m")), weather_station.encode(told))
    assert isinstance(back, WeatherObservation)
    assert errors == ()
    assert (back.air_c, back.wind_m_s, back.rain_mm_h, back.t_s) == (air, wind, None, T0_S)
    assert back.wind_from_rad == (None if heading is None else pytest.approx(heading, abs=1e-9))


@pytest.mark.parametrize(
    "change", [{"wind_m_s": -1}, {"dust": 1.5}, {"air_c": "12"}, {"air_c": True}, {"lon_deg": 42}, {"t": "2018"}]
)  # fmt: skip
def test_a_reading_that_cannot_be_refuses_the_message(change: dict[str, object]) -> None:
    message = json.dumps({"station": "well", "air_c": 3.0} | change).encode()
    _, records, errors = weather_station.decode(weather_station.init(Settings("m")), message)
    assert records == ()
    assert next(iter(change)).split("_")[0] in errors[0].reason


# -- short text --------------------------------------------------------------------------------------------------

REPORT = FieldReport(
    id="post-3.17", t_s=T0_S, source="post-3", reporter="post-3", number=17, what="footprints", subject="people",
    place=GeoPoint(lat_deg=33.60012, lon_deg=42.00045), count=3, heading_rad=math.radians(45), age_h=2.5,
    text="نحو البئر",
)  # fmt: skip


def text_read(line: bytes, allow: frozenset[str] = frozenset()) -> Record | PeerError:
    _, records, errors = report_text.decode(report_text.init(Settings("text", allow=allow)), line)
    assert len(records) + len(errors) == 1
    return (*records, *errors)[0]


def test_a_report_goes_out_and_back_the_same() -> None:
    line = report_text.encode(REPORT)
    assert line.startswith(b'WL1 F post-3.17 180123T000000Z 33.60012,42.00045 =people n3 h045 a2.5 "')
    assert len(line) <= 200
    assert text_read(line) == REPORT


@pytest.mark.parametrize("what", sorted(report_text.LETTERS))
def test_every_kind_of_report_fits(what: str) -> None:
    report = msgspec.structs.replace(REPORT, what=what, reporter="a" * 24, source="a" * 24, id="a" * 24 + ".17")
    assert text_read(report_text.encode(report)) == report


@given(place=st.tuples(st.floats(-90, 90), st.floats(-180, 180)), count=st.none() | st.integers(0, 9999),
       text=st.text(st.characters(codec="utf-8", categories=("L", "N", "P")), max_size=30))  # fmt: skip
def test_any_report_goes_out_and_back(place: tuple[float, float], count: int | None, text: str) -> None:
    lat, lon = round(place[0], 5), round(place[1], 5)
    report = msgspec.structs.replace(
        REPORT, place=GeoPoint(lat_deg=lat, lon_deg=lon), count=count, text=text, heading_rad=None
    )
    assert text_read(report_text.encode(report)) == report


def test_every_single_changed_character_is_noticed() -> None:
    line = report_text.encode(REPORT)
    for k in range(len(line)):
        for flip in (1, 2, 4, 16):
            assert isinstance(
                text_read(line[:k] + bytes([line[k] ^ flip]) + line[k + 1 :].replace(b"\n", b"")), PeerError
            )


def test_a_text_that_is_too_long_is_said_and_not_cut() -> None:
    with pytest.raises(LocalError, match="shorten"):
        report_text.encode(msgspec.structs.replace(REPORT, text="ط" * 100))


def test_only_reporters_that_are_known_are_believed() -> None:
    assert isinstance(text_read(report_text.encode(REPORT), frozenset({"post-4"})), PeerError)
    assert text_read(report_text.encode(REPORT), frozenset({"post-3"})) == REPORT


def test_inspections_and_receipts_go_out_and_back() -> None:
    wire = Inspection(
        id="post-3.18", t_s=T0_S, source="post-3", number=18, subject="wire-2", condition=0.4,
        what="cut", from_km=12.1, to_km=12.2, text="two strands",
    )  # fmt: skip
    assert text_read(report_text.encode(wire)) == wire
    receipt = ReportReceipt(id="post-3.17-K", t_s=0.0, source="text", reporter="post-3", number=17, accepted=True)
    assert text_read(report_text.encode(receipt)) == receipt
    assert len(report_text.encode(receipt)) < 40


def test_the_checksum_is_the_standard_s() -> None:
    assert report_text.crc16(b"123456789") == 0x29B1
