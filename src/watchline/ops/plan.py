"""The plan spine: from a site and its ground to where somebody could cross unseen.

site, terrain ► eyes (viewsheds) ► exposure field per class ► crossing ► weakest routes, strength per kilometre
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from watchline.coverage import exposure
from watchline.coverage.crossing import (
    Belt,
    Crossing,
    crossing,
    straight_exposure,
    strength,
    stretch_of,
    stretches,
    weakest_paths,
)
from watchline.coverage.exposure import NOW_NOMINAL
from watchline.coverage.eyes import eyes_of
from watchline.coverage.watchers import watchers_in
from watchline.coverage.weakest_path import Ground, Route
from watchline.geo.line_grid import line_coordinates_m
from watchline.geo.terrain import Terrain
from watchline.ops.site_file import LoadedSite
from watchline.sensing.detection import CROSSERS, Crosser
from watchline.sensing.glimpse import p_miss
from watchline.sensing.placing import placed
from watchline.sensing.situation import Situation

F8 = NDArray[np.float64]
F4 = NDArray[np.float32]

FRAILTY_K = 1.5  # between-crosser spread of noticeability, prior (mathematics: frailty); trials will correct it
HOME_EDGE_M = 2000.0  # the far edge of the watched belt
# 1/s: an hour counts as exposure 0.0036, so that a route in the blind reads 0.99 unseen after three hours of walking
# and 0.97 after nine of crawling: that much too low.  Far less makes the solver's queue slow (25 times at 1e-8).
TIME_PRICE = 1e-6
ROUTES = 3
APART_M = 3000.0


@dataclass(frozen=True)
class ClassCoverage:
    """One class of crosser.  rate_per_s (rows, cols); weakest (K,) least exposure of any route that crosses in each
    kilometre, inf where none can; straight (K,) mean miss probability of straight crossings; routes: the weakest."""

    crosser: Crosser
    rate_per_s: F4
    weakest: F8
    straight: F8
    routes: list[Route]

    @property
    def p_miss_weakest(self) -> F8:
        """Return (K,) the chance that the best informed crosser passes each kilometre unseen, 0 where none can."""
        return np.where(np.isfinite(self.weakest), p_miss(np.minimum(self.weakest, 1e6), FRAILTY_K), 0.0)


@dataclass(frozen=True)
class Coverage:
    """The whole line, on the terrain of the watched belt."""

    terrain: Terrain
    classes: list[ClassCoverage]


def coverage(site: LoadedSite, terrain: Terrain, now: Situation = NOW_NOMINAL) -> Coverage:
    """Return exposure, weakest routes and strength of a site for every reference class, as things stand."""
    where = placed(site.site, site.line, terrain)
    eyes = eyes_of(site.site, where.eye_m, where.convergence_rad, terrain)
    watchers = watchers_in(now, site.site, site.line, terrain)
    under = exposure.ribbon(site.line, terrain)
    _, offset = line_coordinates_m(site.line, terrain)
    belt = Belt(offset, under.cell, under.s_m, site.site.line.outside_depth_m, HOME_EDGE_M)
    classes = []
    for crosser in CROSSERS:
        rate = exposure.rate_per_s(terrain, eyes, watchers, site.site, crosser, now)
        exposure.add_fences(rate, under, site.site, crosser, terrain.cell_m, now)
        ground = Ground(rate, exposure.walking_speed_m_s(terrain, under, site.site, crosser), terrain.cell_m)
        found = crossing(ground, belt, time_price_per_s=TIME_PRICE)
        classes.append(_of_class(site, terrain, crosser, found))
    return Coverage(terrain, classes)


def _of_class(site: LoadedSite, terrain: Terrain, crosser: Crosser, found: Crossing) -> ClassCoverage:
    line_m, belt = site.line.length_m, found.belt
    lanes = straight_exposure(found.ground, site.line, terrain, belt)
    return ClassCoverage(
        crosser,
        np.asarray(found.ground.rate_per_s, np.float32),
        strength(found.at_line, stretch_of(belt.line_s_m, line_m), stretches(line_m)),
        np.asarray(p_miss(lanes, FRAILTY_K).mean(axis=1)),
        weakest_paths(found, ROUTES, separation_m=APART_M),
    )
