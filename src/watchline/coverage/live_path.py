"""The weakest way across while the watch changes: patrols move, drones pass, a sensor comes back.

Theory: whoever knows the live state faces a rate gamma(t, x).  The least exposure V(t, x) from a place to the far
edge is found backwards in time: wait one step, or go one cell in some direction and arrive tau later,
    V(t, x) = min over { wait, directions } of  int gamma dt + price tau + V(t + tau, x + cell).
(Semi-Lagrangian; Falcone & Ferretti 2013.)  V is bilinear in space and linear in time, 16 directions are tried and
the best is bettered by a parabola, so paths run at any angle and refining the grid converges.  The time integral of
the rate is kept per cell (its running sum), so that no patrol is stepped over by somebody slow.  The number published
is integrated along the route that comes out, at its own times.

Rules: cells' centres, row 0 in the north, as in `weakest_path.py`.  The horizon is not a deadline: what holds after
it is given (by default what held last); V begins there as the resting solution.
Limits: speed does not change with time; beside walls only directions clear of them count, so narrow gaps read too
strong by up to a cell's cost; 8 bytes a cell and step besides the input.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from watchline.coverage.solver.eikonal import least_cost
from watchline.coverage.solver.live_steps import DIRECTIONS, along, backwards, durations, traced
from watchline.coverage.weakest_path import TIME_PRICE_PER_S, Ground, ends_in, path_down, times_along

F8 = NDArray[np.float64]
F4 = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class LiveGround:
    """What a crosser meets from t = 0 on.

    rate_per_s (N, rows, cols) mean detection rate over each step, >= 0 and finite; step_s its length;
    after_per_s (rows, cols) the rate from N steps on, None: as in the last step;
    speed_m_s (rows, cols) or a number, 0 or NaN is an obstacle; cell_m side of a cell.
    """

    rate_per_s: F4
    step_s: float
    speed_m_s: NDArray[np.floating] | float
    cell_m: float
    after_per_s: NDArray[np.floating] | None = None

    def __post_init__(self) -> None:
        """Refuse what would hide an unknown, and steps in which somebody goes farther than a cell."""
        if self.rate_per_s.ndim != 3 or not len(self.rate_per_s):
            raise ValueError(f"rate_per_s must be (steps, rows, cols), got {self.rate_per_s.shape}")
        if not (float(self.rate_per_s.min()) >= 0.0 and float(self.rate_per_s.max()) < np.inf):  # NaN fails too
            raise ValueError("rate_per_s must be >= 0 and finite in every step: an unknown rate is for the caller")
        fastest = float(np.nanmax(self.speed_m_s))
        if not 0.0 < self.step_s * fastest <= self.cell_m * (1 + 1e-6):
            raise ValueError(f"step_s must be in 0..{self.cell_m / fastest:g}, one cell at the highest speed")

    @property
    def after(self) -> Ground:
        """Return what holds from the end of the horizon on."""
        rate = self.rate_per_s[-1] if self.after_per_s is None else self.after_per_s
        return Ground(rate, self.speed_m_s, self.cell_m)

    def at_rest(self) -> Ground:
        """Return the mean over the horizon: what is known of the patrols' law without their hour."""
        return Ground(self.rate_per_s.mean(axis=0, dtype=np.float64), self.speed_m_s, self.cell_m)


@dataclass(frozen=True)
class LiveRoute:
    """A route with its times: path_rc (M, 2) row and column in cells, t_s (M,) when it is there, from the start on.

    exposure: integrated along it; cost: exposure + price * time; field_cost: the same as the grid had it.
    """

    path_rc: F8
    t_s: F8
    exposure: float
    cost: float
    field_cost: float


@dataclass(frozen=True)
class Live:
    """The solved programme: least (N + 1, rows, cols) cost to the far edge by time and place; the rest is kept for
    routes.  resting (rows, cols): the same from the end of the horizon on, float64."""

    ground: LiveGround
    goal: Mask
    resting: F8
    least: F4
    gathered: F4
    pace: F8
    price_per_s: float
    waiting: bool


