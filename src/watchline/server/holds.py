"""Legal holds: what is kept of an alert stays, whatever the site's rule, until another person ends the hold."""

from __future__ import annotations

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchline.alerting.desk.roles import Who
from watchline.domain.policy import LegalHold, LegalHoldEnded
from watchline.ops.core import Core
from watchline.server.asking import body_of, json_answer, keep, key_of
from watchline.server.session import Sessions

REASON_LEAST = 10  # characters


class _Hold(msgspec.Struct, forbid_unknown_fields=True):
    """What is to be held, and why."""

    key: str
    alert: str
    reason: str


class _Key(msgspec.Struct, forbid_unknown_fields=True):
    key: str


class Holds:
    """The answers; one method each."""

    def __init__(self, core: Core, sessions: Sessions) -> None:
        self.core, self.sessions = core, sessions

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/api/holds", self.all),
            Route("/api/holds", self.hold, methods=["POST"]),
            Route("/api/holds/{hold}/end", self.end, methods=["POST"]),
        ]

    async def all(self, request: Request) -> Response:
        """Serve every hold that stands."""
        who = self.sessions.who(request)
        if who is None or who.role not in ("shift_commander", "auditor"):
            raise HTTPException(403, "for commanders and auditors")
        with self.core.lock:
            holds = list(self.core.picture.holds.values())
        return json_answer({"holds": holds})

    async def hold(self, request: Request) -> Response:
        """Hold what is kept of an alert."""
        who, said = self._commander(request), await body_of(request, _Hold)
        key_of(said.key)
        if len(said.reason.strip()) < REASON_LEAST:
            raise HTTPException(400, f"reason: write at least {REASON_LEAST} characters")
        with self.core.lock:
            known, again = said.alert in self.core.picture.alerts, said.key in self.core.picture.holds
        if not known:
            raise HTTPException(404, "no such alert")
        if not again:
            now_s = self.core.clock.now_s
            made = LegalHold(id=f"hold-{said.key}", t_s=now_s, source=who.name, hold=said.key, alert=said.alert,
                             person=who.name, reason=said.reason)  # fmt: skip
            await keep(self.core, made)
        return json_answer({"durable": True, "hold": said.key})

    async def end(self, request: Request) -> Response:
        """End a hold, as another person than the one who made it."""
        who, key = self._commander(request), key_of((await body_of(request, _Key)).key)
        with self.core.lock:
            hold = self.core.picture.holds.get(request.path_params["hold"])
        if hold is None:
            raise HTTPException(404, "no such hold")
        if hold.person == who.name:
            raise HTTPException(403, "it takes another person than the one who made it", {"x-refused": "forbidden"})
        await keep(
            self.core,
            LegalHoldEnded(id=f"hold-ended-{key}", t_s=self.core.clock.now_s, source=who.name, hold=hold.hold,
                           person=who.name),
        )  # fmt: skip
        return json_answer({"durable": True, "hold": hold.hold})

    def _commander(self, request: Request) -> Who:
        who = self.sessions.who(request)
        if who is None or who.role != "shift_commander":
            raise HTTPException(403, "only a shift commander holds and ends holds", {"x-refused": "forbidden"})
        return who
