"""Where a picture's sky ends."""

from __future__ import annotations

import numpy as np
import pytest

from watchline.vision.skyline import find_skyline


def scene(sign: float, noise: float = 4.0, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = np.arange(320)
    true = 90.0 + 14.0 * np.sin(x / 40.0) + 5.0 * np.sin(x / 11.0)
    rows = np.arange(256)[:, None]
    share = np.clip(rows - true[None] + 0.5, 0.0, 1.0)
    sky, land = 3000.0 + 0.1 * rows, 3000.0 + sign * 60.0 + 10.0 * rng.standard_normal((256, 320))
    return (sky * (1 - share) + land * share + rng.normal(0, noise, share.shape)).astype(np.uint16), true


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_skyline_is_found_to_a_pixel(sign: float) -> None:
    picture, true = scene(sign)
    x, y = find_skyline(picture)
    assert len(x) > 280
    off = y - true[x.astype(int)]
    assert np.median(np.abs(off)) < 0.5
    assert np.mean(np.abs(off) < 2.0) > 0.95


def test_a_picture_without_sky_has_no_skyline() -> None:
    noise = np.random.default_rng(1).normal(3000, 4, (128, 160))
    x, _ = find_skyline(noise)
    assert len(x) < 0.3 * 160
