"""What a drone flies at the end of its way: an orbit, along a road, or a sweep of an area; as places in order.

Theory: parallel sweeps no farther apart than the ground that is seen leave nothing out; they run along the area's
longer side, so that there are the fewest turns.
"""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

F8 = NDArray[np.float64]

ORBIT_POINTS = 8


def orbit(centre_m: F8, radius_m: float, points: int = ORBIT_POINTS) -> F8:
    """Return (points + 1, 2) once round a place, closed."""
    turn = np.linspace(0.0, 2.0 * math.pi, points + 1)
    return np.asarray(centre_m + radius_m * np.column_stack([np.sin(turn), np.cos(turn)]))


def along(way_m: F8, every_m: float) -> F8:
    """Return (N, 2) places along a polyline (M, 2), at most every_m apart, its vertices among them."""
    pieces = [way_m[:1]]
    for a, b in pairwise(way_m):
        n = max(1, math.ceil(float(np.hypot(*(b - a))) / every_m))
        pieces.append(a + (np.arange(1, n + 1) / n)[:, None] * (b - a))
    return np.concatenate(pieces)


def sweep(outline_m: F8, swath_m: float) -> F8:
    """Return (N, 2) the turning points of parallel sweeps over an area (M, 2), swath_m apart or less.

    Every place of the area lies within half a swath of a sweep.
    """
    edges = np.roll(outline_m, -1, axis=0) - outline_m
    longest = edges[int(np.argmax(np.hypot(*edges.T)))]
    ahead = longest / np.hypot(*longest)
    turned = outline_m @ np.column_stack([ahead, [-ahead[1], ahead[0]]])
    low, high = turned[:, 1].min(), turned[:, 1].max()
    lines = max(1, math.ceil((high - low) / swath_m))
    out = []
    for n in range(lines):
        middle = low + (n + 0.5) * (high - low) / lines
        left, right = _span(turned, middle, (high - low) / lines)
        out += [(left, middle), (right, middle)] if n % 2 == 0 else [(right, middle), (left, middle)]
    back = np.array([ahead, [-ahead[1], ahead[0]]])
    return np.asarray(np.array(out) @ back)


def _span(ring: F8, across: float, width: float) -> tuple[float, float]:
    """Return from where to where a ring reaches within a band round `across`."""
    found: list[float] = []
    for a, b in zip(ring, np.roll(ring, -1, axis=0), strict=True):
        low, high = across - width / 2, across + width / 2
        step = b[1] - a[1]
        shares = [0.0, 1.0] if step == 0.0 else sorted(((low - a[1]) / step, (high - a[1]) / step))
        first, last = max(0.0, shares[0]), min(1.0, shares[1])
        if first <= last and (step != 0.0 or low <= a[1] <= high):
            found += [float(a[0] + share * (b[0] - a[0])) for share in (first, last)]
    return min(found), max(found)
