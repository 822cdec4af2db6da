"""How a node is, as it says itself every few seconds and as the core counts: what waits there, and what was lost."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

STATE_EVERY_S = 5.0
SILENT_S = 30.0  # a node that said nothing for so long is away


class NodeState(msgspec.Struct, frozen=True, array_like=True):
    """A node's outbox.  oldest_s: time of the oldest message, None when nothing waits; refused: by the disk."""

    node: str
    messages: int
    bytes: int
    bound_bytes: int
    oldest_s: float | None
    refused: str = ""


@dataclass(frozen=True)
class NodeView:
    """A node as the core knows it.  state: as it last said, None while it never did; silent_s: since then.

    lost_*: rows that it had to give up, as the ledger counts them.
    """

    node: str
    state: NodeState | None
    silent_s: float
    lost_scans: int
    lost_detections: int


_DECODE = msgspec.msgpack.Decoder(NodeState)
encode = msgspec.msgpack.Encoder().encode


def read(data: bytes, node: str) -> NodeState | None:
    """Return what a node says of itself; None for bytes that are none of its words."""
    try:
        state = _DECODE.decode(data)
    except msgspec.MsgspecError:
        return None
    sound = state.node == node and min(state.messages, state.bytes, state.bound_bytes - 1) >= 0
    return state if sound else None
