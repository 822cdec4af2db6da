"""Every fault of a site at once, what is legal but foolish, and what must be known.

Faults stop a site from running; warnings and notes do not.  Each names file, field, rule and what to do.
"""

from __future__ import annotations

import contextlib
import math
import zoneinfo
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import get_args

import numpy as np
import shapely
from numpy.typing import NDArray

from watchline.domain.errors import BadInput
from watchline.domain.site import Pan, Sensor, Site
from watchline.geo.sight import least_visible_height_m
from watchline.geo.terrain import Terrain
from watchline.ops.access_check import check_access
from watchline.ops.desk_check import check_desk
from watchline.ops.ground_check import check_ground
from watchline.ops.link_check import check_links
from watchline.ops.many.transport_check import check_transport
from watchline.ops.map_layers import check_map_layers
from watchline.ops.policy_check import check_policy
from watchline.ops.respond_check import check_respond
from watchline.ops.site_file import Fault, LoadedSite, Severity, parse_site, read_line, read_site, refuse_faults
from watchline.ops.site_limits import check_limits
from watchline.sensing.detection import WALKER
from watchline.sources.geojson import read_lines, read_polygons
from watchline.sources.tile_sets import is_address

F8 = NDArray[np.float64]

SEES_NOTHING = 0.05  # share of its own sector, below which a tower is called blind
SHARES_HAIR = 0.005  # of a head's time, for shares written with few digits
REACH_S = 3600.0  # a stretch no unit reaches within an hour is called out of reach


def check_site(path: Path) -> list[Fault]:
    """Return every fault and warning, faults first; BadInput when the file cannot be read at all."""
    path = path / "site.toml" if path.is_dir() else path
    site, faults, ids = parse_site(path)
    faults += [*_references(site, path.name, ids), *_values(site, path.name), *_files(site, path)]
    faults += [*check_desk(site, path.name), *check_links(site, path), *check_policy(site, path.name)]
    faults += [*check_access(site, path), *check_respond(site, path.name), *check_transport(site, path)]
    faults += check_map_layers(site, path)
    loaded = _as_far_as_it_loads(site, path)
    if loaded is not None:
        faults += [
            *_along_the_line(loaded),
            *_places_of_things(loaded),
            *_hazards(loaded),
            *_home_side(loaded),
            *_reach(loaded),
        ]
        faults += _on_the_ground(loaded)
    return sorted(set(faults), key=lambda fault: (get_args(Severity).index(fault.severity), fault))


def read_sound_site(path: Path) -> LoadedSite:
    """Return the site of a TOML file, to be run; BadInput with the first fault of any kind, warnings let pass."""
    refuse_faults(path, [fault for fault in check_site(path) if fault.severity == "fault"])
    return read_site(path)


def _as_far_as_it_loads(site: Site, path: Path) -> LoadedSite | None:
    """Return the site with those shapes that can be read; None without a usable line."""
    try:
        line = read_line(path.parent / site.line.file, site)
    except (BadInput, OSError):
        return None
    areas = {}
    for area in site.areas:
        with contextlib.suppress(BadInput):
            areas[area.id] = read_polygons(path.parent / area.file)
    return LoadedSite(path, site, line, [], areas, "", "")


def _on_the_ground(site: LoadedSite) -> list[Fault]:
    named = bool(site.site.terrain.file)
    if not named or not (is_address(site.elevation_at()) or Path(site.elevation_at()).exists()):
        return []  # said already, by its file
    try:
        found = site.elevation()
    except BadInput as error:
        return [Fault("fault", site.path.name, "terrain.file", f"{error.where} {error.rule}", error.do)]
    terrain = found.terrain
    return [*check_ground(site, found), *_elevation(site, terrain), *_sight(site, terrain)]


def _references(site: Site, file: str, ids: dict[str, set[str]]) -> Iterator[Fault]:
    organisations, posts = ids.get("organisations", set()), ids.get("posts", set())
    for name in (
        "organisations",
        "sectors",
        "posts",
        "sensors",
        "barriers",
        "units",
        "places",
        "areas",
        "map_layers",
        "links",
        "desks",
    ):
        for id_, count in Counter(row.id for row in getattr(site, name)).items():
            if count > 1:
                yield Fault("fault", file, f"{name}[{id_}].id", f"is used {count} times", "give each its own id")
    for name in ("sectors", "posts", "sensors", "units"):
        for row in getattr(site, name):
            if row.organisation not in organisations:
                yield Fault(
                    "fault",
                    file,
                    f"{name}[{row.id}].organisation",
                    f"{row.organisation!r} is not an organisation of this site",
                    "add it to [[organisations]] or correct the id",
                )
    for name, rows in (("sensors", site.sensors), ("units", site.units)):
        for row in rows:
            if row.post is not None and row.post not in posts:
                yield Fault("fault", file, f"{name}[{row.id}].post", f"{row.post!r} is not a post", "correct the id")
    yield from _command(site, file, organisations)


