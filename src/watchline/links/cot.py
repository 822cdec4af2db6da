"""Cursor on Target, as TAK clients and servers speak it: XML events over TCP or TLS, protocol version 0.

Standard: MITRE MP090284 event schema 2.0 and the common TAK details.  Covered, both ways: tracks (`a-*`), units
(`a-f-*`), calls for help (`b-a-o-*`) and their end, alerts (`b-a-g`), chat (`b-t-f`), going to a place
(`b-m-p-w-GOTO`), removal (`t-x-d-d`), pings; events directed to callsigns (`marti`).  A track of ours is `a-u-*`,
unknown, until a person decides otherwise outside of this product; nothing here can write another affiliation for it,
and none that others send is kept.

Not covered: TAK protocol version 1 (protobuf) and its negotiation; missions, data packages, video, drawings, routes
and markers (refused, with their type); enrolment of certificates.
"""

from __future__ import annotations

import dataclasses
import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
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
from watchline.links.contract import Decoded, Framing, LocalError, PeerError, Settings, State

NAME = "cot"
FRAMING: Framing = "stream"

UNKNOWN_M = 9_999_999.0  # the standard's "not known" of heights and errors
STALE_S = 60.0  # an event that was stale for longer when it came is old news
AHEAD_S = 60.0
SAY_EVERY_S = 30.0  # our own presence, which TAK servers route by and close silent connections without


class Limits:
    """event: bytes of one, an ATAK chat with a long text is a tenth of it; uid, text: characters kept."""

    event = 65_536
    uid = 256
    text = 2_000


@dataclasses.dataclass(frozen=True)
class CotState(State):
    """said_s: when our presence was last told; count: events let in."""

    said_s: float = -math.inf
    count: int = 0


def init(settings: Settings) -> CotState:
    """Return the state before the first byte."""
    return CotState(settings)


# -- in ---------------------------------------------------------------------------------------------------------


def decode(state: CotState, data: bytes, /) -> Decoded:
    """Return the state, the records in what came, and what was refused of it."""
    records: list[Record] = []
    errors: list[PeerError] = []
    buffer, at = state.rest + data, 0
    while True:
        begin, end = _event_in(buffer, at)
        if end < 0:
            break
        piece = buffer[begin:end]
        try:
            records += _records(state, piece, f"{state.settings.name}-{state.count + 1}")
            state = dataclasses.replace(state, count=state.count + 1)
        except ValueError as error:
            errors.append(PeerError(state.settings.name, state.taken + begin, str(error), piece[:256]))
        at = end
    rest = buffer[at:]
    if len(rest) > Limits.event:
        reason = f"an event over {Limits.event} bytes"
        errors.append(PeerError(state.settings.name, state.taken + at, reason, rest[:256], fatal=True))
        at, rest = len(buffer), b""
    elif not rest.strip():
        at, rest = len(buffer), b""  # line ends between events
    return dataclasses.replace(state, rest=rest, taken=state.taken + at), tuple(records), tuple(errors)


def _event_in(buffer: bytes, at: int) -> tuple[int, int]:
    """Return where the next event, with all before it, begins and ends; end -1 when it has not come whole."""
    start = buffer.find(b"<event", at)
    if start < 0:
        return at, -1
    close = buffer.find(b">", start)
    if close < 0:
        return at, -1
    if buffer[close - 1 : close] == b"/":
        return at, close + 1
    end = buffer.find(b"</event>", close)
    return at, end + len(b"</event>") if end >= 0 else -1


def _records(state: CotState, piece: bytes, name: str) -> list[Record]:
    event = _parsed(piece)
    stale_s = _check(state, event)
    kind = event.get("type", "")
    stamped = {"id": name, "t_s": _time(event, "time"), "source": state.settings.name}
    for prefix, read in _READERS:
        if kind == prefix or kind.startswith(prefix + "-"):
            found = read(event, stamped, stale_s)
            return [] if found is None else [found]
    raise ValueError(f"type {kind} is not covered")


def _parsed(piece: bytes) -> ET.Element:
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


