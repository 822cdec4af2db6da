"""Copernicus GLO-30 and GLO-90 elevation, from a folder or straight from a web address.

Files are named Copernicus_DSM_COG_10_N34_00_E041_00_DEM (10: one arc second, GLO-30; 30: GLO-90), each alone or in a
folder of its own name, as the public buckets have them; in a folder also without _COG, as the original tiles are,
which repeat their neighbours' edge.  Only the window that is needed is read, and from the web
only its chunks are fetched and kept (`ranged.py`; numbers in design/009-elevation-sources.md).
Above 50 degrees latitude a tile has fewer columns; heights are a surface model above EGM2008.
No tile means sea; a few countries are in GLO-90 only, so that is looked for before the sea is believed.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import rasterio
from rasterio.errors import RasterioError
from rasterio.windows import Window

from watchline.domain.errors import BadInput
from watchline.sources.heights import HeightFile, judged, opened_heights
from watchline.sources.ranged import Changed, RangedFile
from watchline.sources.tiles import Bounds, Mosaic, Tile, mosaic
from watchline.sources.web import Absent

DATUM = "EGM2008"
GLO_30, GLO_90 = 10, 30


def tile_name(lat: int, lon: int, spacing: int = GLO_30) -> str:
    """Return the name of the tile whose south-west corner is given.

    >>> tile_name(34, 41)
    'Copernicus_DSM_COG_10_N34_00_E041_00_DEM'
    """
    north, east = "N" if lat >= 0 else "S", "E" if lon >= 0 else "W"
    return f"Copernicus_DSM_COG_{spacing}_{north}{abs(lat):02d}_00_{east}{abs(lon):03d}_00_DEM"


def read_copernicus(where: str, bounds_deg: Bounds) -> Mosaic:
    """Return heights over bounds (west, south, east, north) from a folder or an http(s) address of tiles."""

    def read(lat: int, lon: int) -> tuple[Tile | None, str]:
        for spacing in (GLO_30, GLO_90):
            name = tile_name(lat, lon, spacing)
            tile = _tile(where, name, lat, lon, bounds_deg)
            if tile is not None:
                note = "" if spacing == GLO_30 else f"{name}: no GLO-30 here (withheld), GLO-90 is used"
                return tile, note
        return None, ""

    return mosaic(where, bounds_deg, read, DATUM)


def is_copernicus(folder: Path) -> bool:
    """Return whether a folder holds Copernicus tiles."""
    return any(folder.glob("Copernicus_DSM_[13C]*"))


def _tile(where: str, name: str, lat: int, lon: int, bounds: Bounds) -> Tile | None:
    """Return the part of a tile within bounds, None when there is no such tile."""
    if where.startswith(("http://", "https://")):
        return _web_tile(f"{where.rstrip('/')}/{name}/{name}.tif", lat, lon, bounds)
    for also in (name, name.replace("_COG_", "_")):
        path = Path(where) / also / f"{also}.tif"
        path = path if path.exists() else Path(where) / f"{also}.tif"
        if path.exists():
            with opened_heights(path) as band:
                return _part(band, lat, lon, bounds)
    return None


def _web_tile(url: str, lat: int, lon: int, bounds: Bounds) -> Tile | None:
    """Return the same from a server; a tile that has changed since it was last read is begun anew, once."""
    for again in (True, False):
        try:
            with _opened_web(url) as band:
                return _part(band, lat, lon, bounds)
        except Absent:
            return None
        except Changed:
            if not again:
                raise
    return None


@contextlib.contextmanager
def _opened_web(url: str) -> Iterator[HeightFile]:
    """Open a tile on a server; raises Absent, or BadInput with what the server or the file did wrong."""
    with RangedFile(url) as remote:
        try:
            # No looking for files beside it: every look would be a request.
            quiet = rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR")
            with quiet, rasterio.open(remote.name, opener=remote.opener) as file:
                yield judged(file, url)
        except RasterioError as error:
            if remote.failure is None:
                rule = f"cannot be read as a raster ({' '.join(str(error).split())})"
                raise BadInput(url, rule) from None
        if remote.failure is not None:
            raise remote.failure


def _part(band: HeightFile, lat: int, lon: int, bounds: Bounds) -> Tile:
    grid = band.transform
    # The centre of the first cell must lie on the square's corner: that is the half-pixel shift.
    x, y = grid * (0.5, 0.5)
    if abs(x - lon) > abs(grid.a) / 4 or abs(y - lat - 1) > abs(grid.e) / 4:
        raise BadInput(band.name, f"starts at {x:.5f},{y:.5f}, not at {lon},{lat + 1} as its name says")
    per_lat, per_lon = round(-1 / grid.e), round(1 / grid.a)
    west, south, east, north = bounds
    top, bottom = _cut((lat + 1 - north) * per_lat, (lat + 1 - south) * per_lat, band.shape[0])
    left, right = _cut((west - lon) * per_lon, (east - lon) * per_lon, band.shape[1])
    heights = band.read(Window(left, top, right - left, bottom - top))
    return Tile(lat, lon, heights.astype(np.float32, copy=False), (per_lat, per_lon), (top, left))


def _cut(low: float, high: float, count: int) -> tuple[int, int]:
    """Return the nodes from `low` to `high` and two more on both sides, at least one, within 0..count."""
    first = min(max(0, math.floor(low) - 2), count - 1)
    return first, max(first + 1, min(count, math.ceil(high) + 3))
