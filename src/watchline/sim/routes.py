"""Which way people go: cheapest paths over ground that is steep, watched, wet or mined.

Theory: Dijkstra on 90 m cells, eight neighbours.  The cost of a metre is its walking time (Tobler 1993:
speed falls as exp(-3.5 |slope + 0.05|)) times 1 + caution x (eyes that see it); wadis and dead ground are
cheap to the cautious.  Water and mined ground cannot be entered.

Limits: people plan from the towers' whole round view, not from where cameras look just now.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import cv2
import numba
import numpy as np
from numpy.typing import NDArray

from watchline.geo.line import LineFrame
from watchline.geo.terrain import Terrain
from watchline.sim.ground import water_cells
from watchline.sim.sight import eyes_per_cell

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]

CELL_M = 90.0
DEPTH_M = 8500.0  # routes stay this near to the line
EYES_REACH_M = 3200.0
SPARE_M = 1800.0  # a route may leave the box of its ends by this much


@dataclass(frozen=True)
class Routes:
    """Costs of going anywhere along the line.

    x0_m, y0_m: centre of cell (0, 0), row 0 northernmost; height_m, eyes (rows, cols); closed (rows, cols) bool.
    """

    x0_m: float
    y0_m: float
    height_m: F4
    eyes: F4
    closed: NDArray[np.bool_]

    def open_at(self, xy_m: F8) -> NDArray[np.bool_]:
        """Return (...,) whether people can stand there: on the map, dry and not mined."""
        row, col = self._cells(xy_m)
        rows, cols = self.closed.shape
        inside = (row >= 0) & (row < rows) & (col >= 0) & (col < cols)
        return np.asarray(inside & ~self.closed[np.clip(row, 0, rows - 1), np.clip(col, 0, cols - 1)])

    def path(self, start_m: F8, goal_m: F8, caution: float) -> F8 | None:
        """Return (N, 2) grid positions from start to goal, about 270 m apart; None when there is no way."""
        (r0, c0), (r1, c1) = (tuple(int(v) for v in self._cells(p)) for p in (start_m, goal_m))
        rows, cols = self.closed.shape
        spare = int(SPARE_M / CELL_M)
        top, bottom = max(0, min(r0, r1) - spare), min(rows, max(r0, r1) + spare + 1)
        left, right = max(0, min(c0, c1) - spare), min(cols, max(c0, c1) + spare + 1)
        box = (slice(top, bottom), slice(left, right))
        cells = _dijkstra(
            self.height_m[box], self.eyes[box], self.closed[box], caution, r0 - top, c0 - left, r1 - top, c1 - left
        )
        if len(cells) == 0:
            return None
        # Where something is closed nearby no corner may be cut.
        corners = cells[1:-1] if self.closed[box].any() else cells[1:-1][1::3]
        middle = np.column_stack(
            [self.x0_m + (corners[:, 1] + left) * CELL_M, self.y0_m - (corners[:, 0] + top) * CELL_M]
        )
        return np.concatenate([start_m[None], middle, goal_m[None]])

    def _cells(self, xy_m: F8) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        row = np.rint((self.y0_m - xy_m[..., 1]) / CELL_M).astype(np.int64)
        col = np.rint((xy_m[..., 0] - self.x0_m) / CELL_M).astype(np.int64)
        return row, col


def routes_over(line: LineFrame, terrain: Terrain, eyes_xyz_m: F8, mined_xy_m: list[F8]) -> Routes:
    """Return the costs for a line; eyes (N, 3) of towers; mined_xy_m: rings (M, 2) that are never entered."""
    west, south, east, north = terrain.bounds_m
    low = np.maximum(line.xy_m.min(axis=0) - DEPTH_M, [west + 60, south + 60])
    high = np.minimum(line.xy_m.max(axis=0) + DEPTH_M, [east - 60, north - 60])
    cols, rows = (int(v) + 1 for v in (high - low) // CELL_M)
    x = low[0] + CELL_M * np.arange(cols)
    y = high[1] - CELL_M * np.arange(rows)
    col = np.rint((x - terrain.x0_m) / terrain.cell_m).astype(int)
    row = np.rint((terrain.y0_m - y) / terrain.cell_m).astype(int)
    height = np.ascontiguousarray(terrain.height_m[np.ix_(row, col)])
    wide = np.ones((5, 5), np.uint8)
    wet = cv2.dilate(water_cells(terrain).astype(np.uint8), wide)[np.ix_(row, col)].astype(bool)
    closed = wet | np.isnan(height)
    for ring in mined_xy_m:
        mask = np.zeros(closed.shape, np.uint8)
        cells = np.column_stack([(ring[:, 0] - low[0]) / CELL_M, (high[1] - ring[:, 1]) / CELL_M])
        cv2.fillPoly(mask, [np.rint(cells).astype(np.int32)], 1)
        # One cell of margin: people walk between cell centres, and know about where the marking is.
        closed |= cv2.dilate(mask, np.ones((3, 3), np.uint8)).astype(bool)
    reach = np.full(len(eyes_xyz_m), EYES_REACH_M)
    eyes = eyes_per_cell(terrain, eyes_xyz_m, reach, float(low[0]), float(high[1]), (rows, cols), CELL_M)
    return Routes(float(low[0]), float(high[1]), height, eyes, closed)


@numba.njit(cache=True)
def _back(come: NDArray[np.int64], start: int, goal: int, cols: int) -> NDArray[np.int64]:
    if come[goal] < 0:
        return np.empty((0, 2), np.int64)
    count = 1
    at = goal
    while at != start:
        at = come[at]
        count += 1
    out = np.empty((count, 2), np.int64)
    at = goal
    for k in range(count - 1, -1, -1):
        out[k, 0], out[k, 1] = at // cols, at % cols
        at = come[at]
    return out


@numba.njit(cache=True)
def _dijkstra(
    height: F4, eyes: F4, closed: NDArray[np.bool_], caution: float, r0: int, c0: int, r1: int, c1: int
) -> NDArray[np.int64]:
    rows, cols = height.shape
    best = np.full(rows * cols, np.inf)
    come = np.full(rows * cols, -1, np.int64)
    goal = np.int64(r1 * cols + c1)
    start = np.int64(r0 * cols + c0)
    best[start] = 0.0
    heap = [(0.0, start)]
    while len(heap) > 0:
        cost, cell = heapq.heappop(heap)
        if cell == goal:
            break
        if cost > best[cell]:
            continue
        r, c = cell // cols, cell % cols
        for dr in range(-1, 2):
            for dc in range(-1, 2):
                rr, cc = r + dr, c + dc
                if (dr == 0 and dc == 0) or rr < 0 or cc < 0 or rr >= rows or cc >= cols or closed[rr, cc]:
                    continue
                away = CELL_M * np.sqrt(float(dr * dr + dc * dc))
                slope = (height[rr, cc] - height[r, c]) / away
                hard = np.exp(3.5 * (abs(slope + 0.05) - 0.05))
                new = cost + away * hard * (1.0 + caution * eyes[rr, cc])
                other = np.int64(rr * cols + cc)
                if new < best[other]:
                    best[other] = new
                    come[other] = cell
                    heapq.heappush(heap, (new, other))
    return _back(come, int(start), int(goal), cols)
