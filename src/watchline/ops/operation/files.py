"""What an operation leaves on disk: orders to print, sectors as GeoJSON, lanes as GPX, POD as GeoTIFF, a summary."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from watchline.domain.operations import Objective, OperationStated, Ring
from watchline.domain.records import GeoPoint, MapShape
from watchline.geo.grid_reference import mgrs_of
from watchline.geo.patterns import sweep
from watchline.links.maps.geojson import file_of as geojson_of
from watchline.links.maps.gpx import file_of as gpx_of
from watchline.ops.operation.area_search import AreaSearch
from watchline.ops.site_file import LoadedSite
from watchline.reports.document import Writer
from watchline.reports.html import html
from watchline.reports.operation import ForceFacts, ObjectiveFacts, OrderFacts, SectorFacts, VisitFacts, orders
from watchline.reports.words import Language
from watchline.search.area import Sector, spacing_m
from watchline.sources.rasters import write_field

LANGUAGES: tuple[Language, ...] = ("en", "ar")


def write_operation(out: Path, found: AreaSearch, site: LoadedSite) -> dict[str, Any]:
    """Write orders-en.html, orders-ar.html, sectors.geojson, lanes.gpx, pod.tif and summary.json; return the last."""
    out.mkdir(parents=True, exist_ok=True)
    facts = facts_of(found, site)
    for language in LANGUAGES:
        (out / f"orders-{language}.html").write_bytes(html(orders(facts, Writer(language, facts.timezone))))
    shapes = list(shapes_of(found, site))
    (out / "sectors.geojson").write_bytes(geojson_of(shapes))
    (out / "lanes.gpx").write_bytes(gpx_of([one for one in shapes if one.shape != "area"]))
    bands = {
        "pod": np.where(found.inside, found.pod, np.nan).astype(np.float32),
        "left": np.where(found.inside, found.left, np.nan).astype(np.float32),
    }
    write_field(out / "pod.tif", bands, found.land.grid, site.line.frame)
    summary = summary_of(found, site)
    (out / "summary.json").write_text(msgspec.json.format(msgspec.json.encode(summary)).decode() + "\n")
    return summary


def lanes_m(sector: Sector) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return (N, 2) the turning points of a sector's lanes."""
    (x0, y0), (x1, y1) = sector.low_m, sector.high_m
    outline = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
    return sweep(outline, min(spacing_m(sector), min(x1 - x0, y1 - y0)))


def shapes_of(found: AreaSearch, site: LoadedSite) -> Iterator[MapShape]:
    """Return every sector as an area and as its lanes, and the places to look at."""
    frame = site.line.frame
    told = {"simulated": "true"} if site.site.simulation is not None else {}
    for n, one in enumerate(found.plan.sectors):
        (x0, y0), (x1, y1) = one.low_m, one.high_m
        about = told | {
            "unit": one.unit,
            "coverage": f"{one.coverage:.3f}",
            "lane_spacing_m": f"{spacing_m(one):.0f}",
        }
        corners = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
        way = lanes_m(one)
        leg = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(way, axis=0).T))])
        times = one.to_s - one.seconds * (1.0 - leg / max(leg[-1], 1.0))
        for kind, xy, at in (("area", corners, ()), ("line", way, tuple(float(t) for t in times))):
            points = tuple(GeoPoint(lon_deg=float(a), lat_deg=float(b)) for a, b in frame.lonlat_from_xy_m(xy))
            yield MapShape(id=f"sector-{n}-{kind}", t_s=one.from_s, source="operation", name=f"{one.unit} {n}",
                           shape="area" if kind == "area" else "line", points=points, times_s=at,
                           properties=about)  # fmt: skip
    for visit in found.visits:
        place = GeoPoint(lon_deg=visit.place.lon_deg, lat_deg=visit.place.lat_deg)
        yield MapShape(id=f"visit-{visit.place.id}", t_s=visit.from_s, source="operation", name=visit.place.name,
                       shape="point", points=(place,), properties=told | {"unit": visit.unit})  # fmt: skip


