"""GeoPackage: one SQLite file of features, as QGIS and other desktop programs keep them.

Standard: OGC 12-128r18 (GeoPackage 1.3): application id, reference systems, contents, geometry columns, features
with GeoPackageBinary geometry (WKB inside).  Read: every feature table in EPSG:4326; points, lines, polygons and
their multi forms, with Z and M.  Written: one table, `shapes`.
Not covered: other reference systems (refused by table), tiles, related tables, spatial indexes, curves, inner rings.

Rules: a file from a stranger is opened in memory, read only, with its own triggers, views and functions shut off
and a limit on work, so that neither a crafted schema nor an endless query can do anything.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Sequence
from typing import Any

import apsw

from watchline.domain.records import GeoPoint, MapShape, Record
from watchline.links.contract import Decoded, Framing, State
from watchline.links.maps.shapes import Found, MapLimits, Shape, init, one_shape, rfc3339, time_s, whole_file

__all__ = ["FRAMING", "NAME", "Limits", "decode", "encode", "file_of", "init"]

NAME = "geopackage"
FRAMING: Framing = "message"
APPLICATION_ID = 0x47504B47  # "GPKG"
VERSION = 10_300
WGS84 = (
    'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],PRIMEM["Greenwich",0],'
    'UNIT["degree",0.0174532925199433],AUTHORITY["EPSG","4326"]]'
)
AXES = {0: 2, 1: 3, 2: 3, 3: 4}  # WKB types by thousands: plain, Z, M, ZM
ENVELOPE_BYTES = (0, 32, 48, 48, 64)  # OGC 12-128 clause 2.1.3


class Limits(MapLimits):
    """As for every map file; steps: of SQLite's virtual machine for one file."""

    steps = 20_000_000


def decode(state: State, data: bytes, /) -> Decoded:
    """Return the shapes of one file, and what was refused of it."""
    return whole_file(state, data, _read)


def _read(data: bytes) -> tuple[list[Found], list[str]]:
    if data[:16] != b"SQLite format 3\x00" or len(data) < 512:
        raise ValueError("not an SQLite file")
    # The header's write and read versions may ask for a write-ahead log that a file in memory cannot have.
    data = data[:18] + b"\x01\x01" + data[20:]
    connection = apsw.Connection(":memory:")
    try:
        connection.deserialize("main", data)
        _lock(connection)
        return _features(connection)
    except (apsw.Error, UnicodeDecodeError, MemoryError) as error:
        raise ValueError(f"the file is damaged ({' '.join(str(error).split())[:200]})") from None
    finally:
        connection.close(True)


def _lock(connection: apsw.Connection) -> None:
    for pragma in ("query_only=ON", "trusted_schema=OFF", "cell_size_check=ON"):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    steps = 0

    def worked() -> bool:
        nonlocal steps
        steps += 10_000
        return steps > Limits.steps

    connection.set_progress_handler(worked, 10_000)


def _features(connection: apsw.Connection) -> tuple[list[Found], list[str]]:
    found: list[Found] = []
    refused: list[str] = []
    tables = list(
        connection.execute(
            "SELECT c.table_name, g.column_name, g.srs_id FROM gpkg_contents c JOIN gpkg_geometry_columns g "
            "ON c.table_name = g.table_name WHERE c.data_type = 'features' ORDER BY 1 LIMIT 1000"
        )
    )
    if not tables:
        raise ValueError("no table of features")
    for table, column, srs in tables:
        if srs != 4326:
            refused.append(f"table {str(table)[:40]!r}: reference system {srs}; save it in EPSG:4326")
            continue
        _table(connection, str(table), str(column), found, refused)
    return found, refused


