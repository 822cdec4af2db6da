"""GPX 1.1: ways, routes and places of hand-held receivers.

Standard: GPX 1.1 schema (topografix.com/GPX/1/1); GPX 1.0 is read as well.  wpt, rte, trk with each trkseg a way of
its own; name, desc, type, ele (metres above mean sea level), time.
Not covered: extensions, links, bounds, accuracy fields; they are passed over.  An area is written as a closed track
of type `area`, since GPX has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

from watchline.domain.records import GeoPoint, MapShape, Record
from watchline.links.contract import Decoded, Framing, State
from watchline.links.maps.shapes import Found, MapLimits, init, number_of, one_shape, rfc3339, time_s, whole_file
from watchline.links.xml_tree import Node, parse

__all__ = ["FRAMING", "NAME", "Limits", "decode", "encode", "file_of", "init"]

NAME = "gpx"
FRAMING: Framing = "message"
Limits = MapLimits


def decode(state: State, data: bytes, /) -> Decoded:
    """Return the shapes of one file, and what was refused of it."""
    return whole_file(state, data, _read)


def _read(data: bytes) -> tuple[list[Found], list[str]]:
    root = parse(data)
    if root.name != "gpx":
        raise ValueError(f"the root is {root.name[:32]!r}, not gpx")
    found: list[Found] = []
    refused: list[str] = []
    pieces = [(node, "point", [node]) for node in root.all("wpt")]
    pieces += [(node, "line", node.all("rtept")) for node in root.all("rte")]
    pieces += [(node, "line", part.all("trkpt")) for node in root.all("trk") for part in node.all("trkseg")]
    for node, shape, parts in pieces:
        try:
            points = [_point(part) for part in parts]
            moments = [part.text_of("time") for part in parts]
            times = [time_s(moment) for moment in moments] if all(moments) else []
        except ValueError as error:
            refused.append(f"{node.name} {node.text_of('name')[:40]!r}: {error}")
            continue
        properties = {name: node.text_of(name) for name in ("desc", "type", "cmt") if node.text_of(name)}
        if shape == "line" and properties.get("type") == "area":
            del properties["type"]
            found.append((node.text_of("name"), "area", points, times[:-1], properties))
        else:
            found.append((node.text_of("name"), "point" if shape == "point" else "line", points, times, properties))
    return found, refused


def _point(node: Node) -> GeoPoint:
    height = node.text_of("ele")
    return GeoPoint(
        lon_deg=number_of(node.attributes.get("lon"), "lon"),
        lat_deg=number_of(node.attributes.get("lat"), "lat"),
        msl_m=number_of(height, "ele") if height else None,
    )


def encode(record: Record, /) -> bytes:
    """Return a file of one shape; LocalError for other records."""
    return one_shape(record, NAME, file_of)


def file_of(shapes: Sequence[MapShape]) -> bytes:
    """Return a file of these shapes; places come first, as the schema wants."""
    ordered = sorted(shapes, key=lambda shape: shape.shape != "point")
    body = "".join(_written(shape) for shape in ordered)
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<gpx version="1.1" creator="Watchline" '
    return (head + f'xmlns="http://www.topografix.com/GPX/1/1">\n{body}</gpx>\n').encode()


def _written(shape: MapShape) -> str:
    told = "; ".join(f"{key}: {value}" for key, value in shape.properties.items() if key not in ("desc", "type"))
    desc = "; ".join(filter(None, [shape.properties.get("desc", ""), told]))
    kind = "area" if shape.shape == "area" else shape.properties.get("type", "")
    about = f"<name>{escape(shape.name)}</name>" + (f"<desc>{escape(desc)}</desc>" if desc else "")
    about += f"<type>{escape(kind)}</type>" if kind else ""
    closed = shape.points + (shape.points[:1] if shape.shape == "area" else ())
    times = shape.times_s + (shape.times_s[:1] if shape.shape == "area" else ())
    stamps = [f"<time>{rfc3339(t_s)}</time>" for t_s in times] or [""] * len(closed)
    if shape.shape == "point":
        return _waypoint("wpt", shape.points[0], stamps[0] + about)
    points = "".join(_waypoint("trkpt", point, stamp) for point, stamp in zip(closed, stamps, strict=True))
    return f"<trk>{about}<trkseg>\n{points}</trkseg></trk>\n"


def _waypoint(tag: str, point: GeoPoint, inside: str) -> str:
    height = "" if point.msl_m is None else f"<ele>{point.msl_m:.2f}</ele>"
    return f'<{tag} lat="{point.lat_deg:.7f}" lon="{point.lon_deg:.7f}">{height}{inside}</{tag}>\n'
