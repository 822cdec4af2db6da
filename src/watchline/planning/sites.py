"""Places where a mast could stand: high ground along the line, one to each equal piece of it.

Theory: what a mast sees is decided by its height over what is round it; the highest cell of every short piece of the
line, within a band of offsets and on allowed ground, is where a surveyor would look first.

Limits: nothing is said of soil, ownership or foundations; `allowed` carries what a site knows (mines, steep ground).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from watchline.geo.terrain import Terrain

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Places:
    """Candidate places: row, col (N,) cells; s_m, d_m (N,) line coordinates; xyz_m (N, 3) the ground there."""

    row: I8
    col: I8
    s_m: F8
    d_m: F8
    xyz_m: F8


def high_ground(
    terrain: Terrain, chainage_m: F4, offset_m: F4, allowed: Mask, *, line_m: float, count: int
) -> Places:
    """Return the highest allowed cell of each of `count` equal pieces of the line, pieces without one left out.

    chainage_m, offset_m, allowed: (rows, cols); ground that is void is not allowed.
    """
    here = np.flatnonzero(allowed & np.isfinite(terrain.height_m) & (chainage_m >= 0.0) & (chainage_m <= line_m))
    piece = np.clip((chainage_m.ravel()[here] * (count / line_m)).astype(np.int64), 0, count - 1)
    order = np.lexsort((here, -terrain.height_m.ravel()[here], piece))
    _, first = np.unique(piece[order], return_index=True)
    return places_at(terrain, chainage_m, offset_m, here[order[first]])


def places_at(terrain: Terrain, chainage_m: F4, offset_m: F4, cell: I8) -> Places:
    """Return the places of these cells (N,), flat indices."""
    row, col = np.divmod(cell.astype(np.int64), terrain.height_m.shape[1])
    x, y = terrain.x0_m + col * terrain.cell_m, terrain.y0_m - row * terrain.cell_m
    z = terrain.height_m[row, col].astype(float)
    s, d = (grid[row, col].astype(float) for grid in (chainage_m, offset_m))
    return Places(row, col, s, d, np.column_stack([x, y, z]))


def joined(first: Places, second: Places) -> Places:
    """Return the places of both, those of the first first."""
    pairs = ((getattr(first, name), getattr(second, name)) for name in ("row", "col", "s_m", "d_m", "xyz_m"))
    return Places(*(np.concatenate(pair) for pair in pairs))


def distance_m(from_cells: Mask, cell_m: float) -> F4:
    """Return (rows, cols) how far the nearest marked cell is, inf if none is marked."""
    if not from_cells.any():
        return np.full(from_cells.shape, np.inf, np.float32)
    return np.asarray(distance_transform_edt(~from_cells, sampling=cell_m), np.float32)


def evenly_spaced(s_m: F8, line_m: float, count: int) -> tuple[int, ...]:
    """Return the candidates nearest to `count` equal steps along the line: what is done without a planner."""
    wanted = (np.arange(count) + 0.5) * line_m / count
    return tuple(sorted({int(np.argmin(np.abs(s_m - s))) for s in wanted}))
