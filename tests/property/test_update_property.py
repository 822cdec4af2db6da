"""A field updated after one change is the field solved anew."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchline.coverage.update import least_cost_after
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
