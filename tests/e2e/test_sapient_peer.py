"""SAPIENT with a node of another make (its own binding, its own process), in both roles."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

import pytest

pytest.importorskip("sapient_msg")

from peer_tools import free_port, peer_program, site_with
from watchline.domain.records import (
    GeoPoint,
    NodeAlert,
    NodeAnswer,
    NodeDetection,
    NodeRegistered,
    NodeStatus,
    NodeTask,
    Rejection,
)
from watchline.domain.site import LinkSpec
from watchline.ops.link_hub import LinkHub
from watchline.ops.picture import Picture

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).parents[1] / "peers" / "sapient_peer.py"
CORE = "6f582b41-6c88-481c-bb0f-6021a1739f57"
PEER = "3f2b8a52-0d5c-4a4e-9a55-9a52f0f7c001"
OBJECT = "01H4R63D7NVN8444Z5M77WEBY2"


def _peer(role: str, port: int) -> subprocess.Popen[str]:
    python = peer_program("sapient", "python")
    return subprocess.Popen(
        [python, str(SCRIPT), role, str(port)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def _take_until(hub: LinkHub, came: list, kind: type, for_s: float = 90.0):
    picture, end_s = Picture(0), time.monotonic() + for_s
    while time.monotonic() < end_s:
        fresh = hub.take()
        came += fresh
        hub.publish(picture, lambda: None)
        found = [record for record in fresh if isinstance(record, kind)]
        if found:
            return found[0]
        time.sleep(0.02)
    raise AssertionError(f"no {kind.__name__} came, but {[type(r).__name__ for r in came]}")


def _finish(peer: subprocess.Popen[str]) -> list[str]:
    out, err = peer.communicate(timeout=120)
    assert peer.returncode == 0, err
    lines = [json.loads(line) for line in out.splitlines()]
    return [line["heard"] for line in lines if "heard" in line]


def test_a_camera_of_another_make_registers_reports_and_looks_where_it_is_asked() -> None:
    port = free_port()
    hub = LinkHub(
        site_with(
            LinkSpec(
                id="towers", protocol="sapient", direction="listen", address=f"127.0.0.1:{port}", role="fusion",
                node=CORE, allow=(PEER,),
            )
        ),
        time.time,
    )  # fmt: skip
    came: list = []
    peer = _peer("edge", port)
    try:
        alert = _take_until(hub, came, NodeAlert)
        assert [type(r) for r in came] == [NodeRegistered, NodeStatus, NodeDetection, NodeAlert]
        assert came[2].p_class == (("Human", 0.7),)
        hub.publish(Picture(0), lambda: None)
        task = NodeTask(
            id="t", t_s=time.time(), source="operator", node=alert.node, task_id="look 1", approved_by="operator",
            command="look_at", place=GeoPoint(lon_deg=41.91, lat_deg=34.21),
        )  # fmt: skip
        hub.send("towers", task)
        answer = _take_until(hub, came, NodeAnswer)
        assert (answer.to, answer.state) == ("task", "completed")
        assert _finish(peer) == ["registration_ack", "alert_ack", "task"]
    finally:
        peer.kill()
        hub.close()
    assert [record for record in came if isinstance(record, Rejection)] == []


def test_a_parent_of_another_make_is_told_of_fused_tracks_and_alerts() -> None:
    peer = _peer("parent", 0)
    port = json.loads(peer.stdout.readline())["ready"]
    options = {"lon_deg": 41.9, "lat_deg": 34.2, "status_every_s": 1.0, "taskable": True}
    spec = LinkSpec(
        id="above", protocol="sapient", address=f"127.0.0.1:{port}", role="child", node=CORE, options=options
    )
    hub = LinkHub(site_with(spec), time.time)
    came: list = []
    try:
        acknowledged = _take_until(hub, came, NodeAnswer)
        assert (acknowledged.to, acknowledged.state) == ("registration", "accepted")
        place = GeoPoint(lon_deg=41.91, lat_deg=34.21, ce_m=20.0)
        fused = NodeDetection(
            id="d", t_s=time.time(), source=CORE, node=CORE, object_id="track 17", place=place, confidence=0.9,
            velocity_enu_m_s=(0.5, -1.0, 0.0), p_class=(("person", 0.8),), made_from=((PEER, OBJECT),),
        )  # fmt: skip
        alert = NodeAlert(
            id="a", t_s=time.time(), source=CORE, node=CORE, alert_id="A-1", text="crossing, km 12.0", state="active",
            priority=3, place=place, about=((CORE, "track 17"),),
        )  # fmt: skip
        hub.send("above", fused)
        hub.send("above", alert)
        assert _take_until(hub, came, NodeAnswer).to == "alert"
        task = _take_until(hub, came, NodeTask)
        assert (task.command, task.place.lon_deg) == ("look_at", 41.91)
        # A person at the desk answers; nothing is done without one.
        hub.send(
            "above",
            NodeAnswer(
                id="n", t_s=time.time(), source=CORE, node=task.node, to="task", ref=task.task_id, state="accepted"
            ),
        )
        heard = _finish(peer)
        assert [kind for kind in heard if kind != "status_report"] == [
            "registration", "detection_report", "alert", "task_ack",
        ]  # fmt: skip
        assert "status_report" in heard
    finally:
        peer.kill()
        hub.close()
    assert [record for record in came if isinstance(record, Rejection)] == []
