from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
import rasterio.warp
from numpy.typing import NDArray
from rasterio.transform import from_origin

from builders import straight_line
from watchline.domain.errors import BadInput
from watchline.geo.terrain import Terrain
from watchline.sources.elevation import read_terrain, write_terrain

FRAME = straight_line().frame
BOUNDS_M = (-3000.0, -1500.0, 3000.0, 1500.0)


def _utm(path: Path, *, nodata: float | None = None, hole: bool = False, crs: str | None = "EPSG:32638") -> Path:
    """Write a plane rising 1 in 100 to the UTM east over the middle of the line."""
    rows, cols, cell = 400, 500, 30.0
    east = 214_000.0 + cell * (np.arange(cols) + 0.5)
    height = np.tile((east - 214_000.0) / 100.0, (rows, 1)).astype(np.float32)
    if hole:
        height[150:250, 200:300] = nodata
    return _write(path, height, from_origin(214_000.0, 3_728_000.0, cell, cell), crs, nodata)


def _degrees(path: Path) -> Path:
    """Write a plane rising 100 m in a degree northwards."""
    rows, cols, cell = 800, 800, 1 / 3600
    north = 33.7 - cell * (np.arange(rows) + 0.5)
    height = np.tile(((north - 33.0) * 100.0)[:, None], (1, cols)).astype(np.float32)
    return _write(path, height, from_origin(41.9, 33.7, cell, cell), "EPSG:4326", None)


def _write(
    path: Path, height: NDArray[np.float32], transform: rasterio.Affine, crs: str | None, nodata: float | None
) -> Path:
    rows, cols = height.shape
    with rasterio.open(
        path, "w", driver="GTiff", height=rows, width=cols, count=1, dtype="float32", crs=crs, transform=transform,
        nodata=nodata,
    ) as file:  # fmt: skip
        file.write(height, 1)
    return path


def test_elevation_in_utm_lies_where_it_should(tmp_path: Path) -> None:
    terrain = read_terrain(_utm(tmp_path / "utm.tif"), FRAME, BOUNDS_M)
    to_utm = rasterio.warp.transform("EPSG:4326", "EPSG:32638", *_lonlat([[-1000.0, 300.0], [2000.0, -900.0]]))
    expected = (np.array(to_utm[0]) - 214_000.0) / 100.0
    np.testing.assert_allclose(terrain.height_at([[-1000.0, 300.0], [2000.0, -900.0]]), expected, atol=0.02)


def _lonlat(xy_m: list[list[float]]) -> tuple[list[float], list[float]]:
    lonlat = FRAME.lonlat_from_xy_m(xy_m)
    return lonlat[:, 0].tolist(), lonlat[:, 1].tolist()


def test_elevation_in_degrees_lies_where_it_should(tmp_path: Path) -> None:
    terrain = read_terrain(_degrees(tmp_path / "degrees.tif"), FRAME, BOUNDS_M)
    places = [[-1000.0, 300.0], [2000.0, -900.0]]
    np.testing.assert_allclose(terrain.height_at(places), (np.array(_lonlat(places)[1]) - 33.0) * 100.0, atol=0.02)
    assert terrain.cell_m == pytest.approx(30.9, abs=0.05)


def test_a_void_stays_a_void(tmp_path: Path) -> None:
    terrain = read_terrain(_utm(tmp_path / "hole.tif", nodata=-9999.0, hole=True), FRAME, BOUNDS_M)
    assert np.isnan(terrain.height_m).any()
    assert float(np.nanmin(terrain.height_m)) > 0.0


def test_elevation_without_a_coordinate_system_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="names no coordinate system"):
        read_terrain(_utm(tmp_path / "bare.tif", crs=None), FRAME, BOUNDS_M)


def test_elevation_of_another_place_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="does not cover"):
        read_terrain(_utm(tmp_path / "other.tif", crs="EPSG:32610"), FRAME, BOUNDS_M)


def test_what_the_file_does_not_cover_is_unknown(tmp_path: Path) -> None:
    terrain = read_terrain(_utm(tmp_path / "utm.tif"), FRAME, (-30_000.0, -1500.0, 3000.0, 1500.0))
    assert np.isnan(terrain.height_at([-25_000.0, 0.0]))
    assert np.isfinite(terrain.height_at([0.0, 0.0]))


def test_a_missing_file_and_a_file_of_something_else_are_named(tmp_path: Path) -> None:
    (tmp_path / "text.tif").write_text("no raster")
    for name, rule in {"none.tif": "no such file", "text.tif": "cannot be read as a raster"}.items():
        with pytest.raises(BadInput, match=rf"{name}: {rule}") as error:
            read_terrain(tmp_path / name, FRAME, BOUNDS_M)
        assert "\n" not in str(error.value)


def test_surroundings_too_large_to_hold_are_refused_before_memory_is(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="vertex far away"):
        read_terrain(_utm(tmp_path / "utm.tif"), FRAME, (-3e6, -3e6, 3e6, 3e6))


def test_elevation_written_for_a_grid_is_read_back_bit_for_bit(tmp_path: Path) -> None:
    height = np.random.default_rng(1).normal(300, 20, (120, 240)).astype(np.float32)
    height[3, 5] = np.nan
    before = Terrain(height, -3600.0, 1800.0, 30.0)
    write_terrain(tmp_path / "own.tif", before, FRAME)
    after = read_terrain(tmp_path / "own.tif", FRAME, before.bounds_m)
    np.testing.assert_array_equal(after.height_m, before.height_m)
    assert (after.x0_m, after.y0_m, after.cell_m) == (before.x0_m, before.y0_m, before.cell_m)


def test_a_clip_of_written_elevation_keeps_its_places(tmp_path: Path) -> None:
    height = np.random.default_rng(2).normal(300, 20, (120, 240)).astype(np.float32)
    whole = Terrain(height, -3600.0, 1800.0, 30.0)
    write_terrain(tmp_path / "own.tif", whole, FRAME)
    part = read_terrain(tmp_path / "own.tif", FRAME, (-1010.0, -700.0, 1010.0, 700.0))
    places = np.random.default_rng(3).uniform([-1000, -690], [1000, 690], (50, 2))
    np.testing.assert_allclose(part.height_at(places), whole.height_at(places), atol=1e-9)
    assert part.height_m.size < 0.6 * whole.height_m.size
