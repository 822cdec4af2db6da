"""Nothing we say over SAPIENT is anything the public reference middleware would refuse: its rules, stated here again.

The middleware itself is not on PyPI; these are the rules it was seen to apply to a sender (default configuration).
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
import pytest

pytest.importorskip("sapient_msg")

from google.protobuf.unknown_fields import UnknownFieldSet
from sapient_msg.bsi_flex_335_v2_0 import sapient_message_pb2

from builders import straight_line, tracks
from peer_tools import site_with
from sapient_messages import CORE, NOW_S, TOWER, alert, detection, registered, status
from watchline.domain.records import NodeAnswer, Record
from watchline.domain.site import LinkSpec
from watchline.links import Settings, sapient
from watchline.links.contract import at
from watchline.ops.link_hub import on_the_wall
from watchline.ops.picture import Picture
from watchline.ops.publish import Outlet
from watchline.ops.site_file import LoadedSite

ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
UUID4 = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
EARLY_S, LATE_S, APART_S = 0.1, 0.9, 0.08
FRAME_MAX = 1 << 20
IDS = {
    "status_report": ("report_id",), "detection_report": ("report_id", "object_id"), "task": ("task_id",),
    "task_ack": ("task_id",), "alert": ("alert_id",), "alert_ack": ("alert_id",),
}  # fmt: skip


@dataclass
class Middleware:
    """One connection as the middleware judges it.  Mutable."""

    nodes: set[str] = field(default_factory=set)
    node: str = ""
    informed: bool = False
    detected_s: float = 0.0

    def faults(self, data: bytes, received_s: float) -> list[str]:
        """Return what it would refuse of these bytes."""
        found, at_ = [], 0
        while at_ < len(data):
            (size,) = struct.unpack_from("<I", data, at_)
            if size > FRAME_MAX:
                return [*found, "the frame is too long"]
            message = sapient_message_pb2.SapientMessage()
            message.ParseFromString(data[at_ + 4 : at_ + 4 + size])
            found += self._message(message, received_s)
            at_ += 4 + size
        return found

    def _message(self, m: Any, received_s: float) -> list[str]:
        kind = m.WhichOneof("content")
        t_s = m.timestamp.seconds + m.timestamp.nanos * 1e-9
        own = getattr(m, kind)
        wrong = {
            "unknown field": len(UnknownFieldSet(m)) > 0 or len(UnknownFieldSet(own)) > 0,
            "no registration before": kind != "registration" and not self.node,
            "node_id": not UUID4.fullmatch(m.node_id) or m.node_id[14] != "4",
            "node_id changes": self.node not in ("", m.node_id),
            "timestamp": not -LATE_S <= t_s - received_s <= EARLY_S,
            "ulid": any(not ULID.fullmatch(getattr(own, f)) for f in IDS.get(kind, ())),
            **getattr(self, f"_{kind}", lambda *_: {})(own, t_s, m),
        }  # fmt: skip
        self.node = m.node_id
        return [f"{kind}: {rule}" for rule, broken in wrong.items() if broken]

    def _registration(self, m: Any, *_: Any) -> dict[str, bool]:
        self.nodes.add("registered")
        return {
            "icd_version": m.icd_version.replace("_", " ") != "BSI Flex 335 v2.0",
            "config_data": not m.config_data,
            "capabilities": not m.capabilities,
            "mode without task": not m.mode_definition
            or not all(mode.HasField("task") for mode in m.mode_definition),
        }

    def _status_report(self, m: Any, *_: Any) -> dict[str, bool]:
        unchanged = m.info == 2 and not self.informed
        self.informed |= m.info == 1
        return {"no info": not m.HasField("info"), "unchanged before new": unchanged}

    def _detection_report(self, m: Any, t_s: float, _: Any) -> dict[str, bool]:
        before, self.detected_s = self.detected_s, max(t_s, self.detected_s)
        return {
            "no place": m.WhichOneof("location_oneof") is None,
            "older than the one before": t_s < before - 1e-6,
            "two within 80 ms": 1e-6 < t_s - before < APART_S,
        }

    def _task(self, m: Any, _: float, message: Any) -> dict[str, bool]:
        return {"nobody asked": not message.destination_id}


@pytest.fixture(scope="module")
def bare() -> LoadedSite:
    return site_with()


def test_the_rules_refuse_what_the_middleware_was_seen_to_refuse() -> None:
    """The statement itself is held to the cases that were measured."""

    def fresh() -> Middleware:
        told = Middleware()
        assert told.faults(sapient.encode(registered()) + sapient.encode(status()), NOW_S) == []
        return told

    assert Middleware().faults(sapient.encode(status()), NOW_S) == ["status_report: no registration before"]
    assert fresh().faults(sapient.encode(detection()), NOW_S + 1.0) == ["detection_report: timestamp"]
    assert fresh().faults(sapient.encode(detection(t_s=NOW_S + 0.2)), NOW_S) == ["detection_report: timestamp"]
    close = sapient.encode(detection()) + sapient.encode(detection(t_s=NOW_S + 0.05, object_id="2"))
    assert fresh().faults(close, NOW_S) == ["detection_report: two within 80 ms"]
    assert fresh().faults(sapient.encode(detection(source=CORE)), NOW_S) == ["detection_report: node_id changes"]


@pytest.mark.parametrize(
    ("role", "options"), [("edge", {"sensor": "cam-1"}), ("child", {}), ("fusion", {"middleware": True})]
)
def test_a_minute_of_what_we_say_in_every_role_is_nothing_it_would_refuse(
    bare: LoadedSite, role: str, options: dict[str, Any]
) -> None:
    told, said = Middleware(), 0
    organisations = tuple(o.id for o in bare.site.organisations)
    spec = LinkSpec(id="up", protocol="sapient", address="h:1", role=role, node=TOWER, options=options,
                    organisations=organisations, recipient="ours", sends=("tracks", "alerts"))  # fmt: skip
    loaded = replace(bare, site=msgspec.structs.replace(bare.site, links=(spec,)))
    outlet, line = Outlet(spec, loaded), straight_line()
    state = at(sapient.init(Settings("up", node=TOWER, role=role, options=options)), NOW_S)
    picture = Picture(len(loaded.site.sensors), now_s=1000.0)

    def say(records: tuple[Record, ...], now_s: float) -> None:
        nonlocal said
        for record in records:
            faults = told.faults(sapient.encode(record), now_s + 0.02)
            assert faults == [], faults
            said += 1

    state, records = sapient.greet(state)
    say(records, NOW_S)
    ack = NodeAnswer(id="a", t_s=NOW_S, source=CORE, node=CORE, to="registration", ref="", state="accepted")
    state, heard, _ = sapient.decode(state, sapient.encode(ack))
    for record in heard:
        state, records = sapient.answer(state, record)
        say(records, NOW_S)
    for second in range(1, 61):
        now_s = NOW_S + second
        state, out, _ = sapient.tick(at(state, now_s))
        say(out, now_s)
        picture.now_s += 1.0
        places = line.xy_m_from_sd([[2000.0 + 10.0 * second, -500.0], [4000.0, -300.0], [6000.0, -100.0]])
        picture.apply_columns(tracks(places, line, picture.now_s))
        told_now = list(outlet.due(picture))
        say(tuple(on_the_wall(record, spec, now_s + 0.01, 0.0) for record in told_now), now_s)
    say((on_the_wall(alert(), spec, NOW_S + 61.0, 0.0),), NOW_S + 61.0)
    assert said > 10
