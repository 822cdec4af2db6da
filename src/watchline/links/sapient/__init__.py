"""SAPIENT, the standard between sensors and fusion: BSI Flex 335 v2.0 over TCP.

Frames: 4 bytes of length, little-endian, then a SapientMessage in protobuf.  Covered: all nine messages in both
directions; roles `fusion` (others register to us; with option `middleware` we register to it), `parent` (the same,
for fusion nodes below us), `edge` (one of our towers), `child` (we are a fusion node below another); heartbeats and
their timeouts, nodes taken over, undeclared classes, implausible places.  Node types that can do more than observe
are shown and never asked for anything.  `rules.py` judges one message, `nodes.py` one after the others.

Not covered: versions before 2.0; bearings from magnetic, grid or platform north and cones of alerts (let in, kept
without direction); behaviours, signals, colours and ids of objects (not read: no record has a field for them);
regions and filters of tasks; the commands move_to, patrol and follow (kept as asked of us, never sent).
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import DecodeError
from sapient_msg.bsi_flex_335_v2_0 import sapient_message_pb2

from watchline.domain.records import Record
from watchline.links.contract import Decoded, Framing, LocalError, PeerError, Settings
from watchline.links.ids import is_node_id
from watchline.links.sapient.conversation import answer, closed, greet, ordered, refuse, route, sent, tick
from watchline.links.sapient.nodes import SapientState, judge, remember
from watchline.links.sapient.reading import record_of
from watchline.links.sapient.rules import faults
from watchline.links.sapient.writing import message_of

__all__ = [
    "FRAMING", "NAME", "Limits", "answer", "check_settings", "closed", "decode", "encode", "greet", "init",
    "ordered", "read_file", "refuse", "route", "sent", "tick",
]  # fmt: skip

NAME = "sapient"
FRAMING: Framing = "stream"


class Limits:
    """message: the reference middleware's bound; sample: of a refused message, kept."""

    message = 1 << 20
    sample = 256


def init(settings: Settings) -> SapientState:
    """Return the state before the first byte; a role needs our own node id."""
    return SapientState(settings)


ROLES = {"fusion": ("dial", "listen"), "parent": ("listen",), "edge": ("dial",), "child": ("dial",)}


def check_settings(role: str, node: str, direction: str) -> Iterator[tuple[str, str, str]]:
    """Yield (field, rule, what to do) for what is wrong with a site's settings of this link."""
    if role not in ROLES:
        yield "role", f"{role!r} is no role of SAPIENT", f"one of {', '.join(ROLES)}"
    elif direction not in ROLES[role]:
        yield "direction", f"a node of role {role} does not {direction}", f"set it to {ROLES[role][0]}"
    if not is_node_id(node):
        yield (
            "node",
            f"{node!r} is not a lower-case UUID of version 4",
            "make one: python3 -c 'import uuid; print(uuid.uuid4())'",
        )


def decode(state: SapientState, data: bytes, /) -> Decoded:
    """Return the state, the records in what came, and what was refused of it."""
    records: list[Record] = []
    errors: list[PeerError] = []
    buffer, at = state.rest + data, 0
    while len(buffer) - at >= 4:
        (size,) = struct.unpack_from("<I", buffer, at)
        if size > Limits.message:
            reason = f"a message of {size} bytes, over {Limits.message}"
            errors.append(PeerError(state.settings.name, state.taken + at, reason, buffer[at : at + 16], fatal=True))
            at = len(buffer)
            break
        if len(buffer) - at - 4 < size:
            break
        state = _one(state, buffer[at + 4 : at + 4 + size], state.taken + at, records, errors)
        at += 4 + size
    return replace(state, rest=buffer[at:], taken=state.taken + at), tuple(records), tuple(errors)


def _one(
    state: SapientState, body: bytes, offset: int, records: list[Record], errors: list[PeerError]
) -> SapientState:
    name, message = state.settings.name, sapient_message_pb2.SapientMessage()
    try:
        message.ParseFromString(body)
    except DecodeError:
        errors.append(PeerError(name, offset, "is not a SapientMessage in protobuf", body[: Limits.sample]))
        return state
    found = faults(message) or [reason for reason in [judge(state, message)] if reason]
    if found:
        about = message.node_id[:64]
        errors.append(PeerError(name, offset, "; ".join(found), body[: Limits.sample], about))
        return state
    state = replace(state, count=state.count + 1)
    records.append(record_of(message, name, f"{name}-{state.count}"))
    return remember(state, message)


def encode(record: Record, /) -> bytes:
    """Return the frame of a record whose `source` is our node id; LocalError where the standard cannot say it."""
    try:
        message = message_of(record)
    except (ValueError, TypeError) as error:
        raise LocalError(str(error)) from None
    found = faults(message)
    if found:
        raise LocalError("; ".join(found))
    body: bytes = message.SerializeToString()
    return struct.pack("<I", len(body)) + body


def read_file(data: bytes) -> Iterator[bytes | PeerError]:
    """Yield the frames of a file: its bytes if it is of frames, else those of its JSON messages, one or many."""
    if data[:3] == b"\xef\xbb\xbf":
        data = data[3:]
    if data.lstrip()[:1] not in (b"{", b"["):
        yield data
        return
    for offset, text in _json_texts(data):
        if text is None:
            yield PeerError(NAME, offset, "is not JSON", data[offset : offset + Limits.sample])
            continue
        try:
            message = json_format.ParseDict(text, sapient_message_pb2.SapientMessage())
        except (json_format.ParseError, TypeError, ValueError, RecursionError) as error:
            reason = " ".join(str(error).split())[:300]
            yield PeerError(NAME, offset, reason, data[offset : offset + Limits.sample])
            continue
        body = message.SerializeToString()
        yield struct.pack("<I", len(body)) + body


def _json_texts(data: bytes) -> Iterator[tuple[int, Any]]:
    """Yield where each JSON value begins, and the value, None where there is none: an array's members singly."""
    text, at = data.decode("utf-8", "replace"), 0
    reader = json.JSONDecoder()
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        try:
            value, end = reader.raw_decode(text, at)
        except (json.JSONDecodeError, RecursionError):
            yield at, None
            return
        for item in value if isinstance(value, list) else [value]:
            yield at, item if item is not None else {}
        at = end
