"""A plan of towers on disk: tables, maps for other programs, a picture, the site as it would be, and the book."""

from __future__ import annotations

import csv
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from watchline.coverage.eyes import SEEN_BY_EYE
from watchline.coverage.watchers import EYE_M
from watchline.domain.errors import BadInput
from watchline.domain.records import GeoPoint, MapShape
from watchline.domain.site import Post, Site
from watchline.geo.viewshed import least_visible_around, seen_from_need
from watchline.links.maps import geojson, geopackage, kml
from watchline.ops.json_file import write_json
from watchline.ops.planning.planned_site import with_files, write_site
from watchline.ops.planning.towers.search import TowerPlan
from watchline.planning.aim import Standing
from watchline.planning.choosing import Chosen
from watchline.planning.line_ways import Walk
from watchline.reports.document import Document
from watchline.reports.html import html
from watchline.reports.pdf import pdf
from watchline.reports.plan_book import MastPage, PlanFacts, plan_book
from watchline.sources.panorama import panorama_png
from watchline.sources.rasters import write_picture
from watchline.sources.view_pictures import View, write_view

ROUTES_DRAWN = 5
KM_TOLD = 10
EYES_SEE_M = 3000.0  # drawn round people who watch
FARTHER_H = 0.1  # hours more from help than today that are worth telling
BASIS = (
    "Exposure adds over sensors, the chance of detection follows it by frailty (k = 1.5); P_d is the prior of "
    "each sensor in the hours named; the crosser knows the ground, all that stands still and the patrols' law, not "
    "where a patrol is now. The bound holds for the candidates, the elevation and the P_d given, and for the grid's "
    "solver within 0.4 % of an exposure. Ground is elevation alone: every place needs a visit."
)


