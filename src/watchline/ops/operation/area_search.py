"""An operation's area: what tracks really covered, what remains, who sweeps which sector in the next shifts.

Rules: nobody is planned for outside their force's zone, across the line, in mines or flood, or in a sector that their
commander is not entitled to send them into.
ASSUMED: PLACES_SHARE of what is searched for is at known places, by the chance that each is used now; the rest
anywhere in the area.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from watchline.domain.site import Person, Unit
from watchline.geo.line_grid import line_coordinates_m
from watchline.geo.mobility import areas_on_grid
from watchline.ops.operation.operation_file import Operation, midnight_s
from watchline.ops.search.ground import TURN_S, SearchLand, search_land, searchers_of
from watchline.ops.search.lost import CROSSER
from watchline.ops.site_file import LoadedSite
from watchline.response import tasking
from watchline.response.tasking import into_sector
from watchline.search import area, places
from watchline.search.motion import F8, I8, cells_of
from watchline.search.plan import Searcher
from watchline.search.swept import GAP_S
from watchline.search.track_exposure import UNIT, expose, mean_over_cells, none_of
from watchline.sensing.air.sun import HORIZON_DEG, elevation_deg, is_day
from watchline.sensing.scent import work_share

B = NDArray[np.bool_]

PLACES_SHARE = 0.3
ROUND_M = 5000.0  # of ground beside the area, by which units come
VISITS = 2  # places that a unit looks at in a shift, beside sweeping


@dataclass(frozen=True)
class Track:
    """Where a unit was: lonlat_deg (N, 2) at t_s (N,), rising."""

    unit: str
    lonlat_deg: F8
    t_s: F8


@dataclass(frozen=True)
class Visit:
    """A place that a unit looks at in a shift, with the chance that it is used then."""

    unit: str
    from_s: float
    place: places.Place
    p_used: float


@dataclass(frozen=True)
class Going:
    """A sector that a unit is on by order: corners (2,); until to_s; seconds of sweeping and coverage in all."""

    low_m: F8
    high_m: F8
    to_s: float
    seconds: float
    coverage: float


@dataclass(frozen=True)
class AreaSearch:
    """inside (rows, cols): cells of the area; pod (rows, cols) that tracks reached, 0 outside; left: chance of each
    cell now, summing to what was not found; plan of the next shifts; visits in them; from_s when they begin.

    searched: units whose tracks counted, with the square kilometres they swept.
    """

    operation: Operation
    land: SearchLand
    inside: B
    pod: F8
    left: F8
    plan: area.AreaPlan
    visits: tuple[Visit, ...]
    known: tuple[places.Place, ...]
    from_s: float
    searched: dict[str, float]

    @property
    def pod_of_area(self) -> float:
        """Return the mean POD over the area: of whoever stays anywhere in it."""
        return float(self.pod[self.inside].mean())

    @property
    def places_looked_at(self) -> float:
        """Return the share of the area's places that somebody looked at since the operation began; 1 for none."""
        seen = [p.last is not None and p.last.t_s >= self.operation.begins_s for p in self.known]
        return sum(seen) / len(seen) if seen else 1.0


def area_search(
    operation: Operation, site: LoadedSite, tracks: Iterable[Track], known: places.State, from_s: float
) -> AreaSearch:
    """Return where the search of the area stands, and the sectors of the shifts from from_s on."""
    one = Area(operation, site)
    for track in tracks:
        one.take(track)
    return one.stands(known, from_s)


