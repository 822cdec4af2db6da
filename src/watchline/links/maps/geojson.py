"""GeoJSON: features in and out, as QGIS, web maps and other systems exchange them.

Standard: RFC 7946.  FeatureCollection, Feature and bare geometries of all types; of polygons the outer ring; heights
as third coordinates.  Property `name` names a shape, `time` or `times` dates it.
Not covered: other coordinate systems (RFC 7946 took them out), inner rings; nested property values are kept as JSON.

Rules: written polygons follow the right-hand rule (section 3.1.6); read ones may turn either way.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

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

__all__ = ["FRAMING", "NAME", "Limits", "decode", "encode", "feature_of", "file_of", "init"]

NAME = "geojson"
FRAMING: Framing = "message"
Limits = MapLimits
# Geometry type -> shape, and how deep its list of positions lies.
TYPES: dict[str, tuple[Shape, int]] = {
    "Point": ("point", 0), "MultiPoint": ("point", 1), "LineString": ("line", 1), "MultiLineString": ("line", 2),
    "Polygon": ("area", 2), "MultiPolygon": ("area", 3),
}  # fmt: skip


def decode(state: State, data: bytes, /) -> Decoded:
    """Return the shapes of one file, and what was refused of it."""
    return whole_file(state, data, _read)


def _read(data: bytes) -> tuple[list[Found], list[str]]:
    try:
        root = json.loads(data)
    except (ValueError, RecursionError):
        raise ValueError("not JSON") from None
    found: list[Found] = []
    refused: list[str] = []
    for number, feature in enumerate(_features(root)):
        try:
            found += _shapes(feature)
        except ValueError as error:
            refused.append(f"feature {number}: {error}")
    return found, refused


def _features(root: Any) -> list[Any]:
    kind = _kind(root)
    if kind == "FeatureCollection" and isinstance(root.get("features"), list):
        return list(root["features"])
    if kind == "Feature":
        return [root]
    if kind in TYPES or kind == "GeometryCollection":
        return [{"type": "Feature", "properties": {}, "geometry": root}]
    raise ValueError("not GeoJSON: expected a FeatureCollection, Feature or geometry")


def _shapes(feature: Any) -> list[Found]:
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        raise ValueError("is not a Feature")
    properties = feature.get("properties") or {}
    if not isinstance(properties, dict):
        raise ValueError("properties must be an object")
    texts = {str(key): _text(value) for key, value in properties.items() if value is not None}
    name = texts.pop("name", "")
    times = _times(properties, texts)
    return [(name, shape, points, times, texts) for shape, points in _geometry(feature.get("geometry"))]


def _kind(value: Any) -> str:
    kind = value.get("type") if isinstance(value, dict) else None
    return kind if isinstance(kind, str) else ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _times(properties: dict[str, Any], texts: dict[str, str]) -> list[float]:
    moments = properties.get("times", properties.get("time"))
    moments = [moments] if isinstance(moments, str) else moments
    if not isinstance(moments, list) or not all(isinstance(moment, str) for moment in moments):
        return []
    texts.pop("times", None)
    texts.pop("time", None)
    return [time_s(moment) for moment in moments]


def _geometry(geometry: Any, depth: int = 0) -> Iterator[tuple[Shape, list[GeoPoint]]]:
    if geometry is None:  # a feature without a place (section 3.2) is no shape
        return
    kind = _kind(geometry)
    if kind == "GeometryCollection" and depth < 8:
        for part in _listed(geometry.get("geometries"), "geometries"):
            yield from _geometry(part, depth + 1)
        return
    if kind not in TYPES:
        raise ValueError(f"geometry of type {kind[:32]!r}")
    shape, levels = TYPES[kind]
    coordinates = geometry.get("coordinates")
    match kind:
        case "Point":
            yield shape, [_position(coordinates)]
        case "MultiPoint":
            for position in _listed(coordinates, "coordinates"):
                yield shape, [_position(position)]
        case _:
            for positions in _rings(coordinates, shape, levels):
                yield shape, [_position(position) for position in _listed(positions, "coordinates")]


def _rings(coordinates: Any, shape: Shape, levels: int) -> Iterator[Any]:
    """Yield the lists of positions: every line, of every polygon the outer ring."""
    if levels == 1:
        yield coordinates
    elif shape == "area" and levels == 2:
        yield next(iter(_listed(coordinates, "coordinates")), None)
    else:
        for part in _listed(coordinates, "coordinates"):
            yield from _rings(part, shape, levels - 1)


def _listed(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"{name} must be a list")
    return value


def _position(value: Any) -> GeoPoint:
    if not isinstance(value, list) or len(value) < 2:
        raise ValueError("a position is [longitude, latitude]")
    return GeoPoint(
        lon_deg=number_of(value[0], "longitude"),
        lat_deg=number_of(value[1], "latitude"),
        msl_m=number_of(value[2], "height") if len(value) > 2 else None,
    )


def encode(record: Record, /) -> bytes:
    """Return a file of one shape; LocalError for other records."""
    return one_shape(record, NAME, file_of)


def file_of(shapes: Sequence[MapShape]) -> bytes:
    """Return a FeatureCollection of these shapes, in their order."""
    collection = {"type": "FeatureCollection", "features": [feature_of(shape) for shape in shapes]}
    return json.dumps(collection, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def feature_of(shape: MapShape) -> dict[str, Any]:
    """Return one shape as a Feature."""
    positions = [_written(point) for point in shape.points]
    properties: dict[str, Any] = {"name": shape.name} | shape.properties
    if shape.times_s:
        properties |= (
            {"time": rfc3339(shape.times_s[0])}
            if len(shape.times_s) == 1
            else {"times": [rfc3339(t_s) for t_s in shape.times_s]}
        )
    match shape.shape:
        case "point":
            geometry = {"type": "Point", "coordinates": positions[0]}
        case "line":
            geometry = {"type": "LineString", "coordinates": positions}
        case "area":
            ring = positions if _doubled_area(positions) > 0 else positions[::-1]
            geometry = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    return {"type": "Feature", "id": shape.id, "geometry": geometry, "properties": properties}


def _written(point: GeoPoint) -> list[float]:
    position = [round(point.lon_deg, 7), round(point.lat_deg, 7)]
    return position if point.msl_m is None else [*position, round(point.msl_m, 2)]


def _doubled_area(ring: list[list[float]]) -> float:
    """Return twice the signed area: above zero when it turns left, as the right-hand rule wants of outer rings."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, [*ring[1:], ring[0]], strict=True))
