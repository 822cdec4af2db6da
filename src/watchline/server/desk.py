"""The desk's side of the server: what people ask, what a screen is told of the desk, evidence, figures, seats.

Rules: a wish is answered when it is durable, or refused with the reason; who may do what is decided in
`alerting.desk`, from the session's person and never from what a screen says.
"""

from __future__ import annotations

import asyncio
import queue
from typing import TYPE_CHECKING, Any, get_args

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchline.alerting.desk.commands import AnyCommand, check_form
from watchline.alerting.desk.item import Item
from watchline.alerting.desk.roles import Refused, Who
from watchline.alerting.desk.state import Test
from watchline.domain.errors import BadInput
from watchline.ledger.reader import LedgerReader
from watchline.ops.desk_figures import desk_figures
from watchline.ops.documents import Asked, Kind, document_of
from watchline.ops.people import Request as Wish
from watchline.reports.html import html
from watchline.reports.pdf import pdf
from watchline.reports.words import Language
from watchline.server import desk_wire, sight, wire
from watchline.server.asking import json_answer
from watchline.server.watermark import marked, stamped

if TYPE_CHECKING:
    from watchline.server.app import Board
    from watchline.server.session import Sessions

ANSWER_S = 30.0  # what is not durable by then is answered as not accepted, and may be sent again
BODY_MAX = 16_384
DISK_TRIES, DISK_PAUSE_S = 20, 0.1
STATUS = {"missing": 404, "forbidden": 403, "changed": 409, "wrong": 400}
HOURS = (0.1, 24 * 31.0)
FORMS = {"pdf": "application/pdf", "html": "text/html"}


class DeskRoutes:
    """The answers; one method each."""

    def __init__(self, board: Board, sessions: Sessions, *, exercise: bool) -> None:
        self.board, self.sessions, self.exercise = board, sessions, exercise

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/api/desk", self.desk),
            Route("/api/desk", self.ask, methods=["POST"]),
            Route("/api/figures", self.figures),
            Route("/api/evidence/{alert}/{part}", self.evidence),
            Route("/api/seats", self.seat, methods=["POST"]),
            *([] if self.exercise else [Route("/api/report/{kind}.{form}", self.report)]),
        ]

    def who(self, request: Request) -> Who:
        """Return who asks."""
        who = self.sessions.who(request, exercise=self.exercise)
        if who is None:
            raise HTTPException(403, "not for you")
        return who

    async def desk(self, request: Request) -> Response:
        """Serve the desk as it stands."""
        core, who = self.board.core, self.who(request)
        with core.lock:
            message = desk_wire.desk_message(core.desk_of(self.exercise), who, core.picture.now_s)
            view = sight.view_for(core, who)
        return json_answer(sight.desk_for(view, message, who))

    def must_show(self, who: Who, alert: str) -> None:
        """404 for an alert that this person is not shown, as for one that never was."""
        core = self.board.core
        with core.lock:
            if alert and alert not in alerts_for(self.board, who, exercise=self.exercise):
                raise HTTPException(404, "no such alert", {"x-refused": "missing"})

    async def ask(self, request: Request) -> Response:
        """Take a wish; the answer comes when it is durable."""
        body = await request.body()
        if len(body) > BODY_MAX:
            raise HTTPException(413, f"more than {BODY_MAX} bytes")
        try:
            command = msgspec.json.decode(body, type=AnyCommand)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise HTTPException(400, f"body: {error}") from None
        who = self.who(request)
        if who.recipient:
            self.must_show(who, getattr(command, "alert", ""))
        became = await self.answered(who, command)
        return json_answer({"durable": True, "id": became})

    async def answered(self, who: Who, command: AnyCommand) -> str:
        """Return what a wish became, once it is durable; its refusal as an answer of HTTP."""
        try:
            check_form(command)
            future = self.board.core.people.ask(Wish(who, command, self.exercise))
            return await asyncio.wait_for(asyncio.wrap_future(future), ANSWER_S)
        except Refused as refusal:
            raise HTTPException(STATUS[refusal.why], refusal.text, {"x-refused": refusal.why}) from None
        except (queue.Full, TimeoutError, RuntimeError):
            raise HTTPException(503, "not accepted: the core is busy or stopping; press again") from None

    async def figures(self, request: Request) -> Response:
        """Serve precision, load and times to answer, and whether probabilities came true."""
        try:
            hours = float(request.query_params.get("hours", "12"))
        except ValueError:
            raise HTTPException(400, "hours: is not a number") from None
        if not HOURS[0] <= hours <= HOURS[1]:
            raise HTTPException(400, f"hours: must be within {HOURS[0]:g}..{HOURS[1]:g}")
        core = self.board.core
        with core.lock:
            state, now_s = core.desk_of(self.exercise), core.picture.now_s
        found = await asyncio.to_thread(desk_figures, state, now_s, hours, request.query_params.get("desk", ""))
        return json_answer(found)

    async def evidence(self, request: Request) -> Response:
        """Serve the map or the sheet kept of an alert."""
        core, alert, part = self.board.core, request.path_params["alert"], request.path_params["part"]
        who = self.who(request)
        with core.lock:
            item = core.desk_of(self.exercise).items.get(alert)
            shown = item is not None and sight.view_for(core, who).shows_film(item.alert.position.s_m)
        kept = item.evidence if item is not None and shown else None
        if kept is None or part not in ("map", "sheet"):
            raise HTTPException(404, "no such evidence")
        payload_id = kept.map_payload if part == "map" else kept.sheet_payload
        payload = await self.payload(payload_id)
        if payload is None:
            raise HTTPException(404, "deleted by the site's rule")
        if not self.exercise:
            self.board.viewing.note(who.name, "evidence", f"{alert} {part}")
        return Response(payload[0], media_type=payload[1])

    async def payload(self, payload_id: str) -> tuple[bytes, str] | None:
        """Return what is kept, waiting a moment for what was told of but is not on disk yet; None if it is gone."""
        for _ in range(DISK_TRIES):
            payload = await asyncio.to_thread(_payload, self.board, payload_id)
            if payload is not None or payload_id in self.board.core.desk_of(self.exercise).deleted:
                return payload
            await asyncio.sleep(DISK_PAUSE_S)
        return None

    async def report(self, request: Request) -> Response:
        """Serve a sheet of what is in the ledger now; there is none of an exercise."""
        kind, form = request.path_params["kind"], request.path_params["form"]
        query = request.query_params
        lang = query.get("lang", "en")
        if kind not in get_args(Kind) or form not in FORMS or lang not in get_args(Language):
            raise HTTPException(404, f"no such report: {kind}.{form} in {lang}")
        number = query.get("number", "")
        if kind == "incident" and not number:
            raise HTTPException(400, "number: which alert")
        now_s = self.board.core.clock.now_s
        mark = marked(self.board.viewing, self.who(request), "report", f"{kind} {number}".strip(), now_s)
        try:
            made = asyncio.to_thread(_report, self.board, kind, form, lang, number, mark)  # type: ignore[arg-type]  # checked above
            data = await made
        except BadInput as error:
            raise HTTPException(400, str(error)) from None
        name = f"{kind}-{number or 'latest'}.{form}"
        return Response(
            data, media_type=FORMS[form], headers={"content-disposition": f'attachment; filename="{name}"'}
        )

    async def seat(self, request: Request) -> Response:
        """Make a link that opens a screen once, for a person of the list, here or in the exercise."""
        if not self.who(request).may("seat"):
            raise HTTPException(403, "only a shift commander opens seats", {"x-refused": "forbidden"})
        try:
            body = msgspec.json.decode(await request.body(), type=_Seat)
            who = self.board.core.desk_of(self.exercise).setup.person(body.person)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise HTTPException(400, f"body: {error}") from None
        except Refused as refusal:
            raise HTTPException(400, f"person: {refusal.text}") from None
        exercise = self.exercise or body.exercise  # nobody gets from an exercise to the real desk
        token = self.sessions.new_seat_token(who, exercise=exercise)
        return json_answer({"path": f"{'/exercise/' if exercise else '/'}?token={token}"})


