"""The phone page of patrols and checkpoints: the page itself, kept on the phone, and the reports it sends.

A report travels as the same line of text that goes by SMS or radio (`links/field/report_text.py`); each is answered
by its receipt, and only when it is durable here: a phone keeps what has no receipt, and sends it again.

Rules: a reporter's session may do nothing else.  Whoever the line says reported must be who the session is.
"""

from __future__ import annotations

import asyncio
import queue
from pathlib import Path

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from watchline.domain.records import FieldReport, Inspection, ReportReceipt
from watchline.domain.respond import TaskReport
from watchline.links.contract import Settings, State, at
from watchline.links.field import report_text
from watchline.ops.core import Core
from watchline.ops.field_reports import place_of
from watchline.ops.respond.carrying import words_of
from watchline.server.asking import json_answer
from watchline.server.pages import KINDS
from watchline.server.session import COOKIE, Sessions

BASE = "/field"
PAGE = Path(__file__).parent / "field_page"
FILES = {
    "": "index.html",
    "app.js": "app.js",
    "words.js": "words.js",
    "style.css": "style.css",
    "worker.js": "worker.js",
}
BODY_MAX = report_text.Limits.line * report_text.Limits.lines
ANSWER_S = 30.0
AHEAD_S = 120.0  # a report from farther in the future than this has a clock that is wrong


class _NewLink(msgspec.Struct, forbid_unknown_fields=True):
    """The body of a request for a reporter's link."""

    reporter: str


class Field:
    """The answers; one method each."""

    def __init__(self, core: Core, sessions: Sessions) -> None:
        self.core, self.sessions = core, sessions

    def routes(self) -> list[Route]:
        """Return the routes; `/api/field/link` is the operator's."""
        return [
            Route(BASE, self.page),
            Route(f"{BASE}/me", self.me),
            Route(f"{BASE}/reports", self.take, methods=["POST"]),
            Route(f"{BASE}/tasks", self.tasks),
            Route(f"{BASE}/{{name}}", self.file),
            Route("/api/field/link", self.new_link, methods=["POST"]),
        ]

    async def new_link(self, request: Request) -> Response:
        """Make a link that opens the page once, for one reporter."""
        try:
            reporter = msgspec.json.decode(await request.body(), type=_NewLink).reporter
        except (msgspec.DecodeError, RecursionError) as error:
            raise HTTPException(400, f"body: {error}") from None
        if not report_text.is_reporter(reporter):
            raise HTTPException(400, "reporter: 1 to 24 letters, digits, - and _")
        return json_answer({"path": f"{BASE}?token={self.sessions.new_link_token(reporter)}"})

    async def page(self, request: Request) -> Response:
        """Serve the page, and make a session of a link."""
        token = request.query_params.get("token")
        if token is None:
            return _file("index.html")
        secret = self.sessions.open(token)
        if secret is None:
            raise HTTPException(403, "This link was used already or is not ours; ask the desk for a new one.")
        response = RedirectResponse(BASE, status_code=303)
        response.set_cookie(COOKIE, secret, httponly=True, samesite="strict", secure=self.sessions.secure, path="/")
        return response

    async def file(self, request: Request) -> Response:
        """Serve a file of the page."""
        name = FILES.get(request.path_params["name"])
        if name is None:
            raise HTTPException(404, "no such file")
        return _file(name)

    async def me(self, request: Request) -> Response:
        """Serve who is reporting, and the desk's clock: a phone's may be wrong."""
        with self.core.lock:
            now_s = self.core.picture.now_s
        return json_answer({"reporter": self.sessions.reporter_of(request), "now_s": now_s or self.core.clock.now_s})

    async def take(self, request: Request) -> Response:
        """Take lines of reports; answer a receipt for each, in order, once all that were accepted are durable."""
        body = await _limited(request)
        reporter = self.sessions.reporter_of(request) or ""
        state = at(report_text.init(Settings("field", allow=frozenset({reporter}))), self.core.clock.now_s)
        results = [self._read(state, line) for line in body.split(b"\n") if line.strip()]
        kept = tuple(record for record, _ in results if record is not None)
        try:
            if kept:
                await asyncio.wait_for(asyncio.wrap_future(self.core.people.report(kept)), ANSWER_S)
        except (queue.Full, TimeoutError, RuntimeError):
            raise HTTPException(
                503, "not accepted: the core is busy or stopping; keep it and send it again"
            ) from None
        return json_answer({"receipts": [self._receipt(record, reason) for record, reason in results]})

    async def tasks(self, request: Request) -> Response:
        """Serve the orders to the one who is reporting that are not over, as lines of text, and how each stands."""
        reporter = self.sessions.reporter_of(request) or ""
        with self.core.lock:
            jobs = list(self.core.picture.tasking.jobs.values())
        mine = [job for job in jobs if job.task.unit == reporter and not job.over]
        return json_answer({"tasks": [{"line": words_of(job.task), "state": job.state} for job in mine]})

    def _read(self, state: State, line: bytes) -> tuple[FieldReport | Inspection | TaskReport | None, str]:
        _, records, errors = report_text.decode(state, line)
        if errors:
            return None, errors[0].reason
        found = records[0]
        if isinstance(found, TaskReport):
            return self._of_task(found)
        if not isinstance(found, FieldReport | Inspection):
            return None, "a receipt is not reported"
        kept = self.core.picture.reports.get(found.id, found)
        # It may have come before on another way, by SMS: then only its id and its way are different.
        if msgspec.structs.replace(kept, id=found.id, t_s=found.t_s) != found:
            return None, "its number belongs to another report: write it anew"
        if found.t_s > self.core.clock.now_s + AHEAD_S:
            return None, "its time is in the future: set the clock"
        if isinstance(found, FieldReport) and found.what == "distress" and not self._can_be_found(found):
            return None, "nobody knows where you are: switch on the location, or call the desk"
        return found, ""

    def _of_task(self, found: TaskReport) -> tuple[TaskReport | None, str]:
        with self.core.lock:
            known = self.core.picture.tasking.job_by_number(found.unit, found.number) is not None
        return (found, "") if known else (None, "no such task was given to you")

    def _can_be_found(self, report: FieldReport) -> bool:
        with self.core.lock:
            return place_of(report, self.core.loaded.site, self.core.picture) is not None

    def _receipt(self, record: FieldReport | Inspection | TaskReport | None, reason: str) -> dict[str, str | bool]:
        if record is None:
            return {"accepted": False, "reason": reason}
        reporter, _, number = record.id.rpartition(".")
        if isinstance(record, TaskReport):
            reporter, number = record.unit, str(record.number)
        receipt = ReportReceipt(
            id=f"{record.id}-K", t_s=self.core.clock.now_s, source="field", reporter=reporter, number=int(number),
            accepted=True,
        )  # fmt: skip
        return {"accepted": True, "id": record.id, "line": report_text.encode(receipt).decode()}


async def _limited(request: Request) -> bytes:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > BODY_MAX:
            raise HTTPException(413, f"more than {BODY_MAX} bytes: send fewer reports at a time")
    return body


def _file(name: str) -> Response:
    path = PAGE / name
    headers = {"service-worker-allowed": BASE} if name == "worker.js" else {}
    return Response(path.read_bytes(), media_type=KINDS[path.suffix], headers=headers)
