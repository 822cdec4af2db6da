"""What people order through links: drones' missions, cameras and aircraft that are to look, answers to others' tasks.

A mission goes in steps: a plan is kept, its upload is approved, its start is approved, each by a press of its own
that names the very items by their digest.  Nothing is sent before the approval is durable, and a plan that would
enter airspace that others hold, not come back or meet another drone is refused with the reason, which is kept.

Rules: one key per press; the same key again sends nothing twice.
"""

from __future__ import annotations

import asyncio
import queue
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchline.domain.records import (
    AirCover,
    GeoPoint,
    MapShape,
    MissionApproval,
    MissionOutcome,
    MissionPlan,
    PartnerEvent,
    Record,
)
from watchline.domain.site import LinkSpec
from watchline.links.contract import LocalError, Settings, at
from watchline.links.maps.shapes import check_place
from watchline.ops.core import Core
from watchline.ops.exchange import asking
from watchline.ops.exchange.missions import plan_of, refusal
from watchline.ops.exchange.outside import MissionView, TaskView
from watchline.ops.picture import BY_HAND
from watchline.server.asking import json_answer
from watchline.server.map_files import form_of, limited
from watchline.server.pages import page_file
from watchline.server.session import Sessions

ANSWER_S = 30.0
T = TypeVar("T")
HEIGHT_M = (5.0, 500.0)  # of a drone above home, as a person may ask for


class Carrier(Protocol):
    """Who carries records over links."""

    def send(self, link: str, record: Record) -> None:
        """Say one record over one link; KeyError for an unknown link."""
        ...

    def spec_of(self, link: str) -> LinkSpec | None:
        """Return a link's settings, None for an unknown one."""
        ...


class _Key(msgspec.Struct, forbid_unknown_fields=True):
    key: str


class _Look(_Key):
    """who: a sensor's or an aircraft's id."""

    who: str
    lon_deg: float
    lat_deg: float


class _Answer(_Key):
    state: str
    reason: str = ""


B = TypeVar("B", bound=_Key)