def _table(connection: apsw.Connection, table: str, column: str, found: list[Found], refused: list[str]) -> None:
    kinds = {row[0]: row[1] for row in connection.execute("SELECT name, type FROM sqlite_schema")}
    if kinds.get(table) != "table":
        refused.append(f"table {table[:40]!r} is not there, or is a view")
        return
    cursor = connection.execute(f"SELECT * FROM {_quoted(table)} LIMIT {Limits.shapes + 1}")
    names = None
    for number, row in enumerate(cursor, 1):
        names = names or [name for name, *_ in cursor.getdescription()]
        told = dict(zip(names, row, strict=True))
        try:
            geometry = told.pop(column, None)
            if geometry is not None:
                found.extend(_found(geometry, told))
        except ValueError as error:
            refused.append(f"table {table[:40]!r}, row {number}: {error}")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _found(geometry: object, told: dict[str, Any]) -> Iterator[Found]:
    texts = {key: str(value) for key, value in told.items() if value is not None and not isinstance(value, bytes)}
    for key in ("fid", "ogc_fid", "id"):
        texts.pop(key, None)
    name = texts.pop("name", "")
    times = [time_s(part) for part in texts.pop("time", "").split()]
    if not isinstance(geometry, bytes):
        raise ValueError("the geometry is no blob")
    try:
        shapes = list(_wkb(*_binary(geometry)))
    except (struct.error, IndexError):
        raise ValueError("the geometry is cut short") from None
    for shape, points in shapes:
        yield name, shape, points, times, texts


def _binary(blob: bytes) -> tuple[bytes, int]:
    """Return the WKB of a GeoPackageBinary, as the blob and where it begins."""
    if blob[:2] != b"GP" or len(blob) < 8:
        raise ValueError("the geometry is no GeoPackageBinary")
    kind = blob[3] >> 1 & 7
    if kind >= len(ENVELOPE_BYTES):
        raise ValueError(f"envelope of kind {kind}")
    return blob, 8 + ENVELOPE_BYTES[kind]