class Area:
    """An operation's ground and what tracks have shown of it.  Mutable: it takes tracks as they come.

    The same fixes leave the same exposure, to the bit, in whatever order and pieces they come.
    """

    def __init__(self, operation: Operation, site: LoadedSite) -> None:
        """Lay out the ground."""
        self.operation, self._site = operation, site
        frame, terrain = site.line.frame, site.terrain()
        rings = [np.asarray(frame.xy_m_from_lonlat(ring[:, 0], ring[:, 1]), float) for ring in operation.rings]
        corners = np.concatenate(rings)
        low, high = corners.min(axis=0), corners.max(axis=0)
        self.land = search_land(site, terrain, (low + high) / 2.0, float(np.max(high - low)) / 2.0 + ROUND_M)
        self.inside: B = areas_on_grid(rings, self.land.grid)
        self._share = area.ground_share(self.land.fine, self.land.grid)
        self.by_light = _searchers(operation, site, self.land)
        self._exposure: I8 = none_of(self.land.grid)
        self._fixes: dict[str, F8] = {}

    def take(self, track: Track) -> None:
        """Take more of where a unit was; what comes late is put where it belongs."""
        if track.unit not in self.by_light[True] or not len(track.t_s):
            return
        new = np.column_stack([track.t_s, track.lonlat_deg])
        had = self._fixes.get(track.unit, np.zeros((0, 3)))
        both = np.unique(np.concatenate([had, new]), axis=0)  # by time
        both = both[np.concatenate([[True], np.diff(both[:, 0]) > 0.0])]
        since = max(0, int(np.searchsorted(had[:, 0], new[:, 0].min())) - 1)
        self._lay(track.unit, had[since:], -1)
        self._lay(track.unit, both[since:], 1)
        self._fixes[track.unit] = both

    def _lay(self, unit: str, fixes: F8, sign: int) -> None:
        """Add what fixes (N, 3) of time, longitude, latitude showed, or take it out again."""
        if len(fixes) < 2:
            return
        expose(self._exposure, self.land.grid, self._share, self._xy(fixes), fixes[:, 0], self._width_m(unit, fixes),
               self.by_light[True][unit].speed_m_s, payload=self.operation.units[unit].kind == "drone",
               sign=sign)  # fmt: skip

    def _width_m(self, unit: str, fixes: F8) -> F8:
        lon, lat = (float(v) for v in self.operation.rings[0].mean(axis=0))
        light = elevation_deg(lat, lon, fixes[:, 0]) > HORIZON_DEG
        return np.where(light, self.by_light[True][unit].width_m, self.by_light[False][unit].width_m)

    def _xy(self, fixes: F8) -> F8:
        return np.asarray(self._site.line.frame.xy_m_from_lonlat(fixes[:, 1], fixes[:, 2]), float)

    def _swept_km2(self) -> dict[str, float]:
        """Return the square kilometres that each unit swept: way times sweep width."""
        out = {}
        for unit, fixes in self._fixes.items():
            leg = np.hypot(*np.diff(self._xy(fixes), axis=0).T)
            counts = np.diff(fixes[:, 0]) <= GAP_S
            out[unit] = float(np.sum(leg * counts * self._width_m(unit, fixes[:-1]))) / 1e6
        return out

    def stands(
        self, known: places.State, from_s: float, going: Sequence[Going] = (), *, plans: bool = True
    ) -> AreaSearch:  # fmt: skip
        """Return where the search stands by all tracks so far, and the sectors of the shifts from from_s on.

        going: what is being swept meanwhile, so that nobody else is sent there; plans: whether sectors are wanted.
        """
        land, operation = self.land, self.operation
        to_xy = self._site.line.frame.xy_m_from_lonlat
        at = {p.id: cells_of(land.grid, to_xy(p.lon_deg, p.lat_deg)) for p in known.places.values()}
        here = tuple(p for p in known.places.values() if at[p.id] >= 0 and self.inside.ravel()[at[p.id]])
        p = _prior(self.inside, [(int(at[one.id]), places.p_used(one, from_s)) for one in here])
        pod = np.where(self.inside, mean_over_cells(area.pod_of(np.asarray(self._exposure * UNIT, float))), 0.0)
        left = p * (1.0 - pod)
        shifts = _shifts(operation, self._site, land, self.inside, self.by_light, from_s) if plans else []
        plan = area.planned(left * np.exp(-self._laid(going, from_s) * self._share), land.grid, self._share, shifts)
        visits = tuple(_visits(plan.sectors, here, at, shifts, operation))
        return AreaSearch(
            operation, land, self.inside, pod, left, plan, visits, here, from_s, self._swept_km2()
        )  # fmt: skip

    def _laid(self, going: Sequence[Going], now_s: float) -> F8:
        """Return (rows, cols) the coverage that is still to come of sectors under way."""
        grid = self.land.grid
        rows, cols = grid.height_m.shape
        out = np.zeros((rows, cols))
        x, y = grid.x0_m + np.arange(cols) * grid.cell_m, grid.y0_m - np.arange(rows) * grid.cell_m
        for one in going:
            within = ((x >= one.low_m[0]) & (x <= one.high_m[0]))[None, :] & (
                (y >= one.low_m[1]) & (y <= one.high_m[1])
            )[:, None]
            out += within * one.coverage * min(1.0, max(0.0, one.to_s - now_s) / max(one.seconds, 1.0))
        return out


def _prior(inside: B, used: list[tuple[int, float]]) -> F8:
    p = np.where(inside, 1.0 / max(1, int(inside.sum())), 0.0)
    total = sum(weight for _, weight in used)
    if total > 0.0:
        p *= 1.0 - PLACES_SHARE
        for cell, weight in used:
            p.ravel()[cell] += PLACES_SHARE * weight / total
    return np.asarray(p, float)


ByLight = Mapping[bool, Mapping[str, Searcher]]


def _searchers(operation: Operation, site: LoadedSite, land: SearchLand) -> ByLight:
    """Return what units can do by day (True) and by night: eyes see less far, payloads as far."""
    told = operation.stated.sweep
    by_light = {
        day: searchers_of(
            site, land, tuple(operation.units.values()), CROSSER[told.subject], operation.begins_s, math.inf, day=day,
            visibility_m=told.visibility_m, beyond_line=False, wind_m_s=told.wind_m_s,
        )
        for day in (True, False)
    }  # fmt: skip
    return {day: {one.id: one for one in found} for day, found in by_light.items()}


