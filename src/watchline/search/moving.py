"""The best effort over cells and time against somebody who moves, and the bound that no plan can exceed.

Theory: the target takes one of N ways with given weights; way n is in cell c(t, n) at step t.  Effort z finds it with
P = 1 - sum_n weight_n exp(-sum_t w z(t, c(t, n))), which is concave in z.  Forward and backward (Brown 1980;
Washburn 1983): one budget after another is spread anew by `water_fill` against what all others leave, until nothing
changes.  At any z, concavity bounds the best by P(z) + sum over budgets of (K max_i g_i - sum_i g_i z_i), g the
gradient (Washburn 1981): a bound on every plan, whether or not it can be flown.

A Markov chain is its ways, written out (few cells) or drawn (many).  Drawn ways favour the plan made on them a
little: `found_by` on other draws says how much.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from watchline.search.allocation import water_fill

F8 = NDArray[np.float64]


@dataclass(frozen=True)
class Ways:
    """Where the target may go: cell (T, N) of each way at each step, -1 outside; weight (N,), sum at most 1."""

    cell: NDArray[np.int64]
    weight: F8

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if self.cell.ndim != 2 or self.cell.shape[1:] != self.weight.shape:
            raise ValueError(f"cell must be (T, N) with weight (N,), got {self.cell.shape}, {self.weight.shape}")


@dataclass(frozen=True)
class Budget:
    """What one searcher can spend in one step.

    coverage_per_effort (cells,): coverage of a cell by a unit of effort there; 0 where it cannot be at that step.
    """

    step: int
    effort: float
    coverage_per_effort: F8


@dataclass(frozen=True)
class Effort:
    """The best effort: one (cells,) array for each budget; what it finds, and what no plan can exceed."""

    spread: tuple[F8, ...]
    p_found: float
    bound: float
    passes: int


def best_effort(ways: Ways, budgets: Sequence[Budget], *, passes: int = 50, gap: float = 1e-9) -> Effort:
    """Return the best effort against those ways; stops when the bound is within `gap` of what is found.

    The first pass spends each budget for itself in turn: what a greedy plan would do.
    """
    exposure = np.zeros(len(ways.weight))
    spread = [np.zeros(len(one.coverage_per_effort)) for one in budgets]
    own = [np.zeros(len(ways.weight)) for _ in budgets]
    found, bound = 0.0, float(ways.weight.sum())
    for done in range(1, passes + 1):
        for k, budget in enumerate(budgets):
            here = ways.cell[budget.step]
            others = exposure - own[k]
            p = _left_by_cell(here, ways.weight * np.exp(-others), len(spread[k]))
            spread[k] = water_fill(p, budget.coverage_per_effort, budget.effort)
            own[k] = _exposure(here, budget.coverage_per_effort * spread[k])
            exposure = others + own[k]
        found, bound = _found_and_bound(ways, budgets, spread, exposure)
        if bound - found <= gap or done == passes:
            return Effort(tuple(spread), found, bound, done)
    raise ValueError(f"passes must be at least 1, got {passes}")


def found_by(ways: Ways, coverage: Sequence[tuple[int, F8]]) -> float:
    """Return the chance that ways are found by coverage (cells,) in given steps."""
    exposure = sum((_exposure(ways.cell[step], laid) for step, laid in coverage), np.zeros(len(ways.weight)))
    return float(np.sum(ways.weight * -np.expm1(-exposure)))


def chain_ways(start: F8, step: F8, steps: int) -> Ways:
    """Return every way of a Markov chain, written out: start (n,), step (n, n) row to column; first look at start."""
    cells = len(start)
    cell = np.stack(np.meshgrid(*[np.arange(cells)] * steps, indexing="ij")).reshape(steps, -1).astype(np.int64)
    weight = start[cell[0]].copy()
    for before, after in itertools.pairwise(cell):
        weight *= step[before, after]
    return Ways(cell[:, weight > 0.0], weight[weight > 0.0])


def _found_and_bound(ways: Ways, budgets: Sequence[Budget], spread: list[F8], exposure: F8) -> tuple[float, float]:
    left = ways.weight * np.exp(-exposure)
    found = float(np.sum(ways.weight * -np.expm1(-exposure)))
    slack = 0.0
    for budget, laid in zip(budgets, spread, strict=True):
        gradient = budget.coverage_per_effort * _left_by_cell(ways.cell[budget.step], left, len(laid))
        slack += budget.effort * float(gradient.max()) - float(np.sum(gradient * laid))
    return found, min(found + slack, float(ways.weight.sum()))


def _left_by_cell(cell: NDArray[np.int64], left: F8, cells: int) -> F8:
    inside = cell >= 0
    return np.asarray(np.bincount(cell[inside], left[inside], minlength=cells), float)


def _exposure(cell: NDArray[np.int64], coverage: F8) -> F8:
    return np.where(cell >= 0, coverage[np.maximum(cell, 0)], 0.0)
