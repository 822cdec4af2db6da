"""Ranked answers to alerts: who goes, where they meet, by which route, when, what is uncovered meanwhile.

Theory: what sending a unit is worth is the chance that they are met, each part of it discounted by how late it is
(`DISCOUNT_S`), less what its going uncovers; a drone's eyes are worth a part of a meeting, and more beside a unit.
All open alerts are settled together (`assign.py`); the option that serves all best stands first, the others follow
by what they are worth for this alert alone.

Limits: our units stay at home of the line and out of hazards, as the caller's ways have it; the `NEAREST` in a
straight line are looked at.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from watchline.coverage.response_time import nearest_s
from watchline.domain.records import Position
from watchline.domain.respond import Option, Uncovered
from watchline.domain.site import Site, Unit
from watchline.geo.line import LineFrame
from watchline.response.assign import assign
from watchline.response.futures import Futures
from watchline.response.intercept import MARGIN_S, Meeting, chance_by, meeting
from watchline.response.overhead import area_of, seen_from_home
from watchline.response.proximity import Party, near_route
from watchline.response.tasking import SETTING_OUT_S, into_sector
from watchline.response.travel.eta import EtaModel
from watchline.response.travel.flight import APART_M, Leg, Sortie, leg_s, separation_m, sortie
from watchline.response.travel.reach import Reach, Ways, reach

F8 = NDArray[np.float64]

NEAREST = 6
WITHIN_S = 3600.0  # who needs longer is not proposed
DISCOUNT_S = 1800.0
EYES, EYES_BESIDE = 0.3, 0.2  # of a meeting that a drone overhead is worth, alone and beside a unit
UNCOVERED = 0.03  # of a meeting that an uncovered half hour costs at most: it settles what is nearly equal
MOST_OPTIONS = 5
WAYPOINTS = 40
AROUND_M = 10_000.0  # of a unit that patrols no stretch: what counts as its own
SAME_M, SAME_S = 200.0, 600.0  # between places where one party most likely is; seen longer ago, they are two
DRIFT_M_S = 0.5  # by which that is wrong for every second since they were seen
CALLS_M = 2000.0  # how far from somebody in distress a unit that gets no nearer is still sent
GROUND_KINDS = ("patrol", "reserve", "medical")


@dataclass(frozen=True)
class Wanted:
    """An alert that wants an answer: where they may be, how grave it is (weight > 0), whether help is needed.

    at_m (2,): where they most likely are; seen_s: how long ago they were seen; twin: of an alert that is answered, so
    that nobody more is chosen.
    """

    alert: str
    at_m: F8
    futures: Futures
    weight: float
    distress: bool = False
    seen_s: float = 0.0
    twin: bool = False


@dataclass(frozen=True)
class Standing:
    """A unit that is free: where it is (2,), when it was heard; left_s: how long a drone still flies.

    rolling: it is under way already, needs no time to set out, and turns with them: no margin is kept.
    """

    unit: Unit
    xy_m: F8
    heard_s: float
    home_m: F8
    left_s: float = math.inf
    rolling: bool = False

    @property
    def sets_out_s(self) -> float:
        """Return how long it needs before it rolls."""
        return 0.0 if self.rolling else SETTING_OUT_S


@dataclass(frozen=True)
class Land:
    """What is the same for all alerts: the line, the ways of each means; wind_m_s (2,) the way the air moves.

    parties: who else is about; flying: flights under way, times from now.
    """

    site: Site
    line: LineFrame
    ways: Mapping[str, Ways]
    wind_m_s: F8 = field(default_factory=lambda: np.zeros(2))
    parties: tuple[Party, ...] = ()
    flying: tuple[Leg, ...] = ()


@dataclass(frozen=True)
class _Choice:
    """One unit for one alert."""

    wanted: Wanted
    standing: Standing
    meeting: Meeting
    worth: float
    reach: Reach | None
    uncovers: Uncovered | None
    sweeps: F8


def propose(
    wanted: Sequence[Wanted], standing: Sequence[Standing], land: Land, eta: Mapping[str, EtaModel], now_s: float
) -> dict[str, tuple[Option, ...]]:
    """Return the options of each alert, the best first; none where nobody gets there."""
    near = [_near(want, standing) for want in wanted]
    choices: dict[tuple[int, int], _Choice] = {}
    for u, who in enumerate(standing):
        mine = [a for a in range(len(wanted)) if u in near[a]]
        if not mine:
            continue
        to = _reach(who, [wanted[a] for a in mine], land) if who.unit.kind != "drone" else None
        uncovers = _uncovers(who, standing, land)
        for a in mine:
            choice = _choice(wanted[a], who, to, uncovers, land, eta)
            if choice is not None:
                choices[a, u] = choice
    chosen = _together(wanted, standing, choices)
    return {want.alert: _ranked(a, choices, chosen, land, eta, now_s) for a, want in enumerate(wanted)}


def twins(wanted: Sequence[Wanted], answered: Sequence[Wanted]) -> list[Wanted]:
    """Return the wanted, each that is most likely the party of one answered, or of a graver one, as its twin.

    Several tracks of one party, one after the other, are several alerts; a unit that comes upon them meets them all.
    """
    known, out = list(answered), list[Wanted]()
    for want in sorted(wanted, key=lambda w: (-w.weight, w.seen_s, w.alert)):
        if not want.distress and any(_same(want, other) for other in known):
            want = replace(want, twin=True)
        else:
            known.append(want)
        out.append(want)
    return out


def _same(a: Wanted, b: Wanted) -> bool:
    apart_s = a.seen_s + b.seen_s
    near_m = SAME_M + DRIFT_M_S * apart_s
    return apart_s <= SAME_S and float(np.hypot(*(a.at_m - b.at_m))) <= near_m


def _near(want: Wanted, standing: Sequence[Standing]) -> list[int]:
    """Return the units that may be soonest there: the nearest on the ground by straight time, and every drone."""
    straight = [float(np.hypot(*(s.xy_m - want.at_m))) / s.unit.speed_m_s for s in standing]
    ground = [
        u for u, s in enumerate(standing)
        if s.unit.kind in GROUND_KINDS and (s.unit.kind != "medical" or want.distress) and straight[u] < WITHIN_S
    ]  # fmt: skip
    ground.sort(key=lambda u: straight[u])
    return [*ground[:NEAREST], *(u for u, s in enumerate(standing) if s.unit.kind == "drone")]


def _reach(who: Standing, wanted: Sequence[Wanted], land: Land) -> Reach:
    """Return a unit's field over all the ways that it may have to meet: one for all alerts that it is near to."""
    places = np.concatenate([want.futures.ways_m.reshape(-1, 2) for want in wanted])
    return reach(land.ways[_means(who)], who.xy_m, who.unit.speed_m_s, to_m=places[~np.isnan(places[:, 0])])


