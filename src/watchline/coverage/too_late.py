"""Timely detection on the terrain: the ground from which nobody can be stopped, and the weakest way to it.

Theory: from each cell an intruder needs at least some time to the far edge (the fastest time, solved backwards).
Where it is less than the response time, a detection is too late; only exposure gathered before entering that ground
can lead to interruption.  The adversary's best plan is then the least exposure from the outside up to that ground.

Limits: mean times; the spread of the response is in `interruption.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from watchline.coverage.eikonal import least_cost
from watchline.coverage.weakest_path import TIME_PRICE_PER_S, Ends, Ground, Route, ends_in, weakest_path

F8 = NDArray[np.float64]


@dataclass(frozen=True)
class TooLate:
    """time_left_s (rows, cols) fastest to the far edge, inf where it cannot be reached; late (rows, cols) bool.

    route: the weakest way to the late ground, None if obstacles close every way; its exposure is all that counts.
    """

    time_left_s: F8
    late: NDArray[np.bool_]
    route: Route | None


def weakest_to_late(
    ground: Ground,
    start: Ends,
    far_edge: NDArray[np.bool_],
    response_s: ArrayLike,
    *,
    time_price_per_s: float = TIME_PRICE_PER_S,
) -> TooLate:
    """Return the late ground and the weakest way to it; response_s a number or (rows, cols) as responders stand."""
    speed = np.broadcast_to(np.asarray(ground.speed_m_s, float), ground.rate_per_s.shape)
    with np.errstate(divide="ignore", invalid="ignore"):
        pace = np.where((speed > 0.0) & np.isfinite(ground.rate_per_s), 1.0 / speed, np.inf)
    edge = ends_in(far_edge)
    left_s = least_cost(pace, ground.cell_m, edge.cell, edge.cost)
    late = left_s < np.asarray(response_s, float)
    # The far edge itself is always too late.
    late |= far_edge & np.isfinite(left_s)
    route = weakest_path(ground, start, ends_in(late), time_price_per_s=time_price_per_s)
    return TooLate(left_s, late, route)
