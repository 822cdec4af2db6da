"""Does a way through the air enter a block of airspace?

Theory: a block is an area and a height band.  A leg enters it when some part of it lies over the area at a height in
the band; heights go evenly along a leg.
Rules: a height that is not known may be any height, so the leg enters what it passes over or under.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray

F8 = NDArray[np.float64]


@dataclass(frozen=True)
class Block:
    """Airspace: name, who holds it, outline (N, 2) on the site grid, metres; band above mean sea level, metres."""

    name: str
    holder: str
    outline_m: F8
    low_msl_m: float
    high_msl_m: float


def first_entry(way_m: F8, block: Block, *, margin_m: float = 0.0) -> int | None:
    """Return the number of the first leg of a way that enters a block, None when none does.

    way_m: (N, 3) east, north, height above mean sea level, NaN where unknown; one point alone is leg 0.
    margin_m: how much of a height is not known on either side.
    """
    area = shapely.make_valid(shapely.Polygon(block.outline_m))
    shapely.prepare(area)
    ends = list(pairwise(way_m)) or [(way_m[0], way_m[0])]
    for number, (a, b) in enumerate(ends):
        if _enters(a, b, area, block, margin_m):
            return number
    return None


def _enters(a: F8, b: F8, area: shapely.Geometry, block: Block, margin_m: float) -> bool:
    leg = shapely.LineString([a[:2], b[:2]]) if np.any(a[:2] != b[:2]) else shapely.Point(a[:2])
    if not shapely.intersects(area, leg):
        return False
    over = shapely.get_coordinates(shapely.intersection(area, leg))
    length_m = float(np.hypot(*(b[:2] - a[:2])))
    share = np.hypot(*(over - a[:2]).T) / length_m if length_m > 0.0 else np.zeros(1)
    heights = a[2] + share * (b[2] - a[2])
    if length_m == 0.0:
        heights = np.array([a[2], b[2]])  # straight up or down
    if not np.all(np.isfinite(heights)):
        return True
    return bool(heights.min() - margin_m <= block.high_msl_m and heights.max() + margin_m >= block.low_msl_m)
