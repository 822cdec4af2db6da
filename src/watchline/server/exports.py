"""Taking live things away: alone a stretch of the line, more of it only with a second person.

`POST /api/exports` asks, another person's `POST /api/exports/ID/approve` agrees, `GET
/api/export/LAYER.FORM?export=ID` fetches once.  Each step is in the ledger before it is answered.
"""

from __future__ import annotations

import math
import secrets

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchline.alerting.desk.roles import Who
from watchline.domain.policy import ExportApproved, ExportAsked, TrackViewed
from watchline.ops.core import Core
from watchline.server.asking import body_of, json_answer, keep, key_of
from watchline.server.session import Sessions

LIVE = ("tracks", "alerts", "units", "reports")  # layers that say where people are
ALONE_M = 20_000.0
HOLDS_S = 600.0


class _Ask(msgspec.Struct, forbid_unknown_fields=True):
    """What is to be taken."""

    key: str
    layer: str
    form: str
    from_km: float
    to_km: float


class _Agree(msgspec.Struct, forbid_unknown_fields=True):
    """A press of its own."""

    key: str


class Exports:
    """What was asked for and agreed to.  Mutable: it remembers what was fetched."""

    def __init__(self, core: Core, sessions: Sessions) -> None:
        self.core, self.sessions = core, sessions
        self._fetched: set[str] = set()

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/api/exports", self.ask, methods=["POST"]),
            Route("/api/exports/{export}/approve", self.approve, methods=["POST"]),
        ]

    async def ask(self, request: Request) -> Response:
        """Ask for a stretch that takes two."""
        who, said = self._who(request), await body_of(request, _Ask)
        if said.layer not in LIVE:
            raise HTTPException(400, f"layer: one of {', '.join(LIVE)}; others need no second person")
        if not 0.0 <= said.from_km < said.to_km <= 1e5:
            raise HTTPException(400, "to_km: must be above from_km")
        export = key_of(said.key)
        await keep(self.core, 
            ExportAsked(
                id=f"export-asked-{export}", t_s=self.core.clock.now_s, source=who.name, export=export,
                person=who.name, layer=said.layer, form=said.form,
                from_m=1000.0 * said.from_km, to_m=1000.0 * said.to_km,
            )
        )  # fmt: skip
        return json_answer({"durable": True, "export": export})

    async def approve(self, request: Request) -> Response:
        """Agree, as another person."""
        who, export = self._who(request), request.path_params["export"]
        key_of((await body_of(request, _Agree)).key)
        with self.core.lock:
            asked, _ = self.core.picture.exports.get(export, (None, None))
        if asked is None:
            raise HTTPException(404, "no such export")
        if asked.person == who.name:
            raise HTTPException(403, "it takes a second person", {"x-refused": "forbidden"})
        now_s = self.core.clock.now_s
        await keep(self.core, 
            ExportApproved(
                id=f"export-approved-{secrets.token_hex(8)}", t_s=now_s, source=who.name, provenance=(asked.id,),
                export=export, person=who.name, until_s=now_s + HOLDS_S,
            )
        )  # fmt: skip
        return json_answer({"durable": True, "export": export, "until_s": now_s + HOLDS_S})

    async def stretch(self, request: Request, who: Who, layer: str, form: str) -> tuple[float, float]:
        """Return the stretch that may be handed out now, once it is kept that it was; 403 and 400 say why not."""
        if layer not in LIVE:
            return -math.inf, math.inf
        export = request.query_params.get("export", "")
        low_m, high_m = self._approved(export, who, layer, form) if export else _alone(request)
        self._fetched.add(export)
        taken = TrackViewed(
            id=f"viewed-{secrets.token_hex(8)}", t_s=self.core.clock.now_s, source=who.name, person=who.name,
            how="export", ref=f"{layer}.{form} {low_m / 1000:.3f}..{high_m / 1000:.3f} {export}".strip(),
        )  # fmt: skip
        await keep(self.core, taken)
        return low_m, high_m

    def _approved(self, export: str, who: Who, layer: str, form: str) -> tuple[float, float]:
        with self.core.lock:
            asked, agreed = self.core.picture.exports.get(export, (None, None))
        if asked is None or asked.person != who.name or (asked.layer, asked.form) != (layer, form):
            raise HTTPException(404, "no such export")
        if agreed is None:
            raise HTTPException(403, "nobody has agreed yet", {"x-refused": "forbidden"})
        if export in self._fetched or self.core.clock.now_s >= agreed.until_s:
            raise HTTPException(403, "it was fetched, or its time is over: ask again", {"x-refused": "forbidden"})
        return asked.from_m, asked.to_m

    def _who(self, request: Request) -> Who:
        who = self.sessions.who(request)
        if who is None or not who.may("tell"):
            raise HTTPException(403, "not for you")
        return who


def _alone(request: Request) -> tuple[float, float]:
    try:
        low, high = (float(request.query_params[name]) for name in ("from_km", "to_km"))
    except (KeyError, ValueError):
        raise HTTPException(400, "from_km, to_km: say which stretch of the line") from None
    if not 0.0 <= low < high < math.inf:
        raise HTTPException(400, "to_km: must be above from_km")
    if 1000.0 * (high - low) > ALONE_M:
        do = f"at most {ALONE_M / 1000:g} km alone; ask for more with POST /api/exports, a second person agrees"
        raise HTTPException(403, do, {"x-refused": "forbidden"})
    return 1000.0 * low, 1000.0 * high
