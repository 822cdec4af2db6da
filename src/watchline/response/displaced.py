"""Who will come to the line, where and when, after news from beyond it; and where to stand by for them.

Theory: worlds are drawn.  In each, what all parties share (how many there are, how fast and how straight they go,
when they set out, or that the news is wrong) is drawn once, and each party's own differences beside it, so that the
interval of a sum is that of the worlds and not of parties as if they were independent.  A party goes to the line in
the heading told, or the nearest way, with its spread.
Standing by is covering: each party of each world counts for what the quickest unit is worth to it, and units are
placed one after another where they add most, which is at least 1 - 1/e of the best (Nemhauser, Wolsey & Fisher 1978).

ASSUMED: everything in `Law`: nobody has published how people who are displaced come to a line.
Limits: straight ways with a share for detours; one unit is not too few for a party that is near it, but each unit
serves only so many an hour.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from watchline.geo.line import LineFrame

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]

WORLDS = 200
MOST_PARTIES = 200  # of a world: beyond, each stands for more people
HOUR_S = 3600.0


@dataclass(frozen=True)
class Law:
    """How they come.

    people: how many when nobody said; ln_sd_count; party: people in one; pace_m_s with ln_sd of all and of each;
    sets_out_s: over how long; spread_rad of all and of each about the way; families: share of parties; detour.
    """

    people: float
    party: float
    pace_m_s: float
    sets_out_s: float
    families: float
    ln_sd_count: float = 0.4
    ln_sd_pace: tuple[float, float] = (0.12, 0.15)
    spread_rad: tuple[float, float] = (0.15, 0.20)
    detour: float = 1.25


LAWS = {
    "displaced_people": Law(60.0, 5.0, 0.95, 3.0 * HOUR_S, 0.7),
    "advance": Law(120.0, 5.0, 1.0, 6.0 * HOUR_S, 0.6),
    "pursuit": Law(5.0, 2.5, 1.35, 0.5 * HOUR_S, 0.0),
}


@dataclass(frozen=True)
class News:
    """What is told.

    xy_m (2,) with sd_m; t_s; heading_rad on the grid, clockwise from north, or None; people or None; confidence: that
    it is so.
    """

    what: str
    xy_m: F8
    sd_m: float
    t_s: float
    heading_rad: float | None
    people: int | None
    confidence: float


@dataclass(frozen=True)
class Parties:
    """Drawn parties (N,): world, s_m and t_s at which they reach the line, people in each, whether a family."""

    worlds: int
    world: I8
    s_m: F8
    t_s: F8
    people: F8
    family: NDArray[np.bool_]


def expected(news: News, line: LineFrame, rng: np.random.Generator) -> Parties:
    """Return the parties of WORLDS worlds that reach the line from its outer side."""
    law = LAWS[news.what]
    s0, d0 = (float(v) for v in line.sd_from_xy_m(news.xy_m))
    foot = line.xy_m_from_sd([min(max(s0, 0.0), line.length_m), 0.0])
    away = foot - news.xy_m
    way = math.atan2(away[0], away[1]) if news.heading_rad is None else news.heading_rad
    rows: list[tuple[I8, F8, F8, F8, NDArray[np.bool_]]] = []
    for world in range(WORLDS):
        if rng.random() >= news.confidence:
            continue
        count = (news.people or law.people) * math.exp(law.ln_sd_count * rng.normal())
        n = min(MOST_PARTIES, max(1, round(count / law.party)))
        turn = way + law.spread_rad[0] * rng.normal() + law.spread_rad[1] * rng.normal(size=n)
        pace = law.pace_m_s * np.exp(law.ln_sd_pace[0] * rng.normal() + law.ln_sd_pace[1] * rng.normal(size=n))
        at = news.xy_m + news.sd_m * rng.normal(size=2) + news.sd_m * rng.normal(size=(n, 2))
        s, length = _reach(at, turn, line, max(abs(d0), 1.0))
        sets_out = rng.uniform(0.0, law.sets_out_s * rng.uniform(0.3, 1.0), n)
        family = rng.random(n) < law.families
        t = news.t_s + sets_out + law.detour * length / np.where(family, 0.85 * pace, pace)
        come = np.isfinite(s)
        rows.append(
            (np.full(int(come.sum()), world), s[come], t[come], np.full(int(come.sum()), count / n), family[come])
        )
    if not rows:
        return Parties(WORLDS, np.zeros(0, np.int64), np.zeros(0), np.zeros(0), np.zeros(0), np.zeros(0, bool))
    world_, s_, t_, people_, family_ = (np.concatenate(column) for column in zip(*rows, strict=True))
    return Parties(WORLDS, world_.astype(np.int64), s_, t_, people_, family_)


def _reach(at: F8, turn: F8, line: LineFrame, depth_m: float) -> tuple[F8, F8]:
    """Return (n,) chainage where straight ways meet the line, NaN for those that do not, and how far it is."""
    step_m = max(depth_m / 40.0, 20.0)
    out_s, out_m = np.full(len(at), np.nan), np.full(len(at), np.nan)
    ahead = np.column_stack([np.sin(turn), np.cos(turn)])
    far = np.arange(1, 121) * step_m
    places = at[:, None, :] + far[None, :, None] * ahead[:, None, :]
    sd = line.sd_from_xy_m(places.reshape(-1, 2)).reshape(len(at), len(far), 2)
    home = sd[..., 1] >= 0.0
    first = np.argmax(home, axis=1)
    found = home.any(axis=1)
    rows = np.flatnonzero(found)
    out_s[rows], out_m[rows] = sd[rows, first[rows], 0], far[first[rows]]
    inside = (out_s >= 0.0) & (out_s <= line.length_m)
    return np.where(inside, out_s, np.nan), out_m


@dataclass(frozen=True)
class Cell:
    """Arrivals at one stretch in one hour: mean, 5 and 95 % points of people, families among the mean."""

    stretch: int
    hour: int
    mean: float
    low: float
    high: float
    families: float


def by_stretch_and_hour(parties: Parties, now_s: float, stretch_m: float, most: int = 40) -> list[Cell]:
    """Return the stretches and hours with most people, the likeliest first; hour 0 is the one from now_s on."""
    stretch = (parties.s_m // stretch_m).astype(np.int64)
    hour = np.maximum(0, (parties.t_s - now_s) // HOUR_S).astype(np.int64)
    out = []
    for one in np.unique(np.column_stack([stretch, hour]), axis=0):
        rows = np.flatnonzero((stretch == one[0]) & (hour == one[1]))
        by_world = np.bincount(parties.world[rows], parties.people[rows], minlength=parties.worlds)
        low, high = np.quantile(by_world, [0.05, 0.95])
        families = float(parties.people[rows][parties.family[rows]].sum()) / parties.worlds
        out.append(Cell(int(one[0]), int(one[1]), float(by_world.mean()), float(low), float(high), families))
    return sorted(out, key=lambda cell: (-cell.mean, cell.stretch, cell.hour))[:most]


def total(parties: Parties) -> tuple[float, float, float]:
    """Return mean, 5 and 95 % points of how many people come in all."""
    by_world = np.bincount(parties.world, parties.people, minlength=parties.worlds)
    low, high = np.quantile(by_world, [0.05, 0.95])
    return float(by_world.mean()), float(low), float(high)


# -- standing by -------------------------------------------------------------------------------------------

IN_TIME_S = {True: 1800.0, False: 900.0}  # ASSUMED, by family: help, or stopping, later than that is too late
SERVES_S = 1800.0  # of one unit with one party


@dataclass(frozen=True)
class Free:
    """A unit that may be moved.  reach_s (S,): seconds from where it is to each standing place; speed along the line.

    helps: a rescue team, which reaches families only; others reach both.
    """

    unit: str
    reach_s: F8
    speed_m_s: float
    helps: bool = False


@dataclass(frozen=True)
class Stand:
    """units placed: (index of the unit, index of the place); in_time: share of people reached with them; unchanged:
    with everybody where they are."""

    placed: tuple[tuple[int, int], ...]
    in_time: float
    unchanged: float


def stand_by(
    parties: Parties, units: Sequence[Free], places_s_m: F8, now_s: float, *, keeps: int = 0, least: float = 0.002
) -> Stand:  # fmt: skip
    """Return which units should stand by where, one after another while it adds `least` of all people or more.

    places_s_m (S,): chainages; keeps: units that stay where they are for everything else.  A unit that stays is worth
    what it can reach from where it is, told when a party comes to the line.
    """
    if not len(parties.s_m) or not units:
        return Stand((), 0.0, 0.0)
    weight = parties.people / parties.people.sum()
    limit = np.where(parties.family, IN_TIME_S[True], IN_TIME_S[False])
    gap = np.abs(parties.s_m[:, None] - places_s_m[None, :])
    at_place, share = np.argmin(gap, axis=1), _share_of(parties)
    # Sums of logarithms of the chance that nobody is in time: a unit that moves takes its own out and puts one in.
    own = [np.log1p(-share * _worth(one.reach_s[at_place], limit, parties, one)) for one in units]
    missed = np.sum(own, axis=0)
    unchanged = value = float(weight @ -np.expm1(missed))
    chosen: list[tuple[int, int]] = []
    left = set(range(len(units)))
    while len(chosen) < len(units) - keeps:
        best_gain, best, best_missed = least, (-1, -1), missed
        for u in sorted(left):
            for p in np.flatnonzero(np.isfinite(units[u].reach_s)):
                there = (
                    missed - own[u] + np.log1p(-share * _there(units[u], int(p), gap[:, p], limit, parties, now_s))
                )
                gain = float(weight @ -np.expm1(there)) - value
                if gain > best_gain:
                    best_gain, best, best_missed = gain, (u, int(p)), there
        if best[0] < 0:
            break
        missed, value = best_missed, value + best_gain
        chosen.append(best)
        left.discard(best[0])
    return Stand(tuple(chosen), value, unchanged)


def _there(one: Free, p: int, gap_m: F8, limit: F8, parties: Parties, now_s: float) -> F8:
    """Return (N,) what a unit that stands by at place p is worth to each party."""
    late = np.maximum(0.0, now_s + one.reach_s[p] - parties.t_s)
    return _worth(late + 1.3 * gap_m / one.speed_m_s, limit, parties, one)


def _worth(takes_s: F8, limit: F8, parties: Parties, one: Free) -> F8:
    """Return the chance to be in time, below 1: a logistic in the time it takes, half at the limit."""
    worth = 0.999 / (1.0 + np.exp(np.clip((takes_s - limit) / (0.15 * limit), -50.0, 50.0)))
    return np.where(parties.family, worth, 0.0) if one.helps else worth


def _share_of(parties: Parties) -> F8:
    """Return (N,) how free a unit is when a party comes: one in as many as come to those 10 km within SERVES_S."""
    bucket = parties.world * 10_000_000 + (parties.s_m // 10_000.0).astype(np.int64) * 10_000
    bucket += np.clip((parties.t_s - parties.t_s.min()) // SERVES_S, 0, 9_999).astype(np.int64)
    _, place, count = np.unique(bucket, return_inverse=True, return_counts=True)
    return np.asarray(1.0 / count[place], float)
