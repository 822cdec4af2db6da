"""How fast a subject goes over each cell, as a factor of its speed on firm even ground: land cover and roads.

Theory, on foot: walking at constant power on the level, Pandolf, Givoni & Goldman (1977) give the power above
standing as eta (W + L) 1.5 v^2, so that speed goes as 1 / sqrt(eta).  Terrain coefficients eta: blacktop 1.0,
dirt road 1.1, light brush 1.2, heavy brush 1.5, swamp 1.8, loose sand 2.1 (Soule & Goldman 1972); snow z cm deep:
0.0005 z^3 + 0.0001 z^2 + 0.1072 z + 1.2604 (ERDC, Terrain Coefficients for ... Walking over Snow), here z = 10 cm.
Which coefficient stands for which class of land cover is our choice, written beside it.

On wheels: ASSUMED throughout, no source: plausible shares for an off-road vehicle at 6 m/s on firm ground.

Rules: a class that is not known (0) counts as bare ground: errs towards the faster subject.  Permanent water cannot
be crossed but on a road, which is taken for a bridge.  Slope and barriers are not in here.
Limits: snow, flood and soft ground change with the season, the classes do not.  Bare ground is taken as firm: where
it is loose sand, foot factors are 0.69 instead of 0.95.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numba
import numpy as np
from numpy.typing import NDArray

from watchline.geo.terrain import Terrain, bilinear

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]
U1 = NDArray[np.uint8]
Mover = Literal["foot", "wheels"]

# Classes of ESA WorldCover v200 (10 m, 2021).
UNKNOWN, TREES, SHRUB, GRASS, CROPS, BUILT_UP, BARE = 0, 10, 20, 30, 40, 50, 60
SNOW, WATER, WETLAND, MANGROVES, MOSS = 70, 80, 90, 95, 100
CLASSES = {
    TREES: "tree cover", SHRUB: "shrubland", GRASS: "grassland", CROPS: "cropland", BUILT_UP: "built-up",
    BARE: "bare or sparse", SNOW: "snow and ice", WATER: "permanent water", WETLAND: "herbaceous wetland",
    MANGROVES: "mangroves", MOSS: "moss and lichen",
}  # fmt: skip
ROADS = {"track": 1, "gravel": 2, "paved": 3}  # 0: no road

BLACKTOP, DIRT_ROAD, LIGHT_BRUSH, HEAVY_BRUSH, SWAMP = 1.0, 1.1, 1.2, 1.5, 1.8
SNOW_10_CM = 0.0005 * 10**3 + 0.0001 * 10**2 + 0.1072 * 10 + 1.2604
_ETA = {
    UNKNOWN: DIRT_ROAD, BARE: DIRT_ROAD, MOSS: LIGHT_BRUSH, GRASS: LIGHT_BRUSH, CROPS: LIGHT_BRUSH,
    SHRUB: LIGHT_BRUSH, TREES: HEAVY_BRUSH, BUILT_UP: BLACKTOP, SNOW: SNOW_10_CM, WETLAND: SWAMP, MANGROVES: SWAMP,
}  # fmt: skip
FOOT = {kind: eta**-0.5 for kind, eta in _ETA.items()} | {WATER: 0.0}
WHEELS = {
    UNKNOWN: 0.9, BARE: 0.9, GRASS: 0.8, CROPS: 0.6, SHRUB: 0.5, MOSS: 0.4, SNOW: 0.3, BUILT_UP: 0.5, TREES: 0.15,
    WETLAND: 0.0, MANGROVES: 0.0, WATER: 0.0,
}  # fmt: skip
FOOT_ROAD = {"track": DIRT_ROAD**-0.5, "gravel": DIRT_ROAD**-0.5, "paved": BLACKTOP**-0.5}
WHEELS_ROAD = {"track": 1.5, "gravel": 2.2, "paved": 3.0}


def speed_factor(cover: U1 | None, roads: U1 | None, mover: Mover, *, blocked: NDArray[np.bool_] | None = None) -> F4:
    """Return (rows, cols) float32 factors, >= 0, of the speed on firm even ground; 0 where it cannot go.

    cover (rows, cols) CLASSES or 0; roads (rows, cols) from `roads_on_grid`; blocked (rows, cols): never entered, for
    our own routes (mines, flood); leave it out for those who do not know of them.  One of the three must be given.

    >>> cover = np.array([[60, 10, 80, 80]], np.uint8)
    >>> speed_factor(cover, np.array([[0, 0, 0, 3]], np.uint8), "foot").round(2).tolist()
    [[0.9499999..., 0.8199999..., 0.0, 1.0]]
    """
    shapes = [grid.shape for grid in (cover, roads, blocked) if grid is not None]
    if not shapes or len(set(shapes)) != 1:
        raise ValueError(f"give grids of one shape, got {shapes}")
    off_road, on_road = (FOOT, FOOT_ROAD) if mover == "foot" else (WHEELS, WHEELS_ROAD)
    factor = _table(off_road)[cover] if cover is not None else np.full(shapes[0], off_road[UNKNOWN], np.float32)
    if roads is not None:
        way = _table({ROADS[name]: value for name, value in on_road.items()})[roads]
        factor = np.where(roads > 0, np.maximum(way, factor), factor)
    return np.where(blocked, np.float32(0.0), factor) if blocked is not None else factor


def roads_on_grid(ways: Iterable[tuple[F8, str]], terrain: Terrain) -> U1:
    """Return (rows, cols) ROADS of the best surface through each cell, 0 where there is none; 8-connected.

    ways: grid positions (N, 2) of each line's vertices and its surface.
    """
    roads = np.zeros(terrain.height_m.shape, np.uint8)
    for xy_m, surface in ways:
        rows, cols = _cells_along(xy_m, terrain)
        np.maximum.at(roads, (rows, cols), np.uint8(ROADS[surface]))
    return roads


def areas_on_grid(rings: Iterable[F8], terrain: Terrain) -> NDArray[np.bool_]:
    """Return (rows, cols) whether a cell's centre lies in one of the rings (N, 2) or an outline runs through it."""
    inside = np.zeros(terrain.height_m.shape, np.bool_)
    for xy_m in rings:
        closed = np.concatenate([xy_m, xy_m[:1]])
        col, row = _col_row(closed, terrain)
        _fill(inside, col, row)
        inside[_cells_along(closed, terrain)] = True
    return inside


