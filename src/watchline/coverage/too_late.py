"""Timely detection on the terrain: the ground from which nobody can be stopped, and the weakest way to it.

Theory: from each cell an intruder needs at least some time to the far edge (the fastest time, solved backwards).
Where it is less than the response time, a detection is too late; only exposure gathered before entering that ground
can lead to interruption.  The adversary's best plan is then the least exposure from the outside up to that ground.
Along a line it is asked per stretch.  Where late ground begins behind the line, a route counts for the stretch in
which it crosses; where it begins before the line, for the one abreast of which it enters it: from there on haste
decides, and the quickest way on is about straight.

Limits: mean times; the spread of the response is in `interruption.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from watchline.coverage.crossing import Crossing, strength
from watchline.coverage.solver.eikonal import least_cost
from watchline.coverage.weakest_path import TIME_PRICE_PER_S, Ends, Ground, Route, ends_in, measured, weakest_path

F8 = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class TooLate:
    """time_left_s (rows, cols) fastest to the far edge, inf where it cannot be reached; late (rows, cols) bool.

    route: the weakest way to the late ground, None if obstacles close every way; its exposure is all that counts.
    """

    time_left_s: F8
    late: NDArray[np.bool_]
    route: Route | None


@dataclass(frozen=True)
class Critical:
    """The critical detection point of a route: a detection beyond it is too late.

    after_m along the route, place_rc (row, column) in cells, exposure gathered before.
    """

    after_m: float
    place_rc: tuple[float, float]
    exposure: float


def weakest_to_late(
    ground: Ground,
    start: Ends,
    far_edge: NDArray[np.bool_],
    response_s: ArrayLike,
    *,
    time_price_per_s: float = TIME_PRICE_PER_S,
) -> TooLate:
    """Return the late ground and the weakest way to it; response_s a number or (rows, cols) as responders stand."""
    left_s = time_left_s(ground, far_edge)
    late = _late(left_s, far_edge, response_s)
    route = weakest_path(ground, start, ends_in(late), time_price_per_s=time_price_per_s)
    return TooLate(left_s, late, route)


def time_left_s(ground: Ground, far_edge: Mask) -> F8:
    """Return (rows, cols) the quickest time from each cell to the far edge, inf where none leads there."""
    speed = np.broadcast_to(np.asarray(ground.speed_m_s, float), ground.rate_per_s.shape)
    with np.errstate(divide="ignore", invalid="ignore"):
        pace = np.where((speed > 0.0) & np.isfinite(ground.rate_per_s), 1.0 / speed, np.inf)
    edge = ends_in(far_edge)
    return least_cost(pace, ground.cell_m, edge.cell, edge.cost)


def _late(left_s: F8, far_edge: Mask, response_s: ArrayLike) -> Mask:
    # The far edge itself is always too late.
    return np.asarray((left_s < np.asarray(response_s, float)) | (far_edge & np.isfinite(left_s)))


def late_ground(found: Crossing, response_s: ArrayLike) -> Mask:
    """Return (rows, cols) where a detection is too late; response_s a number or (rows, cols) as responders stand.

    Only the belt itself is looked at: its outside edge is where crossers begin.
    """
    return late_where(found, left_in_belt_s(found), response_s)


def left_in_belt_s(found: Crossing) -> F8:
    """Return (rows, cols) the quickest time from each cell of the belt to its far edge; it does not know sensors."""
    belt, ground = found.belt, found.ground
    inside = belt.offset_m >= -belt.outside_m - ground.cell_m
    speed = np.where(inside, np.asarray(ground.speed_m_s, np.float32), np.float32(0.0))
    far_edge = belt.offset_m >= belt.home_m
    return time_left_s(Ground(ground.rate_per_s, speed, ground.cell_m), far_edge)


def late_where(found: Crossing, left_s: F8, response_s: ArrayLike) -> Mask:
    """Return (rows, cols) where a detection is too late, from what `left_in_belt_s` once gave."""
    return _late(left_s, found.belt.offset_m >= found.belt.home_m, response_s)


def timely_exposure(found: Crossing, late: Mask, stretch: NDArray[np.integer], stretches: int) -> F8:
    """Return (stretches,) least exposure before late ground of any route of each stretch, inf where none leads.

    late (rows, cols); stretch (rows, cols) which stretch each cell is abreast of.  Never more than `strength`.
    """
    belt, near = found.belt, found.least[0]
    entered = np.flatnonzero(late & (belt.offset_m <= 0.0))
    before = strength(near.ravel()[entered], stretch.ravel()[entered], stretches)
    goal = ends_in(late & np.isfinite(found.cost[1]))
    onward = least_cost(found.cost[1], found.ground.cell_m, goal.cell, goal.cost)
    line = belt.line_cell
    # The whole way bounds it: the difference of second order may find a way to a nearer end dearer by a thousandth.
    crossed = np.minimum((near + onward).ravel()[line], found.at_line)
    return np.minimum(before, strength(crossed, stretch.ravel()[line], stretches))


def critical_point(found: Crossing, route: Route, late: Mask) -> Critical | None:
    """Return where a route first stands on late ground, None if it never does."""
    cell = np.floor(route.path_rc + 0.5).astype(int)
    there = np.flatnonzero(late[cell[:, 0], cell[:, 1]])
    if not len(there):
        return None
    before = measured(found.ground, route.path_rc[: there[0] + 1], found.time_price_per_s)
    row, col = route.path_rc[there[0]]
    return Critical(before.length_m, (float(row), float(col)), before.exposure)
