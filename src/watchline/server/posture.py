"""The desk's side of posture: what holds, what is proposed and why, a commander's yes."""

from __future__ import annotations

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchline.ops.core import Core
from watchline.ops.posture.wishes import wish_of
from watchline.response.posture import digest_of
from watchline.server.asking import BODY_MAX, json_answer, wished
from watchline.server.session import Sessions


class Posture:
    """The answers; one method each."""

    def __init__(self, core: Core, sessions: Sessions) -> None:
        self.core, self.sessions = core, sessions

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [Route("/api/posture", self.now), Route("/api/posture", self.approve, methods=["POST"])]

    async def now(self, request: Request) -> Response:
        """Serve the posture that holds, and the newest proposal with its digest, cause, forecast and cost."""
        if self.sessions.who(request) is None:
            raise HTTPException(403, "not for you")
        with self.core.lock:
            state, now_s = self.core.picture.posture, self.core.picture.now_s
        proposed = state.proposed
        return json_answer(
            {
                "now_s": now_s, "level": state.level(now_s), "standing": state.standing, "approved": state.approved,
                "proposed": proposed, "digest": None if proposed is None else digest_of(proposed),
            }
        )  # fmt: skip

    async def approve(self, request: Request) -> Response:
        """Take a commander's yes to the proposal with a digest; answered when it is durable."""
        who = self.sessions.who(request)
        if who is None:
            raise HTTPException(403, "not for you")
        run = self.core.picture.run
        if run is not None and run.exercise:
            raise HTTPException(409, "this is an exercise: nobody is moved in reality")
        body = await request.body()
        if len(body) > BODY_MAX:
            raise HTTPException(413, f"more than {BODY_MAX} bytes")
        try:
            wish = wish_of(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise HTTPException(400, f"body: {error}") from None
        return json_answer({"durable": True, "id": await wished(self.core, who, wish)})
