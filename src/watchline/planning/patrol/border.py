"""Patrolling a border: one patrol on a row of posts, an attack of m periods on one of them, neither sees the other.

Theory: Papadaki, Alpern, Lidbetter & Morton, "Patrolling a border", Operations Research 64 (2016).  Also on other
graphs (Alpern, Morton & Papadaki 2011): on a ring, as on every graph with a Hamiltonian cycle, the value is m / n.
`patrol_game` solves the game over all walks; it is for small cases, which the known values are held against.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from watchline.planning.patrol.games import Solution, maximin

I8 = NDArray[np.int64]

WALKS_MOST = 300_000


def border_value(n: int, m: int) -> float:
    """Return the value of the game on a line of n posts with attacks of m periods, both >= 2.

    >>> border_value(5, 3)
    0.42857142857142855
    """
    if n < 2 or m < 2:
        raise ValueError(f"n and m must be >= 2, got {n} and {m}")
    if m >= 2 * (n - 1):
        return 1.0
    if m == 2:
        return 1.0 / math.ceil(n / 2)
    if n <= m + 1:
        return m / (2.0 * (n - 1))
    if n == m + 2 and m % 2 == 0:
        return 0.5
    return m / (n + m - 1.0)


def line_neighbours(n: int) -> list[list[int]]:
    """Return, for each post of a row, where a patrol can be a period later."""
    return [[j for j in (i - 1, i, i + 1) if 0 <= j < n] for i in range(n)]


def ring_neighbours(n: int) -> list[list[int]]:
    """Return the same for a ring."""
    return [sorted({(i - 1) % n, i, (i + 1) % n}) for i in range(n)]


def patrol_game(neighbours: list[list[int]], m: int, periods: int) -> Solution:
    """Return the solution over all walks of `periods` periods and all attacks of m of them on one post.

    Raises ValueError when there are too many walks.
    """
    walks = every_walk(neighbours, periods)
    return maximin(met(walks, len(neighbours), m))


def every_walk(neighbours: list[list[int]], periods: int, start: int | None = None) -> I8:
    """Return (W, periods) every walk, from `start` or from anywhere."""
    walks = np.array([[i] for i in range(len(neighbours)) if start is None or i == start], np.int64)
    for _ in range(periods - 1):
        onward = [np.array([*walk, j]) for walk in walks for j in neighbours[walk[-1]]]
        if len(onward) > WALKS_MOST:
            raise ValueError(f"more than {WALKS_MOST} walks of {periods} periods: this is for small cases")
        walks = np.array(onward, np.int64)
    return walks


def met(walks: I8, n: int, m: int) -> NDArray[np.float64]:
    """Return (W, n (periods - m + 1)) 1 where a walk meets an attack of m periods, attacks by post, then by start."""
    at = walks[:, None, :] == np.arange(n)[None, :, None]
    windows = np.lib.stride_tricks.sliding_window_view(at, m, axis=2).any(axis=3)
    return np.asarray(windows.reshape(len(walks), -1), float)
