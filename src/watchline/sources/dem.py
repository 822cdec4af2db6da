"""One elevation file around one observer, on a metric grid: what a viewshed is computed on.

A file in metres is taken as it is, on its own grid.  A file in degrees, or in a projection whose scale at the
observer is off by more than SCALE_MAX_ERROR (web Mercator), is resampled bilinearly to a transverse Mercator grid
centred on the observer, and a note says so; nothing is measured in degrees.  The centre is the observer, not a
UTM zone, so that nothing happens at a zone's edge.

Rules: a void stays a void; a resampled cell is void when any of the four cells around it is.
Limits: heights are taken to be metres above the file's own vertical datum, which is not converted.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pyproj
import rasterio
from numpy.typing import NDArray
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.transform import Affine, from_origin
from rasterio.windows import Window

from watchline.domain.errors import BadInput

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]
GEOD = pyproj.Geod(ellps="WGS84")
SCALE_MAX_ERROR = 0.01  # UTM stays within 0.001 of true scale, national grids within 0.002
SPIKE_M = 8.0  # a single cell this much above all its neighbours is an error or a mast, not ground
SPIKE_TIMES_RELIEF = 2.0  # ... and by this many times the relief around it
CELLS_MAX = 1_000_000_000


@dataclass(frozen=True)
class Dem:
    """Heights around an observer and where they are on the file's (or the local) grid.

    height_m (rows, cols) float32 or float64, NaN for voids; row, col: the observer's cell in it; cell_m: ground size
    along columns' and rows' direction; shape, top, left: the whole output grid and where the heights lie in it;
    crs, transform: of that whole grid; notes: what the user must know, a line each.
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


def read_dem_around(path: Path, lon_deg: float, lat_deg: float, range_m: float) -> Dem:
    """Return heights within `range_m` of a place; raises BadInput naming the file and the rule it breaks."""
    if not path.exists():
        raise BadInput(str(path), "no such file")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            file = rasterio.open(path)
        with file:
            return _read(file, path, lon_deg, lat_deg, range_m)
    except RasterioError as error:
        rule = "cannot be read as a raster; it may be truncated or of another kind"
        raise BadInput(str(path), f"{rule} ({' '.join(str(error).split())})") from None


def spikes(height_m: NDArray[np.floating[Any]]) -> int:
    """Return how many single cells stand out of their eight neighbours as no ground does.

    By more than SPIKE_M above the highest of them and SPIKE_TIMES_RELIEF times the relief among them: on steep
    ground a spike of that size hides nothing that the slope does not.
    """
    if min(height_m.shape) < 3:
        return 0
    middle = height_m[1:-1, 1:-1]
    rows, cols = middle.shape
    around = [
        height_m[i : i + rows, j : j + cols] for i in range(3) for j in range(3) if (i, j) != (1, 1)
    ]  # fmt: skip
    highest, lowest = around[0].copy(), around[0].copy()
    for neighbour in around[1:]:
        np.fmax(highest, neighbour, out=highest)
        np.fmin(lowest, neighbour, out=lowest)
    rise = middle - highest
    return int(((rise > SPIKE_M) & (rise > SPIKE_TIMES_RELIEF * (highest - lowest))).sum())


