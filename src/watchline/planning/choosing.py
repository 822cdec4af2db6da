"""What may be chosen, and the mixed-integer programme that chooses it.

Theory: candidates j are in (x_j = 1) or out; their costs fit the budget; some must be in; of some groups (two masts
on one place) at most so many may be, of others (the places of a post that moves) exactly one is. The programme
maximises a linear aim over x and continuous variables y that rows tie to x; HiGHS (branch and cut) solves it and
gives a bound on what no choice can better.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

F8 = NDArray[np.float64]

Chosen = tuple[int, ...]  # indices of candidates, ascending

MILP_GAP = 1e-3  # of the programme itself; the bound it reports is true whatever its own gap
NODES = 1000  # of a programme: beyond, half-seen ways want hours for the last hundredths of a bound
INFEASIBLE = 2  # status of scipy.optimize.milp
SLACK = 1e-9  # of a budget, for sums of decimal fractions


@dataclass(frozen=True)
class Rules:
    """What a choice must keep to.

    cost (N,) >= 0 of each candidate; budget: what all may cost together; most: how many at most, None for as many as
    the budget buys; needed: candidates that are in; limits: groups of which at most so many are in; one_of: groups of
    which exactly one is in, which `most` does not count; refused: choices that were tried and may not come again, nor
    with more added to them (`harm.py`).
    """

    cost: F8
    budget: float
    most: int | None = None
    needed: Chosen = ()
    limits: tuple[tuple[Chosen, int], ...] = ()
    one_of: tuple[Chosen, ...] = ()
    refused: tuple[Chosen, ...] = ()

    def __post_init__(self) -> None:
        """Refuse costs that are no costs and needs that break the other rules."""
        if self.cost.ndim != 1 or not np.all(self.cost >= 0.0) or not np.all(np.isfinite(self.cost)):
            raise ValueError("cost must be (N,), finite and >= 0")
        if not self.allows(self.needed):
            raise ValueError(f"the candidates that must be in {self.needed} break the budget or a group")

    @property
    def count(self) -> int:
        """Return how many candidates there are."""
        return len(self.cost)

    @property
    def counted(self) -> Chosen:
        """Return the candidates that `most` counts."""
        return tuple(sorted(set(range(self.count)).difference(*self.one_of)))

    @property
    def groups(self) -> list[tuple[Chosen, int]]:
        """Return every group of which at most so many may be in."""
        most = [] if self.most is None else [(self.counted, self.most)]
        refused = [(one, len(one) - 1) for one in self.refused]
        return [*most, *self.limits, *((group, 1) for group in self.one_of), *refused]

    def allows(self, chosen: Chosen) -> bool:
        """Return whether a choice keeps to budget, number, groups and refusals; what must be in aside."""
        have = set(chosen)
        return float(self.cost[list(chosen)].sum()) <= self.budget + SLACK and all(
            len(have.intersection(group)) <= limit for group, limit in self.groups
        )

    def complete(self, chosen: Chosen) -> bool:
        """Return whether a choice keeps to all, with everything in it that must be."""
        have = set(chosen)
        whole = all(have.intersection(group) for group in self.one_of)
        return whole and have.issuperset(self.needed) and self.allows(chosen)

    def constraint(self, beside: int) -> LinearConstraint:
        """Return low <= A (x, y) <= high; beside: how many variables y there are, which it does not touch."""
        groups = self.groups
        rows = np.zeros((1 + len(groups), self.count + beside))
        rows[0, : self.count] = self.cost
        high = np.array([self.budget + SLACK, *(float(limit) for _, limit in groups)])
        low = np.full(len(high), -np.inf)
        for k, (group, _) in enumerate(groups, start=1):
            rows[k, list(group)] = 1.0
            low[k] = 1.0 if group in self.one_of else -np.inf
        return LinearConstraint(csr_array(rows), low, high)


@dataclass(frozen=True)
class Answer:
    """What the programme chose; y (M,) of the continuous variables; bound: no choice has a larger aim."""

    chosen: Chosen
    y: F8
    bound: float


def best_choice(
    rules: Rules,
    aim_x: F8,
    aim_y: F8,
    rows_x: csr_array,
    rows_y: csr_array,
    limit: F8,
    y_low: F8,
    y_high: F8,
    *,
    gap: float = MILP_GAP,
    nodes: int = NODES,
) -> Answer | None:
    """Return the choice of the largest aim_x x + aim_y y under rows_x x + rows_y y <= limit; None if none fits.

    aim_x (N,), aim_y (M,); rows_x (R, N), rows_y (R, M) sparse; y between y_low and y_high (M,);
    gap: relative, of the programme; nodes: of its tree, after which the best choice so far and the bound proved
    so far are the answer, the same on every machine.  Raises ArithmeticError when the solver gives up.
    """
    n, m = rules.count, len(aim_y)
    constraints = [rules.constraint(m)]
    if rows_x.shape[0]:
        both = _beside(rows_x, rows_y)
        constraints.append(LinearConstraint(both, -np.inf, limit))
    low = np.zeros(n)
    low[list(rules.needed)] = 1.0
    for presolve in (True, False):
        found = milp(
            -np.concatenate([aim_x, aim_y]),
            integrality=np.concatenate([np.ones(n), np.zeros(m)]),
            bounds=Bounds(np.concatenate([low, y_low]), np.concatenate([np.ones(n), y_high])),
            constraints=constraints,
            options={"mip_rel_gap": gap, "presolve": presolve, "node_limit": nodes},
        )
        if found.x is not None:
            break
        if found.status == INFEASIBLE:
            return None
    else:
        raise ArithmeticError(f"the solver gave up: {found.message}")
    chosen = tuple(int(j) for j in np.flatnonzero(found.x[:n] > 0.5))
    return Answer(chosen, np.asarray(found.x[n:], float), -float(found.mip_dual_bound))


class Table:
    """Rows of a programme, one added after the other.  Mutable."""

    def __init__(self, x: int, y: int) -> None:
        self._width = x, y
        self._limit: list[float] = []
        self._parts: tuple[list[F8], list[F8]] = ([], [])  # of x, of y: (3, ...) row, column, value

    def add(self, x: ArrayLike, of_x: ArrayLike, y: ArrayLike, of_y: ArrayLike, limit: float) -> None:
        """Add of_x x + of_y y <= limit."""
        for part, at, value in zip(self._parts, (x, y), (of_x, of_y), strict=True):
            at = np.asarray(at, float)
            part.append(np.array([np.full(len(at), float(len(self._limit))), at, np.asarray(value, float)]))
        self._limit.append(limit)

    def rows(self) -> tuple[csr_array, csr_array, F8]:
        """Return the parts of x and of y, and the limits."""
        out = []
        for part, width in zip(self._parts, self._width, strict=True):
            row, column, value = np.hstack(part)
            at = row.astype(np.int64), column.astype(np.int64)
            out.append(csr_array((value, at), shape=(len(self._limit), width)))
        return out[0], out[1], np.array(self._limit)


def _beside(rows_x: csr_array, rows_y: csr_array) -> csr_array:
    """Return (R, N + M) the two blocks side by side."""
    a, b = rows_x.tocoo(), rows_y.tocoo()
    row = np.concatenate([a.row, b.row])
    col = np.concatenate([a.col, b.col + rows_x.shape[1]])
    shape = (rows_x.shape[0], rows_x.shape[1] + rows_y.shape[1])
    return csr_array((np.concatenate([a.data, b.data]), (row, col)), shape=shape)
