"""What a look makes of a track: is it there, a rock, seen by this sensor, where, what, and the same as before?

Theory: marginal association probabilities weigh what each detection, and none, would make of the track; models are
moment-matched each on its own.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from watchline.domain.batches import KIND_FENCE
from watchline.sensing import learned as lessons
from watchline.sensing.detection import MIN_SPEED, RANGE_MAX
from watchline.tracking.compiled import compiled
from watchline.tracking.hidden.cloud import FREE, missed
from watchline.tracking.look.identity import identify
from watchline.tracking.look.pairing import LEAST_SEEN, OPEN_CLASS, p_rock_seen
from watchline.tracking.look.scratch import Scratch
from watchline.tracking.look.seeing import LEAST_SHARE
from watchline.tracking.sensors.registration import align, rests_on
from watchline.tracking.sensors.world import CLASSES, ID, T, World
from watchline.tracking.track.measurement import CLASS
from watchline.tracking.track.motion import MODES, blend
from watchline.tracking.track.rows import TRACE, Row

F8 = NDArray[np.float64]
Rows = NDArray[np.void]

STEADY_VAR_M2 = 80.0**2
MOST_EXIST = 0.99999
MOST_ROCK = 0.999  # a stone that walks is none, however long it lay


@compiled
def settle(
    world: World, units: Rows, clouds: Rows, track: Row, view: Row, room: Scratch, pairs: Rows, low: int, high: int,
    sensor: int, scan: F8, dets: F8,
) -> None:  # fmt: skip
    """Give a track what this look says of it, in place: is it there, a rock, seen by this sensor, where and what.

    pairs low..high - 1 are the track's.
    """
    eye = world.eyes[sensor]
    fence = eye.kind >= KIND_FENCE
    v, rock, exist, seer = track.seer_p[view.seer], track.rock, track.exist, view.seer
    seen, real_seen, best = 0.0, 0.0, low
    for k in range(low, high):
        pair = pairs[k]
        seen += pair.beta
        real_seen += pair.beta * pair.real / max(pair.real + pair.rock, 1e-300)
        if pair.beta > pairs[best].beta:
            best = k
    mean = 0.0 if fence else view.mean_pd
    away = view.away
    left = view.none * exist * away / max(1.0 - exist + exist * away, 1e-12)
    rock_left = left * rock * (1.0 - p_rock_seen(view, view.shown)) / max(away, 1e-12)
    real_left = max(left - rock_left, 0.0)
    total = seen + left
    track.exist = min(total, MOST_EXIST)
    track.rock = min(max((seen - real_seen + rock_left) / max(total, 1e-12), 0.0), MOST_ROCK)
    if not fence:
        teach(eye, units[eye.unit], track, view, v, real_seen)
        if track.cloud < 0:  # while it is a cloud, the ground is what hides it
            blind = (1.0 - v) / max(1.0 - v * mean, 1e-12)
            real = max(real_seen + real_left, 1e-12)
            track.seer_p[seer] = (real_seen + real_left * (1.0 - blind)) / real
        track.seer_looks[seer] += mean
    if high > low:
        track.mixed += (1.0 - track.mixed) * min(view.shared, 1.0)
        track.seer_hits[seer] += seen
        best_det = dets[pairs[best].det]
        if not fence and seen > 0.9:
            align(units, track, eye, room.tools[0], best_det, scan[T])
        if seen > 0.5:
            identify(world, clouds, track, eye, scan, best_det, pairs[best], room.found[pairs[best].det])
            note(world, track, sensor, scan, pairs[best].beta)
            if not fence:
                rests_on(track, seer, units[eye.unit], sensor, best_det, scan[T])
    if fence and high == low:
        return
    if track.cloud >= 0:
        if seen <= 0.5:
            if view.mean_pd > 0.0:
                missed(clouds[track.cloud], v, room.tools[0].take)
            return
        clouds[track.cloud].key = FREE
        track.cloud, track.t = FREE, scan[T]
    fuse(track, view, room.tools[0], pairs, low, high, 0.0 if fence else v, real_left)
    learn_class(track, dets, pairs, low, high, seen)


@compiled
def fuse(track: Row, view: Row, tools: Row, pairs: Rows, low: int, high: int, v: float, unseen: float) -> None:
    """Replace a track's state by the mixture of what each detection and none of them make of it, moment-matched.

    v: chance that this sensor can see the track; unseen: chance that it is there and gave no sign.
    """
    mu, pd = track.mu, view.pd
    alike = True
    for m in range(1, MODES):
        alike = alike and pd[m] == pd[0]
    if high == low and alike:
        return  # no sign from anybody says nothing of how it moves
    norm, total = 0.0, 0.0
    for m in range(MODES):
        tools.own[m] = mu[m] * (1.0 - v * pd[m])
        norm += tools.own[m]
    for m in range(MODES):
        tools.own[m] *= unseen / max(norm, 1e-300)
        total += tools.own[m]
    for k in range(low, high):
        divide(mu, pd, pairs[k])
        total += pairs[k].beta
    if total <= 0.0:
        return
    norm = 0.0
    for m in range(MODES):
        own = tools.own[m]
        for k in range(low, high):
            own += pairs[k].like[m]
        mu[m] = max(own / total, 1e-6)
        norm += mu[m]
        if high > low and own > 1e-12 * total:
            match(track, m, tools, pairs, low, high, own)
    for m in range(MODES):
        mu[m] /= norm
    blend(track)


@compiled
def divide(mu: F8, pd: F8, pair: Row) -> None:
    """Turn a pair's likelihoods into its probability divided among the ways of moving, in place."""
    norm = 0.0
    for m in range(MODES):
        pair.like[m] = mu[m] * max(pd[m], LEAST_SEEN) * pair.like[m]
        norm += pair.like[m]
    for m in range(MODES):
        pair.like[m] *= pair.beta / max(norm, 1e-300)


