"""Maps and plans of the searches that a core carries on: from their records to answers.

Everything here follows from the records and the site: the same ones in the same order give the same map, bit by bit.
Mutable: it keeps the map of each search, so that a new fact costs what it brings.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from watchline.coverage.eyes import SEEN_BY_EYE, Eye, eye_of
from watchline.coverage.gazes import add_looks
from watchline.domain.places import PlaceLook
from watchline.domain.search import SearchBegun, SearchBox, SearchLook, SearchPlan, SearchSign, SearchWatched
from watchline.geo.frame import SiteFrame
from watchline.geo.terrain import Terrain
from watchline.ops.search.ground import SearchLand, search_land, searchers_of
from watchline.ops.search.last_seen import LastSeen
from watchline.ops.search.lost import CROSSER, LOST_PLACES, STEP_S, loss_of, setting_of
from watchline.ops.search.shapes import lanes_m, spacing_m
from watchline.ops.site_file import LoadedSite
from watchline.search.containment import Containment, Gaze, Look, Sign, begun, looked, sign_found
from watchline.search.live import Fact
from watchline.search.motion import F4, F8
from watchline.search.plan import Box, planned
from watchline.search.swept import swept
from watchline.sensing.air.sun import is_day
from watchline.sensing.detection import Crosser, performance_table
from watchline.sensing.placing import placed

PLAN_S = 3600.0
LEAD_S = 300.0  # from asking to the beginning of a plan: it must be read, approved and told
NOT_THERE_M = 400.0  # nearer to a track that could be them nothing is learned
AT_PLACE_M = 250.0  # nearer to a place somebody is at it, as ways are drawn
SHOWN = 400  # cells of a map that a screen is sent, the likeliest


@dataclass(frozen=True)
class Ask:
    """What is asked of a search's map: new facts, the first of them its `first`th; a plan from plan_s, None for none.

    at: where units were heard last (degrees); free: who may be planned for; places: (degrees) that people
    had told of when the search began.
    """

    begun: SearchBegun
    first: int
    facts: tuple[Fact, ...]
    now_s: float
    plan_s: float | None
    number: int
    at: Mapping[str, tuple[float, float]]
    free: frozenset[str]
    places: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class Answer:
    """The map's state after the facts; cells: (degrees longitude, latitude, probability) of the likeliest ones."""

    search: str
    facts: int
    p_success: float = 0.0
    p_outside: float = 0.0
    digest: str = ""
    cell_m: float = 0.0
    cells: tuple[tuple[float, float, float], ...] = ()
    plan: SearchPlan | None = None
    fault: str = ""


@dataclass
class _Map:
    land: SearchLand
    state: Containment
    crosser: Crosser
    facts: int = 0


