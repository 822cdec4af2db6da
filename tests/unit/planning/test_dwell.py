"""Shares of a panning head's time: none found by trying is better, the bound is one, nothing is left unwatched."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from watchline.planning.dwell import best_shares, chances, even
from watchline.planning.interdiction import Way

K = 1.5


def _ways(seed: int, stops: int, count: int = 8) -> list[Way]:
    rng = np.random.default_rng(seed)
    out = []
    for k in range(count):
        index = np.flatnonzero(rng.random(stops) < 0.6)
        out.append(Way(k % 4, float(rng.uniform(0.0, 0.8)), index, rng.uniform(0.2, 4.0, len(index))))
    return [*out, Way(0, 0.1, np.arange(stops), rng.uniform(0.5, 3.0, stops))]


@pytest.mark.parametrize("seed", range(25))
def test_no_shares_found_by_trying_are_better_at_the_weakest(seed: int) -> None:
    ways, head = _ways(seed, 3), (0, 1, 2)
    found = best_shares(ways, [head], K, least=0.0)
    touched = {way.stretch for way in ways if len(way.index)}

    def weakest(share: np.ndarray) -> float:
        told = chances(ways, share, K)
        return min(told[k] for k in touched)

    steps = np.linspace(0.0, 1.0, 41)
    tried = max(
        weakest(np.array([a, b, 1.0 - a - b])) for a, b in itertools.product(steps, steps) if a + b <= 1.0 + 1e-9
    )
    assert found.least >= tried - 1e-6  # a bound
    assert weakest(found.share) >= tried - 0.01  # and reached, tangents lie close
    assert weakest(found.share) <= found.least + 1e-6


@pytest.mark.parametrize("seed", range(10))
def test_every_head_spends_its_time_and_no_stop_is_forgotten(seed: int) -> None:
    heads = [(0, 1, 2, 3), (4, 5)]
    found = best_shares(_ways(seed, 6), heads, K)
    for head in heads:
        assert found.share[list(head)].sum() == pytest.approx(1.0)
        assert found.share[list(head)].min() >= 0.25 / len(head) - 1e-9
    ways = _ways(seed, 6)
    told, evenly = chances(ways, found.share, K), chances(ways, even(heads), K)
    touched = {way.stretch for way in ways if len(way.index)}
    assert min(told[k] for k in touched) >= min(evenly[k] for k in touched) - 0.01


def test_a_head_that_sees_one_way_alone_looks_there() -> None:
    ways = [Way(0, 0.0, np.array([1]), np.array([2.0])), Way(1, 5.0, np.array([], np.int64), np.array([]))]
    assert best_shares(ways, [(0, 1)], K).share.round(3).tolist() == [0.125, 0.875]


def test_nothing_to_gain_is_said() -> None:
    with pytest.raises(ValueError, match="no stop sees"):
        best_shares([Way(0, 1.0, np.array([], np.int64), np.array([]))], [(0, 1)], K)
