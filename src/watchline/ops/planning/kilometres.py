"""The line by kilometres: the chance to be noticed on the weakest way of each, and how far that is from help."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from watchline.geo.line_grid import line_coordinates_m
from watchline.geo.terrain import Terrain
from watchline.ops.mobility import going
from watchline.ops.planning.help_reach import HelpReach, help_on
from watchline.ops.planning.watched import chance_by_kilometre, watched
from watchline.ops.site_file import LoadedSite
from watchline.sensing.detection import WALKER
from watchline.sensing.situation import Situation

F8 = NDArray[np.float64]


@dataclass(frozen=True)
class Kilometres:
    """chance (hours, K) on the weakest way of every kilometre, help_h (K,) from help at the worst place of it, at the
    hour when that is farthest."""

    chance: F8
    help_h: F8


def kilometres_of(site: LoadedSite, terrain: Terrain, hours: tuple[Situation, ...]) -> Kilometres:
    """Return the line at these hours with everything that the site has (a few seconds for 200 km and an hour)."""
    lines = watched(site, terrain, line_coordinates_m(site.line, terrain), WALKER, hours).lines
    reach = HelpReach(lines[0], help_on(site, terrain, going(site, terrain).roads))
    found = [line.crossing_with(()) for line in lines]
    chance = np.array([chance_by_kilometre(line, one) for line, one in zip(lines, found, strict=True)])
    return Kilometres(chance, np.fmax.reduce([reach.farthest(one) for one in found]))
