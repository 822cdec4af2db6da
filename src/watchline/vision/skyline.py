"""Where a picture's sky ends: one row for every column.

Theory.  The skyline is the smoothest strong edge from side to side: the path through the columns with the
greatest sum of vertical steps (blurred a pixel), less a price for every row it climbs, found by dynamic
programming (Lie et al. 2005 do so for colour pictures).  Warm ground under a cold sky and cold ground under
warm cloud are both edges, so their sign is chosen once for the whole picture.  A parabola through the step's
neighbours gives the fraction of a row.

Limits: what stands out of the ground (a mast, a wall) is skyline here; `sensing.pose` takes such columns as outliers.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

F8 = NDArray[np.float64]

CLIMB_PX = 4  # rows that the skyline may climb from one column to the next
PRICE = 0.15  # of climbing a row, in median steps of the path
STEP_PX = 1.2  # blur before steps are taken
LEAST_STEP = 3.0  # of a column's step, in spreads of all steps: less is no skyline
MARGIN_PX = 3


def find_skyline(pixels: NDArray[Any]) -> tuple[F8, F8]:
    """Return x (N,) and y (N,) pixels of the skyline, for the columns that show one; empty when the picture has none.

    pixels: (rows, cols) any real dtype, at least 32 x 32.
    """
    picture = np.asarray(cv2.GaussianBlur(np.asarray(pixels, np.float32), (0, 0), STEP_PX), np.float64)
    step = np.zeros_like(picture)
    step[1:-1] = picture[2:] - picture[:-2]
    spread = 1.4826 * float(np.median(np.abs(step))) + 1e-9
    best: tuple[float, NDArray[np.int64], F8] | None = None
    for sign in (1.0, -1.0):
        gain = np.minimum(sign * step / spread, 12.0)
        gain[:MARGIN_PX] = gain[-MARGIN_PX:] = -12.0
        path, total = _smoothest(gain)
        if best is None or total > best[0]:
            best = (total, path, gain)
    assert best is not None
    _, rows, gain = best
    cols = np.arange(len(rows))
    strong = gain[rows, cols] >= LEAST_STEP
    return cols[strong].astype(float), _between(gain, rows, cols)[strong]


def _smoothest(gain: F8) -> tuple[NDArray[np.int64], float]:
    """Return the row of every column on the path of greatest gain, and that gain."""
    rows, cols = gain.shape
    total, came = gain[:, 0].copy(), np.zeros((rows, cols), np.int64)
    for x in range(1, cols):
        options = np.full((2 * CLIMB_PX + 1, rows), -np.inf)
        for k, climb in enumerate(range(-CLIMB_PX, CLIMB_PX + 1)):
            low, high = max(0, -climb), min(rows, rows - climb)
            options[k, low + climb : high + climb] = total[low:high] - PRICE * abs(climb)
        choice = options.argmax(axis=0)
        came[:, x] = choice - CLIMB_PX
        total = options[choice, np.arange(rows)] + gain[:, x]
    path = np.empty(cols, np.int64)
    path[-1] = int(total.argmax())
    for x in range(cols - 1, 0, -1):
        path[x - 1] = path[x] - came[path[x], x]
    return path, float(total.max())


def _between(gain: F8, rows: NDArray[np.int64], cols: NDArray[np.int64]) -> F8:
    above, here, below = gain[rows - 1, cols], gain[rows, cols], gain[rows + 1, cols]
    bend = above - 2.0 * here + below
    off = np.where(bend < 0.0, 0.5 * (above - below) / np.where(bend < 0.0, bend, -1.0), 0.0)
    return np.asarray(rows + np.clip(off, -0.5, 0.5))
