"""Make pictures with subjects of known outline, for `train_spot_net.py`: nobody's pictures but our own.

Backgrounds: fractal skies and clouds of many spectra, horizons, broken ground, walls with windows, waves, poles and
wires; or what a caller hands in (`bare_backgrounds.py`).  Into them go subjects of 1 to 15 px, soft, at 1.5 to 20
times the clutter around them, bright, on backgrounds often turned over (cold subjects); then lens, noise,
gain, compression and 8 bits.  A subject's outline is where it has at least `EDGE_SHARE` of its peak: the level at
which the flood of `vision/small_target.py` draws its own.  Seeded.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

F4 = NDArray[np.float32]
Rng = np.random.Generator
EDGE_SHARE = 0.3
FINE = 4  # subjects are drawn so many times finer
BOX = 48  # px, larger than any subject and its blur
CONTRAST = (1.5, 20.0)  # peak over the clutter around it
LEAST_CLUTTER = 2.0  # grey steps


def fractal(shape: tuple[int, int], slope: float, rng: Rng, stretch: float = 1.0) -> F4:
    """Return a field of zero mean and unit spread whose amplitude falls as frequency to the power -slope.

    stretch: how much taller than wide its structures are; under 1 they lie flat.
    """
    v, u = np.fft.fftfreq(shape[0])[:, None], np.fft.rfftfreq(shape[1])[None] / stretch
    radius = np.maximum(np.hypot(u, v), 1.0 / max(shape))
    wave = np.fft.rfft2(rng.normal(size=shape)) / radius**slope
    field = np.fft.irfft2(wave, s=shape)
    return np.asarray((field - field.mean()) / (field.std() + 1e-9), np.float32)


def sky(shape: tuple[int, int], rng: Rng) -> F4:
    """Return a gradient with clouds: smooth, broken, or cut off sharply."""
    rise = np.linspace(-1, 1, shape[0], dtype=np.float32)[:, None] * rng.normal(0, 20)
    across = np.linspace(-1, 1, shape[1], dtype=np.float32)[None] * rng.normal(0, 8)
    field = fractal(shape, rng.uniform(0.9, 2.2), rng, rng.choice([0.3, 0.6, 1.0]))
    kind = rng.integers(4)
    if kind == 0:
        field = np.maximum(field - rng.uniform(-0.5, 1.0), 0)
    elif kind == 1:
        field = np.tanh(field * rng.uniform(1, 4))
    elif kind == 2:
        field = -np.abs(field)  # billows with bright seams
    return rise + across + field * np.float32(np.exp(rng.uniform(0, 3.7)))


def sea(shape: tuple[int, int], rng: Rng) -> F4:
    """Return waves: flat, heavy-tailed crests on a swell."""
    crests = fractal(shape, rng.uniform(0.2, 1.0), rng, rng.uniform(0.15, 0.5))
    swell = fractal(shape, 1.5, rng, 0.3)
    glint = np.maximum(crests + 0.5 * swell - rng.uniform(0.5, 2.0), 0) ** rng.uniform(1.0, 2.0)
    return np.asarray(crests * rng.uniform(1, 6) + swell * rng.uniform(1, 8) + glint * rng.uniform(3, 25), np.float32)


def land(shape: tuple[int, int], rng: Rng) -> F4:
    """Return broken ground: texture of two scales, patches of bush, roads."""
    ground = fractal(shape, rng.uniform(0.4, 1.4), rng) * rng.uniform(3, 18)
    patch = fractal(shape, rng.uniform(1.0, 1.8), rng) > rng.uniform(-0.5, 1.0)
    ground = ground + patch * (fractal(shape, 0.3, rng) * rng.uniform(2, 12) + rng.normal(0, 15))
    ground = np.ascontiguousarray(ground, np.float32)
    for _ in range(rng.integers(0, 3)):
        (x0, x1), (y0, y1) = rng.integers(0, shape[1], 2), rng.integers(0, shape[0], 2)
        road = cv2.line(
            np.zeros(shape, np.float32), (int(x0), int(y0)), (int(x1), int(y1)), 1.0, int(rng.integers(1, 7))
        )
        ground += road * np.float32(rng.normal(0, 25))
    return ground


def walls(picture: F4, rng: Rng) -> None:
    """Put walls with rows of windows, roofs, poles and wires into a picture."""
    rows, cols = picture.shape
    for _ in range(rng.integers(1, 9)):
        w, h = int(rng.integers(6, cols // 3)), int(rng.integers(6, rows // 2))
        x, y = int(rng.integers(-w // 2, cols - 4)), int(rng.integers(0, rows - 4))
        x = max(x, 0)
        part = picture[y : y + h, x : x + w]
        part[:] = rng.uniform(0, 0.4) * part + rng.normal(0, 35)
        step_x, step_y, pane = int(rng.integers(4, 16)), int(rng.integers(4, 16)), int(rng.integers(1, 4))
        if rng.random() < 0.6:
            window = np.float32(rng.normal(0, 25))
            for v in range(2, part.shape[0] - pane, step_y):
                for u in range(2, part.shape[1] - pane, step_x):
                    if rng.random() < 0.8:
                        part[v : v + pane, u : u + pane] += window * np.float32(rng.uniform(0.3, 1.2))
    for _ in range(rng.integers(0, 5)):
        x, y = int(rng.integers(cols)), int(rng.integers(rows))
        lean, rise = int(rng.normal(0, cols / 3)), int(rng.normal(0, rows / 4))
        ends = ((x, y), (x + lean, y + rise)) if rng.random() < 0.5 else ((x, y), (x + lean // 20, rows))
        line = cv2.line(np.zeros_like(picture), *ends, 1.0, int(rng.integers(1, 4)), cv2.LINE_AA)
        picture += line * np.float32(rng.normal(0, 30))


def lumps(picture: F4, rng: Rng) -> None:
    """Put round and ragged warm things into a picture that are larger than any subject."""
    rows, cols = picture.shape
    for _ in range(rng.integers(0, 4)):
        size = rng.uniform(18, 60)
        v, u = np.mgrid[:rows, :cols].astype(np.float32)
        far = np.hypot(u - rng.uniform(0, cols), (v - rng.uniform(0, rows)) * rng.uniform(0.7, 3)) / size
        ragged = far + 0.15 * rng.random() * fractal(picture.shape, 1.0, rng)
        edge = np.tanh((ragged - 0.5) * np.float32(rng.uniform(4, 20)))
        picture += np.float32(rng.uniform(2.5, 25)) * (1 - edge)


def background(rng: Rng) -> F4:
    """Return a made background (rows, cols) of about 80 000 pixels, grey steps about zero."""
    shape = (int(rng.integers(180, 321)), int(rng.integers(220, 361)))
    picture = sky(shape, rng)
    kind = rng.random()
    if kind < 0.55:
        below = sea(shape, rng) if rng.random() < 0.4 else land(shape, rng)
        level = rng.uniform(-0.3, 1.0) * shape[0]
        ridge = (
            level
            + np.cumsum(rng.normal(0, rng.uniform(0, 1.2), shape[1]))
            + rng.normal(0, 0.15) * np.arange(shape[1])
        )
        under = np.arange(shape[0])[:, None] > ridge[None]
        picture = np.where(under, below + np.float32(rng.normal(0, 35)), picture).astype(np.float32)
    if rng.random() < 0.3:
        walls(picture, rng)
    if rng.random() < 0.25:
        lumps(picture, rng)
    return -picture if rng.random() < 0.4 else picture


def shape_of_subject(rng: Rng) -> F4:
    """Return (BOX, BOX) a subject of unit peak before the lens: a point, an ellipse, or some of them joined."""
    wide = BOX * FINE
    canvas = np.zeros((wide, wide), np.float32)
    size = float(np.exp(rng.uniform(np.log(1.0), np.log(15.0)))) * FINE
    middle = wide / 2 + rng.uniform(-2, 2, 2)
    for k in range(1 if rng.random() < 0.6 else int(rng.integers(2, 5))):
        long = size / 2 if k == 0 else size / 2 * rng.uniform(0.3, 0.8)
        at = middle if k == 0 else middle + rng.normal(0, size / 5, 2)
        axes = (max(int(long), 1), max(int(long * rng.uniform(0.35, 1.0)), 1))
        heat = 1.0 if k == 0 else float(rng.uniform(0.5, 1.0))
        drawn = cv2.ellipse(
            np.zeros_like(canvas), tuple(int(v) for v in at), axes, float(rng.uniform(0, 180)), 0, 360, heat, -1
        )
        canvas = np.maximum(canvas, drawn)
    if rng.random() < 0.5:  # warmest in the middle
        canvas = cv2.GaussianBlur(canvas, (0, 0), max(size / 5, 0.5))
    small = cv2.resize(canvas, (BOX, BOX), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(small, (0, 0), rng.uniform(0.5, 1.3)), np.float32)


def with_subjects(picture: F4, rng: Rng, taken: NDArray[np.bool_]) -> tuple[F4, NDArray[np.bool_]]:
    """Return the picture with up to four subjects and their outlines; none where `taken`."""
    rows, cols = picture.shape
    picture, mask, taken = picture.copy(), np.zeros(picture.shape, bool), taken.copy()
    for _ in range(rng.choice([0, 1, 1, 1, 2, 3, 4])):
        x, y = int(rng.integers(4, cols - 4)), int(rng.integers(4, rows - 4))
        subject = shape_of_subject(rng)
        subject /= subject.max()
        top, left = max(BOX // 2 - y, 0), max(BOX // 2 - x, 0)
        bottom, right = min(BOX, rows - y + BOX // 2), min(BOX, cols - x + BOX // 2)
        part = np.s_[y - BOX // 2 + top : y - BOX // 2 + bottom, x - BOX // 2 + left : x - BOX // 2 + right]
        subject = subject[top:bottom, left:right]
        inside = subject >= EDGE_SHARE
        if taken[part][inside].any():
            continue
        around = picture[part]
        clutter = max(1.4826 * float(np.median(np.abs(around - np.median(around)))), LEAST_CLUTTER)
        height = clutter * np.exp(rng.uniform(*np.log(CONTRAST)))
        picture[part] += subject * np.float32(min(height, 250.0))
        mask[part] |= inside
        taken[part] |= cv2.dilate(inside.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    return picture, mask


def taken_by_camera(picture: F4, rng: Rng) -> NDArray[np.uint8]:
    """Return the picture as a camera delivers it: blur, noise, columns, bad pixels, gain, compression, 8 bits."""
    rows, cols = picture.shape
    if rng.random() < 0.5:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.3, 0.8))
    grain = rng.normal(0, 1, picture.shape).astype(np.float32)
    if rng.random() < 0.4:
        grain = cv2.GaussianBlur(grain, (0, 0), rng.uniform(0.4, 1.0))
    picture = picture + grain * np.float32(np.exp(rng.uniform(-1.5, 1.6)))
    if rng.random() < 0.25:
        picture = picture + rng.normal(0, rng.uniform(0.3, 2.5), (1, cols)).astype(np.float32)
    if rng.random() < 0.08:
        bad = rng.integers(0, rows, 3), rng.integers(0, cols, 3)
        picture[bad] += rng.normal(0, 60, 3)
    if rng.random() < 0.25:
        picture = picture + np.float32(rng.uniform(0.3, 1.2)) * (picture - cv2.GaussianBlur(picture, (0, 0), 1.2))
    if rng.random() < 0.35:
        low, high = np.percentile(picture, [rng.uniform(0, 2), rng.uniform(97, 100)])
        picture = (picture - low) * np.float32(rng.uniform(120, 255) / max(high - low, 20.0))
    else:
        picture = picture - np.median(picture) + np.float32(rng.uniform(30, 180))
    grey = np.clip(np.round(picture), 0, 255).astype(np.uint8)
    if rng.random() < 0.4:
        packed = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(40, 96))])[1]
        grey = cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE)
    return np.asarray(grey, np.uint8)
