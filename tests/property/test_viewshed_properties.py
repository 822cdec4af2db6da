from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from watchline.geo.viewshed import least_visible_field_m

ROUNDING_M = 1e-4  # float32 of a least visible height of up to a kilometre
grounds = st.builds(
    lambda seed, roughness, step: (lambda g: step * np.floor(g / step) if step else g)(
        np.cumsum(np.random.default_rng(seed).normal(0, roughness, (23, 29)), 1)
    ),
    st.integers(0, 2**32 - 1),
    st.sampled_from([0.0, 0.3, 6.0]),
    st.sampled_from([0.0, 12.0]),
)
rows, cols = st.integers(0, 22), st.integers(0, 28)


def need(height: np.ndarray, row: int, col: int, mast_m: float = 5.0) -> np.ndarray:
    return least_visible_field_m(height, row, col, mast_m=mast_m, range_m=800.0, cell_m=(30.0, 30.0))


@settings(max_examples=60, deadline=None)
@given(grounds, rows, cols, rows, cols, st.floats(0.1, 50.0))
def test_raising_a_wall_never_reveals(height, row, col, wall_row, wall_col, rise_m) -> None:  # type: ignore[no-untyped-def]
    if (row, col) == (wall_row, wall_col):
        return
    walled = height.copy()
    walled[wall_row, wall_col] += rise_m
    before, after = need(height, row, col), need(walled, row, col)
    elsewhere = np.isfinite(before)
    elsewhere[wall_row, wall_col] = False
    assert (after[elsewhere] >= before[elsewhere] - ROUNDING_M).all()


@settings(max_examples=60, deadline=None)
@given(grounds, rows, cols, st.floats(0.1, 40.0), st.floats(0.0, 40.0))
def test_a_higher_mast_never_hides(height, row, col, mast_m, more_m) -> None:  # type: ignore[no-untyped-def]
    low, high = need(height, row, col, mast_m), need(height, row, col, mast_m + more_m)
    known = np.isfinite(low)
    assert (high[known] <= low[known] + ROUNDING_M).all()


@settings(max_examples=60, deadline=None)
@given(grounds, rows, cols, st.integers(0, 7), st.floats(0.0, 0.3))
def test_turned_and_mirrored_ground_gives_the_turned_answer(height, row, col, way, holes) -> None:  # type: ignore[no-untyped-def]
    ground = height.copy()
    ground[np.random.default_rng(7).random(height.shape) < holes] = np.nan
    ground[row, col] = 0.0
    marked = np.zeros(height.shape)
    marked[row, col] = 1.0

    def turn(grid: np.ndarray) -> np.ndarray:
        turned = np.rot90(grid, way % 4)
        return np.ascontiguousarray(turned[:, ::-1] if way >= 4 else turned)

    there = np.argwhere(turn(marked) == 1.0)[0]
    ours, theirs = turn(need(ground, row, col)), need(turn(ground), int(there[0]), int(there[1]))
    assert np.array_equal(np.isnan(ours), np.isnan(theirs))
    assert np.allclose(ours, theirs, rtol=1e-6, atol=ROUNDING_M, equal_nan=True)


@settings(max_examples=40, deadline=None)
@given(grounds, rows, cols, rows, cols)
def test_a_void_makes_unknown_but_changes_no_answer(height, row, col, void_row, void_col) -> None:  # type: ignore[no-untyped-def]
    if (row, col) == (void_row, void_col):
        return
    holed = height.copy()
    holed[void_row, void_col] = np.nan
    before, after = need(height, row, col), need(holed, row, col)
    known = np.isfinite(after)
    assert np.isnan(after[void_row, void_col])
    assert np.allclose(after[known], before[known], rtol=1e-6, atol=ROUNDING_M)


@settings(max_examples=40, deadline=None)
@given(grounds, rows, cols, st.floats(-400.0, 3000.0))
def test_the_datum_does_not_matter(height, row, col, lift_m) -> None:  # type: ignore[no-untyped-def]
    assert np.allclose(
        need(height, row, col), need(height + lift_m, row, col), rtol=1e-5, atol=ROUNDING_M, equal_nan=True
    )
