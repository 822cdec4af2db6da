"""How a site's ground slows or helps those who go over it: land cover, roads and hazards on the terrain's cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from watchline.geo.mobility import Mover, areas_on_grid, roads_on_grid, speed_factor
from watchline.geo.terrain import Terrain
from watchline.ops.site_file import LoadedSite

HAZARDS = ("mines", "flood")


@dataclass(frozen=True)
class Going:
    """What a site says of its ground, on the cells of its terrain.

    cover (rows, cols) classes of land cover, None when the site names none; roads (rows, cols) `geo.mobility.ROADS`;
    hazards (rows, cols): mines and flood, which no route of ours enters.
    """

    cover: NDArray[np.uint8] | None
    roads: NDArray[np.uint8]
    hazards: NDArray[np.bool_]

    def speed_factor(self, mover: Mover, *, ours: bool) -> NDArray[np.float32]:
        """Return (rows, cols) factors of the speed on firm even ground; ours: kept out of mines and flood."""
        return speed_factor(self.cover, self.roads, mover, blocked=self.hazards if ours else None)


def going(site: LoadedSite, terrain: Terrain) -> Going:
    """Return land cover, roads and hazards of a site on its terrain; raises BadInput."""
    to_xy = site.line.frame.xy_m_from_lonlat
    ways = [
        (to_xy(lonlat[:, 0], lonlat[:, 1]), surface)
        for lonlat, surface in zip(site.roads, site.road_surfaces, strict=True)
    ]
    ids = [area.id for area in site.site.areas if area.kind in HAZARDS]
    rings = [to_xy(ring[:, 0], ring[:, 1]) for id_ in ids for ring in site.areas.get(id_, [])]
    return Going(site.land_cover(terrain), roads_on_grid(ways, terrain), areas_on_grid(rings, terrain))
