from __future__ import annotations

import math

import numpy as np
import pytest

from sight_by_definition import need_by_definition
from watchline.geo.sight import MEAN_EARTH_RADIUS_M
from watchline.geo.terrain import Terrain
from watchline.geo.viewshed import least_visible_around, least_visible_field_m, seen_from_need

MILLIMETRE = 1e-3


def rough(seed: int, rows: int = 21, cols: int = 25, cliffs: bool = False) -> np.ndarray:
    rng = np.random.default_rng(seed)
    ground = 300 + np.cumsum(np.cumsum(rng.normal(0, 0.8, (rows, cols)), 0), 1) + rng.normal(0, 4.0, (rows, cols))
    return 25 * np.floor(ground / 25) if cliffs else ground


def with_voids(ground: np.ndarray, seed: int, share: float = 0.01) -> np.ndarray:
    holed = ground.copy()
    holed[np.random.default_rng(seed).random(ground.shape) < share] = np.nan
    return holed


def field(height: np.ndarray, row: int, col: int, **options: object) -> np.ndarray:
    chosen: dict[str, object] = {"mast_m": 8.0, "range_m": 3000.0, "cell_m": (30.0, 30.0)} | options
    return least_visible_field_m(height, row, col, **chosen)  # type: ignore[arg-type]


@pytest.mark.parametrize(("seed", "cliffs"), [(0, False), (1, True), (2, False), (3, True)])
def test_exact_is_the_definition(seed: int, cliffs: bool) -> None:
    height = rough(seed, cliffs=cliffs)
    row, col = [(10, 12), (0, 0), (20, 7), (5, 24)][seed]
    truth = need_by_definition(height, row, col, 8.0, 3000.0)
    assert np.nanmax(np.abs(field(height, row, col) - truth) / (1 + truth)) < 1e-6
    assert np.isfinite(truth).all()


@pytest.mark.parametrize("seed", range(4))
def test_beside_voids_exact_is_the_definition(seed: int) -> None:
    height = with_voids(rough(seed), seed, [0.002, 0.01, 0.05, 0.2][seed])
    height[10, 12] = 320.0
    truth = need_by_definition(height, 10, 12, 8.0, 3000.0)
    need = field(height, 10, 12)
    assert np.array_equal(np.isnan(need), np.isnan(truth))
    assert np.nanmax(np.abs(need - truth)) < MILLIMETRE


@pytest.mark.parametrize("exact", [True, False])
def test_every_cell_of_level_ground_is_known_its_corners_too(exact: bool) -> None:
    """A wedge may begin exactly at a corner, 7 cells across in 25, where rounding once lost it."""
    for shape, row, col in [((8, 26), 0, 0), ((8, 44), 0, 18), ((31, 37), 7, 25), ((14, 44), 6, 2)]:
        need = field(np.zeros(shape), row, col, range_m=5000.0, exact=exact)
        assert np.isfinite(need).all(), (shape, row, col)


def test_a_line_along_a_void_is_known_and_through_it_is_not() -> None:
    height = np.full((21, 21), 100.0)
    height[9, 12:15] = np.nan
    need = field(height, 10, 10)
    assert need[10, 20] == 0.0  # runs along the grid line, over sound nodes only
    assert np.isnan(need[8, 16])
    assert np.isnan(need[9, 13])


@pytest.mark.parametrize("cell_m", [(30.0, 18.0), (7.0, 30.0)])
def test_cells_need_not_be_square(cell_m: tuple[float, float]) -> None:
    height = rough(9)
    truth = need_by_definition(height, 11, 20, 8.0, 600.0, cell_m)
    need = field(height, 11, 20, cell_m=cell_m, range_m=600.0)
    assert np.array_equal(np.isnan(need), np.isnan(truth))
    assert np.nanmax(np.abs(need - truth)) < MILLIMETRE


def test_beyond_the_horizon_the_closed_form_holds() -> None:
    drop = (1 - 1 / 7) / (2 * MEAN_EARTH_RADIUS_M)
    horizon_m = math.sqrt(30.0 / drop)
    distance_m = np.arange(1, 2001) * 30.0
    hidden_m = np.where(distance_m > horizon_m, drop * (distance_m - horizon_m) ** 2, 0.0)
    level = np.full((3, 2001), 250.0, np.float32)
    need = field(level, 1, 0, mast_m=30.0, range_m=60_000.0)
    fast = field(level, 1, 0, mast_m=30.0, range_m=60_000.0, exact=False)
    assert np.abs(need[1, 1:] - hidden_m).max() < MILLIMETRE
    assert np.abs(fast[1, 1:] - hidden_m).max() < 0.05


