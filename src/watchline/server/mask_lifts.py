"""Lifting a privacy mask: one person asks with a reason and an end, another agrees; both are in the ledger first."""

from __future__ import annotations

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchline.alerting.desk.roles import Who
from watchline.domain.policy import MaskLiftAgreed, MaskLiftAsked
from watchline.ops.core import Core
from watchline.policy.masks import HOURS_MOST
from watchline.server.asking import body_of, json_answer, keep, key_of
from watchline.server.session import Sessions

REASON_LEAST = 10  # characters


class _Lift(msgspec.Struct, forbid_unknown_fields=True):
    """Which mask, why, and for how long."""

    key: str
    area: str
    reason: str
    minutes: float


class _Key(msgspec.Struct, forbid_unknown_fields=True):
    key: str


class MaskLifts:
    """The answers; one method each."""

    def __init__(self, core: Core, sessions: Sessions) -> None:
        self.core, self.sessions = core, sessions

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/api/masks", self.all),
            Route("/api/masks/lift", self.ask, methods=["POST"]),
            Route("/api/masks/lift/{lift}/agree", self.agree, methods=["POST"]),
        ]

    async def all(self, request: Request) -> Response:
        """Serve the masks, and which are lifted until when and by whom."""
        who = self.sessions.who(request)
        if who is None or who.role not in ("shift_commander", "auditor"):
            raise HTTPException(403, "for commanders and auditors")
        with self.core.lock:
            lifts, now_s = self.core.picture.lifts, self.core.clock.now_s
        rows = [
            {"lift": one.lift, "area": one.area, "asked_by": one.person, "reason": one.reason, "until_s": one.until_s,
             "lifted": one.lift in lifts.agreed and one.until_s > now_s}
            for one in lifts.asked.values()
        ]  # fmt: skip
        return json_answer({"masks": self._areas(), "lifts": rows})

    def _areas(self) -> list[str]:
        return [area.id for area in self.core.loaded.site.areas if area.kind == "privacy"]

    async def ask(self, request: Request) -> Response:
        """Ask; nothing is lifted by it."""
        who, said = self._commander(request), await body_of(request, _Lift)
        key_of(said.key)
        if said.area not in self._areas():
            raise HTTPException(404, "no such mask")
        if len(said.reason.strip()) < REASON_LEAST:
            raise HTTPException(400, f"reason: write at least {REASON_LEAST} characters")
        if not 0.0 < said.minutes <= 60.0 * HOURS_MOST:
            raise HTTPException(400, f"minutes: must be within {60 * HOURS_MOST:g}")
        now_s = self.core.clock.now_s
        with self.core.lock:
            again = said.key in self.core.picture.lifts.asked
        if not again:
            asked = MaskLiftAsked(
                id=f"lift-{said.key}", t_s=now_s, source=who.name, lift=said.key, area=said.area, person=who.name,
                reason=said.reason, until_s=now_s + 60.0 * said.minutes,
            )  # fmt: skip
            await keep(self.core, asked)
        return json_answer({"durable": True, "lift": said.key})

    async def agree(self, request: Request) -> Response:
        """Agree, as another person."""
        who, key = self._commander(request), key_of((await body_of(request, _Key)).key)
        with self.core.lock:
            asked = self.core.picture.lifts.asked.get(request.path_params["lift"])
        if asked is None:
            raise HTTPException(404, "nobody asked for this")
        if asked.person == who.name:
            raise HTTPException(403, "it takes a second person", {"x-refused": "forbidden"})
        agreed = MaskLiftAgreed(
            id=f"lift-agreed-{key}", t_s=self.core.clock.now_s, source=who.name, provenance=(asked.id,),
            lift=asked.lift, person=who.name,
        )  # fmt: skip
        await keep(self.core, agreed)
        return json_answer({"durable": True, "lift": asked.lift, "until_s": asked.until_s})

    def _commander(self, request: Request) -> Who:
        who = self.sessions.who(request)
        if who is None or who.role != "shift_commander":
            raise HTTPException(403, "only shift commanders lift masks", {"x-refused": "forbidden"})
        return who
