"""What a SAPIENT node kept while it was away: its messages as they would have been sent, numbered, with their times.

The standard knows one time per message, that of sending, and middleware refuses what is 0.9 s old; so what was stored
travels beside it, over a channel of our own.  Frames: 4 bytes of length, little-endian, then a letter:

    H number(8) SapientMessage  node to core, first: its registration, and up to which number it was told A
    M number(8) SapientMessage  node to core: a message of its store; numbers grow by one
    A number(8)                 core to node: everything up to this number is durable; it may be forgotten

Theory: TCP does not tell what arrived before a cable was cut, so a node hands on everything that was not
acknowledged, also what it may have said live.  What came twice is known by node, time and object, and let in once
(`ops/exchange/once.py`).

Standard: our own, version 1, around BSI Flex 335 v2.0 messages, which are held to the same rules as live ones.
Not covered: messages other than detections, alerts and statuses; messages older than 30 days.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from google.protobuf.message import DecodeError
from sapient_msg.bsi_flex_335_v2_0 import sapient_message_pb2

from watchline.domain.records import Drop, NodeAnswer, NodeReplay, Record
from watchline.links.contract import Decoded, Framing, LocalError, PeerError, Settings
from watchline.links.ids import is_node_id
from watchline.links.sapient.nodes import SapientState, judge, remember
from watchline.links.sapient.reading import record_of, seconds
from watchline.links.sapient.rules import faults

NAME = "sapient_replay"
FRAMING: Framing = "stream"
KINDS = ("detection_report", "alert", "status_report")
ROLES = {"core": "listen", "node": "dial"}


class Limits:
    """message: of SAPIENT, with our letter and number before it; sample: of a refused one, kept."""

    message = (1 << 20) + 9
    sample = 256


@dataclass(frozen=True)
class Heard:
    """What a node has handed on since that was last told."""

    first: int
    last: int
    first_s: float
    last_s: float
    refused: int = 0
    repeated: int = 0


@dataclass(frozen=True)
class ReplayState(SapientState):
    """last: the highest number taken of each node on its connection; heard: what is still to be told, by node."""

    last: Mapping[str, int] = field(default_factory=dict)
    heard: Mapping[str, Heard] = field(default_factory=dict)


def init(settings: Settings) -> ReplayState:
    """Return the state before the first byte.  Option `of`: the live link, as whose the records count."""
    return ReplayState(settings)


def check_settings(role: str, node: str, direction: str) -> Iterator[tuple[str, str, str]]:
    """Yield (field, rule, what to do) for what is wrong with a site's settings of this link."""
    if role not in ROLES:
        yield "role", f"{role!r} is no role of the replay channel", "core or node"
    elif direction != ROLES[role]:
        yield "direction", f"a {role} does not {direction}", f"set it to {ROLES[role]}"
    if not is_node_id(node):
        yield "node", f"{node!r} is not a lower-case UUID of version 4", "give the live link's own"


def frame(letter: bytes, body: bytes, number: int | None = None) -> bytes:
    """Return one frame."""
    inside = letter + (b"" if number is None else struct.pack("<Q", number)) + body
    return struct.pack("<I", len(inside)) + inside


def take(buffer: bytes) -> tuple[bytes, bytes, int] | None:
    """Return (letter, rest of the frame, bytes used) of the first frame, None while its end has not come.

    ValueError for a length that cannot be.
    """
    if len(buffer) < 4:
        return None
    (size,) = struct.unpack_from("<I", buffer)
    if not 1 <= size <= Limits.message:
        raise ValueError(f"a frame of {size} bytes, must be within 1..{Limits.message}")
    if len(buffer) < 4 + size:
        return None
    return buffer[4:5], buffer[5 : 4 + size], 4 + size


def decode(state: ReplayState, data: bytes, /) -> Decoded:
    """Return the state, the records in what came, and what was refused; `due` tells how far each node has come."""
    records: list[Record] = []
    errors: list[PeerError] = []
    buffer, at, name = state.rest + data, 0, state.settings.name
    while True:
        try:
            found = take(buffer[at:])
        except ValueError as error:
            errors.append(PeerError(name, state.taken + at, str(error), buffer[at : at + 16], fatal=True))
            at = len(buffer)
            break
        if found is None:
            break
        letter, body, used = found
        try:
            state = _one(state, letter, body, state.taken + at, records, errors)
        except ValueError as error:
            errors.append(PeerError(name, state.taken + at, str(error), body[: Limits.sample]))
        at += used
    return replace(state, rest=buffer[at:], taken=state.taken + at), tuple(records), tuple(errors)


