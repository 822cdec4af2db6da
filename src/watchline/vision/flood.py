"""Flood a picture downhill from a peak: outline, prominence and surroundings of a small region.

Theory.  Start at a local peak and always take the highest neighbour next, as rising water would take the
lowest.  The level at which the flood meets something higher than the peak, or has grown past the largest
area a subject may have, is the saddle; peak minus saddle is the prominence (the residue of an area
opening: Vincent 1992, "Morphological area openings and closings for greyscale images").  It does not ask
for a shape, and edges, horizons and large bright ground have none of it.
The share of the outline that half its depth still holds says how steep the region's sides are: a body's outline
hardly grows with depth, a cloud's does (stability of extremal regions: Matas 2002).  And how much the outline grows
a little deeper says whether there is a body around it: the funnel on a ship, the engine of a car.

Rules: plain loops for the compiler, no allocation per pixel; cost is bounded by peaks x largest area.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

F4 = NDArray[np.float32]

# Columns of the table that `measure_peaks` fills.
CX, CY, BOX_X, BOX_Y, BOX_W, BOX_H, AREA, PROMINENCE, RING_MEAN, RING_SPREAD, PEAK, LEVEL, STEEPNESS, GROWTH = range(
    14
)
COLUMNS = 14
DEEPER = 0.1  # of the prominence by which `GROWTH` goes deeper than the outline


@njit(cache=True)
def _sift_up(heap_v: F4, heap_i: NDArray[np.int32], n: int) -> None:
    k = n - 1
    v, i = heap_v[k], heap_i[k]
    while k > 0:
        parent = (k - 1) >> 1
        if heap_v[parent] >= v:
            break
        heap_v[k], heap_i[k] = heap_v[parent], heap_i[parent]
        k = parent
    heap_v[k], heap_i[k] = v, i


@njit(cache=True)
def _pop(heap_v: F4, heap_i: NDArray[np.int32], n: int) -> tuple[float, int]:
    top_v, top_i = heap_v[0], heap_i[0]
    v, i = heap_v[n - 1], heap_i[n - 1]
    n -= 1
    k = 0
    while True:
        child = 2 * k + 1
        if child >= n:
            break
        if child + 1 < n and heap_v[child + 1] > heap_v[child]:
            child += 1
        if v >= heap_v[child]:
            break
        heap_v[k], heap_i[k] = heap_v[child], heap_i[child]
        k = child
    heap_v[k], heap_i[k] = v, i
    return top_v, top_i


@njit(cache=True)
def _flood(
    picture: F4,
    start: int,
    max_area: int,
    stamp: NDArray[np.int32],
    mark: int,
    heap_v: F4,
    heap_i: NDArray[np.int32],
    order: NDArray[np.int32],
    levels: F4,
) -> tuple[int, float]:
    """Flood downhill from one pixel; returns how many pixels were taken and the saddle level."""
    rows, cols = picture.shape
    flat = picture.ravel()
    peak = flat[start]
    heap_v[0], heap_i[0] = peak, start
    stamp[start] = mark
    n, taken, level = 1, 0, peak
    while n > 0:
        v, i = _pop(heap_v, heap_i, n)
        n -= 1
        if v > peak:
            return taken, level
        if v < level:
            level = v
            if taken >= max_area:
                return taken, level
        if taken >= max_area:
            return taken, level
        order[taken], levels[taken] = i, level
        taken += 1
        y, x = i // cols, i % cols
        for dy in range(-1, 2):
            for dx in range(-1, 2):
                yy, xx = y + dy, x + dx
                if 0 <= yy < rows and 0 <= xx < cols:
                    j = yy * cols + xx
                    if stamp[j] != mark:
                        stamp[j] = mark
                        heap_v[n], heap_i[n] = flat[j], j
                        n += 1
                        _sift_up(heap_v, heap_i, n)
    return taken, level


@njit(cache=True)
def _ring(picture: F4, x0: int, y0: int, x1: int, y1: int, cut: float, width: int) -> tuple[float, float]:
    """Mean and spread of the pixels around a box that are not above `cut`."""
    rows, cols = picture.shape
    n, s, s2 = 0, 0.0, 0.0
    for y in range(max(0, y0 - width), min(rows, y1 + width + 1)):
        for x in range(max(0, x0 - width), min(cols, x1 + width + 1)):
            if y0 - 1 <= y <= y1 + 1 and x0 - 1 <= x <= x1 + 1:
                continue
            v = picture[y, x]
            n += 1
            s += v
            s2 += v * v
    if n < 8:
        return cut, 1e6
    mean = s / n
    return mean, np.sqrt(max(s2 / n - mean * mean, 0.0))


@njit(cache=True)
def measure_peaks(
    picture: F4,
    starts: NDArray[np.int32],
    max_area: int,
    share: NDArray[np.float64],
    ring_px: int,
    stamp: NDArray[np.int32],
    out: NDArray[np.float64],
) -> None:
    """Fill one row of `out` per peak, columns CX to GROWTH.

    picture: (rows, cols) counts; starts: (N,) flat indices of the peaks; max_area in pixels;
    share: (N,) how far below the peak, as a share of the prominence, the outline is drawn;
    stamp: (rows * cols,) scratch, zeros on entry; out: (N, COLUMNS) float64.
    """
    rows, cols = picture.shape
    flat = picture.ravel()
    cap = max_area * 9 + 64
    heap_v, heap_i = np.empty(cap, np.float32), np.empty(cap, np.int32)
    order, levels = np.empty(max_area + 1, np.int32), np.empty(max_area + 1, np.float32)
    for k in range(starts.shape[0]):
        taken, saddle = _flood(picture, starts[k], max_area, stamp, k + 1, heap_v, heap_i, order, levels)
        peak = flat[starts[k]]
        level = peak - share[k] * (peak - saddle)
        half = 0.5 * (peak + level)
        deeper = level - DEEPER * (peak - saddle)
        x0, y0, x1, y1 = cols, rows, 0, 0
        n, n_half, n_deeper, sx, sy = 0, 0, 0, 0.0, 0.0
        for t in range(taken):
            if levels[t] < deeper:
                break
            n_deeper += 1
            if levels[t] < level:
                continue
            y, x = order[t] // cols, order[t] % cols
            n += 1
            n_half += levels[t] >= half
            sx += x
            sy += y
            x0, x1, y0, y1 = min(x0, x), max(x1, x), min(y0, y), max(y1, y)
        mean, spread = _ring(picture, x0, y0, x1, y1, level, ring_px)
        out[k, 0], out[k, 1] = sx / max(n, 1), sy / max(n, 1)
        out[k, 2], out[k, 3], out[k, 4], out[k, 5] = x0, y0, x1 - x0 + 1, y1 - y0 + 1
        out[k, 6], out[k, 7], out[k, 8], out[k, 9] = n, peak - saddle, mean, spread
        out[k, 10], out[k, 11], out[k, 12], out[k, 13] = peak, level, n_half / max(n, 1), n_deeper / max(n, 1)
