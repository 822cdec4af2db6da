"""Line coordinates of every cell of a grid.

Theory: chainage and offset are exact every fourth cell and run linearly between; a legs' bend moves them by under a
metre within four cells of 30 m.  Beyond a sharp bend the nearest place of the line jumps, and cells across the jump
get a chainage between both.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from watchline.geo.line import LineFrame
from watchline.geo.terrain import Terrain

F4 = NDArray[np.float32]

EVERY = 4  # cells between exact values


def line_coordinates_m(line: LineFrame, grid: Terrain) -> tuple[F4, F4]:
    """Return chainage and offset (positive at home), each (rows, cols) float32 metres, of the cells of `grid`.

    0.3 s for 10 million cells.
    """
    rows, cols = grid.height_m.shape
    at_row, at_col = np.arange(0, rows + EVERY - 1, EVERY), np.arange(0, cols + EVERY - 1, EVERY)
    x, y = grid.x0_m + grid.cell_m * at_col, grid.y0_m - grid.cell_m * at_row
    coarse = line.sd_from_xy_m(np.stack(np.meshgrid(x, y), axis=-1)).astype(np.float32)
    return _between(coarse[..., 0], rows, cols), _between(coarse[..., 1], rows, cols)


def _between(coarse: F4, rows: int, cols: int) -> F4:
    """Return (rows, cols) linear between the values of every fourth row and column."""
    share = np.float32(1.0 / EVERY) * np.arange(EVERY, dtype=np.float32)
    rest = np.diff(coarse, axis=1, append=coarse[:, -1:])
    wide = (coarse[:, :, None] + rest[:, :, None] * share).reshape(len(coarse), -1)[:, :cols]
    rest = np.diff(wide, axis=0, append=wide[-1:])
    out = np.empty((EVERY * len(wide), cols), np.float32)
    for k in range(EVERY):
        np.multiply(rest, share[k], out=out[k::EVERY])
        out[k::EVERY] += wide
    return out[:rows]
