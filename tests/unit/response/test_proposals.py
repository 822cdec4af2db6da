"""Proposals on even ground: who stands first, what is uncovered, whose sector it is, who else holds which point."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest
import shapely

from builders import level, site, straight_line
from watchline.domain.site import Organisation, Sector, Site, Unit
from watchline.response.futures import Futures, futures
from watchline.response.holding import hold
from watchline.response.overhead import seen_from_home
from watchline.response.proposals import Land, Standing, Wanted, propose, twins
from watchline.response.travel.flight import Leg
from watchline.response.travel.means import speed_share
from watchline.response.travel.reach import Ways
from watchline.response.uncovered import uncovered

LINE = straight_line()
GROUND = level()
WAYS = {"wheels": Ways.of(speed_share(GROUND, "wheels"), GROUND)}


def place() -> Site:
    made = site()
    orgs = (
        *made.organisations,
        Organisation(id="guard", name="G"),
        Organisation(id="scouts", name="S", command="own"),
    )
    sectors = (Sector(id="W", from_km=0.0, to_km=5.0, organisation="own"),
               Sector(id="E", from_km=5.0, to_km=10.0, organisation="guard"))  # fmt: skip
    return msgspec.structs.replace(made, organisations=orgs, sectors=sectors)


def at(unit: str, s_m: float, d_m: float = 400.0, kind: Any = "patrol", org: str = "own", **more: Any) -> Standing:
    xy = LINE.xy_m_from_sd([s_m, d_m])
    spec = Unit(id=unit, kind=kind, organisation=org, speed_m_s=12.0 if kind == "drone" else 6.0, **more)
    return Standing(spec, xy, 0.0, xy)


def coming(name: str, s_m: float, weight: float = 4.0) -> Wanted:
    xy = LINE.xy_m_from_sd([s_m, -1200.0])
    ahead = (LINE.xy_m_from_sd([s_m, -200.0]) - xy) / 1000.0
    return Wanted(name, xy, futures(xy, 1.3 * ahead, 0.1, LINE, gone_d_m=2000.0), weight)


LAND = Land(place(), LINE, WAYS)


def test_the_nearest_stands_first_and_says_what_it_uncovers() -> None:
    units = [at("P1", 2500.0), at("P2", 7000.0), at("P3", 9500.0)]
    options = propose([coming("A", 3000.0)], units, LAND, {}, 1000.0)["A"]
    assert [o.unit for o in options] == ["P1", "P2", "P3"]
    assert [o.chosen for o in options] == [True, False, False]
    first = options[0]
    assert first.early_s < first.arrives_s < first.late_s
    assert first.meets_s >= first.arrives_s - 60.0
    assert first.uncovers is not None
    assert first.uncovers.then_s > first.uncovers.before_s
    assert len(first.route) >= 2
    assert first.into == ""


def test_two_alerts_are_settled_together() -> None:
    """P1 is the nearer for both; the other alert has only P2, so all are served best crosswise."""
    units = [at("P1", 4000.0), at("P2", 9800.0)]
    options = propose([coming("A", 3600.0), coming("B", 5200.0)], units, LAND, {}, 0.0)
    sent = {a: next(o.unit for o in of if o.chosen) for a, of in options.items()}
    assert sent == {"A": "P1", "B": "P2"}
    grave = propose([coming("A", 3600.0, 1.0), coming("B", 4400.0, 8.0)], units[:1], LAND, {}, 0.0)
    assert [of[0].chosen for of in grave.values()] == [False, True]


def test_several_alerts_of_one_party_have_one_unit() -> None:
    """The unit that is left goes to somebody else, and nobody to whom one is on the way already."""
    first, again, other = coming("A", 3000.0), coming("B", 3120.0, 2.0), coming("C", 3900.0, 2.0)
    found = twins([again, other, first], [])
    assert {w.alert: w.twin for w in found} == {"A": False, "B": True, "C": False}
    options = propose(found, [at("P1", 2500.0), at("P2", 3500.0)], LAND, {}, 0.0)
    assert {a: [o.unit for o in of if o.chosen] for a, of in options.items()} == {"A": ["P1"], "B": [], "C": ["P2"]}
    assert {o.unit for o in options["B"]} == {"P1", "P2"}  # a person may still send one
    assert all(w.twin for w in twins([again], [first]))
    late = [replace(again, seen_s=s, at_m=LINE.xy_m_from_sd([3300.0, -1200.0])) for s in (0.0, 300.0, 700.0)]
    assert [twins([w], [first])[0].twin for w in late] == [False, True, False]  # where they are is known less well
    assert not twins([replace(again, distress=True)], [first])[0].twin


def test_whose_sector_is_entered() -> None:
    units = [at("P1", 7000.0, org="scouts"), at("G1", 7200.0, org="guard")]
    options = {o.unit: o.into for o in propose([coming("A", 7000.0)], units, LAND, {}, 0.0)["A"]}
    assert options == {"P1": "guard", "G1": ""}


def test_a_drone_helps_and_keeps_away_from_another() -> None:
    drone = at("D1", 3000.0, 1500.0, kind="drone")
    options = propose([coming("A", 3000.0)], [at("P1", 2500.0), drone], LAND, {}, 0.0)["A"]
    assert [(o.unit, o.means, o.chosen) for o in options] == [("P1", "wheels", True), ("D1", "drone", True)]
    there = LINE.xy_m_from_sd([3000.0, 0.0])
    other = Leg("D2", there, there, 0.0, 3600.0)
    options = propose([coming("A", 3000.0)], [drone], with_flights(LAND, (other,)), {}, 0.0)["A"]
    assert options == ()
    tired = Standing(drone.unit, drone.xy_m, 0.0, drone.home_m, left_s=60.0)
    assert propose([coming("A", 3000.0)], [tired], LAND, {}, 0.0)["A"] == ()


def test_a_drone_looks_across_from_home_and_sweeps_what_a_circle_does_not_hold() -> None:
    want = coming("A", 3000.0)  # 1.2 km across
    drone = at("D1", 3000.0, 1500.0, kind="drone")
    (option,) = propose([want], [drone], LAND, {}, 0.0)["A"]
    assert 49.0 <= option.place.d_m <= 1500.0
    assert option.meets_s > 500.0  # they must come within half a kilometre of the line first
    corners = np.array(option.sweeps)
    area = shapely.Polygon(LINE.frame.xy_m_from_lonlat(corners[:, 0], corners[:, 1]))
    assert LINE.sd_from_xy_m(shapely.get_coordinates(area))[:, 1].min() >= 49.0
    then = int(option.meets_s / 20.0)
    places = seen_from_home(want.futures.ways_m, LINE)[:, then]
    inside = shapely.contains_xy(area.buffer(60.0), places[~np.isnan(places[:, 0])])
    assert inside.mean() > 0.8
    short = Standing(drone.unit, drone.xy_m, 0.0, drone.home_m, left_s=620.0)
    (less,) = propose([want], [short], LAND, {}, 0.0)["A"]
    small = np.array(less.sweeps)
    assert shapely.Polygon(LINE.frame.xy_m_from_lonlat(small[:, 0], small[:, 1])).area < area.area
    near = Wanted("B", LINE.xy_m_from_sd([3000.0, 300.0]), still([3000.0, 300.0]), 4.0)
    (round_it,) = propose([near], [drone], LAND, {}, 0.0)["B"]
    assert round_it.sweeps == ()  # where they are is known


def test_whoever_is_in_distress_where_nobody_goes_is_come_as_near_to_as_one_gets() -> None:
    pace = WAYS["wheels"].pace.copy()
    rows, cols = np.indices(pace.shape)
    middle = WAYS["wheels"].rc(LINE.xy_m_from_sd([3000.0, 1500.0]))
    pace[np.hypot(rows - middle[0], cols - middle[1]) < 20] = np.inf  # 600 m of mines round them
    land = Land(place(), LINE, {"wheels": replace(WAYS["wheels"], pace=pace)})
    hurt = Wanted("S", LINE.xy_m_from_sd([3000.0, 1500.0]), still([3000.0, 1500.0]), 100.0, distress=True)
    (option,) = propose([hurt], [at("P1", 2500.0)], land, {}, 0.0)["S"]
    assert 600.0 <= option.short_m <= 640.0
    at_m = LINE.frame.xy_m_from_lonlat(option.place.lon_deg, option.place.lat_deg)
    assert np.hypot(*(at_m - hurt.at_m)) == pytest.approx(option.short_m, abs=2.0)
    assert option.chosen
    free = propose([hurt], [at("P1", 2500.0)], LAND, {}, 0.0)["S"][0]
    assert free.short_m == 0.0
    walker = replace(hurt, distress=False)
    assert propose([walker], [at("P1", 2500.0)], land, {}, 0.0)["S"] == ()  # who walks comes out or is not met


def still(at_sd: list[float]) -> Futures:
    t = np.arange(0.0, 3600.0, 20.0)
    return Futures(t, np.broadcast_to(LINE.xy_m_from_sd(at_sd), (1, len(t), 2)), np.ones(1))


def with_flights(land: Land, flying: tuple[Leg, ...]) -> Land:
    return Land(land.site, land.line, land.ways, land.wind_m_s, land.parties, flying)


def test_others_hold_the_points_that_most_ways_pass() -> None:
    want = coming("A", 3000.0)
    across = LINE.xy_m_from_sd(np.column_stack([np.arange(1800.0, 4300.0, 300.0), np.full(9, 1000.0)]))
    units = [at("P1", 2800.0), at("P2", 3600.0, 1500.0), at("P3", 2000.0, 1500.0)]
    held = hold(want, units, {"P1"}, across, LAND, {}, 0.0)
    assert {o.unit for o in held} == {"P2", "P3"}
    assert all(o.holds for o in held)
    assert all(o.place.d_m == pytest.approx(1000.0, abs=2.0) for o in held)
    assert len({(o.place.s_m, o.place.d_m) for o in held}) == 2
    assert all(o.arrives_s < o.meets_s for o in held)
    assert hold(want, units, {"P1"}, np.zeros((0, 2)), LAND, {}, 0.0) == ()
    assert hold(want, [], (), across, LAND, {}, 0.0) == ()


def test_where_nobody_free_is_near() -> None:
    one = [at("P1", 1000.0), at("D1", 9000.0, kind="drone"), at("M1", 9000.0, kind="medical")]
    found = uncovered(LINE, one, limit_s=1000.0)  # 120 s for the alert, then 6 m/s: 5.3 km
    assert [(w.from_km, w.to_km) for w in found] == [(6.0, pytest.approx(10.0, abs=1e-3))]
    assert found[0].wait_s == pytest.approx(120.0 + 8500.0 / 6.0, abs=5.0)
    assert uncovered(LINE, [*one, at("P2", 9000.0)], limit_s=1000.0) == ()
    (nobody,) = uncovered(LINE, [])
    assert (nobody.from_km, nobody.wait_s) == (0.0, -1.0)
