"""Where help is on a site, and how far from it the ways are that a plan leaves crossers with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from watchline.coverage.crossing import Crossing
from watchline.coverage.watchers import MANNED
from watchline.geo.terrain import Terrain
from watchline.ops.site_file import LoadedSite
from watchline.planning.harm import farthest_h, hours_from
from watchline.planning.line_ways import LineGround, weakest_walks

F8 = NDArray[np.float64]
Mask = NDArray[np.bool_]

HELP_PLACES = ("well", "camp", "village", "crossing")


def help_on(site: LoadedSite, terrain: Terrain, roads: NDArray[np.uint8]) -> Mask:
    """Return (rows, cols) the cells where help is: roads, manned posts, wells, camps, villages, crossings."""
    manned = [(p.lon_deg, p.lat_deg) for p in site.site.posts if p.kind in MANNED]
    places = [(p.lon_deg, p.lat_deg) for p in site.site.places if p.kind in HELP_PLACES]
    return on_grid([*manned, *places], site, terrain) | (roads > 0)


def on_grid(lonlat: list[tuple[float, float]], site: LoadedSite, terrain: Terrain) -> Mask:
    """Return (rows, cols) the cells that these places lie in."""
    out = np.zeros(terrain.height_m.shape, bool)
    for lon, lat in lonlat:
        xy = site.line.frame.xy_m_from_lonlat(lon, lat)
        if terrain.contains(xy):
            out[round((terrain.y0_m - float(xy[1])) / terrain.cell_m),
                round((float(xy[0]) - terrain.x0_m) / terrain.cell_m)] = True  # fmt: skip
    return out


class HelpReach:
    """Hours from help on one line, asked about what stands and about what a plan would leave."""

    def __init__(self, line: LineGround, help_: Mask) -> None:
        """Solve the hours of every cell once (0.5 s for 200 km)."""
        self._line = line
        self.hours = hours_from(line.speed_m_s, line.cell_m, help_)

    def farthest(self, found: Crossing) -> F8:
        """Return (K,) hours from help at the worst place of each kilometre's weakest way, NaN where none leads."""
        out = np.full(self._line.stretches, np.nan)
        for walk in weakest_walks(self._line, found):
            out[walk.way.stretch] = farthest_h(self.hours, walk.route.path_rc)
        return out