@compiled
def match(track: Row, m: int, tools: Row, pairs: Rows, low: int, high: int, total: float) -> None:
    """Replace model m's state by the moments of what each pair makes of it, like[m], and of itself, own[m]."""
    x, p, mean, cov = track.x, track.p, tools.mean, tools.cov
    own = tools.own[m] / total
    for c in range(4):
        mean[c] = own * x[m, c]
        for k in range(low, high):
            mean[c] += pairs[k].like[m] / total * pairs[k].x[m, c]
    for c in range(4):
        for e in range(c + 1):
            cov[c, e] = own * (p[m, c, e] + (x[m, c] - mean[c]) * (x[m, e] - mean[e]))
    for k in range(low, high):
        share, new_x, new_p = pairs[k].like[m] / total, pairs[k].x, pairs[k].p
        if share > 0.0:
            for c in range(4):
                for e in range(c + 1):
                    cov[c, e] += share * (new_p[m, c, e] + (new_x[m, c] - mean[c]) * (new_x[m, e] - mean[e]))
    for c in range(4):
        x[m, c] = mean[c]
        for e in range(c + 1):
            p[m, c, e] = cov[c, e]
            p[m, e, c] = cov[c, e]


@compiled
def note(world: World, track: Row, sensor: int, scan: F8, share: float) -> None:
    """Remember that this look saw the track."""
    track.hits += 1
    track.last = max(track.last, scan[T])
    if world.eyes[track.sensor].unit != world.eyes[sensor].unit:
        track.other = track.sensor
    track.sensor = sensor
    row = track.traced % TRACE
    track.trace[row, 0], track.trace[row, 1] = scan[T], scan[ID]
    track.trace[row, 2], track.trace[row, 3] = sensor, share
    track.traced += 1


@compiled
def learn_class(track: Row, dets: F8, pairs: Rows, low: int, high: int, seen: float) -> None:
    """Let the classes of the detections speak, in proportion."""
    if seen < 1e-4:
        return
    klass = track.klass
    k0, k1, k2, k3 = klass[0], klass[1], klass[2], klass[3]
    for c in range(4):
        klass[c] *= 1.0 - seen
    for k in range(low, high):
        det = dets[pairs[k].det]
        n0, n1 = k0 * (OPEN_CLASS + det[CLASS]), k1 * (OPEN_CLASS + det[CLASS + 1])
        n2, n3 = k2 * (OPEN_CLASS + det[CLASS + 2]), k3 * (OPEN_CLASS + det[CLASS + 3])
        share = pairs[k].beta / (n0 + n1 + n2 + n3)
        klass[0] += share * n0
        klass[1] += share * n1
        klass[2] += share * n2
        klass[3] += share * n3
    total = 0.0
    for c in range(4):
        # No class is ever ruled out: what is zero once would stay zero for good.
        klass[c] = max(klass[c], 1e-3)
        total += klass[c]
    for c in range(4):
        klass[c] /= total


@compiled
def teach(eye: Row, own: Row, track: Row, view: Row, v: float, seen: float) -> None:
    """Count this look as evidence of P_d, if the track is surely there, in sight and moving."""
    sure = track.exist * (1.0 - track.rock)
    if sure < 0.95 or view.shown < 0.9 or track.cov[0, 0] + track.cov[1, 1] > STEADY_VAR_M2:
        return
    dx, dy = track.mean[0] - eye.place[0], track.mean[1] - eye.place[1]
    slow = eye.performance[0, MIN_SPEED]
    if abs(dx * track.mean[2] + dy * track.mean[3]) / view.rho < 2.0 * slow:
        return
    q = lessons.cell_of(view.rho, eye.performance[0, RANGE_MAX])
    looked = max(v, seen)
    for c in range(CLASSES):
        share = track.klass[c] + (track.klass[CLASSES] if c == 0 else 0.0)
        if share > LEAST_SHARE:
            lessons.count_look(own.looks, c, q, share * looked, view.base[c] * view.shown, share * seen)
