"""A beat in an outline: evidence for person or animal, and no more."""

from __future__ import annotations

import numpy as np
import pytest

from watchline.vision.gait import MOST_RATIO, periodicity, ratio_of, weighed

T = np.arange(36) / 9.0


def outline(beat_px: float, seed: int, rate: np.ndarray = T) -> float:
    rng = np.random.default_rng(seed)
    wide = 5.0 + beat_px * np.sin(2 * np.pi * 1.8 * rate + rng.uniform(0, 6)) + rng.normal(0, 0.7, len(rate))
    return periodicity(wide, 9.0 + rng.normal(0, 0.7, len(rate)), rate)


def test_legs_beat_more_than_noise() -> None:
    legs, noise = ([outline(beat, seed) for seed in range(100)] for beat in (1.2, 0.0))
    assert np.median(legs) > np.percentile(noise, 90)


@pytest.mark.parametrize("t_s", [np.arange(36) / 3.0, np.arange(10) / 9.0, np.r_[T[:18], T[18:] + 5.0]])
def test_too_slow_too_short_or_torn_is_not_known(t_s: np.ndarray) -> None:
    assert np.isnan(outline(1.2, 1, t_s))
    assert ratio_of(outline(1.2, 1, t_s)) == 1.0


def test_an_outline_that_never_changes_has_no_beat() -> None:
    assert periodicity(np.full(36, 5.0), np.full(36, 9.0), T) < 0.9
    assert ratio_of(0.0) == 1.0 / MOST_RATIO


def test_a_beat_weighs_person_and_animal_alike_and_leaves_unknown_alone() -> None:
    before = (0.2, 0.2, 0.1, 0.5)
    after = weighed(before, 2.0)
    assert sum(after) == pytest.approx(1.0)
    assert after[3] == before[3]
    assert after[0] / after[2] == pytest.approx(before[0] / before[2])
    assert after[1] < before[1]
    assert weighed((0.0, 0.0, 0.0, 1.0), 2.0) == (0.0, 0.0, 0.0, 1.0)
