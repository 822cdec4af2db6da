from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from watchline.geo.mobility import (
    CLASSES,
    FOOT,
    ROADS,
    WATER,
    areas_on_grid,
    roads_on_grid,
    speed_factor,
)
from watchline.geo.terrain import Terrain

GRID = Terrain(np.zeros((40, 60), np.float32), 1000.0, 5000.0, 30.0)


def centres() -> np.ndarray:
    rows, cols = GRID.height_m.shape
    return np.stack(np.meshgrid(1000.0 + 30.0 * np.arange(cols), 5000.0 - 30.0 * np.arange(rows)), axis=-1)


def test_walking_factors_are_those_of_the_terrain_coefficients() -> None:
    cover = np.array([[50, 60, 20, 10, 90]], np.uint8)
    expected = 1 / np.sqrt([1.0, 1.1, 1.2, 1.5, 1.8])
    np.testing.assert_allclose(speed_factor(cover, None, "foot")[0], expected, rtol=1e-6)


@pytest.mark.parametrize("mover", ["foot", "wheels"])
def test_water_stops_and_a_bridge_carries(mover: str) -> None:
    cover, roads = np.full((1, 2), WATER, np.uint8), np.array([[0, ROADS["track"]]], np.uint8)
    factor = speed_factor(cover, roads, mover)  # type: ignore[arg-type]
    assert factor[0, 0] == 0.0
    assert factor[0, 1] > 0.9


def test_wheels_do_not_cross_wetland_and_walkers_do() -> None:
    cover = np.array([[90]], np.uint8)
    assert speed_factor(cover, None, "wheels")[0, 0] == 0.0
    assert speed_factor(cover, None, "foot")[0, 0] > 0.5


@pytest.mark.parametrize("mover", ["foot", "wheels"])
def test_a_better_road_is_never_slower_and_a_road_never_slows(mover: str) -> None:
    for kind in (0, *CLASSES):
        cover = np.full((1, 4), kind, np.uint8)
        factor = speed_factor(cover, np.array([[0, 1, 2, 3]], np.uint8), mover)  # type: ignore[arg-type]
        assert (np.diff(factor[0]) >= 0).all()


def test_unknown_ground_counts_as_bare() -> None:
    assert FOOT[0] == FOOT[60]
    assert speed_factor(None, np.zeros((2, 2), np.uint8), "foot")[0, 0] == np.float32(FOOT[60])


def test_what_is_blocked_is_not_entered_even_on_a_road() -> None:
    blocked = np.array([[True, False]])
    factor = speed_factor(None, np.array([[3, 3]], np.uint8), "wheels", blocked=blocked)
    assert factor.tolist() == [[0.0, 3.0]]


def test_grids_of_two_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="one shape"):
        speed_factor(np.zeros((2, 2), np.uint8), np.zeros((2, 3), np.uint8), "foot")
    with pytest.raises(ValueError, match="one shape"):
        speed_factor(None, None, "foot")


def test_a_road_runs_through_joined_cells_and_the_better_surface_wins() -> None:
    slanting = np.array([[1000.0, 5000.0], [1500.0, 4800.0], [2700.0, 3900.0]])
    level = np.array([[900.0, 4800.0], [3000.0, 4800.0]])
    roads = roads_on_grid([(slanting, "track"), (level, "paved")], GRID)
    rows = np.flatnonzero((roads == 3).all(axis=1))
    assert (5000.0 - 30.0 * rows).tolist() == pytest.approx([4800.0], abs=15.0)
    track = np.argwhere(roads > 0)
    assert shapely.LineString(slanting).distance(
        shapely.points(centres()[tuple(track[roads[tuple(track.T)] == 1].T)])
    ).max() < 30.0  # fmt: skip
    steps = np.abs(np.diff(np.argwhere(roads_on_grid([(slanting, "track")], GRID) > 0)[:, 0]))
    assert steps.max() <= 1


def test_a_road_off_the_grid_is_no_road() -> None:
    assert not roads_on_grid([(np.array([[-9000.0, 0.0], [-8000.0, 10.0]]), "paved")], GRID).any()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(3, 9))
def test_an_area_holds_every_cell_whose_centre_it_holds_and_none_far_from_it(seed: int, corners: int) -> None:
    rng = np.random.default_rng(seed)
    angle = np.sort(rng.uniform(0, 2 * np.pi, corners))
    ring = np.column_stack([1900 + rng.uniform(100, 1200, corners) * np.cos(angle),
                            4400 + rng.uniform(100, 900, corners) * np.sin(angle)])  # fmt: skip
    polygon = shapely.Polygon(ring)
    if not polygon.is_valid:
        return
    inside = areas_on_grid([ring], GRID)
    xy = centres()
    distance = shapely.distance(polygon, shapely.points(xy))
    assert inside[shapely.contains_xy(polygon, xy[..., 0], xy[..., 1])].all()
    assert distance[inside].max(initial=0.0) < 30.0
