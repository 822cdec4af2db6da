"""Crossing a line that runs through the grid: fields, strength of every stretch, the weakest routes, lanes.

Theory: from outside to the line nobody has crossed yet, and from the line to the far edge everybody has; so each
side is solved on its own side only, both with the line's cells, and a route of stretch s crosses in s and nowhere
else.  Without that, the route "through" a strong stretch crosses beside it, comes back along the line, and the strong
stretch reads as weak as its neighbour.

Limits: a route that crosses several times is no route here: its last crossing is one, and costs no more.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from watchline.coverage.solver.eikonal import least_cost
from watchline.coverage.solver.update import Box, least_cost_after
from watchline.coverage.weakest_path import TIME_PRICE_PER_S, Ends, Ground, Route, measured, route_down
from watchline.geo.line import LineFrame
from watchline.geo.terrain import Terrain

F8 = NDArray[np.float64]
F4 = NDArray[np.float32]
I4 = NDArray[np.int32]
I8 = NDArray[np.int64]

STRETCH_M = 1000.0
LANES = 10  # straight lanes to a stretch


@dataclass(frozen=True)
class Belt:
    """A line and the ground on both sides.

    offset_m (rows, cols) of every cell from the line, positive at home; line_cell (M,) flat indices of the cells it
    runs through, line_s_m (M,) their chainage; outside_m and home_m: depth of the belt on each side, >= 0.
    """

    offset_m: NDArray[np.floating]
    line_cell: I8
    line_s_m: F8
    outside_m: float
    home_m: float

    @cached_property
    def start(self) -> Ends:
        """Return where crossers come from: everything from the outside edge on, at no cost."""
        outside = np.flatnonzero(self.offset_m <= -self.outside_m)
        return Ends(outside, np.zeros(len(outside)))

    @cached_property
    def goal(self) -> Ends:
        """Return where they are through: everything from the far edge at home on."""
        home = np.flatnonzero(self.offset_m >= self.home_m)
        return Ends(home, np.zeros(len(home)))

    def sides(self, cell_m: float) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return (rows, cols) the cells before the line and those behind it; the line's own are in both."""
        return self.offset_m <= cell_m, self.offset_m >= -cell_m


@dataclass(frozen=True)
class Crossing:
    """Fields of both sides.

    cost (2, ...) cost of a metre, inf off the side; least (2, ...) cost from the start to each cell before the line,
    and from the goal to each cell behind it, float64, inf where none gets; ends: start and goal.
    """

    ground: Ground
    belt: Belt
    cost: tuple[F4, F4]
    least: tuple[F8, F8]
    time_price_per_s: float

    @property
    def at_line(self) -> F8:
        """Return (M,) cost of the weakest route that crosses in each cell of the line."""
        return self.at(self.belt.line_cell)

    def at(self, cell: I8) -> F8:
        """Return (...,) cost of the weakest route crossing in each of these cells, on the line or beyond its ends."""
        return np.asarray(sum(field.ravel()[cell] for field in self.least))


def crossing(ground: Ground, belt: Belt, *, time_price_per_s: float = TIME_PRICE_PER_S) -> Crossing:
    """Return the fields of both sides; 0.5 s a side for 6667 x 1333 cells (`design/006-weakest-path.md`)."""
    whole = ground.cost_per_m(time_price_per_s)
    before, behind = (np.where(here, whole, np.float32(np.inf)) for here in belt.sides(ground.cell_m))
    near = least_cost(before, ground.cell_m, belt.start.cell, belt.start.cost)
    far = least_cost(behind, ground.cell_m, belt.goal.cell, belt.goal.cost)
    return Crossing(ground, belt, (before, behind), (near, far), time_price_per_s)


def crossing_after(old: Crossing, ground: Ground, changed: Box) -> Crossing:
    """Return the crossing of `ground`, which differs from the old one's in the box `changed` only.

    changed: first row, row after the last, first column, column after the last.  Equal to `crossing` within a tenth
    of a cell's cost (`tests/property/test_update_property.py`).
    """
    box = np.s_[changed[0] : changed[1], changed[2] : changed[3]]
    speed = ground.speed_m_s[box] if isinstance(ground.speed_m_s, np.ndarray) else ground.speed_m_s
    inside = Ground(ground.rate_per_s[box], speed, ground.cell_m).cost_per_m(old.time_price_per_s)
    here = old.belt.sides(ground.cell_m)
    costs, fields = [], []
    for side, end in enumerate((old.belt.start, old.belt.goal)):
        cost = old.cost[side].copy()
        cost[box] = np.where(here[side][box], inside, np.float32(np.inf))
        costs.append(cost)
        fields.append(least_cost_after(cost, ground.cell_m, end, old.least[side], changed))
    return Crossing(ground, old.belt, (costs[0], costs[1]), (fields[0], fields[1]), old.time_price_per_s)


