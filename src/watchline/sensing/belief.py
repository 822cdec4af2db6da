"""What is believed of each sensor's performance: the prior, its spread, and draws from it.

Theory: a sensor's P_d is p_max L(k (ln signal - ln threshold - air * depth)), L the logistic function (see
`detection.py`).  Its four numbers, theta = (ln threshold, ln k, logit p_max, ln air), are those of its kind plus the
sensor's own deviation: theta_s = theta_kind + u_s, both normal.  So evidence on one camera moves all cameras a little
and that camera a lot, and a sensor that nobody has tried is as uncertain as its kind.

Rules: prior and posterior have this one type; `posterior.py` turns one into the other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from watchline.domain.site import Sensor

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]

THRESHOLD, STEEPNESS, P_MAX, AIR = range(4)  # columns of theta
NAMES = ("ln threshold", "ln steepness", "logit p_max", "ln air")


@dataclass(frozen=True)
class Kind:
    """The prior of one kind of sensor, in natural units.

    threshold: signal at which a look is half of p_max; steepness k; p_max; air: share of the assumed optical depth.
    shared_sd (4,): spread of the kind's mean theta, what nobody knows of such sensors; own_sd (4,): from one to the
    next of them.
    """

    threshold: float
    steepness: float
    p_max: float
    shared_sd: tuple[float, float, float, float]
    own_sd: tuple[float, float, float, float]

    @property
    def theta(self) -> F8:
        """Return (4,) the mean."""
        p = self.p_max
        return np.array([np.log(self.threshold), np.log(self.steepness), np.log(p / (1.0 - p)), 0.0])


# Threshold 4: SNR at which vision's confirmed detections are half certain on real clips (benchmarks/vision_real.py);
# spreads: contrasts of clothed people at night differ by a factor of 2 (2..8 K), transmission by a third.
_CAMERA = Kind(4.0, 3.0, 0.95, (0.45, 0.45, 0.8, 0.3), (0.25, 0.15, 0.5, 0.1))
# Signal is (r50 / R); P falls as R^-8 around r50, SNR going as R^-4 and detection as its square.
_RADAR = Kind(1.0, 8.0, 0.92, (0.2, 0.25, 0.6, 0.01), (0.1, 0.1, 0.4, 0.01))
# A touch: nothing but p_max counts.
_TOUCH = Kind(1.0, 1.0, 0.75, (0.01, 0.01, 0.8, 0.01), (0.01, 0.01, 0.5, 0.01))

KIND_PRIORS: dict[str, Kind] = {
    "thermal_camera": _CAMERA,
    "drone_camera": _CAMERA,
    "radar": _RADAR,
    "fence_sensor": _TOUCH,
    "ground_sensor": _TOUCH,
}


@dataclass(frozen=True)
class Belief:
    """A normal law over theta of every sensor.

    kind (N,) row of `kinds` for each sensor; mean (N, 4); shared_cov (G, 4, 4) of each kind's mean; carry (N, 4, 4)
    how a change of the kind's mean moves the sensor's; own_cov (N, 4, 4) of what is left once the kind is known.
    looks (N,) how many looks it rests on, 0 for the prior.
    """

    kinds: tuple[str, ...]
    kind: I8
    mean: F8
    shared_cov: F8
    carry: F8
    own_cov: F8
    looks: F8

    @property
    def cov(self) -> F8:
        """Return (N, 4, 4) covariance of every sensor's theta."""
        return np.asarray(self.carry @ self.shared_cov[self.kind] @ np.swapaxes(self.carry, 1, 2) + self.own_cov)

    @property
    def sd(self) -> F8:
        """Return (N, 4) standard deviations."""
        return np.sqrt(np.diagonal(self.cov, axis1=1, axis2=2))

    def with_reach(self, share: float) -> F8:
        """Return (N, 4) the mean, but with the reach that this share of such sensors have at least, 0.5..1.

        A plan that rests on the edges of sensors' ranges is only as good as their mean reach; with more of them sure
        it does not.  Reach is the threshold; the other three numbers are averaged over, as the mean does.
        """
        theta = self.mean.copy()
        theta[:, THRESHOLD] += float(ndtri(share)) * self.sd[:, THRESHOLD]
        return theta

    def draw(self, rng: np.random.Generator, *, shared: bool = True) -> F8:
        """Return (N, 4) one draw of theta for all sensors together: sensors of a kind share its error.

        shared: False leaves that error out, where something else stands for it.
        """
        common = np.stack([_normal(cov, rng) for cov in self.shared_cov]) if self.kinds else np.zeros((0, 4))
        own = np.stack([_normal(cov, rng) for cov in self.own_cov]) if len(self.mean) else np.zeros((0, 4))
        return np.asarray(self.mean + shared * (self.carry @ common[self.kind][..., None])[..., 0] + own)


def own_part(before: Belief, after: Belief) -> Belief:
    """Return what was learned of each sensor against others of its kind, the kinds' means left as they were before.

    before: a prior; after: a posterior of it.  For where something else stands for what all of a kind share.  At the
    mode the kind's own pull balances that of its sensors: shared_cov^-1 s = sum own_cov^-1 (moved - s).
    """
    moved, mean = after.mean - before.mean, after.mean.copy()
    precision = np.linalg.inv(before.own_cov) if len(mean) else before.own_cov
    for k in range(len(before.kinds)):
        here = before.kind == k
        pull = (precision[here] @ moved[here][..., None]).sum(axis=0)[:, 0]
        weight = np.linalg.inv(before.shared_cov[k]) + precision[here].sum(axis=0)
        mean[here] -= np.linalg.solve(weight, pull)
    return replace(after, mean=mean)


def prior(sensors: tuple[Sensor, ...]) -> Belief:
    """Return what is believed of sensors of which nothing has been tried."""
    kinds = tuple(sorted({s.kind for s in sensors}))
    kind = np.array([kinds.index(s.kind) for s in sensors], np.int64)
    n = len(sensors)
    mean = np.array([KIND_PRIORS[s.kind].theta for s in sensors]).reshape(n, 4)
    shared = np.array([np.diag(np.square(KIND_PRIORS[k].shared_sd)) for k in kinds]).reshape(len(kinds), 4, 4)
    own = np.array([np.diag(np.square(KIND_PRIORS[s.kind].own_sd)) for s in sensors]).reshape(n, 4, 4)
    return Belief(kinds, kind, mean, shared, np.tile(np.eye(4), (n, 1, 1)), own, np.zeros(n))


def _normal(cov: F8, rng: np.random.Generator) -> F8:
    # By eigenvectors, because a posterior may be singular to rounding.
    value, vector = np.linalg.eigh(cov)
    return np.asarray(vector @ (np.sqrt(np.maximum(value, 0.0)) * rng.standard_normal(len(value))))
