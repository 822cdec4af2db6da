"""How the core is: figures that say what they are, queues of the table, and Prometheus' own format."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core_builders import make_core, ticks
from many_builders import HandedOver
from served import Served
from watchline.ops import vitals
from watchline.ops.many.node_state import NodeState
from watchline.ops.many.nodes_feed import NodesFeed
from watchline.ops.streams import STREAMS
from watchline.server.health import exposition
from watchline.server.session import Sessions

LINE = re.compile(r'^[a-z_]+(\{[a-z_]+="(\\.|[^"\\])*"(,[a-z_]+="(\\.|[^"\\])*")*\})? -?[0-9.e+\-nainf]+$')


@pytest.fixture
def served(tmp_path: Path) -> Served:
    return Served(ticks(make_core(tmp_path), 30), Sessions("desk-1"), tmp_path).as_operator()


def test_every_queue_of_the_table_and_every_kind_of_sensor_is_told(served: Served) -> None:
    told = served.get("/api/health").json()
    streams = {one["labels"]["stream"] for one in told["vitals"] if one["name"] == "watchline_stream_depth"}
    assert streams == {stream.name for stream in STREAMS if not stream.name.startswith(("link", "node"))}
    kinds = {one["labels"]["kind"] for one in told["vitals"] if one["name"] == "watchline_sensors"}
    assert kinds == {"thermal_camera", "radar", "fence_sensor"}
    assert {one["name"] for one in told["vitals"]} >= {
        "watchline_step_seconds", "watchline_ledger_batches_total", "watchline_disk_free_bytes", "watchline_tracks",
    }  # fmt: skip
    served.core.close()


def test_prometheus_can_read_it(served: Served) -> None:
    answer = served.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = answer.text.splitlines()
    for line in lines:
        assert line.startswith("# ") or LINE.match(line), line
    names = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert len(names) == len(set(names))
    awkward = vitals.Vital("x", "about", "gauge", 1.0, (("a", 'say "so"\\\n'),))
    assert exposition([awkward]).splitlines()[2] == 'x{a="say \\"so\\"\\\\\\n"} 1'
    served.core.close()


def test_what_is_to_be_done_stands_first(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    assert served.get("/api/health").json()["state"] in ("good", "watch")
    monkeypatch.setattr(vitals, "DISK_LOW", 1 << 62)
    told = served.get("/api/health").json()
    assert told["state"] == "bad"
    page = served.get("/health").text
    assert page.index("make room") < page.index("&#10003;")
    served.core.close()


def test_each_node_tells_its_outbox_its_oldest_and_what_it_lost(tmp_path: Path) -> None:
    core, source = make_core(tmp_path), HandedOver()
    feed = NodesFeed(core._feed, source, core.loaded.site, {}, lost={"T-2": (7, 3)})
    core._feed = feed
    source.states = {
        "T-1": (2.0, NodeState("T-1", 40, 500, 2000, core.clock.now_s - 90.0)),
        "T-2": (31.0, NodeState("T-2", 0, 0, 2000, None, "disk I/O error")),
    }
    served = Served(ticks(core, 1), Sessions("desk-1"), tmp_path).as_operator()
    told = served.get("/api/health").json()["vitals"]

    def of(name: str, **labels: str) -> tuple[float, str]:
        (one,) = [v for v in told if v["name"] == f"watchline_{name}" and labels.items() <= v["labels"].items()]
        return one["value"], one["state"]

    assert of("stream_depth", stream="node outbox", part="T-1") == (250.0, "good")
    assert of("stream_depth", stream="nodes in") == (0.0, "good")
    assert of("node_outbox_messages", node="T-1") == (40.0, "good")
    assert of("node_outbox_oldest_seconds", node="T-1") == (91.0, "good")
    assert of("node_outbox_oldest_seconds", node="T-2") == (0.0, "bad")  # its disk takes nothing
    assert of("node_silent_seconds", node="T-1") == (2.0, "good")
    assert of("node_silent_seconds", node="T-2") == (31.0, "watch")
    assert of("node_lost_total", node="T-2", what="detections") == (3.0, "watch")
    assert 'watchline_node_outbox_messages{node="T-1"} 40' in served.get("/metrics").text
    core.close()