def _command(site: Site, file: str, known: set[str]) -> Iterator[Fault]:
    command = {o.id: o.command for o in site.organisations}
    for organisation in site.organisations:
        if organisation.command is not None and organisation.command not in known:
            rule = f"{organisation.command!r} is not an organisation of this site"
            yield Fault("fault", file, f"organisations[{organisation.id}].command", rule, "correct the id")
        seen, above = {organisation.id}, organisation.command
        while above in command and above not in seen:
            seen.add(above)
            above = command[above]
        if above == organisation.id:
            rule = "is commanded by itself through " + " and ".join(sorted(seen))
            yield Fault("fault", file, f"organisations[{organisation.id}].command", rule, "break the circle")


def _values(site: Site, file: str) -> Iterator[Fault]:
    yield from check_limits(site, file)
    for sensor in site.sensors:
        yield from _sensor_place(sensor, file)
    for unit in site.units:
        if unit.post is None and (unit.lon_deg is None or unit.lat_deg is None):
            yield Fault("fault", file, f"units[{unit.id}]", "has no place", "give a post, or lon_deg and lat_deg")
    yield from _contrast_references(site, file)
    yield from _synthetic(site, file)
    yield from _emptiness(site, file)
    yield from _clock(site, file)


def _contrast_references(site: Site, file: str) -> Iterator[Fault]:
    """What a camera always sees: it must be one of a camera of this site, in its picture, and have a contrast."""
    cameras = {s.id: s for s in site.sensors if s.kind in ("thermal_camera", "drone_camera")}
    for n, reference in enumerate(site.references):
        where = f"references[{n}]."
        if reference.contrast_counts == 0.0 or not math.isfinite(reference.contrast_counts):
            yield Fault("fault", file, where + "contrast_counts", "must not be 0", "measure it on a clear night")
        camera = cameras.get(reference.sensor)
        if camera is None:
            yield Fault("fault", file, where + "sensor", f"{reference.sensor!r} is not a camera", "correct the id")
            continue
        x, y, w, h = reference.box_px
        if not (x >= 0 and y >= 0 and w >= 1 and h >= 1 and x + w <= camera.width_px and y + h <= camera.height_px):
            rule = f"lies outside the picture of {camera.width_px} x {camera.height_px}"
            yield Fault("fault", file, where + "box_px", rule, "give x, y, width and height in its pixels")


def _synthetic(site: Site, file: str) -> Iterator[Fault]:
    """Synthetic crossers: in pictures of a fixed camera of this site, within its range, warmer or colder."""
    cameras = {s.id: s for s in site.sensors if s.kind == "thermal_camera" and s.pan is None}
    for name, count in Counter(spec.sensor for spec in site.synthetic).items():
        if count > 1:
            yield Fault("fault", file, f"synthetic[{name}].sensor", f"is used {count} times", "leave one")
    for n, spec in enumerate(site.synthetic):
        where = f"synthetic[{n}]."
        if not (math.isfinite(spec.person_counts) and spec.person_counts != 0.0):
            yield Fault("fault", file, where + "person_counts", "must not be 0", "measure a person on a clear night")
        camera = cameras.get(spec.sensor)
        if camera is None:
            rule = f"{spec.sensor!r} is not a fixed thermal camera"
            yield Fault("fault", file, where + "sensor", rule, "correct the id")
            continue
        if not 10.0 <= spec.from_m < spec.to_m <= camera.max_range_m:
            rule = f"10 <= from_m < to_m <= {camera.max_range_m:g} m must hold"
            yield Fault("fault", file, where + "from_m, to_m", rule, "correct them")


def _emptiness(site: Site, file: str) -> Iterator[Fault]:
    if not site.name.strip():
        yield Fault("fault", file, "name", "is empty", "name the line")
    if not site.sectors:
        rule = "nobody answers for any of the line"
        yield Fault("warning", file, "sectors", rule, "add [[sectors]] that cover it")


