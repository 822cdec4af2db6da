"""From an event to a record: what it must be, and what each covered type says."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from datetime import datetime
from typing import Any

from watchline.domain.records import (
    Chat,
    DistressCall,
    GeoPoint,
    NodeAlert,
    NodeTask,
    OutsideTrack,
    Record,
    UnitPlace,
)
from watchline.links.contract import State
from watchline.links.cot import words
from watchline.links.cot.limits import AHEAD_S, STALE_S, UNKNOWN_M, Limits


def records_of(state: State, piece: bytes, name: str) -> list[Record]:
    """Return what an event says; ValueError with the rule it breaks."""
    event = parsed(piece)
    stale_s = _check(state, event)
    kind = event.get("type", "")
    stamped = {"id": name, "t_s": _time(event, "time"), "source": state.settings.name}
    if kind == words.MARKER and words.is_told(_text(event, "remarks")):
        # Who tells is the link, not what a marker says of itself.
        holder = str(state.settings.options.get("partner", state.settings.name))
        return [words.event_of(_text(event, "remarks"), _place(event), holder, stamped)]
    for prefix, read in _READERS:
        if kind == prefix or kind.startswith(prefix + "-"):
            found = read(event, stamped, stale_s)
            return [] if found is None else [found]
    raise ValueError(f"type {kind} is not covered")


def parsed(piece: bytes) -> ET.Element:
    """Return an event's tree; ValueError for anything else."""
    # Without a DOCTYPE there are no entities of the sender's own, and so nothing that can grow or reach out.
    if b"<!" in piece:
        raise ValueError("declarations, comments and CDATA are refused")
    if len(piece) > Limits.event:
        raise ValueError(f"an event over {Limits.event} bytes")
    try:
        event = ET.fromstring(piece.strip())
    except (ET.ParseError, ValueError, LookupError) as error:
        raise ValueError(f"is not XML ({error})") from None
    if event.tag != "event":
        raise ValueError("is not an event")
    return event


def _check(state: State, event: ET.Element) -> float:
    """Return until when an event holds; ValueError with the rule it breaks."""
    if event.get("version") != "2.0":
        raise ValueError(f"version: must be 2.0, is {event.get('version')!r}")
    uid, kind = event.get("uid", ""), event.get("type", "")
    if not uid or len(uid) > Limits.uid:
        raise ValueError("uid: must have 1 to 256 characters")
    if not re.fullmatch(r"[a-z](-[A-Za-z0-9.*_]+){0,20}", kind):
        raise ValueError(f"type: {kind[:40]!r} is no type")
    start_s, stale_s, time_s = _time(event, "start"), _time(event, "stale"), _time(event, "time")
    if stale_s < start_s:
        raise ValueError("stale: is before start")
    if state.now_s > 0.0 and time_s > state.now_s + AHEAD_S:
        raise ValueError(f"time: is {time_s - state.now_s:.0f} s ahead of us")
    if state.now_s > 0.0 and stale_s < state.now_s - STALE_S:
        raise ValueError(f"stale: was stale {state.now_s - stale_s:.0f} s before it came")
    if event.find("point") is None:
        raise ValueError("point: is missing")
    return stale_s


def _time(event: ET.Element, name: str) -> float:
    text = event.get(name, "")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{name}: {text[:40]!r} is no time") from None
    if moment.tzinfo is None:
        raise ValueError(f"{name}: {text[:40]!r} has no zone")
    return moment.timestamp()


def _number(element: ET.Element, name: str, low: float, high: float) -> float:
    text = element.get(name, "")
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{element.tag}.{name}: {text[:40]!r} is no number") from None
    if not low <= value <= high:
        raise ValueError(f"{element.tag}.{name}: must be within {low:g}..{high:g}, is {text[:40]}")
    return value


def _known(value: float) -> float | None:
    return None if value >= UNKNOWN_M else value


def _place(event: ET.Element) -> GeoPoint:
    point = event.find("point")
    assert point is not None
    return GeoPoint(
        lat_deg=_number(point, "lat", -90.0, 90.0),
        lon_deg=_number(point, "lon", -180.0, 180.0),
        hae_m=_known(_number(point, "hae", -12_000.0, UNKNOWN_M)),  # above the ellipsoid
        ce_m=_known(_number(point, "ce", 0.0, UNKNOWN_M)),
        le_m=_known(_number(point, "le", 0.0, UNKNOWN_M)),
    )


