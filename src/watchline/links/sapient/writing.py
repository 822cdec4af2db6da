"""From a record to a SapientMessage, only what the standard and the reference middleware accept."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from sapient_msg.bsi_flex_335_v2_0 import sapient_message_pb2

from watchline.domain import records
from watchline.domain.policy import CellReport
from watchline.links.contract import LocalError
from watchline.links.ids import is_node_id, ulid
from watchline.links.sapient import words
from watchline.links.sapient.rules import ICD_VERSIONS
from watchline.links.sapient.words import theirs

MAKER, MODEL = "Watchline", "Watchline"
OBJECT_CLASSES = ("Human", "Vehicle", "Animal", "Unknown")  # as all our registrations declare them
_CLASS_WORDS = {"person": "Human", "vehicle": "Vehicle", "animal": "Animal", "unknown": "Unknown"}


def message_of(record: records.Record) -> Any:
    """Return the message of a record whose `source` is our node id; LocalError where the standard cannot say it."""
    write = _WRITERS.get(type(record))
    if write is None:
        raise LocalError(f"SAPIENT has no message for a {type(record).__name__}")
    if not is_node_id(record.source):
        raise LocalError(f"source {record.source!r} is not a node id: a lower-case UUID of version 4")
    if not 0.0 < record.t_s < 253_402_300_800.0:
        raise LocalError(f"t_s {record.t_s} is no time")
    message = sapient_message_pb2.SapientMessage(node_id=record.source)
    nanos = round((record.t_s % 1.0) * 1e6) * 1000
    message.timestamp.seconds, message.timestamp.nanos = int(record.t_s) + nanos // 10**9, nanos % 10**9
    write(message, record)
    return message


def _registration(message: Any, record: records.NodeRegistered) -> None:
    m = message.registration
    for kind in record.node_types:
        m.node_definition.add(node_type=f"NODE_TYPE_{kind.upper()}")
    m.icd_version = ICD_VERSIONS[0]
    m.name = record.name
    m.capabilities.add(category="Detection", type="Thermal" if "camera" in record.node_types else "Fused tracks")
    m.status_definition.status_interval.units = "TIME_UNITS_SECONDS"
    m.status_definition.status_interval.value = record.status_every_s
    m.status_definition.location_definition.location_units = "LOCATION_COORDINATE_SYSTEM_LAT_LNG_DEG_M"
    m.status_definition.location_definition.location_datum = "LOCATION_DATUM_WGS84_E"
    m.dependent_nodes.extend(record.below)
    m.config_data.add(manufacturer=MAKER, model=MODEL)
    for name in record.modes or ("Default",):
        _mode(m.mode_definition.add(), name, record)


def _mode(mode: Any, name: str, record: records.NodeRegistered) -> None:
    mode.mode_name, mode.mode_type = name, "MODE_TYPE_PERMANENT"
    mode.settle_time.units, mode.settle_time.value = "TIME_UNITS_SECONDS", 1.0
    mode.tracking_type = "TRACKING_TYPE_TRACK"
    mode.scan_type = "SCAN_TYPE_STEERABLE" if record.taskable else "SCAN_TYPE_FIXED"
    detection = mode.detection_definition.add()
    detection.location_type.location_units = "LOCATION_COORDINATE_SYSTEM_LAT_LNG_DEG_M"
    detection.location_type.location_datum = "LOCATION_DATUM_WGS84_E"
    detection.velocity_type.enu_velocity_units.east_north_rate_units = "SPEED_UNITS_MS"
    detection.velocity_type.enu_velocity_units.up_rate_units = "SPEED_UNITS_MS"
    detection.velocity_type.location_datum = "LOCATION_DATUM_WGS84_E"
    classes = detection.detection_class_definition.add(confidence_definition="CONFIDENCE_DEFINITION_MULTI_CLASS")
    for one in OBJECT_CLASSES:
        classes.class_definition.add(type=one, units="probability")
    region = mode.task.region_definition
    region.region_type.append("REGION_TYPE_AREA_OF_INTEREST")
    region.region_area.add(
        location_units="LOCATION_COORDINATE_SYSTEM_LAT_LNG_DEG_M", location_datum="LOCATION_DATUM_WGS84_E"
    )
    commands = [("COMMAND_TYPE_REQUEST", "Registration, Status")]
    if record.taskable:
        commands.append(("COMMAND_TYPE_LOOK_AT", "degrees, metres"))
    for kind, units in commands:
        command = mode.task.command.add(units=units, type=kind)
        command.completion_time.units, command.completion_time.value = "TIME_UNITS_SECONDS", 60.0


def _status(message: Any, record: records.NodeStatus) -> None:
    m = message.status_report
    m.report_id = ulid(record.id, record.t_s)
    # The standard has no word for tampering.
    state = "error" if record.state == "tamper" else record.state
    m.system, m.info, m.mode = theirs("SYSTEM_", state, words.SYSTEM), "INFO_NEW", record.mode or "Default"
    if record.place is not None:
        _place(m.node_location, record.place)
    if record.looks is not None:
        _direction(m.field_of_view.range_bearing, record.looks)
        if record.hfov_rad is not None:
            m.field_of_view.range_bearing.horizontal_extent = math.degrees(record.hfov_rad)
    if record.battery is not None:
        m.power.level, m.power.source = round(record.battery * 100), "POWERSOURCE_INTERNAL_BATTERY"
        m.power.status = "POWERSTATUS_OK"
    if record.detail:
        m.status.add(status_type="STATUS_TYPE_OTHER", status_value=record.detail[:200])


def _detection(message: Any, record: records.NodeDetection) -> None:
    m = message.detection_report
    m.report_id = ulid(record.id, record.t_s)
    m.object_id = ulid(f"{record.source} {record.object_id}" if not _is_ulid(record.object_id) else record.object_id)
    if record.place is not None:
        _place(m.location, record.place)
    elif record.direction is not None:
        _direction(m.range_bearing, record.direction)
    else:
        raise LocalError("a detection needs a place or a direction")
    if record.confidence is not None:
        m.detection_confidence = record.confidence
    if record.lost:
        m.state = "lost"
    if record.velocity_enu_m_s is not None:
        east, north, up = record.velocity_enu_m_s
        m.enu_velocity.east_rate, m.enu_velocity.north_rate, m.enu_velocity.up_rate = east, north, up
    for word, p in record.p_class:
        m.classification.add(type=_CLASS_WORDS.get(word, word), confidence=p)
    _associate(m.associated_detection, record.made_from)


def _is_ulid(text: str) -> bool:
    return ulid(text) == text


def _associate(items: Any, pairs: tuple[tuple[str, str], ...]) -> None:
    for node, object_id in pairs:
        if not is_node_id(node):
            raise LocalError(f"{node!r} is not a node id")
        if _is_ulid(object_id):
            items.add(node_id=node, object_id=object_id, association_type="ASSOCIATION_RELATION_CHILD")
        else:
            own = ulid(f"{node} {object_id}")
            items.add(node_id=node, object_id=own, association_type="ASSOCIATION_RELATION_CHILD")


def _alert(message: Any, record: records.NodeAlert) -> None:
    m = message.alert
    m.alert_id = ulid(record.alert_id)
    m.alert_type = "ALERT_TYPE_WARNING" if (record.priority or 1) > 1 else "ALERT_TYPE_INFORMATION"
    m.status = theirs("ALERT_STATUS_", record.state, words.ALERT_STATUS)
    m.description = record.text
    if record.place is not None:
        _place(m.location, record.place)
    elif record.direction is not None:
        _direction(m.range_bearing, record.direction)
    if record.priority is not None:
        m.priority = record.priority
    _associate(m.associated_detection, record.about)


def _cell(message: Any, record: CellReport) -> None:
    m = message.alert
    m.alert_id = ulid(record.id)
    m.alert_type, m.status, m.priority = "ALERT_TYPE_INFORMATION", "ALERT_STATUS_ACTIVE", 1
    band = f"{record.least} or more" if record.most is None else f"{record.least} to {record.most}"
    minutes = round((record.to_s - record.from_s) / 60.0)
    m.description = f"{band} moved in a square of {record.cell_m:.0f} m within {minutes} minutes"
    _place(m.location, record.place)


def _task(message: Any, record: records.NodeTask) -> None:
    if not record.approved_by:
        raise LocalError("a task needs the person who approved it")
    m = message.task
    message.destination_id = _node(record.node)
    m.task_id = ulid(record.task_id)
    m.control = theirs("CONTROL_", record.control, words.CONTROL)
    if record.command == "look_at":
        _look_at(m.command.look_at, record)
    elif record.command in words.REQUEST.values():
        m.command.request = theirs("", record.command, words.REQUEST)
    elif record.command == "mode" and record.argument:
        m.command.mode_change = record.argument
    else:
        raise LocalError(f"we ask nobody to {record.command!r} over SAPIENT")


def _look_at(look: Any, record: records.NodeTask) -> None:
    if record.place is not None:
        _place(look.location_list.locations.add(), record.place)
    elif record.direction is not None:
        _direction(look.range_bearing, record.direction)
    else:
        raise LocalError("look_at needs a place or a direction")


def _answer(message: Any, record: records.NodeAnswer) -> None:
    if record.node:
        message.destination_id = _node(record.node)
    if record.to == "registration":
        message.registration_ack.acceptance = record.state == "accepted"
        message.registration_ack.ack_response_reason.extend([record.reason] if record.reason else [])
    elif record.to == "task":
        m = message.task_ack
        m.task_id, m.task_status = ulid(record.ref), theirs("TASK_STATUS_", record.state, words.TASK_STATUS)
        m.reason.extend([record.reason] if record.reason else [])
    elif record.to == "alert":
        ack = message.alert_ack
        ack.alert_id = ulid(record.ref)
        state = "accepted" if record.state == "accepted" else "rejected"
        ack.alert_ack_status = theirs("ALERT_ACK_STATUS_", state, words.ALERT_ACK_STATUS)
        ack.reason.extend([record.reason] if record.reason else [])
    else:
        message.error.packet = bytes.fromhex(record.ref)
        message.error.error_message.append(record.reason or "refused")


_WRITERS: dict[type[records.Record], Callable[[Any, Any], None]] = {
    records.NodeRegistered: _registration,
    records.NodeStatus: _status,
    records.NodeDetection: _detection,
    records.NodeAlert: _alert,
    CellReport: _cell,
    records.NodeTask: _task,
    records.NodeAnswer: _answer,
}


def _node(text: str) -> str:
    if not is_node_id(text):
        raise LocalError(f"{text!r} is not a node id: a lower-case UUID of version 4")
    return text


def _place(location: Any, place: records.GeoPoint) -> None:
    if not (abs(place.lon_deg) <= 180.0 and abs(place.lat_deg) <= 90.0):
        raise LocalError(f"{place.lon_deg}, {place.lat_deg} is no place")
    # x is the longitude: the standard's own example has them the other way round.
    location.x, location.y = place.lon_deg, place.lat_deg
    location.coordinate_system = "LOCATION_COORDINATE_SYSTEM_LAT_LNG_DEG_M"
    ellipsoid = place.hae_m is not None or place.msl_m is None
    location.datum = "LOCATION_DATUM_WGS84_E" if ellipsoid else "LOCATION_DATUM_WGS84_G"
    height = place.hae_m if place.hae_m is not None else place.msl_m
    if height is not None:
        location.z = height
    if place.le_m is not None:
        location.z_error = place.le_m
    if place.ce_m is not None:  # errors of x and y are in their own unit: degrees
        location.y_error = place.ce_m / 111_320.0
        location.x_error = location.y_error / max(math.cos(math.radians(place.lat_deg)), 1e-3)


def _direction(m: Any, direction: records.Direction) -> None:
    m.azimuth = math.degrees(direction.bearing_rad) % 360.0
    m.coordinate_system, m.datum = "RANGE_BEARING_COORDINATE_SYSTEM_DEGREES_M", "RANGE_BEARING_DATUM_TRUE"
    for name, value, scale in (
        ("elevation", direction.elevation_rad, 180.0 / math.pi),
        ("range", direction.range_m, 1.0),
        ("azimuth_error", direction.sd_bearing_rad, 180.0 / math.pi),
        ("elevation_error", direction.sd_elevation_rad, 180.0 / math.pi),
        ("range_error", direction.sd_range_m, 1.0),
    ):
        if value is not None:
            setattr(m, name, value * scale)
