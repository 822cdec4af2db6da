"""Where to stand so that they cannot get away: points on roads, wadis and crossing points, held in time.

Theory: each way that they may take passes some of the points; a point that a unit reaches before they do, and holds,
stops every way through it.  Which units hold which points so that the greatest weight of ways is stopped is a maximum
coverage problem with an assignment in it, solved exactly (HiGHS).
Limits: a point held stops all who come; how surely is `blocking.py`'s.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

F8 = NDArray[np.float64]
Mask = NDArray[np.bool_]

TOUCH_M = 150.0  # a way this near to a point passes it: they would be seen and stopped


@dataclass(frozen=True)
class Containment:
    """point (U,): which point each unit holds, -1 none; stopped 0..1: weight of the ways that are stopped; exact."""

    point: NDArray[np.int64]
    stopped: float
    exact: bool = True


def passes_s(t_s: F8, ways_m: F8, points_m: F8, touch_m: float = TOUCH_M) -> F8:
    """Return (J, C) when each way first passes each point, inf if never; t_s (T,), ways_m (J, T, 2), points_m (C, 2).

    Between two times a way goes straight; it passes where its nearest place is within touch_m.
    """
    a, b = ways_m[:, :-1], ways_m[:, 1:]
    leg = b - a
    square = np.maximum((leg**2).sum(axis=-1), 1e-12)
    out = np.full((len(ways_m), len(points_m)), np.inf)
    low, high = np.nanmin(ways_m, axis=(0, 1)) - touch_m, np.nanmax(ways_m, axis=(0, 1)) + touch_m
    for c in np.flatnonzero(((points_m >= low) & (points_m <= high)).all(axis=1)):
        point = points_m[c]
        share = np.clip(((point - a) * leg).sum(axis=-1) / square, 0.0, 1.0)
        gap = np.hypot(*np.moveaxis(a + share[..., None] * leg - point, -1, 0))
        with np.errstate(invalid="ignore"):
            near = gap <= touch_m
        first = near.argmax(axis=1)
        j = np.flatnonzero(near.any(axis=1))
        k = first[j]
        out[j, c] = t_s[k] + share[j, k] * (t_s[k + 1] - t_s[k])
    return out


def contain(passes_at_s: F8, weight: F8, reach_s: F8, margin_s: float) -> Containment:
    """Return who holds which point; passes_at_s (J, C), weight (J,), reach_s (U, C) of each unit to each point.

    A unit stops the ways that pass its point at least margin_s after it is there.
    """
    units, points = reach_s.shape
    ways = len(weight)
    point = np.full(units, -1)
    with np.errstate(invalid="ignore"):
        stops = (passes_at_s[:, None, :] < np.inf) & (reach_s[None] + margin_s <= passes_at_s[:, None, :])
    j, u, c = np.nonzero(stops)
    if not len(j):
        return Containment(point, 0.0)
    held = units * points  # columns: unit u at point c, then way j stopped
    once = coo_array(
        (np.ones(held), (np.repeat(np.arange(units), points), np.arange(held))), shape=(units, held + ways)
    )
    # A way is stopped only if somebody stands who stops it: stopped_j - sum over its stoppers <= 0.
    rows = np.concatenate([np.arange(ways), j])
    cols = np.concatenate([held + np.arange(ways), u * points + c])
    by = coo_array((np.concatenate([np.ones(ways), -np.ones(len(j))]), (rows, cols)), shape=(ways, held + ways))
    # A whiff of cost, so that nobody stands where it stops nothing more.
    cost = np.concatenate([np.full(held, 1e-6 * float(weight.sum())), -weight])
    found = milp(
        cost, constraints=[LinearConstraint(once, ub=1.0), LinearConstraint(by, ub=0.0)],
        integrality=np.repeat([1, 0], [held, ways]), bounds=Bounds(0.0, 1.0),
        options={"mip_rel_gap": 0.0, "time_limit": 30.0},
    )  # fmt: skip
    if found.x is None:
        return Containment(point, 0.0, exact=False)
    for unit, place in np.argwhere(found.x[:held].reshape(units, points) > 0.5):
        point[unit] = place
    stopped = stops[:, np.arange(units)[point >= 0], point[point >= 0]].any(axis=1)
    return Containment(point, float(weight[stopped].sum()), found.status == 0)
