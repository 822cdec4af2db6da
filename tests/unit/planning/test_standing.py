"""Checkpoints that change their places: the best law against every column, ORIGAMI as its case, and what is drawn."""

from __future__ import annotations

import numpy as np
import pytest

from watchline.planning.patrol.games import maximin
from watchline.planning.patrol.standing import best_stands
from watchline.planning.patrol.values import origami


@pytest.mark.parametrize("seed", range(20))
def test_where_everybody_reaches_every_place_it_is_origami(seed: int) -> None:
    rng = np.random.default_rng([seed, 21])
    places, posts = int(rng.integers(4, 9)), int(rng.integers(1, 4))
    missed, met = rng.uniform(1.0, 10.0, places), rng.uniform(-5.0, 0.5, places)
    known = origami(np.zeros(places), np.ones(places), missed, met, float(posts))
    found = best_stands(np.ones((posts, places), bool), missed, met, 1.0)
    assert found.gain.max() == pytest.approx(known.theirs, abs=1e-6)
    assert found.manned == pytest.approx(known.coverage, abs=1e-5)


@pytest.mark.parametrize("seed", range(20))
def test_without_values_it_is_the_game_over_every_assignment(seed: int) -> None:
    rng = np.random.default_rng([seed, 22])
    places = int(rng.integers(3, 6))
    reach = rng.random((2, places)) < 0.7
    reach[0, 0] = reach[1, -1] = True
    reach[0, ~reach.any(axis=0)] = True
    p_stop = float(rng.uniform(0.5, 1.0))
    pairs = [(a, b) for a in range(places) for b in range(places) if a != b and reach[0, a] and reach[1, b]]
    game = np.zeros((len(pairs), places))
    for k, pair in enumerate(pairs):
        game[k, list(pair)] = p_stop
    found = best_stands(reach, np.ones(places), np.zeros(places), p_stop)
    assert p_stop * found.manned.min() == pytest.approx(maximin(game).value, abs=1e-6)
    assert not np.any(found.chance[~reach])


@pytest.mark.parametrize("seed", range(10))
def test_what_is_drawn_has_the_laws_chances_and_one_post_a_place(seed: int) -> None:
    rng = np.random.default_rng([seed, 23])
    posts, places = 4, 9
    reach = rng.random((posts, places)) < 0.5
    reach[:, 0] = True
    found = best_stands(reach, rng.uniform(1.0, 4.0, places), np.zeros(places), 0.9)
    mean = np.zeros((posts, places))
    for weight, assigned in found.mixture:
        stands = [place for place in assigned if place < places]
        assert len(set(stands)) == len(stands)
        for post, place in enumerate(assigned):
            if place < places:
                mean[post, place] += weight
    assert mean == pytest.approx(found.chance, abs=1e-5)
    assert sum(weight for weight, _ in found.mixture) == pytest.approx(1.0, abs=1e-5)
    shifts = 4000
    drawn = found.drawn(rng, shifts)
    seen = np.array([(drawn == place).any(axis=1).mean() for place in range(places)])
    sd = np.sqrt(np.maximum(found.manned * (1.0 - found.manned), 0.0) / shifts)
    assert np.all(np.abs(seen - found.manned) <= 4.0 * sd + 1e-6)


def test_an_onlooker_of_a_hundred_nights_gains_nothing() -> None:
    rng = np.random.default_rng(24)
    found = best_stands(np.ones((3, 10), bool), np.ones(10), np.zeros(10), 0.9)
    watched, fresh = found.drawn(rng, 100), found.drawn(rng, 4000)
    met = np.array([(watched == place).any(axis=1).sum() for place in range(10)])
    passed = 1.0 - 0.9 * float((fresh == int(np.argmin(met))).any(axis=1).mean())
    said = float(found.gain.max())
    assert passed <= said + 3.0 * np.sqrt(said * (1.0 - said) / 4000)


def test_values_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match="missed must be above met"):
        best_stands(np.ones((1, 2), bool), np.zeros(2), np.zeros(2), 1.0)
