"""What a request for features asks: limit, offset, bounding box, time; and which shapes answer it.

Standard: OGC 17-069r4 (API – Features, part 1: core) sections 7.15.2 to 7.15.5 and RFC 3339.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import shapely

from watchline.domain.records import MapShape
from watchline.links.maps.shapes import time_s

LIMIT_DEFAULT, LIMIT_MAX = 100, 10_000
KNOWN = frozenset({"limit", "offset", "bbox", "datetime", "f"})


class BadQuery(ValueError):
    """A parameter that is not understood: the client's mistake."""


@dataclass(frozen=True)
class Query:
    """box: west, south, east, north in degrees (west > east crosses 180); during: seconds, open ends are infinite."""

    limit: int = LIMIT_DEFAULT
    offset: int = 0
    box: tuple[float, float, float, float] | None = None
    during: tuple[float, float] | None = None


def read_query(parameters: Mapping[str, str]) -> Query:
    """Return what is asked; BadQuery names the parameter.  Unknown ones are refused (requirement 8)."""
    unknown = sorted(set(parameters) - KNOWN)
    if unknown:
        raise BadQuery(f"{unknown[0]}: no such parameter; known are {', '.join(sorted(KNOWN))}")
    if parameters.get("f", "json") not in ("json", "geojson"):
        raise BadQuery("f: must be json")
    box, during = parameters.get("bbox"), parameters.get("datetime")
    return Query(
        limit=min(_whole(parameters.get("limit"), "limit", LIMIT_DEFAULT, 1), LIMIT_MAX),
        offset=_whole(parameters.get("offset"), "offset", 0, 0),
        box=None if box is None else _box(box),
        during=None if during is None else _during(during),
    )


def _whole(text: str | None, name: str, default: int, low: int) -> int:
    if text is None:
        return default
    if not (text.isascii() and text.isdigit()) or len(text) > 9 or int(text) < low:
        raise BadQuery(f"{name}: must be a whole number of at least {low}")
    return int(text)


def _box(text: str) -> tuple[float, float, float, float]:
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) not in (4, 6) or not all(math.isfinite(number) for number in numbers):
        raise BadQuery("bbox: must be four numbers west,south,east,north, or six with heights")
    half = len(numbers) // 2
    west, south, east, north = numbers[0], numbers[1], numbers[half], numbers[half + 1]
    if south > north or max(abs(south), abs(north)) > 90 or max(abs(west), abs(east)) > 180:
        raise BadQuery("bbox: longitudes must be within 180, latitudes within 90, south not above north")
    return west, south, east, north


def _during(text: str) -> tuple[float, float]:
    """Return an instant or interval; `..` or nothing is an open end."""
    parts = text.split("/")
    if len(parts) > 2 or (len(parts) == 2 and all(part in ("", "..") for part in parts)):
        raise BadQuery("datetime: must be a time, or two with / between them")
    try:
        first = -math.inf if parts[0] in ("", "..") and len(parts) == 2 else time_s(parts[0])
        last = math.inf if parts[-1] in ("", "..") and len(parts) == 2 else time_s(parts[-1])
    except ValueError as error:
        raise BadQuery(f"datetime: {error}") from None
    if first > last:
        raise BadQuery("datetime: begins after its end")
    return first, last


def answers(query: Query, shape: MapShape) -> bool:
    """Return whether a shape is asked for; one without a time answers at every time (section 7.15.4)."""
    if query.during is not None and shape.times_s:
        first, last = query.during
        if shape.times_s[-1] < first or shape.times_s[0] > last:
            return False
    return query.box is None or _touches(query.box, shape)


def _touches(box: tuple[float, float, float, float], shape: MapShape) -> bool:
    west, south, east, north = box
    boxes = [(west, east)] if west <= east else [(west, 180.0), (-180.0, east)]
    places = [(point.lon_deg, point.lat_deg) for point in shape.points]
    geometry = {"point": lambda: shapely.Point(places[0]), "line": lambda: shapely.LineString(places)}.get(
        shape.shape, lambda: shapely.Polygon(places)
    )()
    return any(shapely.box(a, south, b, north).intersects(geometry) for a, b in boxes)
