"""The plan spine: from a site and its ground to where somebody could cross unseen.

site, terrain ► eyes (viewsheds) ► exposure field per class ► crossing ► weakest routes, strength per kilometre
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from watchline.coverage import exposure, too_late
from watchline.coverage.crossing import (
    Belt,
    Crossing,
    abreast,
    crossing,
    straight_exposure,
    strength,
    stretches,
    through,
    weakest_paths,
)
from watchline.coverage.exposure import NOW_NOMINAL
from watchline.coverage.eyes import eyes_of
from watchline.coverage.response_time import Response, response_of
from watchline.coverage.spread import Unseen, drawn_performances, unseen
from watchline.coverage.watchers import watchers_in
from watchline.coverage.weakest_path import Ground, Route
from watchline.geo.line_grid import line_coordinates_m
from watchline.geo.terrain import Terrain
from watchline.ops.mobility import going
from watchline.ops.site_file import LoadedSite
from watchline.sensing.detection import CROSSERS, WALKER, Crosser
from watchline.sensing.frailty import FrailtyPrior
from watchline.sensing.glimpse import p_miss, p_miss_or
from watchline.sensing.placing import placed
from watchline.sensing.situation import Situation

F8 = NDArray[np.float64]
F4 = NDArray[np.float32]
I4 = NDArray[np.int32]

FRAILTY_K = FrailtyPrior().mean
HOME_EDGE_M = 2000.0  # the far edge of the watched belt
TIME_PRICE = 1e-8  # 1/s: nine hours of crawling count as exposure 0.0003, which breaks ties and bends nothing
ROUTES = 3
APART_M = 3000.0
SEED = 3  # of the draws that make an interval: the same site gives the same figures


@dataclass(frozen=True)
class ClassCoverage:
    """One class of crosser.

    rate_per_s (rows, cols); weakest (K,) least exposure of any route that crosses in each kilometre, inf where none
    can; round_ends (2,) of any route round the line's start and its end, within the ground watched beyond them;
    timely (K,) least exposure before it is too late; straight (K,) mean miss probability of straight crossings;
    routes: the weakest; unseen: the chance of each, with its spread; critical: where each becomes too late, None
    where it never does; p_through (rows, cols) the chance of passing unseen by the best route through each cell, NaN
    where none leads, for walkers only.
    """

    crosser: Crosser
    rate_per_s: F4
    weakest: F8
    round_ends: F8
    timely: F8
    straight: F8
    routes: list[Route]
    unseen: list[Unseen]
    critical: list[too_late.Critical | None]
    p_through: F4 | None

    @property
    def p_miss_weakest(self) -> F8:
        """Return (K,) the chance that the best informed crosser passes each kilometre unseen, 0 where none can."""
        return p_miss_or(self.weakest, FRAILTY_K, 0.0)

    @property
    def p_miss_round_ends(self) -> F8:
        """Return (2,) the chance of passing unseen round the line's start and its end, 0 where nobody can."""
        return p_miss_or(self.round_ends, FRAILTY_K, 0.0)

    @property
    def p_timely(self) -> F8:
        """Return (K,) the chance of detection in time when the crosser does the best against it, NaN where none
        can cross."""
        return 1.0 - p_miss_or(self.timely, FRAILTY_K, np.nan)


@dataclass(frozen=True)
class Coverage:
    """The whole line, on the terrain of the watched belt."""

    terrain: Terrain
    classes: list[ClassCoverage]
    response: Response


def coverage(
    site: LoadedSite, terrain: Terrain, now: Situation = NOW_NOMINAL, *, response_time_s: float | None = None
) -> Coverage:
    """Return exposure, weakest routes and strength of a site for every reference class, as things stand.

    response_time_s: from detection to a responder, everywhere; None: of the nearest unit.
    """
    where = placed(site.site, site.line, terrain)
    eyes = eyes_of(site.site, where.eye_m, where.convergence_rad, terrain)
    watchers = watchers_in(now, site.site, site.line, terrain)
    ground_says = going(site, terrain)
    ways = {goes: ground_says.speed_factor(goes, ours=False) for goes in sorted({c.goes for c in CROSSERS})}
    under = exposure.ribbon(site.line, terrain)
    beyond = exposure.beyond_ends(site.line, terrain, site.site.line.beyond_ends_m)
    rng = np.random.default_rng(SEED)
    chainage, offset = line_coordinates_m(site.line, terrain)
    belt = Belt(offset, under.cell, under.s_m, site.site.line.outside_depth_m, HOME_EDGE_M)
    stretch = abreast(belt, chainage, site.line.length_m)
    response = response_of(site.site, site.line, response_time_s)
    classes = []
    for crosser in CROSSERS:
        speed = exposure.speed_m_s(terrain, under, site.site, crosser, ways[crosser.goes])
        moving = exposure.moving(speed, under, site.site, crosser, terrain.cell_m)
        rate = exposure.rate_per_s(terrain, eyes, watchers, site.site, crosser, now, moving)
        exposure.add_fences(rate, under, site.site, crosser, speed, terrain.cell_m, now)
        ground = Ground(rate, speed, terrain.cell_m)
        found = crossing(ground, belt, time_price_per_s=TIME_PRICE)
        drawn = drawn_performances(rng, site.site, crosser, now)
        routes = weakest_paths(found, ROUTES, separation_m=APART_M)
        sure = [unseen(route, ground, terrain, eyes, drawn, crosser, now, rng, moving) for route in routes]
        round_ends = np.array([found.at(end.cell).min(initial=np.inf) for end in beyond])
        classes.append(_of_class(site, terrain, crosser, found, stretch, response, routes, sure, round_ends))
    return Coverage(terrain, classes, response)


def _of_class(
    site: LoadedSite,
    terrain: Terrain,
    crosser: Crosser,
    found: Crossing,
    stretch: I4,
    response: Response,
    routes: list[Route],
    sure: list[Unseen],
    round_ends: F8,
) -> ClassCoverage:
    kilometres = stretches(site.line.length_m)
    late = too_late.late_ground(found, response.seconds[stretch])
    lanes = straight_exposure(found.ground, site.line, terrain, found.belt)
    return ClassCoverage(
        crosser,
        np.asarray(found.ground.rate_per_s, np.float32),
        strength(found.at_line, stretch.ravel()[found.belt.line_cell], kilometres),
        round_ends,
        too_late.timely_exposure(found, late, stretch, kilometres),
        np.asarray(p_miss(lanes, FRAILTY_K).mean(axis=1)),
        routes,
        sure,
        [too_late.critical_point(found, route, late) for route in routes],
        p_miss_or(through(found), FRAILTY_K, np.nan).astype(np.float32) if crosser is WALKER else None,
    )
