"""Where in the picture does something stir all the time: branches, edges that shimmer, a flag, a road?

Theory.  Candidates that never go anywhere are counted per cell of the picture; the remembered rate is the chance
of a candidate there.  Repeats in a busy cell then say little, and the same repeats where nothing ever stirs say
a lot: each zone of the picture has its own false alarm rate, measured and not drawn by hand.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]

CELL_PX = 8
MEMORY_PICTURES = 300.0  # a walker crosses a cell in tens of pictures, a branch stays
STAYED_PX = 4.0  # candidates whose tracklet has come this far are subjects, not the place


@dataclass(frozen=True, slots=True)
class ClutterMap:
    """rate: (rows, cols) of cells, candidates per picture and cell; pictures: how many were counted."""

    rate: F4
    pictures: int = 0


def empty(shape: tuple[int, ...]) -> ClutterMap:
    """Return the map of a view of this many rows and columns in which nothing has stirred yet."""
    return ClutterMap(np.zeros((-(-shape[0] // CELL_PX), -(-shape[1] // CELL_PX)), np.float32))


def update(busy: ClutterMap, x_px: F8, y_px: F8) -> ClutterMap:
    """Return the map after a picture with lingering candidates at x, y (N,)."""
    seen = np.zeros_like(busy.rate)
    rows = np.clip((y_px // CELL_PX).astype(np.int64), 0, seen.shape[0] - 1)
    cols = np.clip((x_px // CELL_PX).astype(np.int64), 0, seen.shape[1] - 1)
    seen[rows, cols] = 1.0
    weight = np.float32(1.0 / min(busy.pictures + 10.0, MEMORY_PICTURES))
    return ClutterMap(busy.rate + weight * (seen - busy.rate), busy.pictures + 1)


def share_at(busy: ClutterMap, x_px: F8, y_px: F8) -> F8:
    """Return (N,) share of the remembered pictures in which something was in the cells of x, y (N,)."""
    rows = np.clip((y_px // CELL_PX).astype(np.int64), 0, busy.rate.shape[0] - 1)
    cols = np.clip((x_px // CELL_PX).astype(np.int64), 0, busy.rate.shape[1] - 1)
    return busy.rate[rows, cols].astype(np.float64)


def rate_at(busy: ClutterMap, x_px: F8, y_px: F8) -> F8:
    """Return (N,) expected candidates per picture and pixel around x, y (N,)."""
    near = cv2.blur(busy.rate, (3, 3), borderType=cv2.BORDER_REPLICATE)
    rows = np.clip((y_px // CELL_PX).astype(np.int64), 0, near.shape[0] - 1)
    cols = np.clip((x_px // CELL_PX).astype(np.int64), 0, near.shape[1] - 1)
    own, around = busy.rate[rows, cols], near[rows, cols]
    return np.maximum(own, around).astype(np.float64) / CELL_PX**2