def _one(
    state: ReplayState,
    letter: bytes,
    body: bytes,
    offset: int,
    records: list[Record],
    errors: list[PeerError],
) -> ReplayState:
    if letter not in (b"H", b"M") or len(body) < 8:
        raise ValueError(f"{letter!r} begins no frame of a node")
    (number,), body = struct.unpack_from("<Q", body), body[8:]
    message, found = _judged(state, letter, body)
    if letter == b"H":
        if found:
            raise ValueError("; ".join(found))
        after = remember(state, message)
        assert isinstance(after, ReplayState)
        # Numbers hold for one connection: a node that lost its store begins anew.
        return replace(after, last={**state.last, message.node_id: number})
    node = next((id_ for id_, one in state.nodes.items() if one.channel == state.channel), None)
    if node is None:
        raise ValueError("comes before a registration")
    t_s = seconds(message.timestamp) if not found else state.now_s
    one = state.heard.get(node, Heard(number, number, t_s, t_s))
    last = state.last.get(node, 0)
    if number <= last:
        return _heard(state, node, replace(one, repeated=one.repeated + 1))
    if number > last + 1:
        stamp = {"id": f"{state.settings.name}-{node}-{number}-drop", "t_s": state.now_s, "source": _source(state)}
        records.append(Drop(**stamp, queue=f"store of node {node}", dropped=number - last - 1))  # type: ignore[arg-type]
    # A refused message is handled, too: it is acknowledged with the others, or it would come for ever.
    one, state = replace(one, last=max(one.last, number)), replace(state, last={**state.last, node: number})
    if found:
        errors.append(PeerError(state.settings.name, offset, "; ".join(found), body[: Limits.sample], node))
        return _heard(state, node, replace(one, refused=one.refused + 1))
    one = replace(one, first_s=min(one.first_s, t_s), last_s=max(one.last_s, t_s))
    state = _heard(replace(state, count=state.count + 1), node, one)
    records.append(record_of(message, _source(state), f"{state.settings.name}-{node}-{number}"))
    after = remember(state, message)
    assert isinstance(after, ReplayState)
    return after


def _judged(state: ReplayState, letter: bytes, body: bytes) -> tuple[Any, list[str]]:
    """Return a message and which rules it breaks."""
    message = sapient_message_pb2.SapientMessage()
    try:
        message.ParseFromString(body)
    except DecodeError:
        return message, ["is not a SapientMessage in protobuf"]
    kind = message.WhichOneof("content")
    fits = kind == "registration" if letter == b"H" else kind in KINDS
    found = faults(message) or [] if fits else [f"{kind} does not belong into a frame {letter.decode()}"]
    return message, found or [reason for reason in [judge(state, message)] if reason]


def _source(state: ReplayState) -> str:
    return str(state.settings.options.get("of", state.settings.name))


def _heard(state: ReplayState, node: str, one: Heard) -> ReplayState:
    return replace(state, heard={**state.heard, node: one})


def due(state: ReplayState) -> tuple[ReplayState, tuple[tuple[str, bytes], ...], tuple[Record, ...]]:
    """Return how far each node has come since that was last told: it is told that this is durable when it is."""
    if not state.heard:
        return state, (), ()
    return replace(state, heard={}), (), tuple(_told(state, node, one) for node, one in state.heard.items())


def _told(state: ReplayState, node: str, one: Heard) -> NodeReplay:
    return NodeReplay(
        id=f"{state.settings.name}-{node}-{one.first}-{state.now_s:.3f}", t_s=state.now_s, source=state.settings.name,
        node=node, from_number=one.first, to_number=one.last, first_s=one.first_s, last_s=one.last_s,
        refused=one.refused, repeated=one.repeated,
    )  # fmt: skip


def closed(state: ReplayState) -> ReplayState:
    """Return the state after the channel in it ended: its node may come back over any other."""
    nodes = {id_: replace(n, channel="") if n.channel == state.channel else n for id_, n in state.nodes.items()}
    return replace(state, nodes=nodes)


def route(state: ReplayState, record: Record) -> frozenset[str]:
    """Return the channel of the node that an answer is for, none when it is gone: it will hand it on again."""
    node = state.nodes.get(record.node) if isinstance(record, NodeAnswer) else None
    return frozenset({node.channel}) if node is not None and node.channel else frozenset()


def encode(record: Record, /) -> bytes:
    """Return the frame that tells a node what is durable; LocalError for anything else."""
    if not isinstance(record, NodeAnswer) or record.to != "replay" or not record.ref.isdigit():
        raise LocalError("sapient_replay: a node is only told what is durable")
    return frame(b"A", b"", int(record.ref))


def durable_up_to(letter: bytes, body: bytes) -> int:
    """Return the number of an acknowledgement; ValueError for any other frame."""
    if letter != b"A" or len(body) != 8:
        raise ValueError(f"{letter!r} begins no acknowledgement")
    return int(struct.unpack("<Q", body)[0])
