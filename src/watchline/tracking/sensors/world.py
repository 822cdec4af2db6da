"""What a tracker is told of the world: where sensors stand, how well they see, what the ground hides.

Rules: everything here is fixed for a run.  A sensor's `unit` is the thing that is learned about: a moving sensor
has a row for each place it looks from, and one unit.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from watchline.domain.batches import KIND_RADAR
from watchline.geo.sight import DROP_LIGHT, DROP_RADIO, ray_least_visible
from watchline.sensing.detection import WALKER, p_in_sight
from watchline.tracking.compiled import compiled

F8 = NDArray[np.float64]
F4 = NDArray[np.float32]
I8 = NDArray[np.int64]

T, AZ0, AZ1, REACH, QUALITY, ID = range(6)  # columns of a scan row
WALKER_HEIGHT_M = WALKER.height_m
COLUMNS = 13  # of `sensing.detection.performance_table`
RANGES = 65  # entries of each eye's table of P_d by range
CLASSES = 3  # with a P_d of their own: person, vehicle, animal; "unknown" counts as a person


# A sensor's eye.  place: east, north, height; unit: the thing that is learned about; kind as in batches;
# performance for person, vehicle, animal; false_look: false detections of a look, before anything is learned;
# p_range: P_d of nominal looks by range, as `sensing` tabulates it, for each class.
EYE = np.dtype(
    [
        ("place", np.float64, (3,)), ("unit", np.int64), ("kind", np.int64),
        ("performance", np.float64, (CLASSES, COLUMNS)), ("false_look", np.float64),
        ("p_range", np.float32, (CLASSES, RANGES)),
    ],
    align=True,
)  # fmt: skip


class World(NamedTuple):
    """Fixed arrays the compiled loops read.

    eyes (S,) of EYE; unit_kind (U,) a number for each kind of sensor; bias_sd (U, 2) spread of lasting errors; height
    (R, C) and grid (3,) x0, y0, cell of the terrain (1 x 1: none, all open); going (R, C) factor of speed on foot
    (1 x 1: firm everywhere); masked (K, 4) discs known to be hidden, as `in_order` gives them; by_east (S,) rows of
    eyes from west to east.
    """

    eyes: NDArray[np.void]
    unit_kind: I8
    bias_sd: F8
    height: F4
    going: F4
    grid: F8
    masked: F8
    by_east: I8


@compiled
def window(masked: F8, low_x: float, high_x: float) -> tuple[int, int]:
    """Return which of the discs, first and one past the last, may reach into a strip from low_x to high_x."""
    n = masked.shape[0]
    if n == 0:
        return 0, 0
    first, high, low_x, high_x = 0, n, low_x - masked[0, 3], high_x + masked[0, 3]
    while first < high:
        middle = (first + high) // 2
        if masked[middle, 0] < low_x:
            first = middle + 1
        else:
            high = middle
    last = first
    while last < n and masked[last, 0] <= high_x:
        last += 1
    return first, last


@compiled
def near_mask(masked: F8, first: int, last: int, x: float, y: float, spare_m: float) -> bool:
    """Return whether one of the discs first..last - 1 comes closer to a place than spare_m."""
    for k in range(first, last):
        if (masked[k, 0] - x) ** 2 + (masked[k, 1] - y) ** 2 < (masked[k, 2] + spare_m) ** 2:
            return True
    return False


@compiled
def p_open(world: World, eye: Any, x: float, y: float) -> float:
    """Return the chance that a walker at a place shows to a sensor, as far as the ground is known."""
    first, last = window(world.masked, x, x)
    return p_open_of(world, eye, first, last, x, y)


@compiled
def p_open_of(world: World, eye: Any, first: int, last: int, x: float, y: float) -> float:
    """Return `p_open` of a place that no disc but first..last - 1 reaches."""
    if near_mask(world.masked, first, last, x, y, 0.0):
        return 0.0
    if world.height.shape[0] < 2:
        return 1.0
    place, grid = eye.place, world.grid
    drop = DROP_RADIO if eye.kind == KIND_RADAR else DROP_LIGHT
    hidden = ray_least_visible(world.height, grid[0], grid[1], grid[2], place[0], place[1], place[2], x, y, drop)
    return p_in_sight(hidden, WALKER_HEIGHT_M)


@compiled
def p_sight(world: World, eye: Any, x: float, y: float, sxx: float, sxy: float, syy: float) -> float:
    """Return `p_open` averaged over a place's covariance, by five points when it is wide."""
    spare = math.sqrt(3.0 * (sxx + syy))
    first, last = window(world.masked, x - spare, x + spare)
    if world.height.shape[0] < 2 and not near_mask(world.masked, first, last, x, y, spare):
        return 1.0
    here = p_open_of(world, eye, first, last, x, y)
    if max(sxx, syy) < 64.0:
        return here
    # Main axes of the covariance; the points of a five-point rule lie at sqrt(3) sigma.
    half, mean = 0.5 * (sxx - syy), 0.5 * (sxx + syy)
    root = math.sqrt(half * half + sxy * sxy)
    angle = 0.5 * math.atan2(sxy, half)
    total = here / 3.0
    for k in range(2):
        reach = math.sqrt(3.0 * max(mean + (root if k == 0 else -root), 0.0))
        u, v = math.cos(angle + k * 0.5 * math.pi) * reach, math.sin(angle + k * 0.5 * math.pi) * reach
        there = p_open_of(world, eye, first, last, x + u, y + v)
        total += (there + p_open_of(world, eye, first, last, x - u, y - v)) / 6.0
    return total


def in_order(masked_xyr_m: F8) -> F8:
    """Return (K, 4) discs as `near_mask` reads them: x, y, radius, the widest radius of all."""
    discs = np.asarray(masked_xyr_m, float).reshape(-1, 3)
    discs = discs[np.argsort(discs[:, 0], kind="stable")]
    widest = np.full((len(discs), 1), discs[:, 2].max() if len(discs) else 0.0)
    return np.ascontiguousarray(np.hstack([discs, widest]))
