"""Plans of towers tried by the red team: the simulator's own physics looks for ways through each of them.

    benchmarks/plan_red_team.py OUT     OUT: of `watchline plan towers` with `people = false` in its study, since the
                                        simulator gives people on watch no eyes

For the line as it is, greedy coverage, even spacing and the plan: the red team goes for the kilometres that look
weakest by that plan's own account and for some at random, searches the least reported way through each (cross-entropy
over waypoints, the simulator's sensors, not ours), and sends walkers along the worst of them; and others along the
weakest way by our own account, which is found on the ground's finest folds.
"""

from __future__ import annotations

import csv
import sys
import time
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from watchline.coverage.crossing import weakest_paths
from watchline.geo.line_grid import line_coordinates_m
from watchline.ops.plan import HOME_EDGE_M
from watchline.ops.planning.watched import watched
from watchline.ops.site_file import LoadedSite, read_site
from watchline.sensing.detection import WALKER
from watchline.sensing.situation import Situation
from watchline.sim.red_team import Optimiser, RedTeam
from watchline.sim.world import World

F8 = NDArray[np.float64]

SEED, WEAKEST, RANDOM, SENT = 77, 5, 3, 40
TOUCH_S, TOUCH_M = 240.0, 80.0  # a hit on the wire is theirs who crossed so near, so soon
PACE_M_S = 0.6  # slower than anybody goes: until all are through


def main() -> None:
    if len(sys.argv) < 2:
        print("needs the folder of a plan of towers: see the first lines of this file")
        return
    out = Path(sys.argv[1])
    with (out / "strip.csv").open() as file:
        rows = list(csv.DictReader(file))
    before = Path(msgspec.json.decode((out / "summary.json").read_bytes())["site"])
    plans = {"before": before, "even": out / "even", "greedy": out / "greedy", "planned": out / "planned"}
    wanted = sys.argv[2:] or list(plans)
    for name in wanted:
        begun = time.process_time()
        site = read_site(plans[name])
        chance = np.array([float(row[f"p_{name}"]) for row in rows])
        print(f"{name}: weakest by its own account {chance.min():.4f}", flush=True)
        for how, way in (("searched", searched(site, chance)), ("our weakest way", weakest_way(site))):
            km, reports, met, touched = sent(site, way)
            print(
                f"  {how}, over km {km:.1f}: {reports:.2f} reports of cameras and radars expected; of {SENT} sent "
                f"these reported {met}, with the wire {touched}",
                flush=True,
            )
        print(f"  {time.process_time() - begun:.0f} s", flush=True)


def searched(site: LoadedSite, chance: F8) -> F8:
    """Return (N, 2) the least reported way that the red team finds."""
    team = _team(site)
    best = Optimiser(team)
    apart: list[int] = []
    for km in np.argsort(chance, kind="stable"):
        if all(abs(int(km) - other) > 2 for other in apart) and len(apart) < WEAKEST:
            apart.append(int(km))
    places = [1000.0 * (km + 0.5) for km in apart]
    places += list(team.rng.uniform(0.0, site.line.length_m, RANDOM))
    ways = [(s, best.way(s, site.site.line.outside_depth_m, HOME_EDGE_M)) for s in places]
    return min(ways, key=lambda one: best.reports(one[1], one[0]))[1]


def weakest_way(site: LoadedSite) -> F8:
    """Return (N, 2) the weakest way by our own account of sensors."""
    terrain = site.terrain()
    now = Situation(watched=False)
    line = watched(site, terrain, line_coordinates_m(site.line, terrain), WALKER, (now,)).lines[0]
    route = weakest_paths(line.crossing_with(()), 1, separation_m=0.0)[0]
    return route.xy_m(terrain.x0_m, terrain.y0_m, terrain.cell_m)


def sent(site: LoadedSite, way: F8) -> tuple[float, float, int, int]:
    """Return where a way crosses, kilometres; the reports of cameras and radars to expect on it; of those sent along
    it, how many these reported, and how many were reported at all, the wire included."""
    team = _team(site)
    world = team.world
    sd = site.line.sd_from_xy_m(way)
    s = float(sd[int(np.argmin(np.abs(sd[:, 1]))), 0])
    bodies = {one.body for k in range(SENT) if (one := team.send(s, way, world.now_s + 60.0 * k)) is not None}
    length_m = float(np.hypot(*np.diff(way, axis=0).T).sum())
    until_s = world.now_s + 60.0 * SENT + length_m / PACE_M_S
    expected = Optimiser(team).reports(way, s)
    seen: set[int] = set()
    touches: list[tuple[float, float]] = []
    while world.now_s < until_s:
        step = world.step(world.now_s + 5.0)
        seen |= bodies & set(world.truth().detected_body.tolist())
        felt = np.isfinite(step.detections.s_m)
        touches += zip(step.detections.t_s[felt].tolist(), step.detections.s_m[felt].tolist(), strict=True)
    there, told = world.truth(), set(seen)
    for t_s, body, s_m in zip(there.crossing_t_s, there.crossing_id, there.crossing_s_m, strict=True):
        if int(body) in bodies and any(abs(t - t_s) < TOUCH_S and abs(at - s_m) < TOUCH_M for t, at in touches):
            told.add(int(body))
    return s / 1000.0, expected, len(seen), len(told)


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
