"""Who can be seen in a look, and how likely: sector, range, sight, speed, and whether this sensor can see it at all.

Theory: P_d is `sensing`'s, corrected by what has been learned, averaged over classes and over where the track may be.
Whether a sensor can see a track at all (a bush, an awning) is a hidden state of two values per track and sensor.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from watchline.domain.batches import KIND_FENCE, KIND_RADAR
from watchline.sensing import learned as lessons
from watchline.sensing.detection import MIN_SPEED, P_SLOW_RADAR, RANGE_MAX, p_tabled
from watchline.tracking.compiled import compiled
from watchline.tracking.hidden.cloud import PLACES, moments, walk
from watchline.tracking.hidden.coming_out import closing, in_sight
from watchline.tracking.look.pairing import P_TOUCH
from watchline.tracking.sensors.world import AZ0, AZ1, CLASSES, QUALITY, REACH, T, World, p_sight
from watchline.tracking.track.measurement import turned
from watchline.tracking.track.motion import ACCELERATION_PSD, MODES
from watchline.tracking.track.rows import SEERS, Row

F8 = NDArray[np.float64]

SEEN_AT_FIRST = 0.97  # prior that a sensor with a track in range and sight can see it
SEEN_AGAIN_S = 300.0  # how soon what hides a subject from one sensor changes
LEAST_SHARE = 0.01  # a class less likely than this has no part in P_d
HOME_SPARE_M = 50.0
CLOUD_STEP_S = 2.0  # within which nobody goes farther than a place of a cloud is wide
LEAST_REACH_M = 250.0  # of a fence: who is near enough to be asked after


@compiled
def normal_cdf(x: float) -> float:
    """Return the normal law, 0 and 1 beyond six sigma."""
    if abs(x) > 6.0:
        return 1.0 if x > 0.0 else 0.0
    return 0.5 * math.erfc(-x / 1.4142135623730951)


@compiled
def go_home(track: Row, now: float, within_s: float) -> None:
    """Say around where a track can concern a sensor from now on, for so many seconds; in place."""
    dt = max(now - track.t, 0.0)
    mean, cov = track.mean, track.cov
    after = dt + within_s
    grown = max(cov[0, 0], cov[1, 1]) + after * after * max(cov[2, 2], cov[3, 3]) + 1.0
    speed = math.sqrt(mean[2] ** 2 + mean[3] ** 2)
    track.home[0], track.home[1] = mean[0] + dt * mean[2], mean[1] + dt * mean[3]
    track.home[2] = 4.0 * math.sqrt(grown) + 2.0 * after + within_s * speed + HOME_SPARE_M


@compiled
def within(dx: float, dy: float, around: float, reach_m: float) -> bool:
    """Return whether a disc at (dx, dy) from a sensor comes into its reach."""
    reach = max(reach_m, LEAST_REACH_M) + around
    return bool(dx * dx + dy * dy < reach * reach)


@compiled
def may_concern(eye: Row, track: Row, scan: F8, sides: F8) -> bool:
    """Return whether a track may lie in this look, with 4 sigma to spare; sides as `sides_of` fills them."""
    dt = scan[T] - track.t
    mean, cov = track.mean, track.cov
    dx, dy = mean[0] + dt * mean[2] - eye.place[0], mean[1] + dt * mean[3] - eye.place[1]
    if eye.kind >= KIND_FENCE:
        reach = 0.5 * scan[REACH] + 100.0
        return bool(abs(dx) < reach and abs(dy) < reach)
    grown = max(cov[0, 0], cov[1, 1]) + dt * dt * max(cov[2, 2], cov[3, 3]) + 1.0
    spare = 4.0 * math.sqrt(grown) + 2.0 * abs(dt)
    reach = scan[REACH] + spare
    return bool(dx * dx + dy * dy <= reach * reach and not beside(dx, dy, spare, sides))


@compiled
def beside(dx: float, dy: float, around: float, sides: F8) -> bool:
    """Return whether a disc at (dx, dy) from a sensor lies outside of a look; sides as `sides_of` fills them."""
    if sides[4] < 0.5:
        return False
    return bool(sides[0] * dx + sides[1] * dy > around or sides[2] * dx + sides[3] * dy > around)


@compiled
def sides_of(scan: F8, sides: F8) -> None:
    """Fill the outward normals of a look's two sides, east and north of each, and 1 if it is no wider than half a
    turn."""
    sides[0], sides[1] = -math.cos(scan[AZ0]), math.sin(scan[AZ0])
    sides[2], sides[3] = math.cos(scan[AZ1]), -math.sin(scan[AZ1])
    sides[4] = 1.0 if scan[AZ1] - scan[AZ0] <= math.pi else 0.0


@compiled
def locate(eye: Row, track: Row, view: Row, t: float) -> None:
    """Say where a track is by time t, and as a sensor sees it, in place; the track itself stays where it was."""
    dt, x, cov = max(t - track.t, 0.0), track.mean, track.cov
    spread = 0.0
    for m in range(MODES):
        spread += track.mu[m] * ACCELERATION_PSD[m]
    spread *= dt * dt * dt / 3.0
    view.mean[0], view.mean[1] = x[0] + dt * x[2], x[1] + dt * x[3]
    view.cov[0] = cov[0, 0] + dt * (2.0 * cov[0, 2] + dt * cov[2, 2]) + spread
    view.cov[1] = cov[0, 1] + dt * (cov[0, 3] + cov[1, 2] + dt * cov[2, 3])
    view.cov[2] = cov[1, 1] + dt * (2.0 * cov[1, 3] + dt * cov[3, 3]) + spread
    dx, dy = view.mean[0] - eye.place[0], view.mean[1] - eye.place[1]
    view.rho = max(math.sqrt(dx * dx + dy * dy), 1.0)
    view.bearing = math.atan2(dx, dy)
    view.spare = 6.0 * math.sqrt(max(view.cov[0], view.cov[2])) + 15.0


@compiled
def in_sector(eye: Row, view: Row, scan: F8) -> float:
    """Return the chance that a track lies between the sides and inside the reach of a look."""
    rho, cov = view.rho, view.cov
    ux, uy = (view.mean[0] - eye.place[0]) / rho, (view.mean[1] - eye.place[1]) / rho
    along = max(ux * ux * cov[0] + 2 * ux * uy * cov[1] + uy * uy * cov[2], 0.01)
    p = normal_cdf((scan[REACH] - rho) / math.sqrt(along))
    if scan[AZ1] - scan[AZ0] >= 2 * math.pi - 1e-6:
        return p
    across = max(uy * uy * cov[0] - 2 * ux * uy * cov[1] + ux * ux * cov[2], 0.01)
    sd = math.sqrt(across) / rho
    half = 0.5 * (scan[AZ1] - scan[AZ0])
    off = turned(view.bearing - 0.5 * (scan[AZ0] + scan[AZ1]))
    return p * (normal_cdf((half - off) / sd) - normal_cdf((-half - off) / sd))


@compiled
def walk_to(world: World, track: Row, cloud: Row, t: float) -> None:
    """Bring a track that is a cloud to the time of a look, by CLOUD_STEP_S at least."""
    if t - track.t < CLOUD_STEP_S:
        return
    walk(world, cloud, t)
    moments(cloud, track)
    track.t = t


@compiled
def chances(world: World, eye: Row, own: Row, track: Row, view: Row, scan: F8) -> None:
    """Fill a view: pd of each way of moving, in sector and sight, base of each class, shown, mean_pd; in place."""
    if eye.kind >= KIND_FENCE:
        view.pd[:] = P_TOUCH
        view.shown, view.mean_pd = 1.0, P_TOUCH
        return
    mean, cov, shown = view.mean, view.cov, in_sector(eye, view, scan)
    if shown >= 1e-3:
        shown *= p_sight(world, eye, mean[0], mean[1], cov[0], cov[1], cov[2])
    seen_if_shown(eye, own, track, view, scan, shown)


@compiled
def chances_out(world: World, eye: Row, own: Row, track: Row, cloud: Row, view: Row, scan: F8) -> None:
    """Fill a view of a track that is a cloud, as `chances` does, and P_d of each of its places; in place."""
    if eye.kind >= KIND_FENCE:
        view.pd[:] = P_TOUCH
        cloud.p[:] = P_TOUCH
        view.shown, view.mean_pd = 1.0, P_TOUCH
        return
    view.shown, view.mean_pd = in_sight(world, eye, cloud, scan), 0.0
    if view.shown == 0.0:
        view.pd[:] = 0.0
        return
    p, slow = p_if_shown(eye, own, track, view, scan), eye.performance[0, MIN_SPEED]
    for k in range(PLACES):
        if cloud.p[k] == 0.0:
            continue
        stays = eye.kind == KIND_RADAR and slow > 0.0 and abs(closing(eye, cloud, k)) < slow
        cloud.p[k] *= min(p, P_SLOW_RADAR) if stays else p
        view.mean_pd += cloud.w[k] * cloud.p[k]
    view.pd[:] = view.mean_pd


@compiled
def seen_if_shown(eye: Row, own: Row, track: Row, view: Row, scan: F8, shown: float) -> None:
    """Fill pd of each way of moving, base of each class, shown and mean_pd of a view, in place."""
    view.shown, view.mean_pd = shown, 0.0
    if shown < 1e-3:
        view.pd[:] = 0.0
        view.shown = 0.0
        return
    p, slow = p_if_shown(eye, own, track, view, scan), eye.performance[0, MIN_SPEED]
    for m in range(MODES):
        moves = p_moves(eye, track, m, view, slow) if eye.kind == KIND_RADAR and slow > 0.0 else 1.0
        view.pd[m] = shown * (moves * p + (1.0 - moves) * min(p, P_SLOW_RADAR))
        view.mean_pd += track.mu[m] * view.pd[m]


@compiled
def p_if_shown(eye: Row, own: Row, track: Row, view: Row, scan: F8) -> float:
    """Return P_d of a track in sector and sight that moves, and fill a view's base of each class."""
    p, rho, base = 0.0, view.rho, view.base
    for c in range(CLASSES):
        share = track.klass[c] + (track.klass[CLASSES] if c == 0 else 0.0)
        base[c] = 0.0
        if share > LEAST_SHARE:
            row = eye.performance[c]
            base[c] = p_tabled(row, eye.p_range[c], rho, scan[QUALITY])
            p += share * lessons.p_corrected(base[c], own.shift[c, lessons.cell_of(rho, row[RANGE_MAX])])
    return p


