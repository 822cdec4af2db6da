"""The desk's side of named operations: those that go on, rescue first, and what a commander states of them."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchline.ops.core import Core
from watchline.ops.operation.wishes import wish_of
from watchline.server.asking import json_answer, ordered, person_of
from watchline.server.session import Sessions


class Operations:
    """The answers; one method each."""

    def __init__(self, core: Core, sessions: Sessions) -> None:
        self.core, self.sessions = core, sessions

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [Route("/api/operations", self.all), Route("/api/operations", self.ask, methods=["POST"])]

    async def all(self, request: Request) -> Response:
        """Serve the operations that go on, rescue first, with the phase each is in, then those that are over."""
        person_of(self.sessions, request)
        with self.core.lock:
            state, now_s = self.core.picture.operations, self.core.picture.now_s
        over = [one for one in state.operations.values() if one.ended is not None]
        rows = [
            {"stated": one.stated, "versions": one.versions, "phase": one.phase(now_s), "ended": one.ended}
            for one in [*state.open, *over]
        ]
        return json_answer({"now_s": now_s, "operations": rows})

    async def ask(self, request: Request) -> Response:
        """Take what a commander states: an operation, the same anew, its end; answered when it is durable."""
        return await ordered(self.core, self.sessions, request, wish_of, "nothing of it is ordered in reality")
