from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import pytest
import rasterio
from rasterio.transform import Affine, from_origin
from rasterio.windows import Window

from watchline.domain.errors import BadInput
from watchline.sources.dem import read_dem_around
from watchline.sources.heights import opened_heights

WHOLE = Window(0, 0, 30, 20)
DEGREES = from_origin(42.0, 33.6, 1 / 3600, 1 / 3600)
METRES = from_origin(600_000.0, 3_800_000.0, 30.0, 30.0)


def write(path: Path, height: np.ndarray, crs: str = "EPSG:32638", grid: Affine = METRES, **more: Any) -> Path:
    mask = more.pop("mask", None)
    with rasterio.open(
        path, "w", driver="GTiff", height=height.shape[0], width=height.shape[1], count=1, dtype=height.dtype,
        crs=crs, transform=grid, **more,
    ) as file:  # fmt: skip
        file.write(height, 1)
        if mask is not None:
            file.write_mask(mask)
    return path


def ramp(kind: str = "float32") -> np.ndarray:
    return np.arange(600).reshape(20, 30).astype(kind)


@pytest.mark.parametrize(
    ("crs", "grid", "datum"),
    [
        ("EPSG:32638", METRES, None),
        ("EPSG:32638+3855", METRES, "EGM2008"),
        ("EPSG:4326+5773", DEGREES, "EGM96"),
        ("EPSG:4979", DEGREES, "ellipsoid"),
    ],
)
def test_the_datum_is_what_the_coordinate_system_says(
    tmp_path: Path, crs: str, grid: Affine, datum: str | None
) -> None:
    with opened_heights(write(tmp_path / "d.tif", ramp(), crs, grid)) as band:
        assert band.datum == datum


def test_degrees_with_a_datum_are_still_degrees(tmp_path: Path) -> None:
    dem = read_dem_around(write(tmp_path / "d.tif", ramp(), "EPSG:4326+5773", DEGREES), 42.004, 33.5975, 150.0)
    assert dem.cell_m[0] == dem.cell_m[1] == pytest.approx(28.2, abs=0.3)
    assert dem.datum == "EGM96"
    assert "in degrees; resampled" in dem.notes[0]


def test_a_plane_in_feet_is_measured_in_metres_and_heights_are_asked_about(tmp_path: Path) -> None:
    grid = from_origin(6_450_000.0, 1_900_000.0, 100.0, 100.0)  # California zone 5, US survey feet
    to_lonlat = pyproj.Transformer.from_crs("EPSG:2229", "EPSG:4326", always_xy=True)
    lon, lat = to_lonlat.transform(6_451_550.0, 1_898_950.0)
    dem = read_dem_around(write(tmp_path / "d.tif", ramp(), "EPSG:2229", grid), lon, lat, 200.0)
    assert (dem.row + dem.top, dem.col + dem.left) == (10, 15)
    assert dem.cell_m == pytest.approx((30.48, 30.48), abs=0.01)
    assert "its plane is in US survey foot, its heights name no unit and are taken as metres" in dem.notes[0]


def test_a_mask_makes_voids(tmp_path: Path) -> None:
    mask = np.full((20, 30), 255, np.uint8)
    mask[3, 4] = 0
    with opened_heights(write(tmp_path / "d.tif", ramp("int16"), mask=mask)) as band:
        height = band.read(WHOLE)
    assert np.argwhere(np.isnan(height)).tolist() == [[3, 4]]


def test_a_nodata_value_leaves_other_marks_alone(tmp_path: Path) -> None:
    height = ramp()
    height[0, 0], height[1, 1] = -9999.0, -1.0
    with opened_heights(write(tmp_path / "d.tif", height, nodata=-1.0)) as band:
        read = band.read(WHOLE)
    assert np.isnan(read[1, 1])
    assert read[0, 0] == -9999.0  # the deepest sea is deeper than that: this file says what its voids are


def test_a_void_of_scaled_heights_is_marked_before_they_are_scaled(tmp_path: Path) -> None:
    height = ramp("int16")
    height[2, 2] = -32768
    path = write(tmp_path / "d.tif", height)
    with rasterio.open(path, "r+") as file:
        file.scales, file.offsets = (0.1,), (100.0,)
    with opened_heights(path) as band:
        read = band.read(WHOLE)
        assert len(band.notes) == 1
    assert np.isnan(read[2, 2])
    assert read[0, 10] == pytest.approx(101.0)


def test_infinite_heights_are_voids(tmp_path: Path) -> None:
    height = ramp()
    height[0, :3] = np.inf, -np.inf, np.nan
    with opened_heights(write(tmp_path / "d.tif", height)) as band:
        assert np.isnan(band.read(WHOLE)[0, :3]).all()


def test_heights_above_any_mountain_are_refused(tmp_path: Path) -> None:
    with (
        opened_heights(write(tmp_path / "d.tif", ramp() * 100)) as band,
        pytest.raises(BadInput, match="any mountain"),
    ):
        band.read(WHOLE)


def test_complex_numbers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="complex"), opened_heights(write(tmp_path / "d.tif", ramp("complex64"))):
        pass
