"""The plan spine: from a site and its ground to where somebody could cross unseen.

site, terrain ► eyes (viewsheds) ► exposure field per class ► weakest routes ► strength per kilometre
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from watchline.coverage import exposure
from watchline.coverage.eyes import eyes_of
from watchline.coverage.weakest_path import (
    Ends,
    Ground,
    Route,
    exposure_field,
    measured,
    route_down,
    strength,
    through,
)
from watchline.geo.terrain import Terrain
from watchline.ops.site_file import LoadedSite
from watchline.sensing.detection import CROSSERS, Crosser
from watchline.sensing.glimpse import p_miss
from watchline.tracking.tracker import set_up

F8 = NDArray[np.float64]
F4 = NDArray[np.float32]

FRAILTY_K = 1.5  # between-crosser spread of noticeability, prior (mathematics: frailty); trials will correct it
HOME_EDGE_M = 2000.0  # the far edge of the watched belt
# 1/s: an hour counts as exposure 0.0036, so that a route in the blind reads 0.99 unseen after three hours of walking
# and 0.97 after nine of crawling: that much too low.  Far less makes the solver's queue slow (25 times at 1e-8).
TIME_PRICE = 1e-6
ROUTES = 3
APART_M = 3000.0
LANES_PER_KM = 10


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


def coverage(
    site: LoadedSite, terrain: Terrain, *, dark: frozenset[int] = frozenset(), quality: float = 1.0
) -> Coverage:
    """Return exposure, weakest routes and strength of a site for every reference class."""
    placed = set_up(site.site, site.line, terrain)
    eyes = eyes_of(site.site, placed.place, placed.convergence_rad, terrain)
    under = exposure.ribbon(site.line, terrain)
    offset = _offsets(site, terrain)
    start, goal = _edges(site, offset)
    classes = []
    for crosser in CROSSERS:
        rate = exposure.rate_per_s(
            terrain.height_m.shape, terrain, eyes, site.site, crosser, dark=dark, quality=quality
        )
        exposure.add_fences(rate, under, site.site, crosser, terrain.cell_m, dark)
        ground = Ground(rate, exposure.walking_speed_m_s(terrain, under, site.site, crosser), terrain.cell_m)
        classes.append(_of_class(site, terrain, ground, crosser, start, goal, under, offset))
    return Coverage(terrain, classes)


def _of_class(
    site: LoadedSite,
    terrain: Terrain,
    ground: Ground,
    crosser: Crosser,
    start: Ends,
    goal: Ends,
    under: exposure.Ribbon,
    offset_m: F4,
) -> ClassCoverage:
    """Return one class; each side of the line is walked on its own side, so that a route crosses where it says."""
    before = _one_side(ground, offset_m <= ground.cell_m)
    behind = _one_side(ground, offset_m >= -ground.cell_m)
    fields = exposure_field(before, start, TIME_PRICE), exposure_field(behind, goal, TIME_PRICE)
    kilometres = int(np.ceil(site.line.length_m / 1000 - 1e-3))
    stretch = np.minimum(under.s_m // 1000, kilometres - 1).astype(np.int64)
    return ClassCoverage(
        crosser,
        np.asarray(ground.rate_per_s, np.float32),
        strength(through(*fields), under.cell, stretch, kilometres),
        _straight(site, terrain, ground),
        _routes((before, behind), fields, (start, goal), ground, under),
    )


def _one_side(ground: Ground, here: NDArray[np.bool_]) -> Ground:
    speed = np.where(here, np.asarray(ground.speed_m_s, np.float32), np.float32(0.0))
    return Ground(ground.rate_per_s, speed, ground.cell_m)


def _routes(
    sides: tuple[Ground, Ground],
    fields: tuple[F8, F8],
    ends: tuple[Ends, Ends],
    ground: Ground,
    under: exposure.Ribbon,
) -> list[Route]:
    """Return the weakest routes, weakest first, that cross the line at least APART_M from each other."""
    costs = [side.cost_per_m(TIME_PRICE) for side in sides]
    value = through(*fields).ravel()[under.cell]
    routes: list[Route] = []
    while len(routes) < ROUTES and np.isfinite(value.min(initial=np.inf)):
        best = int(np.argmin(value))
        place = Ends(under.cell[best : best + 1], np.zeros(1))
        halves = [
            route_down(side, cost, field, end, place, TIME_PRICE)
            for side, cost, field, end in zip(sides, costs, fields, ends, strict=True)
        ]
        if halves[0] is not None and halves[1] is not None:
            path = np.concatenate([halves[0].path_rc, halves[1].path_rc[::-1][1:]])
            routes.append(measured(ground, path, TIME_PRICE, float(value[best])))
        value[np.abs(under.s_m - under.s_m[best]) < APART_M] = np.inf
    return routes


def _offsets(site: LoadedSite, terrain: Terrain) -> F4:
    """Return (rows, cols) the offset d_m of every cell: exact every fourth cell, linear between."""
    rows, cols = terrain.height_m.shape
    at_row, at_col = np.arange(0, rows + 3, 4), np.arange(0, cols + 3, 4)
    x = terrain.x0_m + terrain.cell_m * at_col
    y = terrain.y0_m - terrain.cell_m * at_row
    grid = np.stack(np.meshgrid(x, y), axis=-1)
    coarse = Terrain(site.line.sd_from_xy_m(grid)[..., 1].astype(np.float32), x[0], y[0], 4 * terrain.cell_m)
    fine_x, fine_y = terrain.x0_m + terrain.cell_m * np.arange(cols), terrain.y0_m - terrain.cell_m * np.arange(rows)
    out = np.empty((rows, cols), np.float32)
    for r in range(rows):
        out[r] = coarse.height_at(np.column_stack([fine_x, np.full(cols, fine_y[r])]))
    return out


def _edges(site: LoadedSite, offset_m: F4) -> tuple[Ends, Ends]:
    """Return where crossers come from (the outside edge) and where they are through (the far edge at home)."""
    outside = np.flatnonzero(offset_m <= -site.site.line.outside_depth_m)
    home = np.flatnonzero(offset_m >= HOME_EDGE_M)
    return Ends(outside, np.zeros(len(outside))), Ends(home, np.zeros(len(home)))


def _straight(site: LoadedSite, terrain: Terrain, ground: Ground) -> F8:
    """Return (K,) mean miss probability over straight crossings square to the line."""
    kilometres = int(np.ceil(site.line.length_m / 1000 - 1e-3))
    s = (np.arange(kilometres * LANES_PER_KM) + 0.5) * 1000.0 / LANES_PER_KM
    d = np.arange(-site.site.line.outside_depth_m, HOME_EDGE_M, ground.cell_m / 2)
    xy = site.line.xy_m_from_sd(np.stack(np.meshgrid(s, d, indexing="ij"), axis=-1))
    rows, cols = ground.rate_per_s.shape
    col = np.clip(np.rint((xy[..., 0] - terrain.x0_m) / ground.cell_m).astype(int), 0, cols - 1)
    row = np.clip(np.rint((terrain.y0_m - xy[..., 1]) / ground.cell_m).astype(int), 0, rows - 1)
    speed = np.broadcast_to(np.asarray(ground.speed_m_s), ground.rate_per_s.shape)[row, col]
    # Ground of a straight lane that nobody can take is walked round: it costs no time here.
    seconds = (ground.cell_m / 2) / np.where(speed > 0, speed, np.inf)
    exposed = (ground.rate_per_s[row, col] * seconds).sum(axis=1)
    return np.asarray(p_miss(exposed, FRAILTY_K).reshape(kilometres, LANES_PER_KM).mean(axis=1))
