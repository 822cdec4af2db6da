"""What a track really covered: from fixes with times to coverage of cells.

Theory: a searcher that goes a metre sweeps its width; coverage of a cell is what was swept of it over its area, and
1 - exp(-coverage) of whoever was there is found: search at random, whatever was intended.

Rules: a gap between two fixes longer than GAP_S covers nothing: nobody knows where the searcher was.
Accuracy: the swath is laid out in samples a quarter of a cell apart, so that coverage is of the cell on average.
"""

from __future__ import annotations

import math

import numpy as np

from watchline.geo.terrain import Terrain
from watchline.search.containment import Part
from watchline.search.motion import F8, cells_of

GAP_S = 180.0
EVERY_S = 200.0  # a part of a look is about one time


def swept(xy_m: F8, t_s: F8, width_m: float, grid: Terrain) -> tuple[Part, ...]:
    """Return what a track of fixes (N, 2) at t_s (N,), rising, covered by a sweep width; by parts of EVERY_S."""
    if xy_m.shape != (len(t_s), 2) or np.any(np.diff(t_s) < 0.0) or not width_m > 0.0:
        raise ValueError("xy_m must be (N, 2) at t_s (N,) which rise, width_m > 0")
    if len(t_s) < 2:
        return ()
    fine = grid.cell_m / 4.0
    across = max(1, math.ceil(width_m / fine))
    aside = ((np.arange(across) + 0.5) / across - 0.5) * width_m
    cells, area, times = [], [], []
    for a, b, ta, tb in zip(xy_m[:-1], xy_m[1:], t_s[:-1], t_s[1:], strict=True):
        length = float(np.hypot(*(b - a)))
        if tb - ta > GAP_S or length == 0.0:
            continue
        n = max(1, math.ceil(length / fine))
        along = (np.arange(n) + 0.5) / n
        left = np.array([a[1] - b[1], b[0] - a[0]]) / length
        places = (a + along[:, None] * (b - a))[:, None, :] + aside[None, :, None] * left
        cells.append(cells_of(grid, places).ravel())
        area.append(np.full(n * across, length * width_m / (n * across)))
        times.append(np.repeat(ta + along * (tb - ta), across))
    if not cells:
        return ()
    return _parts(np.concatenate(cells), np.concatenate(area) / grid.cell_m**2, np.concatenate(times))


def _parts(cell: np.ndarray[tuple[int], np.dtype[np.int64]], coverage: F8, t_s: F8) -> tuple[Part, ...]:
    number = ((t_s - t_s.min()) // EVERY_S).astype(np.int64)
    out = []
    for n in np.unique(number):
        here = (number == n) & (cell >= 0)
        if here.any():
            names, place = np.unique(cell[here], return_inverse=True)
            out.append(Part(float(t_s[here].mean()), names, np.asarray(np.bincount(place, coverage[here]), float)))
    return tuple(out)
