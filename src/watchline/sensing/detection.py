"""How likely one look of a sensor reports a subject that stands in its sight: the one P_d.

Theory: P_d = p_max L(k (ln signal - ln threshold - air depth)), L the logistic function: the transfer function
x^k / (1 + x^k) of Ratches and Holst, on signal over threshold.
Cameras: signal is the SNR without air, q dT min(1, A / (ifov R)^2) / NETD; depth is what the air takes, ln 1/tau(R).
Radars: signal is r50 / R, no depth: SNR falls with R^4 from a range at which half of p_max is reached.
Fence and ground sensors: one touch, p_max.
threshold, k, p_max and air are theta of `belief.py`: their prior, or what evidence has made of it.

Rules: everything that needs a P_d reads it here; quality q (0..1) is the sensor's own measured contrast over its
nominal; unknown quality counts as nominal here and is the caller's to judge.
Limits: the mean over subjects of a class; how much they differ is `glimpse.p_miss`'s frailty.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from watchline.domain.batches import KIND_CAMERA, KIND_FENCE, KIND_GROUND, KIND_RADAR
from watchline.domain.site import Sensor
from watchline.geo.mobility import Mover
from watchline.sensing import belief
from watchline.sensing.air.atmosphere import TransmissionTable
from watchline.sensing.air.conditions import Conditions, nominal
from watchline.sensing.camera import ifov_rad

F8 = NDArray[np.float64]

KINDS = {
    "thermal_camera": KIND_CAMERA,
    "drone_camera": KIND_CAMERA,
    "radar": KIND_RADAR,
    "fence_sensor": KIND_FENCE,
    "ground_sensor": KIND_GROUND,
}

P_SLOW_RADAR = 0.05  # a subject below a radar's least radial speed is seen by chance only
R50_SHARE = 0.8  # of a radar's stated range: where half of p_max is reached for a walker


@dataclass(frozen=True)
class Crosser:
    """A reference subject.

    shows_as: its kind of contrast in `conditions`; area_m2: seen from the front; height_m: of what shows;
    speed_m_s: on firm level ground; slope_max: steepest gradient it takes; goes: on foot or on wheels.
    """

    name: str
    shows_as: str
    area_m2: float
    height_m: float
    speed_m_s: float
    slope_max: float = 1.5
    goes: Mover = "foot"


WALKER = Crosser("walker", "person", 0.5 * 1.7, 1.7, 1.2)
CRAWLER = Crosser("crawler", "crawler", 0.5 * 0.5, 0.5, 0.35)
RIDER = Crosser("rider", "rider", 2.0, 2.4, 2.2, slope_max=0.8)
VEHICLE = Crosser("vehicle", "vehicle", 2.0 * 1.7, 1.8, 6.0, slope_max=0.45, goes="wheels")
CROSSERS = (WALKER, CRAWLER, RIDER, VEHICLE)
ANIMAL = Crosser("animal", "animal", 0.6 * 0.9, 0.9, 1.0)  # sheep, goat, dog: what crosses most and matters least
SIGHT_SD_FAR_M = 1.0  # vertical error of 30 m elevation over a ridge; softens "hidden" and "seen"
SIGHT_SD_NEAR_M = 0.5  # ... of neighbouring cells to each other, which decide where the ground itself is in sight
HALF_SEEN = 0.7  # share of the height that may be hidden when a subject is half seen
SIGHT_HOLDS_M = 150.0  # five posts of 30 m elevation: its error is nearly one and the same, and so is what it hides
SIGHT_SURE = 0.98  # ground that is itself in sight of one who walks upright: more is the tail of a law nobody knows

# Columns of the table below, one row per sensor.
KIND, RANGE_MAX, CONTRAST, IFOV, NETD, R50, P_MAX, MIN_SPEED, AREA, THRESHOLD, STEEPNESS, DEPTH, DEPTH_POWER = range(
    13
)
DEPTH_AT_M = (1500.0, 5000.0)  # where most looks that are neither sure nor hopeless are made
A_TOUCH = 100.0  # ln signal of a touch: above every threshold


def performance_table(
    sensors: tuple[Sensor, ...],
    crosser: Crosser = WALKER,
    theta: F8 | None = None,
    conditions: Conditions | None = None,
) -> F8:
    """Return (N, 13) the performance of every sensor against a crosser, in the columns named above.

    theta (N, 4): as in `belief.Belief`, a mean or a draw; None: the prior's mean.  conditions: None: nominal.
    The air's depth runs as a power of range through the table's at DEPTH_AT_M: tau within 0.02 of it to 12 km.
    """
    theta = belief.prior(sensors).mean if theta is None else theta
    conditions = conditions or nominal()
    contrast_k = conditions.contrast(crosser.shows_as).magnitude_k()
    depth, power = _depth_law(conditions.air)
    rows = np.zeros((len(sensors), 13))
    for n, (sensor, own) in enumerate(zip(sensors, theta, strict=True)):
        rows[n] = (
            KINDS[sensor.kind],
            sensor.max_range_m,
            contrast_k,
            ifov_rad(sensor),
            sensor.netd_k,
            # A radar's SNR falls with R^4 and grows with the area that reflects.
            R50_SHARE * sensor.max_range_m * (crosser.area_m2 / WALKER.area_m2) ** 0.25,
            1.0 / (1.0 + math.exp(-own[belief.P_MAX])),
            sensor.min_speed_m_s,
            crosser.area_m2,
            own[belief.THRESHOLD],
            math.exp(own[belief.STEEPNESS]),
            depth * math.exp(own[belief.AIR]),
            power,
        )
    return rows


def _depth_law(air: TransmissionTable) -> tuple[float, float]:
    """Return depth at 1 km and the power of range that take the air's depth through DEPTH_AT_M."""
    near, far = -np.log(air.at(np.array(DEPTH_AT_M)))
    if not near > 0.0:
        return 0.0, 1.0
    power = math.log(far / near) / math.log(DEPTH_AT_M[1] / DEPTH_AT_M[0])
    return float(near * (1000.0 / DEPTH_AT_M[0]) ** power), power


