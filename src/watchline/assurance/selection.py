"""Crossers choose: the bound on the unseen when they pick the place and the hour.

Theory: a crosser who takes the best of c opportunities crosses in cells of the account (stretch and time) with
density lambda c F^(c-1), F in (0, 1] the rank of the cell's miss probability among all cells of the window.  c is
unknown: its posterior comes from where the detected ones crossed, thinned by what a detection there was likely to be,
    L(c, theta) ~ c^n prod F_j^(c-1) (1 - pi_j) / D(c)^(a+n),   D(c) = sum of c F^(c-1) (1 - pi) over the cells,
and U given all that is negative binomial as in `bound.py`, with M(c) = sum of c F^(c-1) pi.  A pooled bound without
c covers the truth in a few per cent of cases when crossers choose among twenty; an exponential tilt instead of the
power of the rank also failed (design/021-assurance.md has both, measured).

Limits: who chooses by something else than our own pi (and what they cannot know of it) is covered only as far as it
follows the rank.  Cells in which nothing is watched are not identifiable and must be left out: `account.blind`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from watchline.assurance.bound import PRIOR_SHAPE, Bound, mixed, normalised

F8 = NDArray[np.float64]

CHOICES = np.array([1, 1.5, 2, 3, 4, 5, 7, 10, 14, 20, 28, 40, 60], float)
RANKS = 240  # cells are binned by rank: 13 choices times hundreds of draws stay milliseconds


@dataclass(frozen=True)
class Window:
    """The cells of a window, binned by the rank of their mean miss probability.

    rank (B,) the middle of each bin; weight (B,) its exposure (cells, or stretch-hours); miss (J, B) its mean pi
    under each draw; edges (B,) the mean pi at each bin's upper end, by which a detected one finds its bin.
    """

    rank: F8
    weight: F8
    miss: F8
    edges: F8

    def bin_of(self, miss: ArrayLike) -> NDArray[np.int64]:
        """Return the bin of cells with this mean miss probability."""
        return np.minimum(np.searchsorted(self.edges, np.asarray(miss, float), side="left"), len(self.rank) - 1)


@dataclass(frozen=True)
class Selected:
    """The bound, and what was learned of the choosing: P(c) over CHOICES."""

    bound: Bound
    p_choice: F8

    @property
    def choices(self) -> float:
        """Return the posterior mean of c."""
        return float(self.p_choice @ CHOICES)


def window(miss: ArrayLike, exposure: ArrayLike, ranks: int = RANKS) -> Window:
    """Return the binned window of cells: miss (J, N) or (N,) under each draw, exposure (N,) > 0 of each cell."""
    pi, weight = np.atleast_2d(np.asarray(miss, float)), np.asarray(exposure, float)
    if pi.shape[1] != len(weight) or np.any((pi < 0.0) | (pi > 1.0)) or not np.all(weight > 0.0):
        raise ValueError("miss must be (draws, cells) in 0..1, exposure (cells,) > 0")
    mean = pi.mean(axis=0)
    order = np.argsort(mean, kind="stable")
    upto = np.cumsum(weight[order]) / weight.sum()
    # Cells of one and the same pi have one and the same rank: nobody can tell them apart.
    sorted_mean = mean[order]
    last = np.searchsorted(sorted_mean, sorted_mean, side="right") - 1
    first = np.searchsorted(sorted_mean, sorted_mean, side="left")
    before = np.concatenate([[0.0], upto])[first]
    rank = 0.5 * (before + upto[last])
    bin_ = np.minimum((rank * ranks).astype(np.int64), ranks - 1)
    used, inverse = np.unique(bin_, return_inverse=True)
    w: F8 = np.bincount(inverse, weight[order], len(used)).astype(float)
    binned = np.stack([np.bincount(inverse, weight[order] * row, len(used)) for row in pi[:, order]]) / w
    middle = np.bincount(inverse, weight[order] * rank, len(used)) / w
    edges = np.array([sorted_mean[inverse == k].max() for k in range(len(used))])
    return Window(middle, w, binned, edges)


def undetected_by_choice(
    cells: Window,
    seen_bin: ArrayLike,
    *,
    weight: ArrayLike | None = None,
    upper: float = 0.95,
    shape: float = PRIOR_SHAPE,
    least: int = 0,
) -> Selected | None:
    """Return the bound for crossers who choose; None is UNKNOWN: no draw sees anything anywhere.

    seen_bin (n,): the bins in which the detected ones crossed (`Window.bin_of`).  weight (J,): of the draws.
    least: so many undetected are known by sign found later.
    """
    bins = np.asarray(seen_bin, np.int64)
    n, draws = len(bins), len(cells.miss)
    if not np.all(cells.miss.min(axis=1) < 1.0):
        return None
    ln_draw = np.zeros(draws) if weight is None else np.log(np.maximum(np.asarray(weight, float), 1e-300))
    density = CHOICES[:, None] * cells.rank[None, :] ** (CHOICES[:, None] - 1.0)
    density /= (density * cells.weight).sum(axis=1, keepdims=True) / cells.weight.sum()
    seen_mass = (density * cells.weight) @ (1.0 - cells.miss).T  # (C, J)
    miss_mass = (density * cells.weight) @ cells.miss.T
    seen_mass = np.maximum(seen_mass, 1e-12 * cells.weight.sum())
    ln = np.log(density[:, bins]).sum(axis=1)[:, None]
    ln = ln + np.log(np.maximum(1.0 - cells.miss[:, bins], 1e-12)).sum(axis=1)[None, :]
    ln = ln - (shape + n) * np.log(seen_mass) + ln_draw[None, :]
    w = normalised(ln.ravel())
    p = (seen_mass / (seen_mass + miss_mass)).ravel()
    return Selected(mixed(n, w, p, shape, upper, least), w.reshape(ln.shape).sum(axis=1))
