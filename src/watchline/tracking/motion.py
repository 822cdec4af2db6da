"""How a subject moves between looks: four ways of moving, and how it passes from one to another.

Theory: interacting multiple models (Blom & Bar-Shalom 1988).  Standing, going straight, turning (all nearly constant
velocity with their own acceleration noise), and driving.  Whoever stands has no velocity; whoever starts from
standing gets one from the spread of the way it takes up.  Each model's state is kept moment-matched.
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

F8 = NDArray[np.float64]

STAND, STRAIGHT, TURN, DRIVE = range(4)
MODES = 4
ACCELERATION_PSD = np.array(
    [0.0, 0.008, 0.6, 6.0]
)  # m^2/s^3; turn: a walker's turn in 2..3 s, drive: 2 m/s^2 for 2 s
START_SPEED_SD_M_S = np.array([0.02, 1.1, 1.1, 7.0])  # velocity a subject starts from standing with, per axis
STAND_PSD = 0.01  # m^2/s: a standing subject shifts its weight, a herd mills about
LEAVE_PER_S = np.array([1 / 140.0, 1 / 120.0, 1 / 6.0, 1 / 12.0])  # how soon a way of moving is given up
TO = np.array(
    [
        [0.0, 0.35, 0.45, 0.20],
        [0.10, 0.0, 0.80, 0.10],
        [0.25, 0.70, 0.0, 0.05],
        [0.15, 0.75, 0.10, 0.0],
    ]
)  # where to, once given up
VEHICLE, VEHICLE_WEIGHT = 1, 3.0  # column of the classes; from a third of the probability on it counts as one
BIRTH_MODE = np.array([0.15, 0.35, 0.35, 0.15])
BIRTH_SPEED_SD_M_S = np.array([0.02, 1.2, 1.2, 9.0])
LIFETIME_S = 1800.0  # 1/e time of a subject that nobody looks at: leaves, or lies hidden


@numba.njit(cache=True)
def switch(dt_s: float, drives: float, out: F8) -> None:
    """Fill out (M, M): probability of going from each way of moving to each other within dt_s."""
    for a in range(MODES):
        stay = math.exp(-LEAVE_PER_S[a] * dt_s)
        total = 1.0 - TO[a, DRIVE] * (1.0 - drives)
        for b in range(MODES):
            to = TO[a, b] * (drives if b == DRIVE else 1.0)
            out[a, b] = stay if a == b else (1.0 - stay) * to / total


@numba.njit(cache=True)
def mix(x: F8, p: F8, mu: F8, dt_s: float, drives: float) -> None:
    """Let the models interact: x (M, 4), p (M, 4, 4), mu (M,) in place, for a step of dt_s."""
    share = np.empty((MODES, MODES))
    switch(dt_s, drives, share)
    old_x, old_p, old_mu = x.copy(), p.copy(), mu.copy()
    for b in range(MODES):
        total = 0.0
        for a in range(MODES):
            share[a, b] *= old_mu[a]
            total += share[a, b]
        mu[b] = total
        if total > 0.0:
            for a in range(MODES):
                share[a, b] /= total
            gather(old_x, old_p, share[:, b], b, x[b], p[b])


@numba.njit(cache=True)
def gather(old_x: F8, old_p: F8, share: F8, b: int, x: F8, p: F8) -> None:
    """Fill one model's state with the mixture of those that come to it, share (M,) of each."""
    d = np.empty(4)
    for c in range(4):
        x[c] = 0.0
        for a in range(MODES):
            if c < 2 or not starts_or_stops(a, b):
                x[c] += share[a] * old_x[a, c]
    p[:] = 0.0
    for a in range(MODES):
        if share[a] < 1e-9:
            continue
        cut = starts_or_stops(a, b)
        for c in range(4):
            d[c] = (0.0 if cut and c > 1 else old_x[a, c]) - x[c]
        for c in range(4):
            for e in range(4):
                part = old_p[a, c, e]
                if cut and max(c, e) > 1:
                    part = START_SPEED_SD_M_S[b] ** 2 if c == e else 0.0
                p[c, e] += share[a] * (part + d[c] * d[e])


@numba.njit(cache=True)
def starts_or_stops(a: int, b: int) -> bool:
    """Return whether going from one way of moving to another begins or ends a standing: the old velocity is void."""
    return (a == STAND) != (b == STAND)


@numba.njit(cache=True)
def drift(x: F8, p: F8, mode: int, dt_s: float) -> None:
    """Move one model's state x (4,) east, north, ve, vn and covariance p (4, 4) forward by dt_s, in place."""
    if mode == STAND:
        for a in range(2):
            p[a, a] += STAND_PSD * dt_s
            x[2 + a] = 0.0
            for c in range(4):
                p[2 + a, c] = 0.0
                p[c, 2 + a] = 0.0
            p[2 + a, 2 + a] = START_SPEED_SD_M_S[STAND] ** 2
        return
    x[0] += dt_s * x[2]
    x[1] += dt_s * x[3]
    for a in range(2):
        for c in range(4):
            p[a, c] += dt_s * p[a + 2, c]
    for a in range(2):
        for c in range(4):
            p[c, a] += dt_s * p[c, a + 2]
    q = ACCELERATION_PSD[mode]
    for a in range(2):
        b = a + 2
        p[a, a] += q * dt_s**3 / 3
        p[a, b] += q * dt_s**2 / 2
        p[b, a] += q * dt_s**2 / 2
        p[b, b] += q * dt_s


@numba.njit(cache=True)
def advance(x: F8, p: F8, mu: F8, klass: F8, dt_s: float) -> None:
    """Move a whole subject x (M, 4), p (M, 4, 4), mu (M,), klass (4,) forward by dt_s > 0, in place."""
    # Who is no vehicle does not begin to drive; a class is never so sure that it could not.
    mix(x, p, mu, dt_s, min(VEHICLE_WEIGHT * klass[VEHICLE], 1.0))
    for m in range(MODES):
        drift(x[m], p[m], m, dt_s)


@numba.njit(cache=True)
def blend(x: F8, p: F8, mu: F8, mean: F8, cov: F8) -> None:
    """Fill mean (4,) and cov (4, 4) of the mixture of models."""
    for c in range(4):
        mean[c] = 0.0
        for m in range(MODES):
            mean[c] += mu[m] * x[m, c]
    for c in range(4):
        for e in range(4):
            total = 0.0
            for m in range(MODES):
                total += mu[m] * (p[m, c, e] + (x[m, c] - mean[c]) * (x[m, e] - mean[e]))
            cov[c, e] = total


@numba.njit(cache=True)
def survival(dt_s: float) -> float:
    """Return the probability that a subject is still there after dt_s without a look at it."""
    return math.exp(-dt_s / LIFETIME_S)
