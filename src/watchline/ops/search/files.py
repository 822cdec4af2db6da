"""What a search plan leaves on disk: the map as GeoTIFF, tasks as GeoJSON and GPX, a summary, printable sheets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from watchline.geo.frame import SiteFrame
from watchline.geo.grid_reference import mgrs_of
from watchline.links.maps.geojson import file_of as geojson_of
from watchline.links.maps.gpx import file_of as gpx_of
from watchline.ops.json_file import write_json
from watchline.ops.search.lost import LostContact
from watchline.ops.search.shapes import shapes_of, spacing_m
from watchline.ops.site_file import LoadedSite
from watchline.reports.document import Writer
from watchline.reports.html import html
from watchline.reports.search import SearchFacts, search_sheet
from watchline.reports.sweep import SweepFacts
from watchline.reports.words import Language
from watchline.sources.rasters import write_field

MAP_EVERY_S = 1800.0
LANGUAGES: tuple[Language, ...] = ("en", "ar")


def write_search(out: Path, found: LostContact, site: LoadedSite) -> dict[str, Any]:
    """Write probability.tif, plan.geojson, plan.gpx, sheet-en.html, sheet-ar.html and summary.json; return it."""
    simulated = site.site.simulation is not None
    out.mkdir(parents=True, exist_ok=True)
    write_field(out / "probability.tif", _maps(found), found.land.grid, site.line.frame)
    shapes = list(shapes_of(found, site.line.frame, simulated))
    (out / "plan.geojson").write_bytes(geojson_of(shapes))
    (out / "plan.gpx").write_bytes(gpx_of([one for one in shapes if one.shape != "area"]))
    for language in LANGUAGES:
        document = search_sheet(_facts(found, site, simulated), Writer(language, site.site.clock.timezone))
        (out / f"sheet-{language}.html").write_bytes(html(document))
    summary = summary_of(found, site)
    write_json(out / "summary.json", summary)
    return summary


def summary_of(found: LostContact, site: LoadedSite) -> dict[str, Any]:
    """Return what a person asks first, as numbers."""
    plan, state = found.plan, found.state
    return {
        "site": site.site.name,
        "search": found.told.last_seen.name,
        "subject": found.told.last_seen.subject,
        "simulated": site.site.simulation is not None,
        "day": found.day,
        "cell_m": found.land.grid.cell_m,
        "plan_side_m": plan.side_m,
        "p_found_before": round(state.p_success, 4),
        "p_found": round(plan.p_found, 4),
        "bound": round(plan.bound, 4),
        "p_outside_map": round(1.0 - float(state.density(found.from_s).sum()), 4),
        "by_time": [
            {"t_s": float(t), "p_found": round(float(p), 4)}
            for t, p in zip(plan.step_to_s, plan.p_by_step, strict=True)
        ],
        "searchers": [
            {
                "id": one.id,
                "width_m": round(one.width_m, 1),
                "speed_m_s": one.speed_m_s,
                "tasks": sum(box.searcher == one.id for box in plan.boxes),
                "minutes": round(sum(box.seconds for box in plan.boxes if box.searcher == one.id) / 60, 1),
            }
            for one in found.searchers
        ],
        "assumed": {
            "intents": {str(k): v for k, v in state.setting.intents.items()},
            "law": "search at random: POD = 1 - exp(-coverage)",
        },
        "status": "a proposal: nobody is sent by it",
    }


def _maps(found: LostContact) -> dict[str, np.ndarray[Any, np.dtype[np.float32]]]:
    end_s = float(found.plan.step_to_s[-1])
    times = np.arange(found.from_s, end_s + 1.0, MAP_EVERY_S)
    return {
        f"after_{round((t - found.state.loss.t_s) / 60)}_min": found.state.density(float(t)).astype(np.float32)
        for t in times
    }


def _facts(found: LostContact, site: LoadedSite, simulated: bool) -> SearchFacts:
    seen, plan = found.told.last_seen, found.plan
    widths = {one.id: one.width_m for one in found.searchers}
    tasks = [
        SweepFacts(
            box.searcher, box.from_s, box.to_s, _mgrs(site.line.frame, box.low_m), _mgrs(site.line.frame, box.high_m),
            spacing_m(box, widths[box.searcher]), box.pod,
        )
        for box in plan.boxes
    ]  # fmt: skip
    return SearchFacts(
        site.site.name, site.site.clock.timezone, seen.name, seen.subject, mgrs_of(seen.lon_deg, seen.lat_deg),
        found.state.loss.t_s, found.from_s, float(plan.step_to_s[-1]), plan.p_found, plan.bound,
        found.state.p_success, len(found.state.looks), len(found.state.signs), tasks, simulated,
    )  # fmt: skip


def _mgrs(frame: SiteFrame, xy_m: np.ndarray[Any, np.dtype[np.float64]]) -> str:
    lon, lat = frame.lonlat_from_xy_m(xy_m)
    return mgrs_of(float(lon), float(lat))