def _check(state: CotState, event: ET.Element) -> float:
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


# -- out --------------------------------------------------------------------------------------------------------

_TRACK_TYPES = {"person": "a-u-G", "animal": "a-u-G", "unknown": "a-u-G", "vehicle": "a-u-G-E-V", "aircraft": "a-u-A"}
_UNIT_TYPES = {"person": "a-f-G", "unit": "a-f-G-U-C", "vehicle": "a-f-G-E-V", "aircraft": "a-f-A"}
HOLDS_S = 300.0  # of events that have no end of their own
NOWHERE = GeoPoint(lon_deg=0.0, lat_deg=0.0)


def encode(record: Record, /) -> bytes:
    """Return the event of a record, without an XML declaration; LocalError where there is none."""
    write = _WRITERS.get(type(record))
    if write is None:
        raise LocalError(f"Cursor on Target has no event for a {type(record).__name__}")
    try:
        return bytes(ET.tostring(write(record), encoding="utf-8"))
    except (ValueError, OverflowError, OSError) as error:
        raise LocalError(str(error)) from None


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


def _add(detail: ET.Element, name: str, text: str = "", /, **attributes: str) -> ET.Element:
    child = ET.SubElement(detail, name, {key: _clean(value) for key, value in attributes.items()})
    if text:
        child.text = _clean(text)
    return child


def _moves(detail: ET.Element, record: OutsideTrack | UnitPlace) -> None:
    if record.speed_m_s is not None and record.course_rad is not None:
        course = f"{math.degrees(record.course_rad) % 360:.1f}"
        _add(detail, "track", speed=f"{record.speed_m_s:.1f}", course="0.0" if course == "360.0" else course)


def _out_track(record: OutsideTrack) -> ET.Element:
    if record.gone:
        event, detail = _event(record, f"{record.uid}-gone", "t-x-d-d", record.place, record.t_s + STALE_S)
        _add(detail, "link", uid=record.uid, relation="p-p", type=_TRACK_TYPES[record.what])
        _add(detail, "__forcedelete")
        return event
    event, detail = _event(record, record.uid, _TRACK_TYPES[record.what], record.place, record.stale_s)
    _add(detail, "contact", callsign=record.name or record.uid)
    _moves(detail, record)
    said = record.remarks or (f"may be: {record.what}" if record.what != "unknown" else "")
    if said:
        _add(detail, "remarks", said)
    return event


def _out_unit(record: UnitPlace) -> ET.Element:
    event, detail = _event(record, record.unit, _UNIT_TYPES[record.what], record.place, record.stale_s)
    _add(detail, "contact", callsign=record.name or record.unit)
    _moves(detail, record)
    if record.battery is not None:
        _add(detail, "status", battery=str(round(record.battery * 100)))
    return event


def _out_distress(record: DistressCall) -> ET.Element:
    kind = "b-a-o-can" if record.over else "b-a-o-tbl"
    event, detail = _event(record, record.uid, kind, record.place, record.t_s + HOLDS_S)
    _add(detail, "contact", callsign=record.name or record.uid)
    if record.over:
        _add(detail, "emergency", record.name, cancel="true")
    else:
        _add(detail, "emergency", record.name, type="911 Alert")
    if record.text:
        _add(detail, "remarks", record.text)
    return event


def _out_alert(record: NodeAlert) -> ET.Element:
    uid = f"watchline-alert-{record.alert_id}"
    if record.state != "active":
        event, detail = _event(record, f"{uid}-gone", "t-x-d-d", record.place, record.t_s + STALE_S)
        _add(detail, "link", uid=uid, relation="p-p", type="b-a-g")
        _add(detail, "__forcedelete")
        return event
    event, detail = _event(record, uid, "b-a-g", record.place, record.t_s + HOLDS_S)
    _add(detail, "contact", callsign=f"Alert {record.alert_id}")
    _add(detail, "remarks", record.text)
    return event


