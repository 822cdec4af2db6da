"""What a detection says about a state, number by number: bearing, range, radial speed, or a place on the line.

Theory: every measured number is a scalar with its own error, linearised at the predicted state; the numbers of one
detection are used one after the other, which for a fixed linearisation is the joint update.  A detection has its own
time inside its scan; the state is carried to it by its velocity.  A camera's range error grows with the square of
the range, so it is taken at the PREDICTED range: a far range read as near must not look precise.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from watchline.tracking.compiled import compiled

F8 = NDArray[np.float64]

# Columns of a detection row as the engine reads it.
BEARING, RANGE, SD_BEARING, SD_RANGE, RATE, SD_RATE, FORM, AFTER_S, AXIS, SCALES, CLASS = range(11)
WIDTH = CLASS + 4
POLAR, PLACE = 0.0, 1.0  # FORM: bearing and range, or a place on the line (BEARING, RANGE hold east, north)
ACROSS_M = 10.0  # how far from a fence somebody who shakes it stands
MAX_RANGE_SHARE_SD = 0.2  # a camera's range error never counts as more than this share of the range, plus 5 m
RATE_SPREAD_M_S = 0.15  # limbs and gait: radial speed is that of the body only so well
NUMBERS = 3
LOG_2_PI = math.log(2 * math.pi)
TURN, LIFT = range(2)  # lasting errors: of a sensor's bearing in rad; of a camera's range, per metre of range squared


@compiled
def range_sd(det: F8, predicted_m: float) -> float:
    """Return the 1-sigma range error of a detection whose subject is at the predicted range."""
    if det[SCALES] < 0.5:
        return float(det[SD_RANGE])
    scale = (predicted_m / max(det[RANGE], 1.0)) ** 2
    return float(min(max(det[SD_RANGE] * scale, 0.02 * predicted_m), MAX_RANGE_SHARE_SD * predicted_m + 5.0))


@compiled
def turned(angle_rad: float) -> float:
    """Return an angle within -pi..pi."""
    return angle_rad - 2 * math.pi * math.floor(angle_rad / (2 * math.pi) + 0.5)


@compiled
def numbers(x: F8, place: F8, det: F8, bias: F8, bias_var: F8, nu: F8, h: F8, r: F8) -> int:
    """Fill innovations nu (3,), rows h (3, 4) and error variances r (3,); return how many numbers there are.

    bias, bias_var (2,): what is known of the sensor's lasting errors, as `registration.py` says.
    """
    tau = det[AFTER_S]
    px, py = x[0] + tau * x[2], x[1] + tau * x[3]
    if det[FORM] == PLACE:
        u, v = math.sin(det[AXIS]), math.cos(det[AXIS])
        dx, dy = det[BEARING] - px, det[RANGE] - py
        nu[0], nu[1] = u * dx + v * dy, v * dx - u * dy
        h[0, 0], h[0, 1], h[0, 2], h[0, 3] = u, v, tau * u, tau * v
        h[1, 0], h[1, 1], h[1, 2], h[1, 3] = v, -u, tau * v, -tau * u
        r[0], r[1] = det[SD_BEARING] ** 2, ACROSS_M**2
        return 2
    dx, dy = px - place[0], py - place[1]
    rho = max(math.sqrt(dx * dx + dy * dy), 1.0)
    ux, uy = dx / rho, dy / rho
    nu[0] = turned(det[BEARING] - bias[TURN] - math.atan2(dx, dy))
    h[0, 0], h[0, 1], h[0, 2], h[0, 3] = uy / rho, -ux / rho, tau * uy / rho, -tau * ux / rho
    r[0] = det[SD_BEARING] ** 2 + bias_var[TURN]
    if math.isnan(det[RANGE]):
        return 1
    lift = rho * rho if det[SCALES] > 0.5 else 0.0
    nu[1] = det[RANGE] - rho - bias[LIFT] * lift
    h[1, 0], h[1, 1], h[1, 2], h[1, 3] = ux, uy, tau * ux, tau * uy
    r[1] = range_sd(det, rho) ** 2 + bias_var[LIFT] * lift * lift
    if math.isnan(det[RATE]):
        return 2
    nu[2] = det[RATE] - (ux * x[2] + uy * x[3])
    # Radial speed also turns with the line of sight, by v_across / rho; small beside its own error, kept out.
    h[2, 0], h[2, 1], h[2, 2], h[2, 3] = 0.0, 0.0, ux, uy
    r[2] = det[SD_RATE] ** 2 + RATE_SPREAD_M_S**2
    return 3


@compiled
def absorb(x: F8, p: F8, count: int, nu: F8, h: F8, r: F8, new_x: F8, new_p: F8) -> tuple[float, float]:
    """Fill the updated state; return its log density and squared normalised distance.

    x (4,), p (4, 4) stay; count numbers with innovations nu, rows h, variances r as `numbers` fills them.
    """
    for a in range(4):
        new_x[a] = x[a]
        for b in range(4):
            new_p[a, b] = p[a, b]
    d2, spread = 0.0, 1.0
    for c in range(count):
        h0, h1, h2, h3 = h[c, 0], h[c, 1], h[c, 2], h[c, 3]
        g0 = new_p[0, 0] * h0 + new_p[0, 1] * h1 + new_p[0, 2] * h2 + new_p[0, 3] * h3
        g1 = new_p[1, 0] * h0 + new_p[1, 1] * h1 + new_p[1, 2] * h2 + new_p[1, 3] * h3
        g2 = new_p[2, 0] * h0 + new_p[2, 1] * h1 + new_p[2, 2] * h2 + new_p[2, 3] * h3
        g3 = new_p[3, 0] * h0 + new_p[3, 1] * h1 + new_p[3, 2] * h2 + new_p[3, 3] * h3
        s = r[c] + h0 * g0 + h1 * g1 + h2 * g2 + h3 * g3
        rest = nu[c] - h0 * (new_x[0] - x[0]) - h1 * (new_x[1] - x[1])
        rest -= h2 * (new_x[2] - x[2]) + h3 * (new_x[3] - x[3])
        d2 += rest * rest / s
        spread *= s
        step = rest / s
        new_x[0] += g0 * step
        new_x[1] += g1 * step
        new_x[2] += g2 * step
        new_x[3] += g3 * step
        new_p[0, 0] -= g0 * g0 / s
        new_p[1, 1] -= g1 * g1 / s
        new_p[2, 2] -= g2 * g2 / s
        new_p[3, 3] -= g3 * g3 / s
        new_p[1, 0] = new_p[0, 1] = new_p[1, 0] - g1 * g0 / s
        new_p[2, 0] = new_p[0, 2] = new_p[2, 0] - g2 * g0 / s
        new_p[3, 0] = new_p[0, 3] = new_p[3, 0] - g3 * g0 / s
        new_p[2, 1] = new_p[1, 2] = new_p[2, 1] - g2 * g1 / s
        new_p[3, 1] = new_p[1, 3] = new_p[3, 1] - g3 * g1 / s
        new_p[3, 2] = new_p[2, 3] = new_p[3, 2] - g3 * g2 / s
    return -0.5 * (d2 + count * LOG_2_PI + math.log(spread)), d2
