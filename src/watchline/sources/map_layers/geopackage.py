"""A GeoPackage under the map: rasters put onto web tiles by GDAL, features as GeoJSON.

Standard: OGC 12-128r18 (GeoPackage 1.3): `gpkg_contents` names the tables, `tiles` or `features`; geometry is
GeoPackageBinary with WKB inside.  Of a feature only its names go to the screen.
Limits: features are sent as a whole, at most `FEATURES_MOST`; curves are refused by feature and counted.
"""

from __future__ import annotations

import functools
import json
import math
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyproj
import rasterio
import shapely
from numpy.typing import NDArray
from rasterio.enums import ColorInterp, Resampling
from rasterio.errors import RasterioError
from rasterio.transform import from_bounds
from rasterio.vrt import WarpedVRT
from rasterio.warp import transform_bounds

from watchline.domain.errors import BadInput
from watchline.sources.map_layers.layer import ZOOM_MAX, Bounds, Facts, Kind, OpenLayer, Tile
from watchline.sources.map_layers.sqlite_file import SqliteFile, quoted

FEATURES_MOST = 50_000
GEOJSON_MOST = 32 << 20  # bytes; a browser holds it whole
NAMES = ("name", "name:ar", "name_ar", "name:ckb", "name_ckb", "name:en", "name_en")
ENVELOPE_BYTES = (0, 32, 48, 48, 64)  # clause 2.1.3
MERCATOR_M = 20_037_508.342789244
TILE_PX = 256
DATA_TYPES = {"raster": "tiles", "vector": "features"}


def open_package(path: Path, kind: Kind, table: str) -> OpenLayer:
    """Return one table of a file; raises BadInput."""
    rows = SqliteFile(path)
    try:
        if "gpkg_contents" not in rows.tables():
            raise BadInput(str(path), "is not a GeoPackage: no `gpkg_contents` in it", "convert it")
        found = rows.all("SELECT table_name, data_type FROM gpkg_contents ORDER BY 1 LIMIT 1000")
        fitting = [
            str(name) for name, what in found if what == DATA_TYPES[kind] and table.lower() in ("", str(name).lower())
        ]
        if not fitting:
            rule = f"has no table {table!r} of {DATA_TYPES[kind]}" if table else f"holds no {DATA_TYPES[kind]}"
            there = ", ".join(f"{name} ({what})" for name, what in found[:6]) or "nothing"
            raise BadInput(str(path), rule, f"it holds {there}")
        if len(fitting) > 1:
            rule = f"holds {len(fitting)} tables of {DATA_TYPES[kind]}"
            raise BadInput(str(path), rule, f'write table = "{fitting[0]}", or another of {", ".join(fitting[:6])}')
        return PackageFeatures(path, rows, fitting[0]) if kind == "vector" else PackageTiles(path, fitting[0])
    finally:
        rows.close()


class PackageTiles:
    """A raster table.  Mutable: GDAL's handle is used by one thread at a time."""

    def __init__(self, path: Path, table: str) -> None:
        """Open and check a table; raises BadInput."""
        self._turn = threading.Lock()
        try:
            self._grid = rasterio.open(f"GPKG:{path}:{table}")
            crs, bounds = self._grid.crs, self._grid.bounds
            if crs is None:
                raise BadInput(str(path), f"table {table!r} has no reference system", "give it one")
            if set(self._grid.dtypes) != {"uint8"}:
                rule = f"table {table!r} holds {self._grid.dtypes[0]}, not a picture of 8 bits"
                raise BadInput(str(path), rule, "convert it with gdal_translate -ot Byte -scale")
            self._grid.read(1, out_shape=(1, 1), resampling=Resampling.nearest)
            degrees = transform_bounds(crs, "EPSG:4326", *bounds)
            mercator = transform_bounds(crs, "EPSG:3857", *bounds)
        except (RasterioError, pyproj.exceptions.ProjError, OSError) as error:
            rule = f"table {table!r} cannot be read ({' '.join(str(error).split())[:120]})"
            raise BadInput(str(path), rule, "copy it again") from None
        finest_m = (mercator[2] - mercator[0]) / self._grid.width
        coarsest = max([1, *self._grid.overviews(1)])
        low, high = _zoom(finest_m * coarsest, math.floor), _zoom(finest_m, math.ceil)
        west, south, east, north = (round(v, 6) for v in degrees)
        self.facts = Facts("raster", True, max(0, low - 1), high, (west, south, east, north))

    def tile(self, z: int, x: int, y: int) -> Tile | None:
        """Return a PNG of 256 pixels, transparent where the table holds nothing; None where it holds nothing at all.

        Below its own lowest zoom it is not asked: the whole table would be read for a stamp.
        """
        if not self.facts.min_zoom <= z <= self.facts.max_zoom:
            return None
        side = 2 * MERCATOR_M / 2**z
        west, north = x * side - MERCATOR_M, MERCATOR_M - y * side
        square = from_bounds(west, north - side, west + side, north, TILE_PX, TILE_PX)
        try:
            with (
                self._turn,
                WarpedVRT(
                    self._grid, crs="EPSG:3857", transform=square, width=TILE_PX, height=TILE_PX,
                    add_alpha=ColorInterp.alpha not in self._grid.colorinterp, resampling=Resampling.bilinear,
                ) as seen,
            ):  # fmt: skip
                bands = seen.read()
        except RasterioError:
            return None
        return _png(bands)

    def features(self) -> bytes:
        """Return nothing: tiles."""
        return b""

    def close(self) -> None:
        """Let the file go."""
        self._grid.close()


