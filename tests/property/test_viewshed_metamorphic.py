"""Viewsheds of the same ground told in another way: where the answer must be the same, it is the same."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.transform import from_origin

from watchline.geo.terrain import Terrain
from watchline.geo.viewshed import least_visible_around, least_visible_field_m
from watchline.sources.dem import read_dem_around
from watchline.sources.tiles import Tile, mosaic

ROUNDING_M = 1e-4  # float32 of a least visible height of up to a kilometre
SHAPE = (31, 37)
grounds = st.builds(
    lambda seed, rough: (
        np.cumsum(np.random.default_rng(seed).normal(0, rough, SHAPE), 1)
        + np.random.default_rng(seed + 1).normal(0, rough, SHAPE)
    ),
    st.integers(0, 2**32 - 1),
    st.sampled_from([0.3, 2.0, 8.0]),
)
rows, cols = st.integers(0, SHAPE[0] - 1), st.integers(0, SHAPE[1] - 1)
exactly = st.booleans()


def need(height: np.ndarray, row: int, col: int, **more: Any) -> np.ndarray:
    options: dict[str, Any] = {"mast_m": 6.0, "range_m": 900.0, "cell_m": (30.0, 30.0)} | more
    return least_visible_field_m(height, row, col, **options)


@settings(max_examples=40, deadline=None)
@given(grounds, rows, cols, st.integers(0, 7), exactly)
def test_turned_and_mirrored_whole_metres_give_the_very_same_answer(height, row, col, way, exact) -> None:  # type: ignore[no-untyped-def]
    """Heights in whole metres: differences are exact, so that rounding cannot hide an asymmetry of the method."""
    ground = np.round(height)
    marked = np.zeros(SHAPE)
    marked[row, col] = 1.0

    def turn(grid: np.ndarray) -> np.ndarray:
        turned = np.rot90(grid, way % 4)
        return np.ascontiguousarray(turned[:, ::-1] if way >= 4 else turned)

    there = np.argwhere(turn(marked) == 1.0)[0]
    ours = turn(need(ground, row, col, exact=exact))
    theirs = need(turn(ground), int(there[0]), int(there[1]), exact=exact)
    assert np.array_equal(np.isnan(ours), np.isnan(theirs))
    if exact:
        assert np.array_equal(ours <= 1.7, theirs <= 1.7)
    # The fast product works in float32, and a sight line carries the rounding of its nearest cells outward.
    np.testing.assert_allclose(ours, theirs, rtol=2e-7 if exact else 2e-5, atol=1e-6 if exact else 1e-3)


@settings(max_examples=40, deadline=None)
@given(grounds, rows, cols, st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_moving_the_origin_moves_the_field_and_changes_nothing(height, row, col, east_m, north_m) -> None:  # type: ignore[no-untyped-def]
    ground = Terrain(height.astype(np.float32), 0.0, 900.0, 30.0)
    moved = Terrain(ground.height_m, round(east_m), round(north_m), 30.0)
    fields = [
        least_visible_around(one, (one.x0_m + 30.0 * col, one.y0_m - 30.0 * row), mast_m=6.0, range_m=500.0)
        for one in (ground, moved)
    ]
    assert np.array_equal(fields[0].height_m, fields[1].height_m, equal_nan=True)
    assert fields[1].x0_m - fields[0].x0_m == moved.x0_m - ground.x0_m
    assert fields[1].y0_m - fields[0].y0_m == moved.y0_m - ground.y0_m


@settings(max_examples=40, deadline=None)
@given(grounds, rows, cols, st.floats(100.0, 850.0), exactly)
def test_a_shorter_range_is_the_middle_of_a_longer_one(height, row, col, range_m, exact) -> None:  # type: ignore[no-untyped-def]
    short, long = need(height, row, col, range_m=range_m, exact=exact), need(height, row, col, exact=exact)
    known = np.isfinite(short)
    away = np.hypot(*(30.0 * (np.indices(SHAPE) - np.array([row, col])[:, None, None])))
    assert np.array_equal(known, away <= range_m)
    if exact:
        np.testing.assert_allclose(short[known], long[known], rtol=1e-6, atol=ROUNDING_M)
    else:  # its rays end at another rim: the same method, not the same rays
        assert ((short <= 1.7) != (long <= 1.7))[known].mean() < 0.1


@settings(max_examples=40, deadline=None)
@given(grounds, rows, cols, st.integers(1, 4))
def test_ground_beyond_the_range_does_not_matter(height, row, col, margin) -> None:  # type: ignore[no-untyped-def]
    wider = np.pad(height, margin, constant_values=500.0)
    reach = 30.0 * min(row, col, SHAPE[0] - 1 - row, SHAPE[1] - 1 - col)
    if reach < 30.0:
        return
    inner, outer = need(height, row, col, range_m=reach), need(wider, row + margin, col + margin, range_m=reach)
    assert np.array_equal(inner, outer[margin:-margin, margin:-margin], equal_nan=True)


@settings(max_examples=40, deadline=None)
@given(grounds, rows, cols, cols, st.floats(1.0, 60.0))
def test_a_higher_wall_across_never_shows_more_behind_it(height, row, col, wall_col, rise_m) -> None:  # type: ignore[no-untyped-def]
    """A whole column raised, then raised again; in front of it nothing changes at all."""
    if wall_col == col:
        return
    fields = []
    for times in (0, 1, 2):
        walled = height.copy()
        walled[:, wall_col] += times * rise_m
        fields.append(need(walled, row, col))
    behind = np.arange(SHAPE[1]) > wall_col if wall_col > col else np.arange(SHAPE[1]) < wall_col
    # Bilinear: the wall rises from the next column on, so that one is neither before it nor behind.
    beside = np.abs(np.arange(SHAPE[1]) - wall_col) <= 1
    before = ~behind & ~beside
    for lower, higher in itertools.pairwise(fields):
        known = np.isfinite(lower)
        assert (higher[:, behind][known[:, behind]] >= lower[:, behind][known[:, behind]] - ROUNDING_M).all()
        np.testing.assert_allclose(higher[:, before], lower[:, before], rtol=1e-6, atol=ROUNDING_M)


@settings(max_examples=30, deadline=None)
@given(grounds, rows, cols, st.floats(0.05, 0.5))
def test_a_flatter_earth_never_hides_more(height, row, col, k) -> None:  # type: ignore[no-untyped-def]
    """More refraction is less fall: everything comes up by a share of d squared, the far the most."""
    far = {"range_m": 90_000.0, "cell_m": (3000.0, 3000.0), "mast_m": 30.0}
    curved, flatter = need(height, row, col, **far), need(height, row, col, refraction_k=k + 0.2, **far)
    less = need(height, row, col, refraction_k=k, **far)
    assert np.isfinite(curved).any()
    known = np.isfinite(less)
    assert (flatter[known] <= less[known] + ROUNDING_M * (1 + less[known])).mean() > 0.999


def write(path: Path, height: np.ndarray, west: float, north: float) -> Path:
    with rasterio.open(
        path, "w", driver="GTiff", height=height.shape[0], width=height.shape[1], count=1, dtype="float32",
        crs="EPSG:32637", transform=from_origin(west, north, 30.0, 30.0),
    ) as file:  # fmt: skip
        file.write(height.astype(np.float32), 1)
    return path


@pytest.mark.parametrize("seed", range(3))
def test_a_file_cut_out_of_a_larger_one_gives_the_same_view(tmp_path: Path, seed: int) -> None:
    height = np.cumsum(np.random.default_rng(seed).normal(0, 2, (120, 140)), 1)
    whole = write(tmp_path / "whole.tif", height, 600_000.0, 3_800_000.0)
    part = write(tmp_path / "part.tif", height[20:110, 30:130], 600_900.0, 3_799_400.0)
    lon, lat = 40.1083, 34.3196  # in the middle of both
    fields = []
    for path in (whole, part):
        dem = read_dem_around(path, lon, lat, 800.0)
        fields.append(
            least_visible_field_m(dem.height_m, dem.row, dem.col, mast_m=9.0, range_m=800.0, cell_m=dem.cell_m)
        )
    assert np.isfinite(fields[0]).sum() > 2000
    assert np.array_equal(fields[0], fields[1], equal_nan=True)


def test_tiles_put_together_are_the_ground_they_were_cut_from() -> None:
    """A DEM split into four one-degree tiles and joined again: the same heights, so the same view, bit for bit."""
    per = 120
    height = np.cumsum(np.random.default_rng(9).normal(0, 3, (2 * per + 1, 2 * per + 1)), 0).astype(np.float32)

    def read(lat: int, lon: int) -> tuple[Tile, str]:
        top, left = (34 - lat) * per, (lon - 41) * per
        return Tile(lat, lon, height[top : top + per + 1, left : left + per + 1], (per, per)), ""

    joined = mosaic("tiles", (41.3, 33.3, 42.7, 34.7), read, "EGM2008").height_m
    # The tiles lie over 33..35 N, 41..43 E; their node (0, 0) is 35 N, 41 E.
    cut = height[36 : 36 + joined.shape[0], 36 : 36 + joined.shape[1]]
    assert np.array_equal(joined, cut)
    row, col = joined.shape[0] // 2, joined.shape[1] // 2
    views = [need(ground, row, col, range_m=2000.0) for ground in (joined, cut)]
    assert np.array_equal(*views, equal_nan=True)
