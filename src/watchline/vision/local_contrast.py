"""How much does a peak differ from what surrounds it, and how restless is the ground it stands on?

Theory.  Local contrast measures compare a small cell with its eight neighbours (Chen 2014, the local contrast
method; Wei 2016, multiscale patch-based contrast): against the mean of all of them it asks for height, against the
brightest but one it also asks that the peak is a spot and no edge, corner or crest.  The mean gradient around says
how much of that height this ground makes by itself.

Rules: plain loops for the compiler; a picture's maps are made once, then only peaks are measured.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

from watchline.vision import explained

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]
I4 = NDArray[np.int32]

# Side of the cell and distance to its neighbours, for points and for larger subjects: the larger contrast counts.
SCALES_PX = ((3, 5), (7, 9))
GRADIENT_PX = 31  # over which the ground's gradient is averaged
PIXELS_PER_PEAK = 16  # about so many are as high as a peak; too few only cost a second look
AROUND_PX, REGION_PX = 21, 61  # squares whose mean is the level around a peak (wider than subjects) and of its region


@dataclass(frozen=True, slots=True)
class Maps:
    """Of one picture, grey steps: smooth (rows, cols); cells: its means over the cells of each scale; gradient: mean
    size of the gradient, at half resolution; around, region: means of squares, at a quarter of the resolution.
    """

    smooth: F4
    cells: tuple[F4, ...]
    gradient: F4
    around: F4
    region: F4


def maps(smooth: F4) -> Maps:
    """Return the maps of a picture (rows, cols), grey steps."""
    half = np.ascontiguousarray(smooth[::2, ::2])
    across, down = cv2.Sobel(half, cv2.CV_32F, 1, 0, scale=0.0625), cv2.Sobel(half, cv2.CV_32F, 0, 1, scale=0.0625)
    side = GRADIENT_PX // 2
    pooled = explained.pooled_mean(smooth)
    return Maps(
        smooth,
        tuple(np.asarray(cv2.blur(smooth, (cell, cell)), np.float32) for cell, _ in SCALES_PX),
        np.asarray(cv2.blur(cv2.magnitude(across, down), (side, side)), np.float32),
        explained.wide_pooled(pooled, AROUND_PX),
        explained.wide_pooled(pooled, REGION_PX),
    )


def peaks(found: Maps, sign: float, count: int) -> tuple[I4, F8]:
    """Return flat indices (N,) of the 3 x 3 maxima (sign +1) or minima (-1) that stand over the mean around them, and
    their height over it; flat tops give all their pixels.  Of many, the highest `count` and some others.
    """
    # Few pixels are as high as those wanted: a sample says how high, and only among them maxima are looked for.
    step = 2 * explained.POOL
    here, level = found.smooth[explained.POOL :: step, explained.POOL :: step], found.around[1::2, 1::2]
    rows, cols = min(here.shape[0], level.shape[0]), min(here.shape[1], level.shape[1])
    sample = np.float32(sign) * (here[:rows, :cols] - level[:rows, :cols]).ravel()
    above = round(PIXELS_PER_PEAK * count / found.smooth.size * sample.size)
    if above < sample.size:
        least = float(np.partition(sample, sample.size - 1 - above)[sample.size - 1 - above])
        index, height = _peaks(found.smooth, found.around, np.float32(sign), max(least, 0.0))
        if index.size >= count or least <= 0.0:
            return index, height
    return _peaks(found.smooth, found.around, np.float32(sign), 0.0)


def cells(found: Maps, index: I4, sign: float) -> tuple[F8, F8]:
    """Return (N,) contrast of peaks against the mean, and against the brightest but one, of their eight neighbours.

    index: (N,) flat indices of the peaks; sign: +1 where subjects are brighter, -1 where they are darker.
    """
    each = [_cells(mean, index, apart, sign) for mean, (_, apart) in zip(found.cells, SCALES_PX, strict=True)]
    return np.maximum(each[0][0], each[1][0]), np.maximum(each[0][1], each[1][1])


def gradient_at(found: Maps, index: I4) -> F8:
    """Return (N,) mean size of the gradient around the peaks, grey steps a pixel."""
    return _read(found.gradient, index, found.smooth.shape[1], 2)


def over_region(found: Maps, index: I4, sign: float) -> F8:
    """Return (N,) height of the peaks over the mean of their region."""
    level = _read(found.region, index, found.smooth.shape[1], explained.POOL)
    return np.asarray(sign * (found.smooth.ravel()[index] - level), np.float64)


def _read(small: F4, index: I4, cols: int, step: int) -> F8:
    """Return what a map of a lower resolution holds at full-size flat indices."""
    y, x = index // cols // step, index % cols // step
    return np.asarray(small[np.minimum(y, small.shape[0] - 1), np.minimum(x, small.shape[1] - 1)], np.float64)


@njit(cache=True)
def _is_top(values: F4, y: int, x: int, sign: np.float32) -> bool:
    rows, cols = values.shape
    here = sign * values[y, x]
    for v in range(max(y - 1, 0), min(y + 2, rows)):
        for u in range(max(x - 1, 0), min(x + 2, cols)):
            if sign * values[v, u] > here:
                return False
    return True


@njit(cache=True)
def _peaks(smooth: F4, around: F4, sign: np.float32, least: float) -> tuple[I4, F8]:
    rows, cols = smooth.shape
    index, height = np.empty(rows * cols, np.int32), np.empty(rows * cols)
    n = 0
    for y in range(rows):
        level = around[min(y // explained.POOL, around.shape[0] - 1)]
        for x in range(cols):
            over = sign * (np.float64(smooth[y, x]) - level[min(x // explained.POOL, level.shape[0] - 1)])
            if over > least and _is_top(smooth, y, x, sign):
                index[n], height[n] = y * cols + x, over
                n += 1
    return index[:n].copy(), height[:n].copy()


@njit(cache=True)
def _cells(mean: F4, index: I4, apart: int, sign: float) -> tuple[F8, F8]:
    rows, cols = mean.shape
    over_mean, over_second = np.empty(index.shape[0]), np.empty(index.shape[0])
    for k in range(index.shape[0]):
        y, x = index[k] // cols, index[k] % cols
        here = sign * mean[y, x]
        for v in range(max(y - 1, 0), min(y + 2, rows)):
            for u in range(max(x - 1, 0), min(x + 2, cols)):
                here = max(here, sign * mean[v, u])
        first, second, total = -np.inf, -np.inf, 0.0
        for dy in range(-apart, apart + 1, apart):
            for dx in range(-apart, apart + 1, apart):
                if dx == 0 and dy == 0:
                    continue
                v, u = abs(y + dy), abs(x + dx)
                v, u = min(v, 2 * (rows - 1) - v), min(u, 2 * (cols - 1) - u)
                near = sign * mean[v, u]
                total += near
                if near > first:
                    first, second = near, first
                elif near > second:
                    second = near
        over_mean[k], over_second[k] = here - total / 8.0, here - second
    return over_mean, over_second
