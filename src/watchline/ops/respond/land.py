"""The ground of a site as our units may use it: home side of the line, out of hazards, on coarse cells.

Rules: nobody of ours is sent across the line, and never nearer to mines or flood than one cell.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from watchline.geo.line_grid import line_coordinates_m
from watchline.geo.terrain import Terrain
from watchline.ops.mobility import going
from watchline.ops.site_file import LoadedSite
from watchline.response.flight import Leg
from watchline.response.means import NIGHT, Means, speed_share, with_margin
from watchline.response.proposals import Land
from watchline.response.proximity import Party
from watchline.response.reach import Ways

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


def land_at(
    site: LoadedSite, by_day: dict[str, Ways], *, night: bool, wind_m_s: NDArray[np.float64],
    parties: tuple[Party, ...] = (), flying: tuple[Leg, ...] = (),
) -> Land:  # fmt: skip
    """Return the land as it is now."""
    ways = by_day
    if night:
        slower = {means: np.float32(1.0 / NIGHT[means]) for means in by_day}
        ways = {m: Ways(w.pace * slower[m], w.x0_m, w.y0_m, w.cell_m) for m, w in by_day.items()}
    return Land(site.site, site.line, ways, wind_m_s, parties, flying)
