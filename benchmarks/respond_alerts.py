"""Is the right unit ranked first, and is its arrival in its interval?  Travel is the simulator's own physics.

    python benchmarks/respond_alerts.py [--alerts 1000] [--seed 1] [--night]

Each alert: somebody comes over the demonstration line on the simulator's own way; 24 patrols are anywhere on their
stretches, four reserves at their posts.  All units are driven by `sim/driving.py` (other slopes, other roads, drivers
who differ, set out late and stop).  The right unit is one that truly meets them as soon as any does (on 10 s): where
they are met as they come over the line, several may be.  Every journey of the unit
that stood first teaches the arrival times of the alerts after it; those before it never see it.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from watchline.cli.demo_site import cached_demo
from watchline.domain.respond import Option
from watchline.domain.site import Unit
from watchline.ops.respond.land import Ground
from watchline.ops.site_file import LoadedSite, read_site
from watchline.response.futures import futures
from watchline.response.proposals import Land, Standing, Wanted, propose
from watchline.response.tasking import SETTING_OUT_S
from watchline.response.travel.eta import EtaModel
from watchline.sim import walking
from watchline.sim.driving import Driver, Drives, drives_over
from watchline.sim.walking import Gait
from watchline.sim.world import World

REACH_M = 20_000.0
CANDIDATES = 8
SD_SPEED = 0.15


@dataclass(frozen=True)
class Line:
    """What does not change."""

    loaded: LoadedSite
    world: World
    drives: Drives
    units: tuple[Unit, ...]
    land: Land


def the_line(path: Path, *, night: bool) -> Line:
    loaded = read_site(path)
    terrain = loaded.terrain()
    mines = tuple(ring for area in loaded.site.areas if area.kind == "mines" for ring in loaded.areas[area.id])
    world = World(loaded.site, loaded.line, terrain, seed=1, mines_lonlat_deg=mines)
    frame = loaded.line.frame
    roads = [
        (frame.xy_m_from_lonlat(r[:, 0], r[:, 1]), surface)
        for r, surface in zip(loaded.roads, loaded.road_surfaces, strict=True)
    ]
    drives = drives_over(world.population.routes, loaded.line, roads)
    units = tuple(u for u in loaded.site.units if u.kind in ("patrol", "reserve"))
    land = Ground.of(loaded, terrain).land(night=night)
    return Line(loaded, world, drives, units, land)


@dataclass(frozen=True)
class Comer:
    """Somebody on their true way, from the alert on: at t_s (T,) at xy_m (T, 2); v_m_s as the track has it."""

    t_s: np.ndarray
    xy_m: np.ndarray
    v_m_s: np.ndarray


def comer(line: Line, rng: np.random.Generator) -> Comer | None:
    """Return somebody noticed between 1.5 km and 200 m before the line, None where there is no way."""
    people, frame = line.world.population, line.loaded.line
    s = rng.uniform(3000.0, frame.length_m - 3000.0)
    start = frame.xy_m_from_sd([s, rng.uniform(-3500.0, -1800.0)])
    goal = frame.xy_m_from_sd([s + rng.normal(0.0, 900.0), rng.uniform(3200.0, 5200.0)])
    if not (people.routes.open_at(start) and people.routes.open_at(goal)):
        return None
    points = people.routes.path(start, goal, 1.5 if rng.random() < 0.5 else 0.2)
    if points is None:
        return None
    near = points[int(np.argmin(np.abs(frame.sd_from_xy_m(points)[:, 1])))]
    gait = Gait(rng.uniform(1.1, 1.45), rng.uniform(0.2, 1.0))
    path, _ = walking.timed(points, 0.0, gait, frame, line.world.terrain, rng, people.delay_s(near, vehicle=False))
    d = frame.sd_from_xy_m(path.xy_m)[:, 1]
    noticed = rng.uniform(-1500.0, -200.0)
    k = int(np.argmax(d > noticed))
    t0 = float(path.t_s[k])
    t = np.arange(t0, float(path.t_s[-1]), 10.0)
    xy = np.column_stack([np.interp(t, path.t_s, path.xy_m[:, n]) for n in (0, 1)])
    before = np.array([np.interp(t0 - 60.0, path.t_s, path.xy_m[:, n]) for n in (0, 1)])
    v = (xy[0] - before) / 60.0 + rng.normal(0.0, SD_SPEED, 2)
    return Comer(t - t0, xy, v)


def standing(line: Line, rng: np.random.Generator) -> list[Standing]:
    frame, posts, out = line.loaded.line, {p.id: p for p in line.loaded.site.posts}, []
    for unit in line.units:
        if unit.patrol_from_km is not None and unit.patrol_to_km is not None:
            s = 1000.0 * rng.uniform(unit.patrol_from_km, unit.patrol_to_km)
            at = frame.xy_m_from_sd([s, unit.patrol_offset_m])
        else:
            post = posts[unit.post or ""]
            at = np.asarray(frame.frame.xy_m_from_lonlat(post.lon_deg, post.lat_deg), float).reshape(2)
        out.append(Standing(unit, at, 0.0, at))
    return out


def truly(line: Line, who: Comer, units: list[Standing], rng: np.random.Generator) -> dict[str, tuple[float, object]]:
    """Return when each near unit would truly meet them, inf if never, and how it drives."""
    away = [float(np.hypot(*(s.xy_m - who.xy_m[0]))) / s.unit.speed_m_s for s in units]
    out: dict[str, tuple[float, object]] = {}
    for u in np.argsort(away)[:CANDIDATES]:
        s = units[int(u)]
        field, driver = line.drives.field(s.xy_m, REACH_M), Driver.drawn(rng)
        there = driver.takes_s(field.seconds(who.xy_m), s.unit.speed_m_s)
        met = np.flatnonzero(there <= who.t_s)
        out[s.unit.id] = (float(who.t_s[met[0]]) if len(met) else np.inf), (field, driver, s.unit.speed_m_s)
    return out


def took(option: Option, line: Line, drives: object) -> float:
    field, driver, speed = drives  # type: ignore[misc]
    place = np.asarray(line.loaded.line.frame.xy_m_from_lonlat(option.place.lon_deg, option.place.lat_deg), float)
    return float(driver.takes_s(field.seconds(place.reshape(1, 2)), speed)[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alerts", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--night", action="store_true")
    parser.add_argument("--wall-s", type=float, default=580.0, help="stop after so long, and say what there is")
    asked = parser.parse_args()
    line = the_line(cached_demo(), night=asked.night)
    rng = np.random.default_rng(asked.seed)
    model = EtaModel()
    right = close = inside = judged = reachable = alerts = nobody = 0
    width, lost = [], []
    begun = time.monotonic()
    while alerts < asked.alerts and time.monotonic() - begun < asked.wall_s:
        who = comer(line, rng)
        if who is None:
            continue
        alerts += 1
        units = standing(line, rng)
        held = sum(
            b.condition * b.delay_walker_s for b in line.loaded.site.barriers
            if b.from_km <= float(line.loaded.line.sd_from_xy_m(who.xy_m[0])[0]) / 1000.0 <= b.to_km
        )  # fmt: skip
        ways = futures(
            who.xy_m[0], who.v_m_s, SD_SPEED, line.loaded.line, delay_s=held,
            gone_d_m=line.loaded.site.line.home_depth_m,
        )  # fmt: skip
        options = propose([Wanted("A", who.xy_m[0], ways, 1.0)], units, line.land, {"wheels": model}, 0.0)["A"]
        truth = truly(line, who, units, rng)
        best = min(truth, key=lambda unit: truth[unit][0])
        if not options:
            nobody += 1
            continue
        first = options[0]
        if np.isfinite(truth[best][0]):
            reachable += 1
            mine = truth[first.unit][0] if first.unit in truth else np.inf
            right += mine <= truth[best][0]
            close += mine <= truth[best][0] + 60.0
            lost.append(mine - truth[best][0])
        if first.unit in truth:
            time_s = took(first, line, truth[first.unit][1])
            if np.isfinite(time_s):
                judged += 1
                inside += first.early_s <= time_s <= first.late_s
                width.append((first.late_s - first.early_s) / first.arrives_s)
                model = model.learned([(first.said_s + SETTING_OUT_S, time_s)])
    late = np.array(lost)
    print(f"alerts {alerts}, somebody could truly meet them {reachable}, nobody proposed {nobody}")
    print(f"right unit first: {right / reachable:.3f}; it or one at most 60 s later: {close / reachable:.3f}")
    later = late[np.isfinite(late)].mean()
    print(f"first one later than the right one: mean {later:.0f} s, never there {np.isinf(late).sum()}")
    print(f"arrival in its 90 % interval: {inside / judged:.3f} of {judged}; width {np.mean(width):.2f} of the time")
    print(f"learned: {model.journeys} journeys, took {np.exp(model.mean):.3f} of what was said on the mean")


if __name__ == "__main__":
    main()
