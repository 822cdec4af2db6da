from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyproj
import pytest
from rasterio.transform import Affine, from_origin
from rasterio.windows import Window

from builders import straight_line
from watchline.sources.onto_grid import BLOCK, averaged, onto_grid

FRAME = straight_line().frame
X = -2000.0 + 30.0 * np.arange(140)
Y = 1500.0 - 30.0 * np.arange(100)


@dataclass
class Array:
    """Heights in memory as a band; most: cells of the largest window that was read."""

    height_m: np.ndarray
    transform: Affine
    crs: str
    name: str = "array"
    most: int = 0

    @property
    def shape(self) -> tuple[int, int]:
        return self.height_m.shape

    def read(self, window: Window) -> np.ndarray:
        part = self.height_m[
            window.row_off : window.row_off + window.height, window.col_off : window.col_off + window.width
        ]
        assert part.shape == (window.height, window.width), "a window must lie inside the source"
        self.most = max(self.most, part.size)
        return part


def wave(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """Return hills over places, smooth at 30 m, so that any reading of them can be judged."""
    return 300 + 20 * np.sin((lon - 42) * 600) + 15 * np.cos((lat - 33.6) * 500)


def band(crs: str, west: float, north: float, cell: float, shape: tuple[int, int]) -> Array:
    rows, cols = shape
    x = west + cell * (np.arange(cols) + 0.5)
    y = north - cell * (np.arange(rows) + 0.5)
    lon, lat = pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform(*np.meshgrid(x, y))
    return Array(wave(np.asarray(lon), np.asarray(lat)).astype(np.float32), from_origin(west, north, cell, cell), crs)


def truth(x: np.ndarray = X, y: np.ndarray = Y) -> np.ndarray:
    lonlat = FRAME.lonlat_from_xy_m(np.stack(np.meshgrid(x, y), axis=-1))
    return wave(lonlat[..., 0], lonlat[..., 1])


SOURCES = {
    "UTM 38": ("EPSG:32638", 218_000.0, 3_726_000.0, 30.0, (300, 350)),
    "UTM 37": ("EPSG:32637", 775_000.0, 3_726_000.0, 30.0, (300, 350)),
    "degrees": ("EPSG:4326", 41.95, 33.65, 1 / 3600, (360, 360)),
    "web Mercator": ("EPSG:3857", 4_670_000.0, 3_980_000.0, 30.0, (500, 500)),
}


@pytest.mark.parametrize("name", SOURCES)
def test_every_source_gives_the_ground_where_it_is(name: str) -> None:
    found = onto_grid(band(*SOURCES[name]), FRAME.lonlat_from_xy_m, X, Y)
    known = np.isfinite(found)
    assert known.mean() > 0.8
    assert np.abs(found - truth())[known].max() < 0.5  # bilinear on waves of a kilometre


def test_blocks_meet_without_a_seam_and_read_only_what_they_need() -> None:
    x, y = -20_000.0 + 30.0 * np.arange(2 * BLOCK + 3), 1000.0 - 30.0 * np.arange(40)
    source = band("EPSG:32638", 200_000.0, 3_732_000.0, 30.0, (700, 1500))
    whole = onto_grid(source, FRAME.lonlat_from_xy_m, x, y)
    assert source.most < 0.5 * source.height_m.size
    for cut in (BLOCK - 2, BLOCK, 2 * BLOCK):
        part = onto_grid(source, FRAME.lonlat_from_xy_m, x[cut : cut + 60], y)
        np.testing.assert_allclose(part, whole[:, cut : cut + 60], atol=2e-3)  # 0.1 m of place on these slopes


def test_a_source_cut_in_two_gives_the_same_heights() -> None:
    source = band(*SOURCES["UTM 38"])
    west = Array(source.height_m[:, :200], source.transform, source.crs)
    east = Array(source.height_m[:, 150:], source.transform * Affine.translation(150, 0), source.crs)
    whole = onto_grid(source, FRAME.lonlat_from_xy_m, X, Y)
    halves = [onto_grid(half, FRAME.lonlat_from_xy_m, X, Y) for half in (west, east)]
    joined = np.where(np.isnan(halves[0]), halves[1], halves[0])
    assert np.array_equal(np.isnan(joined), np.isnan(whole))
    np.testing.assert_allclose(joined, whole, atol=1e-4)


def test_a_void_makes_only_its_own_squares_unknown() -> None:
    source = band(*SOURCES["UTM 38"])
    before = onto_grid(source, FRAME.lonlat_from_xy_m, X, Y)
    source.height_m[120, 130] = np.nan
    after = onto_grid(source, FRAME.lonlat_from_xy_m, X, Y)
    lost = np.isnan(after) & np.isfinite(before)
    assert 1 <= lost.sum() <= 9  # the four squares round one cell, on a grid of the same size
    np.testing.assert_array_equal(after[~lost], before[~lost])


def test_a_much_finer_source_is_averaged_and_not_skipped() -> None:
    source = band("EPSG:32638", 218_000.0, 3_726_000.0, 5.0, (1500, 1500))
    rng = np.random.default_rng(2)
    source.height_m += rng.normal(0, 4, source.height_m.shape).astype(np.float32)
    found = onto_grid(source, FRAME.lonlat_from_xy_m, X, Y)
    off = (found - truth())[np.isfinite(found)]
    assert off.std() < 1.2  # 4 m over a mean of 6 x 6 is 0.67 m; one sample alone would keep at least 2 m
    assert abs(off.mean()) < 0.1


def test_a_square_that_is_mostly_void_is_void() -> None:
    heights = np.arange(16, dtype=np.float32).reshape(4, 4)
    heights[0, 0] = heights[2, 2] = heights[2, 3] = heights[3, 2] = np.nan
    np.testing.assert_allclose(averaged(heights, 2), [[(1 + 4 + 5) / 3, 4.5], [10.5, np.nan]])


def test_outside_the_source_is_unknown() -> None:
    source = band("EPSG:32638", 500_000.0, 3_726_000.0, 30.0, (100, 100))
    assert np.isnan(onto_grid(source, FRAME.lonlat_from_xy_m, X, Y)).all()


def test_lines_at_42_e_have_no_seam_between_two_utm_zones() -> None:
    """The same ground from a file of either zone: the site grid knows of no zone."""
    x, y = -9000.0 + 30.0 * np.arange(601), 1500.0 - 30.0 * np.arange(100)
    heights = [
        onto_grid(band("EPSG:32637", 764_000.0, 3_732_000.0, 30.0, (700, 900)), FRAME.lonlat_from_xy_m, x, y),
        onto_grid(band("EPSG:32638", 207_000.0, 3_732_000.0, 30.0, (700, 900)), FRAME.lonlat_from_xy_m, x, y),
    ]
    assert all(np.isfinite(height).all() for height in heights)
    assert np.abs(heights[0] - heights[1]).max() < 0.5
    lon = FRAME.lonlat_from_xy_m(np.stack(np.meshgrid(x, y), axis=-1))[..., 0]
    at_42 = np.abs(np.diff(np.sign(lon - 42.0), axis=1)) > 0
    for height in heights:
        off = height - truth(x, y)
        assert np.abs(np.diff(off, axis=1))[at_42].max() < np.abs(np.diff(off, axis=1)).max()
