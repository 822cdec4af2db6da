"""Copernicus GLO-30 and GLO-90 elevation, from a folder or straight from a web address.

Files are named Copernicus_DSM_COG_10_N34_00_E041_00_DEM (10: one arc second, GLO-30; 30: GLO-90), each alone or in a
folder of its own name, as the public buckets have them.  Tiles are read whole; nothing is kept on disk.
Above 50 degrees latitude a tile has fewer columns; heights are a surface model above EGM2008.
No tile means sea; a few countries are in GLO-90 only, so that is looked for before the sea is believed.
"""

from __future__ import annotations

import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import rasterio
from rasterio.errors import RasterioError

from watchline.domain.errors import BadInput
from watchline.sources.tiles import Mosaic, Tile, mosaic

TIMEOUT_S = 20.0
GLO_30, GLO_90 = 10, 30
ABSENT = (403, 404, 410)  # object stores answer 403 for a name that is not there and may not be listed


def tile_name(lat: int, lon: int, spacing: int = GLO_30) -> str:
    """Return the name of the tile whose south-west corner is given.

    >>> tile_name(34, 41)
    'Copernicus_DSM_COG_10_N34_00_E041_00_DEM'
    """
    north, east = "N" if lat >= 0 else "S", "E" if lon >= 0 else "W"
    return f"Copernicus_DSM_COG_{spacing}_{north}{abs(lat):02d}_00_{east}{abs(lon):03d}_00_DEM"


def read_copernicus(where: str, bounds_deg: tuple[float, float, float, float]) -> Mosaic:
    """Return heights over bounds (west, south, east, north) from a folder or an http(s) address of tiles."""

    def read(lat: int, lon: int) -> tuple[Tile | None, str]:
        for spacing in (GLO_30, GLO_90):
            name = tile_name(lat, lon, spacing)
            place = _find(where, name)
            if place is not None:
                note = "" if spacing == GLO_30 else f"{name}: no GLO-30 here, GLO-90 is used"
                return _read(place, lat, lon), note
        return None, ""

    return mosaic(where, bounds_deg, read)


def is_copernicus(folder: Path) -> bool:
    """Return whether a folder holds Copernicus tiles."""
    return any(folder.glob("Copernicus_DSM_COG_*"))


def _find(where: str, name: str) -> str | None:
    if where.startswith(("http://", "https://")):
        url = f"{where.rstrip('/')}/{name}/{name}.tif"
        return url if _answers(url) else None
    for path in (Path(where) / name / f"{name}.tif", Path(where) / f"{name}.tif"):
        if path.exists():
            return str(path)
    return None


def _answers(url: str) -> bool:
    """Return whether the file is there; a server that cannot be asked is an error, not a sea."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=TIMEOUT_S):
            return True
    except urllib.error.HTTPError as error:
        if error.code in ABSENT:
            return False
        raise BadInput(url, f"the server answers {error.code}") from None
    except OSError as error:
        raise BadInput(url, f"cannot be reached ({error})", "check the connection or give a folder") from None


def _read(place: str, lat: int, lon: int) -> Tile:
    quick = rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR", GDAL_HTTP_TIMEOUT=str(int(TIMEOUT_S)))
    try:
        with quick, rasterio.open(place) as file:
            heights = np.ma.filled(file.read(1, masked=True, out_dtype="float32"), np.nan)
            # The centre of the first cell must lie on the square's corner: that is the half-pixel shift.
            x, y = file.transform * (0.5, 0.5)
            if abs(x - lon) > abs(file.transform.a) / 4 or abs(y - lat - 1) > abs(file.transform.e) / 4:
                raise BadInput(place, f"starts at {x:.5f},{y:.5f}, not at {lon},{lat + 1} as its name says")
            per_degree = round(-1 / file.transform.e), round(1 / file.transform.a)
    except RasterioError as error:
        rule = "cannot be read as a raster; it may be truncated"
        raise BadInput(place, f"{rule} ({' '.join(str(error).split())})") from None
    return Tile(lat, lon, heights.astype(np.float32, copy=False), per_degree)
