from __future__ import annotations

import math

import numpy as np
import pytest

from watchline.geo.profile import need_along_m, sight_profile
from watchline.geo.viewshed import least_visible_field_m
from watchline.geo.visibility import DemError, error_field_m, p_visible_field

NO_ERROR = DemError(0.0, 300.0)
CELL = (30.0, 30.0)


def ridge(height_m: float) -> np.ndarray:
    ground = np.zeros((41, 201), np.float32)
    ground[:, 100] = height_m
    return ground


def test_a_profile_agrees_with_the_field() -> None:
    rng = np.random.default_rng(4)
    ground = np.cumsum(rng.normal(0, 3.0, (41, 61)), 1)
    need = least_visible_field_m(ground, 20, 5, mast_m=10.0, range_m=3000.0, cell_m=CELL)
    for row, col in [(3, 60), (40, 33), (20, 59), (0, 25), (33, 18)]:
        line = sight_profile(ground, (20, 5), (row, col), mast_m=10, target_m=1.7, cell_m=CELL, error=NO_ERROR)
        assert max(line.need_m, 0.0) == pytest.approx(need[row, col], abs=0.5)
        assert line.need_m <= need[row, col] + 1e-4


def test_the_ridge_is_named_as_the_blocker() -> None:
    line = sight_profile(
        ridge(20.0), (20, 0), (20, 200), mast_m=10, target_m=1.7, cell_m=CELL, error=NO_ERROR, refraction_k=1.0
    )
    assert line.distance_m[line.blocker] == 3000.0
    assert line.need_m == pytest.approx(30.0)
    assert line.ground_m[line.blocker] > line.sight_m[line.blocker]
    assert line.p_visible == 0.0


def test_a_profile_over_a_void_is_unknown() -> None:
    ground = ridge(5.0)
    ground[20, 50] = np.nan
    line = sight_profile(ground, (20, 0), (20, 200), mast_m=10, target_m=1.7, cell_m=CELL, error=NO_ERROR)
    assert math.isnan(line.need_m)
    assert math.isnan(line.p_visible)


def test_nothing_can_stand_between_neighbours() -> None:
    line = sight_profile(ridge(5.0), (20, 0), (20, 1), mast_m=10, target_m=1.7, cell_m=CELL, error=NO_ERROR)
    assert line.p_visible == 1.0


def test_a_subject_just_hidden_is_seen_almost_half_the_time() -> None:
    error = DemError(2.0, 100.0)
    line = sight_profile(
        ridge(20.0), (20, 0), (20, 200), mast_m=10, target_m=30.0, cell_m=CELL, error=error, refraction_k=1.0
    )
    assert line.p_visible == pytest.approx(0.5, abs=1e-6)


def test_the_drawn_error_has_the_spread_and_the_reach_it_was_given() -> None:
    rng = np.random.default_rng(0)
    fields = [error_field_m((200, 240), (30.0, 20.0), DemError(2.4, 90.0), rng) for _ in range(8)]
    drawn = np.stack(fields)
    assert drawn.std() == pytest.approx(2.4, rel=0.05)
    along_x = (drawn[:, :, 3:] * drawn[:, :, :-3]).mean() / drawn.var()
    along_y = (drawn[:, 9:, :] * drawn[:, :-9, :]).mean() / drawn.var()
    assert along_x == pytest.approx(math.exp(-1.0), abs=0.06)
    assert along_y == pytest.approx(math.exp(-2.0), abs=0.06)


def test_behind_one_ridge_draws_agree_with_the_first_order() -> None:
    error, ground = DemError(1.0, 2000.0), ridge(20.0)
    p = p_visible_field(
        ground, 20, 0, mast_m=10, target_m=31.0, range_m=7000.0, cell_m=CELL, error=error,
        rng=np.random.default_rng(2), draws=300, refraction_k=1.0,
    )  # fmt: skip
    line = sight_profile(
        ground, (20, 0), (20, 200), mast_m=10, target_m=31.0, cell_m=CELL, error=error, refraction_k=1.0
    )
    assert p[20, 200] == pytest.approx(line.p_visible, abs=4 * 0.5 / math.sqrt(300))


def test_without_error_the_probability_is_the_viewshed() -> None:
    ground = ridge(20.0)
    options = {"mast_m": 10.0, "range_m": 7000.0, "cell_m": CELL}
    p = p_visible_field(ground, 20, 0, target_m=1.7, error=NO_ERROR, rng=np.random.default_rng(0), draws=2, **options)  # type: ignore[arg-type]
    need = least_visible_field_m(ground, 20, 0, exact=False, **options)  # type: ignore[arg-type]
    assert np.array_equal(p == 1.0, need <= 1.7)


@pytest.mark.parametrize(("sigma_m", "correlation_m"), [(-1.0, 1.0), (1.0, 0.0), (math.nan, 1.0)])
def test_what_is_no_error_model_is_refused(sigma_m: float, correlation_m: float) -> None:
    with pytest.raises(ValueError, match="must be"):
        DemError(sigma_m, correlation_m)


def test_what_is_hidden_along_a_line_agrees_with_a_line_to_each_point() -> None:
    rng = np.random.default_rng(8)
    ground = np.cumsum(rng.normal(0, 2.0, (1, 101)), 1)
    whole = sight_profile(ground, (0, 0), (0, 100), mast_m=8.0, target_m=1.7, cell_m=CELL, error=NO_ERROR)
    need = need_along_m(whole)
    assert need[:2].tolist() == [0.0, 0.0]
    assert need[-1] == pytest.approx(max(whole.need_m, 0.0))
    for k in (2, 17, 50, 99):
        part = sight_profile(ground, (0, 0), (0, k), mast_m=8.0, target_m=1.7, cell_m=CELL, error=NO_ERROR)
        assert need[k] == pytest.approx(max(part.need_m, 0.0), abs=1e-9)


def test_behind_a_void_nothing_is_known() -> None:
    ground = np.zeros((1, 11), np.float32)
    ground[0, 5] = np.nan
    whole = sight_profile(ground, (0, 0), (0, 10), mast_m=8.0, target_m=1.7, cell_m=CELL, error=NO_ERROR)
    need = need_along_m(whole)
    assert need[:5].tolist() == [0.0] * 5
    assert np.isnan(need[5:]).all()
