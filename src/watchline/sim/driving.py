"""How the simulator's own units drive to where they are sent.

Theory: Dijkstra on the cells of `routes.py`, eight neighbours, home side of the line only; a road makes a cell
quicker, a slope slower.  A driver has a pace of their own, sets out when they are ready, and stops now and then.
All numbers are made up here, on purpose not those of the estimator.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numba
import numpy as np
from numpy.typing import NDArray

from watchline.geo.line import LineFrame
from watchline.sim.movers import Path
from watchline.sim.routes import CELL_M, Routes

F8 = NDArray[np.float64]

ROAD = {"track": 1.25, "gravel": 1.9, "paved": 2.6}  # times the speed on open ground
STEEP = 2.5  # pace grows as exp of this times the gradient
READY_S = (20.0, 40.0)  # least, and mean beyond it, from being told until they roll
DRIVER_SD = 0.12  # of the logarithm of a drive's pace
STOPS_EVERY_S, STOP_S = 1200.0, 40.0
NODES = 200


@dataclass(frozen=True)
class Drives:
    """pace (rows, cols) seconds a metre at 1 m/s, inf where nobody drives; cells as those of `routes`."""

    routes: Routes
    pace: F8

    def field(self, from_m: F8, reach_m: float) -> Field:
        """Return the way to everywhere within a square of reach_m round a place (2,)."""
        (r0, c0), half = self._cell(from_m), int(reach_m / CELL_M)
        top, left = max(0, r0 - half), max(0, c0 - half)
        cut = self.pace[top : r0 + half + 1, left : c0 + half + 1]
        best, come = _spread(cut, r0 - top, c0 - left)
        return Field(self, top, left, from_m, best, come)

    def _cell(self, xy_m: F8) -> tuple[int, int]:
        rows, cols = self.pace.shape
        row = round((self.routes.y0_m - float(xy_m[1])) / CELL_M)
        col = round((float(xy_m[0]) - self.routes.x0_m) / CELL_M)
        return min(max(row, 0), rows - 1), min(max(col, 0), cols - 1)


@dataclass(frozen=True)
class Field:
    """From one place: best (rows, cols) seconds at 1 m/s; come: which cell each is entered from."""

    drives: Drives
    top: int
    left: int
    from_m: F8
    best: F8
    come: NDArray[np.int64]

    def seconds(self, xy_m: F8) -> F8:
        """Return (N,) seconds at 1 m/s to places (N, 2); inf where they do not get."""
        row = np.rint((self.drives.routes.y0_m - xy_m[:, 1]) / CELL_M).astype(int) - self.top
        col = np.rint((xy_m[:, 0] - self.drives.routes.x0_m) / CELL_M).astype(int) - self.left
        rows, cols = self.best.shape
        inside = (row >= 0) & (row < rows) & (col >= 0) & (col < cols)
        return np.where(inside, self.best[np.clip(row, 0, rows - 1), np.clip(col, 0, cols - 1)], np.inf)

    def way(self, xy_m: F8) -> tuple[F8, F8]:
        """Return (N, 2) places to a place (2,) and (N,) seconds at 1 m/s to each; empty where there is no way."""
        r, c = self.drives._cell(xy_m)
        rows, cols = self.best.shape
        r, c = r - self.top, c - self.left
        if not (0 <= r < rows and 0 <= c < cols) or not np.isfinite(self.best[r, c]):
            return np.zeros((0, 2)), np.zeros(0)
        cells = [r * cols + c]
        while self.come[cells[-1]] >= 0:
            cells.append(int(self.come[cells[-1]]))
        at = np.array(cells[::-1])
        x = self.drives.routes.x0_m + (at % cols + self.left) * CELL_M
        y = self.drives.routes.y0_m - (at // cols + self.top) * CELL_M
        return np.column_stack([x, y]), self.best.ravel()[at]


@dataclass(frozen=True)
class Driver:
    """One drive's own pace: ready_s before it rolls, slower times the pace; stops: (driven seconds, how long)."""

    ready_s: float
    slower: float
    stops: F8

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> Driver:
        """Return a driver as chance has it."""
        at = rng.exponential(STOPS_EVERY_S, 12).cumsum()
        stops = np.column_stack([at, rng.exponential(STOP_S, 12)])
        ready_s = READY_S[0] + float(rng.exponential(READY_S[1]))
        return cls(ready_s, float(np.exp(rng.normal(0.0, DRIVER_SD))), stops)

    def takes_s(self, seconds: F8, speed_m_s: float) -> F8:
        """Return (N,) how long after being told they are somewhere; seconds (N,) at 1 m/s, as `Field` has them."""
        driven = seconds / speed_m_s * self.slower
        held = (self.stops[:, 1][None, :] * (self.stops[:, 0][None, :] < driven[:, None])).sum(axis=1)
        return np.asarray(self.ready_s + driven + held)


