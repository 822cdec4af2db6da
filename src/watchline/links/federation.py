"""Two cores of different organisations: what each may tell the other, as lines of JSON.

Each line is one object; `say` names what it is:

    here                                      name, version: said first, and then every half minute
    movement                                  how much moved in a square, long enough ago
    event, distress, alert, track, unit       what a release or an officer's word lets out
    kept, refused, taken                      what became of a message, by its key

Theory: whoever tells something gives it a key that stays the same however often it is told, also after a restart, and
tells it again until the other side says `kept`, which it does when its ledger has it on the disk.  What comes twice
is known by its key.  Tracks and units are of the moment and have no key: the next one replaces the last.

Standard: our own, version 1 (docs/links/federation.md).
Not covered: films and pictures; more than one core on the other side of a link; orders.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from watchline.domain.federation import PartnerWord
from watchline.domain.policy import CellReport
from watchline.domain.records import (
    DistressCall,
    GeoPoint,
    NodeAlert,
    OutsideTrack,
    PartnerEvent,
    PartnerEventKind,
    Record,
    UnitPlace,
)
from watchline.links.contract import Decoded, Framing, LocalError, PeerError, Settings, State

NAME = "federation"
FRAMING: Framing = "stream"
VERSION = 1
KEYED = "federation:"  # how the provenance of a record begins that came with a key
HERE_EVERY_S = 30.0
HOLDS_S = 3600.0  # what was counted in a square says nothing so long after it was told of


class Limits:
    """line: bytes of a message; sample: of a refused one, kept; old, ahead: seconds by which a time may be off."""

    line = 16_384
    sample = 256
    old_s = 30 * 86_400.0
    ahead_s = 60.0


Name = Annotated[str, Meta(min_length=1, max_length=64)]
Key = Annotated[str, Meta(min_length=1, max_length=200)]
Text = Annotated[str, Meta(max_length=1000)]
Count = Annotated[int, Meta(ge=0, le=1_000_000)]
Lon = Annotated[float, Meta(ge=-180.0, le=180.0)]
Lat = Annotated[float, Meta(ge=-90.0, le=90.0)]
Time = Annotated[float, Meta(ge=0.0, le=1e11)]
Length = Annotated[float, Meta(ge=0.0, le=1e6)]
Speed = Annotated[float, Meta(ge=0.0, le=1500.0)]
Turn = Annotated[float, Meta(ge=0.0, le=math.tau)]


class _Place(msgspec.Struct, frozen=True, omit_defaults=True):
    lon_deg: Lon
    lat_deg: Lat
    error_m: Length | None = None


class _Said(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="say"):
    pass


class _Here(_Said, frozen=True, tag="here"):
    name: Name
    version: int


class _Told(_Said, frozen=True):
    t_s: Time


class _Keyed(_Told, frozen=True):
    key: Key


class _Movement(_Keyed, frozen=True, tag="movement"):
    place: _Place
    cell_m: Length
    from_s: Time
    to_s: Time
    least: Count
    most: Count | None = None


class _Event(_Keyed, frozen=True, tag="event"):
    what: PartnerEventKind
    place: _Place
    until_s: Time
    confidence: Annotated[float, Meta(ge=0.0, le=1.0)]
    heading_rad: Turn | None = None
    people: Count | None = None
    vehicles: Count | None = None
    text: Text = ""


class _Distress(_Keyed, frozen=True, tag="distress"):
    about: Name
    place: _Place | None = None
    text: Text = ""
    over: bool = False


class _Alert(_Keyed, frozen=True, tag="alert"):
    about: Name
    text: Text
    state: Literal["active", "acknowledged", "rejected", "ignored", "cleared"]
    priority: Annotated[int, Meta(ge=1, le=3)] | None = None
    place: _Place | None = None


class _Track(_Told, frozen=True, tag="track"):
    about: Name
    what: Literal["person", "vehicle", "animal", "aircraft", "unknown"]
    place: _Place
    stale_s: Time
    speed_m_s: Speed | None = None
    course_rad: Turn | None = None
    gone: bool = False


class _Unit(_Told, frozen=True, tag="unit"):
    about: Name
    place: _Place
    stale_s: Time
    speed_m_s: Speed | None = None
    course_rad: Turn | None = None


class _Kept(_Keyed, frozen=True, tag="kept"):
    pass


class _Refused(_Keyed, frozen=True, tag="refused"):
    rule: Text


class _Taken(_Keyed, frozen=True, tag="taken"):
    about: Name


_Any = _Here | _Movement | _Event | _Distress | _Alert | _Track | _Unit | _Kept | _Refused | _Taken
_DECODE = msgspec.json.Decoder(_Any)
_ENCODE = msgspec.json.Encoder().encode


class _KeyOnly(msgspec.Struct):
    key: Key


@dataclass(frozen=True)
class FederationState(State):
    """open: channels; greeted: who is on the other end of each that has said so; here_s: when we last did."""

    open: frozenset[str] = frozenset()
    greeted: Mapping[str, str] = field(default_factory=dict)
    here_s: float = -math.inf


def init(settings: Settings) -> FederationState:
    """Return the state before the first byte.  Option `organisation`: as whose word what comes in counts."""
    return FederationState(settings)


def check_settings(role: str, node: str, direction: str) -> Iterator[tuple[str, str, str]]:
    """Yield (field, rule, what to do) for what is wrong with a site's settings of this link."""
    if not 0 < len(node) <= 64:
        yield "node", "must be a name of 1 to 64 characters, by which the other core knows us", "write node"
    if role:
        yield "role", f"{role!r}: both sides of this link are alike", "leave it out"


