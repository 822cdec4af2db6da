"""The ground of a site as our units may use it: home side of the line, out of hazards, on coarse cells.

Rules: nobody of ours is sent across the line, and never nearer to mines or flood than one cell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from watchline.domain.site import Site, Unit
from watchline.geo.line import LineFrame
from watchline.geo.line_grid import line_coordinates_m
from watchline.geo.patterns import along
from watchline.geo.terrain import Terrain
from watchline.ops.mobility import going
from watchline.ops.site_file import LoadedSite
from watchline.response.proposals import Land
from watchline.response.travel.means import NIGHT, Means, speed_share, with_margin
from watchline.response.travel.reach import Ways
from watchline.sensing.air.sun import is_day

F8 = NDArray[np.float64]

PASSED = ("ford", "crossing")
POINT_EVERY_M = 300.0
COARSE = 3  # times the terrain's cells: a field of forty kilometres in some ten milliseconds


def ways_of(site: LoadedSite, terrain: Terrain) -> dict[str, Ways]:
    """Return the ways by day of every means that a unit of ours has."""
    under = going(site, terrain)
    _, d_m = line_coordinates_m(site.line, terrain)
    closed = with_margin(under.hazards) | (d_m < 0.0)
    means: set[Means] = {unit.means for unit in site.site.units if unit.kind != "drone"}
    out: dict[str, Ways] = {}
    for one in sorted(means):
        share = speed_share(terrain, one, cover=under.cover, roads=under.roads, closed=closed)
        out[one] = Ways.of(share, terrain).coarser(COARSE, roads=under.roads, closed=closed)
    return out


@dataclass(frozen=True)
class Ground:
    """What responding needs of a site, small enough to be handed to another process.

    by_day: the ways of every means; points_m (C, 2): where people have to pass.
    """

    site: Site
    line: LineFrame
    by_day: Mapping[str, Ways]
    points_m: F8

    @classmethod
    def of(cls, site: LoadedSite, terrain: Terrain) -> Ground:
        """Return the ground of a site; empty where it has no units."""
        has = bool(site.site.units)
        return cls(
            site.site, site.line, ways_of(site, terrain) if has else {},
            holding_points(site) if has else np.zeros((0, 2)),
        )  # fmt: skip

    def land(self, *, night: bool) -> Land:
        """Return the land by day or by night."""
        ways = self.by_day
        if night:
            slower = {means: np.float32(1.0 / NIGHT[means]) for means in ways}
            ways = {m: Ways(w.pace * slower[m], w.x0_m, w.y0_m, w.cell_m) for m, w in ways.items()}
        return Land(self.site, self.line, ways)

    def land_at(self, now_s: float) -> Land:
        """Return the land as it is at a time."""
        lon, lat = self.line.lonlat_deg.mean(axis=0).tolist()
        return self.land(night=not is_day(lat, lon, now_s))


def home_of(unit: Unit, site: LoadedSite) -> F8:
    """Return the grid position (2,) of a unit's post or own place; NaN where the site names neither."""
    post = {p.id: p for p in site.site.posts}.get(unit.post or "", unit)
    if post.lon_deg is None or post.lat_deg is None:
        return np.full(2, np.nan)
    return site.line.frame.xy_m_of(post)


def holding_points(site: LoadedSite) -> F8:
    """Return (C, 2) where people have to pass at home: along roads, and at the site's fords and crossings."""
    frame = site.line.frame
    ways = [np.asarray(frame.xy_m_from_lonlat(road[:, 0], road[:, 1]), float) for road in site.roads]
    points = [along(way, POINT_EVERY_M) for way in ways]
    points += [
        frame.xy_m_of(place).reshape(1, 2)
        for place in site.site.places if place.kind in PASSED
    ]  # fmt: skip
    found = np.concatenate(points) if points else np.zeros((0, 2))
    return np.asarray(found[site.line.sd_from_xy_m(found)[:, 1] > 0.0])
