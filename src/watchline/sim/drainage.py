"""Where water runs on made-up ground: a priority flood, catchments and channels.

Source: Barnes, Lehman & Mulla 2014, "Priority-flood": cells are taken from the outlets upwards, lowest first;
the cell from which a neighbour was reached is the one it drains to.
"""

from __future__ import annotations

import heapq

import numba
import numpy as np
from numpy.typing import NDArray

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
U1 = NDArray[np.uint8]


def channels(height: F4, sink_row: I8, sizes_cells: F8, factor: int, key: int) -> tuple[F4, U1]:
    """Return the filled heights (rows, cols) and a mask of channels on a grid `factor` times finer.

    sink_row (cols,): the river's row, into which everything drains.
    sizes_cells (K,): least catchment of each channel size; the mask holds 0 for none, 1..K for the sizes.
    """
    filled, receiver, order = _flood(height, np.asarray(sink_row, np.int64), key)
    area = _catchment(receiver, order)
    mask = _draw(receiver, area, np.asarray(sizes_cells, float), factor, key, height.shape[1])
    return filled, mask


@numba.njit(cache=True)
def _jitter(cell: int, key: int, axis: int) -> float:
    x = np.uint64(cell * 3 + axis) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(key)
    x ^= x >> np.uint64(31)
    x *= np.uint64(0xBF58476D1CE4E5B9)
    x ^= x >> np.uint64(29)
    return float(x >> np.uint64(11)) / 9007199254740992.0 - 0.5


@numba.njit(cache=True)
def _flood(height: F4, sink_row: I8, key: int) -> tuple[F4, I8, I8]:
    rows, cols = height.shape
    n = rows * cols
    filled = height.copy()
    receiver = np.full(n, -1, np.int64)
    order = np.empty(n, np.int64)
    seen = np.zeros(n, np.uint8)
    heap = [(np.float32(0.0), np.int64(0)) for _ in range(0)]
    for c in range(cols):
        cell = np.int64(sink_row[c] * cols + c)
        seen[cell] = 1
        heapq.heappush(heap, (height[sink_row[c], c], cell))
    taken = 0
    while len(heap) > 0:
        z, cell = heapq.heappop(heap)
        order[taken] = cell
        taken += 1
        r, c = cell // cols, cell % cols
        for dr in range(-1, 2):
            for dc in range(-1, 2):
                rr, cc = r + dr, c + dc
                if (dr == 0 and dc == 0) or rr < 0 or cc < 0 or rr >= rows or cc >= cols:
                    continue
                other = rr * cols + cc
                if seen[other]:
                    continue
                seen[other] = 1
                receiver[other] = cell
                # An uneven rise: over filled hollows channels wind instead of running straight.
                least = z + np.float32(0.012 + 0.022 * _jitter(other, key, 2))
                if filled[rr, cc] < least:
                    filled[rr, cc] = least
                heapq.heappush(heap, (filled[rr, cc], np.int64(other)))
    return filled, receiver, order[:taken]


@numba.njit(cache=True)
def _catchment(receiver: I8, order: I8) -> F8:
    area = np.ones(receiver.shape[0])
    for k in range(order.shape[0] - 1, -1, -1):
        cell = order[k]
        if receiver[cell] >= 0:
            area[receiver[cell]] += area[cell]
    return area


@numba.njit(cache=True)
def _draw(receiver: I8, area: F8, sizes: F8, factor: int, key: int, cols: int) -> U1:
    rows = receiver.shape[0] // cols
    mask = np.zeros((rows * factor, cols * factor), np.uint8)
    for cell in range(receiver.shape[0]):
        if area[cell] < sizes[0] or receiver[cell] < 0:
            continue
        size = 0
        for k in range(sizes.shape[0]):
            if area[cell] >= sizes[k]:
                size = k + 1
        to = receiver[cell]
        # Cells are moved about a little, the same for all that meet there: channels wind and stay joined.
        r0 = (cell // cols + 0.5 + 0.9 * _jitter(cell, key, 0)) * factor
        c0 = (cell % cols + 0.5 + 0.9 * _jitter(cell, key, 1)) * factor
        r1 = (to // cols + 0.5 + 0.9 * _jitter(to, key, 0)) * factor
        c1 = (to % cols + 0.5 + 0.9 * _jitter(to, key, 1)) * factor
        steps = 4 * factor
        for k in range(steps + 1):
            f = k / steps
            r, c = int(r0 + f * (r1 - r0)), int(c0 + f * (c1 - c0))
            if 0 <= r < rows * factor and 0 <= c < cols * factor and mask[r, c] < size:
                mask[r, c] = size
    return mask