# -- what comes in -----------------------------------------------------------------------------------------


def decode(state: FederationState, data: bytes, /) -> Decoded:
    """Return the state, the records in what came, and what was refused of it."""
    records: list[Record] = []
    errors: list[PeerError] = []
    taken, rest, name = state.taken, state.rest + data, state.settings.name
    while (end := rest.find(b"\n")) >= 0:
        line, rest = rest[:end], rest[end + 1 :]
        try:
            state = _one(state, line, taken, records)
        except _Stranger as error:
            errors.append(PeerError(name, taken, str(error), line[: Limits.sample], fatal=True))
            rest = b""
            break
        except ValueError as error:
            errors.append(PeerError(name, taken, str(error), line[: Limits.sample], about=_key_in(line)))
        taken += end + 1
    if len(rest) > Limits.line:
        reason = f"a line over {Limits.line} bytes"
        errors.append(PeerError(name, taken, reason, rest[: Limits.sample], fatal=True))
        taken, rest = taken + len(rest), b""
    return replace(state, rest=rest, taken=taken), tuple(records), tuple(errors)


class _Stranger(Exception):
    """Whoever speaks is not the one we talk with."""


def _one(state: FederationState, line: bytes, offset: int, records: list[Record]) -> FederationState:
    if len(line) > Limits.line:
        raise ValueError(f"a line over {Limits.line} bytes")
    try:
        said = _DECODE.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"is no message of a core ({error})"[:300]) from None
    if isinstance(said, _Here):
        return _greeted(state, said, offset, records)
    peer = state.greeted.get(state.channel)
    if peer is None:
        raise _Stranger("spoke before it said who it is")
    if not state.now_s - Limits.old_s <= said.t_s <= state.now_s + Limits.ahead_s:
        raise ValueError(f"t_s: {said.t_s - state.now_s:+.0f} s from our clock")
    records.append(_record(state, said, peer, offset))
    return state


def _greeted(state: FederationState, said: _Here, offset: int, records: list[Record]) -> FederationState:
    who, allow = state.peer or said.name, state.settings.allow
    if said.version != VERSION:
        raise _Stranger(f"speaks version {said.version}, we speak {VERSION}")
    if allow and who not in allow:
        raise _Stranger(f"{who!r} is not one of those that this link believes")
    if state.greeted.get(state.channel) != who:
        stamp = _stamp(state, offset, state.now_s)
        records.append(PartnerWord(**stamp, state="here", text=who))
    return replace(state, greeted={**state.greeted, state.channel: who})


