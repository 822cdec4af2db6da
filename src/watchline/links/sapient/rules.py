"""What BSI Flex 335 v2.0 asks of one message, whoever sent it and whatever came before.

The standard marks its fields in the .proto files: mandatory, UUID, ULID.  Those marks are read from the descriptors,
so that no field is forgotten; the rules that the files cannot say are in `EXTRA`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.unknown_fields import UnknownFieldSet
from sapient_msg import proto_options_pb2 as marks

from watchline.links.ids import ULID, UUID4

ICD_VERSIONS = ("BSI Flex 335 v2.0", "BSI_Flex_335_v2.0", "BSI_FLEX_335_v2.0", "BSI_FLEX_335_V2_0")
FAULTS_MAX = 8  # of one message; the first few say enough


class Mark(NamedTuple):
    """A field and what the standard asks of it."""

    field: FieldDescriptor
    mandatory: bool
    uuid: bool
    ulid: bool


class _Form(NamedTuple):
    marks: tuple[Mark, ...]
    oneofs: tuple[str, ...]  # of which one must be chosen


# Marked neither in the .proto files nor free: ids the text of the standard gives a form.
_IDS = {"FollowObject.follow_object_id": "ulid", "Registration.dependent_nodes": "uuid"}
# Mandatory by the text, unmarked in the .proto files.
_NEEDED = {"Error.error_message"}


@cache
def _form(kind: Descriptor) -> _Form:
    found = []
    for field in kind.fields:
        options = field.GetOptions().Extensions[marks.field_options]
        name = f"{kind.name}.{field.name}"
        form = _IDS.get(name)
        mandatory = options.is_mandatory or name in _NEEDED
        found.append(Mark(field, mandatory, options.is_uuid or form == "uuid", options.is_ulid or form == "ulid"))
    wanted = [one.name for one in kind.oneofs if one.GetOptions().Extensions[marks.oneof_options].is_mandatory]
    return _Form(tuple(found), tuple(wanted))


def faults(message: Message) -> list[str]:
    """Return what is wrong with a SapientMessage, each as "path: rule", at most `FAULTS_MAX`."""
    found = []
    for fault in _walk(message, ""):
        found.append(fault)
        if len(found) == FAULTS_MAX:
            break
    return found


def _walk(message: Message, path: str) -> Iterator[str]:
    form = _form(message.DESCRIPTOR)
    for unknown in UnknownFieldSet(message):
        yield f"{path}{unknown.field_number}: a field of that number is not in the standard"
    for name in form.oneofs:
        if message.WhichOneof(name) is None:
            yield f"{path}{name}: one of its fields is mandatory"
    for mark in form.marks:
        yield from _field(message, mark, path + mark.field.name)
    extra = EXTRA.get(message.DESCRIPTOR.name)
    if extra is not None:
        for rule in extra(message):
            yield f"{path}{rule}"


def _field(message: Message, mark: Mark, path: str) -> Iterator[str]:
    field = mark.field
    value = getattr(message, field.name)
    if field.is_repeated:
        if mark.mandatory and not value:
            yield f"{path}: is mandatory"
        for k, item in enumerate(value):
            yield from _value(item, mark, f"{path}[{k}]")
    elif field.has_presence and not message.HasField(field.name):
        if mark.mandatory:
            yield f"{path}: is mandatory"
    else:
        yield from _value(value, mark, path)


def _value(value: Any, mark: Mark, path: str) -> Iterator[str]:
    field = mark.field
    kind = field.cpp_type
    if kind == FieldDescriptor.CPPTYPE_MESSAGE:
        if field.message_type.full_name == "google.protobuf.Timestamp":
            yield from _timestamp(value, path)
        else:
            yield from _walk(value, path + ".")
    elif kind in (FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_FLOAT):
        if not math.isfinite(value):
            yield f"{path}: must be a finite number"
    elif kind == FieldDescriptor.CPPTYPE_ENUM:
        yield from _enum(value, mark, path)
    elif kind == FieldDescriptor.CPPTYPE_STRING:
        yield from _text(value, mark, path)


def _enum(value: int, mark: Mark, path: str) -> Iterator[str]:
    known = mark.field.enum_type.values_by_number
    # A choice made in a mandatory oneof must say something, too.
    if value == 0 and (mark.mandatory or (mark.field.containing_oneof is not None and not _optional(mark.field))):
        yield f"{path}: must not be unspecified"
    elif value not in known:
        yield f"{path}: {value} is no value of {mark.field.enum_type.name}"


def _optional(field: FieldDescriptor) -> bool:
    return str(field.containing_oneof.name) == "_" + str(field.name)


def _text(value: Any, mark: Mark, path: str) -> Iterator[str]:
    chosen = mark.field.containing_oneof is not None and not _optional(mark.field)
    if not value and (mark.mandatory or chosen):
        yield f"{path}: must not be empty"
    elif mark.uuid and value and not UUID4.fullmatch(value):
        yield f"{path}: {value[:40]!r} is not a lower-case UUID of version 4"
    elif mark.ulid and value and not ULID.fullmatch(value):
        yield f"{path}: {value[:40]!r} is not an upper-case ULID"


def _timestamp(value: Any, path: str) -> Iterator[str]:
    if not 0 <= value.nanos < 1_000_000_000:
        yield f"{path}: nanoseconds must be within 0..999999999"
    if not 0 < value.seconds < 253_402_300_800:  # the end of the year 9999
        yield f"{path}: is not a time between 1970 and 9999"


# -- rules the .proto files do not say --------------------------------------------------------------------------


def _within(message: Any, name: str, low: float, high: float) -> Iterator[str]:
    if message.HasField(name) and not low <= getattr(message, name) <= high:
        yield f"{name}: must be within {low:g}..{high:g}, got {getattr(message, name):g}"


def _not_negative(message: Any, *names: str) -> Iterator[str]:
    for name in names:
        if message.HasField(name) and getattr(message, name) < 0:
            yield f"{name}: must not be negative, got {getattr(message, name):g}"


LAT_LNG_DEG, LAT_LNG_RAD, UTM = 1, 2, 5  # LocationCoordinateSystem
DEGREES = (1, 3)  # RangeBearingCoordinateSystem


def _location(location: Any) -> Iterator[str]:
    if location.coordinate_system == LAT_LNG_DEG:
        yield from _within(location, "x", -180.0, 180.0)
        yield from _within(location, "y", -90.0, 90.0)
    elif location.coordinate_system == LAT_LNG_RAD:
        yield from _within(location, "x", -math.pi, math.pi)
        yield from _within(location, "y", -math.pi / 2, math.pi / 2)
    yield from _not_negative(location, "x_error", "y_error", "z_error")
    if location.utm_zone and not re.fullmatch(r"(0?[1-9]|[1-5][0-9]|60)[A-HJ-NP-Z]?", location.utm_zone):
        yield f"utm_zone: {location.utm_zone[:12]!r} is no zone"


def _range_bearing(direction: Any) -> Iterator[str]:
    turn = 360.0 if direction.coordinate_system in DEGREES else 2 * math.pi
    yield from _within(direction, "azimuth", -turn, turn)
    yield from _within(direction, "elevation", -turn / 4, turn / 4)
    yield from _not_negative(direction, "range", "range_error", "azimuth_error", "elevation_error")


def _direction(direction: Any) -> Iterator[str]:
    if not any(direction.HasField(name) for name in ("azimuth", "elevation", "range")):
        yield "azimuth: neither azimuth nor elevation nor range is given"
    yield from _range_bearing(direction)


def _cone(cone: Any) -> Iterator[str]:
    yield from _range_bearing(cone)
    turn = 360.0 if cone.coordinate_system in DEGREES else 2 * math.pi
    for name in ("horizontal_extent", "vertical_extent"):
        yield from _within(cone, name, 0.0, turn)
    yield from _not_negative(cone, "horizontal_extent_error", "vertical_extent_error")


def _pairing(kind: Any) -> Iterator[str]:
    units, datum = kind.WhichOneof("coordinates_oneof"), kind.WhichOneof("datum_oneof")
    if units and datum and units.split("_")[0] != datum.split("_")[0]:
        yield f"{datum}: does not belong to {units}"


def _registration(registration: Any) -> Iterator[str]:
    if registration.icd_version and registration.icd_version not in ICD_VERSIONS:
        yield f"icd_version: {registration.icd_version[:40]!r} is not {ICD_VERSIONS[0]!r}"
    names = [mode.mode_name for mode in registration.mode_definition]
    if len(set(names)) != len(names):
        yield "mode_definition: two modes have one name"


def _detection(report: Any) -> Iterator[str]:
    yield from _within(report, "detection_confidence", 0.0, 1.0)
    sums = [c.confidence for c in report.classification if c.HasField("confidence")]
    if sum(sums) > 1.01:
        yield f"classification: confidences sum to {sum(sums):.3g}, over 1"


def _confidence(item: Any) -> Iterator[str]:
    yield from _within(item, "confidence", 0.0, 1.0)


def _alert(alert: Any) -> Iterator[str]:
    yield from _within(alert, "confidence", 0.0, 1.0)
    yield from _within(alert, "ranking", 0.0, 1.0)


def _level(item: Any) -> Iterator[str]:
    yield from _not_negative(item, "level")


def _sub_class(item: Any) -> Iterator[str]:
    yield from _level(item)
    if "confidence" in item.DESCRIPTOR.fields_by_name:
        yield from _confidence(item)


def _task(task: Any) -> Iterator[str]:
    if task.HasField("task_start_time") and task.HasField("task_end_time"):
        start, end = task.task_start_time, task.task_end_time
        if (end.seconds, end.nanos) < (start.seconds, start.nanos):
            yield "task_end_time: is before its start"
    if task.control == 1 and not task.HasField("command") and not task.region:
        yield "command: a task that starts needs a command or a region"


EXTRA: dict[str, Callable[[Any], Iterator[str]]] = {
    "Location": _location,
    "RangeBearing": _direction,
    "RangeBearingCone": _cone,
    "LocationType": _pairing,
    "Registration": _registration,
    "DetectionReport": lambda m: _detection(m) if "report_id" in m.DESCRIPTOR.fields_by_name else iter(()),
    "DetectionReportClassification": _confidence,
    "Behaviour": _confidence,
    "SubClass": _sub_class,
    "SubClassFilterDefinition": _level,
    "Alert": _alert,
    "Duration": lambda m: _not_negative(m, "value"),
    "Power": lambda m: _within(m, "level", 0, 100),
    "Task": _task,
    "TaskDefinition": lambda m: _not_negative(m, "concurrent_tasks"),
    "TrackObjectInfo": lambda m: _not_negative(m, "error"),
}