def _sensor_place(sensor: Sensor, file: str) -> Iterator[Fault]:
    where = f"sensors[{sensor.id}]."
    if sensor.pan is not None:
        yield from _shares(file, where + "pan.shares", sensor.pan)
    if sensor.kind == "fence_sensor":
        if sensor.from_km is None or sensor.to_km is None:
            yield Fault("fault", file, where + "from_km", "a fence sensor needs from_km and to_km", "add them")
    elif sensor.post is None and (sensor.lon_deg is None or sensor.lat_deg is None):
        yield Fault("fault", file, where + "post", "has no place", "give a post, or lon_deg and lat_deg")


def _shares(file: str, where: str, pan: Pan) -> Iterator[Fault]:
    if not pan.shares:
        return
    if len(pan.shares) != pan.stops:
        yield Fault("fault", file, where, f"{len(pan.shares)} shares for {pan.stops} stops", "give one for each stop")
    elif min(pan.shares) < 0.0 or abs(sum(pan.shares) - 1.0) > SHARES_HAIR:
        yield Fault("fault", file, where, f"are {sum(pan.shares):g} together", "give shares >= 0 that are 1 together")


def _clock(site: Site, file: str) -> Iterator[Fault]:
    for name in ("timezone", "partner_timezone"):
        zone = getattr(site.clock, name)
        try:
            if zone is not None:
                zoneinfo.ZoneInfo(zone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError):
            yield Fault("fault", file, f"clock.{name}", f"{zone!r} is not a time zone", "for example Asia/Baghdad")
    if site.simulation is not None:
        try:
            aware = datetime.fromisoformat(site.simulation.start).tzinfo is not None
        except ValueError:
            aware = False
        if not aware:
            rule = f"must be a date and time with zone, got {site.simulation.start!r}"
            yield Fault("fault", file, "simulation.start", rule, "for example 2018-01-23T00:00:00Z")


def _files(site: Site, path: Path) -> Iterator[Fault]:
    beside = path.parent
    checks = [("line.file", site.line.file, read_lines)] if site.line.file else []
    checks += [(f"roads[{n}].file", road.file, read_lines) for n, road in enumerate(site.roads)]
    checks += [(f"areas[{area.id}].file", area.file, read_polygons) for area in site.areas]
    for field, name, read in checks:
        try:
            shapes = read(beside / name)
        except BadInput as error:
            yield Fault("fault", path.name, field, f"{name} {error.rule}", error.do)
            continue
        if field == "line.file":
            yield from _line_shape(shapes, path.name, name)
        elif field.startswith("areas") and not all(
            shapely.Polygon(ring).is_valid for ring in shapes if len(ring) > 3
        ):
            yield Fault("fault", path.name, field, f"{name} holds a polygon that crosses itself", "redraw it")
    if site.terrain.file and not is_address(site.terrain.file) and not (beside / site.terrain.file).exists():
        yield Fault("fault", path.name, "terrain.file", f"{site.terrain.file} no such file", "give elevation")
    for sensor in site.sensors:
        if sensor.detector and not (beside / sensor.detector).exists():
            rule = f"{sensor.detector} no such file"
            yield Fault("fault", path.name, f"sensors[{sensor.id}].detector", rule, "correct the path")
        if sensor.input and "://" not in sensor.input and not (beside / sensor.input).exists():
            rule = f"{sensor.input} no such file"
            yield Fault("fault", path.name, f"sensors[{sensor.id}].input", rule, "correct the path")


def _line_shape(shapes: list[F8], file: str, name: str) -> Iterator[Fault]:
    if len(shapes) != 1:
        rule = f"{name} must hold exactly one LineString, has {len(shapes)}"
        yield Fault("fault", file, "line.file", rule, "join its parts")
    elif not shapely.LineString(shapes[0]).is_simple:
        yield Fault("fault", file, "line.file", f"{name} crosses itself", "a line may not cross itself")


def _stretch(site: LoadedSite, field: str, from_km: float | None, to_km: float | None) -> Iterator[Fault]:
    length_km = site.line.length_m / 1000
    if from_km is None or to_km is None:
        return
    if not from_km < to_km:
        rule = f"runs from km {from_km:g} to km {to_km:g}, which is no stretch"
        yield Fault("fault", site.path.name, field, rule, "from_km must be less than to_km")
    elif from_km < -0.5 or to_km > length_km + 0.5:
        rule = f"km {from_km:g}..{to_km:g} reaches past the line (0..{length_km:.1f} km)"
        yield Fault("fault", site.path.name, field, rule, "keep it on the line")


