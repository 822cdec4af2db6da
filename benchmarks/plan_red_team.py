"""Plans of towers tried by the red team: the simulator's own people go the weakest ways through each of them.

    benchmarks/plan_red_team.py OUT [PLAN...]   OUT: of `watchline plan towers` with `people = false` in its study,
                                                since the simulator gives people on watch no eyes

For the line as it is, even spacing, greedy coverage and the plan: walkers go along the weakest way of each of the
five weakest kilometres by the plan's own account, which is found on the ground's finest folds, and along the least
reported way that a search with the simulator's own physics finds (cross-entropy over waypoints, in the kilometres
that look weakest and some at random).  Printed: how many cameras and radars reported, with the wire how many, the
95 % interval (Wilson) of the share, and what the plan had said.
"""

from __future__ import annotations

import csv
import math
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from watchline.coverage.crossing import weakest_paths
from watchline.geo.line_grid import line_coordinates_m
from watchline.ops.plan import HOME_EDGE_M
from watchline.ops.planning.watched import chance, watched
from watchline.ops.site_file import LoadedSite, read_site
from watchline.sensing.detection import WALKER
from watchline.sensing.situation import Situation
from watchline.sim.red_team import Optimiser, RedTeam
from watchline.sim.world import World

F8 = NDArray[np.float64]

SEED, WEAKEST, RANDOM, SENT, APART_M = 77, 5, 3, 40, 3000.0
TOUCH_S, TOUCH_M = 240.0, 80.0  # a hit on the wire is theirs who crossed so near, so soon
PACE_M_S = 0.6  # slower than anybody goes: until all are through
Z95 = 1.96


@dataclass(frozen=True)
class Tried:
    """A way (N, 2): what it is called, and the chance that was said of it."""

    what: str
    way_m: F8
    said: float


def main() -> None:
    if len(sys.argv) < 2:
        print("needs the folder of a plan of towers: see the first lines of this file")
        return
    out = Path(sys.argv[1])
    with (out / "strip.csv").open() as file:
        rows = list(csv.DictReader(file))
    before = Path(msgspec.json.decode((out / "summary.json").read_bytes())["site"])
    plans = {"before": before, "even": out / "even", "greedy": out / "greedy", "planned": out / "planned"}
    for name in sys.argv[2:] or list(plans):
        begun = time.process_time()
        site = read_site(plans[name])
        said = np.array([float(row[f"p_{name}"]) for row in rows])
        print(f"{name}: weakest by its own account {said.min():.4f}", flush=True)
        ways = [*weakest_ways(site), Tried("searched with the simulator's physics", searched(site, said), math.nan)]
        met, touched = sent(site, [one.way_m for one in ways])
        for one, seen, told in zip(ways, met, touched, strict=True):
            print(f"  {one.what}: said {one.said:.2f}; {of(seen, SENT)}, with the wire {told}", flush=True)
        own = sum(met[:-1]), SENT * (len(ways) - 1)
        least = min(met[:-1])
        print(
            f"  its weakest ways together: said {np.mean([one.said for one in ways[:-1]]):.2f}; {of(*own)}; "
            f"the weakest {of(least, SENT)}; {time.process_time() - begun:.0f} s",
            flush=True,
        )


def of(seen: int, count: int) -> str:
    """Return a share in words, with Wilson's 95 % interval.

    >>> of(8, 40)
    '8 of 40 reported (.105 to .348)'
    """
    p, n = seen / count, count + Z95**2
    middle = (seen + 0.5 * Z95**2) / n
    half = Z95 / n * math.sqrt(count * p * (1.0 - p) + 0.25 * Z95**2)
    return f"{seen} of {count} reported ({middle - half:.3f} to {middle + half:.3f})".replace("0.", ".")


