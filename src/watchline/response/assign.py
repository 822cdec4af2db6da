"""Who goes where, when several alerts want several units and drones: one assignment, solved exactly.

Theory: every alert takes at most one unit and at most one drone, everybody goes to at most one alert.  What a pair is
worth together is not the sum (a drone that keeps them in sight helps the unit most), so it is a three-sided
assignment: a set-packing problem over triples, solved by branch and bound (HiGHS) to a gap of zero.  Without drones
it is the two-sided one (Jonker & Volgenant 1987, through scipy).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, linear_sum_assignment, milp
from scipy.sparse import coo_array

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]

NOBODY = -1
LIMIT_S = 30.0  # of the solver's own time; a limit that was met is told in `exact`


@dataclass(frozen=True)
class Assignment:
    """unit, drone (A,): who goes to each alert, NOBODY for none; worth: of all together; exact: proved to be best."""

    unit: I8
    drone: I8
    worth: float
    exact: bool = True


def assign(worth: F8) -> Assignment:
    """Return the best assignment; worth (A, U + 1, K + 1) of alert a with unit u - 1 and drone k - 1, 0: with none.

    What is not worth more than nothing is left out.  Raises ValueError for numbers that are not finite, or where
    nobody's going is worth something.

    >>> assign(-np.array([[9, 4, 1, 3], [9, 2, 0, 5], [9, 3, 2, 2]], float)[..., None] + 9).unit.tolist()
    [1, 0, 2]
    """
    if worth.ndim != 3 or not np.isfinite(worth).all():
        raise ValueError(f"worth must be (alerts, units + 1, drones + 1) finite numbers, got {worth.shape}")
    if np.any(worth[:, 0, 0] != 0.0):
        raise ValueError("an alert to which nobody goes is worth 0")
    alerts, units, drones = worth.shape[0], worth.shape[1] - 1, worth.shape[2] - 1
    unit, drone = np.full(alerts, NOBODY), np.full(alerts, NOBODY)
    if alerts == 0 or not (worth > 0.0).any():
        return Assignment(unit, drone, 0.0)
    if drones == 0:
        a, u = linear_sum_assignment(np.maximum(worth[:, 1:, 0], 0.0), maximize=True)
        goes = worth[a, u + 1, 0] > 0.0
        unit[a[goes]] = u[goes]
        return Assignment(unit, drone, float(worth[a[goes], u[goes] + 1, 0].sum()))
    a, u, k = np.nonzero(_useful(worth))
    taken, exact = _packed(worth[a, u, k], a, u, k, (alerts, units, drones))
    a, u, k = a[taken], u[taken], k[taken]
    unit[a], drone[a] = u - 1, k - 1
    return Assignment(unit, drone, float(worth[a, u, k].sum()), exact)


def _useful(worth: F8) -> NDArray[np.bool_]:
    """Return (A, U + 1, K + 1) which choices can be part of a best answer: no part of one is worth as much."""
    alone = np.maximum(np.maximum(worth[:, :1, :], worth[:, :, :1]), 0.0)
    useful = worth > alone
    useful[:, 0, :] = worth[:, 0, :] > 0.0
    useful[:, :, 0] = worth[:, :, 0] > 0.0
    return np.asarray(useful)


def _packed(value: F8, a: I8, u: I8, k: I8, shape: tuple[int, int, int]) -> tuple[NDArray[np.bool_], bool]:
    """Return which of the choices are taken, each alert, unit and drone at most once; and whether that is proved."""
    alerts, units, drones = shape
    n = np.arange(len(value))
    rows = np.concatenate([a, alerts + u[u > 0] - 1, alerts + units + k[k > 0] - 1])
    cols = np.concatenate([n, n[u > 0], n[k > 0]])
    once = coo_array((np.ones(len(rows)), (rows, cols)), shape=(alerts + units + drones, len(value)))
    found = milp(
        -value, constraints=LinearConstraint(once, ub=1.0), integrality=np.ones(len(value), np.int64),
        bounds=Bounds(0.0, 1.0), options={"mip_rel_gap": 0.0, "time_limit": LIMIT_S},
    )  # fmt: skip
    if found.x is None:  # nothing within the limit: nobody is sent, and it is said
        return np.zeros(len(value), bool), False
    return np.asarray(found.x > 0.5), found.status == 0
