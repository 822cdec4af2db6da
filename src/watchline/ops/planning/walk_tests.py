"""The tests' spine: site, ledger ► belief ► weakest and straight ways ► looks on each ► doubt ► the next walks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from watchline.coverage.eyes import looked_at, seat_of
from watchline.domain.errors import BadInput
from watchline.domain.records import DetectionTrial
from watchline.domain.site import Sensor
from watchline.geo.line_grid import line_coordinates_m
from watchline.geo.terrain import Terrain
from watchline.ledger.reader import LedgerReader
from watchline.ledger.store import LEDGER_DB
from watchline.ops.believed import believed
from watchline.ops.plan import FRAILTY_K
from watchline.ops.planning.watched import Watched, watched
from watchline.ops.site_file import LoadedSite
from watchline.planning.line_ways import LineGround, dwell, weakest_walks
from watchline.planning.walk_tests import Chosen, Doubt, best_tests, information, joint_cov, slope_of
from watchline.sensing.belief import Belief, prior
from watchline.sensing.detection import WALKER, p_in_sight, signal_of
from watchline.sensing.glimpse import p_miss
from watchline.sensing.posterior import RHO_PRIOR, Evidence
from watchline.sensing.situation import Situation

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]

STEP_H = 1e-4  # share of an exposure by which its chance's slope is found
STRAIGHT_STEP_M = 30.0


@dataclass(frozen=True)
class TestWay:
    """A way that could be walked: the kilometre it crosses in, how it was found, xy_m (N, 2), minutes on foot."""

    km: int
    kind: str
    xy_m: F8
    minutes: float


@dataclass(frozen=True)
class TestPlan:
    """ways: all that were weighed; chosen, in order; chance (K,) of detection on each kilometre's weakest way, NaN
    where nobody can cross, sd (K,) its standard deviation before; trials: records of the ledger it rests on."""

    ways: list[TestWay]
    chosen: list[Chosen]
    chance: F8
    sd: F8
    trials: int


def plan_tests(site: LoadedSite, terrain: Terrain, *, count: int, ledger: Path | None) -> TestPlan:
    """Return the walks to test next, in order of what each adds to those before."""
    sensors = site.site.sensors
    belief, trials = believed_of(sensors, ledger)
    now = Situation(belief=belief)
    here = watched(site, terrain, line_coordinates_m(site.line, terrain), WALKER, (now,))
    line = here.lines[0]
    table = now.table(sensors, WALKER)
    slopes, ways, looks = [], [], []
    chance = np.full(line.stretches, np.nan)
    for walk in weakest_walks(line, line.crossing_with(())):
        km, exposure = walk.way.stretch, walk.way.exposure
        mine = looks_along(here, terrain, table, walk.route.path_rc)
        chance[km] = 1.0 - float(p_miss(exposure, FRAILTY_K))
        step = STEP_H * max(exposure, STEP_H)
        rise = float(p_miss(exposure, FRAILTY_K) - p_miss(exposure + step, FRAILTY_K)) / step
        slopes.append((km, slope_of(mine, belief, rise)))
        xy = walk.route.xy_m(terrain.x0_m, terrain.y0_m, terrain.cell_m)
        ways.append(TestWay(km, "weakest", xy, walk.route.time_s / 60.0))
        looks.append(mine)
    for km in range(line.stretches):
        straight = _straight(site, terrain, line, km)
        if straight is not None:
            path_rc, way = straight
            ways.append(way)
            looks.append(looks_along(here, terrain, table, path_rc))
    slope = np.zeros((line.stretches, 4 * len(sensors)))
    for km, row in slopes:
        slope[km] = row
    doubt = Doubt(slope, joint_cov(belief))
    rho = RHO_PRIOR[0] / sum(RHO_PRIOR)
    chosen = best_tests(doubt, [information(one, belief, rho) for one in looks], count)
    return TestPlan(ways, chosen, chance, doubt.sd, trials)


def believed_of(sensors: tuple[Sensor, ...], ledger: Path | None) -> tuple[Belief, int]:
    """Return what is believed of sensors after the own units' passages in a ledger, and how many there were."""
    if ledger is None:
        return prior(sensors), 0
    if not (ledger / LEDGER_DB).exists():
        raise BadInput(f"--ledger {ledger}", "is no ledger", "give the folder that watchline run names")
    with LedgerReader(ledger) as reader:
        told = [e.value for e in reader.events(["detection_trial"]) if isinstance(e.value, DetectionTrial)]
    ids = {sensor.id for sensor in sensors}
    told = [one for one in told if one.sensor in ids and not one.exercise]
    return believed(sensors, told), len(told)


def looks_along(here: Watched, terrain: Terrain, table: F8, path_rc: F8) -> Evidence:
    """Return the looks that all eyes have along a way, one row for each eye and cell; none is seen yet."""
    line = here.lines[0]
    cell, seconds = dwell(line.speed_m_s, line.cell_m, path_rc)
    seconds = seconds * here.moving.ravel()[cell]
    row, col = np.divmod(cell, terrain.height_m.shape[1])
    rows: list[tuple[float, ...]] = []
    for eye in here.eyes:
        top, left = eye.corner(terrain)
        r, c = row - top, col - left
        near = (r >= 0) & (r < eye.need.height_m.shape[0]) & (c >= 0) & (c < eye.need.height_m.shape[1])
        seat = seat_of(eye)
        for i, j, k in zip(r[near], c[near], np.flatnonzero(near), strict=True):
            hidden = float(eye.need.height_m[i, j])
            ground = float(terrain.height_m[row[k], col[k]])
            share, away = looked_at(hidden, ground, int(i), int(j), seat, eye.stops, WALKER.height_m)
            if share > 0.0:
                ln_signal, depth = signal_of(table[eye.index], max(away, 1.0), np.nan)
                looks = share * seconds[k] / eye.period_s
                rows.append((eye.index, ln_signal, depth, p_in_sight(hidden, WALKER.height_m), looks))
    found = np.array(rows).reshape(-1, 5)
    found = found[np.isfinite(found).all(axis=1)]
    n = len(found)
    return Evidence(
        found[:, 0].astype(np.int64), found[:, 1], found[:, 2], np.ones(n), found[:, 3], found[:, 4], np.zeros(n),
        np.zeros(n, np.int64),
    )  # fmt: skip


def _straight(site: LoadedSite, terrain: Terrain, line: LineGround, km: int) -> tuple[F8, TestWay] | None:
    """Return the way square across the middle of a kilometre, None where it meets ground that nobody walks."""
    belt = line.belt
    d = np.arange(-belt.outside_m, belt.home_m, STRAIGHT_STEP_M)
    s = min(1000.0 * (km + 0.5), site.line.length_m - 1.0)
    xy = site.line.xy_m_from_sd(np.column_stack([np.full(len(d), s), d]))
    rc = np.column_stack([terrain.y0_m - xy[:, 1], xy[:, 0] - terrain.x0_m]) / terrain.cell_m
    at = np.rint(rc).astype(int)
    rows, cols = terrain.height_m.shape
    if not bool(np.all((at >= 0) & (at < [rows, cols]))):
        return None
    speed = line.speed_m_s[at[:, 0], at[:, 1]]
    if not bool(np.all(speed > 0.0)):
        return None
    return rc, TestWay(km, "straight", xy, float((STRAIGHT_STEP_M / speed).sum()) / 60.0)
