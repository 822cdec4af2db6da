"""The desk's side of named operations: those that go on, rescue first, and what a commander states of them."""

from __future__ import annotations

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchline.ops.core import Core
from watchline.ops.operation.wishes import wish_of
from watchline.server.asking import BODY_MAX, json_answer, wished
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
        if self.sessions.who(request) is None:
            raise HTTPException(403, "not for you")
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
        who = self.sessions.who(request)
        if who is None:
            raise HTTPException(403, "not for you")
        run = self.core.picture.run
        if run is not None and run.exercise:
            raise HTTPException(409, "this is an exercise: nothing of it is ordered in reality")
        body = await request.body()
        if len(body) > BODY_MAX:
            raise HTTPException(413, f"more than {BODY_MAX} bytes")
        try:
            wish = wish_of(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise HTTPException(400, f"body: {error}") from None
        return json_answer({"durable": True, "id": await wished(self.core, who, wish)})
