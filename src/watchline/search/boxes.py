"""The best box for one searcher in one step: a rectangle swept evenly, where and how large, its way there counted.

Theory: effort E spread evenly over an area A that holds probability S finds S (1 - exp(-E / A)): search at random,
the sober one of the three laws.  Every rectangle of the lattice with one of SHAPES is tried, over sums of a summed
area table; one that holds less than the best finds cannot be better and costs nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]

_SIDES = (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32)
SHAPES = np.array([(h, w) for h in _SIDES for w in _SIDES if max(h, w) <= 2 * min(h, w) + 1], np.int64)
NOWHERE = np.full(4, np.nan)


class Rect(NamedTuple):
    """Cells of the lattice: first row and column, rows, columns; (r, c, 0, 0) is a point at that cell's corner."""

    row: float
    col: float
    rows: float
    cols: float


@dataclass(frozen=True)
class Means:
    """What one searcher has in one step.

    sweep_m2_s: width times speed; speed_m_s of its way there; seconds; detour: of its ways over straight ones;
    arrive_s (R, C): before which seconds of the step it cannot be in a cell; open_ (R, C): cells it may search.
    """

    sweep_m2_s: float
    speed_m_s: float
    seconds: float
    detour: float
    arrive_s: F8
    open_: NDArray[np.bool_]


def best_box(
    p: F8, side_m: float, means: Means, before: F8, after: F8, after_worth: float
) -> tuple[F8, float, float]:
    """Return the best box (4,) as Rect, the seconds it is searched for and what it finds; NaN, 0, 0 for none.

    p (R, C) probability of each cell, on average over the step; before, after (4,): boxes of the steps beside it,
    NaN for none; after_worth: what a second is worth there, which a longer way to it costs.
    """
    closed = _table((~means.open_).astype(float))
    box = _best(_table(p), closed, means.arrive_s, SHAPES, side_m, means.sweep_m2_s, means.speed_m_s / means.detour,
                means.seconds, before, after, after_worth)  # fmt: skip
    return (box[:4], float(box[4]), float(box[5])) if box[5] > 0.0 else (NOWHERE, 0.0, 0.0)


def gap_m(a: F8, b: F8, side_m: float) -> float:
    """Return the distance in metres between two boxes (4,), 0 where they touch or one is nowhere."""
    return 0.0 if np.isnan(a[0] + b[0]) else float(_gap(a, b[0], b[1], b[2], b[3])) * side_m


def _table(values: F8) -> F8:
    out = np.zeros((values.shape[0] + 1, values.shape[1] + 1))
    np.cumsum(np.cumsum(values, axis=0), axis=1, out=out[1:, 1:])
    return out


@numba.njit(cache=True)
def _gap(a: F8, row: float, col: float, rows: float, cols: float) -> float:
    down = max(0.0, a[0] - (row + rows), row - (a[0] + a[2]))
    right = max(0.0, a[1] - (col + cols), col - (a[1] + a[3]))
    return math.hypot(down, right)


@numba.njit(cache=True)
def _best(
    table: F8, closed: F8, arrive_s: F8, shapes: I8, side_m: float, sweep: float, speed: float, seconds: float,
    before: F8, after: F8, after_worth: float,
) -> F8:  # fmt: skip
    best = np.zeros(6)
    best_value = 0.0
    rows, cols = table.shape[0] - 1, table.shape[1] - 1
    comes, goes = not math.isnan(before[0]), not math.isnan(after[0])
    for k in range(shapes.shape[0]):
        h, w = shapes[k, 0], shapes[k, 1]
        area = h * w * side_m * side_m
        most = 1.0 - math.exp(-sweep * seconds / area)
        for r in range(rows - h + 1):
            for c in range(cols - w + 1):
                holds = table[r + h, c + w] - table[r, c + w] - table[r + h, c] + table[r, c]
                if holds * most <= best_value:
                    continue
                if closed[r + h, c + w] - closed[r, c + w] - closed[r + h, c] + closed[r, c] > 0.5:
                    continue
                way_s = _gap(before, r, c, h, w) * side_m / speed if comes else 0.0
                left = seconds - max(way_s, arrive_s[r + h // 2, c + w // 2])
                if left <= 0.0:
                    continue
                found = holds * (1.0 - math.exp(-sweep * left / area))
                value = found
                if goes:
                    value -= after_worth * _gap(after, r, c, h, w) * side_m / speed
                if value > best_value:
                    best_value = value
                    best[0], best[1], best[2], best[3], best[4], best[5] = r, c, h, w, left, found
    return best