def _zoom(pixel_m: float, whole: Callable[[float], int]) -> int:
    return min(ZOOM_MAX, max(0, whole(math.log2(2 * MERCATOR_M / TILE_PX / pixel_m))))


def _png(bands: NDArray[Any]) -> Tile | None:
    if not bands[-1].any():
        return None
    colours = [bands[2], bands[1], bands[0]] if len(bands) >= 4 else [bands[0]] * 3
    done, data = cv2.imencode(".png", np.stack([*colours, bands[-1]], axis=-1), [cv2.IMWRITE_PNG_COMPRESSION, 1])
    return Tile(data.tobytes(), "image/png") if done else None


class PackageFeatures:
    """A feature table, read whole when it is opened."""

    def __init__(self, path: Path, rows: SqliteFile, table: str) -> None:
        """Read a table; raises BadInput."""
        found = rows.all("SELECT column_name, srs_id FROM gpkg_geometry_columns WHERE table_name=?", (table,))
        if not found or table not in rows.tables():
            raise BadInput(str(path), f"table {table!r} has no geometry", "name another table")
        column, srs = str(found[0][0]), int(found[0][1])
        count = int(rows.all(f"SELECT count(*) FROM {quoted(table)}")[0][0])
        if count > FEATURES_MOST:
            rule = f"table {table!r} holds {count} features, more than {FEATURES_MOST}"
            raise BadInput(str(path), rule, "make vector tiles of it (PMTiles); docs/map.md says how")
        names = [name for name in rows.columns(table) if name.lower() in NAMES]
        columns = ", ".join(quoted(name) for name in [column, *names])
        degrees = _to_degrees(rows, srs, path)
        refused, whole, parts = 0, [], list[bytes]()
        for blob, *told in rows.all(f"SELECT {columns} FROM {quoted(table)}"):
            shape = _shape(blob, degrees)
            if shape is None:
                refused += blob is not None
                continue
            said = {key.lower(): str(value)[:200] for key, value in zip(names, told, strict=True) if value}
            whole.append(shape.bounds)
            parts.append(b'{"type":"Feature","properties":%s,"geometry":%s}' % (
                json.dumps(said).encode(), shapely.to_geojson(shape).encode()))  # fmt: skip
        if not parts:
            raise BadInput(str(path), f"table {table!r} holds no feature that can be drawn", "name another table")
        self._geojson = b'{"type":"FeatureCollection","features":[' + b",".join(parts) + b"]}"
        if len(self._geojson) > GEOJSON_MOST:
            rule = f"table {table!r} is more than {GEOJSON_MOST >> 20} MiB as GeoJSON"
            raise BadInput(str(path), rule, "make vector tiles of it (PMTiles); docs/map.md says how")
        low, high = np.min(whole, axis=0), np.max(whole, axis=0)
        bounds: Bounds = (float(low[0]), float(low[1]), float(high[2]), float(high[3]))
        self.facts = Facts("vector", False, 0, ZOOM_MAX, bounds)
        if refused:
            note = f"{refused} features of table {table!r} have a geometry that cannot be drawn"
            self.facts = replace(self.facts, notes=(note,))

    def tile(self, z: int, x: int, y: int) -> Tile | None:
        """Return None: there are no tiles."""
        return None

    def features(self) -> bytes:
        """Return all features as GeoJSON in EPSG:4326."""
        return self._geojson

    def close(self) -> None:
        """Do nothing: the file was closed when it had been read."""


Degrees = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def _to_degrees(rows: SqliteFile, srs: int, path: Path) -> Degrees:
    """Return what turns (N, 2) positions of a reference system into degrees, to 1e-6."""
    if srs == 4326:
        return lambda xy: np.round(xy, 6)
    question = "SELECT organization, organization_coordsys_id, definition FROM gpkg_spatial_ref_sys WHERE srs_id=?"
    found = rows.all(question, (srs,))
    try:
        told = f"{found[0][0]}:{found[0][1]}" if str(found[0][0]).upper() == "EPSG" else str(found[0][2])
        to = pyproj.Transformer.from_crs(told, "EPSG:4326", always_xy=True)
    except (IndexError, pyproj.exceptions.ProjError):
        raise BadInput(str(path), f"reference system {srs} is not known", "save it in EPSG:4326") from None
    return functools.partial(_turned, to)


def _turned(to: pyproj.Transformer, xy: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.round(np.column_stack(to.transform(xy[:, 0], xy[:, 1])), 6)


def _shape(blob: Any, degrees: Degrees) -> shapely.Geometry | None:
    """Return the geometry of a GeoPackageBinary in degrees, None for none and for what cannot be drawn."""
    if not isinstance(blob, bytes) or blob[:2] != b"GP" or len(blob) < 8 or (blob[3] >> 1 & 7) >= len(ENVELOPE_BYTES):
        return None
    try:
        shape = shapely.force_2d(shapely.from_wkb(blob[8 + ENVELOPE_BYTES[blob[3] >> 1 & 7] :]))
        if shape is None or shape.is_empty:
            return None
        turned = shapely.transform(shape, degrees)
    except (shapely.errors.ShapelyError, ValueError):
        return None
    return turned if all(math.isfinite(v) for v in turned.bounds) else None