def solve_live(
    ground: LiveGround, goal: Mask, *, waiting: bool = True, time_price_per_s: float = TIME_PRICE_PER_S
) -> Live:
    """Return the least cost from every time and place to `goal` (rows, cols); inf where obstacles leave no way.

    Agrees with `weakest_path` for a rate that rests within 1 % at 16 cells to a tower's radius, and converges:
    `tests/property/test_live_path_property.py`; time and memory in `design/006-weakest-path.md`.
    """
    end, far = ground.after, ends_in(goal)
    last = least_cost(end.cost_per_m(time_price_per_s), ground.cell_m, far.cell, far.cost)
    pace = np.full(goal.shape, np.inf)
    speed = np.broadcast_to(np.asarray(ground.speed_m_s, float), goal.shape)
    np.divide(1.0, speed, out=pace, where=(speed > 0.0) & np.isfinite(last))
    steps = len(ground.rate_per_s)
    gathered = np.zeros((steps + 1, *goal.shape), np.float32)
    np.cumsum(ground.rate_per_s, axis=0, out=gathered[1:])
    gathered[1:] *= np.float32(ground.step_s)
    least = np.zeros_like(gathered)
    least[-1] = last
    angle = 2.0 * np.pi * np.arange(DIRECTIONS) / DIRECTIONS
    toward = np.round(np.column_stack([np.sin(angle), np.cos(angle)]), 12)
    took = durations(pace * ground.cell_m / ground.step_s, toward)
    backwards(least, gathered, pace * ground.cell_m, took, toward, goal, time_price_per_s, ground.step_s, waiting)
    return Live(ground, goal, last, least, gathered, pace, time_price_per_s, waiting)


def live_route(live: Live, start: Mask, *, depart_by_s: float = 0.0) -> LiveRoute | None:
    """Return the weakest route from `start` (rows, cols), left between 0 and depart_by_s; None if there is none."""
    ground = live.ground
    until = min(int(depart_by_s / ground.step_s), len(live.least) - 1)
    cell = np.flatnonzero(start)
    offers = live.least[: until + 1].reshape(until + 1, -1)[:, cell]
    if not offers.size or not np.isfinite(offers.min()):
        return None
    step, which = np.unravel_index(int(np.argmin(offers)), offers.shape)
    row, col = divmod(int(cell[which]), start.shape[1])
    path, t = traced(
        live.least,
        live.gathered,
        live.pace * ground.cell_m,
        live.goal,
        float(step),
        float(row),
        float(col),
        live.price_per_s,
        ground.step_s,
        live.waiting,
    )
    path, t_s = _to_the_end(live, path, t * ground.step_s)
    exposure = exposure_along(ground, path, t_s)
    cost = exposure + live.price_per_s * float(t_s[-1] - t_s[0])
    return LiveRoute(path, t_s, exposure, cost, float(offers[step, which]))


def _to_the_end(live: Live, path: F8, t_s: F8) -> tuple[F8, F8]:
    """Return the way with what is left of it when the horizon ends: down the resting field."""
    row, col = path[-1]
    if live.goal[int(np.floor(row + 0.5)), int(np.floor(col + 0.5))]:
        return path, t_s
    after = live.ground.after
    rest = path_down(after.cost_per_m(live.price_per_s), live.resting, float(row), float(col))
    rest_s = t_s[-1] + times_along(after, rest)
    return np.concatenate([path, rest[1:]]), np.concatenate([t_s, rest_s[1:]])


def exposure_along(ground: LiveGround, path_rc: F8, t_s: F8) -> float:
    """Return the exposure of being at path_rc (M, 2) at t_s (M,), straight and steady between; waiting counts too."""
    return float(along(ground.rate_per_s, ground.after.rate_per_s, ground.step_s, path_rc, t_s))
