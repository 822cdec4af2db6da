"""What one observer sees: the least visible height of every cell around it.

Theory: the answer is not yes or no but a height, how far above the ground of a cell something must reach to
be seen from the observer's eye; 0 where the ground itself is seen.  One field answers for a crawling, a
walking and a riding subject, and for the error of the elevation model (`visibility.py`).
The surface is bilinear between cell centres; every point at distance d is lowered by (1 - k) d^2 / (2 R).

Two products: exact (`viewshed_exact.py`) and fast, with a stated error (`viewshed_fast.py`).

Rules: unknown stays unknown.  NaN where the cell or its sight line touches a void, and beyond the range.
A field depends on one mast only: when a mast moves, its field alone is computed again.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from watchline.geo.sight import MEAN_EARTH_RADIUS_M, REFRACTION_LIGHT
from watchline.geo.terrain import Terrain
from watchline.geo.viewshed_exact import need_exact
from watchline.geo.viewshed_fast import need_fast

F4 = NDArray[np.float32]
Heights = NDArray[np.floating[Any]]  # float32 or float64
SEEN, HIDDEN, UNKNOWN = 1, 0, 255
RADIUS_CELLS_MAX = 30_000  # integers and rounding of the exact walk were argued up to here


def least_visible_field_m(
    height_m: Heights,
    row: int,
    col: int,
    *,
    mast_m: float,
    range_m: float,
    cell_m: tuple[float, float],
    refraction_k: float = REFRACTION_LIGHT,
    exact: bool = True,
) -> F4:
    """Return (rows, cols) how high above ground a subject must reach to be seen; NaN where that is not known.

    height_m (rows, cols) float32 or float64, metres, NaN for voids; row, col: the observer, at its cell's centre;
    mast_m > 0: eye above the ground there; range_m > 0 along the ground; cell_m: size along columns' and rows'
    direction; refraction_k in [0, 1]: 1/7 for light, 1/4 for radio, 1 for no curvature at all.
    Raises ValueError outside these ranges, and when the observer is off the grid or on a void.
    Exact: to rounding (1e-6 m) on the bilinear surface.  Fast: 0.01 to 0.3 % of cells on the wrong side of 1.7 m.

    >>> level = np.zeros((1, 1501), np.float32)
    >>> need = least_visible_field_m(level, 0, 0, mast_m=30.0, range_m=45_000.0, cell_m=(30.0, 30.0))
    >>> round(float(need[0, 1000]), 2), round(float(need[0, 400]), 2)  # horizon at 21.1 km
    (5.31, 0.0)
    """
    _check(height_m, row, col, mast_m, range_m, cell_m, refraction_k)
    rows, cols = height_m.shape
    reach_x = min(int(range_m / cell_m[0]) + 1, cols)
    reach_y = min(int(range_m / cell_m[1]) + 1, rows)
    window = (
        slice(max(0, row - reach_y), min(rows, row + reach_y + 1)),
        slice(max(0, col - reach_x), min(cols, col + reach_x + 1)),
    )
    around = height_m[window]
    need = np.empty(around.shape, np.float32)
    kernel: Any = need_exact if exact else need_fast
    kernel(
        np.ascontiguousarray(around, dtype=np.float64 if exact else np.float32),
        row - window[0].start,
        col - window[1].start,
        float(height_m[row, col]) + mast_m,
        float(cell_m[0]),
        float(cell_m[1]),
        float(range_m),
        (1.0 - refraction_k) / (2.0 * MEAN_EARTH_RADIUS_M),
        need,
    )
    np.maximum(need, np.float32(0.0), out=need)
    if need.shape == height_m.shape:
        return need
    field = np.full(height_m.shape, np.nan, np.float32)
    field[window] = need
    return field


def least_visible_around(
    terrain: Terrain,
    xy_m: tuple[float, float],
    *,
    mast_m: float,
    range_m: float,
    refraction_k: float = REFRACTION_LIGHT,
    exact: bool = True,
) -> Terrain:
    """Return the field of one mast as a grid of its own, no larger than its range; see `least_visible_field_m`.

    xy_m: site grid; the observer is put at the centre of the cell it stands in.
    Raises ValueError when that cell is off the terrain or a void.
    """
    cell = terrain.cell_m
    col, row = round((xy_m[0] - terrain.x0_m) / cell), round((terrain.y0_m - xy_m[1]) / cell)
    rows, cols = terrain.height_m.shape
    if not (0 <= row < rows and 0 <= col < cols):
        raise ValueError(f"the observer at {xy_m} is off the terrain")
    reach = int(range_m / cell) + 1
    top, left = max(0, row - reach), max(0, col - reach)
    around = terrain.height_m[top : row + reach + 1, left : col + reach + 1]
    need = least_visible_field_m(
        around,
        row - top,
        col - left,
        mast_m=mast_m,
        range_m=range_m,
        cell_m=(cell, cell),
        refraction_k=refraction_k,
        exact=exact,
    )
    return Terrain(need, terrain.x0_m + left * cell, terrain.y0_m - top * cell, cell)


def seen_from_need(need_m: F4, target_m: float) -> NDArray[np.uint8]:
    """Return 1 where a subject `target_m` high is seen, 0 where it is hidden, 255 where that is not known.

    >>> seen_from_need(np.array([0.0, 1.7, 1.8, np.nan], np.float32), 1.7).tolist()
    [1, 1, 0, 255]
    """
    seen = np.where(need_m <= np.float32(target_m), SEEN, HIDDEN).astype(np.uint8)
    seen[np.isnan(need_m)] = UNKNOWN
    return seen


def _check(
    height_m: Heights,
    row: int,
    col: int,
    mast_m: float,
    range_m: float,
    cell_m: tuple[float, float],
    refraction_k: float,
) -> None:
    if height_m.ndim != 2:
        raise ValueError(f"height_m must have two dimensions, got {height_m.ndim}")
    if not (0 <= row < height_m.shape[0] and 0 <= col < height_m.shape[1]):
        raise ValueError(f"the observer at row {row}, column {col} is off the grid of {height_m.shape}")
    if not math.isfinite(float(height_m[row, col])):
        raise ValueError(f"the observer at row {row}, column {col} stands on a void")
    if not (math.isfinite(mast_m) and mast_m > 0.0):
        raise ValueError(f"mast_m must be > 0, got {mast_m}")
    if not min(cell_m) > 0.0:
        raise ValueError(f"cell_m must be > 0, got {cell_m}")
    if not 0.0 < range_m <= RADIUS_CELLS_MAX * min(cell_m):
        raise ValueError(f"range_m must be > 0 and at most {RADIUS_CELLS_MAX} cells, got {range_m}")
    if not 0.0 <= refraction_k <= 1.0:
        raise ValueError(f"refraction_k must be in [0, 1], got {refraction_k}")
