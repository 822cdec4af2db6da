"""How long a unit needs to every place: travel time over the ground, isochrones, and the route itself.

Theory: the time obeys |grad T| = pace (`coverage.solver.eikonal`), so routes run at any angle.  Round the start the
field is laid out straight for `SEED` cells, where the difference scheme is at its worst.  The route is the way down
the field from the goal, tightened.

Rules: a cell without a pace is never entered: every piece of a route is checked against the squares of such cells,
and where the smooth way fails the check, the way from centre to centre is taken.
Accuracy: within 0.5 % of closed forms from 40 cells on (`tests/oracle/test_travel_time.py`); next to walls the
field errs high by up to a few per cent, never low by more than a thousandth.
Limits: isotropic: up and down take the same time.  Coarse cells (`Ways.coarser`) keep roads and hazards whole, and
close gaps narrower than a cell.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from watchline.coverage.solver.descent import cost_along, descend, tightened
from watchline.coverage.solver.eikonal import least_cost
from watchline.geo.terrain import Terrain

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]
I8 = NDArray[np.int64]

SEED = 6  # cells round the start that are laid out straight
NEAR = 4  # cells from which a unit that stands on closed ground gets off it
STRAIGHTER = 0.01
ROOM_M, ROOM = 3000.0, 0.25  # how far a route may swing out of the box of its ends, and of its size, in a field cut


@dataclass(frozen=True)
class Ways:
    """How slow the ground is for one means: pace (rows, cols) float32, inf where it never goes.

    pace is the inverse of the share of a unit's own speed; x0_m, y0_m: grid position of the centre of cell (0, 0).
    """

    pace: F4
    x0_m: float
    y0_m: float
    cell_m: float

    @classmethod
    def of(cls, share: F4, terrain: Terrain) -> Ways:
        """Return the ways over a terrain, of `means.speed_share`."""
        with np.errstate(divide="ignore"):
            pace = np.where(share > 0.0, 1.0 / share, np.inf).astype(np.float32)
        return cls(pace, terrain.x0_m, terrain.y0_m, terrain.cell_m)

    def coarser(self, times: int, *, roads: NDArray[np.uint8] | None = None, closed: NDArray[np.bool_]) -> Ways:
        """Return the ways on cells `times` as wide: the mean pace of what can be gone, the best road where one is.

        closed (rows, cols): a coarse cell that holds any of it is closed; one of which most cannot be gone, as well.
        """
        rows, cols = (n // times for n in self.pace.shape)

        def blocks(grid: NDArray[np.generic]) -> NDArray[np.generic]:
            cut = grid[: rows * times, : cols * times].reshape(rows, times, cols, times)
            return cut.transpose(0, 2, 1, 3).reshape(rows, cols, times * times)

        fine = np.asarray(blocks(self.pace))
        free = np.isfinite(fine)
        count = free.sum(axis=2)
        total = np.where(free, fine, 0.0).sum(axis=2)
        pace = np.where(2 * count > times * times, total / np.maximum(count, 1), np.inf)
        if roads is not None:
            on_road = np.where(np.asarray(blocks(roads)) > 0, fine, np.inf).min(axis=2)
            pace = np.minimum(pace, on_road)
        pace[np.asarray(blocks(closed)).any(axis=2)] = np.inf
        half = 0.5 * (times - 1) * self.cell_m
        return Ways(pace.astype(np.float32), self.x0_m + half, self.y0_m - half, times * self.cell_m)

    def rc(self, xy_m: ArrayLike) -> F8:
        """Return (..., 2) row and column in cells of grid positions (..., 2)."""
        xy = np.asarray(xy_m, float)
        return np.stack([(self.y0_m - xy[..., 1]) / self.cell_m, (xy[..., 0] - self.x0_m) / self.cell_m], axis=-1)

    def xy_m(self, rc: F8) -> F8:
        """Return (..., 2) grid positions of rows and columns."""
        return np.stack([self.x0_m + rc[..., 1] * self.cell_m, self.y0_m - rc[..., 0] * self.cell_m], axis=-1)

    def window(self, places_m: F8, room_m: float) -> Ways:
        """Return the ways within room_m of the box round places (N, 2), as far as they go; at least one cell."""
        rows, cols = self.pace.shape
        rc, room = self.rc(places_m), room_m / self.cell_m
        low, high = rc.min(axis=0) - room, rc.max(axis=0) + room
        top, left = (min(max(0, math.floor(v)), n - 1) for v, n in zip(low, (rows, cols), strict=True))
        end_r, end_c = (max(n + 1, math.ceil(v) + 1) for v, n in zip(high, (top, left), strict=True))
        cut = self.pace[top:end_r, left:end_c]
        return Ways(cut, self.x0_m + left * self.cell_m, self.y0_m - top * self.cell_m, self.cell_m)


@dataclass(frozen=True)
class Reach:
    """From one place to everywhere: time_s (rows, cols) float64 on the cells of `ways`, inf where it never gets."""

    ways: Ways
    start_xy_m: F8
    speed_m_s: float
    time_s: F8

    def at(self, xy_m: ArrayLike) -> F8:
        """Return (...,) seconds to grid positions (..., 2); inf on ground that cannot be reached, and outside.

        Bilinear between four cells that can be reached, else from the nearest one.
        """
        rc = self.ways.rc(xy_m)
        flat = rc.reshape(-1, 2)
        rows, cols = self.time_s.shape
        near = np.rint(flat).astype(np.int64)
        inside = ((near >= 0) & (near < [rows, cols])).all(axis=1)
        near = np.clip(near, 0, [rows - 1, cols - 1])
        pace = self.ways.pace[near[:, 0], near[:, 1]]
        aside = np.hypot(*(flat - near).T) * self.ways.cell_m / self.speed_m_s
        with np.errstate(invalid="ignore"):
            alone = self.time_s[near[:, 0], near[:, 1]] + np.where(np.isfinite(pace), pace, 0.0) * aside
            smooth = _bilinear(self.time_s, flat)
        closed = ~np.isfinite(pace)
        out = np.where(closed, np.inf, np.where(np.isfinite(smooth), smooth, alone))
        return np.asarray(np.where(inside, out, np.inf).reshape(rc.shape[:-1]))

    def nearest(self, xy_m: F8, within_m: float) -> F8 | None:
        """Return (2,) a place if it is reached, else the reached cell nearest to it, None where none is within_m."""
        if np.isfinite(self.at(xy_m)):
            return xy_m
        cells = np.argwhere(np.isfinite(self.time_s))
        places = self.ways.xy_m(cells.astype(float))
        away = np.hypot(*(places - xy_m).T)
        k = int(np.argmin(away)) if len(away) else 0
        return places[k] if len(away) and away[k] <= within_m else None

    def isochrone(self, within_s: float) -> list[F8]:
        """Return the outlines (N, 2) of what is reached within a time, holes included, through cell centres."""
        mask = (self.time_s <= within_s).astype(np.uint8)
        rings, _ = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
        return [self.ways.xy_m(ring.reshape(-1, 2)[:, ::-1].astype(float)) for ring in rings]

    def route(self, goal_xy_m: ArrayLike, *, tight: bool = True) -> F8 | None:
        """Return (N, 2) the way from the start to a goal, None when there is none; it never enters closed ground.

        tight: pushed sideways to its very least, which takes most of the time; else within a per cent or two.
        """
        pace = self.ways.pace
        goal = self.ways.rc(goal_xy_m)
        if not np.isfinite(self.at(goal_xy_m)):
            return None
        path = descend(self.time_s, pace, float(goal[0]), float(goal[1]), False)
        if len(path) < 2 or not np.isfinite(cost_along(pace, path)):
            path = descend(self.time_s, pace, float(goal[0]), float(goal[1]), True)
        path = np.concatenate([path, self._last_piece(path[-1])])
        if tight and np.isfinite(cost_along(pace, path)) and len(path) > 2:
            path = tightened(pace, path)
        return self.ways.xy_m(path[::-1])

    def waypoints(self, way_m: F8, most: int) -> F8:
        """Return (M, 2) few places of a route, M <= most where the ground allows: straight on as long as that costs
        at most `STRAIGHTER` more and enters nothing."""
        pace, rc = self.ways.pace, self.ways.rc(way_m)
        along = np.array([cost_along(pace, rc[k : k + 2]) for k in range(len(rc) - 1)])
        for slack in (STRAIGHTER, 4 * STRAIGHTER, 16 * STRAIGHTER):
            keep = [0]
            while keep[-1] < len(rc) - 1:
                keep.append(self._farthest(rc, along, keep[-1], slack))
            if len(keep) <= most:
                break
        return way_m[keep]

    def _farthest(self, rc: F8, along: F8, k: int, slack: float) -> int:
        """Return the farthest vertex that can be gone to straight from vertex k at nearly the cost of the route."""
        far, jump = k + 1, 2
        while k + jump < len(rc):
            direct = cost_along(self.ways.pace, rc[[k, k + jump]])
            if not direct <= (1.0 + slack) * along[k : k + jump].sum() + 1e-9:
                break
            far, jump = k + jump, jump + max(1, jump // 4)
        return far

    def _last_piece(self, from_rc: F8) -> F8:
        """Return (0 or 1, 2) the start itself where it can be gone to straight from the end of the descent."""
        start = self.ways.rc(self.start_xy_m)
        piece = np.stack([from_rc, start])
        free = np.isfinite(cost_along(self.ways.pace, piece)) and np.any(start != from_rc)
        return piece[1:] if free else piece[:0]


def reach(ways: Ways, xy_m: ArrayLike, speed_m_s: float, *, to_m: F8 | None = None) -> Reach:
    """Return how long a unit at xy_m (2,) needs to everywhere; to_m (N, 2): cut the field to what matters for these.

    speed_m_s: of the unit on firm level ground, > 0.  A unit on closed ground starts from open cells within `NEAR`.
    """
    if not speed_m_s > 0.0:
        raise ValueError(f"speed_m_s must be > 0, got {speed_m_s}")
    start = np.asarray(xy_m, float)
    if to_m is not None:
        places = np.concatenate([start.reshape(1, 2), to_m])
        ways = ways.window(places, ROOM_M + ROOM * float(np.ptp(places, axis=0).max()))
    cells, seconds = _seeds(ways, start)
    cost = ways.pace / np.float32(speed_m_s)
    if not len(cells):
        return Reach(ways, start, speed_m_s, np.full(ways.pace.shape, np.inf))
    return Reach(ways, start, speed_m_s, least_cost(cost, ways.cell_m, cells, seconds / speed_m_s))


def _seeds(ways: Ways, start: F8) -> tuple[I8, F8]:
    """Return cells round the start and metres of firm level ground to each, straight; only what is not closed."""
    rows, cols = ways.pace.shape
    row, col = (float(v) for v in ways.rc(start))
    r, c = round(row), round(col)
    if not (-NEAR <= r < rows + NEAR and -NEAR <= c < cols + NEAR):
        return np.zeros(0, np.int64), np.zeros(0)
    standing = 0 <= r < rows and 0 <= c < cols and np.isfinite(ways.pace[r, c])
    radius = SEED if standing else NEAR
    rr, cc = np.mgrid[max(0, r - radius) : min(rows, r + radius + 1), max(0, c - radius) : min(cols, c + radius + 1)]
    at = np.column_stack([rr.ravel(), cc.ravel()])
    away = np.hypot(at[:, 0] - row, at[:, 1] - col)
    pace = ways.pace[at[:, 0], at[:, 1]].astype(float)
    at, away, pace = (v[(away <= radius) & np.isfinite(pace)] for v in (at, away, pace))
    if standing:
        origin = np.array([row, col])
        seconds = np.array([cost_along(ways.pace, np.stack([origin, place.astype(float)])) for place in at])
    else:
        seconds = away * pace
    free = np.isfinite(seconds)
    return at[free, 0] * cols + at[free, 1], seconds[free] * ways.cell_m


def _bilinear(field: F8, rc: F8) -> F8:
    """Return (N,) the field at rows and columns (N, 2); NaN or inf where a corner is missing."""
    rows, cols = field.shape
    if rows < 2 or cols < 2:
        return np.full(len(rc), np.nan)
    low = np.clip(np.floor(rc).astype(np.int64), 0, [rows - 2, cols - 2])
    f = np.clip(rc - low, 0.0, 1.0)
    r, c = low.T
    top = field[r, c] * (1 - f[:, 1]) + field[r, c + 1] * f[:, 1]
    bottom = field[r + 1, c] * (1 - f[:, 1]) + field[r + 1, c + 1] * f[:, 1]
    return np.asarray(top * (1 - f[:, 0]) + bottom * f[:, 0])
