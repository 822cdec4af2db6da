"""The scene as it looks without subjects: a mean and a variance for every pixel.

Theory.  An exponentially forgetting mean and variance of every pixel, first as plain averages while the
scene is learned.  The difference of a picture to the mean, over the pixel's own spread, is white noise of
spread 1 where nothing happens (the spread covers camera noise, leaves in the wind and what is left of jitter
on edges).  The camera's own level and gain steps are fitted from the picture and taken out first.

Rules: pixels under a candidate are held: they learn `HOLD` times slower, so that a slow walker does not
become background.  Where a subject that was learned as background has left, the background heals quickly.
The mean follows the camera: it is moved by whole pixels when the view moves, and what comes into view is new.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

from watchline.vision import explained
from watchline.vision.registration import Shift

F4 = NDArray[np.float32]
U1 = NDArray[np.uint8]

HOLD = np.float32(0.02)  # share of the usual learning rate under a candidate
HEAL = np.float32(0.3)  # learning rate where a subject has left a hole
CLIP_SPREADS = np.float32(4.0)  # differences beyond this count as this much when the spread is learned
MOST_SPREADS = np.float32(30.0)  # a difference counts for no more than this
EDGE_ERROR_PX = 0.05  # registration error that remains (measured, registration.py)
BORDER_PX = 3  # what shakes in and out of view along the edge is not looked at
DETAIL_PX = 41  # structure wider than this does not count in registration: clouds are, stones are not
STILL_PX = 0.04  # shifts below this are not worth an interpolation
FREE, HELD, HEALING = 0, 1, 2


@dataclass(slots=True)
class Background:
    """What is known of the scene; arrays (rows, cols) float32.  Changed in place: it is large.

    mean, variance: counts, counts^2; age: pictures seen at this pixel, 0 where the view is new;
    edge: squared gradient of the mean times the squared registration error, renewed now and then;
    smooth: the mean's detail for registration, renewed with `edge`; drift: the last picture's, counts.
    """

    mean: F4
    variance: F4
    age: F4
    edge: F4
    smooth: F4
    pictures: int = 0
    typical_variance: float = 1.0
    drift: F4 | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """A picture against the background.

    white: (rows, cols) difference over its spread, regional drift taken out; counts: the difference itself;
    drift: (rows, cols) regional drift in counts, or None; gain, level: what brought the background's counts
    to the picture's.
    """

    white: F4
    counts: F4
    drift: F4 | None
    gain: float
    level: float


def start(picture: F4) -> Background:
    """Return a background that knows one picture."""
    shape = picture.shape
    ground = Background(
        mean=picture.copy(),
        variance=np.ones(shape, np.float32),
        age=np.ones(shape, np.float32),
        edge=np.zeros(shape, np.float32),
        smooth=np.zeros(shape, np.float32),
        pictures=1,
    )
    renew(ground)
    return ground


def renew(ground: Background) -> None:
    """Bring the quantities that follow from the mean up to date."""
    gx = cv2.Sobel(ground.mean, cv2.CV_32F, 1, 0, ksize=3, scale=0.125)
    gy = cv2.Sobel(ground.mean, cv2.CV_32F, 0, 1, ksize=3, scale=0.125)
    ground.edge = np.asarray((gx * gx + gy * gy) * np.float32(EDGE_ERROR_PX**2), np.float32)
    ground.smooth = detail(ground.mean)
    ground.typical_variance = float(np.median(ground.variance[::4, ::4]))


def detail(picture: F4) -> F4:
    """Return (rows, cols) what registration looks at: lightly blurred, clouds and slopes taken out."""
    blurred = np.asarray(cv2.GaussianBlur(picture, (0, 0), 1.5), np.float32)
    return np.asarray(blurred - explained.wide_mean(blurred, DETAIL_PX), np.float32)


def difference(ground: Background, picture: F4, shift: Shift, quantum: float) -> Difference:
    """Return the picture's difference to the background, whitened.

    picture: (rows, cols) float32 counts; shift: of the scene in the picture; quantum: the step of the
    counts (1 for whole numbers), which bounds the spread from below.
    """
    moved = _moved(ground.mean, shift)
    fitted = explained.fit(moved, picture)
    white, counts = np.empty_like(picture), np.empty_like(picture)
    explained.take_out(picture, moved, fitted, counts)
    drift = explained.regional_drift(counts)
    floor = max(0.25 * ground.typical_variance, (0.5 * quantum) ** 2)
    level_free = counts if drift is None else counts - drift
    _whiten(level_free, ground.variance, ground.edge, ground.age, floor, white)
    _blank_border(white, BORDER_PX)
    return Difference(white, counts, drift, 1.0 + float(fitted[0]), float(fitted[1]))


def learn(ground: Background, found: Difference, shift: Shift, state: U1, memory_pictures: float) -> None:
    """Take the picture into the background.

    state: (rows, cols) FREE, HELD or HEALING; memory_pictures: how many pictures are remembered.
    """
    back = Shift(-shift.dx_px, -shift.dy_px)
    counts = _moved(found.counts, back)
    drift = np.zeros_like(counts) if found.drift is None else found.drift
    _update(
        ground.mean, ground.variance, ground.age, counts, drift, state,
        np.float32(found.gain), np.float32(found.level), np.float32(1.0 / memory_pictures),
    )  # fmt: skip
    ground.drift = found.drift
    ground.pictures += 1
    if ground.pictures < 32 or ground.pictures % 8 == 0:
        renew(ground)


def start_anew(ground: Background, picture: F4, where: NDArray[np.bool_]) -> None:
    """Forget what is known of some pixels, in place: from this picture on they show something else."""
    ground.mean[where] = picture[where]
    ground.age[where] = 1.0


def drift_step(ground: Background, found: Difference) -> F4 | float:
    """Return how far regions have stepped since the last picture, in spreads; every third row and column.

    Clouds take minutes; a knocked camera or a hand before the lens takes one picture.
    """
    if ground.drift is None or found.drift is None or ground.drift.shape != found.drift.shape:
        return 0.0
    step = found.drift[1::3, 1::3] - ground.drift[1::3, 1::3]
    return np.asarray(step / np.float32(max(ground.typical_variance, 0.25) ** 0.5), np.float32)


def follow(array: NDArray[np.generic], dx: int, dy: int, fill: NDArray[np.generic] | float) -> None:
    """Move an array's content by whole pixels in place; what comes into view is taken from `fill`."""
    moved = np.empty_like(array)
    moved[...] = fill
    rows, cols = array.shape
    if abs(dx) < cols and abs(dy) < rows:
        ty, sy = max(dy, 0), max(-dy, 0)
        tx, sx = max(dx, 0), max(-dx, 0)
        h, w = rows - abs(dy), cols - abs(dx)
        moved[ty : ty + h, tx : tx + w] = array[sy : sy + h, sx : sx + w]
    array[...] = moved


