"""One-degree elevation tiles put together: any mixture of spacings, with what was missing said.

A tile is named by its south-west corner; its node (0, 0) lies at the north-west corner, nodes run south and east.
Copernicus files shift their bounds by half a pixel for this, SRTM files repeat the edge of their neighbour;
in both, nodes lie at whole multiples of the spacing, and that is what is used here.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rasterio.transform import Affine
from rasterio.windows import Window

from watchline.domain.errors import BadInput

F4 = NDArray[np.float32]
Bounds = tuple[float, float, float, float]  # west, south, east, north in degrees
NODES_MAX = 400_000_000  # 1.6 GB of heights
PLAIN_SEA = "no tile, taken as sea at 0 m"


@dataclass(frozen=True)
class Tile:
    """Heights (rows, cols) of the square from lat_deg, lon_deg; per_degree: nodes in a degree of latitude, longitude.

    Rows and columns may be one more than that, when the tile repeats its neighbours' edge.  NaN for voids.
    first: the node (row, column) of the whole tile that heights[0, 0] is, when it was read in part.
    """

    lat_deg: int
    lon_deg: int
    height_m: F4
    per_degree: tuple[int, int]
    first: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class Mosaic:
    """Heights on nodes in degrees; transform of the first cell's corner; notes: lines.  Reads as a `heights.Band`."""

    name: str
    height_m: F4
    transform: Affine
    datum: str
    notes: tuple[str, ...]
    crs: str = "EPSG:4326"

    @property
    def shape(self) -> tuple[int, int]:
        """Return rows, columns."""
        return self.height_m.shape[0], self.height_m.shape[1]

    def read(self, window: Window) -> F4:
        """Return the heights of a window."""
        return self.height_m[
            window.row_off : window.row_off + window.height, window.col_off : window.col_off + window.width
        ]


# A reader returns the part of a tile within bounds, or None when there is no such tile, and what to note.
Reader = Callable[[int, int], tuple[Tile | None, str]]


def mosaic(where: str, bounds_deg: Bounds, read: Reader, datum: str) -> Mosaic:
    """Return heights over bounds (west, south, east, north), at the finest spacing found; missing tiles are sea.

    datum: what the heights are above.

    Raises BadInput when not one tile is there, or the bounds hold too much.
    """
    west, south, east, north = bounds_deg
    squares = [
        (lat, lon)
        for lat in range(math.floor(south), math.floor(north) + 1)
        for lon in range(math.floor(west), math.floor(east) + 1)
    ]
    if len(squares) * 1201 * 1201 > NODES_MAX:
        raise BadInput(where, f"{len(squares)} one-degree tiles are more than can be held", "ask for a smaller area")
    tiles: list[Tile] = []
    sea: list[tuple[int, int]] = []
    notes: list[str] = []
    for lat, lon in squares:
        tile, note = read(lat, lon)
        if note:
            notes.append(f"{where}: {note}")
        if tile is None:
            sea.append((lat, lon))
        else:
            tiles.append(tile)
    if not tiles:
        names = ", ".join(corner(lat, lon) for lat, lon in squares[:4])
        rule = f"has none of the {len(squares)} tiles needed here ({names}...)"
        raise BadInput(where, rule, "check place and names")
    if sea:
        notes.append(f"{where}: {', '.join(corner(lat, lon) for lat, lon in sea)}: {PLAIN_SEA}")
    height_m, grid = _join(tiles, sea, bounds_deg)
    return Mosaic(where, height_m, grid, datum, tuple(notes))


def corner(lat: int, lon: int) -> str:
    """Return the name of a square by its south-west corner.

    >>> corner(34, 41), corner(-3, -71)
    ('N34E041', 'S03W071')
    """
    return f"{'N' if lat >= 0 else 'S'}{abs(lat):02d}{'E' if lon >= 0 else 'W'}{abs(lon):03d}"


def _join(tiles: list[Tile], sea: list[tuple[int, int]], bounds: Bounds) -> tuple[F4, Affine]:
    per_lat, per_lon = (max(t.per_degree[axis] for t in tiles) for axis in (0, 1))
    # Nodes by their whole number from the equator and from Greenwich, rows downwards.
    first_row, last_row = math.floor(-bounds[3] * per_lat), math.ceil(-bounds[1] * per_lat)
    first_col, last_col = math.floor(bounds[0] * per_lon), math.ceil(bounds[2] * per_lon)
    rows, cols = np.arange(first_row, last_row + 1), np.arange(first_col, last_col + 1)
    if len(rows) * len(cols) > NODES_MAX:
        raise BadInput("elevation tiles", f"{len(rows) * len(cols):.1e} nodes are more than can be held")
    out = np.full((len(rows), len(cols)), np.nan, np.float32)
    # Coarse first: where squares share an edge the finer heights stay.
    for tile in sorted(tiles, key=lambda t: t.per_degree):
        _place(out, rows / per_lat, cols / per_lon, tile)
    for lat, lon in sea:
        inside_rows = (-rows / per_lat > lat) & (-rows / per_lat < lat + 1)
        inside_cols = (cols / per_lon > lon) & (cols / per_lon < lon + 1)
        out[np.ix_(inside_rows, inside_cols)] = 0.0
    grid = Affine(1 / per_lon, 0, (first_col - 0.5) / per_lon, 0, -1 / per_lat, -(first_row - 0.5) / per_lat)
    return out, grid


def _place(out: F4, down_deg: NDArray[np.float64], east_deg: NDArray[np.float64], tile: Tile) -> None:
    """Write a tile's heights on the nodes inside its square; between its nodes bilinear, at its rim the nearest."""
    half = 0.5 / 3600 / 10  # nodes are compared as numbers; a tenth of half an arc second is nothing
    r = (down_deg + tile.lat_deg + 1) * tile.per_degree[0] - tile.first[0]
    c = (east_deg - tile.lon_deg) * tile.per_degree[1] - tile.first[1]
    here_r = (down_deg + tile.lat_deg + 1 >= -half) & (down_deg + tile.lat_deg < half)
    here_c = (east_deg - tile.lon_deg >= -half) & (east_deg - tile.lon_deg - 1 < half)
    # The south and east edges belong to the neighbours unless the tile repeats them.
    last_r, last_c = tile.height_m.shape[0] - 1, tile.height_m.shape[1] - 1
    here_r &= (r <= last_r + 1e-6) | (down_deg + tile.lat_deg < -half)
    here_c &= (c <= last_c + 1e-6) | (east_deg - tile.lon_deg - 1 < -half)
    r, c = np.clip(r[here_r], 0, last_r), np.clip(c[here_c], 0, last_c)
    r, c = np.where(abs(r - r.round()) < 1e-4, r.round(), r), np.where(abs(c - c.round()) < 1e-4, c.round(), c)
    if r.size == 0 or c.size == 0:
        return
    r0, c0 = np.floor(r).astype(int), np.floor(c).astype(int)
    fr, fc = (r - r0).astype(np.float32)[:, None], (c - c0).astype(np.float32)[None, :]
    # With no share of the next node, that node is not looked at: a void does not spread.
    r1, c1 = np.where(r > r0, r0 + 1, r0), np.where(c > c0, c0 + 1, c0)
    h = tile.height_m
    above = h[np.ix_(r0, c0)] * (1 - fc) + h[np.ix_(r0, c1)] * fc
    below = h[np.ix_(r1, c0)] * (1 - fc) + h[np.ix_(r1, c1)] * fc
    block = above * (1 - fr) + below * fr
    target = out[np.ix_(here_r, here_c)]
    out[np.ix_(here_r, here_c)] = np.where(np.isnan(block), target, block)
