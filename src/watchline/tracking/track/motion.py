"""How a subject moves between looks: four ways of moving, and how it passes from one to another.

Theory: interacting multiple models (Blom & Bar-Shalom 1988).  Standing, going straight, turning (all nearly constant
velocity with their own acceleration noise), and driving.  Whoever stands has no velocity; whoever starts from
standing gets one from the spread of the way it takes up.  Each model's state is kept moment-matched.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from watchline.tracking.compiled import compiled

F8 = NDArray[np.float64]
Row = Any  # a row of `rows.TRACK` or WORK

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


# Room for the arithmetic of one step, made once and handed down: such loops spend their time on making arrays.
WORK = np.dtype(
    [("x", np.float64, (MODES, 4)), ("p", np.float64, (MODES, 4, 4)), ("share", np.float64, (MODES, MODES))]
)


@compiled
def switch(dt_s: float, drives: float, out: F8) -> None:
    """Fill out (M, M): probability of going from each way of moving to each other within dt_s."""
    for a in range(MODES):
        stay = math.exp(-LEAVE_PER_S[a] * dt_s)
        total = 1.0 - TO[a, DRIVE] * (1.0 - drives)
        for b in range(MODES):
            to = TO[a, b] * (drives if b == DRIVE else 1.0)
            out[a, b] = stay if a == b else (1.0 - stay) * to / total


@compiled
def mix(x: F8, p: F8, mu: F8, dt_s: float, drives: float, work: Row) -> None:
    """Let the models interact: x (M, 4), p (M, 4, 4), mu (M,) in place, for a step of dt_s."""
    share = work.share
    switch(dt_s, drives, share)
    for a in range(MODES):
        for c in range(4):
            work.x[a, c] = x[a, c]
            for e in range(c + 1):
                work.p[a, c, e] = p[a, c, e]
        for b in range(MODES):
            share[a, b] *= mu[a]
    for b in range(MODES):
        total = 0.0
        for a in range(MODES):
            total += share[a, b]
        mu[b] = total
        if total > 0.0:
            for a in range(MODES):
                share[a, b] /= total
            gather(work.x, work.p, share, b, x, p)


@compiled
def gather(old_x: F8, old_p: F8, share: F8, b: int, x: F8, p: F8) -> None:
    """Fill model b's state with the mixture of those that come to it, share (M, M) of each; old_p: lower triangle.

    Going from or to a standing voids the velocity: whoever starts gets one from the spread of the way it takes up.
    """
    m0, m1, m2, m3 = 0.0, 0.0, 0.0, 0.0
    for a in range(MODES):
        w = share[a, b]
        m0 += w * old_x[a, 0]
        m1 += w * old_x[a, 1]
        if (a == STAND) == (b == STAND):
            m2 += w * old_x[a, 2]
            m3 += w * old_x[a, 3]
    start = START_SPEED_SD_M_S[b] ** 2
    p00, p10, p11, p20, p21, p22, p30, p31, p32, p33 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for a in range(MODES):
        w = share[a, b]
        if w < 1e-9:
            continue
        d0, d1 = old_x[a, 0] - m0, old_x[a, 1] - m1
        p00 += w * (old_p[a, 0, 0] + d0 * d0)
        p10 += w * (old_p[a, 1, 0] + d1 * d0)
        p11 += w * (old_p[a, 1, 1] + d1 * d1)
        if (a == STAND) == (b == STAND):
            d2, d3 = old_x[a, 2] - m2, old_x[a, 3] - m3
            p20 += w * (old_p[a, 2, 0] + d2 * d0)
            p21 += w * (old_p[a, 2, 1] + d2 * d1)
            p22 += w * (old_p[a, 2, 2] + d2 * d2)
            p30 += w * (old_p[a, 3, 0] + d3 * d0)
            p31 += w * (old_p[a, 3, 1] + d3 * d1)
            p32 += w * (old_p[a, 3, 2] + d3 * d2)
            p33 += w * (old_p[a, 3, 3] + d3 * d3)
        else:
            p20 -= w * m2 * d0
            p21 -= w * m2 * d1
            p22 += w * (start + m2 * m2)
            p30 -= w * m3 * d0
            p31 -= w * m3 * d1
            p32 += w * m3 * m2
            p33 += w * (start + m3 * m3)
    x[b, 0], x[b, 1], x[b, 2], x[b, 3] = m0, m1, m2, m3
    p[b, 0, 0], p[b, 1, 1], p[b, 2, 2], p[b, 3, 3] = p00, p11, p22, p33
    p[b, 0, 1] = p[b, 1, 0] = p10
    p[b, 0, 2] = p[b, 2, 0] = p20
    p[b, 0, 3] = p[b, 3, 0] = p30
    p[b, 1, 2] = p[b, 2, 1] = p21
    p[b, 1, 3] = p[b, 3, 1] = p31
    p[b, 2, 3] = p[b, 3, 2] = p32


@compiled
def drift(x: F8, p: F8, m: int, dt_s: float) -> None:
    """Move model m of x (M, 4) east, north, ve, vn and p (M, 4, 4) forward by dt_s, in place."""
    if m == STAND:
        for a in range(2):
            p[m, a, a] += STAND_PSD * dt_s
            x[m, 2 + a] = 0.0
            for c in range(4):
                p[m, 2 + a, c] = 0.0
                p[m, c, 2 + a] = 0.0
            p[m, 2 + a, 2 + a] = START_SPEED_SD_M_S[STAND] ** 2
        return
    x[m, 0] += dt_s * x[m, 2]
    x[m, 1] += dt_s * x[m, 3]
    for a in range(2):
        for c in range(4):
            p[m, a, c] += dt_s * p[m, a + 2, c]
    for a in range(2):
        for c in range(4):
            p[m, c, a] += dt_s * p[m, c, a + 2]
    q = ACCELERATION_PSD[m]
    for a in range(2):
        b = a + 2
        p[m, a, a] += q * dt_s**3 / 3
        p[m, a, b] += q * dt_s**2 / 2
        p[m, b, a] += q * dt_s**2 / 2
        p[m, b, b] += q * dt_s


@compiled
def advance(track: Row, dt_s: float, work: Row) -> None:
    """Move a track's models forward by dt_s > 0, in place; `blend` makes the mixture anew."""
    # Who is no vehicle does not begin to drive; a class is never so sure that it could not.
    mix(track.x, track.p, track.mu, dt_s, min(VEHICLE_WEIGHT * track.klass[VEHICLE], 1.0), work)
    for m in range(MODES):
        drift(track.x, track.p, m, dt_s)


