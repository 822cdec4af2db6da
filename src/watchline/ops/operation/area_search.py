"""An operation's area: what tracks really covered, what remains, who sweeps which sector in the next shifts.

Rules: nobody is planned for outside their force's zone, across the line, in mines or flood, or in a sector that their
commander is not entitled to send them into.
ASSUMED: PLACES_SHARE of what is searched for is at known places, by the chance that each is used now; the rest
anywhere in the area.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from watchline.domain.site import Person, Unit
from watchline.geo.line_grid import line_coordinates_m
from watchline.geo.mobility import areas_on_grid
from watchline.ops.operation.operation_file import Operation, midnight_s
from watchline.ops.search.ground import TURN_S, SearchLand, eye_width_m, search_land, searchers_of
from watchline.ops.search.lost import CROSSER
from watchline.ops.site_file import LoadedSite
from watchline.response import tasking
from watchline.response.proposals import into_sector
from watchline.search import area, places
from watchline.search.motion import F8, cells_of
from watchline.search.plan import Searcher
from watchline.search.swept import covered
from watchline.sensing.air.sun import is_day

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
    frame, terrain = site.line.frame, site.terrain()
    rings = [np.asarray(frame.xy_m_from_lonlat(ring[:, 0], ring[:, 1]), float) for ring in operation.rings]
    corners = np.concatenate(rings)
    low, high = corners.min(axis=0), corners.max(axis=0)
    land = search_land(site, terrain, (low + high) / 2.0, float(np.max(high - low)) / 2.0 + ROUND_M)
    inside = areas_on_grid(rings, land.grid)
    share = area.ground_share(land.fine, land.grid)
    at = {p.id: cells_of(land.grid, frame.xy_m_from_lonlat(p.lon_deg, p.lat_deg)) for p in known.places.values()}
    here = tuple(p for p in known.places.values() if at[p.id] >= 0 and inside.ravel()[at[p.id]])
    both = _searchers(operation, site, land, from_s)
    coverage, searched = _covered(operation, site, land, tracks, both)
    p = _prior(inside, [(int(at[one.id]), places.p_used(one, from_s)) for one in here])
    pod = area.pod_of(coverage * share)
    left = p * (1.0 - pod)
    shifts = _shifts(operation, site, land, inside, both, from_s)
    plan = area.planned(left, land.grid, share, shifts)
    pod = np.where(inside, pod, 0.0)
    visits = tuple(_visits(plan.sectors, here, at, shifts, operation))
    return AreaSearch(operation, land, inside, pod, left, plan, visits, here, from_s, searched)


def _prior(inside: B, used: list[tuple[int, float]]) -> F8:
    p = np.where(inside, 1.0 / max(1, int(inside.sum())), 0.0)
    total = sum(weight for _, weight in used)
    if total > 0.0:
        p *= 1.0 - PLACES_SHARE
        for cell, weight in used:
            p.ravel()[cell] += PLACES_SHARE * weight / total
    return np.asarray(p, float)


def _searchers(
    operation: Operation, site: LoadedSite, land: SearchLand, from_s: float
) -> dict[bool, dict[str, Searcher]]:  # fmt: skip
    """Return what units can do by day (True) and by night: eyes see less far, payloads as far."""
    told, subject = operation.told.sweep, CROSSER[operation.told.sweep.subject]
    found = searchers_of(
        site, land, tuple(operation.units.values()), subject, from_s, math.inf, day=True,
        visibility_m=told.visibility_m, beyond_line=False,
    )  # fmt: skip
    by_night = [
        one if operation.units[one.id].kind == "drone"
        else replace(one, width_m=eye_width_m(subject, one.speed_m_s, day=False, visibility_m=told.visibility_m))
        for one in found
    ]  # fmt: skip
    return {True: {one.id: one for one in found}, False: {one.id: one for one in by_night}}


# -- what was covered --------------------------------------------------------------------------------------


def _covered(
    operation: Operation, site: LoadedSite, land: SearchLand, tracks: Iterable[Track],
    both: dict[bool, dict[str, Searcher]],
) -> tuple[F8, dict[str, float]]:  # fmt: skip
    laid = np.zeros(land.grid.height_m.shape)
    searched: dict[str, float] = {}
    for track in tracks:
        if track.unit not in both[True] or not len(track.t_s):
            continue
        xy = np.asarray(site.line.frame.xy_m_from_lonlat(track.lonlat_deg[:, 0], track.lonlat_deg[:, 1]), float)
        lon, lat = (float(v) for v in track.lonlat_deg.mean(axis=0))
        day = np.array([is_day(lat, lon, float(t)) for t in track.t_s])
        edges = [0, *(np.flatnonzero(np.diff(day)) + 1).tolist(), len(day)]
        for a, b in itertools.pairwise(edges):
            piece = slice(a, min(b + 1, len(day)))  # to the first fix of the next, so that nothing is left out
            width_m = both[bool(day[a])][track.unit].width_m
            new = covered(xy[piece], track.t_s[piece], width_m, land.grid)
            laid += new
            searched[track.unit] = searched.get(track.unit, 0.0) + float(new.sum()) * land.grid.cell_m**2 / 1e6
    return laid, searched


# -- who may sweep where -----------------------------------------------------------------------------------


def _shifts(
    operation: Operation, site: LoadedSite, land: SearchLand, inside: B, both: dict[bool, dict[str, Searcher]],
    from_s: float,
) -> list[area.Shift]:  # fmt: skip
    told = operation.told.sweep
    until_s = min(operation.ends_s, from_s + 86_400.0 * told.ahead_days)
    midnight = midnight_s(operation, site)
    lon, lat = (float(v) for v in operation.rings[0].mean(axis=0))
    s_m, _ = line_coordinates_m(site.line, land.grid)
    people = {person.name: person for person in site.site.people}
    out = []
    for force, zone in zip(operation.told.forces, operation.zones, strict=True):
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
        pod = operation.told.sweep.place_pod
        due.sort(key=lambda p: (-places.worth(p, sector.from_s, pod), p.id))
        for place in due[:VISITS]:
            waiting.pop(place.id)
            yield Visit(sector.unit, sector.from_s, place, places.p_used(place, sector.from_s))
