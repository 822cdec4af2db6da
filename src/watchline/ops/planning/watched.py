"""The line as crossers meet it, with everything that is there: what every plan is reckoned on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from watchline.coverage import exposure
from watchline.coverage.crossing import Belt, Crossing, abreast, strength, stretches
from watchline.coverage.eyes import Eye, eyes_of
from watchline.coverage.watchers import watchers_in
from watchline.geo.terrain import Terrain
from watchline.ops.mobility import going
from watchline.ops.plan import FRAILTY_K, HOME_EDGE_M, TIME_PRICE
from watchline.ops.site_file import LoadedSite
from watchline.planning.line_ways import LineGround
from watchline.sensing.detection import Crosser
from watchline.sensing.glimpse import p_miss_or
from watchline.sensing.placing import placed
from watchline.sensing.situation import Situation

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]

LEFT_OVER = 1e-5  # of a rate that was taken away: rounding, not a sensor


@dataclass(frozen=True)
class Watched:
    """What is there now: its eyes, what crossers meet at each hour, and where they stand (`exposure.moving`)."""

    eyes: tuple[Eye, ...]
    lines: tuple[LineGround, ...]
    moving: F4


def chance(exposure: F8) -> F8:
    """Return the chance of detection of an exposure, by frailty."""
    return np.asarray(1.0 - p_miss_or(exposure, FRAILTY_K, 0.0), float)


def chance_by_kilometre(line: LineGround, found: Crossing) -> F8:
    """Return (K,) the chance of detection on the weakest way of each kilometre."""
    return chance(strength(found.at_line, line.stretch, line.stretches))


def take_away(rate: F4, lost: F4) -> None:
    """Take what some sensors gave away from a rate, in place: what rounding leaves is no sensor."""
    rate -= lost
    rate[(rate < LEFT_OVER * lost) | (rate < 0.0)] = 0.0


def watched(
    site: LoadedSite,
    terrain: Terrain,
    coordinates_m: tuple[F4, F4],
    crosser: Crosser,
    hours: tuple[Situation, ...],
    eyes: tuple[Eye, ...] | None = None,
) -> Watched:
    """Return the line as crossers meet it today; coordinates_m: chainage and offset (rows, cols).

    eyes: of the site, where they are known already (a viewshed each).
    """
    chainage, offset = coordinates_m
    under = exposure.ribbon(site.line, terrain)
    belt = Belt(offset, under.cell, under.s_m, site.site.line.outside_depth_m, HOME_EDGE_M)
    stretch = abreast(belt, chainage, site.line.length_m).ravel()[belt.line_cell]
    factor = going(site, terrain).speed_factor(crosser.goes, ours=False)
    speed = exposure.speed_m_s(terrain, under, site.site, crosser, factor)
    moving = exposure.moving(speed, under, site.site, crosser, terrain.cell_m)
    if eyes is None:
        where = placed(site.site, site.line, terrain)
        eyes = tuple(eyes_of(site.site, where.eye_m, where.convergence_rad, terrain))
    lines = []
    for now in hours:
        people = watchers_in(now, site.site, site.line, terrain)
        rate = exposure.rate_per_s(terrain, eyes, people, site.site, crosser, now, moving)
        exposure.add_fences(rate, under, site.site, crosser, speed, terrain.cell_m, now)
        count = stretches(site.line.length_m)
        lines.append(LineGround(rate, speed, terrain.cell_m, belt, stretch, count, (), TIME_PRICE))
    return Watched(eyes, tuple(lines), moving)