@dataclass
class Maps:
    """The maps of a site's searches."""

    site: LoadedSite
    terrain: Terrain
    _maps: dict[str, _Map] = field(default_factory=dict)
    _eyes: dict[int, Eye] = field(default_factory=dict)

    def answer(self, ask: Ask) -> Answer:
        """Return the answer; one that cannot be given says why."""
        name = ask.begun.search
        try:
            one = self._maps.get(name) or self._begun(ask)
            self._maps[name] = one
        except ValueError as error:
            return Answer(name, ask.first + len(ask.facts), fault=str(error))
        for fact in ask.facts[max(0, one.facts - ask.first) :]:
            one.state = self._with(one, fact)
            one.facts += 1
        plan = None if ask.plan_s is None else self._plan(one, ask)
        density = one.state.density(ask.now_s)
        digest = hashlib.sha256(one.state.weight.tobytes() + one.state.xy_m.tobytes()).hexdigest()[:16]
        return Answer(
            name, one.facts, round(one.state.p_success, 6), round(max(0.0, 1.0 - float(density.sum())), 6), digest,
            one.land.grid.cell_m, _cells(density, one.land.grid, self.site.line.frame), plan,
        )  # fmt: skip

    def forget(self, search: str) -> None:
        """Let a map go whose search is over."""
        self._maps.pop(search, None)

    def _begun(self, ask: Ask) -> _Map:
        told, site = ask.begun, self.site
        seen = LastSeen(
            at="", lon_deg=told.place.lon_deg, lat_deg=told.place.lat_deg, subject=told.subject,
            error_m=told.place.ce_m or 50.0, speed_m_s=told.speed_m_s, name=told.name,
            heading_deg=None if told.heading_rad is None else math.degrees(told.heading_rad),
        )  # fmt: skip
        loss = loss_of(seen, site, told.lost_s)
        if not self.terrain.contains(loss.xy_m):
            raise ValueError("the last known place is outside the site's ground")
        land = search_land(site, self.terrain, loss.xy_m)
        to_xy = site.line.frame.xy_m_from_lonlat
        places = [site.line.frame.xy_m_of(p) for p in site.site.places if p.kind in LOST_PLACES]
        places += [to_xy(*lonlat) for lonlat in ask.places]
        steps = 1 + math.ceil((told.until_s - told.lost_s) / STEP_S)
        t_s = np.asarray(told.lost_s + STEP_S * np.arange(steps), float)
        setting = setting_of(told.subject, told.intents, site, land, loss, places, t_s)
        return _Map(land, begun(setting, loss), CROSSER[told.subject])

    # -- facts ---------------------------------------------------------------------------------------------

    def _with(self, one: _Map, fact: Fact) -> Containment:
        to_xy = self.site.line.frame.xy_m_from_lonlat
        if isinstance(fact, SearchLook):
            fixes = np.array(sorted(fact.fixes, key=lambda fix: fix[2]), float).reshape(-1, 3)
            parts = swept(to_xy(fixes[:, 0], fixes[:, 1]), fixes[:, 2], fact.width_m, one.land.grid)
            return looked(one.state, Look(fact.id, parts))
        if isinstance(fact, PlaceLook):
            return looked(one.state, self._at_place(fact))
        if isinstance(fact, SearchSign):
            xy = self.site.line.frame.xy_m_of(fact.place)
            return sign_found(one.state, Sign(fact.id, xy, fact.place.ce_m or 50.0, fact.at_s, fact.p_theirs))
        return looked(one.state, self._gaze(one, fact))

    def _at_place(self, fact: PlaceLook) -> Gaze:
        """Return a look in vain at a place: whoever was at it then would have been found with its POD."""
        at = self.site.line.frame.xy_m_of(fact.at)
        coverage = -math.log1p(-min(fact.pod, 0.999))

        def coverage_at(xy_m: F4, v_m_s: F4) -> F8:
            return np.where(np.hypot(*(xy_m - at).T) < AT_PLACE_M, coverage, 0.0)

        return Gaze(fact.id, fact.t_s, coverage_at, visited=True)

    def _gaze(self, one: _Map, fact: SearchWatched) -> Gaze:
        index = {sensor.id: k for k, sensor in enumerate(self.site.site.sensors)}
        table = performance_table(self.site.site.sensors, one.crosser)
        rows = [(k, look) for look in fact.looked if (k := index.get(look.sensor)) is not None]
        eyes = {k: eye for k, _ in rows if (eye := self._eye(k)) is not None}
        turn = self._turn
        but = self.site.line.frame.xy_m_from_lonlat([p.lon_deg for p in fact.but], [p.lat_deg for p in fact.but])

        def coverage_at(xy_m: F4, v_m_s: F4) -> F8:
            out = np.zeros(len(xy_m))
            for k, look in rows:
                if k in eyes:
                    sector = math.radians(look.az0_deg) + turn[k], math.radians(look.az1_deg) + turn[k]
                    quality = look.quality if look.quality >= 0.0 else math.nan
                    add_looks(out, xy_m, v_m_s, eyes[k], self.terrain, table[k], one.crosser.height_m, sector,
                              look.range_m, quality, float(look.looks))  # fmt: skip
            for place in np.asarray(but, float).reshape(-1, 2):
                out[np.hypot(*(xy_m - place).T) < NOT_THERE_M] = 0.0
            return out

        return Gaze(fact.id, 0.5 * (fact.from_s + fact.to_s), coverage_at)

    def _eye(self, k: int) -> Eye | None:
        sensor = self.site.site.sensors[k]
        if sensor.kind not in SEEN_BY_EYE:
            return None
        if k not in self._eyes:
            self._eyes[k] = eye_of(k, sensor, self._stands[k], self._turn[k], self.terrain)
        return self._eyes[k]

    def __post_init__(self) -> None:
        """Place the sensors."""
        stand = placed(self.site.site, self.site.line, self.terrain)
        self._stands, self._turn = stand.eye_m, [float(c) for c in stand.convergence_rad]

    # -- plans ---------------------------------------------------------------------------------------------

    def _plan(self, one: _Map, ask: Ask) -> SearchPlan:
        told, site = ask.begun, self.site
        assert ask.plan_s is not None
        until_s = min(ask.plan_s + PLAN_S, told.until_s)
        steps = int((until_s - ask.plan_s) / STEP_S + 1e-9)
        edges = np.asarray(ask.plan_s + STEP_S * np.arange(steps + 1), float)
        name = f"{told.search}-p{ask.number}"
        units = tuple(u for u in site.site.units if u.id in ask.free and (not told.units or u.id in told.units))
        frame = site.line.frame
        at_m = {u: frame.xy_m_from_lonlat(*lonlat) for u, lonlat in ask.at.items()}
        who = [] if steps < 1 else searchers_of(
            site, one.land, units, one.crosser, ask.plan_s, float(edges[-1]), visibility_m=told.visibility_m,
            day=is_day(told.place.lat_deg, told.place.lon_deg, ask.plan_s), beyond_line=told.beyond_line, at_m=at_m,
        )  # fmt: skip
        blank = SearchPlan(
            id=name, t_s=ask.now_s, source="search", search=told.search, plan=name, facts=one.facts,
            from_s=ask.plan_s, to_s=float(edges[-1]), p_before=round(one.state.p_success, 4), p_found=0.0, bound=0.0,
            boxes=(), why="the map has come to its end: begin anew" if steps < 1 else "nobody who searches is free",
        )  # fmt: skip
        if not who:
            return blank
        found = planned(one.state, who, edges)
        widths = {s.id: s.width_m for s in who}
        boxes = tuple(_box(box, widths[box.searcher], frame) for box in found.boxes)
        return SearchPlan(
            id=name, t_s=ask.now_s, source="search", search=told.search, plan=name, facts=one.facts,
            from_s=ask.plan_s, to_s=float(edges[-1]), p_before=blank.p_before, p_found=round(float(found.p_found), 4),
            bound=round(float(found.bound), 4), boxes=boxes, why="" if boxes else "nobody reaches where they may be",
        )  # fmt: skip


