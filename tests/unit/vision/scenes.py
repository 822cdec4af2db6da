"""Small made-up thermal scenes: textured ground, camera noise, a walker."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from watchline.domain.frames import Frame, PictureResult
from watchline.vision import State, VisionSettings, init, step

ROWS, COLS, SIGMA = 96, 128, 4.0


def ground(seed: int = 0, rows: int = ROWS, cols: int = COLS) -> NDArray[np.float32]:
    """Return smooth hills and stones, counts around 3000, float32."""
    rng = np.random.default_rng(seed)
    hills = cv2.GaussianBlur(rng.normal(0, 1, (rows, cols)).astype(np.float32), (0, 0), 12) * 900
    stones = cv2.GaussianBlur(rng.normal(0, 1, (rows, cols)).astype(np.float32), (0, 0), 1.5) * 60
    return np.asarray(3000 + hills + stones, np.float32)


def pictures(
    count: int, *, seed: int = 0, walker_from: int | None = None, snr: float = 5.0, speed_px: float = 0.5
) -> list[NDArray[np.uint16]]:
    """Return pictures of one scene, 16 bit, with a walker of the stated peak contrast over noise."""
    rng = np.random.default_rng(seed + 1000)
    base = ground(seed)
    yy, xx = np.mgrid[0:ROWS, 0:COLS].astype(np.float32)
    made = []
    for n in range(count):
        picture = base + rng.normal(0, SIGMA, base.shape)
        if walker_from is not None and n >= walker_from:
            x, y = walker_at(n - walker_from, speed_px)
            picture = picture + snr * SIGMA * np.exp(-0.5 * (((xx - x) / 0.9) ** 2 + ((yy - y) / 1.2) ** 2))
        made.append(np.round(picture).astype(np.uint16))
    return made


def walker_at(pictures_since: int, speed_px: float = 0.5) -> tuple[float, float]:
    """Return where the walker is."""
    return 30.0 + speed_px * pictures_since, 60.0


def watch(
    frames: list[NDArray[np.uint16]], settings: VisionSettings | None = None, rate_hz: float = 9.0
) -> tuple[State, list[PictureResult]]:
    """Return the state and the results of a fixed camera that showed these pictures."""
    state, results = init(settings), []
    for n, pixels in enumerate(frames):
        state, result = step(state, Frame("cam", n, n / rate_hz, pixels), n / rate_hz)
        results.append(result)
    return state, results
