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
    lines: list[F8] = []
    for geometry in _geometries(path):
        if geometry["type"] == "LineString":
            lines.append(_ring(path, geometry["coordinates"]))
        elif geometry["type"] == "MultiLineString":
            lines.extend(_ring(path, part) for part in geometry["coordinates"])
    if not lines:
        raise BadInput(str(path), "has no LineString", "give a GeoJSON file with one")
    return lines


def read_polygons(path: Path) -> list[F8]:
    """Return the outer ring of every Polygon (and part of a MultiPolygon) as (N, 2) lon, lat degrees."""
    rings: list[F8] = []
    for geometry in _geometries(path):
        if geometry["type"] == "Polygon":
            rings.append(_ring(path, geometry["coordinates"][0]))
        elif geometry["type"] == "MultiPolygon":
            rings.extend(_ring(path, part[0]) for part in geometry["coordinates"])
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


def _geometries(path: Path) -> list[dict[str, Any]]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadInput(str(path), "no such file") from None
    except OSError as error:
        raise BadInput(str(path), f"cannot be read ({error.strerror})") from None
    except ValueError as error:
        raise BadInput(str(path), f"is not JSON ({error})") from None
    kind = value.get("type") if isinstance(value, dict) else None
    if kind == "FeatureCollection":
        found = [feature.get("geometry") for feature in value.get("features", []) if isinstance(feature, dict)]
    elif kind == "Feature":
        found = [value.get("geometry")]
    elif kind == "GeometryCollection":
        found = list(value.get("geometries", []))
    elif isinstance(kind, str) and "coordinates" in value:
        found = [value]
    else:
        raise BadInput(str(path), "is not GeoJSON", "expected a FeatureCollection, Feature or geometry")
    return [g for g in found if isinstance(g, dict) and "type" in g and "coordinates" in g]


def _ring(path: Path, coordinates: Any) -> F8:
    try:
        ring = np.array([[float(c[0]), float(c[1])] for c in coordinates])
    except (TypeError, ValueError, IndexError):
        raise BadInput(str(path), "coordinates must be [longitude, latitude] pairs") from None
    if len(ring) < 2:
        raise BadInput(str(path), "a shape needs at least two points")
    if not np.isfinite(ring).all() or (np.abs(ring[:, 0]) > 180).any() or (np.abs(ring[:, 1]) > 90).any():
        raise BadInput(str(path), "longitude must be within 180 and latitude within 90 degrees", "check their order")
    return ring
