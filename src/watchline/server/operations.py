"""The Operations workplace and the desk's side of named operations: how they stand, their papers, what is ordered.

Rules: a force's own screen is shown what `operations_board` leaves of it, and orders nothing.  A moment of the past
is folded again from the ledger, for review; nothing can be ordered in it.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import get_args

import numpy as np
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchline.alerting.desk.roles import Who
from watchline.domain.operations import OperationPlan
from watchline.links.air.mavlink.waypoint_file import waypoint_file
from watchline.links.maps.gpx import file_of as gpx_of
from watchline.ops.core import Core
from watchline.ops.operation.papers import facts_of, lanes_of, shapes_of
from watchline.ops.operation.wishes import wish_of
from watchline.ops.replay import replay
from watchline.policy.terms import recipient_named
from watchline.reports.document import Writer
from watchline.reports.html import html
from watchline.reports.operation import orders
from watchline.reports.words import Language
from watchline.response.operations import Operation
from watchline.server.asking import Reading, json_answer, number_of, ordered, person_of
from watchline.server.operations_board import Board
from watchline.server.pages import page_file
from watchline.server.session import Sessions
from watchline.server.sight import view_for
from watchline.server.viewing import Viewing
from watchline.server.watermark import marked, stamped

FLY_M = 100.0  # above home, unless asked otherwise


class Operations:
    """The answers; one method each."""

    def __init__(self, core: Core, sessions: Sessions, viewing: Viewing, directory: Path) -> None:
        """Take the core and its ledger's folder."""
        self.core, self.sessions, self.viewing, self.directory = core, sessions, viewing, directory
        self._reading = Reading()

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/operations", self.page),
            Route("/operations/{name}", self.page),
            Route("/api/operations", self.all),
            Route("/api/operations", self.ask, methods=["POST"]),
            Route("/api/operations/{operation}/plan.{form}", self.papers),
        ]

    async def page(self, request: Request) -> Response:
        """Serve the Operations workplace and what belongs to it."""
        return page_file(request, "operations_page")

    async def all(self, request: Request) -> Response:
        """Serve operations, searches, places and posture, now or at as_of_s, as far as one may see."""
        who, as_of_s = person_of(self.sessions, request), number_of(request, "as_of_s")
        core = self.core
        if as_of_s is not None:
            self.viewing.note(who.name, "search", f"operations at {as_of_s:.0f}")
            past = await self._reading.beside(lambda: replay(self.directory, as_of_s))
            with core.lock:
                view = view_for(core, who)
            return json_answer(
                Board(core.loaded, past.picture, who, view, self._organisation(who), live_=False).told({})
            )
        with core.lock:
            picture, view, maps = copy.copy(core.picture), view_for(core, who), dict(core.searches.answers)
            picture.units = dict(picture.units)
        board = Board(core.loaded, picture, who, view, self._organisation(who), live_=True)
        return json_answer(board.told(maps))

    def _organisation(self, who: Who) -> str:
        return "" if not who.recipient else recipient_named(self.core.loaded.site, who.recipient).organisation

    async def ask(self, request: Request) -> Response:
        """Take what a commander states, orders, wants planned or ends; answered when it is durable."""
        if person_of(self.sessions, request).recipient:
            raise HTTPException(403, "for those who see the whole line")
        return await ordered(self.core, self.sessions, request, wish_of, "nothing of it is ordered in reality")

    async def papers(self, request: Request) -> Response:
        """Serve the newest plan of an operation: orders to print (html), lanes (gpx), a drone's (waypoints)."""
        who, core, form = person_of(self.sessions, request), self.core, request.path_params["form"]
        one = core.picture.operations.operations.get(request.path_params["operation"])
        language = request.query_params.get("lang", "en")
        organisation = self._organisation(who)
        mine = {
            u for f in (() if one is None else one.stated.forces) for u in f.units
            if not who.recipient or f.organisation == organisation
        }  # fmt: skip
        if one is None or one.plan is None or one.progress is None or not mine or language not in get_args(Language):
            raise HTTPException(404, "no such operation, it has no plan, or lang is none")
        if form == "gpx":
            shapes = [s for s in shapes_of(one.plan, core.loaded, frozenset(mine)) if s.shape != "area"]
            return Response(gpx_of(shapes), media_type="application/gpx+xml")
        if form == "waypoints":
            return self._flown(one.plan, request, mine)
        if form != "html":
            raise HTTPException(404, "form: one of html, gpx, waypoints")
        return self._printed(one, who, organisation if who.recipient else "", language)

    def _flown(self, plan: OperationPlan, request: Request, mine: set[str]) -> Response:
        unit, height_m = request.query_params.get("unit", ""), number_of(request, "height_m")
        drones = {u.id for u in self.core.loaded.site.units if u.kind == "drone"} & mine
        sector = next((s for s in plan.sectors if s.unit == unit and unit in drones), None)
        if sector is None:
            raise HTTPException(404, "unit: names no drone that has a sector in this plan")
        lonlat, _ = lanes_of(sector, self.core.loaded.line.frame)
        way = [(float(lon), float(lat)) for lon, lat in np.asarray(lonlat)]
        return Response(waypoint_file(way, FLY_M if height_m is None else height_m), media_type="text/plain")

    def _printed(self, one: Operation, who: Who, organisation: str, language: str) -> Response:
        core = self.core
        assert one.progress is not None
        assert one.plan is not None
        known = core.picture.searches.places
        facts = facts_of(one.stated, one.progress, one.plan, known, core.loaded, organisation)
        sheet = orders(facts, Writer(language, facts.timezone))  # type: ignore[arg-type]  # checked by the caller
        mark = marked(self.viewing, who, "report", f"operation {one.plan.plan}", core.clock.now_s)
        return Response(html(stamped(sheet, mark)), media_type="text/html")
