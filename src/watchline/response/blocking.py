"""A blocking line: posts in depth, the gaps between them, the chance to slip through, and who closes a gap.

Theory: a crosser goes straight through at a distance x from each post.  A post notices at the inverse-cube rate n c /
r^3 of its n observers' eyes (`sensing.observer`).  A team that starts at s meets them at some time m, before they
are gone, if it can be where they are then: s <= max over m of m - |x(m) - post| / speed, its last start.  So each
post has a last time at which its noticing still lets some team, its own or another that has to be told, start in
time; slipping through is that no post notices before its own last time.  All posts look at the same crosser: frailty
multiplies all rates at once, and the miss is (1 + H / k)^-k, never a product over posts.
The reaction's spread is integrated by Gauss-Hermite quadrature.

Limits: level open ground, straight ways at one speed, teams that are still there when they are needed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from watchline.sensing.detection import Crosser
from watchline.sensing.glimpse import p_miss
from watchline.sensing.observer import MOST_PER_S, eye_constant_m3_s, seen_from_m, sweep_width_m

F8 = NDArray[np.float64]

NODES = 15  # of the reaction's spread
PER_GAP = 9  # places across a gap that stand for all
STEPS = 1500  # of a passage at most, and none shorter than a second


@dataclass(frozen=True)
class Holder:
    """A post of the line: along_m, depth_m (growing with the crosser's way); observers looking; its team's speed.

    hours: (from, to) of the day in which it is manned; none: never.
    """

    id: str
    along_m: float
    depth_m: float
    observers: int = 2
    team_m_s: float = 2.5
    hours: tuple[tuple[float, float], ...] = ((0.0, 24.0),)

    def manned(self, hour: float) -> bool:
        """Return whether somebody is there at an hour of the day; intervals may run over midnight."""
        return any(low <= hour < high if low <= high else hour >= low or hour < high for low, high in self.hours)


@dataclass(frozen=True)
class Reaction:
    """Seconds from noticing until a team moves, its spread, and until a neighbour's team knows as well."""

    mean_s: float = 30.0
    sd_s: float = 10.0
    tell_s: float = 30.0


@dataclass(frozen=True)
class Gap:
    """Between two neighbouring posts of the line, "" for its open end: chance to slip through, mean and worst."""

    left: str
    right: str
    from_m: float
    to_m: float
    mean: float
    worst: float
    worst_at_m: float


@dataclass(frozen=True)
class Passage:
    """Who goes through: from depth from_m, where they may first be seen, to to_m, where they are gone."""

    crosser: Crosser
    from_m: float
    to_m: float
    day: bool
    visibility_m: float = 10_000.0

    @property
    def lasts_s(self) -> float:
        """Return how long they need."""
        return (self.to_m - self.from_m) / self.crosser.speed_m_s


def slip(holders: Sequence[Holder], along_m: float, passage: Passage, reaction: Reaction, frailty_k: float) -> float:
    """Return the chance to slip through at a place along the line; 1 where nobody is near."""
    if not holders:
        return 1.0
    steps = max(1, min(STEPS, math.ceil(passage.lasts_s)))
    step_s = passage.lasts_s / steps
    t = step_s * (np.arange(steps) + 0.5)
    depth_m = passage.from_m + passage.crosser.speed_m_s * t
    away = np.array([np.hypot(h.along_m - along_m, h.depth_m - depth_m) for h in holders])
    observers, team = (np.array([[getattr(h, name)] for h in holders], float) for name in ("observers", "team_m_s"))
    seen = seen_from_m(passage.crosser.area_m2, day=passage.day, visibility_m=passage.visibility_m)
    eye = eye_constant_m3_s(sweep_width_m(seen)) / np.maximum(away, 1.0) ** 3
    rate = observers * np.minimum(eye, MOST_PER_S)
    last_start_s = (t - away / team).max(axis=1)
    tell_s = reaction.tell_s * (1.0 - np.eye(len(holders)))
    last_notice_s = (last_start_s[None, :] - tell_s).max(axis=1)  # of each post, before its reaction
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    react_s = np.maximum(0.0, reaction.mean_s + reaction.sd_s * nodes)
    in_time = t[None, None, :] <= last_notice_s[None, :, None] - react_s[:, None, None]
    exposure = (rate[None] * in_time).sum(axis=(1, 2)) * step_s
    return float((weights / weights.sum()) @ p_miss(exposure, frailty_k))


def gaps(
    holders: Sequence[Holder], ends_m: tuple[float, float], hour: float, passage: Passage, reaction: Reaction,
    frailty_k: float,
) -> list[Gap]:  # fmt: skip
    """Return the gaps between the posts that are manned at an hour, ends included, in order along the line.

    Posts in depth stand behind each other: a gap lies between neighbours along the line whatever their depth.
    """
    manned = sorted((h for h in holders if h.manned(hour)), key=lambda h: (h.along_m, h.id))
    edges = [("", ends_m[0]), *((h.id, h.along_m) for h in manned), ("", ends_m[1])]
    out = []
    for (left, low), (right, high) in pairwise(edges):
        if high <= low:
            continue
        at = low + (np.arange(PER_GAP) + 0.5) * (high - low) / PER_GAP
        chance = np.array([slip(manned, float(x), passage, reaction, frailty_k) for x in at])
        k = int(chance.argmax())
        out.append(Gap(left, right, low, high, float(chance.mean()), float(chance[k]), float(at[k])))
    return out


def closers(found: Sequence[Gap], reach_s: F8, ids: Sequence[str]) -> list[tuple[str, float]]:
    """Return who of the reserves closes each gap soonest, ("", inf) for none.

    reach_s (U, G): seconds to each gap's worst place.  A reserve closes one gap: the weakest gap chooses first.
    """
    out: list[tuple[str, float]] = [("", math.inf)] * len(found)
    free = set(range(len(ids)))
    for g in sorted(range(len(found)), key=lambda g: -found[g].worst):
        able = [u for u in free if math.isfinite(reach_s[u, g])]
        if able:
            u = min(able, key=lambda u: (reach_s[u, g], ids[u]))
            out[g] = ids[u], float(reach_s[u, g])
            free.discard(u)
    return out
