"""From a site to the shares of time of its panning heads: each stop's field, ways asked until the bound is met."""

from __future__ import annotations

from dataclasses import dataclass, replace

import msgspec
import numpy as np
from numpy.typing import NDArray

from watchline.coverage.crossing import Crossing, crossing
from watchline.coverage.eyes import SEEN_BY_EYE, Eye, add_eye
from watchline.coverage.weakest_path import Ground
from watchline.domain.errors import BadInput
from watchline.domain.site import Site
from watchline.geo.line_grid import line_coordinates_m
from watchline.geo.terrain import Terrain
from watchline.ops.mobility import going
from watchline.ops.plan import FRAILTY_K
from watchline.ops.planning.help_reach import HelpReach, help_on
from watchline.ops.planning.hours import conditions_of
from watchline.ops.planning.planned_site import with_files
from watchline.ops.planning.study_file import Hour
from watchline.ops.planning.watched import chance_by_kilometre, watched
from watchline.ops.site_file import LoadedSite
from watchline.planning.dwell import Shares, best_shares
from watchline.planning.harm import Harm
from watchline.planning.interdiction import Way
from watchline.planning.line_ways import Field, LineGround, weakest_walks
from watchline.sensing.detection import WALKER, Crosser
from watchline.sensing.situation import Situation

F8 = NDArray[np.float64]
F4 = NDArray[np.float32]
GAP = 0.002  # of a chance, between what is reached and what no shares exceed
ROUNDS_MOST = 12
PARTS = (1.0, 0.75, 0.5, 0.25, 0.0)  # of the turn, where all of it would push crossers beyond help

# A place is taken as in sight where it more likely is than not: only so does a stop count in proportion to its share
# of the time, since of doubtful sight many looks leave no more than few (`sensing.detection.seen_of`).
SIGHT_SURE = 0.5


@dataclass(frozen=True)
class Head:
    """A panning head: the sensor's index, true bearings of its stops, and their numbers among all stops."""

    sensor: int
    stops_deg: F8
    stops: tuple[int, ...]


@dataclass(frozen=True)
class DwellPlan:
    """share (J,) of each stop; today, planned (K,): chance on the weakest way of each kilometre by the site's shares
    and by these; bound: what no shares exceed at the weakest of the kilometres that heads see (`touched`), and on the
    mean; rounds asked; harm: where crossers are pushed; whole: whether no less was turned for that."""

    heads: tuple[Head, ...]
    share: F8
    today: F8
    planned: F8
    touched: NDArray[np.bool_]
    bound: Shares
    rounds: int
    harm: Harm
    whole: bool


def plan_dwell(
    site: LoadedSite,
    terrain: Terrain,
    now: Situation,
    crosser: Crosser = WALKER,
    *,
    hours: tuple[Hour, ...] = ("night",),
    help_limit_h: float = 3.0,
) -> DwellPlan:
    """Return the shares for every panning head that is not dark; BadInput when there is none, or none sees a way.

    hours: the crosser chooses among them, as things stand `now` otherwise.  Where the shares would push crossers
    beyond help_limit_h from help, as large a part of the turn as pushes nobody there.
    """
    sensors = site.site.sensors
    panning = [
        k for k, s in enumerate(sensors)
        if s.pan is not None and s.pan.stops > 1 and s.kind in SEEN_BY_EYE and k not in now.dark
    ]  # fmt: skip
    if not panning:
        raise BadInput(
            f"{site.path.name}: sensors", "no panning head that works", "give cameras a pan with two stops or more"
        )
    along = line_coordinates_m(site.line, terrain)
    situations = tuple(replace(now, conditions=conditions_of(hour, site), sight_sure=SIGHT_SURE) for hour in hours)
    here = watched(
        site, terrain, along, crosser, tuple(replace(then, dark=now.dark | set(panning)) for then in situations)
    )
    tables = [then.table(sensors, crosser) for then in situations]
    heads, today = list[Head](), list[float]()
    fields: list[list[Field]] = [[] for _ in hours]
    for eye in here.eyes:
        if eye.index in panning:
            first = len(today)
            for bearing_rad in eye.stops[:, 0]:
                one = replace(eye, stops=np.array([[bearing_rad, 1.0]]))
                for at, table in zip(fields, tables, strict=True):
                    at.append(_field(terrain, one, table[eye.index], crosser, now.quality_of(eye.index), here.moving))
            pan = sensors[eye.index].pan
            assert pan is not None
            today += pan.time_shares
            heads.append(
                Head(eye.index, np.linspace(pan.from_deg, pan.to_deg, pan.stops), tuple(range(first, len(today))))
            )
    lines = tuple(replace(line, fields=tuple(at)) for line, at in zip(here.lines, fields, strict=True))
    try:
        found = _planned(lines, tuple(heads), np.array(today))
    except ValueError as error:
        raise BadInput(
            f"{site.path.name}: sensors", str(error), "nothing can be gained by turning them otherwise"
        ) from None
    reach = HelpReach(lines[0], help_on(site, terrain, going(site, terrain).roads))
    return kept_in_reach(lines, reach, found, np.array(today), help_limit_h)


