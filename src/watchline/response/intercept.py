"""Where and when a unit meets somebody who moves.

Theory: one who goes straight at speed v from P is met by a pursuer of speed s from the origin at the smallest t > 0
with |P + V t| = s t.  Over the ground the pursuer's time T(x) is a field, and a way x(t) is met at the earliest t
with T(x(t)) + margin <= t.  When the way is not known, each time t has a chance: the weight of all ways that are
met by then; the unit goes for the earliest time at which half of all that it can ever meet are met: to wait for the
slow ones would give the others ground, and it is led on while they come.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

F8 = NDArray[np.float64]

HALF = 0.5  # of the best chance
MARGIN_S = 60.0  # to be there before them, get out and look


@dataclass(frozen=True)
class Meeting:
    """t_s from now; xy_m (2,) the place, on one of the ways; chance 0..1 that they are met, then or later; arrives_s:
    when the unit is at that place."""

    t_s: float
    xy_m: F8
    chance: float
    arrives_s: float


def straight_s(apart_m: F8, v_m_s: F8, speed_m_s: float) -> float:
    """Return the earliest time at which a pursuer meets one apart_m (2,) away who goes v_m_s (2,); inf if never.

    >>> round(straight_s(np.array([3.0, 4.0]), np.array([0.0, 5.0]), 13.0), 6)
    0.578094
    """
    if not np.any(apart_m):
        return 0.0
    a = float(v_m_s @ v_m_s) - speed_m_s**2
    b = float(apart_m @ v_m_s)
    c = float(apart_m @ apart_m)
    if abs(a) < 1e-12 * max(speed_m_s**2, 1e-300):  # as fast as each other
        return -c / (2.0 * b) if b < 0.0 else math.inf
    inside = b * b - a * c
    if inside < 0.0:
        return math.inf
    # The form that does not lose digits when the two speeds are nearly the same.
    root = math.sqrt(inside)
    times = [c / (-b + root) if -b + root != 0.0 else math.inf, c / (-b - root) if -b - root != 0.0 else math.inf]
    return min((t for t in times if t > 0.0), default=math.inf)


def on_the_way_s(t_s: F8, reach_s: F8, margin_s: float = 0.0) -> float:
    """Return the earliest of t_s (T,) at which a unit that needs reach_s (T,) to where they then are is there; inf if
    never."""
    there = np.flatnonzero(reach_s + margin_s <= t_s)
    return float(t_s[there[0]]) if len(there) else math.inf


def chance_by(t_s: F8, reach_s: F8, weight: F8, margin_s: float = MARGIN_S) -> F8:
    """Return (T,) the chance that a way is met by each time; reach_s (J, T) to each way's place then, weight (J,).

    A way once met stays met: the unit goes with them.  NaN places, of ways that are over, are not met any more.
    """
    with np.errstate(invalid="ignore"):
        met = np.maximum.accumulate(reach_s + margin_s <= t_s, axis=1)
    return np.asarray(weight @ met)


def meeting(t_s: F8, ways_m: F8, reach_s: F8, weight: F8, margin_s: float = MARGIN_S) -> Meeting | None:
    """Return where a unit best meets an uncertain way, None where it meets none of them.

    t_s (T,), ways_m (J, T, 2), reach_s (J, T), weight (J,).  The place is that of the way nearest to the middle of
    those met at that time, so that it is ground on which somebody may be.
    """
    chance = chance_by(t_s, reach_s, weight, margin_s)
    best = float(chance.max(initial=0.0))
    if best <= 0.0:
        return None
    k = int(np.argmax(chance >= HALF * best))
    with np.errstate(invalid="ignore"):
        here = np.flatnonzero(reach_s[:, k] + margin_s <= t_s[k])
    middle = np.average(ways_m[here, k], axis=0, weights=weight[here])
    j = here[int(np.argmin(np.hypot(*(ways_m[here, k] - middle).T)))]
    return Meeting(float(t_s[k]), ways_m[j, k].copy(), best, float(reach_s[j, k]))