def _read(file: Any, path: Path, lon: float, lat: float, range_m: float) -> Dem:
    name = str(path)
    if file.count < 1:
        raise BadInput(name, "has no band")
    if file.crs is None:
        raise BadInput(name, "names no coordinate system", "set one, for example with gdal_edit -a_srs")
    grid = file.transform
    turned = abs(grid.b) > 1e-9 * abs(grid.a) or abs(grid.d) > 1e-9 * abs(grid.e)
    if file.crs.is_geographic and turned:
        raise BadInput(name, "is in degrees on a turned grid", "warp it to a metric grid first, with gdalwarp -t_srs")
    if turned:
        raise BadInput(name, "lies on a turned grid", "straighten it first, with gdalwarp")
    x, y = _to_file(file.crs, lon, lat, name)
    col, row = (math.floor(v) for v in ~grid * (x, y))
    if not (0 <= row < file.height and 0 <= col < file.width):
        raise BadInput(name, f"does not hold the observer at {lon:g},{lat:g} (--at LON,LAT)", _extent(file))
    cell = _cell_m(file, row, col)
    if not file.crs.is_geographic and max(abs(cell[2] - 1.0), abs(cell[3] - 1.0)) <= SCALE_MAX_ERROR:
        factor = float(file.crs.linear_units_factor[1])
        dem = _own_grid(file, row, col, (abs(grid.a) * factor, abs(grid.e) * factor), range_m)
    else:
        dem = _local_grid(file, lon, lat, row, col, cell, range_m)
    if not math.isfinite(float(dem.height_m[dem.row, dem.col])):
        raise BadInput(name, f"has no height at the observer {lon:g},{lat:g}: a void", "move the observer")
    if not _any_other(dem):
        raise BadInput(name, f"has nothing within {range_m:g} m of the observer", "give a longer --range")
    found = spikes(dem.height_m)
    if found:
        what = f"{found} single cell{'s' if found > 1 else ''} over {SPIKE_M:g} m above all neighbours"
        dem = _noted(dem, f"{name}: {what}: spikes in the data (or masts) throw long shadows")
    return dem


def _any_other(dem: Dem) -> bool:
    return int(np.isfinite(dem.height_m).sum()) > 1


def _noted(dem: Dem, note: str) -> Dem:
    return replace(dem, notes=(*dem.notes, note))


def _to_file(crs: Any, lon: float, lat: float, name: str) -> tuple[float, float]:
    try:
        to_file = pyproj.Transformer.from_crs("EPSG:4326", pyproj.CRS.from_user_input(crs), always_xy=True)
        x, y = to_file.transform(lon, lat)
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


def _cell_m(file: Any, row: int, col: int) -> tuple[float, float, float, float]:
    """Return the true ground size of a cell along x and y, and how many times its nominal size that is."""
    back = pyproj.Transformer.from_crs(pyproj.CRS.from_user_input(file.crs), "EPSG:4326", always_xy=True)
    across, down = np.array([0.0, 1.0, 0.5, 0.5]), np.array([0.5, 0.5, 0.0, 1.0])
    lon, lat = back.transform(*(file.transform * (col + across, row + down)))
    x_m = float(GEOD.inv(lon[0], lat[0], lon[1], lat[1])[2])
    y_m = float(GEOD.inv(lon[2], lat[2], lon[3], lat[3])[2])
    factor = 1.0 if file.crs.is_geographic else float(file.crs.linear_units_factor[1])
    return x_m, y_m, x_m / (abs(file.transform.a) * factor), y_m / (abs(file.transform.e) * factor)


def _heights(file: Any, window: Window) -> F4 | F8:
    dtype = "float64" if file.dtypes[0] in ("float64", "int32", "uint32", "int64", "uint64") else "float32"
    raw = file.read(1, window=window, masked=True, out_dtype=dtype)
    heights = np.ma.filled(raw, np.nan)
    heights[~np.isfinite(heights)] = np.nan
    scale, offset = file.scales[0], file.offsets[0]
    return heights if (scale, offset) == (1.0, 0.0) else (heights * scale + offset).astype(dtype)


def _own_grid(file: Any, row: int, col: int, cell: tuple[float, float], range_m: float) -> Dem:
    # Columns first: cell_m is along columns' direction (x), then rows' (y).
    reach_x, reach_y = int(min(range_m / cell[0], file.width)) + 1, int(min(range_m / cell[1], file.height)) + 1
    left, top = max(0, col - reach_x), max(0, row - reach_y)
    width, height = min(file.width, col + reach_x + 1) - left, min(file.height, row + reach_y + 1) - top
    heights = _heights(file, Window(left, top, width, height))
    return Dem(
        heights, row - top, col - left, cell, (file.height, file.width), top, left, file.crs, file.transform, ()
    )


