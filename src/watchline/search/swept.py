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
from watchline.search.motion import F8, I8, cells_of

GAP_S = 180.0
EVERY_S = 200.0  # a part of a look is about one time


def swept(xy_m: F8, t_s: F8, width_m: float, grid: Terrain) -> tuple[Part, ...]:
    """Return what a track of fixes (N, 2) at t_s (N,), rising, covered by a sweep width; by parts of EVERY_S."""
    cell, coverage, at_s = _laid(xy_m, t_s, width_m, grid)
    return _parts(cell, coverage, at_s) if len(cell) else ()


def covered(xy_m: F8, t_s: F8, width_m: float, grid: Terrain) -> F8:
    """Return (rows, cols) what a track covered in all; arguments as for `swept`."""
    cell, coverage, _ = _laid(xy_m, t_s, width_m, grid)
    inside = cell >= 0
    laid = np.bincount(cell[inside], coverage[inside], minlength=grid.height_m.size)
    return np.asarray(laid.reshape(grid.height_m.shape), float)


def _laid(xy_m: F8, t_s: F8, width_m: float, grid: Terrain) -> tuple[I8, F8, F8]:
    """Return samples (M,) of the swath: cell, coverage that each adds to it, time."""
    if xy_m.shape != (len(t_s), 2) or np.any(np.diff(t_s) < 0.0) or not width_m > 0.0:
        raise ValueError("xy_m must be (N, 2) at t_s (N,) which rise, width_m > 0")
    step, length = np.diff(xy_m, axis=0), np.hypot(*np.diff(xy_m, axis=0).T)
    goes = np.flatnonzero((np.diff(t_s) <= GAP_S) & (length > 0.0))
    fine = grid.cell_m / 4.0
    across = max(1, math.ceil(width_m / fine))
    aside = ((np.arange(across) + 0.5) / across - 0.5) * width_m
    n = np.maximum(1, np.ceil(length[goes] / fine)).astype(np.int64)
    seg = np.repeat(goes, n)
    along = (np.arange(len(seg)) - np.repeat(np.cumsum(n) - n, n) + 0.5) / np.repeat(n, n)
    left = np.column_stack([-step[seg, 1], step[seg, 0]]) / length[seg, None]
    places = (xy_m[seg] + along[:, None] * step[seg])[:, None, :] + aside[None, :, None] * left[:, None, :]
    area = np.repeat(length[seg] * width_m / (np.repeat(n, n) * across), across)
    times = np.repeat(t_s[seg] + along * np.diff(t_s)[seg], across)
    return cells_of(grid, places).ravel(), np.asarray(area / grid.cell_m**2, float), np.asarray(times, float)


def _parts(cell: I8, coverage: F8, t_s: F8) -> tuple[Part, ...]:
    number = ((t_s - t_s.min()) // EVERY_S).astype(np.int64)
    out = []
    for n in np.unique(number):
        here = (number == n) & (cell >= 0)
        if here.any():
            names, place = np.unique(cell[here], return_inverse=True)
            out.append(Part(float(t_s[here].mean()), names, np.asarray(np.bincount(place, coverage[here]), float)))
    return tuple(out)
