"""From a record to an event, without an XML declaration."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from watchline.domain.policy import CellReport
from watchline.domain.records import (
    AirCover,
    Chat,
    DistressCall,
    GeoPoint,
    NodeAlert,
    NodeAnswer,
    NodeTask,
    OutsideTrack,
    PartnerEvent,
    Record,
    UnitPlace,
)
from watchline.links.contract import LocalError
from watchline.links.cot import words
from watchline.links.cot.limits import HOLDS_S, STALE_S, UNKNOWN_M, Limits

_TRACK_TYPES = {"person": "a-u-G", "animal": "a-u-G", "unknown": "a-u-G", "vehicle": "a-u-G-E-V", "aircraft": "a-u-A"}
_UNIT_TYPES = {"person": "a-f-G", "unit": "a-f-G-U-C", "vehicle": "a-f-G-E-V", "aircraft": "a-f-A"}
NOWHERE = GeoPoint(lon_deg=0.0, lat_deg=0.0)


def _event(
    record: Record, uid: str, kind: str, place: GeoPoint | None, stale_s: float, how: str = "m-g"
) -> tuple[ET.Element, ET.Element]:
    """Return an event and its detail."""
    if not uid or len(uid) > Limits.uid:
        raise LocalError("uid must have 1 to 256 characters")
    start = _iso(record.t_s)
    event = ET.Element(
        "event", version="2.0", uid=_clean(uid), type=kind, how=how, time=start, start=start, stale=_iso(stale_s)
    )
    at = place or NOWHERE
    if not (abs(at.lat_deg) <= 90.0 and abs(at.lon_deg) <= 180.0):
        raise LocalError(f"{at.lon_deg}, {at.lat_deg} is no place")
    heights = [UNKNOWN_M if v is None else v for v in (at.hae_m, at.ce_m if place else None, at.le_m)]
    hae, ce, le = (f"{v:.1f}" for v in heights)
    ET.SubElement(event, "point", lat=f"{at.lat_deg:.7f}", lon=f"{at.lon_deg:.7f}", hae=hae, ce=ce, le=le)
    return event, ET.SubElement(event, "detail")


def _iso(t_s: float) -> str:
    if not 0.0 <= t_s < 253_402_300_799.0:
        raise LocalError(f"{t_s} is no time")
    return datetime.fromtimestamp(round(t_s, 3), UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _clean(text: str) -> str:
    """Return a text without the characters that XML 1.0 cannot hold."""
    return re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text)[: Limits.text]


def add(detail: ET.Element, name: str, text: str = "", /, **attributes: str) -> ET.Element:
    child = ET.SubElement(detail, name, {key: _clean(value) for key, value in attributes.items()})
    if text:
        child.text = _clean(text)
    return child


def _moves(detail: ET.Element, record: OutsideTrack | UnitPlace) -> None:
    if record.speed_m_s is not None and record.course_rad is not None:
        course = f"{math.degrees(record.course_rad) % 360:.1f}"
        add(detail, "track", speed=f"{record.speed_m_s:.1f}", course="0.0" if course == "360.0" else course)


def _out_track(record: OutsideTrack) -> ET.Element:
    if record.gone:
        event, detail = _event(record, f"{record.uid}-gone", "t-x-d-d", record.place, record.t_s + STALE_S)
        add(detail, "link", uid=record.uid, relation="p-p", type=_TRACK_TYPES[record.what])
        add(detail, "__forcedelete")
        return event
    event, detail = _event(record, record.uid, _TRACK_TYPES[record.what], record.place, record.stale_s)
    add(detail, "contact", callsign=record.name or record.uid)
    _moves(detail, record)
    said = record.remarks or (f"may be: {record.what}" if record.what != "unknown" else "")
    if said:
        add(detail, "remarks", said)
    return event


def _out_unit(record: UnitPlace) -> ET.Element:
    event, detail = _event(record, record.unit, _UNIT_TYPES[record.what], record.place, record.stale_s)
    add(detail, "contact", callsign=record.name or record.unit)
    _moves(detail, record)
    if record.battery is not None:
        add(detail, "status", battery=str(round(record.battery * 100)))
    return event


def _out_distress(record: DistressCall) -> ET.Element:
    kind = "b-a-o-can" if record.over else "b-a-o-tbl"
    event, detail = _event(record, record.uid, kind, record.place, record.t_s + HOLDS_S)
    add(detail, "contact", callsign=record.name or record.uid)
    if record.over:
        add(detail, "emergency", record.name, cancel="true")
    else:
        add(detail, "emergency", record.name, type="911 Alert")
    if record.text:
        add(detail, "remarks", record.text)
    return event


def _out_alert(record: NodeAlert) -> ET.Element:
    uid = f"watchline-alert-{record.alert_id}"
    if record.state != "active":
        event, detail = _event(record, f"{uid}-gone", "t-x-d-d", record.place, record.t_s + STALE_S)
        add(detail, "link", uid=uid, relation="p-p", type="b-a-g")
        add(detail, "__forcedelete")
        return event
    event, detail = _event(record, uid, "b-a-g", record.place, record.t_s + HOLDS_S)
    add(detail, "contact", callsign=f"Alert {record.alert_id}")
    add(detail, "remarks", record.text)
    return event


def _out_chat(record: Chat) -> ET.Element:
    uid = f"GeoChat.{record.sender}.{record.to}.{record.id}"[: Limits.uid]
    event, detail = _event(record, uid, "b-t-f", None, record.t_s + HOLDS_S, how="h-g-i-g-o")
    add(detail, "__chat", parent="RootContactGroup", id=record.to, chatroom=record.to, senderCallsign=record.sender)
    add(detail, "remarks", record.text, source=record.sender, time=_iso(record.t_s), to=record.to)
    return event


def _out_task(record: NodeTask) -> ET.Element:
    if record.command != "look_at" or record.place is None or not record.approved_by:
        raise LocalError("only a task to go and look at a place, approved by a person, can be told")
    uid = f"watchline-task-{record.task_id}"
    event, detail = _event(record, uid, "b-m-p-w-GOTO", record.place, record.t_s + HOLDS_S, how="h-g-i-g-o")
    add(detail, "contact", callsign=f"Look here {record.task_id}")
    add(detail, "link", parent_callsign=record.approved_by, relation="p-p")
    add(add(detail, "marti"), "dest", callsign=record.node)
    if record.argument:
        add(detail, "remarks", record.argument)
    return event


def _out_answer(record: NodeAnswer) -> ET.Element:
    """Return the answer to a task that came as a point to go to: words, since there is no event for it."""
    if record.to != "task" or not record.node:
        raise LocalError("only an answer to a task can be told")
    said = f"task {record.ref}: {record.state}" + (f", {record.reason}" if record.reason else "")
    chat = Chat(id=record.id, t_s=record.t_s, source=record.source, sender=record.source, to=record.node, text=said)
    event = _out_chat(chat)
    detail = event.find("detail")
    assert detail is not None
    add(add(detail, "marti"), "dest", callsign=record.node)
    return event


def _out_words(record: PartnerEvent | AirCover) -> ET.Element:
    uid = f"watchline-told-{record.id}"[: Limits.uid]
    place = record.place if isinstance(record, PartnerEvent) else None
    event, detail = _event(record, uid, words.MARKER, place, record.until_s, how="h-g-i-g-o")
    add(detail, "contact", callsign=record.organisation[:64])
    add(detail, "remarks", words.words_of(record))
    return event


def _out_cell(record: CellReport) -> ET.Element:
    """Return a spot on the map with words: it is a count of what has been, not a track."""
    uid = f"watchline-cell-{record.id}"
    event, detail = _event(record, uid, "b-m-p-s-m", record.place, record.t_s + record.to_s - record.from_s)
    add(detail, "contact", callsign=counted(record))
    add(detail, "remarks", f"{counted(record)} moved here, {_iso(record.from_s)} to {_iso(record.to_s)}")
    return event


def counted(record: CellReport) -> str:
    """Return the band of a count in words."""
    return f"{record.least} or more" if record.most is None else f"{record.least} to {record.most}"


WRITERS: dict[type[Record], Callable[[Any], ET.Element]] = {
    OutsideTrack: _out_track,
    UnitPlace: _out_unit,
    DistressCall: _out_distress,
    NodeAlert: _out_alert,
    Chat: _out_chat,
    NodeTask: _out_task,
    NodeAnswer: _out_answer,
    PartnerEvent: _out_words,
    AirCover: _out_words,
    CellReport: _out_cell,
}