def _local_grid(
    file: Any, lon: float, lat: float, row: int, col: int, cell: tuple[float, float, float, float], range_m: float
) -> Dem:
    """Resample to a transverse Mercator grid whose origin is the centre of the observer's cell."""
    size = round(math.sqrt(cell[0] * cell[1]), 1 if min(cell[:2]) > 2 else 3)
    reach = int(range_m / size) + 1
    side = 2 * reach + 1
    if side * side > CELLS_MAX:
        rule = f"would need {side * side:.1e} cells of {size:g} m, at most {CELLS_MAX:.0e}"
        raise BadInput(str(file.name), rule, "give a shorter --range")
    local = pyproj.CRS.from_proj4(
        f"+proj=tmerc +lat_0={lat:.9f} +lon_0={lon:.9f} +k=1 +x_0=0 +y_0=0 +datum=WGS84 +units=m +no_defs"
    )
    to_file = pyproj.Transformer.from_crs(local, pyproj.CRS.from_user_input(file.crs), always_xy=True)
    cols_at, rows_at = _places(file, to_file, reach, size)
    left = max(0, math.floor(np.nanmin(cols_at)) - 1)
    top = max(0, math.floor(np.nanmin(rows_at)) - 1)
    right = min(file.width, math.ceil(np.nanmax(cols_at)) + 2)
    bottom = min(file.height, math.ceil(np.nanmax(rows_at)) + 2)
    source = _heights(file, Window(left, top, right - left, bottom - top)).astype(np.float32, copy=False)
    heights = _sample(source, rows_at - top, cols_at - left)
    what = "degrees" if file.crs.is_geographic else f"a projection whose scale here is {1 / cell[2]:.3f}"
    note = (
        f"{file.name}: in {what}; resampled bilinearly to a local transverse Mercator grid of {size:g} m "
        f"centred on the observer, on which the outputs are written"
    )
    half = (reach + 0.5) * size
    grid = from_origin(-half, half, size, size)
    crs = rasterio.crs.CRS.from_wkt(local.to_wkt())
    return Dem(heights, reach, reach, (size, size), (side, side), 0, 0, crs, grid, (note,))


def _places(file: Any, to_file: Any, reach: int, size: float) -> tuple[F8, F8]:
    """Return (side, side) fractional columns and rows of the file, in cell centres, of every local cell.

    Projected on every 32nd cell and linear between: within 0.1 m of the projection at 30 m cells and 40 km.
    """
    coarse = np.linspace(-reach, reach, max(2, math.ceil(2 * reach / 32) + 1))
    east, north = np.meshgrid(coarse * size, -coarse * size)
    x, y = to_file.transform(east, north)
    col, row = ~file.transform * (np.asarray(x), np.asarray(y))
    weights = _weights(coarse, np.arange(-reach, reach + 1.0))
    return weights @ (col - 0.5) @ weights.T, weights @ (row - 0.5) @ weights.T


def _weights(knots: F8, at: F8) -> F8:
    """Return (len(at), len(knots)) weights of linear interpolation."""
    return np.stack([np.interp(at, knots, unit) for unit in np.eye(len(knots))], axis=1)


@numba.njit(cache=True)
def _sample(source: F4, row: F8, col: F8) -> F4:
    """Return bilinear heights; NaN outside and where any of the four cells used is a void."""
    rows, cols = source.shape
    out = np.empty(row.shape, np.float32)
    for i in range(row.shape[0]):
        for j in range(row.shape[1]):
            r, c = row[i, j], col[i, j]
            if not (0.0 <= r <= rows - 1 and 0.0 <= c <= cols - 1):
                out[i, j] = np.nan
                continue
            r0, c0 = min(int(r), rows - 2), min(int(c), cols - 2)
            fr, fc = r - r0, c - c0
            above = source[r0, c0] * (1 - fc) + source[r0, c0 + 1] * fc
            below = source[r0 + 1, c0] * (1 - fc) + source[r0 + 1, c0 + 1] * fc
            out[i, j] = above * (1 - fr) + below * fr
    return out
