"""What may be chosen, and the mixed-integer programme that chooses it.

Theory: candidates j are in (x_j = 1) or out; their costs fit the budget; some must be in, of some groups (two masts
on one place) at most one may be.  The programme maximises a linear aim over x and continuous variables y that rows
tie to x; HiGHS (branch and cut) solves it and gives a bound on what no choice can better.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

F8 = NDArray[np.float64]

Chosen = tuple[int, ...]  # indices of candidates, ascending

MILP_GAP = 1e-3  # of the programme itself; the bound it reports is true whatever its own gap
INFEASIBLE = 2  # status of scipy.optimize.milp
SLACK = 1e-9  # of a budget, for sums of decimal fractions


@dataclass(frozen=True)
class Rules:
    """What a choice must keep to.

    cost (N,) > 0 of each candidate; budget: what all may cost together; most: how many at most, None for as many as
    the budget buys; needed: candidates that are in; apart: groups of which at most one is in; refused: choices that
    were tried and may not come again, nor with more added to them (`harm.py`).
    """

    cost: F8
    budget: float
    most: int | None = None
    needed: Chosen = ()
    apart: tuple[Chosen, ...] = ()
    refused: tuple[Chosen, ...] = ()

    def __post_init__(self) -> None:
        """Refuse costs that are no costs and needs that break the other rules."""
        if self.cost.ndim != 1 or not np.all(self.cost > 0.0) or not np.all(np.isfinite(self.cost)):
            raise ValueError("cost must be (N,), finite and > 0")
        if not self.allows(self.needed):
            raise ValueError(f"the candidates that must be in {self.needed} break the budget or a group")

    @property
    def count(self) -> int:
        """Return how many candidates there are."""
        return len(self.cost)

    def allows(self, chosen: Chosen) -> bool:
        """Return whether a choice keeps to budget, number, groups and refusals; needs aside."""
        have = set(chosen)
        return (
            float(self.cost[list(chosen)].sum()) <= self.budget + SLACK
            and (self.most is None or len(chosen) <= self.most)
            and all(len(have.intersection(group)) <= 1 for group in self.apart)
            and not any(have.issuperset(refused) for refused in self.refused)
        )

    def rows(self) -> tuple[F8, F8]:
        """Return A (R, N) and upper limits (R,) of A x <= limit."""
        rows, limits = [self.cost], [self.budget + SLACK]
        if self.most is not None:
            rows.append(np.ones(self.count))
            limits.append(float(self.most))
        for group, limit in [*((g, 1.0) for g in self.apart), *((r, len(r) - 1.0) for r in self.refused)]:
            row = np.zeros(self.count)
            row[list(group)] = 1.0
            rows.append(row)
            limits.append(limit)
        return np.array(rows), np.array(limits)


@dataclass(frozen=True)
class Answer:
    """What the programme chose; bound: no choice has a larger aim."""

    chosen: Chosen
    aim: float
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
) -> Answer | None:
    """Return the choice of the largest aim_x x + aim_y y under rows_x x + rows_y y <= limit; None if none fits.

    aim_x (N,), aim_y (M,); rows_x (R, N), rows_y (R, M) sparse; y between y_low and y_high (M,);
    gap: relative, of the programme.  Raises ArithmeticError when the solver gives up.
    """
    n, m = rules.count, len(aim_y)
    own, own_limit = rules.rows()
    constraints = [LinearConstraint(csr_array(np.hstack([own, np.zeros((len(own), m))])), -np.inf, own_limit)]
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
            options={"mip_rel_gap": gap, "presolve": presolve},
        )
        if found.x is not None:
            break
        if found.status == INFEASIBLE:
            return None
    else:
        raise ArithmeticError(f"the solver gave up: {found.message}")
    chosen = tuple(int(j) for j in np.flatnonzero(found.x[:n] > 0.5))
    return Answer(chosen, -float(found.fun), -float(found.mip_dual_bound))


def _beside(rows_x: csr_array, rows_y: csr_array) -> csr_array:
    """Return (R, N + M) the two blocks side by side."""
    a, b = rows_x.tocoo(), rows_y.tocoo()
    row = np.concatenate([a.row, b.row])
    col = np.concatenate([a.col, b.col + rows_x.shape[1]])
    shape = (rows_x.shape[0], rows_x.shape[1] + rows_y.shape[1])
    return csr_array((np.concatenate([a.data, b.data]), (row, col)), shape=shape)