def kept_in_reach(
    lines: tuple[LineGround, ...], reach: HelpReach, plan: DwellPlan, today: F8, limit_h: float
) -> DwellPlan:
    """Return the plan, or as much of its turn as pushes nobody beyond the limit at any hour, none of it if need be.

    lines: of each hour, with the fields of every stop.
    """

    def farthest(share: F8) -> F8:
        return np.array([reach.farthest(_crossing(line, share)) for line in lines])

    before = farthest(today)
    for part in PARTS:
        share = today + part * (plan.share - today)
        harm = Harm(before, farthest(share), limit_h)
        if not harm.refused or part == 0.0:
            break
    if part == 1.0:
        return replace(plan, harm=harm)
    by_hour = [chance_by_kilometre(line, _crossing(line, share)) for line in lines]
    return replace(plan, share=share, planned=np.min(by_hour, axis=0), harm=harm, whole=False)


def turning_as_planned(site: LoadedSite, plan: DwellPlan) -> Site:
    """Return the site whose heads spend their time as planned; its files are named where they are."""
    sensors = list(site.site.sensors)
    for head in plan.heads:
        pan = sensors[head.sensor].pan
        assert pan is not None
        # What rounding leaves goes to the stop with most time.
        share = np.round(plan.share[list(head.stops)], 4)
        share[np.argmax(share)] += 1.0 - share.sum()
        shares = tuple(round(float(one), 4) for one in share)
        pan = msgspec.structs.replace(pan, shares=shares)
        sensors[head.sensor] = msgspec.structs.replace(sensors[head.sensor], pan=pan)
    return with_files(site, msgspec.structs.replace(site.site, sensors=tuple(sensors)))


def _planned(lines: tuple[LineGround, ...], heads: tuple[Head, ...], today_share: F8) -> DwellPlan:
    stops = [head.stops for head in heads]
    today, ways = _asked(lines, today_share)
    best, best_chance, best_key = today_share, today, (-1.0, -1.0)
    touched = np.zeros(lines[0].stretches, bool)
    rounds, found = 0, None
    while rounds < ROUNDS_MOST:
        rounds += 1
        found = best_shares(ways, stops, FRAILTY_K)
        touched[[way.stretch for way in ways if len(way.index)]] = True
        chance, more = _asked(lines, found.share)
        key = (round(float(chance[touched].min()), 4), float(chance.mean()))
        if key > best_key:
            best, best_chance, best_key = found.share, chance, key
        if found.least - key[0] <= GAP and found.mean - _mean(chance, ways) <= GAP:
            break
        ways = [*ways, *more]
    assert found is not None
    nobody = np.full((1, lines[0].stretches), np.nan)
    return DwellPlan(
        heads, best, today, best_chance, touched, found, rounds, Harm(nobody, nobody, np.inf), whole=True
    )


def _mean(chance: F8, ways: list[Way]) -> float:
    return float(np.mean([chance[k] for k in sorted({way.stretch for way in ways})]))


def _asked(lines: tuple[LineGround, ...], share: F8) -> tuple[F8, list[Way]]:
    """Return (K,) the chance on the weakest way of each kilometre at its worst hour, and the ways."""
    found = [_crossing(line, share) for line in lines]
    by_hour = np.array([chance_by_kilometre(line, one) for line, one in zip(lines, found, strict=True)])
    worst = by_hour.argmin(axis=0)
    ways = [
        walk.way
        for hour, (line, one) in enumerate(zip(lines, found, strict=True))
        for walk in weakest_walks(line, one, worst == hour)
    ]
    return by_hour.min(axis=0), ways


def _crossing(line: LineGround, share: F8) -> Crossing:
    """Return both sides' fields with the heads' time shared out like this."""
    rate = line.rate_per_s.copy()
    for one, part in zip(line.fields, share, strict=True):
        rows, cols = one.rate_per_s.shape
        rate[one.top : one.top + rows, one.left : one.left + cols] += np.float32(part) * one.rate_per_s
    return crossing(Ground(rate, line.speed_m_s, line.cell_m), line.belt, time_price_per_s=line.time_price_per_s)


def _field(terrain: Terrain, eye: Eye, performance: F8, crosser: Crosser, quality: float, moving: F4) -> Field:
    """Return the field of a head that never leaves one stop, cut to what it sees."""
    rate = np.zeros(terrain.height_m.shape, np.float32)
    add_eye(rate, terrain, eye, performance, crosser, quality, moving=moving, least=SIGHT_SURE)
    rows, cols = np.flatnonzero(rate.any(axis=1)), np.flatnonzero(rate.any(axis=0))
    if len(rows) == 0:
        return Field(0, 0, np.zeros((1, 1), np.float32))
    top, left = int(rows[0]), int(cols[0])
    return Field(top, left, rate[top : int(rows[-1]) + 1, left : int(cols[-1]) + 1].copy())
