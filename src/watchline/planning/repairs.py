"""In which order to mend what is dark: the order that leaves least risk standing while the work goes on.

Theory: one crew mends one thing after another; while a set S is mended the line runs the risk r(S).  The order that
makes the sum of hours times risk least is found by dynamic programming over sets (Held & Karp 1962): the least that
stands up to S is min over the last j in S of f(S - j) + h_j r(S - j).  It needs r of every set, 2^n of them.  Beyond
`EXACT` things the next is always the one that takes most risk away per hour (Smith's rule, exact where what repairs
bring adds up, not where two sensors see the same ground).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

EXACT = 6
Risk = Callable[[frozenset[int]], float]


@dataclass(frozen=True)
class Order:
    """order: indices, first to be mended first; risk_h: risk times hours until all is mended; exact: no order is
    better."""

    order: tuple[int, ...]
    risk_h: float
    exact: bool


def best_order(hours: Sequence[float], risk: Risk) -> Order:
    """Return the order in which to mend things; hours > 0 of each, risk of a set of mended ones (asked once each)."""
    known: dict[frozenset[int], float] = {}

    def asked(mended: frozenset[int]) -> float:
        if mended not in known:
            known[mended] = risk(mended)
        return known[mended]

    return _exact(hours, asked) if len(hours) <= EXACT else _greedy(hours, asked)


def standing(order: Sequence[int], hours: Sequence[float], risk: Risk) -> float:
    """Return risk times hours until all of an order is mended."""
    total, mended = 0.0, frozenset[int]()
    for j in order:
        total += hours[j] * risk(mended)
        mended |= {j}
    return total


def _exact(hours: Sequence[float], risk: Risk) -> Order:
    best: dict[frozenset[int], tuple[float, tuple[int, ...]]] = {frozenset(): (0.0, ())}
    for size in range(1, len(hours) + 1):
        for members in itertools.combinations(range(len(hours)), size):
            mended = frozenset(members)
            ends = [(best[mended - {j}], j) for j in members]
            best[mended] = min((f + hours[j] * risk(mended - {j}), (*order, j)) for (f, order), j in ends)
    total, order = best[frozenset(range(len(hours)))]
    return Order(order, total, exact=True)


def _greedy(hours: Sequence[float], risk: Risk) -> Order:
    left, mended, order = set(range(len(hours))), frozenset[int](), list[int]()
    while left:
        now = risk(mended)
        j = max(sorted(left), key=lambda k: (now - risk(mended | {k})) / hours[k])
        order.append(j)
        left.remove(j)
        mended |= {j}
    return Order(tuple(order), standing(order, hours, risk), exact=False)
