"""Small map files as other programs write them: GDAL (through rasterio), the `pmtiles` package; vector tiles by hand.

A vector tile holds one place with a name and one road, in the middle of its square.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import apsw
import numpy as np
import rasterio
import rasterio.shutil
from rasterio.io import MemoryFile
from rasterio.transform import from_bounds

from watchline.domain.records import MapShape
from watchline.links.maps.geopackage import file_of

RED, GREEN = (200, 40, 30), (40, 160, 60)


def picture(bounds_deg: tuple[float, float, float, float], side_px: int = 256, crs: str = "EPSG:4326") -> MemoryFile:
    """Return a GeoTIFF in memory: red in its west, green in its east."""
    west, south, east, north = bounds_deg
    if crs != "EPSG:4326":
        from rasterio.warp import transform_bounds

        west, south, east, north = transform_bounds("EPSG:4326", crs, west, south, east, north)
    data = np.empty((3, side_px, side_px), np.uint8)
    data[:, :, : side_px // 2], data[:, :, side_px // 2 :] = np.reshape(RED, (3, 1, 1)), np.reshape(GREEN, (3, 1, 1))
    file = MemoryFile()
    with file.open(
        driver="GTiff", width=side_px, height=side_px, count=3, dtype="uint8", crs=crs,
        transform=from_bounds(west, south, east, north, side_px, side_px),
    ) as out:  # fmt: skip
        out.write(data)
    return file


def write_raster(path: Path, bounds_deg: tuple[float, float, float, float], crs: str = "EPSG:4326") -> Path:
    """Write imagery as GDAL does: by the ending .mbtiles or .gpkg (in `crs`, table `imagery`)."""
    driver, more = ("MBTiles", {}) if path.suffix == ".mbtiles" else ("GPKG", {"RASTER_TABLE": "imagery"})
    with picture(bounds_deg, crs=crs) as file, file.open() as source:
        rasterio.shutil.copy(source, path, driver=driver, TILE_FORMAT="PNG", **more)
    return path


def _varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out, value = out + bytes([value & 127 | 128]), value >> 7
    return out + bytes([value])


def _field(number: int, body: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(body)) + body


def _whole(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def vector_tile(name: str) -> bytes:
    """Return a Mapbox Vector Tile 2.1 of two layers, `places` and `roads`, gzipped."""

    def layer(title: str, kind: int, geometry: list[int]) -> bytes:
        shape = _field(4, b"".join(map(_varint, geometry)))
        feature = _field(2, _varint(0) + _varint(0)) + _whole(3, kind) + shape
        value = _field(1, name.encode())
        return _field(3, _whole(15, 2) + _field(1, title.encode()) + _field(2, feature) + _field(3, b"name")
                      + _field(4, value) + _whole(5, 4096))  # fmt: skip

    place = [1 << 3 | 1, 2 * 2048, 2 * 2048]  # move to the middle
    road = [1 << 3 | 1, 0, 2 * 2300, 1 << 3 | 2, 2 * 4096, 0]  # from the west edge to the east edge
    return gzip.compress(layer("places", 1, place) + layer("roads", 2, road), mtime=0)


PARTS = [{"id": "places", "fields": {"name": "String"}}, {"id": "roads", "fields": {"name": "String"}}]


def write_vector_mbtiles(
    path: Path, tiles: dict[tuple[int, int, int], bytes], more: dict[str, str] | None = None
) -> Path:
    """Write vector tiles by z, x, y from the north-west, as the standard says."""
    told = {"name": "test", "format": "pbf", "json": json.dumps({"vector_layers": PARTS})} | (more or {})
    connection = apsw.Connection(str(path))
    connection.execute("CREATE TABLE metadata (name text, value text)")
    connection.execute(
        "CREATE TABLE tiles (zoom_level integer, tile_column integer, tile_row integer, tile_data blob)"
    )
    connection.executemany("INSERT INTO metadata VALUES (?,?)", told.items())
    rows = [(z, x, 2**z - 1 - y, data) for (z, x, y), data in tiles.items()]
    connection.executemany("INSERT INTO tiles VALUES (?,?,?,?)", rows)
    connection.close()
    return path


def write_pmtiles(path: Path, tiles: dict[tuple[int, int, int], bytes], *, vector: bool) -> Path:
    """Write PMTiles with the package of its authors; raises ImportError without it."""
    from pmtiles.tile import Compression, TileType, zxy_to_tileid
    from pmtiles.writer import Writer

    zooms = [z for z, _, _ in tiles]
    head = {
        "tile_type": TileType.MVT if vector else TileType.PNG,
        "tile_compression": Compression.GZIP if vector else Compression.NONE,
        "min_zoom": min(zooms), "max_zoom": max(zooms), "center_zoom": min(zooms), "center_lon_e7": 0,
        "center_lat_e7": 0, "min_lon_e7": -1_800_000_000, "min_lat_e7": -850_000_000, "max_lon_e7": 1_800_000_000,
        "max_lat_e7": 850_000_000,
    }  # fmt: skip
    with path.open("wb") as file:
        writer = Writer(file)
        for number, data in sorted((zxy_to_tileid(*zxy), data) for zxy, data in tiles.items()):
            writer.write_tile(number, data)
        writer.finalize(head, {"vector_layers": PARTS} if vector else {})
    return path


def write_features(path: Path, *shapes: MapShape) -> Path:
    """Write a GeoPackage of features, table `shapes`."""
    path.write_bytes(file_of(shapes))
    return path
