"""Records as shapes on a map, and what the map files share: times, limits, whole files.

A map file holds `MapShape`s.  Our own records become shapes by `shape_of` (a place each) and `track_of` (a unit's
reports as one way); what is unknown is left out of the properties, never written as zero.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Literal

from watchline.domain.records import (
    Alert,
    Beacon,
    FieldReport,
    GeoPoint,
    MapShape,
    PartnerEvent,
    Position,
    Record,
    UnitPlace,
    UnitReport,
)
from watchline.links.contract import Decoded, LocalError, PeerError, Settings, State

Shape = Literal["point", "line", "area"]


class MapLimits:
    """file: bytes of one; shapes, points: in all of a file; text: characters of a name or property."""

    file = 64 << 20
    shapes = 100_000
    points = 1_000_000
    text = 4_000


Found = tuple[str, Shape, Sequence[GeoPoint], Sequence[float], dict[str, str]]


def init(settings: Settings) -> State:
    """Return the state before the first file."""
    return State(settings)


def one_shape(record: Record, form: str, file_of: Callable[[Sequence[MapShape]], bytes]) -> bytes:
    """Return a file of one shape; LocalError for other records."""
    if not isinstance(record, MapShape):
        raise LocalError(f"{form}: only a MapShape can be written; maps/shapes.py makes one of other records")
    return file_of([record])


def whole_file(state: State, data: bytes, read: Callable[[bytes], tuple[list[Found], list[str]]]) -> Decoded:
    """Return the shapes of a whole file; read gives what it found and why not others, or raises ValueError."""
    after = replace(state, taken=state.taken + len(data))
    name = state.settings.name
    try:
        if len(data) > MapLimits.file:
            raise ValueError(f"a file over {MapLimits.file >> 20} MiB")
        found, refused = read(data)
    except ValueError as error:
        return after, (), (PeerError(name, state.taken, str(error), data[:32]),)
    records: list[Record] = []
    errors = [PeerError(name, state.taken, reason) for reason in refused]
    points = 0
    for number, one in enumerate(found):
        points += len(one[2])
        if number >= MapLimits.shapes or points > MapLimits.points:
            left = len(found) - number
            errors.append(PeerError(name, state.taken, f"more shapes or points than can be taken: {left} left out"))
            break
        try:
            records.append(_checked(state, number, *one))
        except ValueError as error:
            errors.append(PeerError(name, state.taken, f"shape {number}: {error}"))
    return after, tuple(records), tuple(errors)


def _checked(
    state: State,
    number: int,
    name: str,
    shape: Shape,
    points: Sequence[GeoPoint],
    times_s: Sequence[float],
    properties: dict[str, str],
) -> MapShape:
    least = {"point": 1, "line": 2, "area": 3}[shape]
    if shape == "area" and len(points) > 1 and points[0] == points[-1]:
        points = points[:-1]
    if len(points) < least:
        raise ValueError(f"{shape} of {len(points)} points")
    for point in points:
        check_place(point.lon_deg, point.lat_deg)
    return MapShape(
        id=f"{state.settings.name}-{state.taken}-{number}",
        t_s=times_s[0] if times_s else state.now_s,
        source=state.settings.name,
        name=plain(name),
        shape=shape,
        points=tuple(points),
        times_s=tuple(times_s) if len(times_s) == len(points) else (),
        properties={plain(key): plain(value) for key, value in properties.items() if value},
    )


def check_place(lon_deg: float, lat_deg: float) -> None:
    """Raise ValueError unless this is a place on Earth."""
    if not (abs(lon_deg) <= 180 and abs(lat_deg) <= 90):  # NaN is none either
        raise ValueError(f"longitude {lon_deg:g}, latitude {lat_deg:g} is no place")


def plain(text: str) -> str:
    """Return text without control characters, cut to what is kept."""
    return "".join(c if c.isprintable() else " " for c in text[: MapLimits.text]).strip()


def number_of(text: object, name: str) -> float:
    """Return a finite number; ValueError says of which field it is none."""
    try:
        value = float(text) if isinstance(text, (str, int, float)) and not isinstance(text, bool) else math.nan
    except (ValueError, OverflowError):
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"{name}: {str(text)[:24]!r} is no number")
    return value


def time_s(text: str) -> float:
    """Return seconds since 1970 of an RFC 3339 time; one without a zone is taken as UTC, as GPX and KML say."""
    try:
        moment = datetime.fromisoformat(text.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise ValueError(f"time: {text[:32]!r} is no RFC 3339 time") from None


def rfc3339(t_s: float) -> str:
    """Return a time in UTC to the millisecond.

    >>> rfc3339(0.5)
    '1970-01-01T00:00:00.500Z'
    """
    return datetime.fromtimestamp(round(t_s, 3), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def point_of(position: Position) -> GeoPoint:
    """Return the place of a position."""
    return GeoPoint(lon_deg=position.lon_deg, lat_deg=position.lat_deg)


def shape_of(record: Record) -> MapShape | None:
    """Return a record as a place on a map, None for one that has none; a shape is itself."""
    if isinstance(record, MapShape):
        return record
    name, point, properties = _told(record)
    if point is None:
        return None
    return MapShape(
        id=record.id, t_s=record.t_s, source=record.source, exercise=record.exercise, name=name, shape="point",
        points=(point,), times_s=(record.t_s,),
        properties={k: str(v) for k, v in properties.items() if v is not None},
    )  # fmt: skip


def _told(record: Record) -> tuple[str, GeoPoint | None, dict[str, Any]]:
    said: dict[str, Any]
    match record:
        case Alert():
            said = {name: getattr(record, name) for name in ("what", "level", "state", "subject")}
            where = {"s_km": f"{record.position.s_m / 1000:.3f}", "d_m": f"{record.position.d_m:.0f}"}
            return record.alert, point_of(record.position), said | where
        case UnitReport():
            said = {"state": record.state, "speed_m_s": f"{record.speed_m_s:.1f}"}
            return record.unit, point_of(record.position), said
        case UnitPlace():
            return (
                record.unit,
                record.place,
                {"name": record.name or None, "organisation": record.organisation or None},
            )
        case Beacon():
            return record.beacon, point_of(record.position), {"what": "distress", "people": record.people}
        case PartnerEvent():
            said = {"what": record.what, "confidence": record.confidence, "people": record.people}
            return record.organisation, record.place, said
        case FieldReport():
            said = {
                "what": record.what,
                "subject": record.subject,
                "count": record.count,
                "text": record.text or None,
            }
            return f"{record.reporter}.{record.number}", record.place, said
    return "", None, {}


def track_of(reports: Sequence[UnitReport]) -> MapShape | None:
    """Return one unit's reports as a way with times, in order of time; None for fewer than two."""
    ordered = sorted({report.t_s: report for report in reports}.values(), key=lambda report: report.t_s)
    if len(ordered) < 2:
        return None
    assert all(a.unit == b.unit for a, b in pairwise(ordered))
    first = ordered[0]
    return MapShape(
        id=f"track-{first.unit}-{first.t_s:.0f}", t_s=first.t_s, source=first.source, exercise=first.exercise,
        name=first.unit, shape="line", points=tuple(point_of(report.position) for report in ordered),
        times_s=tuple(report.t_s for report in ordered),
    )  # fmt: skip
