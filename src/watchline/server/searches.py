"""The desk's side of searching: searches as they stand, their maps and plans, what people ask of them.

Rules: a wish is answered when it is durable.  A plan shown is a proposal: only an order of it, by a person whom the
site entitles to send each of its units, lets anybody go.  Nothing of an exercise is searched for here.
"""

from __future__ import annotations

from typing import Any, get_args

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchline.domain.press import digest_of
from watchline.domain.search import SearchLook, SearchPlan, SearchSign, SearchWatched
from watchline.ops.core import Core
from watchline.ops.search.papers import gpx_of_plan, sheet_of
from watchline.ops.search.places import shown
from watchline.ops.search.wishes import wish_of
from watchline.reports.html import html
from watchline.reports.words import Language
from watchline.search.live import Search
from watchline.server.asking import json_answer, ordered, person_of
from watchline.server.session import Sessions
from watchline.server.viewing import Viewing
from watchline.server.watermark import marked, stamped


class Searches:
    """The answers; one method each."""

    def __init__(self, core: Core, sessions: Sessions, viewing: Viewing) -> None:
        self.core, self.sessions, self.viewing = core, sessions, viewing

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/api/searches", self.all),
            Route("/api/searches", self.ask, methods=["POST"]),
            Route("/api/searches/{search}/plan.{form}", self.plan),
            Route("/api/places", self.places),
        ]

    async def all(self, request: Request) -> Response:
        """Serve the searches that go on, those for people in need first, with maps, plans and what they reached."""
        person_of(self.sessions, request)
        core = self.core
        with core.lock:
            state, now_s = core.picture.searches, core.picture.now_s
            answers = dict(core.searches.answers)
        over = [one for one in state.searches.values() if one.ended is not None]
        found = [told(one) for one in [*state.open, *over]]
        maps = {name: {"cell_m": a.cell_m, "cells": a.cells, "facts": a.facts} for name, a in answers.items()}
        return json_answer({"now_s": now_s, "searches": found, "maps": maps})

    async def places(self, request: Request) -> Response:
        """Serve places where somebody may hide or pass: last look, chance of use now, when each is due again."""
        person_of(self.sessions, request)
        with self.core.lock:
            state, now_s = self.core.picture.searches.places, self.core.picture.now_s
        return json_answer({"now_s": now_s, "places": shown(state, now_s)})

    async def ask(self, request: Request) -> Response:
        """Take a wish: begin, a look in vain, a sign, another plan, an order, the end; answered when durable."""
        return await ordered(self.core, self.sessions, request, wish_of, "nobody is searched for in reality")

    async def plan(self, request: Request) -> Response:
        """Serve the newest plan of a search: its lanes as GPX, or its sheet as HTML to print (lang)."""
        who = person_of(self.sessions, request)
        core, form = self.core, request.path_params["form"]
        language = request.query_params.get("lang", "en")
        one = core.picture.searches.searches.get(request.path_params["search"])
        if one is None or one.plan is None or form not in ("gpx", "html") or language not in get_args(Language):
            raise HTTPException(404, "no such search, it has no plan, or form (gpx, html) or lang are none")
        if form == "gpx":
            simulated = core.loaded.site.simulation is not None
            return Response(gpx_of_plan(one, one.plan, simulated), media_type="application/gpx+xml")
        sheet = sheet_of(one, one.plan, core.loaded, language)  # type: ignore[arg-type]  # checked above
        mark = marked(self.viewing, who, "report", f"search {one.plan.plan}", core.clock.now_s)
        return Response(html(stamped(sheet, mark)), media_type="text/html")


def told(one: Search) -> dict[str, Any]:
    facts = one.facts
    return {
        "search": one.begun.search, "begun": one.begun, "rescue": one.rescue, "progress": one.progress,
        "plan": one.plan, "digest": None if one.plan is None else digest_of(one.plan),
        "looks": sum(isinstance(fact, SearchLook) for fact in facts),
        "signs": [fact for fact in facts if isinstance(fact, SearchSign)],
        "watched": sum(isinstance(fact, SearchWatched) for fact in facts),
        "orders": one.orders, "ended": one.ended, "units": _units(one.plan),
    }  # fmt: skip


def _units(plan: SearchPlan | None) -> list[str]:
    return [] if plan is None else list(dict.fromkeys(box.unit for box in plan.boxes))
