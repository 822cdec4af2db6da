"""KML 2.2 and KMZ: places, ways and areas of globes and map viewers.

Standard: OGC 07-147r2.  Placemark with Point, LineString, Polygon (outer ring), MultiGeometry and gx:Track; name,
description, TimeStamp, ExtendedData/Data.  KMZ: the first .kml in the archive.
Not covered: styles, network links (never followed), overlays, models, inner rings, altitude modes: heights are taken
as above mean sea level.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape, quoteattr

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
from watchline.links.xml_tree import Node, parse

__all__ = ["FRAMING", "NAME", "Limits", "decode", "encode", "file_of", "init"]

NAME = "kml"
FRAMING: Framing = "message"
Limits = MapLimits


def decode(state: State, data: bytes, /) -> Decoded:
    """Return the shapes of one file, and what was refused of it."""
    return whole_file(state, data, _read)


def _read(data: bytes) -> tuple[list[Found], list[str]]:
    root = parse(_unpacked(data))
    if root.name != "kml":
        raise ValueError(f"the root is {root.name[:32]!r}, not kml")
    found: list[Found] = []
    refused: list[str] = []
    for mark in root.every("Placemark"):
        try:
            found += _shapes(mark)
        except ValueError as error:
            refused.append(f"Placemark {mark.text_of('name')[:40]!r}: {error}")
    return found, refused


def _unpacked(data: bytes) -> bytes:
    """Return the KML of a KMZ, anything else as it is."""
    if data[:4] != b"PK\x03\x04":
        return data
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            inside = next((info for info in archive.infolist() if info.filename.lower().endswith(".kml")), None)
            if inside is None:
                raise ValueError("no .kml in the archive")
            if inside.file_size > Limits.file:
                raise ValueError(f"a file over {Limits.file >> 20} MiB in the archive")
            with archive.open(inside) as file:
                # The stated size may be a lie: no more than that is read.
                return file.read(Limits.file)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise ValueError(f"the archive is damaged ({error})") from None


def _shapes(mark: Node) -> Iterator[Found]:
    name = mark.text_of("name")
    properties = {"description": mark.text_of("description")} if mark.text_of("description") else {}
    for extended in mark.all("ExtendedData"):
        properties |= {data.attributes.get("name", ""): data.text_of("value") for data in extended.all("Data")}
    stamp = mark.first("TimeStamp")
    when = [time_s(stamp.text_of("when"))] if stamp is not None and stamp.text_of("when") else []
    for shape, points in _geometries(mark):
        # One moment for a whole way says when it was written, not when each point was passed.
        yield name, shape, points, when if shape == "point" else [], properties
    for track in mark.every("Track"):
        points = [_point(coord.text.split()) for coord in track.all("coord")]
        yield name, "line", points, [time_s(moment.text) for moment in track.all("when")], properties


def _geometries(mark: Node) -> Iterator[tuple[Shape, list[GeoPoint]]]:
    for node in mark.every("Point"):
        yield "point", _coordinates(node)[:1]
    for node in mark.every("LineString"):
        yield "line", _coordinates(node)
    for node in mark.every("Polygon"):
        outer = node.first("outerBoundaryIs")
        ring = outer.first("LinearRing") if outer else None
        if ring is None:
            raise ValueError("a Polygon without outerBoundaryIs")
        yield "area", _coordinates(ring)


def _coordinates(node: Node) -> list[GeoPoint]:
    return [_point(text.split(",")) for text in node.text_of("coordinates").split()]


def _point(parts: list[str]) -> GeoPoint:
    if not 2 <= len(parts) <= 3:
        raise ValueError(f"coordinates {','.join(parts)[:32]!r} are not lon,lat[,height]")
    height = number_of(parts[2], "height") if len(parts) == 3 and parts[2] else None
    # Writers put 0 where they know no height and clamp to the ground: that is not a height of zero.
    return GeoPoint(lon_deg=number_of(parts[0], "lon"), lat_deg=number_of(parts[1], "lat"), msl_m=height or None)


def encode(record: Record, /) -> bytes:
    """Return a file of one shape; LocalError for other records."""
    return one_shape(record, NAME, file_of)


def file_of(shapes: Sequence[MapShape]) -> bytes:
    """Return a file of these shapes, in their order."""
    body = "".join(_written(shape) for shape in shapes)
    names = 'xmlns="http://www.opengis.net/kml/2.2" xmlns:gx="http://www.google.com/kml/ext/2.2"'
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<kml {names}>\n'
    return (head + f"<Document><name>Watchline</name>\n{body}</Document>\n</kml>\n").encode()


def _written(shape: MapShape) -> str:
    told = {key: value for key, value in shape.properties.items() if key != "description"}
    about = f"<name>{escape(shape.name)}</name>"
    if "description" in shape.properties:
        about += f"<description>{escape(shape.properties['description'])}</description>"
    if shape.shape == "point" and shape.times_s:
        about += f"<TimeStamp><when>{rfc3339(shape.times_s[0])}</when></TimeStamp>"
    if told:
        data = (f"<Data name={quoteattr(k)}><value>{escape(v)}</value></Data>" for k, v in told.items())
        about += f"<ExtendedData>{''.join(data)}</ExtendedData>"
    return f"<Placemark>{about}{_geometry(shape)}</Placemark>\n"


def _geometry(shape: MapShape) -> str:
    if shape.shape == "line" and shape.times_s:
        whens = "".join(f"<when>{rfc3339(t_s)}</when>" for t_s in shape.times_s)
        coords = "".join(f"<gx:coord>{_text(point, ' ')}</gx:coord>" for point in shape.points)
        return f"<gx:Track>{whens}{coords}</gx:Track>"
    closed = shape.points + (shape.points[:1] if shape.shape == "area" else ())
    inside = f"<coordinates>{' '.join(_text(point, ',') for point in closed)}</coordinates>"
    match shape.shape:
        case "point":
            return f"<Point>{inside}</Point>"
        case "line":
            return f"<LineString>{inside}</LineString>"
        case "area":
            return f"<Polygon><outerBoundaryIs><LinearRing>{inside}</LinearRing></outerBoundaryIs></Polygon>"


def _text(point: GeoPoint, between: str) -> str:
    parts = [f"{point.lon_deg:.7f}", f"{point.lat_deg:.7f}"]
    return between.join(parts + ([] if point.msl_m is None else [f"{point.msl_m:.2f}"]))
