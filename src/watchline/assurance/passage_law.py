"""From exposure to an alert: how a passage that could have been seen becomes one that the line raised.

Theory: a crosser with an exposure of H to sensors' looks is reported a Poisson number of times of mean X a H, where
X ~ Gamma(k, 1/k) is how easily this one is seen (frailty) and a the scale by which all exposures are wrong together.
An alert is raised when `needed` = m reports have come, or at once by whatever alerts by itself (somebody who sees
with own eyes, a touched wire), whose exposure is c.  Since a gamma law tilted by exp(-X c) is gamma again,
    miss(H, c) = (1 + c / k)^-k I_p(k, m),  p = (k + c) / (k + c + a H),
I the regularized incomplete beta function, which also holds for m that is no whole number.  m = 1, a = 1, c = 0 is
the frailty form (1 + H / k)^-k.  a, k and m are learned from passages whose exposure and outcome are known: walks
that were planted, exercises through the running line.  With none the priors stand, and they are wide.  Each class of
crosser has its own three (a vehicle is reported in nearly every look, and sooner believed than somebody on foot).

Limits: what is wrong with exposures in one place only is not told from frailty; `needed` counts reports however far
apart they lie, so it also takes up what is lost when they are too far apart to be joined.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc

from watchline.sensing.frailty import FrailtyPrior

F8 = NDArray[np.float64]
Tried = tuple[ArrayLike, ArrayLike, ArrayLike]  # of one class: exposure to looks, to what alerts alone, alerted

SCALES = np.geomspace(0.03, 5.0, 21)
FRAILTIES = np.geomspace(0.2, 20.0, 17)
NEEDED = np.geomspace(1.0, 40.0, 12)
APART = 0.5  # sd of ln from a class to what all share: a vehicle and a walker may differ by a factor of two
SURE = 1e-9  # no passage is surer than this, or one surprise would undo a thousand trials


@dataclass(frozen=True)
class LawPrior:
    """Log-normal laws of the three, wide.

    scale: looks soon after each other see alike, so they tell less than their number; k: `sensing.frailty`;
    needed: an alert wants a track that moved for 20 s, which is ten looks of 2 s.
    """

    scale: float = 0.5
    scale_ln_sd: float = 0.7
    frailty: float = FrailtyPrior.mean
    frailty_ln_sd: float = FrailtyPrior.ln_sd
    needed: float = 8.0
    needed_ln_sd: float = 0.7


ENOUGH = LawPrior.needed / LawPrior.scale  # exposure to looks that about makes an alert


@dataclass(frozen=True)
class PassageLaw:
    """Draws or grid points (J,) of what all passages share, and the weight (J,) of each, of sum 1."""

    scale: F8
    frailty_k: F8
    needed: F8
    weight: F8

    def miss(self, looks: F8, alone: F8) -> F8:
        """Return (J, ...) the chance that passages raise no alert; looks, alone (J, ...): exposure to either."""
        shape = (-1,) + (1,) * (np.ndim(looks) - 1)
        return missed(looks, alone, *(x.reshape(shape) for x in (self.scale, self.frailty_k, self.needed)))

    @property
    def looks_alike(self) -> float:
        """Return how much exposure to looks is worth as much as one of what alerts alone, about."""
        return float(np.exp(self.weight @ np.log(self.needed / self.scale)))

    def at_pace(self, ratio: F8) -> PassageLaw:
        """Return the law of those who go so many times (J,) as fast as the exposures they are held against say."""
        return replace(self, scale=self.scale / ratio)

    def drawn(self, rng: np.random.Generator, count: int) -> PassageLaw:
        """Return count draws of equal weight, spread evenly over the law's weight."""
        at = (rng.permutation(count) + rng.uniform(size=count)) / count
        k = np.minimum(np.searchsorted(np.cumsum(self.weight), at), len(self.weight) - 1)
        return PassageLaw(self.scale[k], self.frailty_k[k], self.needed[k], np.full(count, 1.0 / count))


