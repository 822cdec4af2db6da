"""Sign found later: pairing by place and time, and what a known miss does to the bound."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchline.assurance.bound import mixed, undetected
from watchline.assurance.claims import Find, lies_in
from watchline.assurance.layers import both_missed
from watchline.assurance.selection import undetected_by_choice, window
from watchline.assurance.sign import Known, layers_of


def _find(since_s: float, found_s: float, low_m: float, high_m: float) -> Find:
    return Find(1, found_s, since_s, low_m, high_m, round_an_end=False)


def test_a_find_meets_a_crossing_by_place_and_time_and_each_only_once() -> None:
    known = [Known(10.0, 500.0), Known(50.0, 4000.0)]
    near = _find(0.0, 20.0, 0.0, 1000.0)
    late = _find(20.0, 60.0, 0.0, 1000.0)
    got = layers_of(known, [near, near, late])
    assert (got.first_only, got.second_only, got.both) == (1, 2, 1)
    assert layers_of([], [near]).second_only == 1
    assert layers_of(known, []).first_only == 2
    with pytest.raises(ValueError, match="proves no crossing"):
        layers_of(known, [Find(1, 9.0, 0.0, None, None, round_an_end=True)])


spans = st.tuples(st.floats(0, 9), st.floats(0, 9)).map(sorted)


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.floats(0, 9), st.floats(0, 9)), max_size=4),
    st.lists(st.tuples(spans, spans), max_size=4),
)
def test_as_many_as_possible_are_paired(
    known: list[tuple[float, float]], finds: list[tuple[list[float], list[float]]]
) -> None:
    seen = [Known(t, s) for t, s in known]
    signs = [_find(*time, *place) for time, place in finds]
    got = layers_of(seen, signs)
    fits = [[f.since_s <= k.t_s <= f.found_s and f.from_m <= k.s_m <= f.to_m for k in seen] for f in signs]  # type: ignore[operator]
    padded = [*range(len(seen)), *[-1] * len(signs)]
    best = max(
        sum(k >= 0 and fits[i][k] for i, k in enumerate(order))
        for order in itertools.permutations(padded, len(signs))
    )
    assert got.both == best
    assert (got.first_only, got.second_only) == (len(seen) - best, len(signs) - best)


def test_a_tie_that_is_stronger_than_none_only_raises_what_both_missed() -> None:
    found = layers_of([Known(1.0, 1.0)] * 3, [_find(0.0, 2.0, 0.0, 2.0)] * 2 + [_find(5.0, 6.0, 0.0, 2.0)])
    assert (found.first_only, found.second_only, found.both) == (1, 1, 2)
    missed = [both_missed(found, x) for x in (1.0, 2.0, 5.0)]
    assert missed == [0.5, 1.0, 2.5]


@settings(max_examples=30)
@given(st.integers(0, 20), st.floats(0.05, 0.99), st.integers(1, 12))
def test_the_bound_given_known_misses_is_the_tail_of_the_same_law(seen: int, p: float, least: int) -> None:
    ps, weight = np.array([p, min(1.2 * p, 0.995)]), np.array([0.4, 0.6])
    plain, given_ = mixed(seen, weight, ps, 1.0, 0.95), mixed(seen, weight, ps, 1.0, 0.95, least)
    rng = np.random.default_rng(seen + least)
    which = rng.choice(2, 60_000, p=weight)
    u = rng.negative_binomial(seen + 1, ps[which])
    tail = u[u >= least]
    assert given_.p_any == 1.0
    assert given_.most >= max(plain.most, least)
    assert given_.mean >= max(plain.mean, least) - 1e-9
    if len(tail) > 5000:
        assert (tail <= given_.most).mean() >= 0.93
        assert (tail < given_.most).mean() <= 0.97
        assert given_.mean == pytest.approx(tail.mean(), rel=0.05)


def test_what_cannot_be_by_the_watch_is_still_counted_when_it_was_found() -> None:
    sure = mixed(0, np.ones(1), np.array([1.0 - 1e-9]), 1.0, 0.95, least=4)
    assert (sure.most, sure.mean, sure.p_any) == (4, 4.0, 1.0)
    cells = window(np.full(50, 0.1), np.ones(50))
    with_sign = undetected_by_choice(cells, [0] * 3, least=2)
    without = undetected_by_choice(cells, [0] * 3)
    assert with_sign is not None
    assert without is not None
    assert with_sign.bound.most >= max(2, without.bound.most)
    assert undetected(0, 0.0, 1.0) is None


def test_only_what_lies_wholly_inside_proves_a_crossing_there() -> None:
    find = _find(10.0, 20.0, 1000.0, 2000.0)
    assert lies_in(find, 0.0, 3000.0, 0.0, 30.0)
    assert not lies_in(find, 1500.0, 3000.0, 0.0, 30.0)
    assert not lies_in(find, 0.0, 3000.0, 15.0, 30.0)
    assert not lies_in(Find(1, 20.0, 10.0, 1000.0, 2000.0, round_an_end=True), 0.0, 3000.0, 0.0, 30.0)
