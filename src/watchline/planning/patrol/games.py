"""Matrix games: the mixed choice that does best against whoever answers it best.

Theory: a defender who mixes rows with x gets at least v where x A >= v in every column; the largest v is a linear
programme (von Neumann).  A leader whose mix is seen before the follower answers solves one programme for each answer
and takes the best (Conitzer & Sandholm 2006, "Computing the optimal strategy to commit to").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_array, hstack

F8 = NDArray[np.float64]


@dataclass(frozen=True)
class Solution:
    """mix (R,) of the rows; against (C,) of the columns, the answer that holds the rows to it; value."""

    mix: F8
    against: F8
    value: float


def maximin(payoff: csr_array | ArrayLike) -> Solution:
    """Return the solution of a zero-sum game; payoff (R, C) to who mixes the rows.

    >>> maximin([[1.0, 0.0], [0.0, 1.0]]).value
    0.5
    """
    table = csr_array(np.asarray(payoff, float)) if not isinstance(payoff, csr_array) else payoff
    rows, cols = table.shape
    cost = np.concatenate([np.zeros(rows), [-1.0]])
    low = hstack([csr_array(-table.T), csr_array(np.ones((cols, 1)))], format="csr")
    one = np.concatenate([np.ones(rows), [0.0]])[None, :]
    limits: list[tuple[float | None, float | None]] = [(0.0, None)] * rows + [(None, None)]
    # The stubs know dense matrices only.
    found: Any = linprog(cost, low, np.zeros(cols), one, np.ones(1), bounds=limits)  # type: ignore[call-overload]
    if found.x is None:
        raise ArithmeticError(f"the game was not solved: {found.message}")
    mix = np.maximum(found.x[:rows], 0.0)
    against = np.maximum(-found.ineqlin.marginals, 0.0)
    return Solution(mix / mix.sum(), against / max(float(against.sum()), 1e-300), float(found.x[rows]))


@dataclass(frozen=True)
class Commitment:
    """mix (R,) that the leader commits to, the column the follower answers with, the leader's value."""

    mix: F8
    answer: int
    value: float


def best_commitment(leader: ArrayLike, follower: ArrayLike) -> Commitment:
    """Return the leader's best commitment; payoffs (R, C); the follower, where indifferent, favours the leader.

    >>> round(best_commitment([[2, 4], [1, 3]], [[1, 0], [0, 2]]).value, 4)
    3.6667
    """
    ours, theirs = np.asarray(leader, float), np.asarray(follower, float)
    rows, cols = ours.shape
    best: Commitment | None = None
    for answer in range(cols):
        better = (theirs - theirs[:, [answer]]).T
        found = linprog(-ours[:, answer], better, np.zeros(cols), np.ones((1, rows)), [1.0])
        if found.x is None:
            continue  # nobody would ever answer so
        value = float(ours[:, answer] @ found.x)
        if best is None or value > best.value + 1e-12:
            best = Commitment(np.asarray(found.x, float), answer, value)
    assert best is not None  # the follower answers every mix somehow
    return best