def strength(at_line: F8, stretch: NDArray[np.integer], stretches: int) -> F8:
    """Return (stretches,) the least of `at_line` (M,) in each stretch, inf where none can cross.

    stretch (M,): which stretch each cell of the line belongs to.
    """
    out = np.full(stretches, np.inf)
    np.minimum.at(out, stretch, at_line)
    return out


def stretches(line_m: float) -> int:
    """Return how many stretches a line has; the last one may be shorter."""
    return int(np.ceil(line_m / STRETCH_M - 1e-3))


def stretch_of(s_m: NDArray[np.floating], line_m: float) -> I4:
    """Return (...,) the stretch of each chainage; what lies past an end belongs to the last one."""
    return np.clip(np.asarray(s_m) // STRETCH_M, 0, stretches(line_m) - 1).astype(np.int32)


def abreast(belt: Belt, chainage_m: NDArray[np.floating], line_m: float) -> I4:
    """Return (rows, cols) the stretch that each cell is abreast of; the line's own cells by their exact chainage."""
    out = stretch_of(chainage_m, line_m)
    out.ravel()[belt.line_cell] = stretch_of(belt.line_s_m, line_m)
    return out


def weakest_paths(found: Crossing, count: int, *, separation_m: float) -> list[Route]:
    """Return up to `count` distinct routes, weakest first; they cross the line at least separation_m apart."""
    belt, value = found.belt, found.at_line.copy()
    routes: list[Route] = []
    while len(routes) < count and np.isfinite(value.min(initial=np.inf)):
        best = int(np.argmin(value))
        route = route_at(found, int(belt.line_cell[best]), float(value[best]))
        if route is not None:
            routes.append(route)
        value[np.abs(belt.line_s_m - belt.line_s_m[best]) < separation_m] = np.inf
    return routes


def route_at(found: Crossing, cell: int, value: float) -> Route | None:
    """Return the weakest route that crosses the line in this cell, where `at_line` has this value."""
    place, price = Ends(np.array([cell]), np.zeros(1)), found.time_price_per_s
    halves = [
        route_down(found.ground, cost, field, end, place, price)
        for cost, field, end in zip(found.cost, found.least, (found.belt.start, found.belt.goal), strict=True)
    ]
    if halves[0] is None or halves[1] is None:
        return None
    path = np.concatenate([halves[0].path_rc, halves[1].path_rc[::-1][1:]])
    return measured(found.ground, path, price, value)


def through(found: Crossing) -> F8:
    """Return (rows, cols) the cost of the weakest route through each cell, inf where none leads; two more solutions.

    Each side is entered from the line with what the other side has cost by then.
    """
    line, cols = found.belt.line_cell, found.ground.rate_per_s.shape[1]
    out = np.full(found.ground.rate_per_s.shape, np.inf)
    for side in (0, 1):
        onward = found.least[1 - side].ravel()[line]
        open_ = np.isfinite(onward) & np.isfinite(found.cost[side][line // cols, line % cols])
        rest = least_cost(found.cost[side], found.ground.cell_m, line[open_], onward[open_])
        np.minimum(out, found.least[side] + rest, out=out)
    return out


def straight_exposure(ground: Ground, line: LineFrame, grid: Terrain, belt: Belt) -> F8:
    """Return (K, LANES) exposure of straight crossings square to the line, ten to a stretch.

    Ground of a straight lane that nobody can take is walked round: it costs no time here.
    """
    count = stretches(line.length_m)
    s = (np.arange(count * LANES) + 0.5) * STRETCH_M / LANES
    d = np.arange(-belt.outside_m, belt.home_m, ground.cell_m / 2)
    xy = line.xy_m_from_sd(np.stack(np.meshgrid(s, d, indexing="ij"), axis=-1))
    rows, cols = ground.rate_per_s.shape
    col = np.clip(np.rint((xy[..., 0] - grid.x0_m) / ground.cell_m).astype(int), 0, cols - 1)
    row = np.clip(np.rint((grid.y0_m - xy[..., 1]) / ground.cell_m).astype(int), 0, rows - 1)
    speed = np.broadcast_to(np.asarray(ground.speed_m_s), ground.rate_per_s.shape)[row, col]
    seconds = (ground.cell_m / 2) / np.where(speed > 0, speed, np.inf)
    return np.asarray((ground.rate_per_s[row, col] * seconds).sum(axis=1).reshape(count, LANES))
