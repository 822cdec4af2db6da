"""How the core itself is: a page, JSON, and the figures that Prometheus reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchline.ops.core import Core
from watchline.ops.streams import STREAMS
from watchline.ops.vitals import Vital
from watchline.server.asking import json_answer
from watchline.server.session import Sessions

EXPOSITION = "text/plain; version=0.0.4; charset=utf-8"
MARKS = {"good": "&#10003; good", "watch": "&#9888; watch", "bad": "&#10007; act"}
AGAIN_S = 5
MAY = ("shift_commander", "maintainer", "auditor")


class Health:
    """The answers; one method each."""

    def __init__(self, core: Core, sessions: Sessions, read: Callable[[], list[Vital]]) -> None:
        self.core, self.sessions, self._read = core, sessions, read

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/api/health", self.figures), Route("/metrics", self.metrics), Route("/health", self.page),
        ]  # fmt: skip

    def _vitals(self, request: Request) -> list[Vital]:
        who = self.sessions.who(request)
        if who is None or who.role not in MAY:
            raise HTTPException(403, "for commanders, maintainers and auditors")
        with self.core.lock:
            return self._read()

    async def figures(self, request: Request) -> Response:
        """Serve every figure as JSON."""
        rows = [_row(vital) for vital in self._vitals(request)]
        worst = "bad" if any(r["state"] == "bad" for r in rows) else "watch" if any(r["do"] for r in rows) else "good"
        return json_answer({"state": worst, "vitals": rows})

    async def metrics(self, request: Request) -> Response:
        """Serve every figure as Prometheus reads it."""
        return Response(exposition(self._vitals(request)), media_type=EXPOSITION)

    async def page(self, request: Request) -> Response:
        """Serve a page of every figure, those to act on first; ?again: it reads itself again, as it was asked to."""
        return Response(_page(self._vitals(request), again="again" in request.query_params), media_type="text/html")


def _row(vital: Vital) -> dict[str, Any]:
    value = vital.value if vital.value == vital.value else None
    return {"name": vital.name, "about": vital.about, "value": value, "labels": dict(vital.labels),
            "state": vital.state, "do": vital.do}  # fmt: skip


def exposition(vitals: Sequence[Vital]) -> str:
    """Return figures in the text format of Prometheus, version 0.0.4."""
    lines: list[str] = []
    for name in dict.fromkeys(vital.name for vital in vitals):
        same = [vital for vital in vitals if vital.name == name]
        lines += [f"# HELP {name} {same[0].about}", f"# TYPE {name} {same[0].kind}"]
        lines += [f"{name}{_labels(vital)} {vital.value:.17g}" for vital in same]
    return "\n".join(lines) + "\n"


def _labels(vital: Vital) -> str:
    def quoted(text: str) -> str:
        return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")

    return "{" + ",".join(f'{key}="{quoted(text)}"' for key, text in vital.labels) + "}" if vital.labels else ""


def _page(vitals: Sequence[Vital], *, again: bool) -> str:
    order = {"bad": 0, "watch": 1, "good": 2}
    rows = "".join(
        f"<tr class={vital.state}><td>{MARKS[vital.state]}</td><td>{escape(vital.about)}</td>"
        f"<td>{escape(' '.join(text for _, text in vital.labels if text))}</td><td>{vital.value:.6g}</td>"
        f"<td>{escape(vital.do)}</td></tr>"
        for vital in sorted(vitals, key=lambda vital: order[vital.state])
    )
    queues = "".join(
        f"<tr><td>{escape(s.name)}</td><td>{escape(s.about)}</td><td>{s.bound}</td><td>{escape(s.full)}</td></tr>"
        for s in STREAMS
    )
    style = (
        "body{background:#0b0f14;color:#dbe3ea;font:15px/1.5 system-ui;margin:2rem}a{color:#8ec5ff}"
        "table{border-collapse:collapse;margin-bottom:2rem}"
        "td,th{padding:.25rem .75rem;border-bottom:1px solid #26323e;text-align:left}"
        ".bad td:first-child{color:#ffb4a3}.watch td:first-child{color:#f2cf7c}.good td:first-child{color:#8fd6a8}"
    )
    refresh = f"<meta http-equiv=refresh content={AGAIN_S}>" if again else ""
    link = "<a href=health>stand still</a>" if again else f"<a href='health?again'>read again every {AGAIN_S} s</a>"
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8>{refresh}<link rel=icon href='data:,'>"
        f"<title>Health</title><style>{style}</style>"
        f"<main><h1>How the core is</h1><p>{link}</p>"
        f"<table><tr><th>state<th>what<th>of<th>now<th>do</tr>{rows}</table>"
        f"<h2>Queues</h2><table><tr><th>queue<th>what waits<th>bound<th>when full</tr>{queues}</table></main></html>"
    )
