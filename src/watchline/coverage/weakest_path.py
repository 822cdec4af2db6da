"""The weakest way across (the literature's minimal exposure path), and what it says of the whole line.

Theory: a crosser who stands in a detection rate gamma (1/s) and walks at v (m/s) gathers exposure H = int gamma dt;
the weakest path has the least H.  Its field solves |grad T| = (gamma + price) / v in the continuum (`eikonal.py`),
so paths run at any angle and refining the grid converges; sums over 8-neighbour graphs stay up to 8 % too high and
overstate security. The price of time (1/s) stands for what a crosser fears of a minute in the open; without it the
best path may be endless.  A time budget is met by raising it: the answer then comes with the lower bound of Lagrange.

Rules: unknown is not an obstacle.  NaN in the rate is refused: say what unknown is worth (nobody looks: 0).
Limits: isotropic speed; sensors that stand still (moving patrols: `space_time.py`); P = 1 - exp(-H) only after
frailty and common causes are taken care of (`sensing.glimpse`, `sensing.common_cause`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from watchline.coverage.solver.descent import cost_along, descend, tightened
from watchline.coverage.solver.eikonal import least_cost

F8 = NDArray[np.float64]
F4 = NDArray[np.float32]
I8 = NDArray[np.int64]

TIME_PRICE_PER_S = 1e-6  # an hour's detour weighs as much as exposure 0.0036: breaks ties, bends nothing
BALL_CELLS = 6.0  # around a start that is a point, costs are known along straight lines
BUDGET_ROUNDS = 24  # halvings of the price of time: to 1e-7 of its bracket
BUDGET_TOLERANCE = 1e-3  # share of the budget that may be left unused when the search stops


@dataclass(frozen=True)
class Ground:
    """What a crosser meets on square cells.

    rate_per_s (rows, cols) detection rate, >= 0, inf allowed (nobody passes); speed_m_s (rows, cols) or a number,
    0 or NaN is an obstacle; cell_m side of a cell.  Row 0 is the northernmost, as in `geo.terrain`.
    """

    rate_per_s: NDArray[np.floating]
    speed_m_s: NDArray[np.floating] | float
    cell_m: float

    def __post_init__(self) -> None:
        """Refuse what would hide an unknown or make a negative exposure."""
        if self.rate_per_s.ndim != 2:
            raise ValueError(f"rate_per_s must be (rows, cols), got {self.rate_per_s.shape}")
        if np.ndim(self.speed_m_s) and np.shape(self.speed_m_s) != self.rate_per_s.shape:
            raise ValueError(f"speed_m_s {np.shape(self.speed_m_s)} must be a number or {self.rate_per_s.shape}")
        if not float(np.min(self.rate_per_s)) >= 0.0:  # NaN fails too
            raise ValueError("rate_per_s must be >= 0 and never NaN: an unknown rate is for the caller to judge")
        if not 0.0 < self.cell_m < np.inf:
            raise ValueError(f"cell_m must be > 0, got {self.cell_m}")

    def cost_per_m(self, time_price_per_s: float = TIME_PRICE_PER_S) -> F4:
        """Return (rows, cols) float32 cost of a metre, inf at obstacles."""
        if not 0.0 < time_price_per_s < np.inf:
            raise ValueError(f"time_price_per_s must be > 0, got {time_price_per_s}")
        cost = self.rate_per_s.astype(np.float32)
        cost += np.float32(time_price_per_s)
        speed = np.asarray(self.speed_m_s, np.float32)
        with np.errstate(divide="ignore", invalid="ignore"):
            cost /= speed
        cost[np.broadcast_to(~(speed > 0.0), cost.shape)] = np.inf
        return cost


@dataclass(frozen=True)
class Ends:
    """Where a path may begin or end: cell (M,) flat indices, cost (M,) from there to the place meant; rc of a
    point."""

    cell: I8
    cost: F8
    point_rc: tuple[float, float] | None = None


def ends_in(mask: NDArray[np.bool_]) -> Ends:
    """Return the cells of `mask` (rows, cols), each at no cost."""
    cell = np.flatnonzero(mask)
    return Ends(cell, np.zeros(len(cell)))


def end_at(ground: Ground, row: float, col: float, time_price_per_s: float = TIME_PRICE_PER_S) -> Ends:
    """Return a point (row, column), which need not be a cell's centre; straight lines count within six cells of it.

    Raises ValueError when the point lies in an obstacle or outside the grid.
    """
    rows, cols = ground.rate_per_s.shape
    low_r, low_c = max(int(row - BALL_CELLS), 0), max(int(col - BALL_CELLS), 0)
    near = np.s_[low_r : int(row + BALL_CELLS) + 2, low_c : int(col + BALL_CELLS) + 2]
    speed = ground.speed_m_s[near] if isinstance(ground.speed_m_s, np.ndarray) else ground.speed_m_s
    if not (-0.5 <= row < rows - 0.5 and -0.5 <= col < cols - 0.5):
        raise ValueError(f"({row}, {col}) is outside the grid of {rows} x {cols} cells")
    cost = Ground(ground.rate_per_s[near], speed, ground.cell_m).cost_per_m(time_price_per_s) * ground.cell_m
    cell, value = [], []
    here = np.array([row - low_r, col - low_c])
    for r, c in np.argwhere(np.isfinite(cost)):
        if np.hypot(r - here[0], c - here[1]) <= BALL_CELLS:
            straight = cost_along(cost, np.array([here, [float(r), float(c)]]))
            if np.isfinite(straight):
                cell.append((r + low_r) * cols + c + low_c)
                value.append(straight)
    if not cell:
        raise ValueError(f"({row}, {col}) lies in an obstacle")
    return Ends(np.array(cell, np.int64), np.array(value), (row, col))


@dataclass(frozen=True)
class Route:
    """A way across.  path_rc (N, 2) row and column in cells, from start to goal.

    exposure: H integrated along the path, without the price of time; time_s, length_m of walking it;
    cost: exposure + price * time; field_cost: the same as the solver had it, before the path was drawn.
    """

    path_rc: F8
    exposure: float
    time_s: float
    length_m: float
    cost: float
    field_cost: float

    def xy_m(self, x0_m: float, y0_m: float, cell_m: float) -> F8:
        """Return (N, 2) east and north on the site grid; x0_m, y0_m centre of cell (0, 0), as in `geo.terrain`."""
        return np.column_stack([x0_m + self.path_rc[:, 1] * cell_m, y0_m - self.path_rc[:, 0] * cell_m])


def exposure_field(ground: Ground, start: Ends, time_price_per_s: float = TIME_PRICE_PER_S) -> F8:
    """Return (rows, cols) the least cost (exposure + price * time) from `start` to each cell, inf where none gets."""
    return least_cost(ground.cost_per_m(time_price_per_s), ground.cell_m, start.cell, start.cost)


def weakest_path(
    ground: Ground, start: Ends, goal: Ends, *, time_price_per_s: float = TIME_PRICE_PER_S
) -> Route | None:
    """Return the path of least cost from `start` to `goal`, None where obstacles leave no way.

    Within 0.3 % of the closed forms for one sensor at a cell of 0.02 of its distance, and converging:
    `tests/oracle/test_weakest_path_closed_forms.py`.
    """
    cost = ground.cost_per_m(time_price_per_s)
    field = least_cost(cost, ground.cell_m, start.cell, start.cost)
    return route_down(ground, cost, field, start, goal, time_price_per_s)


def route_down(
    ground: Ground, cost_per_m: F4, field: F8, start: Ends, goal: Ends, time_price_per_s: float
) -> Route | None:
    """Return the route from `start` whose field is given to the best of `goal`; None if none is reached."""
    total = field.ravel()[goal.cell] + goal.cost
    if not len(total) or not np.isfinite(total.min()):
        return None
    best = int(np.argmin(total))
    row, col = divmod(int(goal.cell[best]), field.shape[1])
    path = path_down(cost_per_m, field, float(row), float(col))
    if goal.point_rc is not None:
        path = np.concatenate([[goal.point_rc], path])
    path = _to_start(path[::-1], start, field.shape[1])
    return measured(ground, tightened(cost_per_m, path), time_price_per_s, float(total[best]))


def path_down(cost_per_m: NDArray[np.floating], field: F8, row: float, col: float) -> F8:
    """Return (N, 2) the way down a field of least costs from a place to one of its starts; it always ends."""
    path = descend(field, cost_per_m, row, col, False)
    return path if len(path) else descend(field, cost_per_m, row, col, True)


def _to_start(path_rc: F8, start: Ends, cols: int) -> F8:
    """Return the path, led straight to the start if that is a point: inside its ball straight lines count."""
    if start.point_rc is None:
        return np.ascontiguousarray(path_rc)
    cell = np.floor(path_rc + 0.5).astype(np.int64) @ np.array([cols, 1])
    inside = np.flatnonzero(np.isin(cell, start.cell))
    last = int(inside[-1]) if len(inside) else 0
    return np.concatenate([[start.point_rc], path_rc[last:]])


def measured(ground: Ground, path_rc: F8, time_price_per_s: float, field_cost: float = np.nan) -> Route:
    """Return the route along a given polyline (N, 2), with its exposure and time integrated along it."""
    path = np.ascontiguousarray(path_rc, float)
    # Only the ground round the path is looked at: a line of 200 km has millions of other cells.
    low = np.maximum(np.floor(path.min(axis=0)).astype(int) - 1, 0)
    high = np.ceil(path.max(axis=0)).astype(int) + 2
    near = np.s_[low[0] : high[0], low[1] : high[1]]
    speed = np.broadcast_to(np.asarray(ground.speed_m_s), ground.rate_per_s.shape)[near].astype(np.float64)
    cost = Ground(ground.rate_per_s[near], speed, ground.cell_m).cost_per_m(time_price_per_s)
    with np.errstate(divide="ignore"):
        pace = np.where(np.isfinite(cost), 1.0 / speed, np.inf)
    whole = cost_along(cost, path - low) * ground.cell_m
    time_s = cost_along(pace, path - low) * ground.cell_m
    length_m = float(np.hypot(*np.diff(path, axis=0).T).sum()) * ground.cell_m
    return Route(path, max(whole - time_price_per_s * time_s, 0.0), time_s, length_m, whole, field_cost)


def times_along(ground: Ground, path_rc: F8) -> F8:
    """Return (N,) seconds from the start of a polyline (N, 2) to each of its vertices; inf from an obstacle on."""
    path = np.ascontiguousarray(path_rc, float)
    speed = np.broadcast_to(np.asarray(ground.speed_m_s, np.float64), ground.rate_per_s.shape)
    with np.errstate(divide="ignore"):
        pace = np.where(speed > 0.0, 1.0 / speed, np.inf)
    legs = [cost_along(pace, path[n : n + 2]) * ground.cell_m for n in range(len(path) - 1)]
    return np.concatenate([[0.0], np.cumsum(legs)])


@dataclass(frozen=True)
class Budgeted:
    """The weakest route within a time budget: route, and a lower bound of the exposure of any route within it."""

    route: Route
    exposure_lower: float


def weakest_within(ground: Ground, start: ArrayLike, goal: ArrayLike, budget_s: float) -> Budgeted | None:
    """Return the weakest route that takes no longer than `budget_s`, None if the fastest one is too slow.

    start, goal: (rows, cols) bool.  The price of time is raised until the route is quick enough; between two prices
    the best route may jump, and the lower bound says how much better a route in the gap could be.
    """
    begin, end = ends_in(np.asarray(start, bool)), ends_in(np.asarray(goal, bool))
    low = TIME_PRICE_PER_S
    free = weakest_path(ground, begin, end, time_price_per_s=low)
    if free is None:
        return None
    if free.time_s <= budget_s:
        return Budgeted(free, free.exposure)
    high = low
    quick, lower = free, free.field_cost - low * budget_s
    while quick.time_s > budget_s:
        high *= 32.0
        if high > 1e6:  # 1e6 exposures a second: nothing but time counts, and it is still too slow
            return None
        quick = _must(weakest_path(ground, begin, end, time_price_per_s=high))
        lower = max(lower, quick.field_cost - high * budget_s)
    best = quick
    for _ in range(BUDGET_ROUNDS):
        price = float(np.sqrt(low * high))
        route = _must(weakest_path(ground, begin, end, time_price_per_s=price))
        lower = max(lower, route.field_cost - price * budget_s)
        if route.time_s > budget_s:
            low = price
            continue
        high, best = price, min(best, route, key=lambda r: r.exposure)
        if route.time_s > budget_s * (1.0 - BUDGET_TOLERANCE):
            break
    return Budgeted(best, max(lower, 0.0))


def _must(route: Route | None) -> Route:
    # The price of time closes no way that was open.
    assert route is not None
    return route
