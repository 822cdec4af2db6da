"""Track before detect: add pictures up along straight walks, so that a subject too weak for one picture shows.

Theory.  For each of a few dozen velocities v the whitened, matched residual z is added along v with
exponential forgetting: B_v(p, t) = KEEP * B_v(p - v, t - 1) + z(p, t).  A subject that walks with about that
velocity adds up coherently over 1 / (1 - KEEP) pictures, noise by its root: at SNR 2 a picture gives a peak of
3 spreads, the bank 9.  The bank holds B_v in coordinates that move with v, so nothing is copied: only the
addresses move, by whole cells (shift-and-add, Mohanty 1981; velocity filter banks, Barniv 1985).
The output is the largest |B_v| over the velocities, each over its own measured spread, and it is read at its
peak: the outline of a sum has a wake, its peak has not.

Rules: pictures above `FINE_PIXELS` are added up on every second pixel of the matched residual (its blur is wider
than that), so time and memory are bounded.  What stands still is not wanted here: `still` holds the same sum for
v = 0, and a peak must beat it.
Limits: velocities up to `FASTEST_PX` a picture; a subject that turns starts anew, about ten pictures.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

from watchline.vision import residual

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]
I8 = NDArray[np.int64]

KEEP = 0.9  # ten pictures: a walker's straight stretch at 9 Hz is longer, a gust is shorter
FASTEST_PX = 0.8  # 1.4 m/s at 9 Hz is 0.45 px at a kilometre through 35 mm, and double that at 500 m
STEP_PX = 0.3  # between velocities: half of it over ten pictures is one pixel, the width of the filter
FINE_PIXELS = 100_000  # pictures up to this size are added up pixel by pixel
# A walk must add up to more than standing still does right there, and to half of it some pixels away: what stands
# is smeared by every velocity, up to as far as the sums remember.
LEAD, NEAR_CELLS = np.float32(1.1), 5
WIDE_LEAD, WIDE_CELLS = np.float32(0.5), 15
MOST_Z = np.float32(4.5)  # no single picture decides
SPREAD_MEMORY = 0.05
MAD_TO_SPREAD = 1.4826


@dataclass(slots=True)
class Bank:
    """The sums; changed in place.

    cell_px: 1 or 2; velocity (V, 2) cells per picture, row 0 is standing still; sums (V, rows, cols) in
    moving coordinates; offset (V, 2) where those are now, cells; spread (V,) measured; pictures: how many went in.
    """

    cell_px: int
    velocity: F8
    sums: F4
    offset: F8
    spread: F8
    pictures: int = 0


def velocities(fastest: float, step: float) -> F8:
    """Return (V, 2) velocities x, y on a triangular grid in a disc, standing still first."""
    reach = math.ceil(fastest / step) + 1
    found = [(0.0, 0.0)]
    for j in range(-reach, reach + 1):
        for i in range(-2 * reach, 2 * reach + 1):
            x, y = (i + 0.5 * (j % 2)) * step, j * step * math.sqrt(0.75)
            if 0.0 < x * x + y * y <= fastest * fastest * 1.0001:
                found.append((x, y))
    return np.array(found)


def empty(shape: tuple[int, ...]) -> Bank:
    """Return the bank of a view of this many rows and columns."""
    cell = 1 if shape[0] * shape[1] <= FINE_PIXELS else 2
    v = velocities(FASTEST_PX, STEP_PX) / cell
    rows, cols = -(-shape[0] // cell), -(-shape[1] // cell)
    return Bank(cell, v, np.zeros((len(v), rows, cols), np.float32), np.zeros((len(v), 2)), np.ones(len(v)))


def add(bank: Bank, z: F4) -> F4:
    """Take a picture into the sums.

    z: (rows, cols) matched residual in spreads.  Returns per cell the largest sum of the moving velocities in
    spreads, with its sign.
    """
    cells = np.clip(z[:: bank.cell_px, :: bank.cell_px], -MOST_Z, MOST_Z)
    before = np.round(bank.offset).astype(np.int64)
    bank.offset += bank.velocity
    now = np.round(bank.offset).astype(np.int64)
    rows, cols = cells.shape
    best = np.zeros(cells.shape, np.float32)
    weight = (1.0 / bank.spread).astype(np.float32)
    for v in range(len(bank.velocity)):
        _clear_entered(bank.sums[v], before[v], now[v])
    still = np.empty_like(best)
    _add(bank.sums, cells, now % np.array([cols, rows]), weight, np.float32(KEEP), best, still)
    near = LEAD * cv2.dilate(still, np.ones((NEAR_CELLS, NEAR_CELLS), np.uint8))
    wide = WIDE_LEAD * cv2.dilate(still, np.ones((WIDE_CELLS, WIDE_CELLS), np.uint8))
    _silence_what_stands(best, np.asarray(np.maximum(near, wide), np.float32))
    wrapped = np.abs(bank.offset) > 1e6
    bank.offset[wrapped] = np.fmod(bank.offset[wrapped], cols * rows)
    bank.pictures += 1
    _measure_spread(bank)
    return best


def forget(bank: Bank) -> None:
    """Start the sums anew: the view has changed."""
    bank.sums[:] = 0.0
    bank.offset[:] = 0.0
    bank.pictures = 0


def move(bank: Bank, dx_px: float, dy_px: float) -> None:
    """Let the sums follow the view by whole pixels."""
    before = np.round(bank.offset).astype(np.int64)
    bank.offset += np.array([dx_px, dy_px]) / bank.cell_px
    now = np.round(bank.offset).astype(np.int64)
    for v in range(len(bank.velocity)):
        _clear_entered(bank.sums[v], before[v], now[v])


def _measure_spread(bank: Bank) -> None:
    """Bring each velocity's spread up to date from a sparse sample of its sums.

    Noise that repeats in place makes slow sums wide and fast ones narrow: each is judged by its own.
    """
    sample = np.abs(bank.sums[:, 3::11, 5::13]).reshape(len(bank.spread), -1)
    half = sample.shape[1] // 2
    measured = MAD_TO_SPREAD * np.partition(sample, half, axis=1)[:, half].astype(np.float64)
    white = math.sqrt((1.0 - KEEP ** (2 * bank.pictures)) / (1.0 - KEEP * KEEP))
    share = max(SPREAD_MEMORY, 1.0 / bank.pictures)
    ratio = bank.spread / white if bank.pictures > 1 else np.ones_like(measured)
    bank.spread[:] = np.maximum(ratio + share * (measured / white - ratio), 0.5) * white


def _clear_entered(sums: F4, before: I8, now: I8) -> None:
    """Zero what enters the picture on one side: it is what has left on the other."""
    rows, cols = sums.shape
    for axis, size in ((0, cols), (1, rows)):
        steps = int(now[axis] - before[axis])
        for k in range(min(abs(steps), size)):
            # Picture coordinate 0 (moving right) or size - 1 (moving left) is the one that enters.
            at = (-int(before[axis]) - 1 - k) % size if steps > 0 else (size - int(before[axis]) + k) % size
            if axis == 0:
                sums[:, at] = 0.0
            else:
                sums[at, :] = 0.0


@njit(cache=True, fastmath=True)
def _add_run(row: F4, z: F4, weight: np.float32, keep: np.float32, best: F4) -> None:
    """One velocity's stretch of one picture row; plain selects, so that the compiler makes it wide."""
    for x in range(z.shape[0]):
        s = keep * row[x] + z[x]
        row[x] = s
        h = s * weight
        best[x] = h if abs(h) > abs(best[x]) else best[x]


