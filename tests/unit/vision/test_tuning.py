"""Threshold against false alarms and P_d on one's own scene."""

from __future__ import annotations

import numpy as np
import pytest

from unit.vision.scenes import SIGMA, ground
from watchline.domain.frames import PixelDetection
from watchline.vision import tuning


def test_an_added_walker_has_the_stated_contrast_and_leaves_the_picture_alone() -> None:
    rng = np.random.default_rng(1)
    (walker,) = tuning.walkers((96, 128), 1, (6.0,), 10, 40, rng)
    base = ground().astype(np.uint16)
    before = base.copy()
    shown = tuning.with_walkers(base, [walker], 30, SIGMA)
    np.testing.assert_array_equal(base, before)
    assert shown.dtype == base.dtype
    assert (shown.astype(int) - base).max() == pytest.approx(6.0 * SIGMA, abs=4.0)
    x, y = walker.at(30)
    v, u = np.unravel_index(np.argmax(shown.astype(int) - base), base.shape)
    assert np.hypot(u - x, v - y) < 1.0


def test_walkers_stay_in_the_picture_all_their_way() -> None:
    for walker in tuning.walkers((96, 128), 50, (2.0, 3.0), 5, 120, np.random.default_rng(2)):
        for number in (5, 60, 124):
            x, y = walker.at(number)
            assert 0 <= x < 128
            assert 20 <= y < 96


def test_a_hit_is_a_detection_close_by() -> None:
    walker = tuning.Walker(np.array([50.0, 60.0]), np.zeros(2), 5.0, 0)
    near, far = (PixelDetection(x, 60.0, (x - 1, 59.0, 2.0, 2.0), 4.0, 9.0) for x in (51.0, 58.0))
    assert tuning.hits([far, near], [walker], 3) == [4.0]
    assert tuning.hits([far], [walker], 3) == [-np.inf]


def test_rates_carry_their_hours_and_poissons_bound() -> None:
    rng = np.random.default_rng(3)
    found = {3.0: np.array([1.0, 5.0, -np.inf, 2.0])}
    made = tuning.curve(rng.exponential(1.0, 400), found, 2.0, np.linspace(0, 12, 49))
    assert made.per_hour[0] == 200.0
    assert np.all(np.diff(made.per_hour) <= 0)
    assert np.all(made.upper > made.per_hour)
    assert made.per_hour[-1] == 0.0
    assert made.upper[-1] == pytest.approx(2.303 / 2.0, rel=1e-3)  # 0 events in T hours: 2.3 / T
    assert made.p_detect[3.0][0] == 0.75
    assert made.row_at(20.0) is not None
    assert made.per_hour[made.row_at(20.0) or 0] <= 20.0
