"""The ways of those who know a plan and not the present: best by what was planned, exposed to what there is.

Theory: who knows where sensors stand and how patrols go by their law (level L1) takes the weakest way of that state
in every stretch.  What it is exposed to is the rate of the moment summed along that way, which is never less than
that of the way that is weakest at the moment (L2).

Accuracy: a cell's rate counts along a whole step of the way; on a smooth field within 2 % of the field's own cost
(`tests/unit/coverage/test_informed_ways.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from watchline.coverage.crossing import Crossing
from watchline.coverage.reference_routes import timed, way_through

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]


@dataclass(frozen=True)
class Ways:
    """One way a stretch, as the cells they go through behind each other.

    stretch (M,) of each piece; cell (M,) its flat index; seconds (M,) spent there; led (S,) whether a way leads.
    """

    stretch: I8
    cell: I8
    seconds: F8
    led: NDArray[np.bool_]

    def exposure(self, rate_per_s: NDArray[np.floating]) -> F8:
        """Return (S,) what each way is exposed to under a rate (rows, cols); inf where none leads."""
        found = np.bincount(self.stretch, rate_per_s.ravel()[self.cell] * self.seconds, len(self.led))
        return np.where(self.led, found, np.inf)


def informed_ways(planned: Crossing, stretch: NDArray[np.integer], stretches: int) -> Ways:
    """Return the weakest way through every stretch; stretch (M,): which one each cell of the line belongs to."""
    at_line, belt, ground = planned.at_line, planned.belt, planned.ground
    with np.errstate(divide="ignore"):
        speed = np.broadcast_to(np.asarray(ground.speed_m_s, np.float32), ground.rate_per_s.shape)
        pace = np.where(speed > 0.0, 1.0 / speed, np.inf).astype(np.float32)
    halves = list(zip(planned.cost, planned.least, strict=True))
    cols = ground.rate_per_s.shape[1]
    number: list[I8] = []
    cells: list[I8] = []
    spent: list[F8] = []
    led = np.zeros(stretches, bool)
    for k in range(stretches):
        mine = np.flatnonzero(stretch == k)
        if not len(mine) or not np.isfinite(at_line[mine].min()):
            continue
        way = way_through(halves, int(belt.line_cell[mine[np.argmin(at_line[mine])]]), cols)
        if way is None:
            continue
        rc, seconds = timed(way, pace, ground.cell_m)
        cell = np.rint(rc).astype(np.int64) @ np.array([cols, 1])
        number.append(np.full(len(cell), k))
        cells.append(cell)
        spent.append(seconds)
        led[k] = True
    if not number:
        return Ways(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), led)
    return Ways(np.concatenate(number), np.concatenate(cells), np.concatenate(spent), led)