@numba.njit(cache=True)
def signal_of(row: F8, range_m: float, quality: float) -> tuple[float, float]:
    """Return ln signal (-inf for none) and the air's depth of a look; NaN quality counts as 1, range_m > 0."""
    if row[KIND] == KIND_CAMERA:
        q = 1.0 if np.isnan(quality) else quality
        fill = min(1.0, row[AREA] / (row[IFOV] * range_m) ** 2)
        signal = q * row[CONTRAST] * fill / row[NETD]
        ln_signal = math.log(signal) if signal > 0.0 else -math.inf
        return ln_signal, row[DEPTH] * (range_m / 1000.0) ** row[DEPTH_POWER]
    if row[KIND] == KIND_RADAR:
        return math.log(row[R50] / range_m), 0.0
    return A_TOUCH, 0.0


@numba.njit(cache=True)
def p_detect(row: F8, range_m: float, quality: float, radial_m_s: float) -> float:
    """Return P_d of one look at a subject in sight; 0 beyond the sensor's range.

    row (13,) of `performance_table`; quality 0..1 or NaN (taken as 1); radial_m_s closing speed, radars only.
    """
    if range_m > row[RANGE_MAX] or range_m < 1.0:
        return 0.0
    ln_signal, depth = signal_of(row, range_m, quality)
    z = row[STEEPNESS] * (ln_signal - row[THRESHOLD] - depth)
    p = row[P_MAX] / (1.0 + math.exp(-z)) if z > -500.0 else 0.0
    if row[KIND] != KIND_CAMERA and not np.isnan(quality):
        p *= quality  # a radar's or fence's own share of what it should do
    if row[KIND] == KIND_RADAR and abs(radial_m_s) < row[MIN_SPEED]:
        return float(min(p, P_SLOW_RADAR))
    return float(p)


@numba.njit(cache=True)
def tabulate(row: F8, table: NDArray[np.float32]) -> None:
    """Fill table (N,) with `p_detect` of nominal looks at what moves, at even steps out to the sensor's range."""
    last = table.shape[0] - 1
    for k in range(last + 1):
        table[k] = p_detect(row, max(k * row[RANGE_MAX] / last, 1.0), np.nan, math.inf)


@numba.njit(cache=True)
def p_tabled(row: F8, table: NDArray[np.float32], range_m: float, quality: float) -> float:
    """Return `p_detect` of a look at what moves, range_m up to the sensor's, read from `tabulate`'s table.

    Within 0.01 of it with 65 entries and more: quality shifts a camera's logit alike at every range.
    """
    last = table.shape[0] - 1
    at = min(max(range_m / row[RANGE_MAX] * last, 0.0), last - 1e-9)
    k = int(at)
    p = table[k] + (at - k) * (table[k + 1] - table[k])
    if np.isnan(quality) or quality == 1.0:
        return float(p)
    if row[KIND] != KIND_CAMERA:
        return float(p * quality)
    share = p / row[P_MAX]
    if share <= 0.0 or quality <= 0.0:
        return 0.0
    odds = share / max(1.0 - share, 1e-9) * quality ** row[STEEPNESS]
    return float(row[P_MAX] * odds / (1.0 + odds))


@numba.njit(cache=True)
def p_in_sight(hidden_m: float, height_m: float) -> float:
    """Return the chance that a subject shows, of which the lowest `hidden_m` are behind terrain; NaN gives 0.

    Logistic in place of the normal law of the elevation's error, within 0.01 of it.  Its spread grows from
    SIGHT_SD_NEAR_M, where nothing but the ground close by could hide, to SIGHT_SD_FAR_M a metre deep.  Unknown sight
    counts as no sight.
    """
    if np.isnan(hidden_m):
        return 0.0
    sd = SIGHT_SD_NEAR_M + (SIGHT_SD_FAR_M - SIGHT_SD_NEAR_M) * min(max(hidden_m, 0.0), 1.0)
    return float(1.0 / (1.0 + math.exp((hidden_m - HALF_SEEN * height_m) / (0.5513 * sd))))


@numba.njit(cache=True)
def seen_of(exposure: float, p_sight: float, enough: float) -> float:
    """Return what is left of an exposure in one place whose ground shows the subject or hides it, from every look.

    enough: the exposure that is about as good as certain for what is asked, 1 for a report, `passage_law` for an
    alert.  -e ln(1 - s (1 - exp(-x / e))): x where it shows for certain, s x where looks are few; -e ln(1 - s) is
    left of however many.
    """
    if p_sight >= SIGHT_SURE:
        return exposure
    return float(-enough * math.log1p(p_sight * math.expm1(-exposure / enough)))


@numba.njit(cache=True)
def sure_of(p_sight: float, least: float) -> float:
    """Return the chance of being in sight for whoever counts on nothing less than `least`: 1 or 0; 0: the chance."""
    if least <= 0.0:
        return p_sight
    return 1.0 if p_sight >= least else 0.0


def place_s(crosser: Crosser) -> float:
    """Return how long a crosser at its own pace is in one place: where sight is one draw, whatever the looks."""
    return SIGHT_HOLDS_M / crosser.speed_m_s
