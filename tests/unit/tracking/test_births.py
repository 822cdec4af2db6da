"""Undetected subjects who come in as somebody says, and pass the far edge."""

from __future__ import annotations

import numpy as np
import pytest

from builders import T0_S, camera, level, radar, scan, sighting, site, straight_line
from watchline.assurance.account import accrued
from watchline.domain.undetected import Births
from watchline.sensing.detection import WALKER, p_detect, performance_table
from watchline.tracking import tracker
from watchline.tracking.undetected.births import SPEED_M_S
from watchline.tracking.undetected.field import SPREAD_M2_S, spread

LINE = straight_line()
BIRTHS = Births(
    np.array([2000.0, 4000.0, 6000.0]), np.array([[4.0, 1.0, 0.0, 1.0], [0.0, 0.0, 2.0, 0.0]]), -1000.0, 1000.0
)


def _fed() -> tracker.State:
    return tracker.with_births(tracker.init(tracker.set_up(site(radar(mast_m=30.0)), LINE, level())), BIRTHS)


def test_where_nobody_looks_as_many_pass_as_come_in() -> None:
    ground, state = _fed().setup.ground, _fed()
    amount, tally = np.zeros(ground.birth.size), np.zeros(6)
    hours = []
    for _ in range(5):
        passed = np.zeros(2)
        for _ in range(360):
            spread(ground, amount.copy(), amount.sum(), amount, tally, passed, 10.0, 1.0, 1.0)
        hours.append(passed.sum())
    np.testing.assert_allclose(ground.birth.sum() * 3600.0, BIRTHS.per_h.sum())
    assert hours[-1] == pytest.approx(BIRTHS.per_h.sum(), rel=0.01)
    assert tally[0] - tally[3] == pytest.approx(amount.sum(), rel=1e-9)
    assert tracker.undetected(state).passed.tolist() == [0.0, 0.0]


def test_who_is_looked_at_does_not_pass_undetected() -> None:
    state = _fed()
    for k in range(600):
        t_s = T0_S + 10.0 * k
        state, _ = tracker.step(state, scan(k, 0, t_s), sighting(k, 0, radar(), t_s, []), t_s)
    field = tracker.undetected(state)
    assert abs(field.balance) < 1e-9
    assert field.found > 0.9 * field.born
    assert field.passed.sum() < 0.1 * field.born


REACH_M = 3000.0
EDGES_M = -1025.0, 1037.5  # the middle of the cells by which this grid lets people in, and the end of its last ones


def _flux_per_h(period_s: float, births: Births) -> float:
    """Return how many pass undetected an hour in the long run, looked at once each period."""
    sensor = radar(mast_m=30.0, max_range_m=REACH_M)
    state = tracker.with_births(tracker.init(tracker.set_up(site(sensor), LINE, level())), births)
    nothing, tick_s = sighting(0, 0, sensor, T0_S, []), 10.0
    every, passed = round(period_s / tick_s), []
    for k in range(4 * every + 1):
        reach_m = REACH_M if k % every == 0 else 1.0
        state, _ = tracker.step(
            state, scan(k, 0, T0_S + tick_s * k, range_m=reach_m), nothing, T0_S + tick_s * k
        )  # fmt: skip
        passed.append(tracker.undetected(state).passed.sum())
    return float(passed[-1] - passed[2 * every]) / (2.0 * period_s / 3600.0)


def _p_pass(period_s: float, stretch_m: tuple[float, float], crossers: int = 100_000) -> float:
    """Return the chance to pass of single crossers who walk and stray as the field says, none of them on a grid."""
    rng, dt_s = np.random.default_rng(5), 10.0
    table = performance_table((radar(mast_m=30.0, max_range_m=REACH_M),), WALKER)[0]
    away = np.linspace(0.0, REACH_M, 2000)
    p_look = np.array([p_detect(table, max(r, 1.0), np.nan, 1.0) for r in away])
    s, d = rng.uniform(*stretch_m, crossers), EDGES_M[0] + rng.uniform(-62.5, 62.5, crossers)
    missed, phase_s, t_s = np.ones(crossers), rng.uniform(0.0, period_s, crossers), 0.0
    left, passed = np.ones(crossers, bool), 0.0
    while left.any():
        k = np.flatnonzero(left)
        stray = np.sqrt(2.0 * SPREAD_M2_S * dt_s) * rng.standard_normal((2, len(k)))
        d[k] += SPEED_M_S * dt_s + stray[0]
        s[k] += stray[1]
        look = k[np.floor((t_s + dt_s + phase_s[k]) / period_s) > np.floor((t_s + phase_s[k]) / period_s)]
        r = np.hypot(s[look] - 5000.0, d[look] - 100.0)
        missed[look] *= 1.0 - np.where(r <= REACH_M, np.interp(r, away, p_look), 0.0)
        t_s += dt_s
        through = k[d[k] >= EDGES_M[1]]
        passed += missed[through].sum()
        left[through] = False
        left &= missed > 1e-4
    return passed / crossers


@pytest.mark.slow
@pytest.mark.parametrize("period_s", [3000.0, 6000.0])
def test_the_flux_past_the_far_edge_is_the_rate_times_the_missed_exposure(period_s: float) -> None:
    """The rate is the account's, M the exposure in which one would be missed; gentle looks, near the sensor.

    With looks that leave one in thirty the flux is a tenth too large, at the edge of a sensor's range a twentieth too
    small: cells of 125 m are too coarse there.
    """
    births = Births(np.array([4000.0, 6000.0]), np.array([[6.0, 0.0, 0.0, 0.0]]), *EDGES_M)
    p = _p_pass(period_s, (4000.0, 6000.0))
    kept = accrued(np.array([p]), np.array([p]), 1.0)
    rate_per_h = births.per_h.sum() / float(kept.whole.sum())
    assert _flux_per_h(period_s, births) == pytest.approx(rate_per_h * float(kept.missed.sum()), rel=0.01)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"edges_m": np.array([0.0])}, "edges_m"),
        ({"per_h": np.ones((3, 4))}, "per_h"),
        ({"per_h": np.array([[np.nan] * 4] * 2)}, "per_h"),
        ({"far_m": -2000.0}, "outer_m"),
    ],
)
def test_births_that_cannot_be_are_refused(changes: dict[str, object], field: str) -> None:
    with pytest.raises(ValueError, match=field):
        Births(**{**vars(BIRTHS), **changes})  # type: ignore[arg-type]


def test_a_belt_off_the_grid_is_refused() -> None:
    state = tracker.init(tracker.set_up(site(camera()), LINE, level()))
    with pytest.raises(ValueError, match="stretch"):
        tracker.with_births(state, Births(np.array([90_000.0, 95_000.0]), np.ones((1, 4)), -1000.0, 1000.0))
