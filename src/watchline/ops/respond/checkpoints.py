"""A site's checkpoints, fixed and mobile: which road each holds, when it is manned, and the ways round it.

A mobile one stands where it was heard last; who holds no road is passed square to the line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from watchline.domain.site import Post
from watchline.geo.terrain import Terrain
from watchline.ops.mobility import going
from watchline.ops.respond.blocking_line import holder_of
from watchline.ops.site_file import LoadedSite
from watchline.response.detour import Detour, detour, noticed
from watchline.response.travel.means import Means, speed_share
from watchline.response.travel.reach import Ways
from watchline.sensing.detection import RIDER, VEHICLE, WALKER, Crosser
from watchline.sensing.frailty import FrailtyPrior

F8 = NDArray[np.float64]

KINDS = ("checkpoint_fixed", "checkpoint_mobile")
GOES: tuple[tuple[Crosser, Means], ...] = ((WALKER, "foot"), (RIDER, "horse"), (VEHICLE, "wheels"))
KEEPS_M = (300.0, 1000.0)  # from the checkpoint: out of the reach of its people, out of what they make out by day
BESIDE_M = 500.0  # a road farther off is not the one it holds
BEFORE_M = 2500.0  # along the road to either side, from where to where they go


@dataclass(frozen=True)
class Round:
    """How somebody gets round; found None: there is no way; noticed: chance by day and by night."""

    crosser: Crosser
    keep_m: float
    found: Detour | None
    noticed_day: float = 0.0
    noticed_night: float = 0.0


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint as it stands: surface of its road, "" for none, how far off that runs; the ways round."""

    post: Post
    xy_m: F8
    s_m: float
    d_m: float
    surface: str
    off_road_m: float
    rounds: tuple[Round, ...]


def checkpoints(
    site: LoadedSite, terrain: Terrain, visibility_m: float,
    heard: Mapping[str, tuple[float, float]] | None = None,
) -> list[Checkpoint]:  # fmt: skip
    """Return the checkpoints along the line; heard: (degrees longitude, latitude) of mobile ones, by id."""
    posts = [post for post in site.site.posts if post.kind in KINDS]
    ways = _ways(site, terrain) if posts else {}
    out = [_stands(post, site, ways, visibility_m, (heard or {}).get(post.id)) for post in posts]
    return sorted(out, key=lambda one: one.s_m)


def _ways(site: LoadedSite, terrain: Terrain) -> dict[Means, Ways]:
    """Return the ways of strangers: they do not know of mines, and no line holds them up here."""
    under = going(site, terrain)
    return {
        means: Ways.of(speed_share(terrain, means, cover=under.cover, roads=under.roads), terrain)
        for _, means in GOES
    }  # fmt: skip


def _stands(
    post: Post, site: LoadedSite, ways: Mapping[Means, Ways], visibility_m: float,
    heard: tuple[float, float] | None,
) -> Checkpoint:  # fmt: skip
    lonlat = heard if heard is not None and post.kind == "checkpoint_mobile" else (post.lon_deg, post.lat_deg)
    at = site.line.frame.xy_m_from_lonlat(*lonlat)
    s_m, d_m = (float(v) for v in site.line.sd_from_xy_m(at))
    ends, surface, off_m = _road_ends(at, s_m, d_m, site)
    frailty_k = FrailtyPrior().mean
    rounds = []
    for crosser, means in GOES:
        for keep_m in KEEPS_M:
            found = detour(ways[means], crosser.speed_m_s, ends, at, keep_m)
            if found is None:
                rounds.append(Round(crosser, keep_m, None))
                continue
            by_day, by_night = (
                noticed(
                    found.way_m, found.round_s, at, post.observers, crosser, frailty_k, day=day,
                    visibility_m=visibility_m,
                ) for day in (True, False)
            )  # fmt: skip
            rounds.append(Round(crosser, keep_m, found, by_day, by_night))
    return Checkpoint(post, at, s_m, d_m, surface, off_m, tuple(rounds))


def _road_ends(at: F8, s_m: float, d_m: float, site: LoadedSite) -> tuple[F8, str, float]:
    """Return (2, 2) from where to where they go, the surface of the road ("" for none) and how far off it runs."""
    best: tuple[float, int, float] | None = None
    along: list[tuple[F8, F8]] = []
    for n, lonlat in enumerate(site.roads):
        road = np.asarray(site.line.frame.xy_m_from_lonlat(lonlat[:, 0], lonlat[:, 1]), float)
        leg = np.diff(road, axis=0)
        length = np.hypot(*leg.T)
        along.append((road, np.concatenate([[0.0], np.cumsum(length)])))
        share = np.clip(((at - road[:-1]) * leg).sum(axis=1) / np.maximum(length**2, 1e-12), 0.0, 1.0)
        away = np.hypot(*(road[:-1] + share[:, None] * leg - at).T)
        k = int(away.argmin())
        if best is None or away[k] < best[0]:
            best = float(away[k]), n, float(along[n][1][k] + share[k] * length[k])
    if best is None or best[0] > BESIDE_M:
        square = site.line.xy_m_from_sd([[s_m, d_m - BEFORE_M], [s_m, d_m + BEFORE_M]])
        return np.asarray(square, float), "", np.inf if best is None else best[0]
    away_m, n, where_m = best
    road, run = along[n]
    ends = np.clip([where_m - BEFORE_M, where_m + BEFORE_M], 0.0, run[-1])
    return (
        np.column_stack([np.interp(ends, run, road[:, k]) for k in (0, 1)]), site.road_surfaces[n], away_m,
    )  # fmt: skip


def manned_at(post: Post, now_s: float, timezone: str) -> tuple[bool, float | None]:
    """Return whether a post is manned, and when that changes next, None if never; by the site's own clock."""
    holder = holder_of(post, 0.0, 0.0)
    now = datetime.fromtimestamp(now_s, ZoneInfo(timezone))
    hour = now.hour + now.minute / 60.0 + now.second / 3600.0
    manned = holder.manned(hour)
    edges = sorted({edge % 24.0 for pair in post.hours for edge in pair})
    for days in (0, 1):
        for edge in edges:
            ahead_h = edge + 24.0 * days - hour
            if ahead_h > 1e-9 and holder.manned((edge + 1e-6) % 24.0) != manned:
                return manned, (now + timedelta(hours=ahead_h)).timestamp()
    return manned, None