def follow_view(ground: Background, picture: F4, dx: int, dy: int) -> None:
    """Move the background with the camera by whole pixels; new parts start from this picture."""
    follow(ground.mean, dx, dy, picture)
    follow(ground.variance, dx, dy, 4.0 * ground.typical_variance)
    follow(ground.age, dx, dy, 1.0)
    renew(ground)


def _blank_border(array: F4, width: int) -> None:
    array[:width], array[-width:] = 0.0, 0.0
    array[:, :width], array[:, -width:] = 0.0, 0.0


def _moved(array: F4, shift: Shift) -> F4:
    if max(abs(shift.dx_px), abs(shift.dy_px)) < STILL_PX:
        return array
    matrix = np.array([[1.0, 0.0, shift.dx_px], [0.0, 1.0, shift.dy_px]], np.float32)
    size = (array.shape[1], array.shape[0])
    return np.asarray(cv2.warpAffine(array, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE))


# Without branches and with the processor's own division, so that the compiler makes the loops wide.
@njit(cache=True, fastmath=True, error_model="numpy")
def _whiten(counts: F4, variance: F4, edge: F4, age: F4, floor: float, white: F4) -> None:
    one, least = np.float32(1.0), np.float32(floor)
    for y in range(counts.shape[0]):
        d, v, e, n, out = counts[y], variance[y], edge[y], age[y], white[y]
        for x in range(d.shape[0]):
            # The mean of n pictures has its own error, v / n.
            spreads = d[x] / np.sqrt((max(v[x], least) + e[x]) * (one + one / n[x]))
            out[x] = min(max(spreads, -MOST_SPREADS), MOST_SPREADS)


@njit(cache=True, fastmath=True, error_model="numpy")
def _update(
    mean: F4, variance: F4, age: F4, counts: F4, drift: F4, state: U1,
    gain: np.float32, level: np.float32, rate: np.float32,
) -> None:  # fmt: skip
    one, nothing = np.float32(1.0), np.float32(0.0)
    for y in range(mean.shape[0]):
        m, var, pictures, own, regional, how = mean[y], variance[y], age[y], counts[y], drift[y], state[y]
        for x in range(m.shape[0]):
            n, v, free = pictures[x], var[x], how[x] == FREE
            usual = max(rate, one / (n + one))
            a = usual if free else (usual * HOLD if how[x] == HELD else HEAL)
            quick = own[x] - regional[x]
            limit = CLIP_SPREADS * CLIP_SPREADS * (v + one) if n > np.float32(8.0) else np.float32(1e12)
            var[x] = v + (usual if free else nothing) * (min(quick * quick, limit) - v)
            pictures[x] = min(n + one, np.float32(60000.0)) if free else n
            # What drifts over the whole region is learned under a held pixel too, or it would stay behind as a stamp.
            m[x] = gain * m[x] + level + usual * regional[x] + a * quick
