"""Land cover on the site grid: ESA WorldCover tiles, or any GeoTIFF of the same classes in any coordinate system.

Files are named ESA_WorldCover_10m_2021_v200_N33E039_Map.tif by the south-west corner of their 3 x 3 degrees; a folder
of them is read tile by tile.  Where the source is finer than the grid a cell gets the class that most of its ground
has (mode of up to 5 x 5 samples, the lower class of equals), elsewhere the class at its centre.
Rules: 0 is "not known", as is what the files do not cover; a class that is none of `geo.mobility.CLASSES` is refused.
"""

from __future__ import annotations

import math
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.windows import Window

from watchline.domain.errors import BadInput
from watchline.geo.frame import SiteFrame
from watchline.geo.mobility import CLASSES, UNKNOWN
from watchline.geo.terrain import Terrain
from watchline.sources.onto_grid import BLOCK, PlacesOf, places_of, times_finer

U1 = NDArray[np.uint8]
SAMPLES_MAX = 5


def read_land_cover(path: Path, frame: SiteFrame, grid: Terrain) -> U1:
    """Return (rows, cols) uint8 classes on the cells of `grid`, 0 where not known; raises BadInput."""
    files = sorted(path.glob("ESA_WorldCover_*_Map.tif")) if path.is_dir() else [path]
    if not files:
        raise BadInput(
            str(path), "holds no land cover", "ESA_WorldCover_10m_2021_v200_N33E039_Map.tif is such a name"
        )
    cover = np.full(grid.height_m.shape, UNKNOWN, np.uint8)
    for file in files:
        part = _read(file, frame, grid)
        cover = np.where(cover == UNKNOWN, part, cover)
    if not cover.any():
        raise BadInput(str(path), "does not cover any of the line's surroundings", "give land cover of this place")
    return cover


def _read(path: Path, frame: SiteFrame, grid: Terrain) -> U1:
    if not path.exists():
        raise BadInput(str(path), "no such file")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            file = rasterio.open(path)
        with file:
            _judge(file, path)
            return _onto(file, path, frame, grid)
    except RasterioError as error:
        rule = "cannot be read as a raster; it may be truncated or of another kind"
        raise BadInput(str(path), f"{rule} ({' '.join(str(error).split())})") from None


def _judge(file: Any, path: Path) -> None:
    if file.count != 1:
        raise BadInput(str(path), f"has {file.count} bands, and classes are one", "it may be a picture of a map")
    if file.crs is None:
        raise BadInput(str(path), "names no coordinate system", "set one, for example with gdal_edit -a_srs")
    if file.dtypes[0] not in ("uint8", "int8", "uint16", "int16", "int32", "uint32"):
        raise BadInput(str(path), f"holds {file.dtypes[0]} numbers, not classes")


def _onto(file: Any, path: Path, frame: SiteFrame, grid: Terrain) -> U1:
    rows, cols = grid.height_m.shape
    out = np.full((rows, cols), UNKNOWN, np.uint8)
    places = places_of(file.transform, file.crs, frame.lonlat_from_xy_m)
    for top in range(0, rows, BLOCK):
        for left in range(0, cols, BLOCK):
            x = grid.x0_m + grid.cell_m * np.arange(left, min(left + BLOCK, cols))
            y = grid.y0_m - grid.cell_m * np.arange(top, min(top + BLOCK, rows))
            out[top : top + BLOCK, left : left + BLOCK] = _block(file, path, places, x, y, grid.cell_m)
    return out


def _block(file: Any, path: Path, places: PlacesOf, x: Any, y: Any, cell_m: float) -> U1 | int:
    col, row = places(x, y)
    if not np.isfinite(col).any():
        return UNKNOWN
    low_row, low_col = max(0, math.floor(np.nanmin(row)) - 2), max(0, math.floor(np.nanmin(col)) - 2)
    high_row = min(file.height, math.ceil(np.nanmax(row)) + 3)
    high_col = min(file.width, math.ceil(np.nanmax(col)) + 3)
    if high_row <= low_row or high_col <= low_col:
        return UNKNOWN
    window = Window(low_col, low_row, high_col - low_col, high_row - low_row)
    known = np.ma.filled(file.read(1, window=window, masked=True), UNKNOWN)
    strange = set(np.unique(known).tolist()) - {UNKNOWN, *CLASSES}
    if strange:
        rule = f"holds class {min(strange)}, which is none of {', '.join(map(str, CLASSES))}"
        raise BadInput(str(path), rule, "translate its classes to those of ESA WorldCover")
    per_side = min(SAMPLES_MAX, times_finer(col, row))
    shift = (np.arange(per_side) - (per_side - 1) / 2) / per_side * cell_m
    votes = [_nearest(known, *places(x + dx, y + dy), low_row, low_col) for dy in shift for dx in shift]
    return _mode(np.stack(votes))


def _nearest(known: NDArray[Any], col: Any, row: Any, top: int, left: int) -> U1:
    r, c = np.rint(np.nan_to_num(row, nan=-9.0)) - top, np.rint(np.nan_to_num(col, nan=-9.0)) - left
    inside = (r >= 0) & (r < known.shape[0]) & (c >= 0) & (c < known.shape[1])
    found = known[np.where(inside, r, 0).astype(int), np.where(inside, c, 0).astype(int)]
    return np.where(inside, found, UNKNOWN).astype(np.uint8)


def _mode(votes: U1) -> U1:
    """Return the commonest class of (samples, rows, cols), the lower of equals; unknown only where all are."""
    kinds = [kind for kind in np.unique(votes) if kind != UNKNOWN]
    if not kinds:
        return np.full(votes.shape[1:], UNKNOWN, np.uint8)
    count = np.stack([(votes == kind).sum(axis=0) for kind in kinds])
    best = np.asarray(kinds, np.uint8)[count.argmax(axis=0)]
    return np.where(count.max(axis=0) > 0, best, np.uint8(UNKNOWN)).astype(np.uint8)
