"""Contrast measured on reference objects: where, how surely, how old."""

from __future__ import annotations

import math

import numpy as np
import pytest

from builders import camera
from watchline.sensing.detection import p_detect, performance_table
from watchline.sensing.reference_contrast import (
    PRIOR_SD,
    Measured,
    Quality,
    State,
    effective_range_m,
    p_detect_unsure,
    quality_at,
    step,
)

ROW = performance_table((camera(max_range_m=20_000.0),))[0]


def seen(
    a: float, b: float, *ranges: float, kind: str = "warm", rng: np.random.Generator | None = None
) -> tuple[Measured, ...]:
    noise = rng.normal(0, 0.05, len(ranges)) if rng is not None else np.zeros(len(ranges))
    return tuple(Measured(r, math.exp(a - b * r + n), 0.02, kind) for r, n in zip(ranges, noise, strict=True))


def test_two_objects_tell_lens_and_air_apart() -> None:
    rng, state = np.random.default_rng(1), State()
    for minute in range(60):
        state = step(state, seen(-0.4, 2e-4, 300.0, 2500.0, rng=rng), 60.0 * minute)
    assert state.mean[0] == pytest.approx(-0.4, abs=0.1)
    assert state.mean[1] == pytest.approx(2e-4, abs=0.5e-4)
    far = quality_at(state, 3000.0, 3600.0)
    assert far.quality == pytest.approx(math.exp(-0.4 - 0.6), rel=0.15)
    assert far.sd_ln < 0.15


def test_the_claimed_error_is_the_error_made() -> None:
    rng, off = np.random.default_rng(2), []
    for _ in range(200):
        a, b = rng.normal(0, 0.5), abs(rng.normal(0, 2e-4))
        state = State()
        for minute in range(5):
            true = np.exp(a - b * np.array([400.0, 1800.0]))
            shares = true * np.exp(rng.normal(0, math.hypot(0.08, 0.02), 2))
            near, far = (float(s) for s in shares)
            measured = Measured(400.0, near, 0.02 * near, "warm"), Measured(1800.0, far, 0.02 * far, "warm")
            state = step(state, measured, 60.0 * minute)
        row = np.array([1.0, -1500.0])
        off.append(float(row @ state.mean - (a - b * 1500.0)) / math.sqrt(float(row @ state.cov @ row)))
    assert 0.7 < np.std(off) < 1.3


def test_an_old_measurement_is_unsure_and_in_the_end_unknown() -> None:
    state = step(State(), seen(-0.2, 1e-4, 500.0, 2000.0), 0.0)
    ages = [quality_at(state, 4000.0, t) for t in (0.0, 3_600.0, 6 * 3_600.0, 4 * 86_400.0)]
    assert [q.age_s for q in ages] == [0.0, 3_600.0, 6 * 3_600.0, 4 * 86_400.0]
    assert np.all(np.diff([q.sd_ln for q in ages]) > 0)
    assert math.isnan(ages[-1].quality)


def test_never_measured_is_unknown_and_not_perfect() -> None:
    unknown = quality_at(State(), 1000.0, 5.0)
    assert math.isnan(unknown.quality)
    assert math.isnan(unknown.age_s)
    low_middle_high = effective_range_m(ROW, State(), 0.0)
    assert low_middle_high[1] < 0.7 * low_middle_high[0]


def test_a_heated_plate_is_trusted_more_than_a_post() -> None:
    warm, post = (step(State(), seen(-1.0, 0.0, 800.0, kind=kind), 0.0) for kind in ("warm", "post"))
    assert quality_at(warm, 800.0, 0.0).sd_ln < quality_at(post, 800.0, 0.0).sd_ln


def test_heat_crossover_is_not_taken_for_fog() -> None:
    before = step(State(), seen(-0.1, 0.0, 800.0), 0.0)
    after = step(before, (Measured(800.0, -0.05, 0.02, "post"), Measured(900.0, 0.01, 0.03, "post")), 60.0)
    np.testing.assert_allclose(after.mean, before.mean)


