"""Who comes out of hiding: what a look shows of a cloud, how a detection fits it, and whether it is the same subject.

Theory: whoever comes into view beside masked ground is who went in, or somebody else who hid there.  Both come out
over the same rim: the track where its cloud has come to, anybody else evenly along it.  When they come out says
little, so only the place is weighed, as chances along the rim.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from watchline.tracking.compiled import compiled
from watchline.tracking.hidden.cloud import KERNEL_M, PLACES
from watchline.tracking.sensors.world import AZ0, AZ1, REACH, World, p_open, p_open_of, window
from watchline.tracking.track.measurement import BEARING, RANGE, SD_BEARING, SD_RANGE, absorb, numbers
from watchline.tracking.track.motion import MODES, STAND
from watchline.tracking.track.rows import Row

F8 = NDArray[np.float64]

PACE_SD_M_S = 0.3  # of each place's velocity
FAR_D2 = 60.0  # squared normalised distance at which a place has no part in a detection
RIM = 32  # directions from the middle of the cloud in which its rim is looked for
STEPS, STEP_M = 40, 10.0
OUT_M = 15.0  # how far out of it somebody is when seen first
SMEAR_M = 40.0  # how far off the rim a cloud may come: places that were made anew lie closer together than is known
OTHERWISE = 0.15  # share of comings out that the cloud does not foresee
HIDER = 0.25  # chance that somebody else hid where a subject went out of view; until an account says better


@compiled
def in_sight(world: World, eye: Row, cloud: Row, scan: F8) -> float:
    """Fill a cloud's p with the chance that each place is in a look's sector and sight; return their mean."""
    half = min(0.5 * (scan[AZ1] - scan[AZ0]), math.pi)
    middle, least = 0.5 * (scan[AZ0] + scan[AZ1]), math.cos(half)
    u, v, total = math.sin(middle), math.cos(middle), 0.0
    west, east = np.inf, -np.inf
    for k in range(PLACES):
        west, east = min(west, cloud.x[k]), max(east, cloud.x[k])
    first, last = window(world.masked, cloud.origin[0] + west, cloud.origin[0] + east)
    for k in range(PLACES):
        x, y = cloud.origin[0] + cloud.x[k], cloud.origin[1] + cloud.y[k]
        dx, dy = x - eye.place[0], y - eye.place[1]
        cloud.p[k] = 0.0
        r2 = dx * dx + dy * dy
        if r2 > scan[REACH] ** 2 or u * dx + v * dy < least * math.sqrt(r2) - 1e-9:
            continue
        cloud.p[k] = p_open_of(world, eye, first, last, x, y)
        total += cloud.w[k] * cloud.p[k]
    return total


@compiled
def closing(eye: Row, cloud: Row, k: int) -> float:
    """Return the radial speed of one of a cloud's places, away from an eye."""
    if cloud.rests[k] == 1:
        return 0.0
    dx, dy = cloud.origin[0] + cloud.x[k] - eye.place[0], cloud.origin[1] + cloud.y[k] - eye.place[1]
    along = dx * math.cos(cloud.way[k]) + dy * math.sin(cloud.way[k])
    return float(cloud.pace[k] * along / max(math.sqrt(dx * dx + dy * dy), 1.0))


@compiled
def fit_cloud(eye: Row, own: Row, cloud: Row, tools: Row, det: F8, least: float, pair: Row) -> float:
    """Fill what a detection would make of a cloud: x, p of a pair; return its likelihood times P_d, 0 outside of it.

    The cloud's p is P_d of each place in this look, least what it is at least.
    """
    x, p, kernel, new_p = tools.x, tools.p, tools.kernel, tools.new_p
    mean, cov = pair.x[0], pair.p[0]
    kernel[:] = 0.0
    for c in range(4):
        kernel[c, c] = KERNEL_M**2 if c < 2 else PACE_SD_M_S**2
    total, x0, y0 = 0.0, cloud.origin[0], cloud.origin[1]
    mean[:] = 0.0
    cov[:] = 0.0
    for k in range(PLACES):
        goes = 0.0 if cloud.rests[k] == 1 else cloud.pace[k]
        x[0], x[1] = x0 + cloud.x[k], y0 + cloud.y[k]
        x[2], x[3] = goes * math.cos(cloud.way[k]), goes * math.sin(cloud.way[k])
        count = numbers(x, eye.place, det, own.bias, own.bias_var, tools.nu, tools.h, tools.r)
        if far_off(count, tools.nu, tools.h, tools.r):
            continue
        log_l, _ = absorb(x, kernel, count, tools.nu, tools.h, tools.r, p[0], new_p)
        w = cloud.w[k] * max(cloud.p[k], least) * math.exp(log_l)
        total += w
        for c in range(4):
            d = p[0, c] - (x0 if c == 0 else (y0 if c == 1 else 0.0))
            mean[c] += w * d
            p[1, c] = d
        for c in range(4):
            for e in range(4):
                cov[c, e] += w * (new_p[c, e] + p[1, c] * p[1, e])
    if total < 1e-30:
        return 0.0
    for c in range(4):
        mean[c] /= total
    for c in range(4):
        for e in range(4):
            cov[c, e] = cov[c, e] / total - mean[c] * mean[e]
    mean[0] += x0
    mean[1] += y0
    for m in range(1, MODES):
        for c in range(4):
            pair.x[m, c] = mean[c]
            for e in range(4):
                pair.p[m, c, e] = cov[c, e]
    for c in range(4):
        for e in range(4):
            if max(c, e) > 1:
                pair.p[STAND, c, e] = 4e-4 if c == e else 0.0
    pair.x[STAND, 2] = pair.x[STAND, 3] = 0.0
    return total


