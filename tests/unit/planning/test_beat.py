"""Patrols that turn by chance: what a law guarantees, and what watching it is worth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchline.planning.patrol.beat import Law, best_law
from watchline.planning.patrol.border import border_value
from watchline.planning.patrol.onlooker import by_the_clock, missed_share, pick


@pytest.fixture(scope="module")
def beaten():
    return best_law(7, 4)


@pytest.mark.parametrize(("posts", "stay"), [(3, 2), (5, 3), (7, 4), (9, 3)])
def test_a_law_is_near_what_no_patrol_can_better(posts, stay):
    found = best_law(posts, stay)
    assert found.bound == border_value(posts, stay)
    assert 0.96 * found.bound <= found.value <= found.bound + 1e-9


def test_to_and_fro_is_taken_where_it_is_certain():
    assert best_law(4, 6).value == pytest.approx(1.0)
    assert best_law(1, 1).value == pytest.approx(1.0)


@given(st.integers(2, 6), st.integers(1, 7), st.integers(0, 2**32 - 1))
def test_what_a_law_says_is_what_its_chain_does(posts, stay, seed):
    rng = np.random.default_rng(seed)
    turn = rng.uniform(0.01, 0.6, (2, posts))
    law = Law(turn, rng.uniform(0.0, 0.39, (2, posts)))
    assert law.step.sum(axis=1) == pytest.approx(1.0)
    assert law.steady @ law.step == pytest.approx(law.steady, abs=1e-9)
    met = law.met(stay)
    # By definition: over every state now, every way onward, not one leg at the post.
    for post in range(posts):
        away = np.tile(np.arange(posts) != post, 2).astype(float)
        chance = law.steady * away
        for _ in range(stay - 1):
            chance = (chance @ law.step) * away
        assert met[post] == pytest.approx(1.0 - chance.sum())
    assert law.seen(stay) <= met.min() + 1e-12


def test_a_draw_keeps_to_the_map_and_to_the_law(beaten):
    walk = beaten.law.drawn(np.random.default_rng(1), 40_000)
    assert np.abs(np.diff(walk)).max() <= 1
    share = np.bincount(walk, minlength=7) / len(walk)
    steady = beaten.law.steady.reshape(2, 7).sum(axis=0)
    assert share == pytest.approx(steady, abs=0.03)


def test_a_hundred_nights_of_watching_are_worth_nothing_and_a_timetable_falls(beaten):
    rng = np.random.default_rng(3)
    nights = np.array([beaten.law.drawn(rng, 60) for _ in range(500)])
    there = pick(nights[:100], 7, 4)
    left = 1.0 - beaten.value
    # The post picked may be one that the law leaves less; never more, but for chance.
    assert missed_share(nights[100:], there, 4) <= left + 3.0 * np.sqrt(left * (1.0 - left) / 400)
    timed = np.tile(by_the_clock(7, 60), (101, 1))
    assert missed_share(timed[100:], pick(timed[:100], 7, 4), 4) == 1.0


def test_what_is_no_beat_is_refused():
    with pytest.raises(ValueError, match="posts and stay"):
        best_law(0, 3)
