"""The oracle of `interdiction.py` on real ground: the weakest way of every stretch under a choice of new sensors.

Theory: exposure is linear in the detection rate, so a way is kept as the seconds it counts in each cell (`dwell`):
what any field of rates adds to it is a scalar product.  The way comes from `coverage.crossing`, solved with the
chosen candidates' rates added to what is there already.

Accuracy: that of `coverage.weakest_path`; a way that is not quite the weakest makes the bound no less true, only the
answer's own figure up to 0.4 % too high in exposure.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from watchline.coverage.crossing import Belt, Crossing, crossing, route_at
from watchline.coverage.weakest_path import Ground, Route
from watchline.planning.choosing import Chosen
from watchline.planning.interdiction import Way

F8 = NDArray[np.float64]
F4 = NDArray[np.float32]
I4 = NDArray[np.int32]
I8 = NDArray[np.int64]
Mask = NDArray[np.bool_]

SAMPLE = 0.25  # cells between samples of a way


@dataclass(frozen=True)
class Field:
    """What one candidate adds: rate_per_s (r, c) on the window of the grid whose first cell is (top, left)."""

    top: int
    left: int
    rate_per_s: F4


@dataclass(frozen=True)
class LineGround:
    """The line as crossers meet it.

    rate_per_s, speed_m_s (rows, cols) as things stand; stretch (M,) of each cell of belt.line_cell; fields: one for
    each candidate.
    """

    rate_per_s: F4
    speed_m_s: F4
    cell_m: float
    belt: Belt
    stretch: I4
    stretches: int
    fields: tuple[Field, ...]
    time_price_per_s: float

    def rate_with(self, chosen: Chosen) -> F4:
        """Return (rows, cols) the rate with these candidates there."""
        rate = self.rate_per_s.copy()
        for j in chosen:
            one = self.fields[j]
            rows, cols = one.rate_per_s.shape
            rate[one.top : one.top + rows, one.left : one.left + cols] += one.rate_per_s
        return rate

    def crossing_with(self, chosen: Chosen) -> Crossing:
        """Return both sides' fields with these candidates there."""
        ground = Ground(self.rate_with(chosen), self.speed_m_s, self.cell_m)
        return crossing(ground, self.belt, time_price_per_s=self.time_price_per_s)


@dataclass(frozen=True)
class Walk:
    """A way on the ground: its route, and the same as the search knows it."""

    route: Route
    way: Way


def weakest_walks(line: LineGround, found: Crossing, wanted: Mask | None = None) -> list[Walk]:
    """Return the weakest walk of every stretch, or of those wanted (K,), where one leads across."""
    value, walks = found.at_line, []
    for stretch in range(line.stretches) if wanted is None else np.flatnonzero(wanted).tolist():
        here = np.flatnonzero(line.stretch == stretch)
        best = int(here[np.argmin(value[here])]) if len(here) else -1
        if best < 0 or not np.isfinite(value[best]):
            continue
        route = route_at(found, int(line.belt.line_cell[best]), float(value[best]))
        if route is not None:
            walks.append(Walk(route, way_along(line, stretch, route.path_rc)))
    return walks


def way_along(line: LineGround, stretch: int, path_rc: F8) -> Way:
    """Return what the search knows of a polyline (N, 2) of rows and columns."""
    cell, seconds = dwell(line.speed_m_s, line.cell_m, path_rc)
    row, col = np.divmod(cell, line.speed_m_s.shape[1])
    low_r, high_r, low_c, high_c = row.min(), row.max(), col.min(), col.max()
    index, adds = [], []
    for j, one in enumerate(line.fields):
        rows, cols = one.rate_per_s.shape
        if one.top > high_r or one.left > high_c or one.top + rows <= low_r or one.left + cols <= low_c:
            continue
        r, c = row - one.top, col - one.left
        inside = (r >= 0) & (r < rows) & (c >= 0) & (c < cols)
        more = float(one.rate_per_s[r[inside], c[inside]] @ seconds[inside])
        if more > 0.0:
            index.append(j)
            adds.append(more)
    base = float(line.rate_per_s.ravel()[cell] @ seconds)
    return Way(stretch, base, np.array(index, np.int64), np.array(adds))


def dwell(speed_m_s: F4, cell_m: float, path_rc: F8) -> tuple[I8, F8]:
    """Return cells (M,), flat, ascending, and the seconds (M,) that a polyline (N, 2) counts in each.

    The integral of a field of rates along the way, bilinear between cells' centres, is rate[cell] @ seconds; the
    midpoint rule with four samples a cell, obstacles left out as in `coverage.solver.descent`.
    """
    at, weight = _dwell(speed_m_s, np.ascontiguousarray(path_rc, float))
    cell, which = np.unique(at, return_inverse=True)
    flat = speed_m_s.ravel()
    return cell, np.asarray(np.bincount(which, weight, len(cell)) * cell_m / flat[cell], float)


@numba.njit(cache=True)
def _dwell(speed: F4, path: F8) -> tuple[I8, F8]:
    """Return cells and weights, in cells of length, of every sample's four corners; cells come more than once."""
    rows, cols = speed.shape
    count = 0
    for n in range(1, len(path)):
        count += int(np.hypot(path[n, 0] - path[n - 1, 0], path[n, 1] - path[n - 1, 1]) / SAMPLE) + 1
    at, weight = np.empty(4 * count, np.int64), np.empty(4 * count)
    used = 0
    for n in range(1, len(path)):
        dr, dc = path[n, 0] - path[n - 1, 0], path[n, 1] - path[n - 1, 1]
        length = np.hypot(dr, dc)
        pieces = int(length / SAMPLE) + 1
        for k in range(pieces):
            share = (k + 0.5) / pieces
            row, col = path[n - 1, 0] + share * dr, path[n - 1, 1] + share * dc
            r, c = int(np.floor(row)), int(np.floor(col))
            first, total = used, 0.0
            for i in range(2):
                for j in range(2):
                    w = ((row - r) if i else 1.0 - (row - r)) * ((col - c) if j else 1.0 - (col - c))
                    if w > 0.0 and 0 <= r + i < rows and 0 <= c + j < cols and speed[r + i, c + j] > 0.0:
                        at[used], weight[used] = (r + i) * cols + c + j, w
                        total += w
                        used += 1
            for m in range(first, used):
                weight[m] *= length / pieces / total
    return at[:used], weight[:used]
