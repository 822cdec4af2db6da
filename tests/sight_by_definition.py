"""The least visible height from its definition, one line at a time, slow and without bounds: the tests' own judge.

Along the line from the observer's cell to a target's, t in (0, 1), the ground under the line is
z(t), bilinear in each grid square.  The line of sight that just clears the ground has slope
max over t of (z(t) - c (t D)^2 - eye) / (t D), and the target shows from where that line passes over it.
Squares are cut at every crossing with a grid line (exact fractions); in each, z is the parabola through its
values at both ends and in the middle, and the slope's only inner maximum comes from its derivative.
"""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from watchline.geo.sight import MEAN_EARTH_RADIUS_M

F8 = NDArray[np.float64]


def need_by_definition(
    height: F8,
    row: int,
    col: int,
    mast_m: float,
    range_m: float,
    cell_m: tuple[float, float] = (30.0, 30.0),
    k: float = 1 / 7,
) -> F8:
    """Return (rows, cols) least visible height in metres; NaN beyond the range and where a void is touched."""
    out = np.full(height.shape, np.nan)
    for r, c in np.ndindex(height.shape):
        distance = math.hypot((r - row) * cell_m[1], (c - col) * cell_m[0])
        if distance <= range_m * (1 + 1e-12):
            out[r, c] = need_of_line(height, (row, col), (r, c), mast_m, distance, k)
    return out


def need_of_line(
    height: F8, start: tuple[int, int], stop: tuple[int, int], mast_m: float, distance_m: float, k: float
) -> float:
    eye = height[start] + mast_m
    if start == stop:
        return 0.0
    drop = (1 - k) / (2 * MEAN_EARTH_RADIUS_M)
    dr, dc = stop[0] - start[0], stop[1] - start[1]
    cuts = {Fraction(0), Fraction(1)}
    cuts |= {Fraction(i, abs(d)) for d in (dr, dc) for i in range(1, abs(d))}
    ordered = sorted(cuts)
    slopes = []
    for before, after in itertools.pairwise(ordered):
        z = [_height(height, start, dr, dc, t, (before + after) / 2) for t in (before, (before + after) / 2, after)]
        if any(math.isnan(v) for v in z):
            return math.nan
        a, b = float(before), float(after)
        half = (b - a) / 2
        # z = p0 + p1 (t - middle) + p2 (t - middle)^2
        p2 = (z[0] + z[2] - 2 * z[1]) / (2 * half * half)
        p1 = (z[2] - z[0]) / (2 * half)
        middle = (a + b) / 2
        constant = z[1] - p1 * middle + p2 * middle * middle - eye
        inverse, linear = constant / distance_m, p2 / distance_m - drop * distance_m
        tries = [b] if after < 1 else []
        if inverse < 0 and linear < 0:
            tries.append(math.sqrt(inverse / linear))
        for t in tries:
            if a < t <= b:
                here = z[1] + p1 * (t - middle) + p2 * (t - middle) ** 2
                slopes.append((here - drop * (t * distance_m) ** 2 - eye) / (t * distance_m))
    if not slopes:
        return 0.0
    return max(0.0, eye + max(slopes) * distance_m + drop * distance_m**2 - height[stop])


def _height(height: F8, start: tuple[int, int], dr: int, dc: int, t: Fraction, inside: Fraction) -> float:
    """Return the height at t of the line, on the square (or edge) that holds the line at `inside`."""
    total = 0.0
    r, c = start[0] + dr * t, start[1] + dc * t
    rows = _nodes(start[0] + dr * inside, r)
    cols = _nodes(start[1] + dc * inside, c)
    for i, wi in rows:
        for j, wj in cols:
            total += wi * wj * float(height[i, j])  # a void with weight 0 is still touched
    return total


def _nodes(inside: Fraction, at: Fraction) -> list[tuple[int, float]]:
    low = math.floor(inside)
    if inside.denominator == 1:  # the line runs along this grid line
        return [(low, 1.0)]
    return [(low, float(low + 1 - at)), (low + 1, float(at - low))]
