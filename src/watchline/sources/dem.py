"""Elevation around one observer, on a metric grid: what a viewshed is computed on.

A file in metres is taken as it is, on its own grid.  A file in degrees, or in a projection whose scale at the
observer is off by more than SCALE_MAX_ERROR (web Mercator), is resampled bilinearly to a transverse Mercator grid
centred on the observer, and a note says so; nothing is measured in degrees.  The centre is the observer, not a
UTM zone, so that nothing happens at a zone's edge.

Rules: a void stays a void; a resampled cell is void when any of the four cells around it is.
Limits: heights stay above the file's own vertical datum: one observer's view does not depend on it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import rasterio
from rasterio.errors import RasterioError
from rasterio.transform import Affine, from_origin
from rasterio.windows import Window

from watchline.domain.errors import BadInput
from watchline.sources.heights import F4, F8, Band, HeightFile, is_turned, opened_heights
from watchline.sources.onto_grid import lonlat_to, onto_grid
from watchline.sources.spikes import spike_note, spikes
from watchline.sources.tile_sets import read_tiles, tiles_at

GEOD = pyproj.Geod(ellps="WGS84")
SCALE_MAX_ERROR = 0.01  # UTM stays within 0.001 of true scale, national grids within 0.002
TILE_MARGIN_M = 1_000.0  # more than asked, for bilinear at the rim
SURFACE_NOTE = (
    "the tiles are surface models: trees and roofs hide what is behind them, "
    "and the mast stands on top of what is there"
)
CELLS_MAX = 1_000_000_000


@dataclass(frozen=True)
class Dem:
    """Heights around an observer and where they are on the file's (or the local) grid.

    height_m (rows, cols) float32 or float64, NaN for voids; row, col: the observer's cell in it; cell_m: ground size
    along columns' and rows' direction; shape, top, left: the whole output grid and where the heights lie in it;
    crs, transform: of that whole grid; notes: what the user must know, a line each; datum: what heights are above,
    None when nobody says.
    """

    height_m: F4 | F8
    row: int
    col: int
    cell_m: tuple[float, float]
    shape: tuple[int, int]
    top: int
    left: int
    crs: Any
    transform: Affine
    notes: tuple[str, ...]
    datum: str | None = None


def read_dem_around(where: Path | str, lon_deg: float, lat_deg: float, range_m: float) -> Dem:
    """Return heights within `range_m` of a place, from a file, a folder of one-degree tiles or a web address of them.

    Raises BadInput naming the file and the rule it breaks.
    """
    address = tiles_at(where)
    if address is not None:
        return _of_tiles(address, lon_deg, lat_deg, range_m)
    with opened_heights(Path(where)) as band:
        return _read(band, lon_deg, lat_deg, range_m)


def _of_tiles(where: str, lon: float, lat: float, range_m: float) -> Dem:
    """Read one-degree tiles of a folder or a web address around an observer."""
    around = GEOD.fwd([lon] * 4, [lat] * 4, [0.0, 90.0, 180.0, 270.0], [range_m + TILE_MARGIN_M] * 4)
    found = read_tiles(where, (around[0][3], around[1][2], around[0][1], around[1][0]))
    col, row = (math.floor(v) for v in ~found.transform * (lon, lat))
    dem = _local_grid(found, lon, lat, _cell_m(found, row, col), range_m)
    return _judged(
        replace(dem, notes=(*found.notes, SURFACE_NOTE, *dem.notes), datum=found.datum), where, lon, lat, range_m
    )


def _read(band: HeightFile, lon: float, lat: float, range_m: float) -> Dem:
    name, grid = band.name, band.transform
    if is_turned(grid):
        where = "is in degrees on a turned grid" if band.crs.is_geographic else "lies on a turned grid"
        raise BadInput(name, where, "straighten it first, with gdalwarp -t_srs")
    x, y = _to_file(band.crs, lon, lat, name)
    col, row = (math.floor(v) for v in ~grid * (x, y))
    if not (0 <= row < band.shape[0] and 0 <= col < band.shape[1]):
        raise BadInput(name, f"does not hold the observer at {lon:g},{lat:g} (--at LON,LAT)", _extent(band.file))
    cell = _cell_m(band, row, col)
    if not band.crs.is_geographic and max(abs(cell[2] - 1.0), abs(cell[3] - 1.0)) <= SCALE_MAX_ERROR:
        factor = float(band.crs.linear_units_factor[1])
        dem = _own_grid(band, row, col, (abs(grid.a) * factor, abs(grid.e) * factor), range_m)
    else:
        dem = _local_grid(band, lon, lat, cell, range_m)
    return _judged(replace(dem, notes=(*dem.notes, *band.notes), datum=band.datum), name, lon, lat, range_m)


def _judged(dem: Dem, name: str, lon: float, lat: float, range_m: float) -> Dem:
    """Refuse what nothing can be seen on; note spikes."""
    if not math.isfinite(float(dem.height_m[dem.row, dem.col])):
        raise BadInput(name, f"has no height at the observer {lon:g},{lat:g}: a void", "move the observer")
    if not _any_other(dem):
        raise BadInput(name, f"has nothing within {range_m:g} m of the observer", "give a longer --range")
    found = spikes(dem.height_m)
    return replace(dem, notes=(*dem.notes, spike_note(name, found))) if found else dem


def _any_other(dem: Dem) -> bool:
    return int(np.isfinite(dem.height_m).sum()) > 1


def _to_file(crs: Any, lon: float, lat: float, name: str) -> tuple[float, float]:
    try:
        x, y = lonlat_to(crs).transform(lon, lat)
    except pyproj.exceptions.ProjError as error:
        raise BadInput(name, f"has a coordinate system that PROJ cannot use ({error})") from None
    if not (math.isfinite(x) and math.isfinite(y)):
        raise BadInput(name, f"has a coordinate system that does not reach the observer at {lon:g},{lat:g}")
    return float(x), float(y)


def _extent(file: Any) -> str:
    try:
        from rasterio.warp import transform_bounds

        west, south, east, north = transform_bounds(file.crs, "EPSG:4326", *file.bounds)
    except RasterioError:
        return "give a place inside the file"
    return f"the file covers {west:.4f},{south:.4f} to {east:.4f},{north:.4f}"


def _cell_m(band: Band, row: int, col: int) -> tuple[float, float, float, float]:
    """Return the true ground size of a cell along x and y, and how many times its nominal size that is."""
    crs = pyproj.CRS.from_user_input(band.crs).to_2d()
    back = pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    across, down = np.array([0.0, 1.0, 0.5, 0.5]), np.array([0.5, 0.5, 0.0, 1.0])
    lon, lat = back.transform(*(band.transform * (col + across, row + down)))
    x_m = float(GEOD.inv(lon[0], lat[0], lon[1], lat[1])[2])
    y_m = float(GEOD.inv(lon[2], lat[2], lon[3], lat[3])[2])
    factor = 1.0 if crs.is_geographic else float(crs.axis_info[0].unit_conversion_factor)
    return x_m, y_m, x_m / (abs(band.transform.a) * factor), y_m / (abs(band.transform.e) * factor)


def _own_grid(band: HeightFile, row: int, col: int, cell: tuple[float, float], range_m: float) -> Dem:
    # Columns first: cell_m is along columns' direction (x), then rows' (y).
    rows, cols = band.shape
    reach_x, reach_y = int(min(range_m / cell[0], cols)) + 1, int(min(range_m / cell[1], rows)) + 1
    left, top = max(0, col - reach_x), max(0, row - reach_y)
    width, height = min(cols, col + reach_x + 1) - left, min(rows, row + reach_y + 1) - top
    heights = band.read(Window(left, top, width, height))
    return Dem(heights, row - top, col - left, cell, band.shape, top, left, band.crs, band.transform, ())


def _local_grid(band: Band, lon: float, lat: float, cell: tuple[float, float, float, float], range_m: float) -> Dem:
    """Resample to a transverse Mercator grid whose origin, the centre of its middle cell, is the observer."""
    size = round(math.sqrt(cell[0] * cell[1]), 1 if min(cell[:2]) > 2 else 3)
    reach = int(range_m / size) + 1
    side = 2 * reach + 1
    if side * side > CELLS_MAX:
        rule = f"would need {side * side:.1e} cells of {size:g} m, at most {CELLS_MAX:.0e}"
        raise BadInput(band.name, rule, "give a shorter --range")
    local = pyproj.CRS.from_proj4(
        f"+proj=tmerc +lat_0={lat:.9f} +lon_0={lon:.9f} +k=1 +x_0=0 +y_0=0 +datum=WGS84 +units=m +no_defs"
    )
    back = pyproj.Transformer.from_crs(local, "EPSG:4326", always_xy=True)
    at_m = np.arange(-reach, reach + 1.0) * size
    heights = onto_grid(band, lambda xy: np.stack(back.transform(xy[..., 0], xy[..., 1]), axis=-1), at_m, -at_m)
    degrees = pyproj.CRS.from_user_input(band.crs).is_geographic
    what = "degrees" if degrees else f"a projection whose scale here is {1 / cell[2]:.3f}"
    note = (
        f"{band.name}: in {what}; resampled bilinearly to a local transverse Mercator grid of {size:g} m "
        f"centred on the observer, on which the outputs are written"
    )
    half = (reach + 0.5) * size
    crs = rasterio.crs.CRS.from_wkt(local.to_wkt())
    return Dem(heights, reach, reach, (size, size), (side, side), 0, 0, crs, from_origin(-half, half, size, size),
               (note,))  # fmt: skip