def test_haze_shortens_the_effective_range_and_the_interval_holds_it() -> None:
    clear = hazy = State()
    for minute in range(30):
        clear = step(clear, seen(0.0, 0.0, 400.0, 2000.0), 60.0 * minute)
        hazy = step(hazy, seen(-0.3, 5e-4, 400.0, 2000.0), 60.0 * minute)
    far, near = effective_range_m(ROW, clear, 1800.0), effective_range_m(ROW, hazy, 1800.0)
    assert near[0] < 0.8 * far[0]
    assert near[1] <= near[0] <= near[2]


def test_unsure_contrast_is_averaged_and_not_taken_at_its_middle() -> None:
    sure, unsure = Quality(0.3, 1e-9, 0.0), Quality(0.3, 0.7, 0.0)
    r = effective_range_m(ROW, step(State(), seen(math.log(0.3), 0.0, 400.0, 2000.0), 0.0), 0.0)[0]
    assert p_detect_unsure(ROW, r, sure) == pytest.approx(p_detect(ROW, r, 0.3, math.inf))
    assert p_detect_unsure(ROW, 1.6 * r, unsure) > p_detect_unsure(ROW, 1.6 * r, sure)
    assert 0.0 <= p_detect_unsure(ROW, r, unsure) <= 1.0


def test_heated_plates_that_are_not_to_be_made_out_any_more_are_a_lens_that_sees_nothing() -> None:
    state = State()
    for minute in range(60):
        state = step(state, seen(0.0, 0.0, 400.0, 2500.0), 60.0 * minute)
    assert quality_at(state, 1500.0, 3600.0).quality > 0.95
    for minute in range(60, 75):
        gone = tuple(Measured(r, share, 0.02, "warm") for r, share in ((400.0, 0.001), (2500.0, -0.004)))
        state = step(state, gone, 60.0 * minute)
    now = quality_at(state, 1500.0, 75 * 60.0)
    assert now.quality < 0.05
    assert now.age_s == pytest.approx(60.0)


def test_a_post_without_contrast_says_nothing_and_a_plate_that_is_hidden_once_comes_back() -> None:
    state = State()
    for minute in range(60):
        state = step(state, seen(0.0, 0.0, 400.0, 2500.0), 60.0 * minute)
    crossover = step(state, (Measured(400.0, 0.0, 0.02, "post"), Measured(900.0, 0.0, 0.02, "unit")), 3600.0)
    assert quality_at(crossover, 1500.0, 3600.0).quality == pytest.approx(quality_at(state, 1500.0, 3600.0).quality)
    hidden = step(state, (Measured(400.0, 0.0, 0.02, "warm"),), 3600.0)
    assert quality_at(hidden, 1500.0, 3600.0).quality < quality_at(state, 1500.0, 3600.0).quality
    for minute in range(61, 71):
        hidden = step(hidden, seen(0.0, 0.0, 400.0, 2500.0), 60.0 * minute)
    assert quality_at(hidden, 1500.0, 71 * 60.0).quality > 0.85


def test_what_a_plate_that_is_gone_tells_is_what_draws_below_the_limit_tell() -> None:
    rng, n = np.random.default_rng(3), 1_000_000
    drawn = rng.normal(0.0, PRIOR_SD[0], n) - 2000.0 * rng.normal(0.0, PRIOR_SD[1], n)
    below = drawn[drawn + rng.normal(0.0, 0.08, n) < math.log(2 * 0.05)]
    state = step(State(), (Measured(2000.0, 0.01, 0.05, "warm"),), 0.0)
    row = np.array([1.0, -2000.0])
    assert float(row @ state.mean) == pytest.approx(below.mean(), abs=0.02)
    assert math.sqrt(float(row @ state.cov @ row)) == pytest.approx(below.std(), rel=0.05)
