"""Published cases of interception, assignment and load, and others worked out by other means."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchline.response.assign import NOBODY, assign
from watchline.response.containment import contain
from watchline.response.intercept import chance_by, meeting, on_the_way_s, straight_s
from watchline.response.load import all_busy, must_wait


def test_straight_interception() -> None:
    p, v = np.array([3.0, 4.0]), np.array([0.0, 5.0])
    assert straight_s(p, v, 13.0) == pytest.approx(0.578094, abs=5e-7)
    assert straight_s(p, v, 4.0) == math.inf
    assert straight_s(np.array([0.0, 10.0]), np.array([0.0, -5.0]), 4.0) == pytest.approx(10 / 9)
    # As fast as each other: they come, or they do not.
    assert straight_s(np.array([0.0, 10.0]), np.array([0.0, -5.0]), 5.0) == pytest.approx(1.0)
    assert straight_s(np.array([0.0, 10.0]), np.array([0.0, 5.0]), 5.0) == math.inf


@given(st.tuples(*[st.floats(-50, 50)] * 4), st.floats(0.1, 20))
def test_who_meets_is_where_the_other_is(pv: tuple[float, ...], speed: float) -> None:
    p, v = np.array(pv[:2]), np.array(pv[2:])
    t = straight_s(p, v, speed)
    if 0.0 < t < 1e6:
        assert np.hypot(*(p + v * t)) == pytest.approx(speed * t, rel=1e-5, abs=1e-6)
        earlier = np.linspace(0.0, t, 50)[1:-1]  # and nobody could have been there before
        gap = np.hypot(*(p[:, None] + v[:, None] * earlier)) - speed * earlier
        assert (gap > -1e-6 * (1 + speed * t)).all()


def test_on_a_field_as_in_closed_form() -> None:
    t = np.arange(0.0, 2.0, 1e-3)
    way = np.array([3.0, 4.0]) + t[:, None] * np.array([0.0, 5.0])
    assert on_the_way_s(t, np.hypot(*way.T) / 13.0) == pytest.approx(0.578094, abs=1e-3)
    assert on_the_way_s(t, np.hypot(*way.T) / 4.0) == math.inf


def test_an_uncertain_way_is_met_with_the_weight_of_the_ways_in_reach() -> None:
    t = np.arange(0.0, 10.0)
    near, far = np.full(10, 2.0), np.full(10, np.inf)
    ways = np.stack([np.column_stack([t, np.zeros(10)]), np.column_stack([t, np.ones(10)])])
    chance = chance_by(t, np.stack([near, far]), np.array([0.7, 0.3]), margin_s=1.0)
    assert chance.tolist() == pytest.approx([0, 0, 0] + [0.7] * 7)
    met = meeting(t, ways, np.stack([near, far]), np.array([0.7, 0.3]), margin_s=1.0)
    assert met is not None
    assert (met.t_s, met.chance, met.arrives_s, met.xy_m.tolist()) == (3.0, pytest.approx(0.7), 2.0, [3.0, 0.0])
    assert meeting(t, ways, np.full((2, 10), np.inf), np.array([0.7, 0.3])) is None


def test_published_assignment() -> None:
    cost = np.array([[4.0, 1, 3], [2, 0, 5], [3, 2, 2]])
    worth = np.zeros((3, 4, 1))
    worth[:, 1:, 0] = 100.0 - cost  # everybody must be served
    found = assign(worth)
    assert found.unit.tolist() == [1, 0, 2]
    assert 300.0 - found.worth == 5.0


def enumerated(worth: np.ndarray) -> float:
    """Return the best over every way to give each alert one unit or none and one drone or none."""
    alerts, units, drones = worth.shape
    best = 0.0
    for chosen in itertools.product(range(units), repeat=alerts):
        if len({u for u in chosen if u}) != sum(u > 0 for u in chosen):
            continue
        for eyes in itertools.product(range(drones), repeat=alerts):
            if len({k for k in eyes if k}) == sum(k > 0 for k in eyes):
                best = max(best, float(sum(worth[a, chosen[a], eyes[a]] for a in range(alerts))))
    return best


@settings(max_examples=25)
@given(st.integers(1, 3), st.integers(1, 4), st.integers(0, 2), st.integers(0, 2**31))
def test_never_worse_than_every_way_tried(alerts: int, units: int, drones: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    worth = rng.normal(0.3, 1.0, (alerts, units + 1, drones + 1)).round(3)
    worth[:, 0, 0] = 0.0
    found = assign(worth)
    assert found.exact
    assert found.worth == pytest.approx(enumerated(worth), abs=1e-9)
    assert found.worth == pytest.approx(
        sum(worth[a, found.unit[a] + 1, found.drone[a] + 1] for a in range(alerts)), abs=1e-9
    )
    for who in (found.unit, found.drone):
        sent = who[who != NOBODY]
        assert len(set(sent.tolist())) == len(sent)


def test_wrong_worths_are_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        assign(np.full((1, 2, 1), np.nan))
    with pytest.raises(ValueError, match="worth 0"):
        assign(np.ones((1, 2, 1)))


@settings(max_examples=25)
@given(st.integers(1, 5), st.integers(1, 4), st.integers(1, 3), st.integers(0, 2**31))
def test_containment_is_as_good_as_every_way_tried(ways: int, points: int, units: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    passes = np.where(rng.random((ways, points)) < 0.6, rng.uniform(100, 900, (ways, points)), np.inf)
    reach = rng.uniform(50, 900, (units, points))
    weight = rng.dirichlet(np.ones(ways))
    best = 0.0
    for held in itertools.product(range(points), repeat=units):
        stopped = [any(reach[u, c] + 60.0 <= passes[j, c] < np.inf for u, c in enumerate(held)) for j in range(ways)]
        best = max(best, float(weight[stopped].sum()))
    assert contain(passes, weight, reach, 60.0).stopped == pytest.approx(best, abs=1e-6)


@pytest.mark.parametrize(("units", "share"), [(1, 0.66667), (2, 0.4), (3, 0.21053), (4, 0.09524)])
def test_erlang_b(units: int, share: float) -> None:
    assert all_busy(2.0, units) == pytest.approx(share, abs=5e-6)


def test_erlang_c() -> None:
    assert must_wait(2.0, 3) == pytest.approx(0.44444, abs=5e-6)
    assert must_wait(3.0, 3) == 1.0
