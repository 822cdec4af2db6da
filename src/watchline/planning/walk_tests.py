"""Which walk to test next: the one whose outcome would leave least doubt about the weakest kilometres.

Theory: what is believed of sensors is a normal law over their theta (`sensing.belief`), with covariance S.  The
chance that a kilometre's weakest way is noticed, P_k, moves with theta by c_k, so its standard deviation is
sqrt(c_k' S c_k).  A walk with looks at chances p brings Fisher information J = sum w d d' / (p (1 - p)), d the slope
of p, w Kish's discount for looks at one subject; after it S' = (1/S + J)^-1, whatever comes out (Bayesian design,
Chaloner & Verdinelli 1995).  A walk is worth the fall of the mean standard deviation over the kilometres.  Sensors of
a kind share part of their error, so a walk teaches of places it does not pass.  Several tests are chosen one after
another, each reckoning with those before.

Limits: first order; walkers as the reference is; weather, frailty and whoever answers alerts are not learned here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from watchline.sensing.belief import Belief
from watchline.sensing.posterior import Evidence, gradient_of

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]

P_SURE = 0.999  # of one look
SIGHT_LEAST = 0.75  # as the posterior uses evidence


@dataclass(frozen=True)
class Doubt:
    """What is uncertain: slope (K, 4 N) of each kilometre's chance by theta of N sensors; cov (4 N, 4 N) of theta."""

    slope: F8
    cov: F8

    @property
    def sd(self) -> F8:
        """Return (K,) the standard deviation of each kilometre's chance."""
        return np.asarray(np.sqrt(np.maximum(np.einsum("ki,ij,kj->k", self.slope, self.cov, self.slope), 0.0)), float)


@dataclass(frozen=True)
class Chosen:
    """A test: index of the way; gain: how far it takes the mean standard deviation down; sd_mean after it."""

    way: int
    gain: float
    sd_mean: float


def joint_cov(belief: Belief) -> F8:
    """Return (4 N, 4 N) covariance of all sensors' theta together."""
    n = len(belief.mean)
    out = np.zeros((n, 4, n, 4))
    for kind in range(len(belief.kinds)):
        mine = np.flatnonzero(belief.kind == kind)
        carry = belief.carry[mine]
        both = np.einsum("iab,bc,jdc->iajd", carry, belief.shared_cov[kind], carry)
        out[np.ix_(mine, np.arange(4), mine, np.arange(4))] = both
    for k in range(n):
        out[k, :, k, :] += belief.own_cov[k]
    return out.reshape(4 * n, 4 * n)


def slope_of(looks: Evidence, belief: Belief, chance_slope: float) -> F8:
    """Return (4 N,) how the chance of detection on a way moves with theta.

    looks: those on the way; chance_slope: of the chance of detection by exposure, there.
    """
    p, d = gradient_of(looks, belief.mean)
    by_row = (looks.looks / (1.0 - np.minimum(p, P_SURE)))[:, None] * d
    out = np.zeros((len(belief.mean), 4))
    np.add.at(out, looks.sensor, chance_slope * by_row)
    return out.ravel()


def information(looks: Evidence, belief: Belief, rho: float) -> tuple[I8, F8]:
    """Return sensors (M,) that a walk tries, and its information (4 M, 4 M) on their theta.

    rho: correlation of looks within a passage, 0..1.
    """
    used = looks.take((looks.sight >= SIGHT_LEAST) & (looks.looks > 0.0))
    sensors, at = np.unique(used.sensor, return_inverse=True)
    p, d = gradient_of(used, belief.mean)
    kind = belief.kind[used.sensor]
    passage = np.bincount(kind, used.looks, len(belief.kinds))
    share = 1.0 / (1.0 + np.maximum(passage - 1.0, 0.0) * rho)
    weight = used.looks * share[kind] / np.clip(p * (1.0 - p), 1e-9, None)
    out = np.zeros((len(sensors), 4, len(sensors), 4))
    for m in range(len(sensors)):
        mine = at == m
        out[m, :, m, :] = (d[mine] * weight[mine, None]).T @ d[mine]
    return sensors.astype(np.int64), out.reshape(4 * len(sensors), 4 * len(sensors))


def after(doubt: Doubt, sensors: I8, gained: F8) -> Doubt:
    """Return the doubt that is left after a walk with this information."""
    index = (4 * sensors[:, None] + np.arange(4)).ravel()
    here = doubt.cov[:, index]
    inner = np.linalg.solve(np.eye(len(index)) + gained @ here[index], gained)
    cov = doubt.cov - here @ inner @ here.T
    return Doubt(doubt.slope, 0.5 * (cov + cov.T))


def best_tests(doubt: Doubt, walks: list[tuple[I8, F8]], count: int) -> list[Chosen]:
    """Return up to `count` walks, one after another, each the best after those before; none that gains nothing.

    walks: sensors and information of each, as `information` gives them; a walk may come again.
    """
    out: list[Chosen] = []
    while len(out) < count:
        sd = float(doubt.sd.mean())
        left = [_left(doubt, *walk) if len(walk[0]) else sd for walk in walks]
        best = int(np.argmin(left)) if left else -1
        if best < 0 or not left[best] < sd:
            break
        doubt = after(doubt, *walks[best])
        out.append(Chosen(best, sd - left[best], left[best]))
    return out


def _left(doubt: Doubt, sensors: I8, gained: F8) -> float:
    """Return the mean standard deviation after a walk, without working out the whole covariance."""
    index = (4 * sensors[:, None] + np.arange(4)).ravel()
    toward = doubt.slope @ doubt.cov[:, index]
    inner = np.linalg.solve(np.eye(len(index)) + gained @ doubt.cov[np.ix_(index, index)], gained)
    less = np.einsum("ki,ij,kj->k", toward, inner, toward)
    return float(np.sqrt(np.maximum(doubt.sd**2 - less, 0.0)).mean())