def missed(looks: ArrayLike, alone: ArrayLike, scale: ArrayLike, frailty_k: ArrayLike, needed: ArrayLike) -> F8:
    """Return P(no alert); exposures >= 0, all finite.

    >>> round(float(missed(2.0, 0.0, 1.0, 1.5, 1.0)), 5)
    0.28057
    >>> round(float(missed(0.0, 2.0, 1.0, 1.5, 8.0)), 5)
    0.28057
    """
    k = np.asarray(frailty_k, float)
    tilted = k + np.asarray(alone, float)
    met = tilted / (tilted + np.asarray(scale) * np.asarray(looks, float))
    return np.asarray((k / tilted) ** k * betainc(k, np.asarray(needed, float), met))


def laws(tried: Sequence[Tried], prior: LawPrior | None = None) -> list[PassageLaw]:
    """Return the posterior of each class on its grid from the passages of all: exposures (N,) >= 0, alerted 0 or 1.

    The logarithms of a class's three numbers are normal round a centre that all classes of a line share, APART from
    it; so passages of one class tell of another, and less than its own.  A class that nobody tried has what is left.
    """
    prior = prior or LawPrior()
    axes = [np.log(g) for g in (SCALES, FRAILTIES, NEEDED)]
    middle = np.log((prior.scale, prior.frailty, prior.needed))
    sd = np.array((prior.scale_ln_sd, prior.frailty_ln_sd, prior.needed_ln_sd))
    centre = functools.reduce(
        np.multiply.outer,
        [_normal(x, m, math.sqrt(s**2 - APART**2)) for x, m, s in zip(axes, middle, sd, strict=True)],
    )
    away = [np.stack([_normal(x, m, APART) for m in x], axis=1) for x in axes]  # columns: a class, given the centre
    seen = [_likelihood(*one).reshape(centre.shape) for one in tried]
    tell = [_through(one, [k.T for k in away]) for one in seen]
    out = []
    for c, own in enumerate(seen):
        others = functools.reduce(np.multiply, [t / t.max() for n, t in enumerate(tell) if n != c], centre)
        weight = (own * _through(others, away)).ravel()
        out.append(PassageLaw(*_grid(), weight / weight.sum()))
    return out


def law(looks: ArrayLike, alone: ArrayLike, alerted: ArrayLike, prior: LawPrior | None = None) -> PassageLaw:
    """Return the posterior of a class from its own passages alone."""
    return laws([(looks, alone, alerted)], prior)[0]


def _grid() -> tuple[F8, F8, F8]:
    scale, k, needed = (g.ravel() for g in np.meshgrid(SCALES, FRAILTIES, NEEDED, indexing="ij"))
    return scale, k, needed


def _normal(x: F8, mean: float, sd: float) -> F8:
    p = np.exp(-0.5 * ((x - mean) / sd) ** 2)
    return np.asarray(p / p.sum())


def _through(cube: F8, kernels: list[F8]) -> F8:
    """Return a cube (A, B, C) with a matrix applied along each axis."""
    return np.asarray(np.einsum("ai,bj,ck,ijk->abc", *kernels, cube, optimize=True))


def _likelihood(looks: ArrayLike, alone: ArrayLike, alerted: ArrayLike) -> F8:
    """Return how well each point of the grid explains passages, 1 for the best."""
    h, c, y = (np.asarray(x, float) for x in (looks, alone, alerted))
    if not h.shape == c.shape == y.shape or h.ndim != 1 or np.any((y != 0.0) & (y != 1.0)):
        raise ValueError(f"alerted must be 0 or 1 for each of {h.shape} passages")
    if np.any(h < 0.0) or np.any(c < 0.0):
        raise ValueError("exposures must be >= 0")
    grid = _grid()
    ln = np.zeros(len(grid[0]))
    for looks_, alone_, told in zip(h, c, y > 0.0, strict=True):
        p = np.clip(missed(looks_, alone_, *grid), SURE, 1.0 - SURE)
        ln += np.log1p(-p) if told else np.log(p)
    return np.asarray(np.exp(ln - ln.max()))


def untried(prior: LawPrior | None = None) -> PassageLaw:
    """Return the law before any passage was tried."""
    none = np.zeros(0)
    return law(none, none, none, prior)
