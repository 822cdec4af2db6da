"""The best mix of patrol walks against every walk there is."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from watchline.planning.patrol.border import border_value, every_walk, line_neighbours
from watchline.planning.patrol.games import maximin
from watchline.planning.patrol.walks import Night, best_mix


def a_night(rng: np.random.Generator) -> Night:
    """A small map: a row of posts with some more ways, slow ground where nobody can wait, a few starts."""
    n = int(rng.integers(2, 5))
    near = [set(there) for there in line_neighbours(n)]
    if rng.random() < 0.4:
        i, j = rng.integers(0, n, 2)
        near[i].add(int(j))
        near[j].add(int(i))
    for i in range(n):
        if rng.random() < 0.2 and len(near[i]) > 1:
            near[i].discard(i)
    starts = tuple(sorted({int(i) for i in rng.integers(0, n, 2)}))
    legs = int(rng.integers(3, 7))
    stay = int(rng.integers(1, legs + 1))
    return Night(tuple(tuple(sorted(s)) for s in near), starts, legs, stay, rng.uniform(0.3, 1, n))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(220))
def test_generated_walks_reach_the_value_of_the_game_over_every_walk(seed):
    night = a_night(np.random.default_rng([seed, 6]))
    every = np.vstack([every_walk([list(s) for s in night.neighbours], night.legs, start) for start in night.starts])
    value = maximin(night.chance_met(every)).value
    found = best_mix(night)
    assert found.value == pytest.approx(value, abs=1e-5)
    assert found.bound >= value - 1e-6
    assert found.chance.sum() == pytest.approx(1.0)
    assert (found.chance @ night.chance_met(found.walks)).min() == pytest.approx(found.value)


@pytest.mark.slow
@pytest.mark.parametrize(("n", "m", "legs"), [(6, 2, 7), (6, 3, 9), (5, 4, 10)])
def test_nights_too_long_to_write_down_have_the_published_value(n, m, legs):
    night = Night(tuple(tuple(s) for s in line_neighbours(n)), tuple(range(n)), legs, m, np.ones(n))
    found = best_mix(night, gap=1e-3)
    assert found.value == pytest.approx(border_value(n, m), rel=0.02)
    assert found.bound >= border_value(n, m) - 1e-6


def test_walks_go_only_where_they_can():
    night = Night(((1,), (0, 2), (1,)), (0,), 6, 3, np.array([1.0, 0.9, 0.8]))
    for walk in best_mix(night).walks:
        assert walk[0] == 0
        assert all(b in night.neighbours[a] for a, b in itertools.pairwise(walk))


def test_what_is_no_game_is_refused():
    with pytest.raises(ValueError, match="no game"):
        Night(((0,),), (0,), 3, 4, np.ones(1))
    with pytest.raises(ValueError, match="p_notice"):
        Night(((0,),), (0,), 3, 2, np.zeros(1))
