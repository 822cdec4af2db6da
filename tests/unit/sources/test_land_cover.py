from __future__ import annotations

from pathlib import Path

import numpy as np
import pyproj
import pytest
import rasterio
from rasterio.transform import Affine, from_origin

from builders import straight_line
from watchline.domain.errors import BadInput
from watchline.geo.terrain import Terrain
from watchline.sources.land_cover import read_land_cover

FRAME = straight_line().frame
GRID = Terrain(np.zeros((101, 201), np.float32), -3000.0, 1500.0, 30.0)
TILE = "ESA_WorldCover_10m_2021_v200_{}_Map.tif"


def write(path: Path, cover: np.ndarray, grid: Affine, crs: str = "EPSG:4326") -> Path:
    with rasterio.open(
        path, "w", driver="GTiff", height=cover.shape[0], width=cover.shape[1], count=1, dtype=cover.dtype, crs=crs,
        transform=grid, nodata=0,
    ) as file:  # fmt: skip
        file.write(cover, 1)
    return path


def lonlat() -> np.ndarray:
    rows, cols = GRID.height_m.shape
    xy = np.stack(np.meshgrid(-3000.0 + 30.0 * np.arange(cols), 1500.0 - 30.0 * np.arange(rows)), axis=-1)
    return FRAME.lonlat_from_xy_m(xy)


def test_a_boundary_of_classes_lies_where_it_should(tmp_path: Path) -> None:
    step = 1 / 12_000  # as the real tiles
    lon = 41.9 + step * (np.arange(2400) + 0.5)
    cover = np.tile(np.where(lon < 42.0, 60, 40).astype(np.uint8), (2400, 1))
    found = read_land_cover(write(tmp_path / "c.tif", cover, from_origin(41.9, 33.7, step, step)), FRAME, GRID)
    where = lonlat()[..., 0]
    clear = np.abs(where - 42.0) > 20 / 92_700  # farther than 20 m
    assert np.array_equal(found[clear], np.where(where < 42.0, 60, 40)[clear])


def test_any_coordinate_system_gives_the_same_classes(tmp_path: Path) -> None:
    east = 214_000.0 + 10 * (np.arange(1500) + 0.5)
    cover = np.tile(np.where(east < 221_700, 30, 80).astype(np.uint8), (1200, 1))
    found = read_land_cover(
        write(tmp_path / "c.tif", cover, from_origin(214_000.0, 3_728_000.0, 10, 10), "EPSG:32638"), FRAME, GRID
    )
    to_utm = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:32638", always_xy=True)
    x, _ = to_utm.transform(*np.moveaxis(lonlat(), -1, 0))
    clear = (np.abs(x - 221_700) > 20) & (found > 0)
    assert np.array_equal(found[clear], np.where(x < 221_700, 30, 80)[clear])


def test_a_cell_gets_what_most_of_its_ground_is(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    cover = np.where(rng.random((1800, 2400)) < 0.8, 60, 10).astype(np.uint8)
    step = 1 / 12_000
    found = read_land_cover(write(tmp_path / "c.tif", cover, from_origin(41.9, 33.68, step, step)), FRAME, GRID)
    # Of 9 cells with 4 in 5 bare, 5 or more are bare in 98 % of draws; the nearest cell would be bare in 80 %.
    assert (found == 60).mean() > 0.95


def test_a_coarse_source_is_taken_at_the_centre(tmp_path: Path) -> None:
    cover = np.array([[10, 20], [30, 40]], np.uint8)
    found = read_land_cover(write(tmp_path / "c.tif", cover, from_origin(41.9, 33.7, 0.1, 0.1)), FRAME, GRID)
    where = lonlat()
    west, north = where[..., 0] < 42.0, where[..., 1] > 33.6
    expected = np.where(north, np.where(west, 10, 20), np.where(west, 30, 40))
    clear = (np.abs(where[..., 0] - 42.0) > 1e-6) & (np.abs(where[..., 1] - 33.6) > 1e-6)
    assert np.array_equal(found[clear], expected[clear])


def test_tiles_of_a_folder_are_put_together_and_gaps_are_unknown(tmp_path: Path) -> None:
    step = 1 / 1200
    for name, kind, west in (("N33E039", 60, 39.0), ("N33E042", 30, 42.0)):
        write(
            tmp_path / TILE.format(name), np.full((3600, 3600), kind, np.uint8), from_origin(west, 36.0, step, step)
        )
    found = read_land_cover(tmp_path, FRAME, GRID)
    where = lonlat()[..., 0]
    clear = np.abs(where - 42.0) > 0.001
    assert np.array_equal(found[clear], np.where(where < 42.0, 60, 30)[clear])
    (tmp_path / TILE.format("N33E039")).unlink()
    assert (read_land_cover(tmp_path, FRAME, GRID)[clear & (where < 42.0)] == 0).all()


def test_a_folder_without_tiles_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="holds no land cover"):
        read_land_cover(tmp_path, FRAME, GRID)
