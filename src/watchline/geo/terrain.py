"""Terrain: heights on the site grid, and the height between its cells.

The surface is bilinear between cell centres; everything else here and in `sight.py` is exact or stated
against that surface.  Row 0 is the northernmost; NaN is a void and stays one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

F8 = NDArray[np.float64]
F4 = NDArray[np.float32]


@dataclass(frozen=True)
class Terrain:
    """Heights in metres on square cells.

    height_m (rows, cols) float32; x0_m, y0_m: grid position of the centre of cell (0, 0);
    cell_m: side of a cell; x grows with columns, y falls with rows.
    """

    height_m: F4
    x0_m: float
    y0_m: float
    cell_m: float

    def height_at(self, xy_m: ArrayLike) -> F8:
        """Return (...,) ground height at (..., 2) grid positions, bilinear; NaN outside and in voids."""
        xy = np.asarray(xy_m, float)
        flat = np.ascontiguousarray(xy.reshape(-1, 2))
        out = _heights(self.height_m, self.x0_m, self.y0_m, self.cell_m, flat)
        return out.reshape(xy.shape[:-1])

    def contains(self, xy_m: ArrayLike) -> NDArray[np.bool_]:
        """Return (...,) whether the position lies on the grid."""
        xy = np.asarray(xy_m, float)
        col = (xy[..., 0] - self.x0_m) / self.cell_m
        row = (self.y0_m - xy[..., 1]) / self.cell_m
        rows, cols = self.height_m.shape
        return np.asarray((col >= 0) & (col <= cols - 1) & (row >= 0) & (row <= rows - 1))

    @property
    def bounds_m(self) -> tuple[float, float, float, float]:
        """Return west, south, east, north of the cell centres."""
        rows, cols = self.height_m.shape
        return (
            self.x0_m,
            self.y0_m - (rows - 1) * self.cell_m,
            self.x0_m + (cols - 1) * self.cell_m,
            self.y0_m,
        )


@numba.njit(cache=True, inline="always")
def bilinear(height: F4, col: float, row: float) -> float:
    """Return the height at a fractional column and row; NaN outside the grid."""
    rows, cols = height.shape
    if not (0.0 <= col <= cols - 1 and 0.0 <= row <= rows - 1):
        return np.nan
    c = min(int(col), cols - 2)
    r = min(int(row), rows - 2)
    fc, fr = col - c, row - r
    top = height[r, c] * (1 - fc) + height[r, c + 1] * fc
    bottom = height[r + 1, c] * (1 - fc) + height[r + 1, c + 1] * fc
    return float(top * (1 - fr) + bottom * fr)


@numba.njit(cache=True)
def _heights(height: F4, x0: float, y0: float, cell: float, points: F8) -> F8:
    out = np.empty(points.shape[0])
    for i in range(points.shape[0]):
        out[i] = bilinear(height, (points[i, 0] - x0) / cell, (y0 - points[i, 1]) / cell)
    return out