def _along_the_line(site: LoadedSite) -> Iterator[Fault]:
    for name in ("sectors", "barriers", "sensors"):
        for row in getattr(site.site, name):
            yield from _stretch(site, f"{name}[{row.id}].from_km", row.from_km, row.to_km)
    for unit in site.site.units:
        yield from _stretch(site, f"units[{unit.id}].patrol_from_km", unit.patrol_from_km, unit.patrol_to_km)
    sectors = sorted(site.site.sectors, key=lambda sector: sector.from_km)
    reached, length_km = 0.0, site.line.length_m / 1000
    for sector in sectors:
        field = f"sectors[{sector.id}].from_km"
        if sector.from_km > reached + 0.05:
            rule = f"nobody answers for km {reached:g}..{sector.from_km:g}"
            yield Fault("fault", site.path.name, field, rule, "join the sectors")
        elif sector.from_km < reached - 0.05:
            rule = f"two sectors answer for km {sector.from_km:g}..{min(reached, sector.to_km):g}"
            yield Fault("fault", site.path.name, field, rule, "move one of the ends")
        reached = max(reached, sector.to_km)
    if sectors and reached < length_km - 0.5:
        rule = f"nobody answers for km {reached:g}..{length_km:.1f}"
        yield Fault("fault", site.path.name, "sectors", rule, "add a sector")


def _positions(site: LoadedSite, names: Iterable[str]) -> Iterator[tuple[str, F8, F8]]:
    """Yield field, grid position and line coordinates of everything that has a place of its own."""
    for name in names:
        for row in getattr(site.site, name):
            if row.lon_deg is not None and row.lat_deg is not None and abs(row.lat_deg) <= 90:
                xy = site.line.frame.xy_m_of(row)
                yield f"{name}[{row.id}].lon_deg", xy, site.line.sd_from_xy_m(xy)


def _places_of_things(site: LoadedSite) -> Iterator[Fault]:
    spec = site.site.line
    for field, xy, sd in _positions(site, ("posts", "sensors", "units", "places")):
        beyond = max(-sd[0], sd[0] - site.line.length_m, 0.0) - spec.beyond_ends_m
        across = sd[1] - spec.home_depth_m if sd[1] > 0 else -sd[1] - spec.outside_depth_m
        if not np.isfinite(xy).all() or max(beyond, across) > 50_000.0:
            rule = f"lies {abs(sd[1]) / 1000:.0f} km from the line"
            yield Fault("fault", site.path.name, field, rule, "check longitude and latitude, and their order")
        elif max(beyond, across) > 0.0:
            rule = f"lies outside the watched area by {max(beyond, across) / 1000:.1f} km"
            yield Fault("warning", site.path.name, field, rule, "widen line.outside_depth_m, home_depth_m or move it")


def _home_side(site: LoadedSite) -> Iterator[Fault]:
    """Warn when most watchtowers stand outside: then the home side is very likely the other one."""
    towers = [post for post in site.site.posts if post.kind == "watchtower"]
    if towers:
        xy = site.line.frame.xy_m_from_lonlat([t.lon_deg for t in towers], [t.lat_deg for t in towers])
        outside = int((site.line.sd_from_xy_m(xy)[:, 1] < 0).sum())
        if outside > len(towers) / 2:
            rule = f"puts {outside} of {len(towers)} watchtowers outside"
            yield Fault("warning", site.path.name, "line.home_side", rule, "very likely it is the other side")


def _hazards(site: LoadedSite) -> Iterator[Fault]:
    hazards = {a.id: a.kind for a in site.site.areas if a.kind in ("mines", "flood")}
    polygons = [(id_, shapely.Polygon(ring)) for id_ in hazards for ring in site.areas.get(id_, []) if len(ring) > 3]
    for name in ("posts", "units", "places"):
        for row in getattr(site.site, name):
            for id_, polygon in polygons:
                placed = row.lon_deg is not None and row.lat_deg is not None
                if placed and polygon.contains(shapely.Point(row.lon_deg, row.lat_deg)):
                    rule = f"stands in {hazards[id_]} ({id_})"
                    yield Fault("fault", site.path.name, f"{name}[{row.id}].lon_deg", rule, "move it out")