def _wkb(blob: bytes, k: int) -> Iterator[tuple[Shape, list[GeoPoint]]]:
    """Yield the shapes of a WKB geometry: points, lines, outer rings; multi geometries one by one.

    A collection's members lie behind each other, each with a head of its own: only their number is to be kept.
    """
    members = 1
    while members:
        order = "<" if blob[k] else ">"
        code = struct.unpack_from(order + "I", blob, k + 1)[0]
        kind, axes, high = code % 1000, AXES.get(code // 1000, 0), code // 1000 in (1, 3)
        if not axes or not 1 <= kind <= 7:
            raise ValueError(f"geometry of type {code}")
        k, members = k + 5, members - 1
        if kind > 3:
            members, k = members + _count(blob, k, order), k + 4
        elif kind == 3:
            ring, k = _outer_ring(blob, k, order, axes, high=high)
            yield "area", ring
        else:
            count, k = (1, k) if kind == 1 else (_count(blob, k, order), k + 4)
            points, k = _points(blob, k, order, axes, count, high=high)
            if points:
                yield "point" if kind == 1 else "line", points


def _outer_ring(blob: bytes, k: int, order: str, axes: int, *, high: bool) -> tuple[list[GeoPoint], int]:
    outer: list[GeoPoint] = []
    rings, k = _count(blob, k, order), k + 4
    for number in range(rings):
        points, k = _points(blob, k + 4, order, axes, _count(blob, k, order), high=high)
        outer = outer if number else points
    return outer, k


def _count(blob: bytes, k: int, order: str) -> int:
    count = int(struct.unpack_from(order + "I", blob, k)[0])
    if count > len(blob):
        raise ValueError(f"{count} parts in {len(blob)} bytes")
    return count


def _points(blob: bytes, k: int, order: str, axes: int, count: int, *, high: bool) -> tuple[list[GeoPoint], int]:
    numbers = struct.unpack_from(f"{order}{axes * count}d", blob, k)
    points = []
    for n in range(0, axes * count, axes):
        lon, lat = numbers[n], numbers[n + 1]
        if math.isnan(lon) and math.isnan(lat):  # an empty point (clause 2.1.3)
            continue
        up = numbers[n + 2] if high and math.isfinite(numbers[n + 2]) else None
        points.append(GeoPoint(lon_deg=lon, lat_deg=lat, msl_m=up))
    return points, k + 8 * axes * count


# -- out ---------------------------------------------------------------------------------------------------------


def encode(record: Record, /) -> bytes:
    """Return a file of one shape; LocalError for other records."""
    return one_shape(record, NAME, file_of)


def file_of(shapes: Sequence[MapShape]) -> bytes:
    """Return a file of these shapes in one table; its last-change date is that of the newest shape."""
    connection = apsw.Connection(":memory:")
    try:
        connection.execute(f"PRAGMA application_id={APPLICATION_ID}").fetchall()
        connection.execute(f"PRAGMA user_version={VERSION}").fetchall()
        with connection:
            _tables(connection, shapes)
        return bytes(connection.serialize("main"))
    finally:
        connection.close(True)


SCHEMA = """
CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT NOT NULL, srs_id INTEGER NOT NULL PRIMARY KEY,
  organization TEXT NOT NULL, organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);
CREATE TABLE gpkg_contents (table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE,
  description TEXT DEFAULT '', last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
  min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER,
  CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id));
CREATE TABLE gpkg_geometry_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL,
  geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL, z TINYINT NOT NULL, m TINYINT NOT NULL,
  CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name), CONSTRAINT uk_gc_table_name UNIQUE (table_name),
  CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
  CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id));
"""


def _tables(connection: apsw.Connection, shapes: Sequence[MapShape]) -> None:
    connection.execute(SCHEMA)
    systems = [
        ("Undefined Cartesian SRS", -1, "NONE", -1, "undefined", None),
        ("Undefined geographic SRS", 0, "NONE", 0, "undefined", None),
        ("WGS 84 geodetic", 4326, "EPSG", 4326, WGS84, "longitude, latitude in degrees"),
    ]
    connection.executemany("INSERT INTO gpkg_spatial_ref_sys VALUES (?,?,?,?,?,?)", systems)
    lons = [point.lon_deg for shape in shapes for point in shape.points] or [0.0]
    lats = [point.lat_deg for shape in shapes for point in shape.points] or [0.0]
    changed = rfc3339(max((shape.t_s for shape in shapes), default=0.0))
    bounds = (min(lons), min(lats), max(lons), max(lats))
    connection.execute(
        "INSERT INTO gpkg_contents VALUES ('shapes','features','shapes','',?,?,?,?,?,4326)", (changed, *bounds)
    )
    connection.execute("INSERT INTO gpkg_geometry_columns VALUES ('shapes','geom','GEOMETRY',4326,2,0)")
    taken = {"fid", "geom", "name", "time"}
    names = {key.lower(): key for shape in shapes for key in shape.properties if key.lower() not in taken}
    columns = "".join(f", {_quoted(key)} TEXT" for key in names.values())
    connection.execute(
        "CREATE TABLE shapes (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, geom GEOMETRY, name TEXT, "
        f"time TEXT{columns})"
    )
    marks = ",".join("?" * (3 + len(names)))
    for shape in shapes:
        told = {key.lower(): value for key, value in shape.properties.items()}
        times = " ".join(rfc3339(t_s) for t_s in shape.times_s) or None
        row = (_blob(shape), shape.name, times, *(told.get(name) for name in names))
        connection.execute(f"INSERT INTO shapes VALUES (NULL,{marks})", row)


def _blob(shape: MapShape) -> bytes:
    """Return a shape as GeoPackageBinary, little-endian, no envelope; with heights when every point has one."""
    high = all(point.msl_m is not None for point in shape.points)
    offset = 1000 if high else 0
    numbers = [value for point in shape.points for value in _axes(point, high=high)]
    axes = 3 if high else 2
    head = struct.pack("<2sBBi", b"GP", 0, 1, 4326)
    if shape.shape == "point":
        return head + struct.pack(f"<BI{axes}d", 1, 1 + offset, *numbers)
    if shape.shape == "line":
        return head + struct.pack(f"<BII{len(numbers)}d", 1, 2 + offset, len(shape.points), *numbers)
    numbers += numbers[:axes]
    return head + struct.pack(f"<BIII{len(numbers)}d", 1, 3 + offset, 1, len(shape.points) + 1, *numbers)


def _axes(point: GeoPoint, *, high: bool) -> tuple[float, ...]:
    return (point.lon_deg, point.lat_deg, point.msl_m or 0.0) if high else (point.lon_deg, point.lat_deg)
