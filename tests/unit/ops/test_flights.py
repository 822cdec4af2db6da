"""Missions that a drone would not come back from, or on which it would meet another of ours, are refused."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
import shapely

from builders import T0_S, level, site, straight_line, write_site
from watchline.domain.records import (
    DroneState,
    GeoPoint,
    MapShape,
    MissionApproval,
    MissionItem,
    MissionOutcome,
    MissionPlan,
    Weather,
)
from watchline.domain.site import Unit
from watchline.ops.exchange.flights import flown
from watchline.ops.exchange.missions import plan_of, refusal
from watchline.ops.picture import Picture
from watchline.ops.site_file import LoadedSite, read_site
from watchline.response.overhead import SWATH_M

LINE = straight_line()
Place = tuple[float, float]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> LoadedSite:
    lon, lat = LINE.frame.lonlat_from_xy_m(LINE.xy_m_from_sd([5000.0, 500.0])).tolist()
    drones = tuple(
        Unit(id=name, kind="drone", organisation="own", lon_deg=lon, lat_deg=lat, speed_m_s=10.0, endurance_s=1200.0,
             link_range_m=4500.0) for name in ("D1", "D2")
    )  # fmt: skip
    return read_site(write_site(tmp_path_factory.mktemp("site"), msgspec.structs.replace(site(), units=drones)))


def at(place: Place) -> GeoPoint:
    lon, lat = LINE.frame.lonlat_from_xy_m(LINE.xy_m_from_sd(list(place))).tolist()
    return GeoPoint(lon_deg=lon, lat_deg=lat)


def mission(drone: str, *places: Place, shape: str = "way", height_m: float = 60.0) -> MissionPlan:
    drawn = MapShape(id="s", t_s=T0_S, source="map", name="a", shape=shape, points=tuple(at(p) for p in places))  # type: ignore[arg-type]
    return plan_of(drawn, drone, "mission", height_m, LINE.frame, {"id": f"m-{drone}", "t_s": T0_S, "source": "op"})


def flying(drone: str, place: Place, *, battery: float = 1.0, up_m: float = 60.0) -> DroneState:
    here = msgspec.structs.replace(at(place), msl_m=200.0 + up_m)
    return DroneState(
        id=f"s-{drone}", t_s=T0_S, source="air", drone=drone, place=here, above_home_m=up_m, battery=battery,
        armed=True, mission_item=0,
    )  # fmt: skip


def picture(*records: object) -> Picture:
    made = Picture(0, now_s=T0_S)
    for record in records:
        made.apply(record)  # type: ignore[arg-type]
    return made


def why(plan: MissionPlan, known: Picture, loaded: LoadedSite) -> str:
    return refusal(plan, known, loaded, level(), T0_S)


def test_a_drone_comes_back_with_its_reserve_or_does_not_go(loaded: LoadedSite) -> None:
    """There and back are 8 km: 800 s at 10 m/s, of 1200 s less a fifth."""
    far = mission("D1", (9000.0, 500.0))
    assert why(far, picture(flying("D1", (5000.0, 500.0))), loaded) == ""
    tired = picture(flying("D1", (5000.0, 500.0), battery=0.8))
    assert why(far, tired, loaded) == "it needs 13 min and has 12 before its reserve"
    wind = Weather(
        id="w", t_s=T0_S, source="m", from_km=0.0, to_km=10.0, visibility_m=9000.0, dust=0.0, rain_mm_h=0.0,
        wind_m_s=3.0, air_c=20.0,
    )  # fmt: skip
    assert "19 min" in why(far, picture(flying("D1", (5000.0, 500.0)), wind), loaded)
    storm = picture(flying("D1", (5000.0, 500.0)), msgspec.structs.replace(wind, wind_m_s=12.0))
    assert "too strong" in why(far, storm, loaded)
    out = mission("D1", (9800.0, 500.0))
    assert "beyond its link's range" in why(out, picture(flying("D1", (5000.0, 500.0))), loaded)
    assert why(mission("theirs", (9800.0, 500.0)), picture(), loaded) == ""  # nothing known of it


def test_what_an_item_waits_is_flown_too(loaded: LoadedSite) -> None:
    items = tuple(
        MissionItem(command=c, lat_deg=33.6, lon_deg=42.0, height_m=9.0, params=(60.0, 0.0, 0.0, 0.0))
        for c in (16, 18)
    )
    flight = flown(np.array([[0.0, 0.0, 0.0], [100.0, 0.0, 0.0], [100.0, 200.0, 0.0]]), [0, 1], items, 10.0)
    assert flight.t_s.tolist() == [0.0, 10.0, 70.0, 90.0, 90.0]  # turns of a loiter are no seconds
    assert flight.at(np.array([40.0, 80.0]))[:, :2].tolist() == [[100.0, 0.0], [100.0, 100.0]]


def started(plan: MissionPlan) -> list[object]:
    stamp = {"t_s": T0_S - 10.0, "drone": plan.drone, "what": "mission", "digest": plan.digest}
    yes = MissionApproval(id=f"y-{plan.drone}", source="op", step="start", operator="op", **stamp)  # type: ignore[arg-type]
    gone = MissionOutcome(id=f"o-{plan.drone}", source="air", outcome="started", items=len(plan.items), **stamp)  # type: ignore[arg-type]
    return [plan, yes, gone]


def test_two_drones_that_would_meet_do_not_both_fly(loaded: LoadedSite) -> None:
    there = mission("D2", (7000.0, 500.0))
    known = [*started(there), flying("D2", (3000.0, 500.0))]  # 4 km along the line, 400 s
    meets = mission("D1", (5000.0, 1500.0), (5000.0, 0.0))  # crosses it after 250 s, when the other is 50 s short
    me = flying("D1", (5000.0, 3000.0))
    assert "within 300 m of D2" in why(meets, picture(*known, me), loaded)
    assert why(meets, picture(*known, msgspec.structs.replace(me, above_home_m=-140.0)), loaded) == ""  # 200 m below
    early = mission("D1", (5000.0, 2500.0), (6500.0, 2500.0))
    assert why(early, picture(*known, me), loaded) == ""  # never near
    landed = msgspec.structs.replace(flying("D2", (3000.0, 500.0)), armed=False)
    assert why(meets, picture(*started(there), landed, me), loaded) == ""
    assert why(meets, picture(there, flying("D2", (3000.0, 500.0)), me), loaded) == ""  # nobody started it


def test_an_area_is_swept_and_the_drone_comes_home(loaded: LoadedSite) -> None:
    corners = [(5500.0, 600.0), (6500.0, 600.0), (6500.0, 1400.0), (5500.0, 1400.0)]
    plan = mission("D1", *corners, shape="area")
    assert plan.items[-1].command == 20  # home
    lonlat = np.array([(i.lon_deg, i.lat_deg) for i in plan.items[:-1]])
    way = LINE.frame.xy_m_from_lonlat(lonlat[:, 0], lonlat[:, 1])
    area = shapely.Polygon(LINE.xy_m_from_sd(corners))
    assert area.difference(shapely.LineString(way).buffer(SWATH_M / 2 + 1.0)).area < 1.0
    assert why(plan, picture(flying("D1", (5000.0, 500.0))), loaded) == ""
    assert "it needs" in why(plan, picture(flying("D1", (5000.0, 500.0), battery=0.5)), loaded)
