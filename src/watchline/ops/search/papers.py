"""A live search's plan to print and to carry: its sheet, and its lanes as GPX."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from watchline.domain.records import GeoPoint, MapShape
from watchline.domain.search import SearchBox, SearchLook, SearchPlan, SearchSign
from watchline.geo.grid_reference import mgrs_of
from watchline.links.maps.gpx import file_of as gpx_of
from watchline.ops.site_file import LoadedSite
from watchline.reports.document import Document, Writer
from watchline.reports.search import SearchFacts, search_sheet
from watchline.reports.sweep import SweepFacts
from watchline.reports.words import Language
from watchline.search.live import Search


def sheet_of(one: Search, plan: SearchPlan, site: LoadedSite, language: Language) -> Document:
    """Return the sheet of a plan."""
    told, zone = one.begun, site.site.clock.timezone
    tasks = [
        SweepFacts(box.unit, box.from_s, box.to_s, mgrs_of(*box.corners[0]), mgrs_of(*box.corners[2]), box.spacing_m,
                  box.pod)
        for box in plan.boxes
    ]  # fmt: skip
    known = one.facts[: plan.facts]
    facts = SearchFacts(
        site.site.name, zone, told.name, told.subject, mgrs_of(told.place.lon_deg, told.place.lat_deg), told.lost_s,
        plan.from_s, plan.to_s, plan.p_found, plan.bound, plan.p_before,
        sum(isinstance(fact, SearchLook) for fact in known), sum(isinstance(fact, SearchSign) for fact in known),
        tasks, site.site.simulation is not None,
    )  # fmt: skip
    return search_sheet(facts, Writer(language, zone))


def gpx_of_plan(one: Search, plan: SearchPlan, simulated: bool) -> bytes:
    """Return the lanes of a plan with times, and the last known place."""
    return gpx_of(list(_shapes(one, plan, {"simulated": "true"} if simulated else {})))


def _shapes(one: Search, plan: SearchPlan, told: dict[str, str]) -> Iterator[MapShape]:
    yield MapShape(id="last-known", t_s=one.begun.lost_s, source="search", name="last known", shape="point",
                   points=(one.begun.place,), times_s=(one.begun.lost_s,), properties=told)  # fmt: skip
    for n, box in enumerate(plan.boxes):
        points = tuple(GeoPoint(lon_deg=lon, lat_deg=lat) for lon, lat in box.lanes)
        about = told | {"unit": box.unit, "pod": f"{box.pod:.3f}", "lane_spacing_m": f"{box.spacing_m:.0f}"}
        yield MapShape(id=f"task-{n}-line", t_s=box.from_s, source="search", name=f"{box.unit} {n}", shape="line",
                       points=points, times_s=times_of(box), properties=about)  # fmt: skip


def times_of(box: SearchBox) -> tuple[float, ...]:
    """Return when each turning point of a box's lanes is passed, spread evenly over its time."""
    way = np.array(box.lanes)
    leg = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(way, axis=0).T))])
    return tuple(float(box.from_s + (box.to_s - box.from_s) * part) for part in leg / max(float(leg[-1]), 1e-12))