@compiled
def p_moves(eye: Row, track: Row, m: int, view: Row, slow: float) -> float:
    """Return the chance that a track's radial speed is above the least a radar sees, if it moves as model m says."""
    ux, uy = (view.mean[0] - eye.place[0]) / view.rho, (view.mean[1] - eye.place[1]) / view.rho
    rate = ux * track.x[m, 2] + uy * track.x[m, 3]
    p = track.p
    var = ux * ux * p[m, 2, 2] + 2 * ux * uy * p[m, 2, 3] + uy * uy * p[m, 3, 3]
    sd = math.sqrt(max(var, 1e-4))
    return 1.0 - normal_cdf((slow - rate) / sd) + normal_cdf((-slow - rate) / sd)


@compiled
def seer_of(track: Row, unit: int, t: float) -> int:
    """Return the row of a unit among those that a track remembers, brought to time t; the stalest gives way."""
    stalest = 0
    for k in range(SEERS):
        if track.seer[k] == unit:
            stay = math.exp(-max(t - track.seer_t[k], 0.0) / SEEN_AGAIN_S)
            track.seer_p[k] = SEEN_AT_FIRST + (track.seer_p[k] - SEEN_AT_FIRST) * stay
            track.seer_t[k] = max(t, track.seer_t[k])
            return k
        if track.seer[k] < 0:
            if track.seer[stalest] >= 0:
                stalest = k
        elif track.seer[stalest] >= 0 and track.seer_t[k] < track.seer_t[stalest]:
            stalest = k
    track.seer[stalest], track.seer_p[stalest], track.seer_t[stalest] = unit, SEEN_AT_FIRST, t
    track.seer_hits[stalest], track.seer_looks[stalest] = 0.0, 0.0
    track.seer_told[stalest] = 0.0
    track.seer_told_s[stalest], track.seer_eye[stalest] = t, -1
    return stalest
