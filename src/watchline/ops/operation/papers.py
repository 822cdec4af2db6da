"""An operation to print and to carry: its orders, its sectors and lanes as shapes, a drone's lanes to fly.

The same from a file and from a running core: all of it follows from the records.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from watchline.domain.operations import (
    Objective,
    OperationPlan,
    OperationProgress,
    OperationStated,
    PlannedSector,
    Ring,
)
from watchline.domain.records import GeoPoint, MapShape
from watchline.geo.frame import SiteFrame
from watchline.geo.grid_reference import mgrs_of
from watchline.geo.patterns import sweep
from watchline.ops.site_file import LoadedSite
from watchline.reports.operation import ForceFacts, ObjectiveFacts, OrderFacts, VisitFacts
from watchline.reports.sweep import SweepFacts
from watchline.search import places

F8 = NDArray[np.float64]


def facts_of(
    stated: OperationStated, progress: OperationProgress, plan: OperationPlan, known: places.State, site: LoadedSite,
    organisation: str = "",
) -> OrderFacts:  # fmt: skip
    """Return what the orders say; organisation: that only its own units' tasks and rights are wanted, "" for all."""
    rights = rights_in(stated)
    mine = {u for f in stated.forces if organisation in ("", f.organisation) for u in f.units}
    mines = [area.id for area in site.site.areas if area.kind in ("mines", "flood")]
    last = {p.id: p.last for p in known.places.values()}
    return OrderFacts(
        site.site.name, site.site.clock.timezone, stated.name, stated.what, stated.commander, stated.begins_s,
        stated.ends_s, plan.t_s, stated.end_state, progress.area_km2, progress.pod, plan.p_found, plan.bound,
        [ObjectiveFacts(one.text, reached(progress, one), one.aim) for one in stated.objectives],
        [(p.name, p.begins_s, p.ends_s, p.text) for p in stated.phases],
        [ForceFacts(f.organisation, f.commander, [(u, rights[u]) for u in f.units if u in mine], _corners(f.zone))
         for f in stated.forces],
        [*stated.hazards, *mines], stated.coordination,
        [SweepFacts(s.unit, s.from_s, s.to_s, mgrs_of(*s.corners[0]), mgrs_of(*s.corners[2]), s.spacing_m, s.pod)
         for s in plan.sectors if s.unit in mine],
        [VisitFacts(v.unit, v.from_s, v.what, v.name, mgrs_of(v.lon_deg, v.lat_deg),
                    None if (look := last.get(v.place)) is None else look.t_s)
         for v in plan.visits if v.unit in mine],
        site.site.simulation is not None,
    )  # fmt: skip


def reached(progress: OperationProgress | None, one: Objective) -> float | None:
    """Return what was reached of an objective, None where it is in words only or nothing was reckoned yet."""
    if progress is None or progress.fault:
        return None
    return {"pod": progress.pod, "places": progress.looked_at, "none": None}[one.measure]


def rights_in(stated: OperationStated) -> dict[str, str]:
    """Return by which right each unit is sent."""
    return {unit: right for unit, _, right in (one.partition(": ") for one in stated.rights)}


def _corners(zone: tuple[Ring, ...]) -> str:
    """Return the south-west and north-east corners of a zone as MGRS, "" for the whole area."""
    corners = [corner for ring in zone for corner in ring]
    if not corners:
        return ""
    (west, south), (east, north) = (tuple(by(c[k] for c in corners) for k in (0, 1)) for by in (min, max))
    return f"{mgrs_of(west, south)} – {mgrs_of(east, north)}"


def lanes_m(low_m: F8, high_m: F8, spacing_m: float) -> F8:
    """Return (N, 2) the turning points of the lanes of a box."""
    (x0, y0), (x1, y1) = low_m, high_m
    return sweep(np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]]), min(spacing_m, x1 - x0, y1 - y0))


def lanes_of(one: PlannedSector, frame: SiteFrame) -> tuple[F8, F8]:
    """Return (N, 2) longitude, latitude of a sector's lanes and (N,) when each turning point is passed."""
    corners = np.array(one.corners, float)
    xy = np.asarray(frame.xy_m_from_lonlat(corners[:, 0], corners[:, 1]), float)
    way = lanes_m(xy.min(axis=0), xy.max(axis=0), one.spacing_m)
    leg = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(way, axis=0).T))])
    times = one.to_s - one.seconds * (1.0 - leg / max(leg[-1], 1.0))
    return np.asarray(frame.lonlat_from_xy_m(way), float), times


def shapes_of(plan: OperationPlan, site: LoadedSite, units: frozenset[str] | None = None) -> Iterator[MapShape]:
    """Yield every sector as an area and as its lanes, and the places to look at; units: whose, None for all."""
    frame = site.line.frame
    told = {"simulated": "true"} if site.site.simulation is not None else {}
    for n, one in enumerate(plan.sectors):
        if units is not None and one.unit not in units:
            continue
        about = told | {"unit": one.unit, "pod": f"{one.pod:.3f}", "lane_spacing_m": f"{one.spacing_m:.0f}"}
        way, times = lanes_of(one, frame)
        both: list[tuple[str, F8, tuple[float, ...]]] = [
            ("area", np.array(one.corners), ()), ("line", way, tuple(float(t) for t in times))
        ]  # fmt: skip
        for kind, lonlat, at in both:
            points = tuple(GeoPoint(lon_deg=float(a), lat_deg=float(b)) for a, b in lonlat)
            yield MapShape(id=f"sector-{n}-{kind}", t_s=one.from_s, source="operation", name=f"{one.unit} {n}",
                           shape="area" if kind == "area" else "line", points=points, times_s=at,
                           properties=about)  # fmt: skip
    for visit in plan.visits:
        if units is None or visit.unit in units:
            place = GeoPoint(lon_deg=visit.lon_deg, lat_deg=visit.lat_deg)
            yield MapShape(id=f"visit-{visit.place}", t_s=visit.from_s, source="operation", name=visit.name,
                           shape="point", points=(place,), properties=told | {"unit": visit.unit})  # fmt: skip
