"""What may be chosen: masts with what each costs and the post its radio reaches, and mobile posts at their places."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from watchline.coverage.eyes import SEEN_BY_EYE
from watchline.geo.terrain import Terrain
from watchline.ops.planning.mobile_posts import MobilePost, Move
from watchline.ops.planning.study_file import Mast, TowerStudy
from watchline.ops.site_file import LoadedSite
from watchline.planning import radio
from watchline.planning.sites import Places

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]

POST_ANTENNA_M = 15.0


@dataclass(frozen=True)
class Candidate:
    """One mast that may be chosen: its place (index into `Places`), its kind, its cost, the post it links to.

    post: which mobile post would stand there, "" for a mast that is new; drive_h: hours of driving to there, 0 where
    the post stands now.
    """

    place: int
    mast: Mast
    cost: float
    link: str
    post: str = ""
    drive_h: float = 0.0

    @property
    def stays(self) -> bool:
        """Return whether it is a post that stays where it is."""
        return self.post != "" and self.drive_h == 0.0


def masts_at(
    site: LoadedSite, terrain: Terrain, study: TowerStudy, places: Places, to_road_m: F4, to_post_m: F4
) -> tuple[Candidate, ...]:
    links = _links(site, terrain, study, places)
    out = []
    for k, link in enumerate(links):
        if link is None:
            continue
        cell = int(places.row[k]), int(places.col[k])
        ways = study.road_cost_per_km * _km(to_road_m[cell]) + study.power_cost_per_km * _km(to_post_m[cell])
        out += [Candidate(k, mast, mast.cost + ways, link) for mast in study.masts]
    return tuple(out)


def _km(distance: float) -> float:
    """Return kilometres; where there is no road at all, none has to be built to it."""
    return float(distance) / 1000.0 if math.isfinite(distance) else 0.0


def _links(site: LoadedSite, terrain: Terrain, study: TowerStudy, places: Places) -> list[str | None]:
    """Return the post each place has a clear microwave path to, the nearest first; None for none within range."""
    if study.radio_km <= 0.0 or not site.site.posts:
        return [""] * len(places.s_m)
    posts = site.site.posts
    xy = np.array([site.line.frame.xy_m_of(p) for p in posts])
    ends = np.column_stack([xy, terrain.height_at(xy) + _antenna_m(site)])
    mast_m = max((sensor.mast_m for mast in study.masts for sensor in mast.sensors), default=POST_ANTENNA_M)
    out: list[str | None] = []
    for k in range(len(places.s_m)):
        here = places.xyz_m[k] + [0.0, 0.0, mast_m]
        away = np.hypot(*(ends - here)[:, :2].T)
        link = None
        for post in np.argsort(away):
            if away[post] > 1000.0 * study.radio_km:
                break
            if radio.clearance(terrain, here, ends[post], 1e9 * study.radio_ghz) >= radio.CLEAR:
                link = posts[post].id
                break
        out.append(link)
    return out


def _antenna_m(site: LoadedSite) -> F8:
    """Return (posts,) how high each post's antenna stands: as its highest mast, or an ordinary pole."""
    high = {s.post: s.mast_m for s in sorted(site.site.sensors, key=lambda s: s.mast_m) if s.kind in SEEN_BY_EYE}
    return np.array([max(high.get(post.id, 0.0), POST_ANTENNA_M) for post in site.site.posts])


def posts_at(
    mobile: tuple[MobilePost, ...], moves: list[Move], first_place: int, study: TowerStudy
) -> tuple[Candidate, ...]:
    out = []
    for move in moves:
        one = mobile[move.number]
        stays = move.drive_h == 0.0
        cost = 0.0 if stays else study.moves.cost + study.moves.cost_per_h * move.drive_h
        out.append(Candidate(first_place + move.place, one.kit, cost, "", one.post.id, move.drive_h))
    return tuple(out)