# -- who may sweep where -----------------------------------------------------------------------------------


def _shifts(
    operation: Operation, site: LoadedSite, land: SearchLand, inside: B, both: ByLight, from_s: float
) -> list[area.Shift]:  # fmt: skip
    told = operation.stated.sweep
    until_s = min(operation.ends_s, from_s + 86_400.0 * told.ahead_days)
    midnight = midnight_s(operation, site)
    lon, lat = (float(v) for v in operation.rings[0].mean(axis=0))
    s_m, _ = line_coordinates_m(site.line, land.grid)
    people = {person.name: person for person in site.site.people}
    out = []
    for force, zone in zip(operation.stated.forces, operation.zones, strict=True):
        frame = site.line.frame
        rings = [np.asarray(frame.xy_m_from_lonlat(ring[:, 0], ring[:, 1]), float) for ring in zone]
        own = inside & areas_on_grid(rings, land.grid) if rings else inside
        for n, id_ in enumerate(force.units):
            if id_ not in both[True]:
                continue
            may = own & _may_enter(site, operation.units[id_], people[force.commander], s_m)
            for k, (begin_h, end_h) in enumerate(told.shifts):
                if told.all_units or n % len(told.shifts) == k:
                    for a, b in area.days(from_s, until_s, begin_h, end_h, midnight):
                        who = both[is_day(lat, lon, 0.5 * (a + b))][id_]
                        if operation.units[id_].dog:
                            works = work_share(told.temperature_c, b - a)
                            who = replace(who, width_m=who.width_m * works)
                        out.append(_shift(operation.units[id_], who, land, may, a, b))
    return out


def _may_enter(site: LoadedSite, unit: Unit, lead: Person, s_m: NDArray[np.float32]) -> B:
    """Return (rows, cols) where a commander may send a unit, by whose sector it is."""
    km = np.floor(s_m / 1000.0)
    out = np.zeros(s_m.shape, bool)
    for one in np.unique(km):
        try:
            tasking.entitled(
                site.site, lead.name, lead.role, unit, into_sector(site.site, unit, 1000.0 * one + 500.0)
            )
        except tasking.NotEntitled:
            continue
        out |= km == one
    return out


def _shift(unit: Unit, who: Searcher, land: SearchLand, may: B, from_s: float, to_s: float) -> area.Shift:
    open_ = may if who.open_ is None else may & who.open_
    if who.reach_s is not None:
        return area.Shift(unit.id, from_s, to_s, who.width_m, who.speed_m_s, open_ & np.isfinite(who.reach_s),
                          np.where(np.isfinite(who.reach_s), who.reach_s, 1e9))  # fmt: skip
    rows, cols = land.grid.height_m.shape
    away_m = np.hypot(
        land.grid.x0_m + np.arange(cols) * land.grid.cell_m - who.xy_m[0],
        (land.grid.y0_m - np.arange(rows) * land.grid.cell_m - who.xy_m[1])[:, None],
    )
    # A drone is out for a sortie and then for a turn at its base: of its speed that share is left over a shift.
    flies = who.sortie_s / (who.sortie_s + TURN_S) if math.isfinite(who.sortie_s) else 1.0
    home_s = np.where(away_m / who.speed_m_s < 0.4 * who.sortie_s, away_m / who.speed_m_s, 1e9)
    sorties = max(1.0, (to_s - from_s) / (who.sortie_s + TURN_S)) if math.isfinite(who.sortie_s) else 1.0
    return area.Shift(unit.id, from_s, to_s, who.width_m, who.speed_m_s * flies,
                      open_ & (away_m <= unit.link_range_m) & (home_s < 1e9), home_s * sorties)  # fmt: skip


# -- places ------------------------------------------------------------------------------------------------


def _visits(
    sectors: Sequence[area.Sector], known: Sequence[places.Place], at: dict[str, NDArray[np.int64]],
    shifts: Sequence[area.Shift], operation: Operation,
) -> Iterable[Visit]:  # fmt: skip
    """Yield who looks at which place: in each shift the places that are due and worth most, each once."""
    by_shift = {(shift.unit, shift.from_s): shift for shift in shifts}
    waiting = {place.id: place for place in known}
    for sector in sectors:
        unit = operation.units[sector.unit]
        if unit.kind == "drone":
            continue  # nobody looks into a cave from above
        open_ = by_shift[sector.unit, sector.from_s].open_.ravel()
        due = [p for p in waiting.values() if places.due_s(p) <= sector.from_s and open_[at[p.id]]]
        pod = operation.stated.sweep.place_pod
        due.sort(key=lambda p: (-places.worth(p, sector.from_s, pod), p.id))
        for place in due[:VISITS]:
            waiting.pop(place.id)
            yield Visit(sector.unit, sector.from_s, place, places.p_used(place, sector.from_s))