def _out_chat(record: Chat) -> ET.Element:
    uid = f"GeoChat.{record.sender}.{record.to}.{record.id}"[: Limits.uid]
    event, detail = _event(record, uid, "b-t-f", None, record.t_s + HOLDS_S, how="h-g-i-g-o")
    _add(detail, "__chat", parent="RootContactGroup", id=record.to, chatroom=record.to, senderCallsign=record.sender)
    _add(detail, "remarks", record.text, source=record.sender, time=_iso(record.t_s), to=record.to)
    return event


def _out_task(record: NodeTask) -> ET.Element:
    if record.command != "look_at" or record.place is None or not record.approved_by:
        raise LocalError("only a task to go and look at a place, approved by a person, can be told")
    uid = f"watchline-task-{record.task_id}"
    event, detail = _event(record, uid, "b-m-p-w-GOTO", record.place, record.t_s + HOLDS_S, how="h-g-i-g-o")
    _add(detail, "contact", callsign=f"Look here {record.task_id}")
    _add(detail, "link", parent_callsign=record.approved_by, relation="p-p")
    _add(_add(detail, "marti"), "dest", callsign=record.node)
    if record.argument:
        _add(detail, "remarks", record.argument)
    return event


_WRITERS: dict[type[Record], Callable[[Any], ET.Element]] = {
    OutsideTrack: _out_track,
    UnitPlace: _out_unit,
    DistressCall: _out_distress,
    NodeAlert: _out_alert,
    Chat: _out_chat,
    NodeTask: _out_task,
}


# -- conversation -----------------------------------------------------------------------------------------------


def address(state: CotState, data: bytes) -> bytes:
    """Return an event directed to the callsigns of the option `to`: a server passes it to nobody else.

    Our own presence goes to all, with what servers want to know of a client.
    """
    callsigns = str(state.settings.options.get("to", "")).split()
    event = ET.fromstring(data)
    detail = event.find("detail")
    if detail is None or detail.find("marti") is not None:
        return data
    if event.get("uid") == _own_uid(state):
        # Servers know a client, and pass to it what is directed to its callsign, only by these.
        _add(detail, "takv", device="server", platform="Watchline", os="Linux", version="1")
        _add(detail, "__group", name="Cyan", role="HQ")
        return bytes(ET.tostring(event, encoding="utf-8"))
    if not callsigns:
        return data
    marti = _add(detail, "marti")
    for callsign in callsigns:
        _add(marti, "dest", callsign=callsign)
    return bytes(ET.tostring(event, encoding="utf-8"))


def _own_uid(state: CotState) -> str:
    return f"watchline-{state.settings.node or state.settings.name}"


def _presence(state: CotState) -> tuple[Record, ...]:
    callsign = str(state.settings.options.get("callsign", ""))
    lon, lat = (state.settings.options.get(name) for name in ("lon_deg", "lat_deg"))
    if not callsign:
        return ()
    known = lon is not None and lat is not None
    place = GeoPoint(lon_deg=float(lon or 0.0), lat_deg=float(lat or 0.0), ce_m=50.0 if known else UNKNOWN_M)
    return (
        UnitPlace(
            id="presence",
            t_s=state.now_s,
            source=state.settings.name,
            unit=_own_uid(state),
            name=callsign,
            place=place,
            stale_s=state.now_s + 3 * SAY_EVERY_S,
        ),
    )


def greet(state: CotState) -> tuple[CotState, tuple[Record, ...]]:
    """Return our presence, said on connecting, if the link has a callsign."""
    return dataclasses.replace(state, said_s=state.now_s), _presence(state)


def tick(state: CotState) -> tuple[CotState, tuple[Record, ...], tuple[Record, ...]]:
    """Return our presence when it is due again."""
    if state.now_s - state.said_s < SAY_EVERY_S:
        return state, (), ()
    return dataclasses.replace(state, said_s=state.now_s), _presence(state), ()


def read_file(data: bytes) -> Iterator[bytes]:
    """Yield the events of a file, with or without an XML declaration, alone or inside of another element."""
    yield re.sub(rb"<\?xml[^>]*\?>|</?events>", b"", data)
