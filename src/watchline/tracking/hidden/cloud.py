"""A subject out of sight: a cloud of places where it may be, each walking on as people walk, slowed by the ground.

Theory: a particle filter.  A place that a look would have shown and did not counts for less (negative information),
so the cloud keeps to ground that nobody sees and thins where it comes out of it: the exits of masked ground come by
themselves.  How people go is `geo.wandering`'s, a fixed sequence, so that the same scans give the same cloud.

Rules: a cloud belongs to one row of tracks and has its key; what a cloud holds is relative to its origin.
Limits: `PLACES` of them; a cloud knows one class of subject, its pace is that of the track when it went out of sight.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from watchline.geo.mobility import pace_at
from watchline.geo.wandering import ASTRAY, REST_S, RESTS_S, TURN_S, TURN_SD_RAD, even
from watchline.tracking.compiled import compiled
from watchline.tracking.sensors.world import World
from watchline.tracking.track.motion import MODES, STAND, blend
from watchline.tracking.track.rows import Row

I8 = NDArray[np.int64]
Rows = NDArray[np.void]

PLACES = 96
FREE = -1  # key of a row without a cloud
CLOUD_S = 20.0  # unseen for this long, a track becomes a cloud
KERNEL_M = 8.0  # 1-sigma size of each of its places
SLOWEST_M_S, FASTEST_M_S = 0.3, 2.2  # on foot; who drove goes at most half as fast again

# key of its track; t; origin east, north; drawn: numbers drawn so far; x, y from the origin; way and aim: headings
# from east towards north; pace: speed on firm level ground; rests; w: weight, sum 1; p: P_d in the look at hand.
CLOUD = np.dtype(
    [
        ("key", np.int64), ("t", np.float64), ("origin", np.float64, (2,)), ("drawn", np.int64),
        ("x", np.float32, (PLACES,)), ("y", np.float32, (PLACES,)), ("way", np.float32, (PLACES,)),
        ("aim", np.float32, (PLACES,)), ("pace", np.float32, (PLACES,)), ("rests", np.uint8, (PLACES,)),
        ("w", np.float32, (PLACES,)), ("p", np.float32, (PLACES,)),
    ],
    align=True,
)  # fmt: skip


def no_clouds(rows: int) -> Rows:
    """Return rows without clouds."""
    out = np.zeros(rows, CLOUD)
    out["key"] = FREE
    return out


@compiled
def draw(cloud: Row) -> float:
    """Return the next number of a cloud's fixed sequence, evenly in (0, 1)."""
    cloud.drawn += 1
    return even(cloud.drawn, cloud.key)


@compiled
def draw_normal(cloud: Row) -> float:
    """Return the next standard normal number of a cloud's sequence (Box & Muller 1958)."""
    return math.sqrt(-2.0 * math.log(draw(cloud))) * math.cos(2.0 * math.pi * draw(cloud))


@compiled
def become(cloud: Row, track: Row) -> None:
    """Make a cloud of a track as its models have it now, in place."""
    cloud.key, cloud.t, cloud.drawn = track.key, track.t, 0
    cloud.origin[0], cloud.origin[1] = track.mean[0], track.mean[1]
    fastest = max(FASTEST_M_S, 1.5 * math.sqrt(track.mean[2] ** 2 + track.mean[3] ** 2))
    for k in range(PLACES):
        # Models in proportion, their order kept: a stratified draw.
        u, m = (k + draw(cloud)) / PLACES, 0
        while m < MODES - 1 and u > track.mu[m]:
            u -= track.mu[m]
            m += 1
        x, p = track.x, track.p
        a, b = draw_normal(cloud), draw_normal(cloud)
        s0 = math.sqrt(max(p[m, 0, 0], 1e-6))
        s1 = math.sqrt(max(p[m, 1, 1] - (p[m, 1, 0] / s0) ** 2, 1e-6))
        cloud.x[k] = x[m, 0] - track.mean[0] + s0 * a
        cloud.y[k] = x[m, 1] - track.mean[1] + p[m, 1, 0] / s0 * a + s1 * b
        # Velocity given the place, as far as places and velocities go together.
        vx = x[m, 2] + p[m, 2, 0] / s0 * a
        vy = x[m, 3] + p[m, 3, 1] / math.sqrt(max(p[m, 1, 1], 1e-6)) * (p[m, 1, 0] / s0 * a + s1 * b) / math.sqrt(
            max(p[m, 1, 1], 1e-6)
        )
        if m == STAND or vx * vx + vy * vy < SLOWEST_M_S**2:
            cloud.way[k], cloud.pace[k], cloud.rests[k] = 2.0 * math.pi * draw(cloud), 1.2, 1
        else:
            cloud.way[k] = math.atan2(vy, vx)
            cloud.pace[k], cloud.rests[k] = min(math.sqrt(vx * vx + vy * vy), fastest), 0
        cloud.aim[k], cloud.w[k] = cloud.way[k], 1.0 / PLACES


