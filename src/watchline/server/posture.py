"""The desk's side of posture: what holds, what is proposed and why, a commander's yes."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchline.domain.press import digest_of
from watchline.ops.core import Core
from watchline.ops.posture.wishes import wish_of
from watchline.server.asking import json_answer, ordered, person_of
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
        person_of(self.sessions, request)
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
        return await ordered(self.core, self.sessions, request, wish_of, "nobody is moved in reality")
