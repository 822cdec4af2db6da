"""GeoJSON beside a site file: one line, many lines, or polygons, in WGS 84 degrees."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from watchline.domain.errors import BadInput

F8 = NDArray[np.float64]


def read_lines(path: Path) -> list[F8]:
    """Return every LineString (and part of a MultiLineString) as (N, 2) longitude, latitude degrees."""
    return lines_in(_data(path), path)


def lines_in(data: bytes, path: Path) -> list[F8]:
    """Return the same of a file's bytes; path: what faults call it."""
    lines: list[F8] = []
    for geometry in _geometries(data, path):
        if geometry["type"] == "LineString":
            lines.append(_ring(path, geometry["coordinates"]))
        elif geometry["type"] == "MultiLineString":
            lines.extend(_ring(path, part) for part in _list(path, geometry["coordinates"], "coordinates"))
    if not lines:
        raise BadInput(str(path), "has no LineString", "give a GeoJSON file with one")
    return lines


def read_polygons(path: Path) -> list[F8]:
    """Return the outer ring of every Polygon (and part of a MultiPolygon) as (N, 2) lon, lat degrees."""
    rings: list[F8] = []
    for geometry in _geometries(_data(path), path):
        if geometry["type"] == "Polygon":
            rings.append(_outer_ring(path, geometry["coordinates"]))
        elif geometry["type"] == "MultiPolygon":
            rings.extend(_outer_ring(path, part) for part in _list(path, geometry["coordinates"], "coordinates"))
    if not rings:
        raise BadInput(str(path), "has no Polygon", "give a GeoJSON file with one")
    return rings


def write_geojson(path: Path, kind: str, shapes: list[F8]) -> None:
    """Write shapes as a FeatureCollection; kind "LineString" or "Polygon"; 7 decimals are a centimetre."""
    features = []
    for shape in shapes:
        coordinates: Any = [[round(float(lon), 7), round(float(lat), 7)] for lon, lat in shape]
        features.append(
            {
                "type": "Feature",
                "properties": {},
                "geometry": {"type": kind, "coordinates": [coordinates] if kind == "Polygon" else coordinates},
            }
        )
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}) + "\n", encoding="utf-8")


def _data(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise BadInput(str(path), "no such file") from None
    except OSError as error:
        raise BadInput(str(path), f"cannot be read ({error.strerror})") from None


def _geometries(data: bytes, path: Path) -> list[dict[str, Any]]:
    try:
        value = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise BadInput(str(path), f"is not JSON ({error})") from None
    kind = value.get("type") if isinstance(value, dict) else None
    if kind == "FeatureCollection":
        features = _list(path, value.get("features"), "features")
        found = [feature.get("geometry") for feature in features if isinstance(feature, dict)]
    elif kind == "Feature":
        found = [value.get("geometry")]
    elif kind == "GeometryCollection":
        found = _list(path, value.get("geometries"), "geometries")
    elif isinstance(kind, str) and "coordinates" in value:
        found = [value]
    else:
        raise BadInput(str(path), "is not GeoJSON", "expected a FeatureCollection, Feature or geometry")
    return [g for g in found if isinstance(g, dict) and "type" in g and "coordinates" in g]


def _list(path: Path, value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise BadInput(str(path), f"{name} must be a list", "expected GeoJSON")
    return value


def _outer_ring(path: Path, polygon: Any) -> F8:
    rings = _list(path, polygon, "coordinates")
    if not rings:
        raise BadInput(str(path), "has a polygon without a ring", "redraw it or leave it out")
    return _ring(path, rings[0])


def _ring(path: Path, coordinates: Any) -> F8:
    try:
        ring = np.array([[float(c[0]), float(c[1])] for c in coordinates])
    except (TypeError, ValueError, LookupError, OverflowError):
        raise BadInput(str(path), "coordinates must be [longitude, latitude] pairs") from None
    if len(ring) < 2:
        raise BadInput(str(path), "a shape needs at least two points")
    if not np.isfinite(ring).all() or (np.abs(ring[:, 0]) > 180).any() or (np.abs(ring[:, 1]) > 90).any():
        raise BadInput(str(path), "longitude must be within 180 and latitude within 90 degrees", "check their order")
    return ring
