"""The reference movement model: how people go who do not know where they are watched.

Theory: they enter uniformly along the line and take the quickest way over the ground as they judge it.  Nobody
judges it right: the pace of every place is multiplied by a smooth log-normal error, another one for each field, so
that routes spread as detours do.  From a place on the line the way leads back to the outside and on to the far edge.
What is averaged over these routes is a figure of the sensors, comparable from night to night, and published with the
model; what the best informed can do is the weakest path's.

Limits: no roads are sought for cover, nobody waits; errors of DETOUR_M size and DETOUR_SD are a convention.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from watchline.coverage.crossing import Belt
from watchline.coverage.solver.eikonal import least_cost
from watchline.coverage.weakest_path import path_down

F8 = NDArray[np.float64]
F4 = NDArray[np.float32]
I8 = NDArray[np.int64]

FIELDS = 4  # different judgements of the ground
DETOUR_SD = 0.35  # of ln pace
DETOUR_M = 600.0  # correlation length of the error
STEP_CELLS = 1.0


@dataclass(frozen=True)
class ReferenceRoutes:
    """Routes as the cells they go through, all behind each other.

    route (M,) the route of each piece; rc (M, 2) its place in cells; seconds (M,) spent there; cross_m (R,) the
    chainage at which each route crosses the line.
    """

    route: I8
    rc: F8
    seconds: F8
    cross_m: F8

    @property
    def count(self) -> int:
        """Return how many routes there are."""
        return len(self.cross_m)

    @cached_property
    def _by_column(self) -> tuple[I8, I8, I8]:
        """Return the cells (M, 2) of the pieces, their order by column, and the columns in that order."""
        cell = np.rint(self.rc).astype(np.int64)
        order = np.argsort(cell[:, 1], kind="stable")
        return cell, order, cell[order, 1]

    def within(self, top: int, left: int, rows: int, cols: int) -> tuple[I8, I8]:
        """Return which pieces (L,), in their order, lie in a window of the cells, and their cells (L, 2)."""
        cell, order, column = self._by_column
        some = np.sort(order[np.searchsorted(column, left) : np.searchsorted(column, left + cols)])
        row = cell[some, 0]
        some = some[(row >= top) & (row < top + rows)]
        return some, cell[some]

    def upto(self, offset_m: NDArray[np.floating], last_m: float) -> ReferenceRoutes:
        """Return the same routes with the pieces only that lie before last_m; offset_m (rows, cols) from the line."""
        cell = np.rint(self.rc).astype(np.int64)
        here = offset_m[cell[:, 0], cell[:, 1]] <= last_m
        return ReferenceRoutes(self.route[here], self.rc[here], self.seconds[here], self.cross_m)

    def weighed(self, share: NDArray[np.floating]) -> ReferenceRoutes:
        """Return the same routes with a share (rows, cols) of the time spent in each cell."""
        cell = np.rint(self.rc).astype(np.int64)
        return ReferenceRoutes(self.route, self.rc, self.seconds * share[cell[:, 0], cell[:, 1]], self.cross_m)


def reference_routes(
    speed_m_s: NDArray[np.floating], cell_m: float, belt: Belt, *, per_km: int, rng: np.random.Generator
) -> ReferenceRoutes:
    """Return per_km routes a kilometre of line, from the outside of the belt to its far edge.

    speed_m_s (rows, cols), 0 where nobody goes.  A route that does not get through is left out.
    """
    with np.errstate(divide="ignore"):
        pace = np.where(speed_m_s > 0.0, 1.0 / speed_m_s, np.inf).astype(np.float32)
    before, behind = belt.sides(cell_m)
    total = max(1, round(per_km * float(np.ptp(belt.line_s_m)) / 1000.0))
    at = np.sort(rng.uniform(belt.line_s_m.min(), belt.line_s_m.max(), total))
    place = belt.line_cell[np.clip(np.searchsorted(belt.line_s_m, at), 0, len(belt.line_cell) - 1)]
    pieces: list[tuple[float, F8, F8]] = []
    for field in range(FIELDS):
        judged = pace * _error(pace.shape, cell_m, rng)
        halves = []
        for side, end in ((before, belt.start), (behind, belt.goal)):
            cost = np.where(side, judged, np.float32(np.inf))
            halves.append((cost, least_cost(cost, cell_m, end.cell, end.cost)))
        for s_m, cell in zip(at[field::FIELDS], place[field::FIELDS], strict=True):
            way = way_through(halves, int(cell), pace.shape[1])
            if way is not None:
                pieces.append((float(s_m), *timed(way, pace, cell_m)))
    return ReferenceRoutes(
        np.repeat(np.arange(len(pieces)), [len(rc) for _, rc, _ in pieces]),
        np.concatenate([rc for _, rc, _ in pieces]) if pieces else np.zeros((0, 2)),
        np.concatenate([seconds for _, _, seconds in pieces]) if pieces else np.zeros(0),
        np.array([s_m for s_m, _, _ in pieces]),
    )


def _error(shape: tuple[int, ...], cell_m: float, rng: np.random.Generator) -> F4:
    """Return (rows, cols) a smooth log-normal field of mean one."""
    coarse = tuple(max(2, round(n * cell_m / DETOUR_M)) + 2 for n in shape)
    drawn = rng.standard_normal(coarse).astype(np.float32)
    smooth = cv2.resize(drawn, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.exp(DETOUR_SD * smooth - 0.5 * DETOUR_SD**2), np.float32)


def way_through(halves: list[tuple[F4, F8]], cell: int, cols: int) -> F8 | None:
    """Return (N, 2) the way through a cell of the line, outside first; None where a side is closed.

    halves: cost of a metre and least cost before the line and behind it, as in `crossing.Crossing`.
    """
    row, col = divmod(cell, cols)
    if not all(np.isfinite(field[row, col]) for _, field in halves):
        return None
    out, home = (path_down(cost, field, float(row), float(col)) for cost, field in halves)
    if len(out) < 2 or len(home) < 2:
        return None
    return np.concatenate([out[::-1], home[1:]])


def timed(way: F8, pace: F4, cell_m: float) -> tuple[F8, F8]:
    """Return places STEP_CELLS apart along the way, and the seconds spent between them at the true pace."""
    at = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(way, axis=0).T))])
    count = max(1, int(np.ceil(at[-1] / STEP_CELLS)))
    middle = (np.arange(count) + 0.5) * at[-1] / count
    rc = np.column_stack([np.interp(middle, at, way[:, k]) for k in (0, 1)])
    cell = np.rint(rc).astype(np.int64)
    here = pace[cell[:, 0], cell[:, 1]]
    # A cell that nobody can take is only grazed by a route: it costs no time here.
    return rc, np.where(np.isfinite(here), here * cell_m * at[-1] / count, 0.0)
