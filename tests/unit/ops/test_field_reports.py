"""What follows from people's reports: conditions of wire and posts, and crossers held up less by a cut wire."""

from __future__ import annotations

import msgspec
import pytest

from builders import T0_S, camera, site, straight_line
from watchline.domain.records import GeoPoint, Inspection, Weather, WeatherObservation
from watchline.domain.site import Barrier
from watchline.links import Settings, mqtt
from watchline.links.contract import at
from watchline.ops.field_reports import derived, inspected, weather_near
from watchline.ops.picture import Picture

WIRE = Barrier(id="wire", kind="wire", from_km=0.0, to_km=10.0, delay_walker_s=300.0, delay_vehicle_s=60.0)


def inspection(
    condition: float, from_km: float | None = None, to_km: float | None = None, t_s: float = 0.0
) -> Inspection:
    return Inspection(
        id=f"post-3.{t_s:.0f}", t_s=t_s, source="post-3", subject="wire", condition=condition, what="cut",
        from_km=from_km, to_km=to_km,
    )  # fmt: skip


def conditions(*inspections: Inspection) -> list[tuple[float, float, float]]:
    line = msgspec.structs.replace(site(camera()), barriers=(WIRE,))
    return [(b.from_km, b.to_km, b.condition) for b in inspected(line, inspections).barriers]


def test_a_stretch_that_was_found_cut_is_a_part_of_its_own() -> None:
    assert conditions(inspection(0.2, 3.0, 4.0)) == [(0.0, 3.0, 1.0), (3.0, 4.0, 0.2), (4.0, 10.0, 1.0)]


def test_an_inspection_of_the_whole_is_the_whole() -> None:
    assert conditions(inspection(0.5)) == [(0.0, 10.0, 0.5)]


def test_the_later_word_stands_in_whatever_order_they_come() -> None:
    early, late = inspection(0.2, 3.0, 6.0, t_s=1.0), inspection(0.9, 5.0, 7.0, t_s=2.0)
    expected = [(0.0, 3.0, 1.0), (3.0, 5.0, 0.2), (5.0, 6.0, 0.9), (6.0, 7.0, 0.9), (7.0, 10.0, 1.0)]
    assert conditions(early, late) == conditions(late, early) == expected


def test_what_lies_beyond_the_wire_changes_nothing_there() -> None:
    assert conditions(inspection(0.1, 9.0, 14.0)) == [(0.0, 9.0, 1.0), (9.0, 10.0, 0.1)]
    assert all(condition == 1.0 for _, _, condition in conditions(inspection(0.1, 20.0, 30.0)) if condition != 0.1)


@pytest.mark.parametrize(("condition", "state"), [(1.0, "up"), (0.4, "degraded"), (0.0, "dark")])
def test_a_post_s_condition_is_its_sensors_health(condition: float, state: str) -> None:
    line = site(camera())
    told = Inspection(
        id="x.1", t_s=0.0, source="x", subject=line.sensors[0].post or line.sensors[0].id, condition=condition,
        what="damaged",
    )  # fmt: skip
    health = derived([told], line, None, Picture(1))  # type: ignore[arg-type]  # no place is asked for
    assert [(h.sensor, h.state, h.quality) for h in health] == [(line.sensors[0].id, state, condition)]  # type: ignore[attr-defined]


def seen(lat_deg: float = 33.7, **change: float | None) -> WeatherObservation:
    told = {"visibility_m": 3000.0, "dust": 0.3, "rain_mm_h": 0.0, "wind_m_s": 9.0, "air_c": 20.0} | change
    place = GeoPoint(lon_deg=42.0, lat_deg=lat_deg)
    return WeatherObservation(id="ORBI-1", t_s=T0_S, source="metar", station="ORBI", place=place, **told)  # type: ignore[arg-type]


def test_a_station_s_weather_is_that_of_the_line_around_it() -> None:
    weather = weather_near(seen(), straight_line(200_000.0))
    assert weather is not None
    assert (weather.from_km, weather.to_km) == (pytest.approx(80.0, abs=0.5), pytest.approx(120.0, abs=0.5))
    assert (weather.visibility_m, weather.wind_m_s, weather.provenance) == (3000.0, 9.0, ("ORBI-1",))


def test_what_was_not_observed_is_not_made_up() -> None:
    for name in ("visibility_m", "dust", "rain_mm_h", "wind_m_s", "air_c"):
        assert weather_near(seen(**{name: None}), straight_line()) is None
    assert weather_near(seen(lat_deg=35.0), straight_line()) is None


def test_a_station_s_message_over_mqtt_is_the_line_s_weather() -> None:
    said = (
        b'{"t":1700000000,"lon_deg":42.0,"lat_deg":33.6,"visibility_m":1500,"dust":0.5,"rain_mm_h":0,"wind_m_s":12,'
    )
    state = at(mqtt.init(Settings("ground")), 1_700_000_000.0)
    _, told, errors = mqtt.decode(state, b"watchline/weather/well-3\n" + said + b'"air_c":31}')
    assert errors == ()
    (weather,) = derived(told, site(camera()), straight_line(), Picture(1))
    assert isinstance(weather, Weather)
    assert (weather.visibility_m, weather.dust, weather.air_c, weather.source) == (1500.0, 0.5, 31.0, "ground")
    assert weather.provenance == (told[0].id,)
