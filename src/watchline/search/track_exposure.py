"""What a track really showed of the ground beside it: exposure of every place to the looks of whoever went it.

Theory: an eye that goes by at speed v finds at the rate W^2 v0 / (8 pi r^3) (Koopman's inverse cube law; W is its
sweep width at v0); over a straight leg that is W^2 v0 / (8 pi v y^2) [x / hypot(x, y)] between the leg's ends, y the
lateral distance.  A payload that looks down finds PAYLOAD_P of whoever it passes within half its sweep width.
Exposures of all looks add, and 1 - exp(-exposure) is found of those as easy to see as is believed.

Rules: a gap between two fixes longer than GAP_S shows nothing: nobody knows where they were.  Who stands or creeps
is not taken to search: a leg counts no longer than it takes at SLOWEST of the searching speed.  Exposures are whole
numbers of UNIT, so that the sum is the same to the bit in whatever order tracks come, and late fixes are taken out
and put in again exactly.
ASSUMED: PAYLOAD_P, SLOWEST.
Accuracy: at points PER_CELL to a side of a cell; beyond FAR sweep widths nothing is counted (.005 of a pass at it).
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

from watchline.geo.terrain import Terrain
from watchline.search.swept import GAP_S

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]

UNIT = 1e-9
PER_CELL = 4
FAR = 4.0
NEAR_M = 2.0  # nobody is nearer to a leg than this, as fixes go
SLOWEST = 0.25
PAYLOAD_P = 0.8


def none_of(grid: Terrain) -> I8:
    """Return (rows x PER_CELL, cols x PER_CELL) no exposure, in units of UNIT."""
    rows, cols = grid.height_m.shape
    return np.zeros((rows * PER_CELL, cols * PER_CELL), np.int64)


def expose(
    exposure: I8, grid: Terrain, share: F8, xy_m: F8, t_s: F8, width_m: F8, speed_m_s: float, *, payload: bool,
    sign: int = 1,
) -> None:  # fmt: skip
    """Add what a track of fixes (N, 2) at t_s (N,), rising, showed, in place; sign -1 takes it out again.

    share (rows, cols) 0..1 of the sweep width that the ground leaves; width_m (N,): at each fix, on open ground, at
    speed_m_s; payload: it looks down from above.
    """
    if xy_m.shape != (len(t_s), 2) or np.any(np.diff(t_s) < 0.0) or not np.all(width_m > 0.0):
        raise ValueError("xy_m must be (N, 2) at t_s (N,) which rise, width_m > 0")
    fine_m = grid.cell_m / PER_CELL
    x0, y0 = grid.x0_m - 0.5 * (grid.cell_m - fine_m), grid.y0_m + 0.5 * (grid.cell_m - fine_m)
    where = np.array([x0, y0, fine_m])
    _expose(exposure, where, share, xy_m, t_s, width_m, speed_m_s, payload, sign)


def mean_over_cells(field: F8) -> F8:
    """Return (rows, cols) the mean of a field (rows x PER_CELL, cols x PER_CELL) over each cell."""
    rows, cols = field.shape
    return np.asarray(field.reshape(rows // PER_CELL, PER_CELL, cols // PER_CELL, PER_CELL).mean(axis=(1, 3)), float)


@numba.njit(cache=True)
def _expose(
    out: I8, where: F8, share: F8, xy: F8, t_s: F8, width: F8, v0: float, payload: bool, sign: int
) -> None:  # fmt: skip
    rows, cols = out.shape
    for n in range(len(t_s) - 1):
        seconds, ax, ay = t_s[n + 1] - t_s[n], xy[n, 0], xy[n, 1]
        ex, ey = xy[n + 1, 0] - ax, xy[n + 1, 1] - ay
        length = math.hypot(ex, ey)
        if seconds <= 0.0 or seconds > GAP_S or length < 1e-6:
            continue
        ex, ey = ex / length, ey / length
        v = max(length / seconds, SLOWEST * v0)
        far = 0.5 * width[n] if payload else FAR * width[n]
        c0 = max(0, math.ceil((min(ax, ax + length * ex) - far - where[0]) / where[2]))
        c1 = min(cols - 1, math.floor((max(ax, ax + length * ex) + far - where[0]) / where[2]))
        r0 = max(0, math.ceil((where[1] - max(ay, ay + length * ey) - far) / where[2]))
        r1 = min(rows - 1, math.floor((where[1] - min(ay, ay + length * ey) + far) / where[2]))
        for r in range(r0, r1 + 1):
            for c in range(c0, c1 + 1):
                px, py = where[0] + c * where[2] - ax, where[1] - r * where[2] - ay
                along, aside = px * ex + py * ey, abs(py * ex - px * ey)
                if aside > far:
                    continue
                left = share[r // PER_CELL, c // PER_CELL]
                if payload:
                    found = -math.log1p(-PAYLOAD_P) * left if 0.0 <= along < length else 0.0
                else:
                    y = max(aside, NEAR_M)
                    span = (length - along) / math.hypot(length - along, y) + along / math.hypot(along, y)
                    found = (width[n] * left) ** 2 * v0 / (8.0 * math.pi * v * y * y) * span
                out[r, c] += sign * np.int64(min(found, 5.0) / UNIT + 0.5)
