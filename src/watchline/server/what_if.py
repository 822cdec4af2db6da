"""What if a mast stood somewhere else?  Asked on a page by dragging it, answered in a second or two; nothing is kept.

Rules: only those who may know where the line is weakest may ask, and nobody who sees a part of it.  One question at a
time: the line is solved as it stands when the first one comes, and again after a sensor fell dark or came back.
"""

from __future__ import annotations

import asyncio
import math
import time

import msgspec
import numpy as np
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from watchline.alerting.desk.roles import Who
from watchline.coverage.eyes import SEEN_BY_EYE
from watchline.domain.errors import BadInput
from watchline.ops.core import Core
from watchline.ops.plan import HOME_EDGE_M
from watchline.ops.planning.what_if import Asked, WhatIf
from watchline.sensing.situation import Situation
from watchline.server.asking import json_answer
from watchline.server.live import NEED_TO_KNOW
from watchline.server.pages import page_file
from watchline.server.session import Sessions
from watchline.server.viewing import Viewing
from watchline.server.watermark import marked

BODY_MAX = 4_096
WAYPOINTS = 400  # of the route that is drawn
FARTHEST_M = 50_000.0


class _Moved(msgspec.Struct, forbid_unknown_fields=True):
    """The body: which post, and where it would stand in line coordinates, positive at home."""

    post: str
    s_km: float
    d_m: float


class Planning:
    """The answers.  Mutable: it keeps the line as it was solved last."""

    def __init__(self, core: Core, sessions: Sessions, viewing: Viewing) -> None:
        self.core, self.sessions, self.viewing = core, sessions, viewing
        self._one = asyncio.Lock()
        self._solved: tuple[frozenset[int], WhatIf] | None = None

    def routes(self) -> list[BaseRoute]:
        """Return the page and its two questions."""
        return [
            Route("/plan", self.page),
            Route("/plan/{name}", self.page),
            Route("/api/plan/line", self.line),
            Route("/api/plan/what-if", self.ask, methods=["POST"]),
            Route("/api/plan/mend", self.mend),
        ]

    async def page(self, request: Request) -> Response:
        """Serve the page and what belongs to it."""
        return page_file(request, "plan_page")

    async def line(self, request: Request) -> Response:
        """Serve the posts that could be moved, and how strong every kilometre is as the line stands."""
        who = self._allowed(request)
        async with self._one:
            solved = await asyncio.to_thread(self._as_it_stands)
        return json_answer(
            {**self._posts(), "p_before": solved.before.round(4).tolist(), "mark": self._marked(who, "")}
        )

    async def ask(self, request: Request) -> Response:
        """Serve how strong every kilometre would be if a post stood somewhere else, and the weakest way then."""
        who = self._allowed(request)
        body = await request.body()
        try:
            if len(body) > BODY_MAX:
                raise ValueError(f"body: more than {BODY_MAX} bytes")
            moved = msgspec.json.decode(body, type=_Moved)
            if not (math.isfinite(moved.s_km) and abs(moved.d_m) <= FARTHEST_M):
                raise ValueError("s_km, d_m: is no place near the line")
        except (ValueError, RecursionError) as error:
            raise HTTPException(400, str(error)) from None
        async with self._one:
            try:
                answer = await asyncio.to_thread(self._answer, moved)
            except BadInput as error:
                raise HTTPException(400, str(error)) from None
        return json_answer({**answer, "mark": self._marked(who, moved.post)})

    async def mend(self, request: Request) -> Response:
        """Serve where another mast would help the longest open stretch most, of the high places near it."""
        who = self._allowed(request)
        async with self._one:
            answer = await asyncio.to_thread(self._mend)
        return json_answer({**answer, "mark": self._marked(who, "mend")})

    def _mend(self) -> dict[str, object]:
        begun, line = time.monotonic(), self._as_it_stands()
        from_km, to_km = line.weakest_run()
        post, places, answers = line.mend(from_km, to_km)
        if not answers:
            return {"from_km": from_km, "to_km": to_km, "tried": 0}
        (s_m, d_m), best = places[0], answers[0]
        gained = float((best.after - best.before)[from_km:to_km].mean())
        return {
            "from_km": from_km, "to_km": to_km, "tried": len(answers), "stretch_gains": round(gained, 4),
            **self._told(post, best, begun),
            "at": {"s_km": round(float(s_m) / 1000.0, 3), "d_m": round(float(d_m), 1)},
        }  # fmt: skip

    def _marked(self, who: Who, ref: str) -> str:
        return marked(self.viewing, who, "weakest", ref, self.core.clock.now_s)

    def _allowed(self, request: Request) -> Who:
        who = self.sessions.who(request)
        if who is None or who.role not in NEED_TO_KNOW or who.recipient:
            raise HTTPException(403, "for those who may know where the line is weakest")
        return who

    def _posts(self) -> dict[str, object]:
        loaded = self.core.loaded
        seeing = {sensor.post for sensor in loaded.site.sensors if sensor.kind in SEEN_BY_EYE}
        posts = [post for post in loaded.site.posts if post.id in seeing]
        sd = [loaded.line.sd_from_xy_m(loaded.line.frame.xy_m_of(p)) for p in posts]
        return {
            "length_km": round(loaded.line.length_m / 1000.0, 3),
            "outside_m": loaded.site.line.outside_depth_m,
            "home_m": HOME_EDGE_M,
            "posts": [
                {"id": post.id, "s_km": round(float(s) / 1000.0, 3), "d_m": round(float(d), 1)}
                for post, (s, d) in zip(posts, sd, strict=True)
            ],
        }

    def _as_it_stands(self) -> WhatIf:
        core = self.core
        with core.lock:
            dark = core.dark
        if self._solved is None or self._solved[0] != dark:
            self._solved = dark, WhatIf(core.loaded, core.terrain, Situation(dark=dark))
        return self._solved[1]

    def _answer(self, moved: _Moved) -> dict[str, object]:
        begun = time.monotonic()
        line = self.core.loaded.line
        lonlat = line.frame.lonlat_from_xy_m(line.xy_m_from_sd(np.array([1000.0 * moved.s_km, moved.d_m])))
        found = self._as_it_stands().moved(moved.post, float(lonlat[0]), float(lonlat[1]))
        return {**self._told(moved.post, found, begun), "lon_lat": lonlat.round(6).tolist()}

    def _told(self, post: str, found: Asked, begun: float) -> dict[str, object]:
        """Return an answer as the page reads it."""
        core, line = self.core, self.core.loaded.line
        route: list[list[float]] = []
        if found.route is not None:
            grid = core.terrain
            xy = found.route.xy_m(grid.x0_m, grid.y0_m, grid.cell_m)
            sd = line.sd_from_xy_m(xy[:: max(1, len(xy) // WAYPOINTS)])
            route = [[round(float(s) / 1000.0, 3), round(float(d), 1)] for s, d in sd]
        return {
            "post": post,
            "p_before": found.before.round(4).tolist(),
            "p_after": found.after.round(4).tolist(),
            "weakest_km": [int(np.argmin(found.before)), int(np.argmin(found.after))],
            "help_h": [None if math.isnan(hours) else round(hours, 2) for hours in found.help_h],
            "route_sd": route,
            "seconds": round(time.monotonic() - begun, 2),
        }
