"""The order of repairs: no order is better, on drawn cases where gains do not add up; Smith's rule where they do."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchline.planning.repairs import EXACT, best_order, standing


def _overlapping(seed: int, n: int) -> tuple[list[float], dict[frozenset[int], float]]:
    """Return hours, and the risk of every set: each thing covers some of thirty places, which count once."""
    rng = np.random.default_rng(seed)
    covers = rng.random((n, 30)) < 0.3
    weight = rng.random(30)
    risk = {}
    for size in range(n + 1):
        for some in itertools.combinations(range(n), size):
            seen = covers[list(some)].any(axis=0) if some else np.zeros(30, bool)
            risk[frozenset(some)] = float(weight[~seen].sum())
    return rng.uniform(0.5, 8.0, n).tolist(), risk


@pytest.mark.parametrize("seed", range(40))
def test_no_order_leaves_less_standing(seed: int) -> None:
    n = 2 + seed % 4
    hours, risk = _overlapping(seed, n)
    found = best_order(hours, risk.__getitem__)
    every = [standing(order, hours, risk.__getitem__) for order in itertools.permutations(range(n))]
    assert found.exact
    assert found.risk_h == pytest.approx(min(every))
    assert standing(found.order, hours, risk.__getitem__) == pytest.approx(found.risk_h)


@given(st.lists(st.tuples(st.floats(0.5, 9.0), st.floats(0.0, 1.0)), min_size=EXACT + 1, max_size=EXACT + 4))
def test_where_gains_add_up_the_most_per_hour_comes_first_and_is_best(jobs: list[tuple[float, float]]) -> None:
    hours, gains = [h for h, _ in jobs], [g for _, g in jobs]
    found = best_order(hours, lambda mended: sum(gains) - sum(gains[j] for j in mended))
    rates = [gains[j] / hours[j] for j in found.order]
    assert all(a >= b - 1e-9 for a, b in itertools.pairwise(rates))
    assert not found.exact


def test_two_that_help_only_together_are_still_put_right() -> None:
    def risk(mended: frozenset[int]) -> float:
        return 1.0 - 0.05 * (2 in mended) - 0.9 * ({0, 1} <= mended)

    found = best_order([1.0, 1.0, 1.0], risk)
    assert set(found.order[:2]) == {0, 1}  # greed would begin with 2