STEEPEST = 1.5  # gradient nobody walks up


@numba.njit(cache=True)
def pace_at(
    height: F4, factor: F4, x0: float, y0: float, cell: float, x: float, y: float, east: float, north: float
) -> float:
    """Return the share of its speed on firm level ground that a walker keeps at a place, going (east, north), a unit.

    Tobler's law (1993) without its downhill bonus, exp(-3.5 |gradient|), times factor (rows, cols) of `speed_factor`;
    either grid may be (1, 1) for none.  0 where it cannot go; outside the grids the ground is level and firm.
    """
    share = 1.0
    if factor.shape[0] > 1:
        c, r = round((x - x0) / cell), round((y0 - y) / cell)
        if 0 <= r < factor.shape[0] and 0 <= c < factor.shape[1]:
            share = float(factor[int(r), int(c)])
    if height.shape[0] > 1:
        col, row, half = (x - x0) / cell, (y0 - y) / cell, 0.5
        rise = bilinear(height, col + half * east, row - half * north) - bilinear(
            height, col - half * east, row + half * north
        )
        if not np.isnan(rise):
            gradient = abs(rise) / cell
            share *= np.exp(-3.5 * gradient) if gradient < STEEPEST else 0.0
    return share


def _table(values: dict[int, float]) -> F4:
    """Return a table over all bytes; what is not named counts as UNKNOWN."""
    table = np.full(256, values.get(UNKNOWN, 0.0), np.float32)
    table[list(values)] = list(values.values())
    return table


def _col_row(xy_m: F8, terrain: Terrain) -> tuple[F8, F8]:
    return (xy_m[:, 0] - terrain.x0_m) / terrain.cell_m, (terrain.y0_m - xy_m[:, 1]) / terrain.cell_m


def _cells_along(xy_m: F8, terrain: Terrain) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return rows and columns of cells within the grid that a line runs through, sampled thrice a cell."""
    col, row = _col_row(xy_m, terrain)
    steps = np.maximum(1, np.ceil(3 * np.hypot(np.diff(col), np.diff(row)))).astype(int)
    share = np.concatenate([[0.0], *(k + np.arange(1, n + 1) / n for k, n in enumerate(steps))])
    at = np.arange(len(col))
    cols, rows = (np.rint(np.interp(share, at, values)).astype(np.int64) for values in (col, row))
    here = (rows >= 0) & (rows < terrain.height_m.shape[0]) & (cols >= 0) & (cols < terrain.height_m.shape[1])
    return rows[here], cols[here]


@numba.njit(cache=True)
def _fill(inside: NDArray[np.bool_], col: F8, row: F8) -> None:
    """Mark cells whose centre lies in a closed ring, by the even-odd rule, in place."""
    rows, cols = inside.shape
    cuts = np.empty(col.shape[0])
    for r in range(max(0, int(np.floor(row.min()))), min(rows, int(np.ceil(row.max())) + 1)):
        count = 0
        for k in range(col.shape[0] - 1):
            if (row[k] <= r) != (row[k + 1] <= r):
                cuts[count] = col[k] + (r - row[k]) / (row[k + 1] - row[k]) * (col[k + 1] - col[k])
                count += 1
        crossing = np.sort(cuts[:count])
        for k in range(0, count - 1, 2):
            first, last = max(0, int(np.ceil(crossing[k]))), min(cols - 1, int(np.floor(crossing[k + 1])))
            if last >= first:  # a ring beside the grid has none; a negative end would count from the right
                inside[r, first : last + 1] = True
