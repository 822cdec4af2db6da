"""CSV: a row per point, as spreadsheets and scripts write them.

Standard: RFC 4180 with a header row, UTF-8 (a byte order mark is read over), comma, semicolon or tab.  Longitude and
latitude columns are found by their usual names; `name`, `time` (RFC 3339), `msl_m` where they are; `shape` and `part`
put rows of one way or area together.
Not covered: other coordinate systems, geometry as WKT, decimal commas (refused: the number is none).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from watchline.domain.records import GeoPoint, MapShape, Record
from watchline.links.contract import Decoded, Framing, State
from watchline.links.maps.shapes import (
    Found,
    MapLimits,
    Shape,
    init,
    number_of,
    one_shape,
    rfc3339,
    time_s,
    whole_file,
)

__all__ = ["FRAMING", "NAME", "Limits", "decode", "encode", "file_of", "init"]

NAME = "csv"
FRAMING: Framing = "message"
Limits = MapLimits
LON = ("lon_deg", "lon", "long", "lng", "longitude", "x")
LAT = ("lat_deg", "lat", "latitude", "y")
HEIGHT = ("msl_m", "ele", "elevation", "altitude", "z")
TIME = ("time", "timestamp", "datetime")
SHAPES: dict[str, Shape] = {"point": "point", "line": "line", "area": "area"}
OWN = ("name", "shape", "part", "lon_deg", "lat_deg", "msl_m", "time")


def decode(state: State, data: bytes, /) -> Decoded:
    """Return the shapes of one file, and what was refused of it."""
    return whole_file(state, data, _read)


def _read(data: bytes) -> tuple[list[Found], list[str]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None
    head = text.partition("\n")[0]
    separator = max(",;\t", key=head.count)
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator, strict=True, restkey="")
    columns = _columns(rows)
    found: list[Found] = []
    refused: list[str] = []
    groups: dict[tuple[str, str], int] = {}
    try:
        for number, row in enumerate(rows, 2):
            try:
                _add({str(k): v for k, v in row.items() if isinstance(v, str)}, columns, found, groups)
            except ValueError as error:
                refused.append(f"row {number}: {error}")
    except csv.Error as error:
        raise ValueError(f"row {rows.line_num}: {error}") from None
    return found, refused


def _columns(rows: csv.DictReader[str]) -> dict[str, str]:
    """Return our name of a column -> the file's; ValueError without a place."""
    try:
        fields = list(rows.fieldnames or [])
    except csv.Error as error:
        raise ValueError(f"header: {error}") from None
    by_lower = {name.strip().lower(): name for name in reversed(fields)}
    columns = {}
    for own, names in (("lon_deg", LON), ("lat_deg", LAT), ("msl_m", HEIGHT), ("time", TIME)):
        known = next((name for name in names if name in by_lower), None)
        if known is not None:
            columns[own] = by_lower[known]
    columns |= {own: by_lower[own] for own in ("name", "shape", "part") if own in by_lower}
    if "lon_deg" not in columns or "lat_deg" not in columns:
        raise ValueError("header: needs a longitude and a latitude column, such as lon_deg and lat_deg")
    return columns


def _add(
    row: dict[str, str], columns: dict[str, str], found: list[Found], groups: dict[tuple[str, str], int]
) -> None:
    told = {own: row.get(name, "").strip() for own, name in columns.items()}
    point = GeoPoint(
        lon_deg=number_of(told["lon_deg"], "longitude"),
        lat_deg=number_of(told["lat_deg"], "latitude"),
        msl_m=number_of(told["msl_m"], "height") if told.get("msl_m") else None,
    )
    shape = SHAPES.get(told.get("shape", "") or "point")
    if shape is None:
        raise ValueError(f"shape: must be one of {', '.join(SHAPES)}")
    times = [time_s(told["time"])] if told.get("time") else []
    key = shape, told.get("part", "") or told.get("name", "")
    if shape != "point" and key in groups:
        _, _, points, moments, _ = found[groups[key]]
        assert isinstance(points, list)
        assert isinstance(moments, list)
        points.append(point)
        moments.extend(times)
        return
    groups[key] = len(found)
    used = set(columns.values())
    found.append((told.get("name", ""), shape, [point], times, {k: v for k, v in row.items() if k and k not in used}))


def encode(record: Record, /) -> bytes:
    """Return a file of one shape; LocalError for other records."""
    return one_shape(record, NAME, file_of)


def file_of(shapes: Sequence[MapShape]) -> bytes:
    """Return a file of these shapes, a row per point; text that a spreadsheet would take for a formula is quoted.

    Properties that bear the name of one of our own columns are left out: the column says it.
    """
    names = list(dict.fromkeys(key for shape in shapes for key in shape.properties if key not in OWN))
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([*OWN, *names])
    for part, shape in enumerate(shapes, 1):
        each = len(shape.times_s) == len(shape.points)  # an alert has a place, and a beginning and an end
        latest = [rfc3339(shape.times_s[-1])] if shape.times_s else [""]
        times = [rfc3339(t_s) for t_s in shape.times_s] if each else latest * len(shape.points)
        told = [_harmless(shape.properties.get(name, "")) for name in names]
        for point, moment in zip(shape.points, times, strict=True):
            height = "" if point.msl_m is None else f"{point.msl_m:.2f}"
            place = [f"{point.lon_deg:.7f}", f"{point.lat_deg:.7f}", height]
            writer.writerow([_harmless(shape.name), shape.shape, part, *place, moment, *told])
    return out.getvalue().encode()


def _harmless(text: str) -> str:
    # Spreadsheets run cells that begin so; an apostrophe makes them text.
    return f"'{text}" if text[:1] in "=+@" and text else text
