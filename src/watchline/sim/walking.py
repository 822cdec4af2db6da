"""From a way over the ground to a timed path: pace, slopes, stops, crawling, and getting over the barrier."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from watchline.geo.line import LineFrame
from watchline.geo.terrain import Terrain
from watchline.sensing.signature import CRAWLING, LYING, UPRIGHT
from watchline.sim.movers import WAVING, Path

F8 = NDArray[np.float64]

CRAWL_M_S = 0.3
CRAWL_FROM_M, CRAWL_TO_M = -320.0, -15.0  # where the cautious crawl


@dataclass(frozen=True)
class Gait:
    """How a party moves.  pace_m_s on level ground; stops_per_km and how long each lasts; whether they crawl."""

    pace_m_s: float
    stops_per_km: float = 0.0
    stop_s: float = 120.0
    crawls: bool = False
    tobler: bool = True


@dataclass(frozen=True)
class Crossing:
    """When and where a path crosses the line, which way (+1 inwards), and how long the barrier held it up."""

    t_s: float
    s_m: float
    sign: int
    delay_s: float


def timed(
    points_m: F8,
    start_s: float,
    gait: Gait,
    line: LineFrame,
    terrain: Terrain,
    rng: np.random.Generator,
    delay_s: float = 0.0,
) -> tuple[Path, list[Crossing]]:
    """Return the path through `points_m` (N, 2) from `start_s` on, and its crossings of the line.

    delay_s: how long the barrier holds people up where they first cross.  Walking speed follows Tobler (1993).
    """
    xy, d, s = _with_crossings(points_m, line)
    crawl = np.zeros(len(xy) - 1, bool)
    if gait.crawls:
        middle = (d[:-1] + d[1:]) / 2
        crawl = (middle > CRAWL_FROM_M) & (middle < CRAWL_TO_M)
    leg = np.maximum(np.linalg.norm(np.diff(xy, axis=0), axis=1), 1e-3)
    speed = np.where(crawl, CRAWL_M_S, gait.pace_m_s * (_tobler(xy, leg, terrain) if gait.tobler else 1.0))
    wait = _stops(leg, gait, rng)
    at_line = np.flatnonzero(d == 0.0)
    if len(at_line):
        wait[at_line[0]] = delay_s
    return _nodes(xy, leg / speed, wait, crawl, start_s, d, s, delay_s)


def _with_crossings(points_m: F8, line: LineFrame) -> tuple[F8, F8, F8]:
    """Return positions with a node put exactly where the way crosses the line, and their offsets and chainages."""
    sd = line.sd_from_xy_m(points_m)
    s, d = sd[:, 0], sd[:, 1]
    turn = np.flatnonzero(d[:-1] * d[1:] < 0)
    f = d[turn] / (d[turn] - d[turn + 1])
    at = points_m[turn] + f[:, None] * (points_m[turn + 1] - points_m[turn])
    at_s = s[turn] + f * (s[turn + 1] - s[turn])
    return (
        np.insert(points_m, turn + 1, at, axis=0),
        np.insert(d, turn + 1, 0.0),
        np.insert(s, turn + 1, at_s),
    )


def _tobler(xy: F8, leg: F8, terrain: Terrain) -> F8:
    height = terrain.height_at(xy)
    slope = np.nan_to_num(np.diff(height) / leg)
    return np.asarray(np.clip(np.exp(-3.5 * (np.abs(slope + 0.05) - 0.05)), 0.3, 1.05))


def _stops(leg: F8, gait: Gait, rng: np.random.Generator) -> F8:
    wait = np.zeros(len(leg) + 1)
    stop = rng.random(len(leg)) < gait.stops_per_km * leg / 1000.0
    wait[1:][stop] = rng.exponential(gait.stop_s, int(stop.sum())) + 10.0
    wait[-1] = 0.0
    return wait


def _nodes(
    xy: F8, walk_s: F8, wait: F8, crawl: NDArray[np.bool_], start_s: float, d: F8, s: F8, delay_s: float
) -> tuple[Path, list[Crossing]]:
    times: list[float] = []
    places: list[F8] = []
    postures: list[int] = []
    crossings: list[Crossing] = []
    t = start_s
    for k in range(len(xy)):
        posture = CRAWLING if k < len(crawl) and crawl[k] else UPRIGHT
        times.append(t)
        places.append(xy[k])
        postures.append(posture)
        if wait[k] > 0.0:
            t += wait[k]
            times.append(t)
            places.append(xy[k])
            postures.append(posture)
        if d[k] == 0.0 and 0 < k < len(xy) - 1:
            sign = 1 if d[k + 1] > 0 else -1
            crossings.append(Crossing(t, float(s[k]), sign, delay_s if not crossings else 0.0))
        if k < len(walk_s):
            t += walk_s[k]
    return Path(np.array(times), np.array(places), np.array(postures, np.uint8)), crossings


def beside(path: Path, offset_m: F8, lag_s: float) -> Path:
    """Return the same path some metres aside and some seconds later: another of the party."""
    return Path(path.t_s + lag_s, path.xy_m + offset_m, path.posture)


def distress(start_m: F8, start_s: float, rng: np.random.Generator, hold: list[F8]) -> Path:
    """Return the path of someone lost: wandering ever slower, then waving and lying in turn.

    hold: (2,) places to wander through.
    """
    times, places, postures = [start_s], [start_m], [UPRIGHT]
    speed = 0.9
    for goal in hold:
        away = float(np.linalg.norm(goal - places[-1]))
        times.append(times[-1] + max(away, 1.0) / speed)
        places.append(goal)
        postures.append(UPRIGHT)
        times.append(times[-1] + rng.uniform(60, 240))
        places.append(goal)
        postures.append(UPRIGHT)
        speed = max(0.3, 0.7 * speed)
    for _ in range(24):
        for posture, low, high in ((WAVING, 40, 150), (LYING, 240, 900)):
            postures[-1] = posture
            times.append(times[-1] + rng.uniform(low, high))
            places.append(places[-1])
            postures.append(posture)
    return Path(np.array(times), np.array(places), np.array(postures, np.uint8))