def _reached(found: AreaSearch, one: Objective) -> float | None:
    return {"pod": found.pod_of_area, "places": found.places_looked_at, "none": None}[one.measure]


def rights_in(stated: OperationStated) -> dict[str, str]:
    """Return by which right each unit is sent."""
    return dict(one.split(": ", 1) for one in stated.rights)  # as `UNIT: RIGHT`


def facts_of(found: AreaSearch, site: LoadedSite) -> OrderFacts:
    """Return what the orders say."""
    told, frame = found.operation.stated, site.line.frame
    cell_km2 = found.land.grid.cell_m**2 / 1e6
    rights = rights_in(told)
    mines = [area.id for area in site.site.areas if area.kind in ("mines", "flood")]

    def mgrs(xy_m: np.ndarray[Any, np.dtype[np.float64]]) -> str:
        lon, lat = frame.lonlat_from_xy_m(xy_m)
        return mgrs_of(float(lon), float(lat))

    return OrderFacts(
        site.site.name, site.site.clock.timezone, told.name, told.what, told.commander,
        found.operation.begins_s, found.operation.ends_s, found.from_s, told.end_state,
        float(found.inside.sum()) * cell_km2, found.pod_of_area, found.plan.p_found, found.plan.bound,
        [ObjectiveFacts(one.text, _reached(found, one), one.aim) for one in told.objectives],
        [(p.name, p.begins_s, p.ends_s, p.text) for p in told.phases],
        [ForceFacts(f.organisation, f.commander, [(u, rights[u]) for u in f.units], _corners(f.zone))
         for f in told.forces],
        [*told.hazards, *mines], told.coordination,
        [SectorFacts(s.unit, s.from_s, s.to_s, mgrs(s.low_m), mgrs(s.high_m), spacing_m(s),
                     float(-np.expm1(-s.coverage))) for s in found.plan.sectors],
        [VisitFacts(v.unit, v.from_s, v.place.what, v.place.name, mgrs_of(v.place.lon_deg, v.place.lat_deg),
                    None if v.place.last is None else v.place.last.t_s) for v in found.visits],
        site.site.simulation is not None,
    )  # fmt: skip


def _corners(zone: tuple[Ring, ...]) -> str:
    """Return the south-west and north-east corners of a zone as MGRS, "" for the whole area."""
    corners = [corner for ring in zone for corner in ring]
    if not corners:
        return ""
    (west, south), (east, north) = (tuple(by(c[k] for c in corners) for k in (0, 1)) for by in (min, max))
    return f"{mgrs_of(west, south)} – {mgrs_of(east, north)}"


def summary_of(found: AreaSearch, site: LoadedSite) -> dict[str, Any]:
    """Return what a person asks first, as numbers."""
    told, cell_km2 = found.operation.stated, found.land.grid.cell_m**2 / 1e6
    return {
        "site": site.site.name,
        "operation": told.name,
        "kind": told.what,
        "simulated": site.site.simulation is not None,
        "area_km2": round(float(found.inside.sum()) * cell_km2, 1),
        "pod": round(found.pod_of_area, 4),
        "left": round(float(found.left.sum()), 4),
        "places": len(found.known),
        "places_looked_at": round(found.places_looked_at, 4),
        "objectives": [
            {"text": one.text, "measure": one.measure, "aim": one.aim, "reached": _reached(found, one)}
            for one in told.objectives
        ],
        "p_next": round(found.plan.p_found, 4),
        "bound": round(found.plan.bound, 4),
        "sectors": len(found.plan.sectors),
        "visits": len(found.visits),
        "swept_km2": {unit: round(km2, 2) for unit, km2 in found.searched.items()},
        "rights": rights_in(told),
        "assumed": {
            "sectors": "search at random",
            "tracks": "inverse cube by eye",
            "stays": "whoever is searched for stays where they are",
        },
        "status": "a proposal: nobody is sent by it before the commander has signed",
    }