def test_radio_sees_farther_than_light() -> None:
    level = np.zeros((1, 1501), np.float32)
    light = field(level, 0, 0, mast_m=30.0, range_m=45_000.0)
    radio = field(level, 0, 0, mast_m=30.0, range_m=45_000.0, refraction_k=1 / 4)
    assert radio[0, 1400] < light[0, 1400]


def test_a_wall_casts_its_shadow_to_scale() -> None:
    height = np.zeros((1, 201))
    height[0, 110] = 20.0
    need = field(height, 0, 100, mast_m=10.0, cell_m=(10.0, 10.0), refraction_k=1.0)
    assert need[0, 120] == pytest.approx(30.0, abs=1e-5)  # 10 + (20 - 10) / 100 m * 200 m
    assert need[0, 105] == 0.0


@pytest.mark.parametrize("exact", [True, False])
def test_beyond_the_range_nothing_is_said(exact: bool) -> None:
    need = field(rough(1, 37, 41), 18, 20, range_m=300.0, exact=exact)
    rows, cols = np.indices(need.shape)
    inside = np.hypot(rows - 18, cols - 20) <= 10
    assert np.array_equal(np.isfinite(need), inside)


def test_fast_is_near_exact_on_smooth_ground() -> None:
    rows, cols = np.indices((201, 201))
    height = 20 * np.sin(rows / 17) + 25 * np.cos(cols / 23)
    need, fast = field(height, 100, 90), field(height, 100, 90, exact=False)
    assert ((need <= 1.7) != (fast <= 1.7)).sum() / np.isfinite(need).sum() < 0.005


def test_fast_knows_nothing_behind_a_void() -> None:
    height = np.zeros((41, 41))
    height[15:26, 28] = np.nan
    assert np.isnan(field(height, 20, 20, exact=False)[20, 30:]).all()
    assert np.isfinite(field(height, 20, 20, exact=False)[20, :28]).all()


def test_one_mast_gets_a_field_of_its_own_size() -> None:
    height = rough(3, 81, 81).astype(np.float32)
    ground = Terrain(height, 1000.0, 5000.0, 30.0)
    around = least_visible_around(ground, (1000.0 + 40 * 30 + 11, 5000.0 - 30 * 30 - 9), mast_m=8.0, range_m=450.0)
    whole = field(height, 30, 40, range_m=450.0)
    assert around.height_m.shape == (33, 33)
    assert (around.x0_m, around.y0_m) == (1000.0 + 24 * 30, 5000.0 - 14 * 30)
    assert np.array_equal(around.height_m, whole[14:47, 24:57], equal_nan=True)


def test_a_need_of_nothing_known_is_255() -> None:
    assert seen_from_need(np.array([0.0, 1.7, 1.71, np.nan], np.float32), 1.7).tolist() == [1, 1, 0, 255]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"mast_m": 0.0}, "mast_m"),
        ({"mast_m": math.nan}, "mast_m"),
        ({"range_m": 0.0}, "range_m"),
        ({"range_m": math.inf}, "range_m"),
        ({"cell_m": (0.0, 30.0)}, "cell_m"),
        ({"refraction_k": 1.5}, "refraction_k"),
    ],
)
def test_what_makes_no_sense_is_refused(options: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        field(np.zeros((3, 3)), 1, 1, **options)


def test_an_observer_off_the_grid_or_on_a_void_is_refused() -> None:
    ground = np.zeros((3, 3))
    ground[1, 1] = np.nan
    with pytest.raises(ValueError, match="void"):
        field(ground, 1, 1)
    with pytest.raises(ValueError, match="off the grid"):
        field(ground, 3, 1)
    with pytest.raises(ValueError, match="off the terrain"):
        least_visible_around(Terrain(np.zeros((3, 3), np.float32), 0, 0, 1), (9.0, 0.0), mast_m=1, range_m=2)


def test_the_heights_are_left_as_they_were() -> None:
    height = rough(5)
    before = height.copy()
    field(height, 3, 3)
    field(height, 3, 3, exact=False)
    assert np.array_equal(height, before)
