"""The best way of one searcher who must go from cell to cell, against a Markov target: exact, on a small grid.

Theory: the path-constrained search problem (Eagle 1984; Eagle & Yee 1990), by branch and bound.  The bound of a
partial way is the most detections that the rest could expect if looks took nothing away, by dynamic programming: it
never falls below what can be found, as every detection is counted at least once.

Limits: time grows exponentially with steps; what a plan of `routes` is measured against, not what plans a night.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

F8 = NDArray[np.float64]


@dataclass(frozen=True)
class SmallSearch:
    """A target's chain and where a searcher may go.

    start (n,) where the target is; step (n, n) row to column; next_to: cells that a searcher can be in a step after;
    glimpse: chance that a look in its cell finds it.  In each step the target moves, the searcher moves, and looks.
    """

    start: F8
    step: F8
    next_to: Sequence[Sequence[int]]
    glimpse: float


def best_way(search: SmallSearch, first: int, steps: int) -> tuple[float, tuple[int, ...]]:
    """Return the best chance to find it in so many steps, and the searcher's cells (steps + 1)."""
    best = -1.0
    best_cells: tuple[int, ...] = (first,)
    branches: list[tuple[float, float, F8, tuple[int, ...]]] = [(1.0, 0.0, search.start, (first,))]
    while branches:
        promise, found, p, cells = branches.pop()
        if promise <= best + 1e-15:
            continue
        if len(cells) == steps + 1:
            best, best_cells = found, cells
            continue
        moved = p @ search.step
        following = []
        for cell in search.next_to[cells[-1]]:
            after = moved.copy()
            after[cell] *= 1.0 - search.glimpse
            now = found + search.glimpse * float(moved[cell])
            ahead = _most_ahead(search, after, cell, steps - len(cells))
            if now + ahead > best + 1e-15:
                following.append((now + ahead, now, after, (*cells, cell)))
        branches += sorted(following, key=lambda one: one[0])  # the most promising is taken first
    return best, best_cells


def _most_ahead(search: SmallSearch, p: F8, cell: int, steps: int) -> float:
    """Return the most detections to be expected from a cell on if looks took nothing away."""
    rewards = []
    for _ in range(steps):
        p = p @ search.step
        rewards.append(search.glimpse * p)
    value = np.zeros(len(p))
    for reward in reversed(rewards):
        gain = reward + value
        value = np.array([max(gain[near] for near in nearby) for nearby in search.next_to])
    return float(value[cell])
