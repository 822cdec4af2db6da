"""The verdict of a red team: were the figures right, did the bound hold, was pi_adv ever beaten?

Each passage was said to be missed with some chance before it happened, and was or was not.  A gate is a limit on what
a right figure would give by chance once in hundreds of times; models that are known to be wrong go through the same
gates, and a trial that does not fail them could not have failed ours.

Worlds for the bound are made by letting crossers choose among passages that really were tried: the best of c takes
the one of c whose chance the line itself puts highest, so outcome and place are real and only the choosing is made.
Limits: worlds share their passages, so an error of one rare kind of passage is in many worlds at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from watchline.assurance.account import blind
from watchline.assurance.bound import Bound, undetected
from watchline.assurance.calibration import Bin, Brier, brier, reliability, spiegelhalter_z
from watchline.assurance.unseen import Crossed, Unseen, unseen
from watchline.domain.batches import MissBatch

F8 = NDArray[np.float64]
B1 = NDArray[np.bool_]

Z_MOST = 3.0
DECILE_LEAST = 100  # trials in a decile before it is judged
DECILE_BAND = 0.999
COVER_LEAST = 0.93
WIDTH_MOST = 2.0  # of the median bound, in those of an estimator that knows how crossers choose and what is missed
BEATEN_SE = 3.0
P_LEAST = 1e-4


@dataclass(frozen=True)
class Passages:
    """Passages (N,): when and in which stretch they crossed, and whether they were missed.

    said: what each model gave as the chance of that, over the time it came near; adversary: pi_adv likewise;
    at_line, adversary_at_line: the account's pi_avg and pi_adv in the minute it crossed.
    """

    t_s: F8
    stretch: NDArray[np.int64]
    missed: B1
    said: dict[str, F8]
    adversary: F8
    at_line: F8
    adversary_at_line: F8

    def take(self, rows: B1 | NDArray[np.int64]) -> Passages:
        """Return the rows chosen."""
        said = {name: p[rows] for name, p in self.said.items()}
        rest = (self.adversary[rows], self.at_line[rows], self.adversary_at_line[rows])
        return Passages(self.t_s[rows], self.stretch[rows], self.missed[rows], said, *rest)

    def watched(self) -> Passages:
        """Return those who crossed where and when the account says something."""
        return self.take(~blind(self.adversary_at_line))


@dataclass(frozen=True)
class Calibrated:
    """One model's figures against what happened."""

    passages: int
    mean: float
    missed: float
    z: float
    brier: Brier
    deciles: tuple[Bin, ...]

    @property
    def right(self) -> bool:
        """Return whether the figures pass: Z, and every decile with enough trials."""
        judged = [b for b in self.deciles if b.trials >= DECILE_LEAST]
        return abs(self.z) < Z_MOST and all(b.inside for b in judged)


@dataclass(frozen=True)
class Covered:
    """Worlds (W,): whether the bound held in each, how high it was, and how high one who knew more would put it.

    unknown: worlds in which nothing could be said.
    """

    unknown: int
    held: B1
    bound: F8
    if_known: F8

    @property
    def worlds(self) -> int:
        """Return in how many worlds something was said."""
        return len(self.held)

    @property
    def share(self) -> float:
        """Return the share of them in which the bound held, 0 without any."""
        return float(self.held.mean()) if len(self.held) else 0.0

    @property
    def most(self) -> float:
        """Return the median bound."""
        return float(np.median(self.bound)) if len(self.bound) else 0.0

    @property
    def most_if_known(self) -> float:
        """Return the median of the bound of one who knows more."""
        return float(np.median(self.if_known)) if len(self.if_known) else 0.0

    @property
    def right(self) -> bool:
        """Return whether the bound held often enough and was not far wider than it had to be."""
        return self.share >= COVER_LEAST and self.most <= WIDTH_MOST * max(self.most_if_known, 1.0)

    def __add__(self, more: Covered) -> Covered:
        """Return the worlds of both."""
        return Covered(
            self.unknown + more.unknown,
            np.concatenate([self.held, more.held]),
            np.concatenate([self.bound, more.bound]),
            np.concatenate([self.if_known, more.if_known]),
        )


NO_WORLDS = Covered(0, np.zeros(0, bool), np.zeros(0), np.zeros(0))


@dataclass(frozen=True)
class Beaten:
    """Those who looked for the best way: share missed, the mean pi_adv they were promised, and how far over it."""

    passages: int
    missed: float
    adversary: float
    over_se: float

    @property
    def right(self) -> bool:
        """Return whether pi_adv held."""
        return self.over_se <= BEATEN_SE


def calibrated(said: F8, missed: B1) -> Calibrated:
    """Return one model's figures (N,) against what happened."""
    p = np.clip(said, P_LEAST, 1.0 - P_LEAST)
    return Calibrated(
        len(p), float(p.mean()), float(missed.mean()), spiegelhalter_z(p, missed), brier(p, missed),
        reliability(p, missed, band=DECILE_BAND),
    )  # fmt: skip


def beaten(adversary: F8, missed: B1) -> Beaten:
    """Return whether those who looked for the best way were missed more often than pi_adv (N,) allows."""
    spread = math.sqrt(float((adversary * (1.0 - adversary)).sum())) or 1.0
    over = (float(missed.sum()) - float(adversary.sum())) / spread
    return Beaten(len(missed), float(missed.mean()), float(adversary.mean()), over)


def covered(
    rows: MissBatch, tried: Passages, chosen: list[NDArray[np.int64]], *, crosser: int, stretches: int, choices: float
) -> Covered:
    """Return how the bound does over worlds; chosen: which of the watched passages crossed in each of them.

    rows: the accounts of the window that all worlds share; choices: how many opportunities each had, which only the
    estimator for comparison knows, as it knows which share is really missed.
    """
    most, known, held, unknown = [], [], [], 0
    for who in chosen:
        found = _bound(rows, tried, who, crosser, stretches)
        if found.bound is None:
            unknown += 1
            continue
        missed = int(tried.missed[who].sum())
        held.append(missed <= found.bound.most)
        most.append(found.bound.most)
        best = _if_known(tried, who, choices)
        known.append(best.most if best is not None else 0)
    return Covered(unknown, np.array(held, bool), np.array(most, float), np.array(known, float))


def _bound(rows: MissBatch, tried: Passages, who: NDArray[np.int64], crosser: int, stretches: int) -> Unseen:
    seen = who[~tried.missed[who]]
    crossed = [Crossed(float(tried.t_s[k]), int(tried.stretch[k])) for k in seen]
    return unseen(rows, crosser, crossed, stretches)


def _if_known(tried: Passages, who: NDArray[np.int64], choices: float) -> Bound | None:
    """Return the bound of one who knows how crossers choose and how right the figures are on the whole."""
    p = np.clip(tried.at_line, P_LEAST, 1.0 - P_LEAST)
    right = expit(logit(p) + _offset(p, tried.missed))
    rank = (np.argsort(np.argsort(p)) + 0.5) / len(p)
    density = rank ** (choices - 1.0)
    n = int((~tried.missed[who]).sum())
    return undetected(n, [float(density @ (1.0 - right))], [float(density @ right)])


def _offset(p: F8, missed: B1) -> float:
    """Return what has to be added to all logits so that as many are expected as were missed."""
    low, high = -8.0, 8.0
    for _ in range(50):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if expit(logit(p) + middle).sum() < missed.sum() else (low, middle)
    return 0.5 * (low + high)
