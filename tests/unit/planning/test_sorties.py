"""The law of a drone's night: its value is the whole game's, what is drawn can be flown, and as often as it says."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from watchline.planning.patrol.games import maximin
from watchline.planning.sorties import Night, Sortie, best_night, catch_chance, drawn, every_night


def _case(seed: int) -> tuple[np.ndarray, tuple[Sortie, ...], int]:
    rng = np.random.default_rng(seed)
    slots, km, ready = int(rng.integers(3, 6)), int(rng.integers(2, 4)), int(rng.integers(0, 3))
    base = rng.uniform(0.0, 0.6, (slots, km))
    sorties = tuple(
        Sortie(start, air, first, last, float(rng.uniform(0.2, 0.9)) / (last - first))
        for start in range(slots)
        for air in (1, 2)
        if start + air <= slots
        for first in range(km)
        for last in range(first + 1, km + 1)
    )
    return base, sorties, ready


def _caught(base: np.ndarray, flown: list[Sortie]) -> np.ndarray:
    out = base.copy()
    for one in flown:
        here = np.s_[one.start : one.start + one.air, one.first : one.last]
        out[here] = base[here] + (1.0 - base[here]) * one.catch
    return out


@pytest.mark.parametrize("seed", range(30))
def test_the_value_is_that_of_the_game_over_every_night_that_can_be_flown(seed: int) -> None:
    base, sorties, ready = _case(seed)
    nights = every_night(sorties, base.shape[0], ready)
    payoff = np.array([_caught(base, [sorties[s] for s in night]).ravel() for night in nights])
    assert best_night(base, sorties, ready).value == pytest.approx(maximin(payoff).value, abs=1e-6)


def test_what_is_drawn_can_be_flown_and_comes_as_often_as_it_says() -> None:
    base, sorties, ready = _case(7)
    night = best_night(base, sorties, ready)
    rng, n = np.random.default_rng(1), 20_000
    caught, count = np.zeros_like(base), np.zeros(len(sorties))
    where = {one: s for s, one in enumerate(sorties)}
    for _ in range(n):
        flown = drawn(night, rng)
        for before, after in itertools.pairwise(flown):
            assert before.start + before.air + ready <= after.start
        caught += _caught(base, flown)
        for one in flown:
            count[where[one]] += 1
    sd = np.sqrt(night.chance * (1.0 - night.chance) / n)
    assert np.abs(count / n - night.chance).max() <= (4.5 * sd + 1e-3).max()
    assert np.abs(caught / n - night.caught).max() < 0.02


def test_a_night_never_worsens_and_more_readiness_never_helps() -> None:
    base, sorties, _ = _case(3)
    values = [best_night(base, sorties, ready).value for ready in range(4)]
    assert all(value >= base.min() - 1e-9 for value in values)
    assert values == sorted(values, reverse=True)


def test_one_slot_one_kilometre_is_arithmetic() -> None:
    night = best_night(np.array([[0.2]]), (Sortie(0, 1, 0, 1, 0.5),), 0)
    assert isinstance(night, Night)
    assert (night.base.min(), night.value) == (0.2, pytest.approx(0.6))
    assert catch_chance(0.25, 0.8) == pytest.approx(0.2)
