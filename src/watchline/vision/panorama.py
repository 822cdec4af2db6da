"""A panning head's views: which stop is this, or is the head turning?

A head that reports its preset needs none of this.  For one that does not, every view is remembered as a small
picture of its detail (a quarter of the size, slow gradients taken out), and a picture that stands still is
compared with all of them by phase correlation, so that a stop is found again although the head comes back some
pixels off and the scene has warmed.  Each stop's background is then its own (`Frame.preset` chooses it in
`detector`).

Theory.  Two pictures of one view correlate, up to their noise; once they no longer do, or their shift is more than
the head's own shake, the head turns.  How far it has turned, and to which side, is the sum of the shifts on the way;
that puts the stops in order from left to right although nobody has numbered them.

Rules: while the head turns nothing is watched, and that is said ("moving"); a view that is not known yet is no look.
Limits: a turn of more than half a picture between two pictures has no measurable side: then stops are numbered in the
order in which they were first seen, and `Where.ordered` is False.  A view without any texture is not told from
another.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

F4 = NDArray[np.float32]

SHRINK = 4
FINE_PX, COARSE_PX = 1.4, 7.0  # detail kept, in shrunken pixels
STILL_PX = 1.0  # shake of a standing head, shrunken pixels
SETTLE_PICTURES = 3  # standing still for so many pictures makes a stop
# Share of the usual picture-to-picture correlation that a standing head keeps, and that a view found again
# must reach. Views of one landscape correlate up to 0.4 by chance (design/012).
STANDS, ALIKE, SURE = 0.5, 0.7, 0.85
LEAST_CORRELATION = 0.08  # of two pictures of one view; below it the view has no texture to go by
COME_BACK_SHARE = 0.15  # of the picture by which a head may miss its stop
MOST_STOPS = 64


@dataclass(slots=True)
class Stop:
    """A remembered view.  detail: its small picture; place_px: where it lies along the sweep, shrunken pixels."""

    detail: F4
    place_px: float
    visits: int = 1


@dataclass(slots=True)
class State:
    """What is known of the sweep; changed by `step`.  at: present stop or -1; still: pictures standing in a row."""

    stops: list[Stop] = field(default_factory=list)
    at: int = -1
    still: int = 0
    last: F4 | None = None
    usual: float = 0.0
    turned_px: float = 0.0
    ordered: bool = True
    pictures: int = 0
    watched: int = 0


@dataclass(frozen=True, slots=True)
class Where:
    """stop: number from the left, or -1 while the head turns or settles; known: stops known so far; ordered: whether
    their order was measured; watched: share of pictures so far that stood at a stop."""

    stop: int
    known: int
    ordered: bool
    watched: float


def step(state: State, pixels: NDArray[Any]) -> tuple[State, Where]:
    """Take one picture; return the state (the one given, changed) and where the head looks.

    pixels: (rows, cols) any real dtype, at least 64 x 64, of one size throughout.
    """
    detail = _detail(pixels)
    state.pictures += 1
    if state.last is None or state.last.shape != detail.shape:
        state.last = detail
        return state, _where(state)
    shift_px, alike = _compare(state.last, detail)
    state.last = detail
    turning = alike < max(STANDS * state.usual, LEAST_CORRELATION) or abs(shift_px) > STILL_PX
    if turning:
        if alike >= LEAST_CORRELATION:
            state.turned_px -= shift_px  # the scene goes left when the head turns right
        else:
            state.ordered = state.ordered and state.at < 0 and len(state.stops) < 2
        state.at, state.still = -1, 0
        return state, _where(state)
    state.usual += (alike - state.usual) * (0.5 if state.usual == 0.0 else 0.05)
    state.still += 1
    if state.still >= SETTLE_PICTURES and state.at < 0:
        state.at = _recognise(state, detail)
    state.watched += state.at >= 0
    return state, _where(state)


def _where(state: State) -> Where:
    order = np.argsort([s.place_px for s in state.stops]) if state.ordered else np.arange(len(state.stops))
    number = int(np.flatnonzero(order == state.at)[0]) if state.at >= 0 else -1
    return Where(number, len(state.stops), state.ordered, state.watched / max(state.pictures, 1))


def _detail(pixels: NDArray[Any]) -> F4:
    size = (pixels.shape[1] // SHRINK, pixels.shape[0] // SHRINK)
    small = cv2.resize(np.asarray(pixels, np.float32), size, interpolation=cv2.INTER_AREA)
    detail = cv2.GaussianBlur(small, (0, 0), FINE_PX) - cv2.GaussianBlur(small, (0, 0), COARSE_PX)
    # One burning thing in view must not be the whole of it.
    spread = 1.4826 * float(np.median(np.abs(detail))) + 1e-6
    return np.asarray(np.clip(detail / spread, -4.0, 4.0), np.float32)


def _compare(a: F4, b: F4) -> tuple[float, float]:
    """Return the scene's shift to the right from a to b, and how well they correlate once it is taken out (-1..1)."""
    window = cv2.createHanningWindow(a.shape[::-1], cv2.CV_32F)
    (dx, dy), _ = cv2.phaseCorrelate(a, b, window)
    rows, cols = a.shape
    if abs(dx) > cols / 2 or abs(dy) > rows / 4:
        return float(dx), 0.0
    moved = cv2.warpAffine(a, np.array([[1, 0, dx], [0, 1, dy]], np.float32), (cols, rows), flags=cv2.INTER_LINEAR)
    x, y = math.ceil(abs(dx)), math.ceil(abs(dy))
    inside = np.s_[y : rows - y, x : cols - x]
    here, there = moved[inside], b[inside]
    norm = float(np.sqrt(np.sum(here * here) * np.sum(there * there)))
    return float(dx), float(np.sum(here * there)) / norm if norm > 0.0 else 0.0


def _recognise(state: State, detail: F4) -> int:
    """Return the stop that this view is, a new one if it is none of those known."""
    best, highest, off_px = -1, 0.0, 0.0
    for k, stop in enumerate(state.stops):
        shift_px, alike = _compare(stop.detail, detail)
        if abs(shift_px) <= COME_BACK_SHARE * detail.shape[1] and alike > highest:
            best, highest, off_px = k, alike, shift_px
    if best >= 0 and highest >= max(ALIKE * state.usual, LEAST_CORRELATION):
        stop = state.stops[best]
        stop.visits += 1
        state.turned_px = stop.place_px - off_px
        if highest >= SURE * state.usual:  # the newest visit is what the next one will look most like
            stop.detail, stop.place_px = detail.copy(), state.turned_px
        return best
    if len(state.stops) >= MOST_STOPS:
        return -1
    state.stops.append(Stop(detail.copy(), state.turned_px))
    return len(state.stops) - 1
