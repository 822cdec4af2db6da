"""Somebody whom the wire holds up pulls as often, and farther apart."""

from __future__ import annotations

import numpy as np
import pytest

from watchline.sensing.touch import TOGETHER_S, p_felt


@pytest.mark.parametrize("held_s", [30.0, 100.0, 240.0, 1000.0])
def test_it_is_what_drawing_pulls_gives(held_s: float) -> None:
    rng, told, worlds = np.random.default_rng(4), 0, 40_000
    mean = 2.6926  # at which two or more come with 0.75
    for count in rng.poisson(mean, worlds):
        pulls = np.sort(rng.uniform(0.0, held_s, count))
        told += bool(np.any(np.diff(pulls) < TOGETHER_S))
    assert float(p_felt(0.75, held_s)) == pytest.approx(told / worlds, abs=0.01)


def test_longer_is_never_surer_and_nothing_felt_stays_nothing() -> None:
    held = np.linspace(0.0, 2000.0, 200)
    for p in (0.1, 0.75, 0.999):
        assert np.all(np.diff(p_felt(p, held)) <= 1e-12)
        assert float(p_felt(p, 0.0)) == pytest.approx(p, abs=1e-6)
    assert np.all(p_felt(0.0, held) == 0.0)
    with pytest.raises(ValueError, match="p_touch"):
        p_felt(1.0, 0.0)
