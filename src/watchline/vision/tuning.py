"""What a threshold costs and brings on one camera's own scene: false alarms from it empty, P_d from walkers
put into it.

Theory.  The empty scene gives the scores of everything that is not a subject; their number at or above a
threshold over the hours watched is the rate, its 90 % upper bound Poisson's (0 events in T hours bound the
rate at 2.3 / T).  Walkers of a stated peak contrast over the camera's own temporal noise, blurred as optics
blur them, are added to the same pictures; the share of their pictures in which a detection at or above the
threshold lies within NEAR_PX of them is P_d.

Rules: pure; chance comes in as `rng`; the camera's own pictures are not changed in place.
Limits: added walkers neither hide behind things nor warm the ground; display pictures squeeze a contrast before it is
added, so their P_d is an upper bound.  Scores are of pictures, not of tracks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from watchline.domain.frames import PixelDetection

F8 = NDArray[np.float64]

NEAR_PX = 3.0
BLUR_PX = 0.8  # of the optics
WIDE_PX, TALL_PX = 0.6, 1.2  # spread of a far walker's outline, before the blur
SPEED_PX = 0.35  # a picture: 1.2 m/s at 9 Hz and 0.38 m a pixel
PATCH_PX = 8
CONFIDENCE = 0.9


@dataclass(frozen=True)
class Walker:
    """start_px (2,), step_px (2,) a picture, snr: peak contrast over temporal noise; first: picture of its
    first step.
    """

    start_px: F8
    step_px: F8
    snr: float
    first: int

    def at(self, number: int) -> F8:
        """Return (2,) where it is in picture `number`."""
        return np.asarray(self.start_px + self.step_px * (number - self.first))


def walkers(
    shape: tuple[int, int], count: int, snrs: Sequence[float], first: int, pictures: int, rng: np.random.Generator
) -> list[Walker]:
    """Return walkers whose whole way of `pictures` pictures lies in the lower two thirds of the picture.

    Ways longer than the picture is wide turn round at its sides: `at` is then taken modulo by the caller's choice of
    `pictures`.
    """
    rows, cols = shape
    out = []
    for k in range(count):
        side = 1.0 if rng.random() < 0.5 else -1.0
        way = SPEED_PX * pictures
        room = max(cols - 2.0 * PATCH_PX - way, 1.0)
        x = PATCH_PX + rng.uniform(0.0, room) + (way if side < 0 else 0.0)
        y = rng.uniform(rows / 3.0, rows - PATCH_PX - 1.0)
        step = np.array([side * SPEED_PX, rng.uniform(-0.05, 0.05)])
        out.append(Walker(np.array([x, y]), step, float(snrs[k % len(snrs)]), first))
    return out


def with_walkers(pixels: NDArray[Any], there: Sequence[Walker], number: int, sigma: float) -> NDArray[Any]:
    """Return a copy of a picture with the walkers in it; sigma: temporal noise in counts."""
    out = np.asarray(pixels, np.float32).copy()
    grid = np.arange(-PATCH_PX, PATCH_PX + 1)
    for w in there:
        x, y = w.at(number)
        u, v = round(x), round(y)
        if not (PATCH_PX <= u < out.shape[1] - PATCH_PX and PATCH_PX <= v < out.shape[0] - PATCH_PX):
            continue
        across = np.exp(-0.5 * ((grid - (x - u)) / np.hypot(BLUR_PX, WIDE_PX)) ** 2)
        down = np.exp(-0.5 * ((grid - (y - v)) / np.hypot(BLUR_PX, TALL_PX)) ** 2)
        patch = np.s_[v - PATCH_PX : v + PATCH_PX + 1, u - PATCH_PX : u + PATCH_PX + 1]
        out[patch] += (w.snr * sigma * np.outer(down, across)).astype(np.float32)
    if np.issubdtype(pixels.dtype, np.integer):
        info = np.iinfo(pixels.dtype)
        return np.clip(np.round(out), info.min, info.max).astype(pixels.dtype)
    return out


def hits(detections: Sequence[PixelDetection], there: Sequence[Walker], number: int) -> list[float]:
    """Return for every walker the highest score of a detection near it, minus infinity for none."""
    out = []
    for w in there:
        x, y = w.at(number)
        near = [d.score for d in detections if np.hypot(d.x_px - x, d.y_px - y) < NEAR_PX]
        out.append(max(near, default=-np.inf))
    return out


@dataclass(frozen=True)
class Curve:
    """threshold (N,) rising; per_hour (N,) false alarms a camera-hour and upper (N,) its 90 % bound; p_detect: by
    contrast over noise, (N,) each; hours watched; pictures of walkers behind every P_d."""

    threshold: F8
    per_hour: F8
    upper: F8
    p_detect: dict[float, F8]
    hours: float
    looks: dict[float, int]

    def row_at(self, per_hour: float) -> int | None:
        """Return the lowest threshold whose rate is at most `per_hour`, None if no threshold seen is so rare."""
        rare = np.flatnonzero(self.per_hour <= per_hour)
        return int(rare[0]) if len(rare) else None


def curve(empty: F8, found: dict[float, F8], hours: float, threshold: F8) -> Curve:
    """Return both curves.

    empty (M,): scores of all detections on the empty scene in `hours`; found: scores on walkers' pictures by
    contrast.
    """
    count = np.array([float(np.sum(empty >= t)) for t in threshold])
    upper = np.asarray(chi2.ppf(CONFIDENCE, 2.0 * (count + 1.0)), np.float64) / 2.0
    p = {snr: np.array([float(np.mean(s >= t)) for t in threshold]) for snr, s in sorted(found.items()) if len(s)}
    return Curve(threshold, count / hours, upper / hours, p, hours, {snr: len(s) for snr, s in found.items()})
