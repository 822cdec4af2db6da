"""Cursor on Target, as TAK clients and servers speak it: XML events over TCP or TLS, protocol version 0.

Standard: MITRE MP090284 event schema 2.0 and the common TAK details.  Covered, both ways: tracks (`a-*`), units
(`a-f-*`), calls for help (`b-a-o-*`) and their end, alerts (`b-a-g`), chat (`b-t-f`), going to a place
(`b-m-p-w-GOTO`), the partner's events and air cover as words on a marker (`words.py`), removal (`t-x-d-d`), pings;
events directed to callsigns (`marti`).  A track of ours is `a-u-*`, unknown, until a person decides otherwise outside
of this product; nothing here can write another affiliation for it, and none that others send is kept.

Not covered: TAK protocol version 1 (protobuf) and its negotiation; missions, data packages, video, drawings, routes
and markers (refused, with their type); enrolment of certificates.
"""

from __future__ import annotations

import dataclasses
import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator

from watchline.domain.records import GeoPoint, Record, UnitPlace
from watchline.links.contract import Decoded, Framing, LocalError, PeerError, Settings, State
from watchline.links.cot.limits import SAY_EVERY_S, UNKNOWN_M, Limits
from watchline.links.cot.reading import records_of
from watchline.links.cot.writing import WRITERS, add

__all__ = [
    "FRAMING", "NAME", "CotState", "Limits", "address", "decode", "encode", "greet", "init", "read_file", "tick",
]  # fmt: skip

NAME = "cot"
FRAMING: Framing = "stream"


@dataclasses.dataclass(frozen=True)
class CotState(State):
    """said_s: when our presence was last told; count: events let in."""

    said_s: float = -math.inf
    count: int = 0


def init(settings: Settings) -> CotState:
    """Return the state before the first byte."""
    return CotState(settings)


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
            records += records_of(state, piece, f"{state.settings.name}-{state.count + 1}")
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


def encode(record: Record, /) -> bytes:
    """Return the event of a record, without an XML declaration; LocalError where there is none."""
    write = WRITERS.get(type(record))
    if write is None:
        raise LocalError(f"Cursor on Target has no event for a {type(record).__name__}")
    try:
        return bytes(ET.tostring(write(record), encoding="utf-8"))
    except (ValueError, OverflowError, OSError) as error:
        raise LocalError(str(error)) from None


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
        add(detail, "takv", device="server", platform="Watchline", os="Linux", version="1")
        add(detail, "__group", name="Cyan", role="HQ")
        return bytes(ET.tostring(event, encoding="utf-8"))
    if not callsigns:
        return data
    marti = add(detail, "marti")
    for callsign in callsigns:
        add(marti, "dest", callsign=callsign)
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