def _elevation(site: LoadedSite, terrain: Terrain) -> Iterator[Fault]:
    spec = site.site.line
    beyond = np.arange(-spec.beyond_ends_m, site.line.length_m + spec.beyond_ends_m, 500.0)
    across = np.linspace(-spec.outside_depth_m, spec.home_depth_m, 33)
    everywhere = np.stack(np.meshgrid(beyond, across, indexing="ij"), axis=-1)
    holes = float(np.isnan(terrain.height_at(site.line.xy_m_from_sd(everywhere))).mean())
    if holes > 0:
        rule = f"elevation is missing on {100 * holes:.1f} % of the watched area, the ends included"
        yield Fault("warning", site.path.name, "terrain.file", rule, "nothing is known there; give elevation")
    s = np.arange(0.0, site.line.length_m, 500.0)
    edges = {"the line": 0.0, "its outside edge": -spec.outside_depth_m, "its home edge": spec.home_depth_m}
    for what, d in edges.items():
        heights = terrain.height_at(site.line.xy_m_from_sd(np.column_stack([s, np.full_like(s, d)])))
        missing = float(np.isnan(heights).mean())
        if missing > 0:
            severity = "fault" if d == 0.0 else "warning"
            rule = f"elevation is missing along {100 * missing:.1f} % of {what}"
            yield Fault(severity, site.path.name, "terrain.file", rule, "give elevation that covers it")  # type: ignore[arg-type]


def _sight(site: LoadedSite, terrain: Terrain) -> Iterator[Fault]:
    posts = {post.id: post for post in site.site.posts}
    for sensor in site.site.sensors:
        if sensor.kind not in ("thermal_camera", "radar"):
            continue
        post = posts.get(sensor.post or "", sensor)
        if post.lon_deg is None or post.lat_deg is None:
            continue
        xy = site.line.frame.xy_m_of(post)
        ground_m = float(terrain.height_at(xy))
        field = f"sensors[{sensor.id}]"
        if np.isnan(ground_m):
            yield Fault(
                "fault", site.path.name, field, "stands where there is no elevation", "give elevation or move it"
            )
            continue
        share = _share_seen(site, terrain, sensor, np.array([*xy, ground_m + sensor.mast_m]))
        if share < SEES_NOTHING:
            rule = f"sees {100 * share:.0f} % of its sector out to {sensor.max_range_m:g} m"
            yield Fault("warning", site.path.name, field, rule, "raise the mast, turn it or move it")


def _share_seen(site: LoadedSite, terrain: Terrain, sensor: Sensor, at_m: F8) -> float:
    low, high = sensor.sector_deg
    bearing = np.radians(np.linspace(low, high, 24)) + site.line.frame.convergence_rad(at_m[:2])
    # Uniform over the area of the sector, not over its radius.
    radius = sensor.max_range_m * np.sqrt(np.linspace(0.01, 1.0, 24))
    b, r = (grid.ravel() for grid in np.meshgrid(bearing, radius))
    targets = at_m[:2] + np.column_stack([np.sin(b), np.cos(b)]) * r[:, None]
    hidden_m = least_visible_height_m(terrain, np.tile(at_m, (len(targets), 1)), targets)
    return float((hidden_m <= WALKER.height_m).mean())


def _reach(site: LoadedSite) -> Iterator[Fault]:
    posts = {post.id: post for post in site.site.posts}
    middles_km = np.arange(0.5, site.line.length_m / 1000, 1.0)
    best_s = np.full(len(middles_km), np.inf)
    line_xy = site.line.xy_m_from_sd(np.column_stack([middles_km * 1000, np.zeros_like(middles_km)]))
    for unit in site.site.units:
        home = posts.get(unit.post or "", unit)
        if home.lon_deg is None or home.lat_deg is None:
            continue
        xy = site.line.frame.xy_m_of(home)
        best_s = np.minimum(best_s, np.linalg.norm(line_xy - xy, axis=1) / unit.speed_m_s)
    late = np.flatnonzero(best_s > REACH_S)
    if len(late):
        runs = np.split(late, np.flatnonzero(np.diff(late) > 1) + 1)
        for run in runs:
            rule = f"no unit reaches km {run[0]}..{run[-1] + 1} within {REACH_S / 60:.0f} min in a straight line"
            yield Fault("warning", site.path.name, "units", rule, "station a unit nearer")
