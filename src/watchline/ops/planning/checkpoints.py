"""The mobile checkpoints' spine: site, study ► places, who reaches which ► law ► month drawn ► sheets, sealed."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from watchline.domain.errors import BadInput
from watchline.geo.line_grid import line_coordinates_m
from watchline.geo.terrain import Terrain
from watchline.ops.mobility import going
from watchline.ops.planning.mobile_posts import MobilePost, beside_roads, drive_hours, mobile_posts, terrain_cells
from watchline.ops.planning.study_file import CheckpointStudy
from watchline.ops.site_file import LoadedSite
from watchline.planning.patrol.standing import Stands, best_stands
from watchline.planning.sites import Places, places_at

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]
Mask = NDArray[np.bool_]

HOUR_S = 3600.0


@dataclass(frozen=True)
class CheckpointPlan:
    """What was found.

    name, s_m, lonlat_deg (N, 2) of each place that some post reaches; missed, met (N,): what passing there is worth;
    hours (posts, N) of driving; found: the law; unreached: places that no post reaches.
    """

    posts: tuple[MobilePost, ...]
    name: tuple[str, ...]
    s_m: F8
    lonlat_deg: F8
    missed: F8
    met: F8
    hours: F8
    found: Stands
    unreached: tuple[str, ...]


def plan_checkpoints(site: LoadedSite, terrain: Terrain, study: CheckpointStudy) -> CheckpointPlan:
    """Return the law by which the site's mobile checkpoints change their places; BadInput where none can."""
    posts = mobile_posts(site, terrain)
    if not posts:
        raise BadInput(f"{site.path.name}: posts", "has no mobile checkpoint on its terrain", "add one to the site")
    chainage, offset = line_coordinates_m(site.line, terrain)
    ground = going(site, terrain)
    if study.values:
        places = _named(site, terrain, study, (chainage, offset))
        name = [one.name for one in study.values]
        missed, met = (np.array([getattr(one, field) for one in study.values]) for field in ("missed", "met"))
    else:
        places = beside_roads(site, terrain, (chainage, offset), ~ground.hazards, ground, study)
        name = [f"C{s / 100:04.0f}" for s in places.s_m]
        missed, met = np.ones(len(name)), np.zeros(len(name))
    hours = drive_hours(posts, terrain, ground, places, study.speed_m_s) if len(name) else np.zeros((len(posts), 0))
    reach = (hours <= study.within_h) & _own_sectors(site, posts, places.s_m)
    near = np.asarray(reach.any(axis=0), bool)
    if not near.any():
        raise BadInput("checkpoints", "no place that a mobile checkpoint reaches", "raise within_h, or name values")
    found = best_stands(reach[:, near], missed[near], met[near], study.p_stop)
    return CheckpointPlan(
        posts, tuple(name[k] for k in np.flatnonzero(near)), places.s_m[near],
        site.line.frame.lonlat_from_xy_m(places.xyz_m[near, :2]), missed[near], met[near], hours[:, near], found,
        tuple(name[k] for k in np.flatnonzero(~near)),
    )  # fmt: skip


def _named(site: LoadedSite, terrain: Terrain, study: CheckpointStudy, line_m: tuple[F4, F4]) -> Places:
    """Return the places of the study's values, on the terrain's cells."""
    xy = np.array([site.line.frame.xy_m_of(one) for one in study.values])
    for one, at in zip(study.values, xy, strict=True):
        if not terrain.contains(at):
            raise BadInput(f"checkpoints.values: {one.name}", "is off the terrain", "choose another place")
    row, col = terrain_cells(terrain, xy).T
    return places_at(terrain, line_m[0], line_m[1], row * terrain.height_m.shape[1] + col)


def _own_sectors(site: LoadedSite, posts: tuple[MobilePost, ...], s_m: F8) -> Mask:
    """Return (posts, N) whether a place lies in a sector of the post's organisation, or in the one it stands in now;
    anywhere on a site without sectors."""
    out = np.ones((len(posts), len(s_m)), bool)
    if not site.site.sectors:
        return out
    for row, one in zip(out, posts, strict=True):
        home_km = float(site.line.sd_from_xy_m(one.home_m[:2])[0]) / 1000.0
        row[:] = False
        for sector in site.site.sectors:
            if sector.organisation == one.post.organisation or sector.from_km <= home_km < sector.to_km:
                row |= (s_m >= 1000.0 * sector.from_km) & (s_m < 1000.0 * sector.to_km)
    return out


def sheets_of(
    plan: CheckpointPlan, study: CheckpointStudy, rng: np.random.Generator, salts: list[str]
) -> Iterator[tuple[str, bytes]]:
    """Yield every post's sheet of every day by name, drawn by the law; a salt for each."""
    a_day = max(1, round(24.0 / study.shift_h))
    drawn = plan.found.drawn(rng, study.days * a_day)
    salt = iter(salts)
    for number, one in enumerate(plan.posts):
        for day in range(study.days):
            text = io.StringIO()
            text.write(f"# {one.post.id}, day {day + 1}, salt {next(salt)}\n")
            rows = csv.writer(text, lineterminator="\n")
            rows.writerow(("from_clock", "place", "km", "lon_deg", "lat_deg", "drive_h_from_home"))
            for shift in range(a_day):
                minutes = round(60.0 * 24.0 * shift / a_day)
                place = int(drawn[day * a_day + shift, number])
                clock = f"{minutes // 60:02d}:{minutes % 60:02d}"
                if place < 0:
                    rows.writerow((clock, one.post.id, "", f"{one.post.lon_deg:.6f}", f"{one.post.lat_deg:.6f}", "0"))
                    continue
                lon, lat = plan.lonlat_deg[place]
                rows.writerow((clock, plan.name[place], f"{plan.s_m[place] / 1000.0:.2f}", f"{lon:.6f}", f"{lat:.6f}",
                               f"{plan.hours[number, place]:.2f}"))  # fmt: skip
            yield f"{one.post.id}-day{day + 1:03d}.csv", text.getvalue().encode()


def timetable_gain(plan: CheckpointPlan, study: CheckpointStudy, rng: np.random.Generator) -> float:
    """Return the most that somebody gains who knows where every post stands today: one drawn shift, kept for good."""
    manned = plan.found.drawn(rng, 1)[0]
    gain = plan.missed.copy()
    there = manned[manned >= 0]
    gain[there] -= study.p_stop * (plan.missed - plan.met)[there]
    return float(gain.max())
