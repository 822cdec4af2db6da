"""Spans arrive at a collector over OTLP, hold names alone, and cost nothing when nobody asks."""

from __future__ import annotations

import http.server
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from core_builders import make_core, ticks
from watchline.domain.errors import BadInput
from watchline.ops import tracing


class _Collector(http.server.BaseHTTPRequestHandler):
    """A collector that keeps what it is sent."""

    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers["content-length"]))
        self.server.got.append(ExportTraceServiceRequest.FromString(data))  # type: ignore[attr-defined]
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[ExportTraceServiceRequest]]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Collector)
    server.got = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    monkeypatch.setenv(tracing.ENDPOINT, f"http://127.0.0.1:{server.server_port}")
    yield server.got  # type: ignore[attr-defined]
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_step_and_its_parts_reach_a_collector(collector: list[ExportTraceServiceRequest], tmp_path: Path) -> None:
    end = tracing.begin()
    try:
        ticks(make_core(tmp_path), 3).close()
    finally:
        end()
    spans = [one for got in collector for r in got.resource_spans for s in r.scope_spans for one in s.spans]
    steps = {one.span_id for one in spans if one.name == "step"}
    assert len(steps) == 3
    parts = [one.name for one in spans if one.parent_span_id in steps]
    assert {name: parts.count(name) for name in ("hear", "watch", "keep")} == {"hear": 3, "watch": 3, "keep": 3}
    assert "cut" in {one.name for one in spans}
    assert all(len(one.attributes) == 0 for one in spans)


def test_without_a_collector_nothing_is_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(tracing.ENDPOINT, raising=False)
    tracing.begin()()
    assert tracing.span("step") is tracing.span("cut")


def test_without_the_packages_it_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(tracing.ENDPOINT, "http://127.0.0.1:4318")
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(BadInput, match="watchline\\[otel\\]"):
        tracing.begin()
