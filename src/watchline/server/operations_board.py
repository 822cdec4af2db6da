"""What the Operations workplace shows of a picture, live or past, cut down to what each force may see.

Rules: whoever sees the whole line sees all.  A force's own screen sees the operations that it has part in, the tasks
of its own units, and of everything else what lies on the stretches that its recipient in the policy is told of.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from watchline.alerting.desk.roles import Refused, Who
from watchline.domain.operations import OperationPlan, PlannedSector
from watchline.domain.policy import Told
from watchline.domain.posture import PostureProposed
from watchline.domain.press import digest_of
from watchline.domain.search import SearchPlan
from watchline.domain.site import Unit
from watchline.ops.operation.papers import reached
from watchline.ops.operation.wishes import right_of as right_in_operation
from watchline.ops.picture import Picture
from watchline.ops.search.maps import Answer
from watchline.ops.search.places import shown as places_shown
from watchline.ops.search.wishes import entitled as right_in_search
from watchline.ops.site_file import LoadedSite
from watchline.policy.view import View
from watchline.response import operations, posture, tasking
from watchline.response.tasking import into_sector
from watchline.search import live
from watchline.server.searches import told as search_told
from watchline.server.sight import shows_line


class Board:
    """What one person is shown of one picture.

    view: the stretches that they see; organisation: of a force's own screen, "" for whoever sees the whole line.
    """

    def __init__(
        self, site: LoadedSite, picture: Picture, who: Who, view: View, organisation: str, *, live_: bool
    ) -> None:  # fmt: skip
        """Prepare; live_: whether it is now, so that things can be ordered."""
        self.site, self.picture, self.who, self.view, self.organisation = site, picture, who, view, organisation
        self.live = live_
        self._units = {unit.id: unit for unit in site.site.units}

    def told(self, maps: Mapping[str, Answer]) -> dict[str, Any]:
        """Return all of it."""
        picture, now_s = self.picture, self.picture.now_s
        state, searches = picture.operations, picture.searches
        over = [one for one in state.operations.values() if one.ended is not None]
        return {
            "now_s": now_s, "live": self.live, "whole": self.view.whole,
            "operations": [self._operation(one) for one in [*state.open, *over] if self._takes_part(one)],
            "searches": self._searches(searches, maps),
            "places": [p for p in places_shown(searches.places, now_s) if self._line(p["lon_deg"], p["lat_deg"])],
            "posture": self._posture(picture.posture),
            "drones": [unit.id for unit in self.site.site.units if unit.kind == "drone" and self._own(unit.id)],
            "units": [
                {"unit": r.unit, "lon": r.position.lon_deg, "lat": r.position.lat_deg, "t_s": r.t_s,
                 "organisation": self._of(r.unit)}
                for r in picture.units.values() if self._own(r.unit) or self._at("units", r.position.s_m)
            ],
        }  # fmt: skip

    # -- who may see -------------------------------------------------------------------------------------------

    def _of(self, unit: str) -> str:
        known = self._units.get(unit)
        return "" if known is None else known.organisation

    def _own(self, unit: str) -> bool:
        return self.view.whole or (self.organisation != "" and self._of(unit) == self.organisation)

    def _at(self, what: Told, s_m: float | None) -> bool:
        return self.view.whole or (s_m is not None and self.view.shows(what, s_m))

    def _s_m(self, lon: float, lat: float) -> float:
        line = self.site.line
        return float(line.sd_from_xy_m(line.frame.xy_m_from_lonlat(lon, lat))[0])

    def _line(self, lon: float, lat: float) -> bool:
        return self.view.whole or shows_line(self.view, self._s_m(lon, lat))

    def _lines(self, cells: Iterable[tuple[float, float, float]]) -> list[tuple[float, float, float]]:
        return [cell for cell in cells if self._line(cell[0], cell[1])]

    def _takes_part(self, one: operations.Operation) -> bool:
        return self.view.whole or any(force.organisation == self.organisation for force in one.stated.forces)

    # -- operations --------------------------------------------------------------------------------------------

    def _operation(self, one: operations.Operation) -> dict[str, Any]:
        stated, progress, now_s = one.stated, one.progress, self.picture.now_s
        forces = [
            msgspec.to_builtins(force) | {"units": [u for u in force.units if self._own(u)]}
            for force in stated.forces
        ]
        mine = {u for force in forces for u in force["units"]}
        told = None if progress is None else msgspec.to_builtins(progress)
        if told is not None and progress is not None:
            told["cells"] = self._lines(progress.cells)
            told["swept_km2"] = {u: km2 for u, km2 in progress.swept_km2.items() if u in mine}
        plan = one.plan
        return {
            "operation": stated.operation, "name": stated.name, "what": stated.what, "commander": stated.commander,
            "begins_s": stated.begins_s, "ends_s": stated.ends_s, "end_state": stated.end_state, "area": stated.area,
            "objectives": [
                {"text": o.text, "measure": o.measure, "aim": o.aim, "reached": reached(progress, o)}
                for o in stated.objectives
            ],
            "phases": stated.phases, "phase": one.phase(now_s), "forces": forces, "hazards": stated.hazards,
            "coordination": stated.coordination, "versions": one.versions, "progress": told,
            "rights": [right for right in stated.rights if right.partition(":")[0] in mine],
            "plan": None if plan is None else self._operation_plan(plan, mine),
            "ordered": sorted({
                u for order in one.orders for u in order.units if u in mine and one.ordered(u, now_s) is not None
            }),
            "orders": [
                {"plan": o.plan, "person": o.person, "t_s": o.t_s, "units": [u for u in o.units if u in mine]}
                for o in one.orders
            ],
            "ended": one.ended, "may": self.live and self.who.role == "shift_commander" and self.view.whole,
        }  # fmt: skip

    def _operation_plan(self, plan: OperationPlan, mine: set[str]) -> dict[str, Any]:
        sectors = [s for s in plan.sectors if s.unit in mine or self._sector_shown(s)]
        units = list(dict.fromkeys(s.unit for s in plan.sectors))
        return {
            "plan": plan.plan, "digest": digest_of(plan), "from_s": plan.from_s, "to_s": plan.to_s,
            "p_found": plan.p_found, "bound": plan.bound, "sectors": sectors, "t_s": plan.t_s,
            "visits": [v for v in plan.visits if v.unit in mine],
            "may_order": [u for u in units if self._may_order(plan, u)],
        }  # fmt: skip

    def _sector_shown(self, one: PlannedSector) -> bool:
        return all(self._at("units", self._s_m(*corner)) for corner in one.corners)

    def _may_order(self, plan: OperationPlan, unit: str) -> bool:
        if not self.live or not self.view.whole or self.who.role != "shift_commander":
            return False
        try:
            return bool(right_in_operation(self.site, plan, unit, self.who))
        except Refused:
            return False

    # -- searches ----------------------------------------------------------------------------------------------

    def _searches(self, state: live.State, maps: Mapping[str, Answer]) -> list[dict[str, Any]]:
        over = [one for one in state.searches.values() if one.ended is not None]
        out = []
        for one in [*state.open, *over]:
            place = one.begun.place
            about: Told = "distress" if one.rescue else "tracks"
            if not self._at(about, None if self.view.whole else self._s_m(place.lon_deg, place.lat_deg)):
                continue
            told, answer = search_told(one), maps.get(one.begun.search)
            plan = one.plan
            told["map"] = None if answer is None else {
                "cell_m": answer.cell_m, "cells": self._lines(answer.cells), "facts": answer.facts
            }  # fmt: skip
            told["plan"] = None if plan is None else msgspec.to_builtins(plan) | {
                "boxes": [box for box in plan.boxes if self._own(box.unit)]
            }  # fmt: skip
            told["units"] = [unit for unit in told["units"] if self._own(unit)]
            told["ordered"] = [u for u in told["units"] if one.ordered(u, self.picture.now_s) is not None]
            told["may_order"] = [] if plan is None else [u for u in told["units"] if self._may_search(plan, u)]
            out.append(told)
        return out

    def _may_search(self, plan: SearchPlan, unit: str) -> bool:
        if not self.live or not self.view.whole:
            return False
        try:
            return bool(right_in_search(self.site, plan, unit, self.who))
        except Refused:
            return False

    def _entitled(self, unit: Unit, s_m: float) -> bool:
        try:
            into = into_sector(self.site.site, unit, s_m)
            return bool(tasking.entitled(self.site.site, self.who.name, self.who.role, unit, into))
        except tasking.NotEntitled:
            return False

    # -- posture -----------------------------------------------------------------------------------------------

    def _posture(self, state: posture.State) -> dict[str, Any]:
        now_s, proposed = self.picture.now_s, state.proposed
        may = (
            self.live and self.view.whole and self.who.role == "shift_commander" and proposed is not None
            and all(self._entitled(self._units[m.unit], 1000.0 * m.km) for m in proposed.moves)
        )  # fmt: skip
        return {
            "level": state.level(now_s), "standing": self._cut(state.standing), "proposed": self._cut(proposed),
            "approved": state.approved, "may": may,
            "digest": None if proposed is None else digest_of(proposed),
        }  # fmt: skip

    def _cut(self, one: PostureProposed | None) -> dict[str, Any] | None:
        if one is None:
            return None
        told: dict[str, Any] = msgspec.to_builtins(one)
        return told | {
            "forecast": [
                row for row in one.forecast
                if self.view.whole or shows_line(self.view, 500.0 * (row.from_km + row.to_km))
            ],
            "moves": [m for m in one.moves if self._own(m.unit)],
        }  # fmt: skip
