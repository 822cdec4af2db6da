"""Elevation from files: any GeoTIFF in any coordinate system, brought once to the site grid.

Limits: heights are taken as they are; the vertical datum is named by the site file, not converted here.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.transform import from_origin
from rasterio.warp import Resampling, reproject

from watchline.domain.errors import BadInput
from watchline.geo.frame import SiteFrame
from watchline.geo.terrain import Terrain
from watchline.sources.copernicus import is_copernicus, read_copernicus
from watchline.sources.srtm import is_srtm, read_srtm
from watchline.sources.tiles import Mosaic

FRAME_TAG = "WATCHLINE_SITE_GRID"
METRES_PER_DEGREE = 111_195.0  # of a sphere of the Earth's mean radius
TILE_MARGIN_DEG = 0.01  # a kilometre more than asked, for bilinear at the rim
CELLS_MAX = 400_000_000  # 1.6 GB of heights; a line whose surroundings need more has a vertex far astray


def read_terrain(
    path: Path, frame: SiteFrame, bounds_m: tuple[float, float, float, float], cell_m: float | None = None
) -> Terrain:
    """Return heights on the site grid over bounds (west, south, east, north) in metres; NaN where the file has none.

    A file written by `write_terrain` for the same frame is read as it is, clipped to whole cells; any other is
    resampled bilinearly to `cell_m` (default: the file's own resolution, at least 10 m).  A folder holds one-degree
    tiles (Copernicus or SRTM); an http(s) address holds Copernicus tiles.  A tile that is missing is sea;
    `read_tiles` says which.
    """
    address = re.sub(r"^(https?):/+", r"\1://", str(path))  # a Path folds the two slashes
    if "://" in address or path.is_dir():
        return _of_tiles(address, frame, bounds_m, cell_m)
    try:
        with rasterio.open(path) as file:
            if file.count < 1:
                raise BadInput(str(path), "has no band")
            if file.tags().get(FRAME_TAG) == frame.proj4:
                return _clip(file, bounds_m)
            if file.crs is None:
                raise BadInput(str(path), "names no coordinate system", "set one, for example with gdal_edit -a_srs")
            return _resample(file, frame, bounds_m, cell_m or _own_cell_m(file))
    except RasterioError as error:
        reason = "no such file" if not path.exists() else f"cannot be read as a raster ({error})"
        raise BadInput(str(path), " ".join(reason.split())) from None


def write_terrain(path: Path, terrain: Terrain, frame: SiteFrame) -> None:
    """Write heights as a compressed float32 GeoTIFF on the site grid, NaN as nodata."""
    west, _, _, north = terrain.bounds_m
    half = terrain.cell_m / 2
    rows, cols = terrain.height_m.shape
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=rows,
        width=cols,
        count=1,
        dtype="float32",
        crs=rasterio.crs.CRS.from_proj4(frame.proj4),
        transform=from_origin(west - half, north + half, terrain.cell_m, terrain.cell_m),
        nodata=float("nan"),
        compress="deflate",
        predictor=3,
        zlevel=1,
        tiled=True,
    ) as file:
        file.write(terrain.height_m, 1)
        file.update_tags(**{FRAME_TAG: frame.proj4})


def read_tiles(where: str, bounds_deg: tuple[float, float, float, float]) -> Mosaic:
    """Return tiles of a folder or an address over (west, south, east, north), with notes on what was missing."""
    if "://" in where or is_copernicus(Path(where)):
        return read_copernicus(where, bounds_deg)
    if is_srtm(Path(where)):
        return read_srtm(Path(where), bounds_deg)
    rule = "holds no elevation tiles"
    raise BadInput(where, rule, "Copernicus_DSM_COG_10_N34_00_E041_00_DEM.tif or N34E041.hgt are such names")


def _of_tiles(
    where: str, frame: SiteFrame, bounds_m: tuple[float, float, float, float], cell_m: float | None
) -> Terrain:
    west, south, east, north = bounds_m
    along = np.linspace(0.0, 1.0, 21)
    x, y = west + (east - west) * along, south + (north - south) * along
    rim = [(v, e) for v in x for e in (south, north)] + [(e, v) for v in y for e in (west, east)]
    lonlat = frame.lonlat_from_xy_m(np.array(rim))
    (low_lon, low_lat), (high_lon, high_lat) = (
        lonlat.min(axis=0) - TILE_MARGIN_DEG,
        lonlat.max(axis=0) + TILE_MARGIN_DEG,
    )
    found = read_tiles(where, (float(low_lon), float(low_lat), float(high_lon), float(high_lat)))
    size = cell_m or max(10.0, round(-float(found.transform.e) * METRES_PER_DEGREE, 1))
    heights = _empty(where, bounds_m, size)
    reproject(
        found.height_m,
        heights,
        src_transform=found.transform,
        src_crs="EPSG:4326",
        src_nodata=float("nan"),
        dst_transform=from_origin(west - size / 2, north + size / 2, size, size),
        dst_crs=rasterio.crs.CRS.from_proj4(frame.proj4),
        dst_nodata=float("nan"),
        resampling=Resampling.bilinear,
    )
    return Terrain(heights, west, north, size)


def _own_cell_m(file: rasterio.DatasetReader) -> float:
    size = abs(float(file.transform.a))
    if file.crs.is_geographic:
        size *= METRES_PER_DEGREE
    return max(10.0, round(size, 1))


def _clip(file: rasterio.DatasetReader, bounds_m: tuple[float, float, float, float]) -> Terrain:
    west, south, east, north = bounds_m
    cell = float(file.transform.a)
    x0, y0 = file.transform.c + cell / 2, file.transform.f - cell / 2
    left = int(np.clip(np.floor((west - x0) / cell), 0, file.width - 2))
    right = int(np.clip(np.ceil((east - x0) / cell), left + 1, file.width - 1))
    top = int(np.clip(np.floor((y0 - north) / cell), 0, file.height - 2))
    bottom = int(np.clip(np.ceil((y0 - south) / cell), top + 1, file.height - 1))
    window = rasterio.windows.Window(left, top, right - left + 1, bottom - top + 1)
    heights = file.read(1, window=window, out_dtype="float32")
    return Terrain(heights, x0 + left * cell, y0 - top * cell, cell)


def _empty(name: str, bounds_m: tuple[float, float, float, float], cell_m: float) -> NDArray[np.float32]:
    west, south, east, north = bounds_m
    cols, rows = int(np.ceil((east - west) / cell_m)) + 1, int(np.ceil((north - south) / cell_m)) + 1
    if rows * cols > CELLS_MAX:
        rule = (
            f"would need {rows * cols:.1e} cells of {cell_m:g} m for the line's surroundings, at most {CELLS_MAX:.0e}"
        )
        raise BadInput(name, rule, "check the line for a vertex far away, or give coarser elevation")
    return np.full((rows, cols), np.nan, np.float32)


def _resample(
    file: rasterio.DatasetReader, frame: SiteFrame, bounds_m: tuple[float, float, float, float], cell_m: float
) -> Terrain:
    west, _, _, north = bounds_m
    heights = _empty(str(file.name), bounds_m, cell_m)
    reproject(
        rasterio.band(file, 1),
        heights,
        dst_transform=from_origin(west - cell_m / 2, north + cell_m / 2, cell_m, cell_m),
        dst_crs=rasterio.crs.CRS.from_proj4(frame.proj4),
        dst_nodata=float("nan"),
        resampling=Resampling.bilinear,
    )
    if np.isnan(heights).all():
        raise BadInput(
            str(file.name), "does not cover any of the line's surroundings", "give elevation of this place"
        )
    return Terrain(heights, west, north, cell_m)
