"""From whitened differences to peaks: a matched filter, its own noise measured on the picture itself.

Theory.  A distant subject is a blurred point; the best linear detector for it in white noise is its own
shape (North 1943).  The filter's output is divided by its exact gain for white noise, then by what the
picture really shows: the median spread over the whole picture (compressed video is nearly silent in one
picture and restless in the next) and the local energy around each pixel (leaves, water, clouds).

Limits: the local energy includes the subject's own; a subject of 20 px loses about a third of its score.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

from watchline.vision import explained

F4 = NDArray[np.float32]

POINT_SIGMA_PX = 0.9  # a person at range through the optics: 0.8 px blur and a body of a pixel
KEEP = 0.6  # about three pictures: a pixel of motion at 0.35 px a picture
NEIGHBOURHOOD_PX = 31  # side of the square whose energy counts as local clutter
DRIFT_PX = 25  # side of the square over which drift is taken out: wider than a subject
DRIFT_CLIP = 3.0
CLOSE_PX = 12  # side of the square that a subject too weak for one picture is judged against
ENERGY_CLIP = 4.0
MAD_TO_SPREAD = 1.4826
# Gain of the filter for white noise: root of the sum of squared taps, 1 / (2 sigma sqrt(pi)).
WHITE_GAIN = 1.0 / (2.0 * POINT_SIGMA_PX * math.sqrt(math.pi))


def matched(white: F4) -> F4:
    """Return (rows, cols) the matched filter's output in spreads of the picture's own noise.

    white: (rows, cols) whitened difference, spread about 1.
    """
    filtered = cv2.GaussianBlur(white, (7, 7), POINT_SIGMA_PX)
    spread = MAD_TO_SPREAD * float(np.median(np.abs(filtered[1::5, 1::5])))
    return np.asarray(filtered * np.float32(1.0 / max(spread, 0.5 * WHITE_GAIN)), np.float32)


def level_drift(white: F4) -> F4:
    """Return the whitened difference without what is common to a whole neighbourhood.

    Ground that warms, a lens that heats and a cloud's shade drift over regions; subjects are smaller.
    """
    pooled = _pooled(white, DRIFT_CLIP, squared=False)
    return np.asarray(
        cv2.subtract(white, explained.at_full_size(explained.wide_pooled(pooled, DRIFT_PX), white.shape)), np.float32
    )


def level_surroundings(filtered: F4) -> F4:
    """Return the filter's output without the mean of its close surroundings.

    What clouds leave behind is smooth and the same for many pictures, so sums along walks add it up as they do a
    subject; it is wider than a subject that needs such sums.
    """
    return np.asarray(cv2.subtract(filtered, explained.wide_mean(filtered, CLOSE_PX)), np.float32)


def add_up(sum_white: F4, white: F4) -> None:
    """Take a picture into the short sum, in place: older pictures count KEEP, KEEP^2, ...

    A distant walker stays within the filter for a few pictures, so their noise averages out.
    """
    cv2.addWeighted(sum_white, KEEP, white, math.sqrt(1.0 - KEEP * KEEP), 0.0, dst=sum_white)


@njit(cache=True)
def stronger(a: F4, b: F4) -> F4:
    """Return, pixel by pixel, whichever of two maps is farther from zero."""
    out = np.empty_like(a)
    rows, cols = a.shape
    for y in range(rows):
        for x in range(cols):
            out[y, x] = a[y, x] if abs(a[y, x]) >= abs(b[y, x]) else b[y, x]
    return out


def level_clutter(filtered: F4) -> F4:
    """Return the filter's output divided by the root of its own mean energy around each pixel."""
    local = explained.wide_pooled(_pooled(filtered, ENERGY_CLIP, squared=True), NEIGHBOURHOOD_PX)
    share = np.asarray(1.0 / np.sqrt(np.maximum(local, np.float32(1.0))), np.float32)
    return np.asarray(cv2.multiply(filtered, explained.at_full_size(share, filtered.shape)), np.float32)


@njit(cache=True, fastmath=True)
def _pooled(values: F4, clip: float, *, squared: bool) -> F4:
    """Return the means of 4 x 4 pixels of the clipped values or of their squares, at a quarter of the resolution."""
    side = explained.POOL
    rows, cols = max(values.shape[0] // side, 1), max(values.shape[1] // side, 1)
    limit, share = np.float32(clip), np.float32(1.0 / (side * side))
    out = np.zeros((rows, cols), np.float32)
    for y in range(rows * side):
        line = out[y // side]
        for x in range(cols):
            total = np.float32(0.0)
            for u in range(side * x, side * x + side):
                v = min(max(values[y, u], -limit), limit)
                total += v * v if squared else v
            line[x] += share * total
    return out


@njit(cache=True)
def peaks_above(values: F4, least: float, most: int) -> tuple[NDArray[np.int32], F4]:
    """Return flat indices and heights of the 3 x 3 local maxima above `least`, in reading order.

    At most `most` of them are returned; of equal neighbours the first in reading order is the peak.
    """
    rows, cols = values.shape
    index, height = np.empty(most, np.int32), np.empty(most, np.float32)
    lowest = np.float32(least)
    n = 0
    for y in range(1, rows - 1):
        above, row, below = values[y - 1], values[y], values[y + 1]
        for x in range(1, cols - 1):
            v = row[x]
            if v <= lowest:
                continue
            if v <= above[x - 1] or v <= above[x] or v <= above[x + 1] or v <= row[x - 1] or v < row[x + 1]:
                continue
            if v < below[x - 1] or v < below[x] or v < below[x + 1]:
                continue
            if n < most:
                index[n], height[n] = y * cols + x, v
                n += 1
    return index[:n], height[:n]
