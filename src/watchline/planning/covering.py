"""Maximal covering: which sites cover the most demand, by programme with a bound or by greed with a guarantee.

Theory: a demand point counts once when any chosen site covers it (Church & ReVelle 1974), the special case of
`interdiction.py` in which each point is a stretch with one way and any sensor on it is enough, and the mean alone
matters.  Points that the same sites cover are one point.  Covering is submodular, so greed, by gain for cost, reaches
1 - 1/e of the best when all cost the same (Nemhauser, Wolsey & Fisher 1978), and half of that with the better of it
and the best single site when costs differ (Khuller, Moss & Naor 1999); and what each site could still add bounds what
any choice can reach, which is usually far closer.

Limits: covered or not, from one site: no place is worth more for being seen twice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, diags_array

from watchline.planning.choosing import Chosen, Rules, best_choice

F8 = NDArray[np.float64]

FREE = 1e-9  # what costs nothing comes first


@dataclass(frozen=True)
class Cover:
    """chosen sites; covered: the weight they cover; bound: no choice covers more."""

    chosen: Chosen
    covered: float
    bound: float

    @property
    def gap(self) -> float:
        """Return how far this can be from the best, as a share of the bound."""
        return (self.bound - self.covered) / self.bound if self.bound > 0.0 else 0.0


def covered_weight(covers: csr_array, weight: F8, chosen: Chosen) -> float:
    """Return the weight of the points that any of the chosen covers; covers (points, sites) nonzero where it does."""
    if not chosen:
        return 0.0
    return float(weight[np.asarray(covers[:, list(chosen)].sum(axis=1)).ravel() > 0].sum())


def best_cover(covers: csr_array, weight: F8, rules: Rules, *, gap: float = 1e-3) -> Cover:
    """Return the cover of most weight within `gap` of the best; weight (points,) >= 0; covers (points, sites) 0 or 1.

    10 000 points and 500 sites: seconds (`benchmarks/planning.py`).
    """
    merged, total = _merged(covers, weight)
    points = len(total)
    answer = best_choice(
        rules,
        np.zeros(rules.count),
        total,
        csr_array(-merged),
        csr_array(diags_array(np.ones(points))),
        np.zeros(points),
        np.zeros(points),
        np.ones(points),
        gap=gap,
    )
    if answer is None:
        raise ValueError("no choice keeps to the rules")
    return Cover(answer.chosen, covered_weight(covers, weight, answer.chosen), answer.bound)


def greedy_cover(covers: csr_array, weight: F8, rules: Rules) -> Cover:
    """Return the greedy cover, with the bound that what is left to gain gives."""
    merged, total = _merged(covers, weight)
    chosen = _greedy(merged, total, rules)
    singles = [(j,) for j in range(rules.count) if not rules.needed and rules.allows((j,))]
    best = max([chosen, *singles], key=lambda one: covered_weight(merged, total, one))
    have = covered_weight(merged, total, best)
    return Cover(best, have, min(float(total.sum()), have + _most_more(_gains(merged, total, best), rules)))


def _greedy(covers: csr_array, weight: F8, rules: Rules) -> Chosen:
    chosen = rules.needed
    while True:
        gain = _gains(covers, weight, chosen) / np.maximum(rules.cost, FREE)
        for j in np.argsort(-gain, kind="stable"):
            if gain[j] <= 0.0:
                return chosen
            if rules.allows((*chosen, int(j))):
                chosen = tuple(sorted((*chosen, int(j))))
                break
        else:
            return chosen


def _gains(covers: csr_array, weight: F8, chosen: Chosen) -> F8:
    """Return (sites,) what each would add."""
    left = weight.copy()
    if chosen:
        left[np.asarray(covers[:, list(chosen)].sum(axis=1)).ravel() > 0] = 0.0
    return np.asarray(covers.T @ left)


def _most_more(gain: F8, rules: Rules) -> float:
    """Return the most that a whole budget could add if gains did not overlap; the last site in part."""
    each = np.maximum(rules.cost, FREE)
    order = np.argsort(-gain / each)
    cost = np.cumsum(each[order])
    share = np.clip((rules.budget - (cost - each[order])) / each[order], 0.0, 1.0)
    by_budget = float(gain[order] @ share)
    if rules.most is None:
        return by_budget
    counted = np.zeros(rules.count, bool)
    counted[list(rules.counted)] = True
    by_number = float(np.sort(gain[counted])[::-1][: rules.most].sum())
    return min(by_budget, by_number + sum(float(gain[list(group)].max()) for group in rules.one_of))


def _merged(covers: csr_array, weight: F8) -> tuple[csr_array, F8]:
    """Return covers and weight with points that the same sites cover made one, those that none covers left out."""
    rows = csr_array(covers).astype(bool).astype(float)
    rows.sort_indices()
    which: dict[bytes, int] = {}
    first: list[int] = []
    total: list[float] = []
    for k in range(rows.shape[0]):
        sites = rows.indices[rows.indptr[k] : rows.indptr[k + 1]]
        if not len(sites) or weight[k] <= 0.0:
            continue
        at = which.setdefault(sites.tobytes(), len(first))
        if at == len(first):
            first.append(k)
            total.append(0.0)
        total[at] += weight[k]
    return csr_array(rows[first]), np.array(total)