def _box(box: Box, width_m: float, frame: SiteFrame) -> SearchBox:
    (x0, y0), (x1, y1) = box.low_m, box.high_m
    corners = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
    return SearchBox(
        unit=box.searcher, from_s=float(box.from_s), to_s=float(box.to_s), corners=_lonlat(corners, frame),
        lanes=_lonlat(lanes_m(box, width_m), frame), spacing_m=round(float(spacing_m(box, width_m)), 1),
        width_m=round(float(width_m), 1), pod=round(float(box.pod), 4),
    )  # fmt: skip


def _lonlat(xy_m: F8, frame: SiteFrame) -> tuple[tuple[float, float], ...]:
    lonlat = np.asarray(frame.lonlat_from_xy_m(xy_m), float)
    return tuple((round(float(lon), 6), round(float(lat), 6)) for lon, lat in lonlat)


def _cells(density: F8, grid: Terrain, frame: SiteFrame) -> tuple[tuple[float, float, float], ...]:
    flat = density.ravel()
    best = np.argsort(flat)[::-1][:SHOWN]
    best = best[flat[best] > 0.0]
    row, col = np.divmod(best, density.shape[1])
    xy = np.column_stack([grid.x0_m + col * grid.cell_m, grid.y0_m - row * grid.cell_m])
    return tuple((lon, lat, round(float(flat[k]), 6)) for (lon, lat), k in zip(_lonlat(xy, frame), best, strict=True))
