"""The Maintain workplace: how every sensor does, what hangs on it, what to mend first, dust and lenses over time.

`/maintain` is for everybody who sees the whole line.  Which repair buys back how much is for those who mend and those
who may know where the line is weak.  An inspection is told by hand (`by_hand.py`) as everywhere.

Rules: one reading of the ledger, and one reckoning of repairs, at a time, beside the server's thread.
"""

from __future__ import annotations

import asyncio
import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchline.alerting.desk.roles import Who
from watchline.coverage.in_view import Sight
from watchline.domain.records import Inspection
from watchline.ledger.reader import LedgerReader
from watchline.ops.as_found import situation_as_found
from watchline.ops.core import Core
from watchline.ops.over_time import History
from watchline.ops.planning.repairs import Mending, broken_of, figures_of
from watchline.ops.planning.study_file import RepairStudy
from watchline.ops.upkeep import air_over, alone_km, quality_over
from watchline.sensing.situation import Situation
from watchline.server.asking import Reading, json_answer, number_of, person_of
from watchline.server.live import NEED_TO_KNOW
from watchline.server.pages import page_file
from watchline.server.session import Sessions
from watchline.server.viewing import Viewing
from watchline.server.watermark import marked
from watchline.server.wire import sensor_state

F8 = NDArray[np.float64]

ROWS = 48
HOURS_MOST = 24 * 366
MENDS = (*NEED_TO_KNOW, "maintainer")


class Maintain:
    """The answers; one method each.  Mutable: it keeps the line as it was solved last."""

    def __init__(
        self,
        core: Core,
        directory: Path,
        belt: Sight,
        past: tuple[History, Reading],
        sessions: Sessions,
        viewing: Viewing,
    ) -> None:
        """past: what follows the ledger already, and whose turn it is to read it."""
        self.core, self.directory, self.belt, self.sessions, self.viewing = core, directory, belt, sessions, viewing
        self._history, self._reading = past
        self._one = asyncio.Lock()
        self._solved: tuple[tuple[frozenset[int], bytes], Mending] | None = None

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/maintain", self.page),
            Route("/maintain/{name}", self.page),
            Route("/api/maintain/sensors", self.sensors),
            Route("/api/maintain/repairs", self.repairs),
        ]

    async def page(self, request: Request) -> Response:
        """Serve the page and what belongs to it."""
        return page_file(request, "maintain_page")

    async def sensors(self, request: Request) -> Response:
        """Serve how every sensor does now and over the last hours (query hours, 24 if not said), and the air."""
        who, hours = person_of(self.sessions, request), number_of(request, "hours")
        hours = 24.0 if hours is None else hours
        if not 0.1 <= hours <= HOURS_MOST:
            raise HTTPException(400, f"hours: 0.1 to {HOURS_MOST}")
        return json_answer(await self._reading.beside(self._sensors, hours, who))

    def _sensors(self, hours: float, who: Who) -> dict[str, Any]:
        core, history = self.core, self._history
        with core.lock:
            now_s, health, dark = core.picture.now_s, dict(core.picture.health), core.dark
            silent = {k: float(core.heard_s[k]) for k in core.silent}
            found = {one.subject: one for one in sorted(core.picture.outside.inspections, key=lambda one: one.t_s)}
        edges_s = np.linspace(now_s - 3600.0 * hours, now_s, ROWS + 1)
        sensors, from_s = core.loaded.site.sensors, float(edges_s[0])
        with LedgerReader(self.directory) as reader:
            history.follow(reader)
            quality = quality_over(reader, tuple(one.id for one in sensors), edges_s)
            visibility, dust = air_over(reader, edges_s)
        hangs = alone_km(self.belt, dark, len(sensors)) if self._mends(who) else None
        s_km = core.loaded.line.sd_from_xy_m(core.places_m)[:, 0] / 1000.0
        told_of = [sensor_state(health.get(one.id), k in dark, silent.get(k)) for k, one in enumerate(sensors)]
        rows = [
            {"id": sensor.id, "kind": sensor.kind, "post": sensor.post, "s_km": round(float(s_km[k]), 1),
             **told_of[k], "up_share": _or_none(history.up_share(k, from_s, now_s)),
             "outages": sum(one.sensor == k for one in history.outages_in(from_s, now_s)),
             "quality": [_or_none(v) for v in quality[:, k]],
             "km": None if hangs is None else round(float(hangs[k]), 2),
             "inspected": _inspected(found.get(sensor.post or ""))}
            for k, sensor in enumerate(sensors)
        ]  # fmt: skip
        return {
            "now_s": now_s, "from_s": from_s, "sensors": rows,
            "posts": [post.id for post in core.loaded.site.posts],
            "visibility_m": [_or_none(v) for v in visibility], "dust": [_or_none(v) for v in dust],
        }  # fmt: skip

    async def repairs(self, request: Request) -> Response:
        """Serve what each repair of a dark or dim sensor buys back by itself, the most for an hour's work first."""
        who = person_of(self.sessions, request)
        if not self._mends(who):
            raise HTTPException(403, "for those who mend and those who may know where the line is weak")
        async with self._one:
            answer = await asyncio.to_thread(self._repairs, who.role in NEED_TO_KNOW)
        return json_answer({**answer, "mark": marked(self.viewing, who, "weakest", "repairs", self.core.clock.now_s)})

    def _repairs(self, whole: bool) -> dict[str, Any]:
        """whole: with the kilometres, which who mends need not know."""
        core, sensors, study = self.core, self.core.loaded.site.sensors, RepairStudy()
        with core.lock:
            now = situation_as_found(Situation(dark=core.dark), sensors, core.picture)
        broken = broken_of(now)
        if not broken:
            return {"as_it_is": None, "repairs": []}
        key = now.dark, b"" if now.quality is None else now.quality.tobytes()
        if self._solved is None or self._solved[0] != key:
            self._solved = key, Mending(core.loaded, core.terrain, now)
        line = self._solved[1]
        before, rows = line.chance(frozenset()), list[dict[str, Any]]()
        for k in broken:
            after, takes = line.chance(frozenset({k})), study.of(sensors[k].kind)
            gain = float(after.mean() - before.mean())
            row = {"sensor": sensors[k].id, "hours": takes.hours, "gain": gain, "gain_per_hour": gain / takes.hours}
            where = {"most_km": int(np.argmax(after - before)), **figures_of(after)} if whole else {}
            rows.append(row | where)
        rows.sort(key=lambda row: -row["gain_per_hour"])
        return {"as_it_is": figures_of(before) if whole else {}, "repairs": rows}

    def _mends(self, who: Who) -> bool:
        return who.role in MENDS and not who.recipient


def _inspected(one: Inspection | None) -> dict[str, Any] | None:
    return None if one is None else {"t_s": one.t_s, "what": one.what, "condition": one.condition}


def _or_none(x: float) -> float | None:
    return round(float(x), 4) if math.isfinite(x) else None