def _choice(
    want: Wanted, who: Standing, to: Reach | None, uncovers: Uncovered | None, land: Land,
    eta: Mapping[str, EtaModel],
) -> _Choice | None:  # fmt: skip
    f = want.futures
    ways, means = f.ways_m, _means(who)
    if to is None:
        ways = seen_from_home(f.ways_m, land.line)
        seconds = leg_s(who.xy_m, ways, who.unit.speed_m_s, land.wind_m_s)
    else:
        if want.distress:  # as near as one gets: in a minefield, or across the line
            place = to.nearest(want.at_m, CALLS_M)
            ways = ways if place is None else np.broadcast_to(place, ways.shape)
        with np.errstate(invalid="ignore"):
            seconds = to.at(np.nan_to_num(ways, nan=-1e9))
    seconds = np.where(np.isnan(ways[..., 0]), np.inf, seconds)
    expected = eta.get(means, EtaModel()).interval(1.0).middle_s * (seconds + who.sets_out_s)
    margin_s = 0.0 if who.rolling else MARGIN_S
    met = meeting(f.t_s, ways, expected, f.weight, margin_s)
    if met is None:
        return None
    sweeps = np.zeros((0, 2))
    if who.unit.kind == "drone":
        flight = _flight(who, met, land)
        if flight is None:
            return None
        then = int(np.argmin(np.abs(f.t_s - met.t_s)))
        room_m = flight.station_s * who.unit.speed_m_s
        sweeps = area_of(ways[:, then], f.weight, met.xy_m, land.line, room_m)
    chance = chance_by(f.t_s, expected, f.weight, margin_s)
    gained = np.diff(chance, prepend=0.0)
    worth = float((gained * np.exp(-f.t_s / DISCOUNT_S)).sum())
    if uncovers is not None and not want.distress:
        worth -= UNCOVERED * min(1.0, (uncovers.then_s - uncovers.before_s) / DISCOUNT_S)
    return _Choice(want, who, met, worth, to, uncovers, sweeps)


