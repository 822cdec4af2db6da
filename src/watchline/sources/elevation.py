"""Elevation from files, folders of tiles and web addresses, brought once to the site grid.

Heights are those of `heights.py` (units, voids, refusals); where the file names its vertical datum and the site names
another, they are converted if PROJ has the grid (`vertical.py`), and stay on their own with a note if not.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.transform import from_origin
from rasterio.windows import Window

from watchline.domain.errors import BadInput
from watchline.geo.frame import SiteFrame
from watchline.geo.terrain import Terrain
from watchline.sources.heights import Band, HeightFile, opened_heights
from watchline.sources.onto_grid import lonlat_to, onto_grid
from watchline.sources.spikes import SpikeWatch
from watchline.sources.tile_sets import read_tiles, tiles_at
from watchline.sources.tiles import Bounds
from watchline.sources.vertical import how_to_convert, raised_m

FRAME_TAG = "WATCHLINE_SITE_GRID"
METRES_PER_DEGREE = 111_195.0  # of a sphere of the Earth's mean radius
TILE_MARGIN_DEG = 0.01  # a kilometre more than asked, for bilinear at the rim
CELLS_MAX = 400_000_000  # 1.6 GB of heights; a line whose surroundings need more has a vertex far astray
GEOID_STEP = 32  # cells; a geoid bends by millimetres over a kilometre


@dataclass(frozen=True)
class Elevation:
    """Terrain, what its heights are above (None: nobody says), and what the user must know, a line each."""

    terrain: Terrain
    datum: str | None
    notes: tuple[str, ...]


def read_terrain(
    path: Path, frame: SiteFrame, bounds_m: tuple[float, float, float, float], cell_m: float | None = None
) -> Terrain:
    """Return the heights of `read_elevation`, on their own datum."""
    return read_elevation(str(path), frame, bounds_m, cell_m).terrain


def read_elevation(
    where: str,
    frame: SiteFrame,
    bounds_m: tuple[float, float, float, float],
    cell_m: float | None = None,
    datum: str | None = None,
) -> Elevation:
    """Return heights on the site grid over bounds (west, south, east, north) in metres; NaN where there are none.

    A file written by `write_terrain` for the same frame is read as it is, clipped to whole cells; any other is
    resampled bilinearly to `cell_m` (default: the file's own resolution, at least 10 m).  A folder holds one-degree
    tiles (Copernicus or SRTM); an http(s) address holds Copernicus tiles.  A tile that is missing is sea, and noted.
    datum: what heights are wanted above; see the module.  Raises BadInput.
    """
    address = tiles_at(where)
    if address is not None:
        found = read_tiles(address, _bounds_deg(frame, bounds_m))
        watch = SpikeWatch(found)
        terrain = _resampled(watch, frame, bounds_m, cell_m or _own_cell_m(found, frame, bounds_m))
        return _on_datum(Elevation(terrain, found.datum, (*found.notes, *watch.notes)), frame, address, datum)
    with opened_heights(Path(where)) as band:
        watch = SpikeWatch(band)
        if band.file.tags().get(FRAME_TAG) == frame.proj4:
            terrain = _clip(band, bounds_m)
        else:
            terrain = _resampled(watch, frame, bounds_m, cell_m or _own_cell_m(band, frame, bounds_m))
        return _on_datum(Elevation(terrain, band.datum, (*band.notes, *watch.notes)), frame, where, datum)


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


def _bounds_deg(frame: SiteFrame, bounds_m: tuple[float, float, float, float]) -> Bounds:
    west, south, east, north = bounds_m
    along = np.linspace(0.0, 1.0, 21)
    x, y = west + (east - west) * along, south + (north - south) * along
    rim = [(v, e) for v in x for e in (south, north)] + [(e, v) for v in y for e in (west, east)]
    lonlat = frame.lonlat_from_xy_m(np.array(rim))
    low, high = lonlat.min(axis=0) - TILE_MARGIN_DEG, lonlat.max(axis=0) + TILE_MARGIN_DEG
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def _own_cell_m(band: Band, frame: SiteFrame, bounds_m: tuple[float, float, float, float]) -> float:
    """Return the size of the source's cells on the ground, at least 10 m."""
    if lonlat_to(band.crs).target_crs.is_geographic:  # type: ignore[union-attr]  # a transformer of ours has one
        return max(
            10.0, round(max(abs(float(band.transform.a)), abs(float(band.transform.e))) * METRES_PER_DEGREE, 1)
        )
    west, south, east, north = bounds_m
    middle = np.array([(west + east) / 2, (south + north) / 2])
    lonlat = frame.lonlat_from_xy_m(middle + np.array([[0.0, 0.0], [100.0, 0.0], [0.0, 100.0]]))
    x, y = lonlat_to(band.crs).transform(lonlat[:, 0], lonlat[:, 1])
    col, row = ~band.transform * (np.asarray(x), np.asarray(y))
    cells = abs((col[1] - col[0]) * (row[2] - row[0]) - (row[1] - row[0]) * (col[2] - col[0])) / 100.0**2
    if not (np.isfinite(cells) and cells > 0.0):
        raise BadInput(band.name, "does not cover any of the line's surroundings", "give elevation of this place")
    return max(10.0, round(float(1.0 / np.sqrt(cells)), 1))


def _clip(band: HeightFile, bounds_m: tuple[float, float, float, float]) -> Terrain:
    west, south, east, north = bounds_m
    file = band.file
    cell = float(file.transform.a)
    x0, y0 = file.transform.c + cell / 2, file.transform.f - cell / 2
    left = int(np.clip(np.floor((west - x0) / cell), 0, file.width - 2))
    right = int(np.clip(np.ceil((east - x0) / cell), left + 1, file.width - 1))
    top = int(np.clip(np.floor((y0 - north) / cell), 0, file.height - 2))
    bottom = int(np.clip(np.ceil((y0 - south) / cell), top + 1, file.height - 1))
    heights = band.read(Window(left, top, right - left + 1, bottom - top + 1)).astype(np.float32, copy=False)
    return Terrain(heights, x0 + left * cell, y0 - top * cell, cell)


def _resampled(band: Band, frame: SiteFrame, bounds_m: tuple[float, float, float, float], cell_m: float) -> Terrain:
    west, south, east, north = bounds_m
    cols, rows = int(np.ceil((east - west) / cell_m)) + 1, int(np.ceil((north - south) / cell_m)) + 1
    if rows * cols > CELLS_MAX:
        rule = (
            f"would need {rows * cols:.1e} cells of {cell_m:g} m for the line's surroundings, at most {CELLS_MAX:.0e}"
        )
        raise BadInput(band.name, rule, "check the line for a vertex far away, or give coarser elevation")
    x, y = west + cell_m * np.arange(cols), north - cell_m * np.arange(rows)
    heights = onto_grid(band, frame.lonlat_from_xy_m, x, y)
    if np.isnan(heights).all():
        raise BadInput(band.name, "does not cover any of the line's surroundings", "give elevation of this place")
    return Terrain(heights, west, north, cell_m)


def _on_datum(found: Elevation, frame: SiteFrame, name: str, wanted: str | None) -> Elevation:
    """Return the elevation above the wanted datum if that can be had; else as it is, with a note."""
    if wanted is None or found.datum in (None, wanted):
        return Elevation(found.terrain, found.datum or wanted, found.notes)
    up_m = _raised_m(found.terrain, frame, str(found.datum), wanted)
    if up_m is None:
        note = (
            f"{name}: heights are above {found.datum} and stay there, not above {wanted}; "
            f"{how_to_convert(str(found.datum), wanted)}"
        )
        return Elevation(found.terrain, found.datum, (*found.notes, note))
    heights = (found.terrain.height_m + up_m).astype(np.float32)
    grid = found.terrain
    middle = float(np.nanmedian(up_m))
    note = f"{name}: heights are converted from {found.datum} to {wanted} ({middle:+.2f} m in the middle)"
    return Elevation(Terrain(heights, grid.x0_m, grid.y0_m, grid.cell_m), wanted, (*found.notes, note))


def _raised_m(terrain: Terrain, frame: SiteFrame, from_datum: str, to_datum: str) -> NDArray[np.float32] | None:
    """Return (rows, cols) metres to add, exact every GEOID_STEP cells and bilinear between; None when not known."""
    rows, cols = terrain.height_m.shape
    step = GEOID_STEP * terrain.cell_m
    x = terrain.x0_m + step * np.arange(cols // GEOID_STEP + 2)
    y = terrain.y0_m - step * np.arange(rows // GEOID_STEP + 2)
    lonlat = frame.lonlat_from_xy_m(np.stack(np.meshgrid(x, y), axis=-1))
    coarse = raised_m(from_datum, to_datum, lonlat[..., 0], lonlat[..., 1])
    if coarse is None:
        return None
    knots_x, knots_y = np.arange(len(x)) * GEOID_STEP, np.arange(len(y)) * GEOID_STEP
    across = np.stack([np.interp(np.arange(cols), knots_x, line) for line in coarse])
    return np.stack([np.interp(np.arange(rows), knots_y, line) for line in across.T], axis=1).astype(np.float32)
