"""How well each detection fits each track, and what else could have caused it: a new subject, a rock, chance.

Theory: likelihood ratios of the Poisson multi-Bernoulli filter.  What no track explains is new or false, as the
undetected field and the learned rate of false detections there make it.  A rock is a warm stone that one sensor
reports now and then and no other ever.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from watchline.sensing import learned as lessons
from watchline.sensing.detection import RANGE_MAX, p_detect
from watchline.tracking.compiled import compiled
from watchline.tracking.hidden.coming_out import fit_cloud
from watchline.tracking.look.scratch import Scratch
from watchline.tracking.sensors import clutter as false_alarms
from watchline.tracking.track.measurement import (
    ACROSS_M,
    BEARING,
    CLASS,
    FORM,
    PLACE,
    RANGE,
    SD_BEARING,
    SD_RANGE,
    absorb,
    numbers,
)
from watchline.tracking.track.motion import MODES, STAND, move_to
from watchline.tracking.track.rows import Row
from watchline.tracking.undetected.field import Ground, per_m2

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]
Rows = NDArray[np.void]

GATE_D2 = 30.0  # squared normalised distance over up to three numbers
OPEN_CLASS = 0.15  # added to every class of every look, so that no look is taken for certain
P_TOUCH = 0.7  # chance that the fence tells of somebody who goes through it
ROCK_SEEN = 0.3  # a rock's own sensor reports it in about every third look
MOST_WEIGHT = 1e12
LEAST_SEEN = 0.01  # who stands just outside a sector or behind a bush may be seen after all


@compiled
def near_enough(view: Row, det: F8) -> bool:
    """Return whether a detection may belong to a track, roughly and never too strictly."""
    spare, rho = view.spare, view.rho
    if det[FORM] == PLACE:
        reach = spare + 6.0 * det[SD_BEARING]
        return bool(abs(det[BEARING] - view.mean[0]) < reach and abs(det[RANGE] - view.mean[1]) < reach)
    if not math.isnan(det[RANGE]) and abs(det[RANGE] - rho) >= spare + 8.0 * det[SD_RANGE] + 0.05 * rho:
        return False
    off = (det[BEARING] - view.bearing) / (2 * math.pi)
    off = 2 * math.pi * abs(off - math.floor(off + 0.5))
    return bool(off * rho <= spare + 6.0 * det[SD_BEARING] * rho or rho <= spare)


@compiled
def class_gain(klass: F8, det: F8) -> float:
    """Return how much better a detection's class fits a track than it fits anything."""
    total = 0.0
    for c in range(4):
        total += klass[c] * (det[CLASS + c] + OPEN_CLASS)
    return total / (0.25 + OPEN_CLASS)


@compiled
def all_pairs(eye: Row, own: Row, tracks: Rows, clouds: Rows, room: Scratch, count: int, dets: F8, t: float) -> int:
    """Fill room's pairs with every track in view and detection inside the gate, and the update it would make; return
    how many."""
    pairs, n = room.pairs, 0
    for a in range(count):
        view = room.views[a]
        track = tracks[view.row]
        for j in range(dets.shape[0]):
            if not near_enough(view, dets[j]):
                continue
            if track.cloud >= 0:
                fits = fit_out(eye, own, clouds[track.cloud], view, room.tools[0], dets[j], pairs[n])
            else:
                move_to(track, t, room.work[0])
                fits = fit(eye, own, track, room.tools[0], dets[j], pairs[n])
            if fits:
                pairs[n].of, pairs[n].det = a, j
                n += 1
    return n


@compiled
def fit(eye: Row, own: Row, track: Row, tools: Row, det: F8, pair: Row) -> bool:
    """Fill what a detection would make of a track and how likely; return whether it is inside the gate."""
    nu, h, r = tools.nu, tools.h, tools.r
    least = np.inf
    for m in range(MODES):
        k = numbers(track.x[m], eye.place, det, own.bias, own.bias_var, nu, h, r)
        log_l, d2 = absorb(track.x[m], track.p[m], k, nu, h, r, pair.x[m], pair.p[m])
        if det[FORM] == PLACE:
            # Only who is at the fence can shake it; how far across is no measurement.
            log_l += math.log(math.sqrt(2 * math.pi) * ACROSS_M)
        pair.like[m] = math.exp(log_l) if d2 < GATE_D2 else 0.0
        least = min(least, d2)
    return bool(least < GATE_D2)


