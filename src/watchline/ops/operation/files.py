"""What an operation leaves on disk: orders to print, sectors as GeoJSON, lanes as GPX, POD as GeoTIFF, a summary."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from watchline.links.maps.geojson import file_of as geojson_of
from watchline.links.maps.gpx import file_of as gpx_of
from watchline.ops.json_file import write_json
from watchline.ops.operation.area_search import AreaSearch
from watchline.ops.operation.papers import facts_of, reached, rights_in, shapes_of
from watchline.ops.operation.told import plan_of, progress_of
from watchline.ops.operation.wishes import StateOperation
from watchline.ops.site_file import LoadedSite
from watchline.reports.document import Writer
from watchline.reports.html import html
from watchline.reports.operation import orders
from watchline.reports.words import Language
from watchline.search import places
from watchline.sources.rasters import write_field

LANGUAGES: tuple[Language, ...] = ("en", "ar")
IN_A_CORE = ("id", "t_s", "source", "schema", "provenance", "exercise", "person", "rights", "operation")


def write_operation(out: Path, found: AreaSearch, site: LoadedSite) -> dict[str, Any]:
    """Write the orders, sectors.geojson, lanes.gpx, pod.tif, operation.json and summary.json; return the last.

    operation.json is what a running core takes: the body of POST /api/operations, less its key.
    """
    out.mkdir(parents=True, exist_ok=True)
    stated, frame = found.operation.stated, site.line.frame
    progress = progress_of(found, frame, 1, 0, found.from_s)
    plan = plan_of(found, frame, progress, 1)
    facts = facts_of(stated, progress, plan, places.begun(found.known), site)
    for language in LANGUAGES:
        (out / f"orders-{language}.html").write_bytes(html(orders(facts, Writer(language, facts.timezone))))
    shapes = list(shapes_of(plan, site))
    (out / "sectors.geojson").write_bytes(geojson_of(shapes))
    (out / "lanes.gpx").write_bytes(gpx_of([one for one in shapes if one.shape != "area"]))
    bands = {
        "pod": np.where(found.inside, found.pod, np.nan).astype(np.float32),
        "left": np.where(found.inside, found.left, np.nan).astype(np.float32),
    }
    write_field(out / "pod.tif", bands, found.land.grid, frame)
    wish = {"ask": "state_operation"} | {
        name: getattr(stated, name) for name in StateOperation.__struct_fields__
        if hasattr(stated, name) and name not in IN_A_CORE
    }  # fmt: skip
    (out / "operation.json").write_bytes(msgspec.json.encode(wish))
    summary: dict[str, Any] = {
        "site": site.site.name,
        "operation": stated.name,
        "kind": stated.what,
        "simulated": site.site.simulation is not None,
        "area_km2": round(progress.area_km2, 1),
        "pod": round(found.pod_of_area, 4),
        "left": round(progress.left, 4),
        "places": progress.places,
        "places_looked_at": round(progress.looked_at, 4),
        "objectives": [
            {"text": one.text, "measure": one.measure, "aim": one.aim, "reached": reached(progress, one)}
            for one in stated.objectives
        ],
        "p_next": round(plan.p_found, 4),
        "bound": round(plan.bound, 4),
        "sectors": len(plan.sectors),
        "visits": len(plan.visits),
        "swept_km2": {unit: round(km2, 2) for unit, km2 in progress.swept_km2.items()},
        "rights": rights_in(stated),
        "assumed": {"sectors": "search at random", "tracks": "inverse cube by eye",
                    "stays": "whoever is searched for stays where they are"},
        "status": "a proposal: nobody is sent by it before the commander has signed",
    }  # fmt: skip
    write_json(out / "summary.json", summary)
    return summary