def write_plan(out: Path, plan: TowerPlan, summary: dict[str, Any]) -> list[str]:
    """Write everything into `out` and return the names of the files."""
    write_json(out / "summary.json", summary)
    _write_strip(out / "strip.csv", plan)
    _write_towers(out / "towers.csv", plan)
    shapes = _shapes(plan)
    (out / "plan.geojson").write_bytes(geojson.file_of(shapes))
    (out / "plan.gpkg").write_bytes(geopackage.file_of(shapes))
    with zipfile.ZipFile(out / "plan.kmz", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(zipfile.ZipInfo("doc.kml"), kml.file_of(shapes))
    _write_map(out / "map.png", plan)
    for name, standing in (("planned", plan.best), ("greedy", plan.greedy), ("even", plan.even)):
        write_site(out / name, planned_site(plan, standing.chosen))
    book = _write_book(out, plan_book(_facts(out, plan, summary)))
    return ["summary.json", "strip.csv", "towers.csv", "plan.geojson", "plan.gpkg", "plan.kmz", "map.png",
            "planned/site.toml", book]  # fmt: skip


def planned_site(plan: TowerPlan, chosen: Chosen) -> Site:
    """Return the site with these masts in it and posts where they would stand; its files are named where they are."""
    ground, site = plan.ground, plan.ground.site.site
    owner = site.organisations[0].id if site.organisations else "planned"
    posts, sensors = list(site.posts), list(site.sensors)
    for k in chosen:
        one, (lon, lat) = ground.candidates[k], _lonlat(plan, k)
        if one.stays:
            continue
        if one.post:
            taken = {sensor.id: sensor for sensor in ground.sensors_of(k)}
            posts = [
                msgspec.structs.replace(post, lon_deg=lon, lat_deg=lat) if post.id == one.post else post
                for post in posts
            ]
            sensors = [taken.get(sensor.id, sensor) for sensor in sensors]
            continue
        name = ground.name_of(k)
        posts.append(
            Post(
                id=name, kind="checkpoint_fixed" if one.mast.manned else "watchtower", lon_deg=lon, lat_deg=lat,
                organisation=owner,
            )
        )  # fmt: skip
        sensors += [
            msgspec.structs.replace(s, organisation=owner, post=name if s.kind in SEEN_BY_EYE else None)
            for s in ground.sensors_of(k)
        ]
    return with_files(ground.site, msgspec.structs.replace(site, posts=tuple(posts), sensors=tuple(sensors)))


def _lonlat(plan: TowerPlan, candidate: int) -> tuple[float, float]:
    place = plan.ground.candidates[candidate].place
    lonlat = plan.ground.site.line.frame.lonlat_from_xy_m(plan.ground.places.xyz_m[place, :2])
    return round(float(lonlat[0]), 6), round(float(lonlat[1]), 6)


def _write_strip(path: Path, plan: TowerPlan) -> None:
    names = ("from_km", "to_km", "p_before", "p_planned", "p_even", "p_greedy", "help_h_before", "help_h_planned")
    help_before, help_planned = plan.harm.farthest
    columns = [plan.by_kilometre(s) for s in (plan.before, plan.best, plan.even, plan.greedy)]
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(names)
        for km, values in enumerate(zip(*columns, help_before, help_planned, strict=True)):
            rows.writerow([km, km + 1, *(f"{v:.4f}" if np.isfinite(v) else "" for v in values)])


def _write_towers(path: Path, plan: TowerPlan) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(
            ("name", "kind", "lon_deg", "lat_deg", "chainage_m", "offset_m", "ground_m", "cost", "radio_to",
             "drive_h")
        )  # fmt: skip
        for k in plan.new:
            one = plan.ground.candidates[k]
            places, place = plan.ground.places, one.place
            rows.writerow([plan.ground.name_of(k), one.mast.name, *_lonlat(plan, k), round(places.s_m[place]),
                           round(places.d_m[place]), round(places.xyz_m[place, 2], 1), f"{one.cost:g}",
                           one.link, f"{one.drive_h:.2f}" if one.post else ""])  # fmt: skip


def _shapes(plan: TowerPlan) -> list[MapShape]:
    out = []
    for k in plan.new:
        one, (lon, lat) = plan.ground.candidates[k], _lonlat(plan, k)
        told = {
            "what": "post moved" if one.post else "mast",
            "kind": one.mast.name,
            "cost": f"{one.cost:g}",
            "radio_to": one.link,
        }
        out.append(_shape(plan.ground.name_of(k), "point", [(lon, lat)], told))
    for what, walks, standing in (
        ("weakest route today", plan.walks_before, plan.before),
        ("weakest route with the plan", plan.walks_after, plan.best),
    ):
        for km, walk in _weakest(plan, walks, standing):
            told = {"what": what, "km": str(km), "p_detected": f"{plan.by_kilometre(standing)[km]:.4f}"}
            out.append(_shape(f"{what}, km {km}", "line", _way_lonlat(plan, walk), told))
    return out


def _weakest(plan: TowerPlan, walks: list[Walk | None], standing: Standing) -> list[tuple[int, Walk]]:
    """Return the weakest routes with their kilometres, weakest first, no two of neighbouring kilometres."""
    out: list[tuple[int, Walk]] = []
    for km in np.argsort(plan.by_kilometre(standing), kind="stable"):
        walk = walks[km]
        if walk is not None and all(abs(km - other) > 1 for other, _ in out):
            out.append((int(km), walk))
        if len(out) == ROUTES_DRAWN:
            break
    return out


def _way_m(plan: TowerPlan, walk: Walk) -> NDArray[np.float64]:
    terrain = plan.ground.terrain
    return walk.route.xy_m(terrain.x0_m, terrain.y0_m, terrain.cell_m)


def _way_lonlat(plan: TowerPlan, walk: Walk) -> list[tuple[float, float]]:
    lonlat = plan.ground.site.line.frame.lonlat_from_xy_m(_way_m(plan, walk))
    return [(round(float(lon), 6), round(float(lat), 6)) for lon, lat in lonlat]


def _shape(name: str, shape: Any, points: list[tuple[float, float]], told: dict[str, str]) -> MapShape:
    places = tuple(GeoPoint(lon_deg=lon, lat_deg=lat) for lon, lat in points)
    return MapShape(id=name, t_s=0.0, source="plan", name=name, shape=shape, points=places, properties=told)


def _write_map(path: Path, plan: TowerPlan) -> None:
    ground = plan.ground
    ways = [_way_m(plan, walk) for _, walk in _weakest(plan, plan.walks_after, plan.best)]
    worst = int(np.argmin(plan.hourly_after.min(axis=1)))
    title = (
        f"{ground.site.site.name}: how often a {ground.crosser.name} is detected with the plan, {ground.hours[worst]}"
    )
    rate = ground.lines[worst].rate_with(plan.best.chosen)
    write_picture(path, rate, ground.terrain, ground.site.line.xy_m, ways, title)


def _facts(out: Path, plan: TowerPlan, summary: dict[str, Any]) -> PlanFacts:
    before, after = plan.by_kilometre(plan.before), plan.by_kilometre(plan.best)
    help_before, help_after = plan.harm.farthest
    with np.errstate(invalid="ignore"):
        farther = np.flatnonzero(help_after > help_before + FARTHER_H)
    order = np.argsort(after, kind="stable")[:KM_TOLD]
    named = {
        "as it is": plan.before,
        "even spacing": plan.even,
        "greedy coverage": plan.greedy,
        "this plan": plan.best,
    }
    return PlanFacts(
        site=plan.ground.site.site.name,
        question=str(summary["question"]),
        compared=tuple(
            (name, s.weakest, s.mean, int((plan.by_kilometre(s) < 0.5).sum())) for name, s in named.items()
        ),
        bound=plan.search.bound,
        gap=plan.search.proved_gap,
        mean_gap=plan.search.proved_mean_gap if np.isfinite(plan.search.mean_bound) else None,
        masts=tuple(_mast_page(out, plan, k) for k in plan.new),
        cost=float(sum(plan.ground.candidates[k].cost for k in plan.best.chosen)),
        limit_h=plan.harm.limit_h,
        pushed=tuple((int(k), help_before[k], help_after[k]) for k in farther),
        refused=plan.harm.refused,
        weakest_km=tuple((int(k), float(before[k]), float(after[k])) for k in order),
        map_png=(out / "map.png").read_bytes(),
        by_hour=tuple(
            (hour, float(was.min()), float(will.min()))
            for hour, was, will in zip(plan.ground.hours, plan.hourly_before, plan.hourly_after, strict=True)
        ),
        basis=BASIS,
    )


def _mast_page(out: Path, plan: TowerPlan, candidate: int) -> MastPage:
    ground = plan.ground
    one = ground.candidates[candidate]
    place, name = ground.places.xyz_m[one.place], ground.name_of(candidate)
    lon, lat = _lonlat(plan, candidate)
    kind = "mobile post" if one.post else one.mast.name
    link = f"{one.drive_h:.1f} h of driving" if one.post else one.link
    page = MastPage(
        name, kind, lon, lat, ground.places.s_m[one.place] / 1000.0, float(ground.places.d_m[one.place]), one.cost,
        link, b"", b"",
    )  # fmt: skip
    seeing = [(s.max_range_m, s.mast_m, str(s.kind)) for s in one.mast.sensors if s.kind in SEEN_BY_EYE]
    if not seeing and one.mast.manned:
        seeing = [(EYES_SEE_M, EYE_M, "people")]
    if not seeing:
        return page
    range_m, mast_m, kind = max(seeing)
    need = least_visible_around(ground.terrain, (place[0], place[1]), mast_m=mast_m, range_m=range_m, exact=False)
    rows, cols = need.height_m.shape
    top = round((ground.terrain.y0_m - need.y0_m) / need.cell_m)
    left = round((need.x0_m - ground.terrain.x0_m) / need.cell_m)
    heights = ground.terrain.height_m[top : top + rows, left : left + cols]
    row, col = int(ground.places.row[one.place]) - top, int(ground.places.col[one.place]) - left
    answers = seen_from_need(need.height_m, ground.crosser.height_m)
    picture = out / f"viewshed-{name}.png"
    write_view(
        picture, View(heights, answers, row, col, (need.cell_m, need.cell_m), f"{name}: {kind.replace('_', ' ')}")
    )
    panorama = panorama_png(ground.terrain, place + np.array([0.0, 0.0, mast_m]))
    return replace(page, viewshed=picture.read_bytes(), panorama=panorama)


def _write_book(out: Path, book: Document) -> str:
    """Write the book as PDF where the parts are installed, else as HTML; return its name."""
    try:
        (out / "plan.pdf").write_bytes(pdf(book))
        return "plan.pdf"
    except BadInput:
        (out / "plan.html").write_bytes(html(book))
        return "plan.html"
