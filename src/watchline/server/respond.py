"""The desk's side of responding: proposals and tasks as they stand, approvals, what units say.

Rules: a wish is answered when it is durable; who may send whom is the site's word (`response.tasking`), asked with
the session's person and never with what a screen says.  Nothing of an exercise is ordered here.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchline.alerting.desk.roles import Who
from watchline.domain.press import digest_of
from watchline.domain.respond import Option
from watchline.ops.core import Core
from watchline.ops.respond.carrying import words_of
from watchline.ops.respond.wishes import wish_of
from watchline.response.tasking import Job, NotEntitled, entitled, free
from watchline.server.asking import json_answer, ordered, person_of
from watchline.server.pages import page_file
from watchline.server.session import Sessions


class Respond:
    """The answers; one method each."""

    def __init__(self, core: Core, sessions: Sessions) -> None:
        self.core, self.sessions = core, sessions

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/command", self.page),
            Route("/command/{name}", self.page),
            Route("/api/respond", self.all),
            Route("/api/respond", self.ask, methods=["POST"]),
        ]

    async def page(self, request: Request) -> Response:
        """Serve the Command workplace and what belongs to it."""
        return page_file(request, "command_page")

    async def all(self, request: Request) -> Response:
        """Serve what is proposed for open alerts, tasks as they stand, and how ready every unit is."""
        who, core = person_of(self.sessions, request), self.core
        with core.lock:
            state, alerts, now_s = core.picture.tasking, core.picture.alerts, core.picture.now_s
            uncovered = core.picture.uncovered
            units, pursuits = dict(core.picture.units), core.picture.pursuits.pursuits
        open_ = {a for a, item in alerts.items() if item.answerable(now_s)}
        proposals = [
            {"proposal": p, "digests": [digest_of(option) for option in p.options],
             "may": [self._may(who, option) for option in p.options]}
            for p in state.proposals.values() if p.alert in open_
        ]  # fmt: skip
        ready = [
            {"unit": u.id, "not_free": free(state, u, units.get(u.id), now_s), "readiness": state.readiness.get(u.id)}
            for u in core.loaded.site.units
        ]
        tasks = [_job(job) for job in state.jobs.values()]
        shown = [
            {"id": a, "kind": alerts[a].alert.what, "s_m": alerts[a].alert.position.s_m,
             "d_m": alerts[a].alert.position.d_m}
            for a in sorted(open_)
        ]  # fmt: skip
        places = {
            name: {"s_m": report.position.s_m, "d_m": report.position.d_m, "t_s": report.t_s}
            for name, report in units.items()
        }
        said = {"now_s": now_s, "proposals": proposals, "tasks": tasks, "units": ready}
        said |= {"alerts": shown, "places": places}
        return json_answer({**said, "pursuits": list(pursuits.values()), "uncovered": uncovered})

    def _may(self, who: Who, option: Option) -> bool:
        run, site = self.core.picture.run, self.core.loaded.site
        if run is not None and run.exercise:
            return False
        unit = next((u for u in site.units if u.id == option.unit), None)
        try:
            return unit is not None and bool(entitled(site, who.name, who.role, unit, option.into))
        except NotEntitled:
            return False

    async def ask(self, request: Request) -> Response:
        """Take a wish: send a unit, tell what one said, how ready it is; the answer comes when it is durable."""
        return await ordered(self.core, self.sessions, request, wish_of, "nothing of it is ordered in reality")


def _job(job: Job) -> dict[str, Any]:
    return {
        "task": job.task, "state": job.state, "over": job.over, "sent": job.sent, "reports": job.reports,
        "told": job.told, "led_on": job.led_on, "say": words_of(job.task),
    }  # fmt: skip