@compiled
def walk(world: World, cloud: Row, t: float) -> None:
    """Bring a cloud to a later time, in place: it keeps its ways, turns, rests, goes as fast as the ground lets."""
    dt = t - cloud.t
    if dt <= 0.0:
        return
    cloud.t = t
    grid = world.grid
    turns, rests, ends = math.exp(-dt / TURN_S), math.exp(-dt / REST_S), math.exp(-dt / RESTS_S)
    for k in range(PLACES):
        if cloud.rests[k] == 1:
            if draw(cloud) < ends:
                continue
            cloud.rests[k] = 0
        elif draw(cloud) > rests:
            cloud.rests[k] = 1
            continue
        if draw(cloud) > turns:
            if draw(cloud) < ASTRAY:
                cloud.aim[k] = 2.0 * math.pi * draw(cloud)
            cloud.way[k] = cloud.aim[k] + TURN_SD_RAD * draw_normal(cloud)
        east, north = math.cos(cloud.way[k]), math.sin(cloud.way[k])
        x, y = cloud.origin[0] + cloud.x[k], cloud.origin[1] + cloud.y[k]
        pace = pace_at(world.height, world.going, grid[0], grid[1], grid[2], x, y, east, north)
        if pace <= 0.0:
            cloud.aim[k] = 2.0 * math.pi * draw(cloud)
            cloud.way[k] = cloud.aim[k]
            continue
        cloud.x[k] += dt * pace * cloud.pace[k] * east
        cloud.y[k] += dt * pace * cloud.pace[k] * north


@compiled
def missed(cloud: Row, v: float, take: I8) -> None:
    """Let a look without a sign speak, in place: v chance that its sensor can see the track where it is in sight.

    take (PLACES,): room to work in.
    """
    total, square = 0.0, 0.0
    for k in range(PLACES):
        cloud.w[k] *= 1.0 - v * cloud.p[k]
        total += cloud.w[k]
    if total <= 1e-12:
        cloud.w[:] = 1.0 / PLACES
        return
    for k in range(PLACES):
        cloud.w[k] /= total
        square += cloud.w[k] ** 2
    if square * PLACES > 4.0:
        renew(cloud, take)


@compiled
def renew(cloud: Row, take: I8) -> None:
    """Let likely places stand for several and unlikely ones go (systematic resampling), in place."""
    start, sum_w, n = draw(cloud), 0.0, 0
    for k in range(PLACES):
        sum_w += cloud.w[k] * PLACES
        while n < PLACES and start + n < sum_w:
            take[n] = k
            n += 1
    while n < PLACES:
        take[n] = take[n - 1]
        n += 1
    put(cloud.x, take)
    put(cloud.y, take)
    put(cloud.way, take)
    put(cloud.aim, take)
    put(cloud.pace, take)
    put(cloud.rests, take)
    for n in range(PLACES):
        cloud.w[n] = 1.0 / PLACES
        if n > 0 and take[n - 1] == take[n]:
            # Who stands for the same one is a little elsewhere and goes a little otherwise.
            cloud.x[n] += 0.5 * KERNEL_M * draw_normal(cloud)
            cloud.y[n] += 0.5 * KERNEL_M * draw_normal(cloud)
            cloud.way[n] += 0.1 * draw_normal(cloud)


@compiled
def put(values: Any, take: I8) -> None:
    """Put values[take[n]] at n, in place; as take never falls, what comes from ahead first, the rest backwards."""
    for n in range(PLACES):
        if take[n] > n:
            values[n] = values[take[n]]
    for n in range(PLACES - 1, -1, -1):
        if take[n] < n:
            values[n] = values[take[n]]


@compiled
def moments(cloud: Row, track: Row) -> None:
    """Give a track the mean and spread of its cloud, in every model, in place."""
    mean, cov = track.mean, track.cov
    mean[:] = 0.0
    cov[:] = 0.0
    for k in range(PLACES):
        w, goes = np.float64(cloud.w[k]), 0.0 if cloud.rests[k] == 1 else np.float64(cloud.pace[k])
        x, y = np.float64(cloud.x[k]), np.float64(cloud.y[k])
        east, north = goes * math.cos(cloud.way[k]), goes * math.sin(cloud.way[k])
        mean[0] += w * x
        mean[1] += w * y
        mean[2] += w * east
        mean[3] += w * north
        cov[0, 0] += w * x * x
        cov[1, 0] += w * y * x
        cov[1, 1] += w * y * y
        cov[2, 0] += w * east * x
        cov[2, 1] += w * east * y
        cov[2, 2] += w * east * east
        cov[3, 0] += w * north * x
        cov[3, 1] += w * north * y
        cov[3, 2] += w * north * east
        cov[3, 3] += w * north * north
    # Places are told from the cloud's origin, so nothing is lost in taking the mean's own square off.
    for c in range(4):
        for e in range(c + 1):
            cov[c, e] -= mean[c] * mean[e]
    cov[0, 0] += KERNEL_M**2
    cov[1, 1] += KERNEL_M**2
    cov[2, 2] += 0.04
    cov[3, 3] += 0.04
    mean[0] += cloud.origin[0]
    mean[1] += cloud.origin[1]
    for c in range(4):
        for e in range(c):
            cov[e, c] = cov[c, e]
    for m in range(MODES):
        still = m == STAND
        for c in range(4):
            track.x[m, c] = 0.0 if still and c > 1 else mean[c]
            for e in range(4):
                track.p[m, c, e] = (4e-4 if c == e else 0.0) if still and max(c, e) > 1 else cov[c, e]
    blend(track)
