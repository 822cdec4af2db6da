"""Mobile posts that may stand elsewhere: what each carries, the places it can drive to, and what the way there costs.

A mobile post takes its people, its cameras and radars, and the help it gives with it: where it stood they are gone.
So each is a group of candidates of which exactly one is chosen, the place where it stands now among them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import msgspec
import numpy as np
from numpy.typing import NDArray

from watchline.coverage.eyes import SEEN_BY_EYE
from watchline.domain.site import Post, Sensor
from watchline.geo.terrain import Terrain
from watchline.ops.mobility import Going
from watchline.ops.planning.study_file import Mast, RoadPlaces
from watchline.ops.site_file import LoadedSite
from watchline.planning.harm import hours_from
from watchline.planning.sites import Places, distance_m, high_ground, joined

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class MobilePost:
    """A post that may move: what it carries, with bearings from straight across the line outwards where it stands;
    home (3,): east, north and height of the ground there."""

    post: Post
    kit: Mast
    home_m: F8


@dataclass(frozen=True)
class Move:
    """One place for one post: number of the post, index of the place among `with_homes`', hours of driving."""

    number: int
    place: int
    drive_h: float


def mobile_posts(site: LoadedSite, terrain: Terrain) -> tuple[MobilePost, ...]:
    """Return the mobile posts that stand on the terrain, with all that stands at them."""
    out = []
    for post in site.site.posts:
        xy = site.line.frame.xy_m_of(post)
        ground_m = float(terrain.height_at(xy))
        if post.kind == "checkpoint_mobile" and math.isfinite(ground_m):
            s_m = float(site.line.sd_from_xy_m(xy)[0])
            outward = float(site.line.heading_rad(s_m)) + site.line.home_sign * math.pi / 2
            turn = math.degrees(outward - float(site.line.frame.convergence_rad(xy)))
            kit = tuple(turned(s, -turn) for s in site.site.sensors if carried_by(post, s))
            out.append(
                MobilePost(post, Mast(name=post.id, sensors=kit, helps=True, manned=True), np.array([*xy, ground_m]))
            )
    return tuple(out)


def carried_by(post: Post, sensor: Sensor) -> bool:
    """Return whether a post takes this sensor along."""
    return sensor.post == post.id and sensor.kind in SEEN_BY_EYE


def turned(sensor: Sensor, by_deg: float) -> Sensor:
    """Return a sensor with its bearings turned clockwise."""
    pan = sensor.pan
    if pan is not None:
        pan = msgspec.structs.replace(pan, from_deg=pan.from_deg + by_deg, to_deg=pan.to_deg + by_deg)
    azimuth = round((sensor.azimuth_deg + by_deg) % 360.0, 2)
    return msgspec.structs.replace(sensor, azimuth_deg=azimuth, pan=pan)


def without(site: LoadedSite, mobile: tuple[MobilePost, ...]) -> LoadedSite:
    """Return the site as it is where these posts are not."""
    gone = [one.post for one in mobile]
    posts = tuple(post for post in site.site.posts if post not in gone)
    sensors = tuple(s for s in site.site.sensors if not any(carried_by(post, s) for post in gone))
    return replace(site, site=msgspec.structs.replace(site.site, posts=posts, sensors=sensors))


def beside_roads(
    site: LoadedSite, terrain: Terrain, line_m: tuple[F4, F4], allowed: Mask, going: Going, study: RoadPlaces
) -> Places:
    """Return the highest cells beside roads, one to each equal piece of the line.

    line_m: chainage and offset (rows, cols); allowed (rows, cols).
    """
    chainage, offset = line_m
    beside = distance_m(going.roads > 0, terrain.cell_m) <= study.road_m
    band = (offset >= study.from_m) & (offset <= study.to_m)
    return high_ground(
        terrain, chainage, offset, allowed & beside & band, line_m=site.line.length_m, count=study.places
    )


def drive_hours(
    mobile: tuple[MobilePost, ...], terrain: Terrain, going: Going, places: Places, speed_m_s: float
) -> F8:
    """Return (posts, places) hours of driving from where each post stands now, inf where no way leads."""
    slope = np.hypot(*np.gradient(terrain.height_m, terrain.cell_m))
    speed = np.nan_to_num(speed_m_s * going.speed_factor("wheels", ours=True) * np.exp(-3.5 * slope))
    out = []
    for row, col in terrain_cells(terrain, np.array([one.home_m for one in mobile])):
        here = np.zeros(speed.shape, bool)
        here[row, col] = True
        out.append(hours_from(speed.astype(np.float32), terrain.cell_m, here)[places.row, places.col])
    return np.array(out)


def with_homes(
    mobile: tuple[MobilePost, ...], site: LoadedSite, terrain: Terrain, found: Places, hours: F8, within_h: float
) -> tuple[Places, list[Move]]:
    """Return where mobile posts may stand, and who may stand where: first where each stands now.

    found: the other places; hours (posts, places) of driving there.
    """
    home = np.array([one.home_m for one in mobile])
    cell, sd = terrain_cells(terrain, home), site.line.sd_from_xy_m(home[:, :2])
    places = joined(Places(cell[:, 0], cell[:, 1], sd[:, 0], sd[:, 1], home), found)
    moves = []
    for number in range(len(mobile)):
        moves.append(Move(number, number, 0.0))
        near = np.flatnonzero(hours[number] <= within_h)
        moves += [Move(number, len(mobile) + int(k), float(hours[number, k])) for k in near]
    return places, moves


def terrain_cells(terrain: Terrain, xy_m: F8) -> NDArray[np.int64]:
    """Return (N, 2) row and column of the cells that places (N, 2 or 3) on the terrain lie in."""
    row, col = (terrain.y0_m - xy_m[:, 1]) / terrain.cell_m, (xy_m[:, 0] - terrain.x0_m) / terrain.cell_m
    top = np.array(terrain.height_m.shape) - 1
    return np.clip(np.rint(np.column_stack([row, col])).astype(np.int64), 0, top)