@compiled
def fit_out(eye: Row, own: Row, cloud: Row, view: Row, tools: Row, det: F8, pair: Row) -> bool:
    """Fill what a detection would make of a track that is a cloud; return whether it is anywhere near it."""
    like = fit_cloud(eye, own, cloud, tools, det, LEAST_SEEN, pair)
    if det[FORM] == PLACE:
        like *= math.sqrt(2 * math.pi) * ACROSS_M
    for m in range(MODES):
        pair.like[m] = like / max(view.pd[m], LEAST_SEEN)
    return like > 0.0


@compiled
def behind(
    eye: Row, own: Row, ground: Ground, amount: F8, unseen: F4, dets: F8, expected: float, found: Rows
) -> None:  # fmt: skip
    """Fill found's back, the density of false detections and of new subjects at each detection, and real, its share
    that is a new subject."""
    row = eye.performance[0]
    per_look = false_alarms.per_look(own.turns, own.false, expected, row[RANGE_MAX]) if dets.shape[0] else 0.0
    for j in range(dets.shape[0]):
        det = dets[j]
        if det[FORM] == PLACE:
            false = false_alarms.FALSE_PER_M_S
            new = (
                per_m2(ground, amount, unseen, det[BEARING], det[RANGE]) * P_TOUCH * math.sqrt(2 * math.pi) * ACROSS_M
            )
        elif math.isnan(det[RANGE]):
            a, q = false_alarms.cell_of(det[BEARING], 0.5 * row[RANGE_MAX], row[RANGE_MAX])
            false = false_alarms.density(own.turns, own.false, a, q, per_look, row[RANGE_MAX])
            found[j].back, found[j].real = max(false, 1e-12) * row[RANGE_MAX], 0.0
            continue
        else:
            a, q = false_alarms.cell_of(det[BEARING], det[RANGE], row[RANGE_MAX])
            false = false_alarms.density(own.turns, own.false, a, q, per_look, row[RANGE_MAX])
            new = new_subjects(eye, own, ground, amount, unseen, det)
            if not math.isnan(det[4]):
                # Both densities are per m/s as well: what anything may have as radial speed, evenly within 10 m/s.
                false *= 0.1
                new *= 0.1
        found[j].back = false + new
        found[j].real = new / max(found[j].back, 1e-300)


@compiled
def new_subjects(eye: Row, own: Row, ground: Ground, amount: F8, unseen: F4, det: F8) -> float:
    """Return the density of subjects not detected so far at a detection, per rad and metre."""
    row, new = eye.performance[0], 0.0
    u, v = math.sin(det[BEARING]), math.cos(det[BEARING])
    for k in range(-1, 2):
        rho = max(det[RANGE] + 1.2 * k * det[SD_RANGE], 1.0)
        shift = own.shift[0, lessons.cell_of(rho, row[RANGE_MAX])]
        p = lessons.p_corrected(p_detect(row, min(rho, row[RANGE_MAX]), np.nan, 1.0), shift)
        here = per_m2(ground, amount, unseen, eye.place[0] + rho * u, eye.place[1] + rho * v)
        new += here * rho * max(p, 0.02) / 3.0
    return new


@compiled
def p_rock_seen(view: Row, shown: float) -> float:
    """Return the chance that a rock is reported: only by the sensor that began it."""
    return ROCK_SEEN * shown if view.alone else 0.0


@compiled
def p_unseen(track: Row, view: Row, fence: bool) -> float:
    """Return the chance that this look says nothing of a track that is there."""
    if fence:
        return 1.0
    real = (1.0 - track.rock) * track.seer_p[view.seer] * view.mean_pd
    return float(1.0 - real - track.rock * p_rock_seen(view, view.shown))


@compiled
def weigh(track: Row, view: Row, pair: Row, det: F8, back: float) -> None:
    """Fill a pair's likelihoods as a subject and as a rock, and its weight against everything else; in place."""
    real = 0.0
    for m in range(MODES):
        real += track.mu[m] * max(view.pd[m], LEAST_SEEN) * pair.like[m]
    gain = class_gain(track.klass, det)
    pair.real = (1.0 - track.rock) * track.seer_p[view.seer] * real * gain
    pair.rock = track.rock * p_rock_seen(view, 1.0) * pair.like[STAND] * gain
    left = max(1.0 - track.exist + track.exist * view.away, 1e-6)
    pair.weight = min(track.exist * (pair.real + pair.rock) / (back * left), MOST_WEIGHT)