def drives_over(routes: Routes, line: LineFrame, roads: Iterable[tuple[F8, str]]) -> Drives:
    """Return how units drive on a line's ground; roads: grid positions (N, 2) of each and its surface."""
    rows, cols = routes.height_m.shape
    x = routes.x0_m + CELL_M * np.arange(cols)
    y = routes.y0_m - CELL_M * np.arange(rows)
    d_m = line.sd_from_xy_m(np.stack(np.meshgrid(x, y), axis=-1))[..., 1]
    down, right = np.gradient(routes.height_m.astype(float), CELL_M)
    pace = np.exp(STEEP * np.hypot(down, right))
    quick = np.ones((rows, cols))
    for xy, surface in sorted(roads, key=lambda road: ROAD[road[1]]):
        cells = np.column_stack([(xy[:, 0] - routes.x0_m) / CELL_M, (routes.y0_m - xy[:, 1]) / CELL_M])
        mask = np.zeros((rows, cols), np.uint8)
        cv2.polylines(mask, [np.rint(cells).astype(np.int32).reshape(-1, 1, 2)], False, 1)
        quick[mask > 0] = ROAD[surface]
    pace = np.where(quick > 1.0, 1.0, pace) / quick
    # A bridge, or a road through the wadi, is dry.
    pace[(routes.closed & (quick == 1.0)) | (d_m < 0.0)] = np.inf
    return Drives(routes, pace)


def drive(field: Field, to_m: F8, speed_m_s: float, start_s: float, driver: Driver) -> Path | None:
    """Return the path of a unit that is told at start_s to go to a place; None where there is no way."""
    way, seconds = field.way(to_m)
    if len(way) == 0:
        return None
    keep = np.unique(np.linspace(0, len(way) - 1, min(len(way), NODES)).astype(int))
    took = driver.takes_s(seconds[keep], speed_m_s)
    t = np.concatenate([[start_s], start_s + took])
    xy = np.concatenate([field.from_m[None], way[keep]])
    t = np.maximum.accumulate(t + 1e-3 * np.arange(len(t)))
    return Path(t, xy, np.zeros(len(t), np.uint8))


@numba.njit(cache=True)
def _spread(pace: F8, r0: int, c0: int) -> tuple[F8, NDArray[np.int64]]:
    rows, cols = pace.shape
    best = np.full((rows, cols), np.inf)
    come = np.full(rows * cols, -1, np.int64)
    best[r0, c0] = 0.0
    heap = [(0.0, np.int64(r0 * cols + c0))]
    while len(heap) > 0:
        cost, cell = heapq.heappop(heap)
        r, c = cell // cols, cell % cols
        if cost > best[r, c]:
            continue
        here = pace[r, c] if pace[r, c] < np.inf else 1.0  # a unit on closed ground gets off it
        for dr in range(-1, 2):
            for dc in range(-1, 2):
                rr, cc = r + dr, c + dc
                if (dr == 0 and dc == 0) or rr < 0 or cc < 0 or rr >= rows or cc >= cols or pace[rr, cc] == np.inf:
                    continue
                new = cost + CELL_M * np.sqrt(float(dr * dr + dc * dc)) * 0.5 * (here + pace[rr, cc])
                if new < best[rr, cc]:
                    best[rr, cc] = new
                    come[rr * cols + cc] = cell
                    heapq.heappush(heap, (new, np.int64(rr * cols + cc)))
    return best, come
