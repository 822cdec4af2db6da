"""How much of a picture does the background explain, once the camera's level, gain, shake and focus are fitted?

Theory.  Two pictures of one scene differ by more than noise: level and gain step, a hundredth of a pixel of
shift is left over, interpolation and air blur edges a little more or less.  To first order each of these adds
a multiple of the background, of its gradient or of its curvature, so a few coefficients fitted over the whole
picture take all of them out.  They are fitted to differences of pixels a few pixels apart: between those a cloud is
the same, while over the whole picture it looks like a gain of several per cent.  What then still drifts over whole
regions (clouds, ground that warms) is taken out by the medians of blocks wider than subjects.

Rules: pixels that differ far more than most (subjects) are left out of the fit; the fit is used only where
the scene has texture to decide it.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]

TERMS = 6  # gain, level, x gradient, y gradient, x curvature, y curvature
DIFFERENCES = 20_000  # that the fit looks at, about, on an even grid
APART_PX = 8  # the two pixels of a difference: nearer, noise of the background itself tells; farther, clouds
BLOCK_PX = 24  # wider than a distant subject, narrower than a cloud
BETWEEN = 6  # the cubic runs on every sixth pixel, straight lines between
BLOCK_STEP = 4  # a block's median is taken of every fourth row and column
POOL = 4  # wide means are made at this fraction of the resolution: they are smooth anyway
LEAST_BLOCKS = 3  # fewer per side: the picture is too small for a drift of its own
GAIN_RANGE = (0.8, 1.25)
LEAST_VARIANCE = 4.0  # counts^2 of texture below which only the level is fitted
MAD_TO_SPREAD = 1.4826
RIDGE = 1e-4  # keeps terms that the scene does not show at zero


@njit(cache=True)
def _terms(moved: F4, y: int, x: int, sign: float, out: F8) -> None:
    """Add to `out` (TERMS,) what each term is at a pixel, times a sign; the level is not among them."""
    here = moved[y, x]
    out[0] += sign * here
    out[2] += sign * 0.5 * (moved[y, x + 1] - moved[y, x - 1])
    out[3] += sign * 0.5 * (moved[y + 1, x] - moved[y - 1, x])
    out[4] += sign * (moved[y, x + 1] - 2.0 * here + moved[y, x - 1])
    out[5] += sign * (moved[y + 1, x] - 2.0 * here + moved[y - 1, x])


@njit(cache=True)
def _sums(moved: F4, picture: F4, step: int, apart: int, cut: float) -> tuple[F8, F8, int]:
    """Normal equations of picture - moved = sum of coefficient * term, for differences of pixels on a grid, one
    to the right and the next one downward.
    """
    rows, cols = moved.shape
    left, right = np.zeros((TERMS, TERMS)), np.zeros(TERMS)
    term = np.empty(TERMS)
    n = 0
    for y in range(2, rows - 2 - apart, step):
        for x in range(2, cols - 2 - apart, step):
            aside = (x + y) // step % 2
            v, u = y + apart * (1 - aside), x + apart * aside
            d = (picture[y, x] - moved[y, x]) - (picture[v, u] - moved[v, u])
            if abs(d) > cut:
                continue
            term[:] = 0.0
            _terms(moved, y, x, 1.0, term)
            _terms(moved, v, u, -1.0, term)
            for i in range(TERMS):
                right[i] += term[i] * d
                for j in range(i + 1):
                    left[i, j] += term[i] * term[j]
            n += 1
    for i in range(TERMS):
        for j in range(i):
            left[j, i] = left[i, j]
    return left, right, n


def fit(moved: F4, picture: F4) -> F8:
    """Return (TERMS,) coefficients c with picture ~ moved + c . (moved, 1, gradients, curvatures).

    moved, picture: (rows, cols) counts, the background brought to where the picture's scene is.
    """
    d = picture[2::6, 2::6] - moved[2::6, 2::6]
    found = np.zeros(TERMS)
    across = np.abs(picture[2::6, 2:-APART_PX:6] - moved[2::6, 2:-APART_PX:6]
                    - picture[2::6, 2 + APART_PX :: 6] + moved[2::6, 2 + APART_PX :: 6])  # fmt: skip
    cut = 4.0 * MAD_TO_SPREAD * float(np.median(across)) + 1e-3
    step = max(round(math.sqrt(moved.size / DIFFERENCES)), 1)
    left, right, n = _sums(moved, picture, step, APART_PX, cut)
    # A difference of two pixels has twice the variance of one.
    if n >= 50 * TERMS and left[0, 0] / n >= 2.0 * LEAST_VARIANCE:
        # The terms are brought to one scale, so that one small ridge serves all of them; the level has no difference.
        scale = np.sqrt(np.maximum(np.diag(left), 1e-12))
        scale[1] = 1.0
        system = left / np.outer(scale, scale) + RIDGE * np.eye(TERMS)
        slopes = np.asarray(np.linalg.solve(system, right / scale) / scale)
        if GAIN_RANGE[0] <= 1.0 + slopes[0] <= GAIN_RANGE[1] and bool(np.all(np.isfinite(slopes))):
            found = slopes
    found[1] = float(np.median(d - found[0] * moved[2::6, 2::6]))
    return found


@njit(cache=True, fastmath=True)
def take_out(picture: F4, moved: F4, coefficients: F8, out: F4) -> None:
    """Fill `out` (rows, cols) with what the background does not explain, counts."""
    rows, cols = picture.shape
    gain, level = np.float32(1.0 + coefficients[0]), np.float32(coefficients[1])
    gx, gy = np.float32(0.5 * coefficients[2]), np.float32(0.5 * coefficients[3])
    cx, cy = np.float32(coefficients[4]), np.float32(coefficients[5])
    here = gain - np.float32(2.0) * (cx + cy)
    for y in range(rows):
        above, below = max(y - 1, 0), min(y + 1, rows - 1)
        out[y, 0] = picture[y, 0] - gain * moved[y, 0] - level
        out[y, cols - 1] = picture[y, cols - 1] - gain * moved[y, cols - 1] - level
        for x in range(1, cols - 1):
            expected = here * moved[y, x] + level
            expected += (cx + gx) * moved[y, x + 1] + (cx - gx) * moved[y, x - 1]
            expected += (cy + gy) * moved[below, x] + (cy - gy) * moved[above, x]
            out[y, x] = picture[y, x] - expected


def regional_drift(counts: F4) -> F4 | None:
    """Return (rows, cols) what has drifted over whole regions, counts; None in a picture of few blocks.

    Medians of blocks, interpolated: a subject that fills less than half a block does not show.
    """
    rows, cols = counts.shape[0] // BLOCK_PX, counts.shape[1] // BLOCK_PX
    if min(rows, cols) < LEAST_BLOCKS:
        return None
    sparse = counts[: rows * BLOCK_PX : BLOCK_STEP, : cols * BLOCK_PX : BLOCK_STEP]
    side = BLOCK_PX // BLOCK_STEP
    blocks = sparse.reshape(rows, side, cols, side).transpose(0, 2, 1, 3).reshape(rows, cols, side * side)
    middle = np.partition(blocks, side * side // 2, axis=2)[:, :, side * side // 2]
    return _interpolated(np.ascontiguousarray(middle), counts.shape)


def wide_mean(array: F4, width_px: int) -> F4:
    """Return (rows, cols) the mean over a square of about this width, made at a quarter of the resolution."""
    return at_full_size(wide_pooled(pooled_mean(array), width_px), array.shape)


def pooled_mean(array: F4) -> F4:
    """Return a picture at a quarter of the resolution."""
    size = (max(array.shape[1] // POOL, 1), max(array.shape[0] // POOL, 1))
    return np.asarray(cv2.resize(array, size, interpolation=cv2.INTER_AREA), np.float32)


def wide_pooled(pooled: F4, width_px: int) -> F4:
    """Return the mean over a square of about this width of a picture at a quarter of the resolution."""
    side = max(round(width_px / POOL), 1)
    return np.asarray(cv2.blur(pooled, (side, side)), np.float32)


def at_full_size(pooled: F4, shape: tuple[int, ...]) -> F4:
    """Return (rows, cols) a smooth map at a quarter of the resolution brought back to this shape."""
    return np.asarray(cv2.resize(pooled, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR), np.float32)


def _interpolated(blocks: F4, shape: tuple[int, ...]) -> F4:
    """Return block values as a smooth (rows, cols) map: block centres lie at (k + 0.5) * BLOCK_PX - 0.5."""
    side = BLOCK_PX // BETWEEN
    matrix = np.array([[side, 0.0, 0.5 * side - 0.5], [0.0, side, 0.5 * side - 0.5]])
    size = (-(-shape[1] // BETWEEN), -(-shape[0] // BETWEEN))
    smooth = cv2.warpAffine(blocks, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    whole = (size[0] * BETWEEN, size[1] * BETWEEN)
    full = np.asarray(cv2.resize(smooth, whole, interpolation=cv2.INTER_LINEAR), np.float32)
    return np.ascontiguousarray(full[: shape[0], : shape[1]])
