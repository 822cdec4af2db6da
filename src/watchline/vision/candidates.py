"""One list of candidates from two detectors: what changed, and what stands out of this picture.

A subject seen by both is one candidate with both scores; the surer of the two says where
it is.  A change where the background stood out and the picture does not may be the hole
that a departed subject left; it may as well be a subject before a dark stone, so only time tells (`hole`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from watchline.vision import flood, residual, threshold
from watchline.vision.confirmation import Sightings
from watchline.vision.small_target import SpotTable

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]

LEAST_SCORE = -1.2  # a little below one candidate in ten per picture, so that --all has its ten
LEAST_HEIGHT = 2.0  # spreads; peaks below are not even counted
MOST_PEAKS, MOST_SPOTS, MOST_COUNTED = 40, 30, 8192
MOST_WALKS = 30
WALK_BOX_PX = 5.0  # box of a subject that only its walk shows
NOT_SEEN = -3.0  # score of a detector that saw nothing there
HOLE_SHARE = 0.5  # contrast now over contrast of the background, below which a change is a hole


@dataclass(frozen=True, slots=True)
class Found:
    """Candidates of one picture: `seen` for tracking; `snr` (N,) their height in spreads."""

    seen: Sightings
    snr: F8


def moving_peaks(level: F4) -> tuple[NDArray[np.int32], F4]:
    """Return flat indices and heights of all counted peaks of |residual|."""
    return residual.peaks_above(np.abs(level), LEAST_HEIGHT, MOST_COUNTED)


@dataclass(frozen=True, slots=True)
class Walks:
    """Peaks of the sums along walks: x, y (N, 2), sign (N,), score (N,) as of `threshold`."""

    xy_px: F8
    sign: F8
    score: F8


NO_WALKS = Walks(np.zeros((0, 2)), np.zeros(0), np.zeros(0))


def gather(
    picture: F4, ground_mean: F4 | None, level: F4 | None, tail: threshold.Tail, spots: SpotTable,
    max_area_px: int, peaks: tuple[NDArray[np.int32], F4] | None, walks: Walks = NO_WALKS,
) -> Found:  # fmt: skip
    """Return the candidates of a picture.

    picture, ground_mean, level: (rows, cols): counts, background, clutter-levelled residual (None when
    the background is not known); peaks: of |level|, from `moving_peaks`; spots: the single-picture candidates.
    """
    spots = spots.take(np.flatnonzero(spots.score > LEAST_SCORE)[:MOST_SPOTS])
    rows = np.zeros((0, 11))
    if level is not None and ground_mean is not None and peaks is not None:
        rows = _changed_regions(level, tail, max_area_px, peaks)
        rows[:, 9] = _is_hole(picture, ground_mean, rows)
    rows = _join(rows, spots, level, tail)
    rows = _join_walks(rows, walks)
    x, y, sign, moving, still, hole, walk = rows[:, [0, 1, 6, 7, 8, 9, 10]].T
    seen = Sightings(x, y, rows[:, 2:6], sign, moving, still, hole, walk)
    return Found(seen, _height(level, rows))


def _changed_regions(level: F4, tail: threshold.Tail, max_area_px: int, peaks: tuple[NDArray[np.int32], F4]) -> F8:
    """Rows x, y, box (4), sign, moving, still score, hole (0), walk score of the changed regions, highest first."""
    index, height = peaks
    score = threshold.score(tail, height.astype(np.float64))
    keep = np.flatnonzero(score > LEAST_SCORE)
    keep = keep[np.argsort(-height[keep], kind="stable")][:MOST_PEAKS]
    table = np.zeros((keep.size, flood.COLUMNS))
    size = np.abs(level)
    share = np.full(keep.size, 0.5)
    flood.measure_peaks(size, index[keep], max_area_px, share, 4, np.zeros(level.size, np.int32), table)
    sign = np.sign(level.ravel()[index[keep]]).astype(np.float64)
    still = np.full(keep.size, NOT_SEEN)
    rows = np.column_stack([table[:, : flood.BOX_H + 1], sign, score[keep], still, np.zeros(keep.size), still])
    return rows[_outside_earlier(rows)]


@njit(cache=True)
def _outside_earlier(rows: F8) -> NDArray[np.bool_]:
    """True for rows whose centre is in no box of an earlier row that is kept."""
    n = rows.shape[0]
    keep = np.ones(n, np.bool_)
    for k in range(n):
        for j in range(k):
            if not keep[j]:
                continue
            in_x = rows[j, 2] - 1.0 <= rows[k, 0] <= rows[j, 2] + rows[j, 4]
            in_y = rows[j, 3] - 1.0 <= rows[k, 1] <= rows[j, 3] + rows[j, 5]
            if in_x and in_y:
                keep[k] = False
                break
    return keep


@njit(cache=True)
def _contrast(picture: F4, x: int, y: int, w: int, h: int) -> float:
    """Mean inside a box minus mean of the 3 px around it."""
    rows, cols = picture.shape
    inside, around, n_in, n_around = 0.0, 0.0, 0, 0
    for v in range(max(y - 3, 0), min(y + h + 3, rows)):
        for u in range(max(x - 3, 0), min(x + w + 3, cols)):
            if x <= u < x + w and y <= v < y + h:
                inside += picture[v, u]
                n_in += 1
            else:
                around += picture[v, u]
                n_around += 1
    return inside / max(n_in, 1) - around / max(n_around, 1)


@njit(cache=True)
def _is_hole(picture: F4, ground_mean: F4, rows: F8) -> NDArray[np.bool_]:
    hole = np.zeros(rows.shape[0], np.bool_)
    for k in range(rows.shape[0]):
        x, y, w, h = int(rows[k, 2]), int(rows[k, 3]), int(rows[k, 4]), int(rows[k, 5])
        now = _contrast(picture, x, y, w, h)
        before = _contrast(ground_mean, x, y, w, h)
        hole[k] = abs(now) < HOLE_SHARE * abs(before)
    return hole


def _join(rows: F8, spots: SpotTable, level: F4 | None, tail: threshold.Tail) -> F8:
    """Add the spots: to the changed region they belong to, or as rows of their own."""
    own = np.zeros((len(spots), 11))
    own[:, 0], own[:, 1], own[:, 2:6] = spots.x_px, spots.y_px, spots.bbox_px
    own[:, 6], own[:, 8] = spots.sign, spots.score
    own[:, 7] = own[:, 10] = NOT_SEEN
    if level is not None:
        height = level[spots.peak_px[:, 1], spots.peak_px[:, 0]].astype(np.float64) * spots.sign
        own[:, 7] = np.maximum(threshold.score(tail, height), NOT_SEEN)
    joined, alone = _merge(rows.copy(), own)
    return np.concatenate([joined, own[alone]])


@njit(cache=True)
def _merge(rows: F8, own: F8) -> tuple[F8, NDArray[np.bool_]]:
    alone = np.ones(own.shape[0], np.bool_)
    for j in range(own.shape[0]):
        best = -1
        for k in range(rows.shape[0]):
            if rows[k, 6] != own[j, 6]:
                continue
            near = _within(rows[k], own[j], 2.0) or _within(own[j], rows[k], 1.0)
            if near and (best < 0 or rows[k, 7] > rows[best, 7]):
                best = k
        if best >= 0:
            alone[j] = False
            if own[j, 8] > rows[best, 8]:
                if own[j, 8] > rows[best, 7]:  # whoever is surer says where it is
                    rows[best, 0:6] = own[j, 0:6]
                rows[best, 8] = own[j, 8]
                rows[best, 9] = 0.0
    return rows, alone


@njit(cache=True)
def _within(a: F8, b: F8, margin: float) -> bool:
    """Is the centre of `a` in the box of `b` grown by a margin?"""
    in_x = b[2] - margin <= a[0] <= b[2] + b[4] - 1.0 + margin
    in_y = b[3] - margin <= a[1] <= b[3] + b[5] - 1.0 + margin
    return bool(in_x and in_y)


def _join_walks(rows: F8, walks: Walks) -> F8:
    """Add the walks: to the candidate they belong to, or as rows of their own."""
    own = np.zeros((len(walks.score), 11))
    half = 0.5 * (WALK_BOX_PX - 1.0)
    own[:, 0:2], own[:, 2:4], own[:, 4:6] = walks.xy_px, walks.xy_px - half, WALK_BOX_PX
    own[:, 6], own[:, 7], own[:, 8], own[:, 10] = walks.sign, NOT_SEEN, NOT_SEEN, walks.score
    alone = _lend_walks(rows, own)
    return np.concatenate([rows, own[alone]])


@njit(cache=True)
def _lend_walks(rows: F8, own: F8) -> NDArray[np.bool_]:
    """Give each walk's score to the nearest candidate it belongs to; True for those that stay alone."""
    alone = np.ones(own.shape[0], np.bool_)
    for j in range(own.shape[0]):
        best, nearest = -1, 1e9
        for k in range(rows.shape[0]):
            if not (_within(own[j], rows[k], 1.5) or _within(rows[k], own[j], 0.0)):
                continue
            far = (rows[k, 0] - own[j, 0]) ** 2 + (rows[k, 1] - own[j, 1]) ** 2
            if far < nearest:
                best, nearest = k, far
        if best >= 0:
            alone[j] = False
            rows[best, 10] = max(rows[best, 10], own[j, 10])
    return alone


def _height(level: F4 | None, rows: F8) -> F8:
    if level is None:
        return np.full(rows.shape[0], np.nan)
    x = np.clip(np.round(rows[:, 0]).astype(np.int64), 0, level.shape[1] - 1)
    y = np.clip(np.round(rows[:, 1]).astype(np.int64), 0, level.shape[0] - 1)
    return np.abs(level[y, x]).astype(np.float64)
