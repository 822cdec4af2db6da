"""How long a panning head should look which way: shares of its time that make the weakest kilometre strongest.

Theory: a head that spends the share x of its time at a stop gives there x times the rate that it would give if it
never turned, so the exposure of a way is linear in the shares, and the chance of detection (frailty,
`sensing.glimpse`) is concave in exposure. The largest least chance over known ways, and then the largest mean over
kilometres, are linear programmes over tangents of that chance; tangents lie above it, so the programme's value is a
bound that no shares exceed. Whoever knows the shares, not the moment, answers with the weakest way they leave; that
way joins the programme (the caller asks the ground), until answer and bound meet.

Rules: no stop gets less than `least` of an even share: what nobody ever looks at teaches nothing and hides anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import coo_array

from watchline.planning.interdiction import Way
from watchline.sensing.glimpse import p_miss

F8 = NDArray[np.float64]
TANGENTS = (0.0, 0.05, 0.15, 0.3, 0.5, 0.8, 1.2, 1.8, 2.7, 4.0, 6.0, 9.0, 14.0, 25.0, 60.0)
HAIR = 1e-7


@dataclass(frozen=True)
class Shares:
    """share (J,) of its head's time for each stop; least: bound on the least chance over the kilometres that any stop
    touches, mean: bound on the mean over all that have a way."""

    share: F8
    least: float
    mean: float


def best_shares(ways: Sequence[Way], heads: Sequence[Sequence[int]], frailty_k: float, least: float = 0.25) -> Shares:
    """Return the shares that serve the known ways best; heads: the stops (indices as in `Way.index`) of each head.

    Raises ValueError when there is no way, or none that any stop sees.
    """
    count = 1 + max(j for head in heads for j in head)
    touched = sorted({way.stretch for way in ways if len(way.index)})
    if not touched:
        raise ValueError("no stop sees any of the ways")
    place = {stretch: k for k, stretch in enumerate(sorted({way.stretch for way in ways}))}
    low, row, col, value, limit = _low(heads, count, least), list[int](), list[int](), list[float](), list[float]()

    def add(terms: list[tuple[int, float]], most: float) -> None:
        for j, one in terms:
            row.append(len(limit))
            col.append(j)
            value.append(one)
        limit.append(most)

    # Variables: a share for each stop, a chance for each kilometre, the least of them.
    least_at = count + len(place)
    points = np.array(TANGENTS)
    chance = 1.0 - p_miss(points, frailty_k)
    slope = (1.0 + points / frailty_k) ** (-frailty_k - 1.0)
    for way in ways:
        for e0, c0, d0 in zip(points, chance, slope, strict=True):
            seen = [(int(j), -float(d0 * a)) for j, a in zip(way.index, way.adds, strict=True)]
            add([(count + place[way.stretch], 1.0), *seen], float(c0 + d0 * (way.exposure - e0)))
    for stretch in touched:
        add([(least_at, 1.0), (count + place[stretch], -1.0)], 0.0)
    table = coo_array((value, (row, col)), shape=(len(limit), least_at + 1)).tocsr()
    of_head = [h for h, head in enumerate(heads) for _ in head]
    every = [j for head in heads for j in head]
    whole = coo_array((np.ones(len(every)), (of_head, every)), shape=(len(heads), least_at + 1)).tocsr()
    bounds: list[tuple[float, float]] = [(float(low[j]), 1.0) for j in range(count)] + [(0.0, 1.0)] * (len(place) + 1)
    first = _solved(_unit(least_at, least_at + 1, -1.0), table, limit, whole, bounds)
    bounds[least_at] = (max(float(first[least_at]) - HAIR, 0.0), 1.0)
    cost = np.zeros(least_at + 1)
    cost[count:least_at] = -1.0 / len(place)
    second = _solved(cost, table, limit, whole, bounds)
    return Shares(second[:count], float(first[least_at]), float(second[count:least_at].mean()))


def chances(ways: Sequence[Way], share: F8, frailty_k: float) -> dict[int, float]:
    """Return the chance of detection on the weakest known way of each stretch."""
    out: dict[int, float] = {}
    for way in ways:
        exposure = way.exposure + float(share[way.index] @ way.adds) if len(way.index) else way.exposure
        out[way.stretch] = min(out.get(way.stretch, 1.0), float(1.0 - p_miss(exposure, frailty_k)))
    return out


def even(heads: Sequence[Sequence[int]]) -> F8:
    """Return the shares of heads that sweep evenly."""
    share = np.zeros(1 + max(j for head in heads for j in head))
    for head in heads:
        share[list(head)] = 1.0 / len(head)
    return share


def _low(heads: Sequence[Sequence[int]], count: int, least: float) -> F8:
    low = np.zeros(count)
    for head in heads:
        low[list(head)] = least / len(head)
    return low


def _unit(at: int, size: int, value: float) -> F8:
    cost = np.zeros(size)
    cost[at] = value
    return cost


def _solved(cost: F8, table: Any, limit: list[float], whole: Any, bounds: list[tuple[float, float]]) -> F8:
    found: Any = linprog(cost, table, limit, whole, np.ones(whole.shape[0]), bounds=bounds)
    if found.x is None:
        raise ArithmeticError(f"the shares were not solved: {found.message}")
    return np.asarray(found.x, float)
