"""A site's posts as a blocking line: every gap by class of crosser and hour of the site's clock, who closes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from watchline.domain.site import Post, Unit
from watchline.geo.terrain import Terrain
from watchline.ops.respond.land import home_of, ways_of
from watchline.ops.site_file import LoadedSite
from watchline.response.blocking import Gap, Holder, Passage, Reaction, closers, gaps
from watchline.response.travel.reach import Ways, reach
from watchline.sensing.air.sun import is_day
from watchline.sensing.detection import CROSSERS, Crosser
from watchline.sensing.frailty import FrailtyPrior

F8 = NDArray[np.float64]

BLOCKS = ("blocking_position", "checkpoint_fixed", "checkpoint_mobile")
SEEN_BEFORE_M = 600.0  # in front of the foremost post: about where eyes first make somebody out


@dataclass(frozen=True)
class GapAt:
    """A gap as it stands in some hours of the day; closer: the reserve that is soonest at its worst place."""

    gap: Gap
    crosser: Crosser
    hours: tuple[int, ...]
    day: bool
    closer: str
    closer_s: float


def holders_of(site: LoadedSite, from_km: float, to_km: float) -> list[Holder]:
    """Return the posts of a stretch that block, in line coordinates."""
    out = []
    for post in site.site.posts:
        s_m, d_m = _place(post, site)
        if post.kind in BLOCKS and post.observers > 0 and 1000.0 * from_km <= s_m <= 1000.0 * to_km:
            out.append(holder_of(post, s_m, d_m))
    return out


def holder_of(post: Post, s_m: float, d_m: float) -> Holder:
    """Return a post in line coordinates."""
    return Holder(post.id, s_m, d_m, post.observers, post.team_m_s, post.hours)


def blocking_line(
    site: LoadedSite, terrain: Terrain, from_km: float, to_km: float, day_s: float, visibility_m: float
) -> Iterator[GapAt]:
    """Yield every gap of a stretch; day_s: a moment of the day that is asked for.  Hours that are alike are one."""
    holders = holders_of(site, from_km, to_km)
    if not holders:
        return
    reserves = [unit for unit in site.site.units if unit.kind == "reserve"]
    ways = ways_of(site, terrain) if reserves else {}
    middle = site.line.lonlat_deg.mean(axis=0).tolist()
    midnight = datetime.fromtimestamp(day_s, ZoneInfo(site.site.clock.timezone)).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    alike: dict[tuple[tuple[str, ...], bool], list[int]] = {}
    for hour in range(24):
        noon = midnight + timedelta(hours=hour + 0.5)
        manned = tuple(h.id for h in holders if h.manned(hour + 0.5))
        alike.setdefault((manned, is_day(middle[1], middle[0], noon.timestamp())), []).append(hour)
    foremost = min(holder.depth_m for holder in holders)
    ends = 1000.0 * from_km, 1000.0 * to_km
    for (_, day), hours in alike.items():
        for crosser in CROSSERS:
            passage = Passage(crosser, foremost - SEEN_BEFORE_M, site.site.line.home_depth_m, day, visibility_m)
            found = gaps(holders, ends, hours[0] + 0.5, passage, Reaction(), FrailtyPrior().mean)
            places = [site.line.xy_m_from_sd([g.worst_at_m, max(0.0, foremost)]) for g in found]
            who = closers(found, _reach_s(reserves, places, site, ways), [u.id for u in reserves])
            for gap, (unit, seconds) in zip(found, who, strict=True):
                yield GapAt(gap, crosser, tuple(hours), day, unit, seconds)


def _reach_s(reserves: list[Unit], places: list[F8], site: LoadedSite, ways: dict[str, Ways]) -> F8:
    to = np.array(places).reshape(-1, 2)
    out = np.full((len(reserves), len(places)), np.inf)
    for n, unit in enumerate(reserves):
        here = home_of(unit, site)
        if np.isfinite(here).all() and len(to):
            out[n] = reach(ways[unit.means], here, unit.speed_m_s, to_m=to).at(to)
    return out


def _place(post: Post, site: LoadedSite) -> tuple[float, float]:
    s_m, d_m = site.line.sd_from_xy_m(site.line.frame.xy_m_of(post)).tolist()
    return float(s_m), float(d_m)