def _means(who: Standing) -> str:
    return "drone" if who.unit.kind == "drone" else who.unit.means


def _flight(who: Standing, met: Meeting, land: Land) -> Sortie | None:
    """Return a drone's flight to a meeting, None where it must not go."""
    unit = who.unit
    flight = sortie(
        who.xy_m, who.home_m, met.xy_m, air_m_s=unit.speed_m_s, wind_m_s=land.wind_m_s,
        left_s=min(who.left_s, unit.endurance_s), endurance_s=unit.endurance_s, link_range_m=unit.link_range_m,
    )  # fmt: skip
    leg = Leg(unit.id, who.xy_m, met.xy_m, 0.0, SETTING_OUT_S + flight.out_s)
    apart = (separation_m(leg, other) for other in land.flying if other.who != unit.id)
    return flight if not flight.refused and min(apart, default=math.inf) >= APART_M else None


def _uncovers(who: Standing, standing: Sequence[Standing], land: Land) -> Uncovered | None:
    """Return which kilometre of its own would wait longest; None for who stops nobody there or is alone."""
    if who.unit.kind not in ("patrol", "reserve"):
        return None
    others = [s for s in standing if s.unit.kind in ("patrol", "reserve") and s is not who]
    if not others:
        return None
    unit = who.unit
    s_m = float(land.line.sd_from_xy_m(who.xy_m)[0])
    low, high = s_m - AROUND_M, s_m + AROUND_M
    if unit.patrol_from_km is not None and unit.patrol_to_km is not None:
        low, high = 1000.0 * unit.patrol_from_km, 1000.0 * unit.patrol_to_km
    middle = np.arange(max(0.0, low) + 500.0, min(land.line.length_m, high) + 1.0, 1000.0)
    if not len(middle):
        return None
    at, speed = np.array([s.xy_m for s in others]), np.array([s.unit.speed_m_s for s in others])
    then = nearest_s(land.line, middle, at, speed)
    before = np.minimum(then, nearest_s(land.line, middle, who.xy_m[None], np.array([unit.speed_m_s])))
    k = int(np.argmax(then - before))
    return Uncovered(
        from_km=round(float(middle[k]) / 1000.0 - 0.5, 1), to_km=round(float(middle[k]) / 1000.0 + 0.5, 1),
        before_s=round(float(before[k]), 1), then_s=round(float(then[k]), 1),
    )  # fmt: skip


def _together(
    wanted: Sequence[Wanted], standing: Sequence[Standing], choices: Mapping[tuple[int, int], _Choice]
) -> set[tuple[int, int]]:
    """Return (alert, unit) of the assignment that is best for all alerts together."""
    ground = [u for u, s in enumerate(standing) if s.unit.kind != "drone"]
    drones = [u for u, s in enumerate(standing) if s.unit.kind == "drone"]
    n = len(wanted)
    on_foot, eyes = np.zeros((n, len(ground) + 1)), np.zeros((n, len(drones) + 1))
    for table, units in ((on_foot, ground), (eyes, drones)):
        for k, u in enumerate(units):
            for a in range(n):
                table[a, k + 1] = choices[a, u].worth if (a, u) in choices else 0.0
    both = on_foot[:, :, None] + EYES * eyes[:, None, :] + EYES_BESIDE * on_foot[:, :, None] * eyes[:, None, :]
    found = assign(both * np.array([0.0 if w.twin else w.weight for w in wanted])[:, None, None])
    pairs = {(a, ground[u]) for a, u in enumerate(found.unit.tolist()) if u >= 0}
    pairs |= {(a, drones[k]) for a, k in enumerate(found.drone.tolist()) if k >= 0}
    return pairs & choices.keys()


