"""A field updated after one change is the field solved anew."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchline.coverage.crossing import Belt, crossing, crossing_after, strength
from watchline.coverage.solver.update import least_cost_after
from watchline.coverage.weakest_path import Ground, ends_in, exposure_field

SHAPE = (60, 700)
A_CELL = 0.1  # of a cell's cost: twice what the update takes for unmoved


def _rate(seed: int):
    rng = np.random.default_rng(seed)
    r, c = np.mgrid[0 : SHAPE[0], 0 : SHAPE[1]]
    rate = np.full(SHAPE, 1e-5)
    for at in range(30, SHAPE[1], 60):
        row, col = rng.uniform(15, 45), at + rng.uniform(-10, 10)
        rate += rng.uniform(5e-4, 3e-3) * np.exp(-((r - row) ** 2 + (c - col) ** 2) / 300.0)
    return rate


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31), st.booleans(), st.integers(0, 1))
def test_an_updated_field_is_the_field_solved_anew(seed, stronger, side):
    rng = np.random.default_rng(seed)
    rate = _rate(seed)
    row, col = rng.integers(0, SHAPE[0] - 20), rng.integers(0, SHAPE[1] - 40)
    box = (row, row + 20, col, col + 40)
    changed = rate.copy()
    changed[box[0] : box[1], box[2] : box[3]] *= 4.0 if stronger else 0.05
    mask = np.zeros(SHAPE, bool)
    mask[-side] = True
    start = ends_in(mask)
    before = exposure_field(Ground(rate, 1.3, 30.0), start)
    kept = before.copy()
    new = Ground(changed, 1.3, 30.0)
    got = least_cost_after(new.cost_per_m(), 30.0, start, before, box)
    want = exposure_field(new, start)
    assert np.array_equal(before, kept)
    assert np.all(np.abs(got - want) <= A_CELL * new.cost_per_m() * 30.0 + 1e-3 * want)


def test_a_wall_that_closes_everything_is_noticed():
    rate = np.full((40, 400), 1e-3)
    mask = np.zeros(rate.shape, bool)
    mask[:, 0] = True
    start = ends_in(mask)
    before = exposure_field(Ground(rate, 1.3, 30.0), start)
    rate[:, 200] = np.inf
    got = least_cost_after(Ground(rate, 1.3, 30.0).cost_per_m(), 30.0, start, before, (0, 40, 200, 201))
    assert np.all(np.isinf(got[:, 200:]))
    assert got[:, :200] == pytest.approx(before[:, :200])


WIDE = (90, 900)


def _shadowed(seed: int):
    """Return towers along the middle with shadows behind random ridges, and walls with gaps."""
    rng = np.random.default_rng(seed)
    r, c = np.mgrid[0 : WIDE[0], 0 : WIDE[1]].astype(np.float32)
    rate = np.full(WIDE, 1e-5, np.float32)
    for at in range(30, WIDE[1], 60):
        row, col = WIDE[0] / 2 + rng.uniform(-12, 12), at + rng.uniform(-10, 10)
        rate += rng.uniform(5e-4, 3e-3) * np.exp(-((r - row) ** 2 + (c - col) ** 2) / 400.0)
    u, v = rng.uniform(0.05, 0.3, 2)
    rate[np.sin(u * r + 3 * np.sin(v * c)) + np.sin(v * r - u * c) > 0.9] = 1e-5
    speed = np.full(WIDE, 1.3, np.float32)
    for _ in range(12):
        row, col, length = rng.integers(3, WIDE[0] - 3), rng.integers(0, WIDE[1] - 40), rng.integers(5, 40)
        speed[row, col : col + length] = 0.0
    return rng, rate, speed


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**31), st.sampled_from([0.0, 0.3, 4.0]))
def test_the_line_after_one_tower_changed_is_the_line_solved_anew(seed, factor):
    rng, rate, speed = _shadowed(seed)
    offset = (np.arange(WIDE[0]) - WIDE[0] // 2)[:, None] * 30.0 + np.zeros(WIDE[1])
    line = WIDE[0] // 2 * WIDE[1] + np.arange(WIDE[1])
    belt = Belt(offset, line, 30.0 * np.arange(WIDE[1]), 40 * 30.0, 40 * 30.0)
    old = crossing(Ground(rate, speed, 30.0), belt)
    row, col = rng.integers(0, WIDE[0] - 30), rng.integers(-20, WIDE[1] - 30)
    box = (int(row), int(row) + 30, max(int(col), 0), int(col) + 50)
    changed = rate.copy()
    part = changed[box[0] : box[1], box[2] : box[3]]
    part[...] = np.maximum(part * factor, 1e-5)
    new = Ground(changed, speed, 30.0)
    got, want = crossing_after(old, new, box), crossing(new, belt)
    for side in (0, 1):
        room = A_CELL * want.cost[side] * 30.0 + 1e-3 * want.least[side]
        known = np.isfinite(want.least[side])
        assert np.array_equal(known, np.isfinite(got.least[side]))
        assert np.all(np.abs(got.least[side][known] - want.least[side][known]) <= room[known])
    stretch = np.arange(WIDE[1]) // 33
    one, other = (strength(f.at_line, stretch, 28) for f in (got, want))
    assert one == pytest.approx(other, rel=2e-3)
