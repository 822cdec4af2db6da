"""What if a mast stood somewhere else?  Asked from the map, answered in a second or two; nothing of it is kept.

Rules: only those who may know where the line is weakest may ask, and nobody who sees a part of it.  One question at a
time: the line is solved as it stands when the first one comes, and again after a sensor fell dark or came back.
"""

from __future__ import annotations

import asyncio
import time

import msgspec
import numpy as np
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from watchline.domain.errors import BadInput
from watchline.ops.as_found import dark_of
from watchline.ops.core import Core
from watchline.ops.planning.what_if import WhatIf
from watchline.sensing.situation import Situation
from watchline.server.live import NEED_TO_KNOW
from watchline.server.session import Sessions

BODY_MAX = 4_096
WAYPOINTS = 400  # of the route that is drawn


class _Moved(msgspec.Struct, forbid_unknown_fields=True):
    """The body: which post, and where it would stand."""

    post: str
    lon_deg: float
    lat_deg: float


class Planning:
    """The answer.  Mutable: it keeps the line as it was solved last."""

    def __init__(self, core: Core, sessions: Sessions) -> None:
        self.core, self.sessions = core, sessions
        self._one = asyncio.Lock()
        self._solved: tuple[frozenset[int], WhatIf] | None = None

    def routes(self) -> list[BaseRoute]:
        """Return the one route."""
        return [Route("/api/plan/what-if", self.ask, methods=["POST"])]

    async def ask(self, request: Request) -> Response:
        """Serve how strong every kilometre would be if a post stood somewhere else, and the weakest way then."""
        who = self.sessions.who(request)
        if who is None or who.role not in NEED_TO_KNOW or who.recipient:
            raise HTTPException(403, "for those who may know where the line is weakest")
        body = await request.body()
        try:
            if len(body) > BODY_MAX:
                raise ValueError(f"body: more than {BODY_MAX} bytes")
            moved = msgspec.json.decode(body, type=_Moved)
            if not (abs(moved.lon_deg) <= 180.0 and abs(moved.lat_deg) <= 90.0):
                raise ValueError("lon_deg, lat_deg: is no place on Earth")
        except (ValueError, RecursionError) as error:
            raise HTTPException(400, str(error)) from None
        async with self._one:
            try:
                answer = await asyncio.to_thread(self._answer, moved)
            except BadInput as error:
                raise HTTPException(400, str(error)) from None
        return Response(msgspec.json.encode(answer), media_type="application/json")

    def _answer(self, moved: _Moved) -> dict[str, object]:
        begun = time.monotonic()
        core = self.core
        with core.lock:
            dark = core.state.health.dark | dark_of(core.loaded.site.sensors, core.picture)
        if self._solved is None or self._solved[0] != dark:
            self._solved = dark, WhatIf(core.loaded, core.terrain, Situation(dark=dark))
        found = self._solved[1].moved(moved.post, moved.lon_deg, moved.lat_deg)
        route: list[list[float]] = []
        if found.route is not None:
            grid = core.terrain
            xy = found.route.xy_m(grid.x0_m, grid.y0_m, grid.cell_m)
            step = max(1, len(xy) // WAYPOINTS)
            route = core.loaded.line.frame.lonlat_from_xy_m(xy[::step]).round(6).tolist()
        return {
            "post": moved.post,
            "p_before": found.before.round(4).tolist(),
            "p_after": found.after.round(4).tolist(),
            "weakest_km": [int(np.argmin(found.before)), int(np.argmin(found.after))],
            "route_lon_lat": route,
            "seconds": round(time.monotonic() - begun, 2),
        }