def _ranked(
    a: int, choices: Mapping[tuple[int, int], _Choice], chosen: set[tuple[int, int]], land: Land,
    eta: Mapping[str, EtaModel], now_s: float,
) -> tuple[Option, ...]:  # fmt: skip
    mine = [(u, choice) for (alert, u), choice in choices.items() if alert == a]

    def order(pair: tuple[int, _Choice]) -> tuple[bool, bool, float, str]:
        u, choice = pair
        return (a, u) not in chosen, choice.reach is None, -choice.worth, choice.standing.unit.id

    best = sorted(mine, key=order)[:MOST_OPTIONS]
    return tuple(
        option_of(
            c.standing,
            c.meeting,
            c.reach,
            c.worth,
            c.uncovers,
            land,
            eta,
            now_s,
            chosen=(a, u) in chosen,
            sweeps_m=c.sweeps,
            short_m=_short_m(c),
        )
        for u, c in best
    )


def option_of(
    who: Standing, met: Meeting, to: Reach | None, worth: float, uncovers: Uncovered | None, land: Land,
    eta: Mapping[str, EtaModel], now_s: float, *, chosen: bool = False, sweeps_m: F8 | None = None,
    short_m: float = 0.0,
) -> Option:  # fmt: skip
    """Return in words what sending one unit means; to: its field, None for a drone, which flies straight.

    sweeps_m (N, 2): corners of what a drone sweeps, none: it flies round the place.  short_m: how far from them.
    """
    means = _means(who)
    way = to.route(met.xy_m, tight=False) if to is not None else None
    said_s = float(leg_s(who.xy_m, met.xy_m, who.unit.speed_m_s, land.wind_m_s))
    if to is not None and way is not None:
        way = to.waypoints(way, WAYPOINTS)
        said_s = float(to.at(met.xy_m))
    else:
        way = np.stack([who.xy_m, met.xy_m])
    when = eta.get(means, EtaModel()).interval(said_s + who.sets_out_s)
    lonlat = land.line.frame.lonlat_from_xy_m(np.concatenate([way, met.xy_m[None]]))
    s_m, d_m = (float(v) for v in land.line.sd_from_xy_m(met.xy_m))
    lon, lat = (round(float(v), 6) for v in lonlat[-1])
    return Option(
        unit=who.unit.id, means=means, place=Position(lon_deg=lon, lat_deg=lat, s_m=round(s_m, 1), d_m=round(d_m, 1)),  # type: ignore[arg-type]
        chance=round(met.chance, 3), meets_s=round(now_s + met.t_s, 1), said_s=round(said_s, 1),
        early_s=round(now_s + when.early_s, 1), arrives_s=round(now_s + when.middle_s, 1),
        late_s=round(now_s + when.late_s, 1), worth=round(worth, 4), heard_s=round(who.heard_s, 1),
        route=tuple((round(float(x), 6), round(float(y), 6)) for x, y in lonlat[:-1]), uncovers=uncovers,
        near=near_route(way, land.parties, who.unit.id, who.unit.organisation),
        into=into_sector(land.site, who.unit, s_m), chosen=chosen, sweeps=_corners(sweeps_m, land.line),
        short_m=round(short_m),
    )  # fmt: skip


def _short_m(choice: _Choice) -> float:
    """Return how far from somebody in distress a unit on the ground stops, 0 where it gets to them."""
    if not choice.wanted.distress or choice.reach is None:
        return 0.0
    return float(np.hypot(*(choice.meeting.xy_m - choice.wanted.at_m)))


def _corners(sweeps_m: F8 | None, line: LineFrame) -> tuple[tuple[float, float], ...]:
    if sweeps_m is None or len(sweeps_m) == 0:
        return ()
    lonlat = line.frame.lonlat_from_xy_m(sweeps_m)
    return tuple((round(float(lon), 6), round(float(lat), 6)) for lon, lat in lonlat)