def _stamp(state: FederationState, offset: int, t_s: float, key: str = "") -> dict[str, Any]:
    name = state.settings.name
    return {"id": f"{name}-{offset}", "t_s": t_s, "source": name, "provenance": (KEYED + key,) if key else ()}


def _record(state: FederationState, said: _Told, peer: str, offset: int) -> Record:
    key = said.key if isinstance(said, _Keyed) else ""
    stamp, name = _stamp(state, offset, said.t_s, key), state.settings.name
    whose = str(state.settings.options.get("organisation", peer))
    match said:
        case _Movement():
            _in_order(said.from_s, said.to_s)
            return PartnerEvent(
                **stamp, what="other", organisation=whose, place=_point(said.place, 0.71 * said.cell_m),
                confidence=1.0, until_s=said.to_s + HOLDS_S, people=said.least, text=_band(said),
            )  # fmt: skip
        case _Event():
            return PartnerEvent(
                **stamp, what=said.what, organisation=whose, place=_point(said.place), confidence=said.confidence,
                until_s=said.until_s, heading_rad=said.heading_rad, people=said.people, vehicles=said.vehicles,
                text=said.text,
            )  # fmt: skip
        case _Distress():
            place = None if said.place is None else _point(said.place)
            uid = f"{name}/{said.about}"
            return DistressCall(**stamp, uid=uid, place=place, text=said.text, over=said.over)
        case _Alert():
            place = None if said.place is None else _point(said.place)
            return NodeAlert(
                **stamp, node=peer, alert_id=said.about, text=said.text, state=said.state, priority=said.priority,
                place=place,
            )  # fmt: skip
        case _Track():
            return OutsideTrack(
                **stamp, uid=f"{name}-{said.about}", name=said.about, what=said.what, place=_point(said.place),
                stale_s=said.stale_s, speed_m_s=said.speed_m_s, course_rad=said.course_rad, gone=said.gone,
            )  # fmt: skip
        case _Unit():
            return UnitPlace(
                **stamp, unit=f"{name}/{said.about}", place=_point(said.place), stale_s=said.stale_s,
                organisation=whose, speed_m_s=said.speed_m_s, course_rad=said.course_rad,
            )  # fmt: skip
        case _Refused():
            return PartnerWord(**_about(stamp), state="refused", ref=said.key, text=said.rule)
        case _Taken():
            return PartnerWord(**stamp, state="taken", ref=said.about)
        case _:
            return PartnerWord(**_about(stamp), state="kept", ref=key)


def _about(stamp: dict[str, Any]) -> dict[str, Any]:
    """Return the stamp of a word about a message of ours: its key is ours, and is not answered."""
    return {**stamp, "provenance": ()}


def _point(place: _Place, error_m: float | None = None) -> GeoPoint:
    return GeoPoint(
        lon_deg=place.lon_deg, lat_deg=place.lat_deg, ce_m=place.error_m if error_m is None else round(error_m, 1)
    )


def _in_order(from_s: float, to_s: float) -> None:
    if not from_s < to_s:
        raise ValueError("to_s: must be above from_s")


def _band(said: _Movement) -> str:
    count = f"{said.least} or more" if said.most is None else f"{said.least} to {said.most}"
    hours = " to ".join(datetime.fromtimestamp(t, UTC).strftime("%H:%M") for t in (said.from_s, said.to_s))
    return f"{count} seen moving in a square of {said.cell_m:.0f} m, {hours} UTC"


def _key_in(line: bytes) -> str:
    try:
        return msgspec.json.decode(line, type=_KeyOnly).key
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""


# -- what goes out -----------------------------------------------------------------------------------------


def greet(state: FederationState) -> tuple[FederationState, tuple[Record, ...]]:
    """Say who we are."""
    return replace(state, here_s=state.now_s, open=state.open | {state.channel}), (_here(state),)


def tick(state: FederationState) -> tuple[FederationState, tuple[Record, ...], tuple[Record, ...]]:
    """Say every now and then that we are still there."""
    if not state.open or state.now_s - state.here_s < HERE_EVERY_S:
        return state, (), ()
    return replace(state, here_s=state.now_s), (_here(state),), ()