@njit(cache=True, fastmath=True)
def _add(sums: F4, cells: F4, offset: I8, weight: F4, keep: np.float32, best: F4, still: F4) -> None:
    count, rows, cols = sums.shape
    for y in range(rows):
        z = cells[y]
        for x in range(cols):
            sums[0, y, x] = keep * sums[0, y, x] + z[x]
            still[y, x] = abs(sums[0, y, x]) * weight[1]
        for v in range(1, count):
            row, start = sums[v, (y - offset[v, 1]) % rows], offset[v, 0]
            # Picture columns start .. cols-1 hold the row's cells 0 ..; columns 0 .. start-1 hold the rest.
            rest = cols - start
            _add_run(row[:rest], z[start:], weight[v], keep, best[y, start:])
            _add_run(row[rest:], z[:start], weight[v], keep, best[y, :start])


@njit(cache=True)
def _silence_what_stands(best: F4, still: F4) -> None:
    rows, cols = best.shape
    for y in range(rows):
        for x in range(cols):
            if abs(best[y, x]) < still[y, x]:
                best[y, x] = 0.0


def peaks(best: F4, least: float, most: int) -> tuple[NDArray[np.int32], F4]:
    """Return flat cell indices and heights of the peaks of |best|: larger than everything within two cells."""
    size = np.abs(best)
    index, height = residual.peaks_above(size, least, most)
    high = cv2.dilate(size, np.ones((5, 5), np.uint8)).ravel()[index]
    keep = height >= high
    return index[keep], height[keep]


def positions_px(bank: Bank, best: F4, index: NDArray[np.int32]) -> F8:
    """Return (N, 2) x, y of peaks, between cells by a parabola through the neighbours."""
    size = np.abs(best)
    rows, cols = size.shape
    y, x = np.clip(index // cols, 1, rows - 2), np.clip(index % cols, 1, cols - 2)
    here = size[y, x]
    dx = _vertex(size[y, x - 1], here, size[y, x + 1])
    dy = _vertex(size[y - 1, x], here, size[y + 1, x])
    return np.stack([(x + dx) * bank.cell_px, (y + dy) * bank.cell_px], axis=1).astype(np.float64)


def _vertex(before: F4, here: F4, after: F4) -> F4:
    curve = np.maximum(2.0 * here - before - after, 1e-3)
    return np.asarray(np.clip(0.5 * (after - before) / curve, -0.5, 0.5), np.float32)