def _detail(event: ET.Element, path: str, name: str) -> str:
    found = event.find(f"detail/{path}")
    return "" if found is None else found.get(name, "")[: Limits.text]


def _text(event: ET.Element, path: str) -> str:
    return (event.findtext(f"detail/{path}") or "").strip()[: Limits.text]


def _motion(event: ET.Element) -> dict[str, Any]:
    track = event.find("detail/track")
    if track is None:
        return {"speed_m_s": None, "course_rad": None}
    return {
        "speed_m_s": _number(track, "speed", 0.0, 10_000.0) if track.get("speed") else None,
        "course_rad": math.radians(_number(track, "course", 0.0, 360.0)) if track.get("course") else None,
    }


def _unit(event: ET.Element, stamped: dict[str, Any], stale_s: float) -> Record:
    battery = _detail(event, "status", "battery")
    what = _what(event.get("type", ""), "unit")
    return UnitPlace(
        **stamped,
        **_motion(event),
        unit=event.get("uid", ""),
        place=_place(event),
        stale_s=stale_s,
        name=_detail(event, "contact", "callsign"),
        what=what,  # type: ignore[arg-type]
        battery=int(battery) / 100 if battery.isdigit() and int(battery) <= 100 else None,
    )


def _track(event: ET.Element, stamped: dict[str, Any], stale_s: float) -> Record:
    what = _what(event.get("type", ""), "unknown")
    return OutsideTrack(
        **stamped,
        **_motion(event),
        uid=event.get("uid", ""),
        what=what,  # type: ignore[arg-type]
        place=_place(event),
        stale_s=stale_s,
        name=_detail(event, "contact", "callsign"),
        remarks=_text(event, "remarks"),
    )


def _what(kind: str, otherwise: str) -> str:
    parts = kind.split("-")
    if parts[2:3] == ["A"]:
        return "aircraft"
    return "vehicle" if parts[2:5] == ["G", "E", "V"] else otherwise


def _distress(event: ET.Element, stamped: dict[str, Any], stale_s: float) -> Record:
    over = event.get("type") == "b-a-o-can" or _detail(event, "emergency", "cancel") == "true"
    return DistressCall(
        **stamped,
        uid=event.get("uid", ""),
        place=_place(event),
        name=_detail(event, "contact", "callsign") or _text(event, "emergency"),
        text=_text(event, "remarks"),
        over=over,
    )


def _alert(event: ET.Element, stamped: dict[str, Any], stale_s: float) -> Record:
    return NodeAlert(
        **stamped,
        node=_detail(event, "link", "uid"),
        alert_id=event.get("uid", ""),
        text=_text(event, "remarks"),
        state="active",
        place=_place(event),
    )


def _chat(event: ET.Element, stamped: dict[str, Any], stale_s: float) -> Record:
    return Chat(
        **stamped,
        sender=_detail(event, "__chat", "senderCallsign") or _detail(event, "contact", "callsign"),
        to=_detail(event, "__chat", "chatroom"),
        text=_text(event, "remarks"),
    )


def _go_to(event: ET.Element, stamped: dict[str, Any], stale_s: float) -> Record:
    return NodeTask(
        **stamped,
        node=_detail(event, "marti/dest", "callsign"),
        task_id=event.get("uid", ""),
        approved_by=_detail(event, "link", "parent_callsign") or _detail(event, "contact", "callsign"),
        command="look_at",
        place=_place(event),
        argument=_text(event, "remarks"),
    )


def _removal(event: ET.Element, stamped: dict[str, Any], stale_s: float) -> Record:
    uid = _detail(event, "link", "uid")
    if not uid:
        raise ValueError("link.uid: a removal must name what it removes")
    return OutsideTrack(**stamped, uid=uid, what="unknown", place=_place(event), stale_s=stale_s, gone=True)


def _ping(event: ET.Element, stamped: dict[str, Any], stale_s: float) -> None:
    """Say nothing: a ping only keeps the connection alive."""


_READERS: tuple[tuple[str, Callable[[ET.Element, dict[str, Any], float], Record | None]], ...] = (
    ("a-f", _unit),
    ("a", _track),
    ("b-a-o", _distress),
    ("b-a-g", _alert),
    ("b-t-f", _chat),
    ("b-m-p-w-GOTO", _go_to),
    ("t-x-d-d", _removal),
    ("t-x-c-t", _ping),
)