def _here(state: FederationState) -> PartnerWord:
    return PartnerWord(id="", t_s=state.now_s, source=state.settings.node, state="here", text=state.settings.node)


def refuse(state: FederationState, error: PeerError) -> tuple[FederationState, tuple[Record, ...]]:
    """Say which message was refused, so that it does not come for ever."""
    if not error.about or error.fatal:
        return state, ()
    word = PartnerWord(
        id="", t_s=state.now_s, source=state.settings.node, state="refused", ref=error.about, text=error.reason[:1000]
    )
    return state, (word,)


def closed(state: FederationState) -> FederationState:
    """Return the state after the channel in it ended."""
    greeted = {k: who for k, who in state.greeted.items() if k != state.channel}
    return replace(state, open=state.open - {state.channel}, greeted=greeted)


def ready(state: FederationState) -> bool:
    """Return whether the other side has said who it is, so that what we say reaches it."""
    return bool(state.greeted)


def route(state: FederationState, record: Record) -> frozenset[str]:
    """Return the channels on which the other side has said who it is."""
    return frozenset(state.greeted)


def key_of(record: Record) -> str:
    """Return by what a message of ours is known, its id; "" for one that is of the moment only."""
    match record:
        case CellReport() | PartnerEvent() | DistressCall() | NodeAlert() | PartnerWord(state="taken"):
            return record.id
        case _:
            return ""


def encode(record: Record, /) -> bytes:
    """Return the line that says a record; LocalError for one that does not belong here."""
    try:
        return _ENCODE(_said(record)) + b"\n"
    except (ValueError, TypeError) as error:
        raise LocalError(f"federation: {error}") from None


def _said(record: Record) -> _Said:
    match record:
        case PartnerWord(state="here"):
            return _Here(name=record.text, version=VERSION)
        case PartnerWord(state="kept"):
            return _Kept(t_s=record.t_s, key=record.ref)
        case PartnerWord(state="taken"):
            return _Taken(t_s=record.t_s, key=record.id, about=record.ref)
        case PartnerWord():
            return _Refused(t_s=record.t_s, key=record.ref, rule=record.text)
        case OutsideTrack():
            return _Track(
                t_s=record.t_s, about=record.uid, what=record.what, place=_place(record.place),
                stale_s=record.stale_s, speed_m_s=record.speed_m_s, course_rad=record.course_rad, gone=record.gone,
            )  # fmt: skip
        case UnitPlace():
            return _Unit(
                t_s=record.t_s, about=record.name or record.unit, place=_place(record.place), stale_s=record.stale_s,
                speed_m_s=record.speed_m_s, course_rad=record.course_rad,
            )  # fmt: skip
        case _:
            return _said_with_key(record)


def _said_with_key(record: Record) -> _Said:
    key = record.id
    match record:
        case CellReport():
            return _Movement(
                t_s=record.to_s, key=key, place=_place(record.place), cell_m=record.cell_m, from_s=record.from_s,
                to_s=record.to_s, least=record.least, most=record.most,
            )  # fmt: skip
        case PartnerEvent():
            return _Event(
                t_s=record.t_s, key=key, what=record.what, place=_place(record.place), until_s=record.until_s,
                confidence=record.confidence, heading_rad=record.heading_rad, people=record.people,
                vehicles=record.vehicles, text=record.text,
            )  # fmt: skip
        case DistressCall():
            place = None if record.place is None else _place(record.place)
            return _Distress(
                t_s=record.t_s, key=key, about=record.uid, place=place, text=record.text, over=record.over
            )  # fmt: skip
        case NodeAlert():
            place = None if record.place is None else _place(record.place)
            return _Alert(
                t_s=record.t_s, key=key, about=record.alert_id, text=record.text, state=record.state,
                priority=record.priority, place=place,
            )  # fmt: skip
        case _:
            raise ValueError(f"a {type(record).__name__} is not told to a partner")


def _place(place: GeoPoint) -> _Place:
    return _Place(lon_deg=place.lon_deg, lat_deg=place.lat_deg, error_m=place.ce_m)