@compiled
def blend(track: Row) -> None:
    """Make a track's mean (4,) and cov (4, 4) those of the mixture of its models, in place."""
    x, p, mu, mean, cov = track.x, track.p, track.mu, track.mean, track.cov
    for c in range(4):
        total = 0.0
        for m in range(MODES):
            total += mu[m] * x[m, c]
        mean[c] = total
    for c in range(4):
        for e in range(c + 1):
            total = 0.0
            for m in range(MODES):
                total += mu[m] * (p[m, c, e] + (x[m, c] - mean[c]) * (x[m, e] - mean[e]))
            cov[c, e] = total
            cov[e, c] = total


@compiled
def survival(dt_s: float) -> float:
    """Return the probability that a subject is still there after dt_s without a look at it."""
    return math.exp(-dt_s / LIFETIME_S)


@compiled
def move_to(track: Row, t: float, work: Row) -> None:
    """Bring a track's place to the time of a look, never back."""
    dt = t - track.t
    if dt <= 0.0:
        return
    advance(track, dt, work)
    blend(track)
    track.t = t


@compiled
def age(track: Row, t: float) -> None:
    """Bring the chance that a track is there to a later time, never back."""
    if t > track.exist_t:
        track.exist *= survival(t - track.exist_t)
        track.exist_t = t