class Orders:
    """The answers; one method each."""

    def __init__(self, core: Core, carrier: Carrier | None, sessions: Sessions) -> None:
        self.core, self.carrier, self.sessions = core, carrier, sessions

    def routes(self) -> list[Route]:
        """Return the routes."""
        post = ["POST"]
        return [
            Route("/links", self.page),
            Route("/links/{name}", self.page),
            Route("/api/orders", self.all),
            Route("/api/missions/{form}", self.plan, methods=post),
            Route("/api/missions/{digest}/{step}", self.approve, methods=post),
            Route("/api/look", self.look, methods=post),
            Route("/api/observe", self.observe, methods=post),
            Route("/api/tasks/{task}/answer", self.answer, methods=post),
        ]

    async def page(self, request: Request) -> Response:
        """Serve the desk's page of links and its files."""
        return page_file(request, "orders_page")

    async def all(self, _: Request) -> Response:
        """Serve missions, tasks, drones, aircraft and partner events as they stand."""
        core = self.core
        with core.lock:
            outside, reports, now_s = core.picture.outside, core.picture.reports, core.clock.now_s
            events = [r for r in reports.values() if isinstance(r, PartnerEvent) and r.until_s > now_s]
            covers = [r for r in reports.values() if isinstance(r, AirCover) and r.until_s > now_s]
            said = {
                "now_s": now_s,
                "drones": list(outside.drones.values()),
                "aircraft": [one for one in outside.aircraft.values() if now_s - one.t_s < 600.0],
                "air_cover": covers,
                "partner_events": events,
                "missions": [_mission(view) for view in outside.missions.values()],
                "tasks": [self._task(view) for view in outside.tasks.values()],
                "reporters": [one.id for one in core.loaded.site.posts] + [one.id for one in core.loaded.site.units],
                "can_look": [s.id for s in core.loaded.site.sensors if s.node],
            }
        return json_answer(said)

    def _task(self, view: TaskView) -> dict[str, Any]:
        ours = self.carrier is None or self.carrier.spec_of(view.task.source) is None
        return {"task": view.task, "answers": view.answers, "ours": ours}

    # -- missions --------------------------------------------------------------------------------------------

    async def plan(self, request: Request) -> Response:
        """Keep the first shape of a map file as a plan: `key`, `drone`, `what`, `height_m` beside it."""
        asked = request.query_params
        module, _ = form_of(request)
        what = asked.get("what", "mission")
        if what not in ("mission", "fence"):
            raise HTTPException(400, "what: mission or fence")
        ask = self._ask(request, asked.get("key", ""))
        data = await limited(request)
        _, found, errors = await asyncio.to_thread(module.decode, at(module.init(Settings("plan")), ask.t_s), data)
        shape = next((one for one in found if isinstance(one, MapShape)), None)
        if shape is None:
            reason = errors[0].reason if errors else "it holds no shape"
            raise HTTPException(400, f"file: {reason}")
        stamp: dict[str, object] = {"id": ask.id, "t_s": ask.t_s, "source": ask.operator}
        height_m = _height(asked.get("height_m", "60"))
        frame = self.core.loaded.line.frame
        plan = _or_400(lambda: plan_of(shape, asked.get("drone", ""), what, height_m, frame, stamp))  # type: ignore[arg-type]
        await self._keep(plan)
        return json_answer(
            {"durable": True, "digest": plan.digest, "items": len(plan.items), "refused": self._refusal(plan)}
        )

    def _refusal(self, plan: MissionPlan) -> str:
        with self.core.lock:
            picture, now_s = self.core.picture, self.core.clock.now_s
            return refusal(plan, picture, self.core.loaded, self.core.terrain, now_s)

    async def approve(self, request: Request) -> Response:
        """Take a person's approval of one step, and order it once that is durable."""
        step = request.path_params["step"]
        if step not in ("upload", "start"):
            raise HTTPException(404, "no such step: upload or start")
        ask = self._ask(request, await _key(request))
        core = self.core
        with core.lock:
            view = core.picture.outside.missions.get(request.path_params["digest"])
            drone = core.picture.outside.drones.get(view.plan.drone) if view is not None else None
        if view is None:
            raise HTTPException(404, "no such mission")
        if drone is None:
            raise HTTPException(409, f"{view.plan.drone} has not been heard")
        plan = view.plan
        approval = MissionApproval(
            id=ask.id, t_s=ask.t_s, source=ask.operator, provenance=(plan.id,), drone=plan.drone,
            step=step, what=plan.what, digest=plan.digest, operator=ask.operator,
        )  # fmt: skip
        reason = self._refusal(plan)
        if reason:
            outcome = MissionOutcome(
                id=f"{ask.id}-refused", t_s=ask.t_s, source="flight", provenance=(plan.id,), drone=plan.drone,
                what=plan.what, outcome="refused", digest=plan.digest, items=len(plan.items), reason=reason,
            )  # fmt: skip
            await self._keep(outcome)
            raise HTTPException(409, reason)
        if await self._keep(approval):
            self._send(drone.source, plan)
            self._send(drone.source, approval)
        return json_answer({"durable": True, "digest": plan.digest, "step": step})

    # -- looking and answering --------------------------------------------------------------------------------

    async def look(self, request: Request) -> Response:
        """Ask one of the site's cameras or nodes to look at a place."""
        body = await _body(request, _Look)
        ask = self._ask(request, body.key)
        place, core = _place(body), self.core
        return await self._order(_or_400(lambda: asking.look_at(ask, body.who, place, core.loaded, core.terrain)))

    async def observe(self, request: Request) -> Response:
        """Ask an aircraft on station to look at a place, over its link or in words for the radio."""
        body = await _body(request, _Look)
        ask = self._ask(request, body.key)
        place, core = _place(body), self.core
        with core.lock:
            asked = _or_400(lambda: asking.observe(ask, body.who, place, core.picture, core.loaded, core.terrain))
        return await self._order(asked)

    async def answer(self, request: Request) -> Response:
        """Answer a task that others ask of us."""
        body = await _body(request, _Answer)
        ask = self._ask(request, body.key)
        with self.core.lock:
            view = self.core.picture.outside.tasks.get(request.path_params["task"])
        link = self.carrier.spec_of(view.task.source) if view is not None and self.carrier is not None else None
        if view is None or link is None:
            raise HTTPException(404, "nobody asked this of us")
        return await self._order(_or_400(lambda: asking.answer_to(ask, view, body.state, body.reason[:200], link)))

    async def _order(self, asked: asking.Asked) -> Response:
        if await self._keep(asked.record) and asked.link:
            self._send(asked.link, asked.record)
        return json_answer({"durable": True, "record": asked.record, "link": asked.link, "say": asked.say})

    # -- one key, one record, one order -----------------------------------------------------------------------

    def _ask(self, request: Request, key: str) -> asking.Ask:
        if not 8 <= len(key) <= 100:
            raise HTTPException(400, "key: must have 8 to 100 characters, one key per press")
        run = self.core.picture.run
        if run is not None and run.exercise:
            raise HTTPException(409, "this is an exercise: nothing of it is ordered in reality")
        return asking.Ask(BY_HAND + key, self.core.clock.now_s, self.sessions.operator_of(request) or "")

    async def _keep(self, record: Record) -> bool:
        """Make a record durable; return whether it was new."""
        with self.core.lock:
            known = record.id in self.core.picture.by_hand
        if known:
            return False
        try:
            await asyncio.wait_for(asyncio.wrap_future(self.core.people.report((record,))), ANSWER_S)
        except (queue.Full, TimeoutError, RuntimeError):
            raise HTTPException(503, "not accepted: the core is busy or stopping; press again") from None
        return True

    def _send(self, link: str, record: Record) -> None:
        if self.carrier is None or self.carrier.spec_of(link) is None:
            raise HTTPException(409, f"kept, but not sent: there is no link {link!r} here")
        self.carrier.send(link, record)


def _mission(view: MissionView) -> dict[str, Any]:
    plan = view.plan
    places = [(item.lon_deg, item.lat_deg) for item in plan.items[:2000]]
    about = {"digest": plan.digest, "drone": plan.drone, "what": plan.what, "items": len(plan.items), "t_s": plan.t_s}
    return {**about, "places": places, "approvals": view.approvals, "outcomes": view.outcomes}


def _or_400(make: Callable[[], T]) -> T:
    try:
        return make()
    except (LocalError, ValueError) as error:
        raise HTTPException(400, str(error)) from None


def _height(text: str) -> float:
    low, high = HEIGHT_M
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise HTTPException(400, f"height_m: must be within {low:g}..{high:g} above home")
    return value


def _place(body: _Look) -> GeoPoint:
    _or_400(lambda: check_place(body.lon_deg, body.lat_deg))
    return GeoPoint(lon_deg=body.lon_deg, lat_deg=body.lat_deg)


async def _body(request: Request, kind: type[B]) -> B:
    try:
        return msgspec.json.decode(await request.body(), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise HTTPException(400, f"body: {error}") from None


async def _key(request: Request) -> str:
    return (await _body(request, _Key)).key
