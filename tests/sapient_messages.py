"""Valid SAPIENT messages to bend in tests."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import Any

from watchline.domain.records import (
    Direction,
    GeoPoint,
    NodeAlert,
    NodeDetection,
    NodeRegistered,
    NodeStatus,
    NodeTask,
    Record,
)
from watchline.links import Settings, sapient
from watchline.links.contract import at

CORE = "6f582b41-6c88-481c-bb0f-6021a1739f57"
TOWER = "a8654cdf-4328-47de-81fa-c495589e30c8"
OTHER = "cee8b0c3-b739-49f5-9bd4-b5353b5ebb98"
NOW_S = 1_700_000_000.0
HOME = GeoPoint(lon_deg=41.9, lat_deg=34.2, hae_m=210.0)


def stamped(source: str = TOWER, t_s: float = NOW_S, id: str = "r") -> dict[str, Any]:
    return {"id": id, "t_s": t_s, "source": source}


def registered(source: str = TOWER, kinds: tuple[str, ...] = ("camera",), **more: Any) -> NodeRegistered:
    return NodeRegistered(
        **stamped(source), node=source, name="T", node_types=kinds, taskable=True, status_every_s=5.0, **more
    )


def status(source: str = TOWER, t_s: float = NOW_S, place: GeoPoint | None = HOME) -> NodeStatus:
    return NodeStatus(**stamped(source, t_s), node=source, state="ok", mode="Default", place=place, battery=0.5)


def detection(source: str = TOWER, t_s: float = NOW_S, **more: Any) -> NodeDetection:
    said = {"object_id": "17", "direction": Direction(bearing_rad=1.0, range_m=900.0), "confidence": 0.7} | more
    return NodeDetection(**stamped(source, t_s), node=source, **said)


def alert(source: str = TOWER) -> NodeAlert:
    return NodeAlert(**stamped(source), node=source, alert_id="A-1", text="somebody", state="active", place=HOME)


def look_at(node: str = TOWER, source: str = CORE) -> NodeTask:
    return NodeTask(
        **stamped(source), node=node, task_id="L-1", approved_by="operator", command="look_at", place=HOME
    )


def frame(message: Any) -> bytes:
    body = message.SerializeToString()
    return struct.pack("<I", len(body)) + body


def fusion(allow: frozenset[str] = frozenset(), **options: Any) -> sapient.SapientState:
    near = {"near_lon_deg": 41.9, "near_lat_deg": 34.2} | options
    return at(sapient.init(Settings("sap", node=CORE, role="fusion", allow=allow, options=near)), NOW_S)


class Peer:
    """A link state that hears what others encode.  Mutable: it goes on."""

    def __init__(self, state: sapient.SapientState) -> None:
        self.state, self.errors, self.records = state, [], []

    def hear(self, *said: Record | bytes, channel: str = "1", now_s: float = NOW_S, peer: str = "") -> list[Record]:
        self.state = replace(self.state, channel=channel, now_s=now_s, peer=peer)
        self.state, records, errors = sapient.decode(
            self.state, b"".join(item if isinstance(item, bytes) else sapient.encode(item) for item in said)
        )
        self.errors += errors
        self.records += records
        out: list[Record] = []
        for record in records:
            self.state, more = sapient.answer(self.state, record)
            out += more
        for error in errors:
            self.state, more = sapient.refuse(self.state, error)
            out += more
        return out

    @property
    def reason(self) -> str:
        return self.errors[-1].reason if self.errors else ""