def searched(site: LoadedSite, said: F8) -> F8:
    """Return (N, 2) the least reported way that the red team finds."""
    team = _team(site)
    best = Optimiser(team)
    apart: list[int] = []
    for km in np.argsort(said, kind="stable"):
        if all(abs(int(km) - other) > 2 for other in apart) and len(apart) < WEAKEST:
            apart.append(int(km))
    places = [1000.0 * (km + 0.5) for km in apart]
    places += list(team.rng.uniform(0.0, site.line.length_m, RANDOM))
    ways = [(s, best.way(s, site.site.line.outside_depth_m, HOME_EDGE_M)) for s in places]
    return min(ways, key=lambda one: best.reports(one[1], one[0]))[1]


def weakest_ways(site: LoadedSite) -> list[Tried]:
    """Return the weakest ways by our own account of sensors, APART_M from each other."""
    terrain = site.terrain()
    now = Situation(watched=False)
    line = watched(site, terrain, line_coordinates_m(site.line, terrain), WALKER, (now,)).lines[0]
    routes = weakest_paths(line.crossing_with(()), WEAKEST, separation_m=APART_M)
    ways = [route.xy_m(terrain.x0_m, terrain.y0_m, terrain.cell_m) for route in routes]
    return [
        Tried(f"km {_crosses_at(site, way) / 1000.0:.1f}", way, float(chance(np.array([route.exposure]))[0]))
        for route, way in zip(routes, ways, strict=True)
    ]


def sent(site: LoadedSite, ways: list[F8]) -> tuple[list[int], list[int]]:
    """Return for each way how many of SENT cameras and radars reported, and how many with the wire."""
    team = _team(site)
    world = team.world
    starts = [_crosses_at(site, way) for way in ways]
    bodies = [
        {one.body for k in range(SENT) if (one := team.send(s, way, world.now_s + 60.0 * k)) is not None}
        for s, way in zip(starts, ways, strict=True)
    ]
    if any(len(each) < SENT for each in bodies):
        raise RuntimeError("the world is full: send fewer")
    longest_m = max(float(np.hypot(*np.diff(way, axis=0).T).sum()) for way in ways)
    until_s = world.now_s + 60.0 * SENT + longest_m / PACE_M_S
    seen: set[int] = set()
    touches: list[tuple[float, float]] = []
    while world.now_s < until_s:
        step = world.step(world.now_s + 5.0)
        seen |= set(world.truth().detected_body.tolist())
        felt = np.isfinite(step.detections.s_m)
        touches += zip(step.detections.t_s[felt].tolist(), step.detections.s_m[felt].tolist(), strict=True)
    there, told = world.truth(), set(seen)
    for t_s, body, s_m in zip(there.crossing_t_s, there.crossing_id, there.crossing_s_m, strict=True):
        if any(abs(t - t_s) < TOUCH_S and abs(at - s_m) < TOUCH_M for t, at in touches):
            told.add(int(body))
    return [len(each & seen) for each in bodies], [len(each & told) for each in bodies]


def _crosses_at(site: LoadedSite, way_m: F8) -> float:
    sd = site.line.sd_from_xy_m(way_m)
    return float(sd[int(np.argmin(np.abs(sd[:, 1]))), 0])


def _team(site: LoadedSite) -> RedTeam:
    world = World(_quiet(site).site, site.line, site.terrain(), seed=SEED, mines_lonlat_deg=_mines(site))
    return RedTeam(world, outside_m=site.site.line.outside_depth_m, far_m=HOME_EDGE_M, seed=SEED)


def _quiet(site: LoadedSite) -> LoadedSite:
    """Return the site with nobody about but patrols and those who are sent."""
    told = site.site.simulation
    assert told is not None
    quiet = msgspec.structs.replace(site.site, simulation=msgspec.structs.replace(told, activity=0.0))
    return LoadedSite(site.path, quiet, site.line, site.roads, site.areas, site.digest, site.text, site.road_surfaces)


def _mines(site: LoadedSite) -> tuple[np.ndarray, ...]:
    return tuple(ring for area in site.site.areas if area.kind == "mines" for ring in site.areas[area.id])


if __name__ == "__main__":
    main()