class _Seat(msgspec.Struct, forbid_unknown_fields=True):
    """Whose screen is to be opened."""

    person: str
    exercise: bool = False


Shown = Item | Test


def alerts_for(board: Board, who: Who, *, exercise: bool) -> dict[str, tuple[tuple[object, ...], Shown]]:
    """Return (mark, what makes the message) of every alert that a screen shows, by its id.

    The mark changes when the message would.  Seeded tests are shown to the person they measure, and to nobody else.
    """
    core = board.core
    state, now_s, view = core.desk_of(exercise), core.picture.now_s, sight.view_for(core, who)
    out: dict[str, tuple[tuple[object, ...], Shown]] = {}
    for alert_id, item in state.items.items():
        if not view.shows_alert(item.alert.what, item.alert.position.s_m):
            continue
        mark = (item.alert.revision, item.clip is not None, len(item.actions), item.state(now_s), item.told,
                item.evidence is not None, item.desk, item.held, tuple(c.id for c in item.cues.values()))  # fmt: skip
        out[alert_id] = mark, item
    for test in state.tests.values():
        ended = test.outcome
        shown = ended is None or now_s - ended.t_s < desk_wire.TEST_TOLD_S
        if test.test.person == who.name and shown and (ended is None or ended.outcome != "withdrawn"):
            out[test.test.test] = (ended is None,), test
    return out


def message_of(shown: Shown, now_s: float, deleted: frozenset[str]) -> dict[str, Any]:
    """Return an alert, or a seeded test, as the screen reads it."""
    if isinstance(shown, Test):
        return desk_wire.test_message(shown, now_s)
    return wire.alert_message(shown, now_s, deleted)


def _report(board: Board, kind: Kind, form: str, lang: Language, number: str, mark: str) -> bytes:
    document = stamped(document_of(kind, board.directory, lang, Asked(number)), mark)
    return pdf(document) if form == "pdf" else html(document)


def _payload(board: Board, payload_id: str) -> tuple[bytes, str] | None:
    with LedgerReader(board.directory) as reader:
        payload = reader.payload(payload_id)
    return (payload.data, payload.media_type) if payload is not None else None
