"""Barriers of discs: how many disjoint chains of sensors close a belt, and what a random scatter covers.

Theory: Kumar, Lai & Arora 2005.  A belt is strongly k-covered if every path across it meets at least k sensors;
that k is the largest number of node-disjoint chains of overlapping discs from the left end to the right one
(Menger), found as a maximum flow with every sensor used once.  It is weakly covered if every straight path square
to the belt meets one. Stevens 1939: N arcs of share a thrown on a ring cover it with probability sum_j (-1)^j C(N,
j) (1 - j a)_+^(N - 1).

Limits: discs are for display; directed cameras with P_d < 1 are judged by exposure and the weakest path.
"""

from __future__ import annotations

from fractions import Fraction
from math import comb

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_flow

F8 = NDArray[np.float64]


def strong_barrier_k(xy_m: ArrayLike, radius_m: ArrayLike, length_m: float) -> int:
    """Return the strong k of a belt from x = 0 to x = length_m; xy_m (N, 2), radius_m a number or (N,), > 0.

    Two discs hold together when they touch or overlap; a disc holds an end when it reaches it.
    """
    xy, radius = _discs(xy_m, radius_m)
    n = len(xy)
    if n == 0 or not length_m > 0.0:
        return 0
    gap = np.hypot(*(xy[:, None, :] - xy[None, :, :]).transpose(2, 0, 1))
    near = gap <= radius[:, None] + radius[None, :]
    np.fill_diagonal(near, False)
    # Sensor i is an edge from i to n + i of capacity one, so that no chain shares it.
    source, sink = 2 * n, 2 * n + 1
    a, b = np.nonzero(near)
    left = np.flatnonzero(xy[:, 0] - radius <= 0.0)
    right = np.flatnonzero(xy[:, 0] + radius >= length_m)
    tail = np.concatenate([np.arange(n), n + a, np.full(len(left), source), n + right])
    head = np.concatenate([n + np.arange(n), b, left, np.full(len(right), sink)])
    graph = csr_array((np.ones(len(tail), np.int32), (tail, head)), shape=(2 * n + 2, 2 * n + 2))
    return int(maximum_flow(graph, source, sink).flow_value)


def weak_barrier_k(xy_m: ArrayLike, radius_m: ArrayLike, length_m: float) -> int:
    """Return how many discs at least every straight crossing square to the belt meets, ends included."""
    xy, radius = _discs(xy_m, radius_m)
    low, high = xy[:, 0] - radius, xy[:, 0] + radius
    edges = np.unique(np.clip(np.concatenate([[0.0, length_m], low, high]), 0.0, length_m))
    # The count is constant between edges and no lower on them, so the middles say it all.
    middle = 0.5 * (edges[1:] + edges[:-1])
    return int(((low <= middle[:, None]) & (middle[:, None] <= high)).sum(axis=1).min(initial=len(xy)))


def p_ring_covered(arcs: int, share: float) -> float:
    """Return Stevens' probability that `arcs` random arcs, each `share` (0..1) of a ring, cover it.

    In exact fractions: the alternating sum loses every digit of a float for hundreds of arcs.

    >>> round(p_ring_covered(10, 0.3), 5)
    0.60826
    """
    if arcs < 0 or not 0.0 <= share <= 1.0:
        raise ValueError(f"arcs must be >= 0 and share in 0..1, got {arcs} and {share}")
    if share == 1.0 or arcs == 0:
        return float(arcs > 0)
    a = Fraction(share).limit_denominator(10**6)
    total = Fraction(0)
    for j in range(arcs + 1):
        left = 1 - j * a
        if left <= 0:
            break
        total += (-1) ** j * comb(arcs, j) * left ** (arcs - 1)
    return min(max(float(total), 0.0), 1.0)


def _discs(xy_m: ArrayLike, radius_m: ArrayLike) -> tuple[F8, F8]:
    xy = np.asarray(xy_m, float).reshape(-1, 2)
    radius = np.broadcast_to(np.asarray(radius_m, float), (len(xy),))
    if np.any(~(radius > 0.0)):
        raise ValueError("radius_m must be > 0")
    return xy, radius