@compiled
def far_off(count: int, nu: F8, h: F8, r: F8) -> bool:
    """Return whether one of the first two numbers alone says that a detection is not from a place of a cloud."""
    for c in range(min(count, 2)):
        s = r[c] + KERNEL_M**2 * (h[c, 0] ** 2 + h[c, 1] ** 2) + PACE_SD_M_S**2 * (h[c, 2] ** 2 + h[c, 3] ** 2)
        if nu[c] * nu[c] > FAR_D2 * s:
            return True
    return False


@compiled
def p_same_out(world: World, eye: Row, cloud: Row, det: F8) -> float:
    """Return the chance that who comes out is who the cloud stands for, and not somebody else who hid there."""
    cx, cy = middle(cloud)
    mine, others, all_mine, all_others = 0.0, 0.0, 0.0, 0.0
    for a in range(RIM):
        u, v = math.cos(2 * math.pi * a / RIM), math.sin(2 * math.pi * a / RIM)
        r = rim(world, eye, cx, cy, u, v)
        x, y = cx + r * u, cy + r * v
        length = r * 2 * math.pi / RIM
        spread = max(SMEAR_M, 0.6 * length)
        here = 0.0
        for k in range(PLACES):
            d2 = (cloud.origin[0] + cloud.x[k] - x) ** 2 + (cloud.origin[1] + cloud.y[k] - y) ** 2
            here += cloud.w[k] * math.exp(-0.5 * d2 / spread**2)
        dx, dy = x - eye.place[0], y - eye.place[1]
        rho = max(math.sqrt(dx * dx + dy * dy), 1.0)
        blur = OUT_M**2 + (0.5 * length) ** 2
        off = det[BEARING] - math.atan2(dx, dy)
        off = rho * (off - 2 * math.pi * math.floor(off / (2 * math.pi) + 0.5))
        var_a, var_r = blur + (rho * det[SD_BEARING]) ** 2, blur + det[SD_RANGE] ** 2
        fits = math.exp(-0.5 * (off**2 / var_a + (det[RANGE] - rho) ** 2 / var_r)) / math.sqrt(var_a * var_r)
        mine += here * length * fits
        all_mine += here * length
        others += length * fits
        all_others += length
    if all_others <= 0.0 or others <= 0.0:
        return 1.0 - HIDER
    other = others / all_others
    same = (1.0 - OTHERWISE) * mine / all_mine + OTHERWISE * other if all_mine > 1e-12 else other
    return (1.0 - HIDER) * same / ((1.0 - HIDER) * same + HIDER * other)


@compiled
def middle(cloud: Row) -> tuple[float, float]:
    """Return the middle of the places out of sight, of all if none is."""
    x, y, total = 0.0, 0.0, 0.0
    for k in range(PLACES):
        w = cloud.w[k] * (1.0001 - cloud.p[k])
        x += w * cloud.x[k]
        y += w * cloud.y[k]
        total += w
    return cloud.origin[0] + x / total, cloud.origin[1] + y / total


@compiled
def rim(world: World, eye: Row, x: float, y: float, u: float, v: float) -> float:
    """Return how far from a place one comes into an eye's sight in direction (u, v)."""
    for n in range(1, STEPS):
        if p_open(world, eye, x + n * STEP_M * u, y + n * STEP_M * v) > 0.5:
            return n * STEP_M
    return STEPS * STEP_M
