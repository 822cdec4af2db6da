"""From a valid SapientMessage to a record."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

from pyproj import Transformer

from watchline.domain.records import (
    Direction,
    GeoPoint,
    NodeAlert,
    NodeAnswer,
    NodeDetection,
    NodeRegistered,
    NodeStatus,
    NodeTask,
    Record,
)
from watchline.links.sapient import words
from watchline.links.sapient.rules import DEGREES, LAT_LNG_DEG, LAT_LNG_RAD
from watchline.links.sapient.words import ours

ELLIPSOID = 1  # LocationDatum
TRUE_NORTH = 1  # RangeBearingDatum
KILOMETRES = (3, 4)  # RangeBearingCoordinateSystem
SECONDS_PER = {1: 1e-9, 2: 1e-6, 3: 1e-3, 4: 1.0, 5: 60.0, 6: 3600.0, 7: 86_400.0}  # TimeUnits

# Node types that can do more than observe: shown, never asked for anything.
NEVER_ASKED = frozenset({"KINETIC", "JAMMER", "CYBER", "LDEW", "RFDEW"})


def record_of(message: Any, source: str, name: str) -> Record:
    """Return the record of a message; source: who let it in, name: an id that never repeats on this link."""
    kind = message.WhichOneof("content")
    stamped = {"id": name, "t_s": seconds(message.timestamp), "source": source}
    made: Record = _READERS[kind](getattr(message, kind), message.node_id, stamped)
    return made


def seconds(timestamp: Any) -> float:
    """Return a protobuf timestamp as seconds since 1970."""
    return float(timestamp.seconds) + float(timestamp.nanos) * 1e-9


def classes_of(registration: Any) -> tuple[str, ...]:
    """Return every class a node says it may report, in the order said."""
    found = [
        one.type
        for mode in registration.mode_definition
        for detection in mode.detection_definition
        for group in detection.detection_class_definition
        for one in group.class_definition
    ]
    return tuple(dict.fromkeys(found))


def _registration(m: Any, node: str, stamped: dict[str, Any]) -> Record:
    kinds = {kind.number: kind.name for kind in m.NodeType.DESCRIPTOR.values}
    types = tuple(kinds[d.node_type].removeprefix("NODE_TYPE_") for d in m.node_definition)
    every = m.status_definition.status_interval
    return NodeRegistered(
        **stamped,
        node=node,
        name=m.name or m.short_name,
        node_types=tuple(t.lower() for t in types),
        taskable=not NEVER_ASKED & set(types),
        status_every_s=every.value * SECONDS_PER[every.units],
        classes=classes_of(m),
        modes=tuple(mode.mode_name for mode in m.mode_definition),
        below=tuple(m.dependent_nodes),
    )


def _registration_ack(m: Any, node: str, stamped: dict[str, Any]) -> Record:
    state: Any = "accepted" if m.acceptance else "rejected"
    return NodeAnswer(
        **stamped, node=node, to="registration", ref="", state=state, reason="; ".join(m.ack_response_reason)
    )


def _status(m: Any, node: str, stamped: dict[str, Any]) -> Record:
    cone = m.field_of_view.range_bearing if m.field_of_view.HasField("range_bearing") else None
    extent = cone.horizontal_extent if cone is not None and cone.HasField("horizontal_extent") else None
    said = [
        f"{s.DESCRIPTOR.fields_by_name['status_type'].enum_type.values_by_number[s.status_type].name}"
        for s in m.status
    ]
    values = [s.status_value for s in m.status]
    detail = "; ".join(
        f"{kind.removeprefix('STATUS_TYPE_').lower()}: {value}"
        if value
        else kind.removeprefix("STATUS_TYPE_").lower()
        for kind, value in zip(said, values, strict=True)
    )
    return NodeStatus(
        **stamped,
        node=node,
        state=ours(m, "system", words.SYSTEM),
        mode=m.mode,
        place=place_of(m.node_location) if m.HasField("node_location") else None,
        looks=direction_of(cone) if cone is not None else None,
        hfov_rad=None if extent is None else extent * _unit(cone),
        battery=m.power.level / 100.0 if m.HasField("power") and m.power.HasField("level") else None,
        detail=detail,
    )


def _detection(m: Any, node: str, stamped: dict[str, Any]) -> Record:
    v = m.enu_velocity
    return NodeDetection(
        **stamped,
        node=node,
        object_id=m.object_id,
        place=place_of(m.location) if m.HasField("location") else None,
        direction=direction_of(m.range_bearing) if m.HasField("range_bearing") else None,
        velocity_enu_m_s=(v.east_rate, v.north_rate, v.up_rate) if m.HasField("enu_velocity") else None,
        confidence=_rounded(m.detection_confidence) if m.HasField("detection_confidence") else None,
        p_class=tuple((c.type, _rounded(c.confidence)) for c in m.classification if c.HasField("confidence")),
        made_from=_associated(m.associated_detection),
        track=bool(m.track_info) or m.HasField("enu_velocity"),
        lost=m.state.strip().lower() in ("lost", "object lost"),
    )


def _alert(m: Any, node: str, stamped: dict[str, Any]) -> Record:
    return NodeAlert(
        **stamped,
        node=node,
        alert_id=m.alert_id,
        text=m.description,
        state=ours(m, "status", words.ALERT_STATUS),
        priority=m.priority or None,
        place=place_of(m.location) if m.HasField("location") else None,
        direction=direction_of(m.range_bearing) if m.HasField("range_bearing") else None,
        about=_associated(m.associated_detection),
    )


def _task(m: Any, node: str, stamped: dict[str, Any]) -> Record:
    command, argument = _command(m.command)
    look = m.command.look_at
    place = None
    if command == "look_at" and look.HasField("location_list"):
        place = place_of(look.location_list.locations[0])
    return NodeTask(
        **stamped,
        node=node,
        task_id=m.task_id,
        approved_by=node,
        command=command,  # type: ignore[arg-type]
        control=ours(m, "control", words.CONTROL),
        place=place,
        direction=direction_of(look.range_bearing) if look.HasField("range_bearing") else None,
        argument=argument,
    )


def _command(m: Any) -> tuple[str, str]:
    kind = m.WhichOneof("command")
    if kind == "request":
        return words.REQUEST.get(m.request.strip().capitalize(), "other"), m.request
    if kind == "mode_change":
        return "mode", m.mode_change
    if kind == "follow":
        return "follow", m.follow.follow_object_id
    return ("look_at", "") if kind == "look_at" else ("other", kind or "")


def _task_ack(m: Any, node: str, stamped: dict[str, Any]) -> Record:
    state = ours(m, "task_status", words.TASK_STATUS)
    return NodeAnswer(**stamped, node=node, to="task", ref=m.task_id, state=state, reason="; ".join(m.reason))


def _alert_ack(m: Any, node: str, stamped: dict[str, Any]) -> Record:
    state = ours(m, "alert_ack_status", words.ALERT_ACK_STATUS)
    return NodeAnswer(**stamped, node=node, to="alert", ref=m.alert_id, state=state, reason="; ".join(m.reason))


def _error(m: Any, node: str, stamped: dict[str, Any]) -> Record:
    text = "; ".join(m.error_message)[:400]
    return NodeAnswer(**stamped, node=node, to="error", ref=m.packet[:32].hex(), state="rejected", reason=text)


_READERS = {
    "registration": _registration,
    "registration_ack": _registration_ack,
    "status_report": _status,
    "detection_report": _detection,
    "task": _task,
    "task_ack": _task_ack,
    "alert": _alert,
    "alert_ack": _alert_ack,
    "error": _error,
}


def _associated(items: Any) -> tuple[tuple[str, str], ...]:
    return tuple((item.node_id, item.object_id) for item in items)


def _rounded(value: float) -> float:
    return round(value, 6)  # single precision on the wire


def place_of(location: Any) -> GeoPoint | None:
    """Return a Location as WGS 84 degrees; None for UTM coordinates that lie outside of their zone."""
    lon, lat = _lon_lat(location)
    if not (math.isfinite(lon) and math.isfinite(lat)):
        return None
    z = location.z if location.HasField("z") else None
    return GeoPoint(
        lon_deg=lon,
        lat_deg=lat,
        hae_m=z if location.datum == ELLIPSOID else None,
        msl_m=z if location.datum != ELLIPSOID else None,
        ce_m=_error_m(location, lat),
        le_m=location.z_error if location.HasField("z_error") else None,
    )


def _error_m(location: Any, lat_deg: float) -> float | None:
    """Return the larger error along the ground in metres.

    Errors have the unit of their coordinates, but many senders write metres beside degrees: a tenth of a degree is
    11 km, and more than that is taken as metres.
    """
    metres = {LAT_LNG_DEG: 111_320.0, LAT_LNG_RAD: 6_378_137.0}.get(location.coordinate_system, 1.0)
    found = []
    for name, shrink in (("x_error", math.cos(math.radians(lat_deg))), ("y_error", 1.0)):
        if location.HasField(name):
            error = getattr(location, name)
            small = metres == 1.0 or error * metres <= 0.1 * 111_320.0
            found.append(error * metres * (1.0 if metres == 1.0 else shrink) if small else error)
    return max(found, default=None)


def _lon_lat(location: Any) -> tuple[float, float]:
    if location.coordinate_system == LAT_LNG_DEG:
        return location.x, location.y
    if location.coordinate_system == LAT_LNG_RAD:
        return math.degrees(location.x), math.degrees(location.y)
    # Eastings of a zone lie between 100 and 900 km; anything else is no place, though the standard lets it pass.
    if not (location.utm_zone and 1e5 <= location.x <= 9e5 and 0.0 <= location.y <= 1e7):
        return math.nan, math.nan
    digits = location.utm_zone.rstrip("ABCDEFGHJKLMNPQRSTUVWXYZ")
    band = location.utm_zone[len(digits) :] or "N"
    lon, lat = _utm(int(digits), band >= "N").transform(location.x, location.y)
    return float(lon), float(lat)


@cache
def _utm(zone: int, north: bool) -> Transformer:
    return Transformer.from_crs(f"EPSG:{(32600 if north else 32700) + zone}", "EPSG:4326", always_xy=True)


def _unit(m: Any) -> float:
    return math.pi / 180.0 if m.coordinate_system in DEGREES else 1.0


def direction_of(m: Any) -> Direction | None:
    """Return a range and bearing in radians and metres; None unless it is from true north and has an azimuth."""
    if m.datum != TRUE_NORTH or not m.HasField("azimuth"):
        return None
    unit, metres = _unit(m), 1000.0 if m.coordinate_system in KILOMETRES else 1.0

    def get(name: str, scale: float) -> float | None:
        return getattr(m, name) * scale if m.HasField(name) else None

    return Direction(
        bearing_rad=(m.azimuth * unit) % (2 * math.pi),
        elevation_rad=get("elevation", unit),
        range_m=get("range", metres),
        sd_bearing_rad=get("azimuth_error", unit),
        sd_elevation_rad=get("elevation_error", unit),
        sd_range_m=get("range_error", metres),
    )
