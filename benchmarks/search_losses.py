"""Simulated losses: does the plan find more than a parallel sweep about the last point, and as many as it says?

`python benchmarks/search_losses.py --losses 500 --out losses.jsonl` (goes on where it stopped; `--most 100` a run).

Who is lost walks by the simulator's own law (`sim.population`, `sim.routes`, `sim.walking`), which the plan has never
seen.  Contact is lost somewhere on the way; the search begins 30 min later, for an hour, by a drone and two patrols.
Both methods fly and walk their lanes at their speed and find whoever comes within half a sweep width (definite
range).  The parallel sweep covers a square about the last point with lanes a sweep width apart, as large as the time
allows, split between the searchers, the middle first.
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path

import msgspec
import numpy as np

from watchline.geo.line_grid import line_coordinates_m
from watchline.geo.patterns import sweep
from watchline.geo.terrain import Terrain
from watchline.ops.search.shapes import lanes_m
from watchline.search.containment import Setting, begun
from watchline.search.motion import EVADER, Ground, Loss, goal_heading
from watchline.search.plan import Searcher, planned
from watchline.sensing import signature
from watchline.sim.demo import demo_site
from watchline.sim.movers import Movers
from watchline.sim.population import Population
from watchline.sim.routes import routes_over

LATE_S, SEARCH_S, STEP_S, LOOK_S = 1800.0, 3600.0, 200.0, 5.0
LENGTH_M, CELL_TIMES = 40_000.0, 8
WORLD_HOURS = 12.0


class Recorder(Movers):
    """Movers who are only written down."""

    def __init__(self):
        super().__init__()
        self.paths = []

    def add(self, path, kind, party, **more):
        if kind == signature.PERSON and more.get("unit", -1) < 0:
            self.paths.append((party, path))
        self.last_id += 1
        return self.last_id


class People(Population):
    """Only people on foot: those who cross and those who walk along the line."""

    def _nobody(self, t_s, *more, **told):
        """Send nobody."""

    _birds = _vehicle = _herd = _gazelles = _dog = _lost = _nobody


def walkers(demo, seed: int):
    """Return the paths of parties on foot that last long enough, the first of each."""
    site = msgspec.structs.replace(
        demo.site, simulation=msgspec.structs.replace(demo.site.simulation, activity=4.0), units=()
    )
    movers = Recorder()
    people = People(site, demo.line, demo.terrain, routes_over(demo.line, demo.terrain, np.zeros((0, 3)), []),
                        [], movers, np.random.default_rng(seed), 0.0)  # fmt: skip
    people.run(WORLD_HOURS * 3600.0)
    first = {}
    for party, path in movers.paths:
        first.setdefault(party, path)
    return [path for path in first.values() if path.t_s[-1] - path.t_s[0] > 4500.0]


def coarse(terrain: Terrain) -> Terrain:
    rows, cols = (n // CELL_TIMES for n in terrain.height_m.shape)
    heights = np.nan_to_num(terrain.height_m[: rows * CELL_TIMES, : cols * CELL_TIMES])
    blocks = heights.reshape(rows, CELL_TIMES, cols, CELL_TIMES).mean(axis=(1, 3)).astype(np.float32)
    shift = 0.5 * (CELL_TIMES - 1) * terrain.cell_m
    return Terrain(blocks, terrain.x0_m + shift, terrain.y0_m - shift, CELL_TIMES * terrain.cell_m)


def at(path, t_s):
    return np.column_stack([np.interp(t_s, path.t_s, path.xy_m[:, k]) for k in range(2)])


def flown(legs, start_m, speed, from_s):
    """Return where a searcher is every LOOK_S: legs are (not before, not after, way); late legs are cut."""
    t, xy, now, place = [from_s], [start_m], from_s, start_m
    for _, end, way in legs:
        for point in way:
            arrive = now + float(np.hypot(*(point - place))) / speed
            if arrive > end:
                share = max(0.0, end - now) / (arrive - now)
                place, now = place + share * (point - place), max(now, end)
                t.append(now)
                xy.append(place)
                break
            place, now = point, arrive
            t.append(now)
            xy.append(place)
    times = np.arange(from_s, from_s + SEARCH_S, LOOK_S)
    keep = np.concatenate([[True], np.diff(t) > 0.0])
    t, xy = np.array(t)[keep], np.array(xy)[keep]
    return np.column_stack([np.interp(times, t, xy[:, k]) for k in range(2)])


def parallel(searchers, centre, from_s):
    """Return each searcher's legs of one square about the centre, split in strips by what each can sweep."""
    swept = np.array([
        s.width_m * s.speed_m_s * max(0.0, SEARCH_S - float(np.hypot(*(s.xy_m - centre))) / s.speed_m_s)
        for s in searchers
    ])  # fmt: skip
    side = math.sqrt(swept.sum())
    edges = centre[0] - side / 2 + side * np.concatenate([[0.0], np.cumsum(swept / swept.sum())])
    out = []
    for s, west, east in zip(searchers, edges[:-1], edges[1:], strict=True):
        low, high = centre[1] - side / 2, centre[1] + side / 2
        if east - west < 1.0:
            out.append([])
            continue
        outline = np.array([[west, low], [east, low], [east, high], [west, high]])
        way = sweep(outline, min(s.width_m, east - west))
        if np.hypot(*(way[-1] - s.xy_m)) < np.hypot(*(way[0] - s.xy_m)):
            way = way[::-1]
        out.append([(from_s, from_s + SEARCH_S, way)])
    return out


def found(truth, tracks, searchers):
    return any(
        float(np.hypot(*(track - truth).T).min()) < s.width_m / 2 for track, s in zip(tracks, searchers, strict=True)
    )


def one(path, demo, ground, headings, d_m, rng, key):
    """Return what both methods did with one loss."""
    length = path.t_s[-1] - path.t_s[0]
    lost_s = path.t_s[0] + rng.uniform(0.1, 0.6) * length
    here, next_ = at(path, [lost_s - 30.0, lost_s])
    v = (next_ - here) / 30.0
    speed = float(np.hypot(*v))
    loss = Loss(next_ + rng.normal(0, 50.0, 2), 50.0, lost_s, speed if speed > 0.6 else 1.2, v)
    from_s = lost_s + LATE_S
    places = [loss.xy_m + rng.uniform(3000, 7000) * np.array([math.cos(a), math.sin(a)])
              for a in rng.uniform(0, 2 * math.pi, 3)]  # fmt: skip
    grid = ground.terrain
    rows, cols = grid.height_m.shape
    x, y = np.meshgrid(grid.x0_m + np.arange(cols) * grid.cell_m, grid.y0_m - np.arange(rows) * grid.cell_m)
    until = from_s + SEARCH_S
    who = [Searcher("drone", places[0], 20.0, 605.0, from_s, until)] + [
        Searcher(f"patrol {k}", p, 4.0, 312.0, from_s, until, reach_s=1.3 * np.hypot(x - p[0], y - p[1]) / 8.0)
        for k, p in enumerate(places[1:])
    ]
    edges = from_s + STEP_S * np.arange(round(SEARCH_S / STEP_S) + 1)
    setting = Setting(ground, EVADER, headings, (edges[:-1] + edges[1:]) / 2, 16_000, key)
    plan = planned(begun(setting, loss), who, edges)
    truth = at(path, np.arange(from_s, until, LOOK_S))
    ours = []
    for s in who:
        legs = [(b.from_s, b.to_s, lanes_m(b, s.width_m)) for b in plan.boxes if b.searcher == s.id]
        ours.append(flown(chained(legs, s.xy_m), s.xy_m, s.speed_m_s, from_s))
    theirs = [flown(legs, s.xy_m, s.speed_m_s, from_s) for legs, s in zip(parallel(who, loss.xy_m, from_s), who,
                                                                          strict=True)]  # fmt: skip
    return {
        "said": plan.p_found, "bound": plan.bound, "plan": found(truth, ours, who),
        "parallel": found(truth, theirs, who), "key": key,
    }  # fmt: skip


def chained(legs, start):
    """Return the legs with each way begun at the end that is nearer to where the last one stopped."""
    out, place = [], start
    for begin, end, way in legs:
        turned = way[::-1] if np.hypot(*(way[-1] - place)) < np.hypot(*(way[0] - place)) else way
        out.append((begin, end, turned))
        place = turned[-1]
    return out


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--losses", type=int, default=500)
    ask.add_argument("--most", type=int, default=10_000)
    ask.add_argument("--seed", type=int, default=1000)
    ask.add_argument("--out", type=Path, required=True)
    told = ask.parse_args()
    done = [json.loads(line) for line in told.out.read_text().splitlines()] if told.out.exists() else []
    demo = demo_site(1, length_m=LENGTH_M)
    grid = coarse(demo.terrain)
    ground = Ground(grid, np.full(grid.height_m.shape, 0.95, np.float32))
    _, d_m = line_coordinates_m(demo.line, grid)
    headings = {
        "onward": goal_heading(ground, d_m > 0.9 * d_m.max()), "back": goal_heading(ground, d_m < 0.9 * d_m.min())
    }  # fmt: skip
    paths, seed = [], 0
    while len(paths) < told.losses:
        paths += walkers(demo, told.seed + seed)
        seed += 1
    with told.out.open("a") as file:
        for k in range(len(done), min(told.losses, len(done) + told.most)):
            row = one(paths[k], demo, ground, headings, d_m, np.random.default_rng(k), k)
            done.append(row)
            file.write(json.dumps(row) + "\n")
            file.flush()
    report(done)


def report(rows) -> None:
    n = len(rows)
    ours, theirs = (sum(row[name] for row in rows) for name in ("plan", "parallel"))
    print(f"{n} losses: plan found {ours} ({ours / n:.3f}), said {np.mean([r['said'] for r in rows]):.3f}, "
          f"bound {np.mean([r['bound'] for r in rows]):.3f}; parallel sweep {theirs} ({theirs / n:.3f}); "
          f"{ours / max(theirs, 1) - 1:+.0%}")  # fmt: skip
    ratio = np.array([row["said"] / row["bound"] for row in rows])
    print(
        f"plan over bound: mean {ratio.mean():.3f}, least {ratio.min():.3f}, 5 % below {np.quantile(ratio, 0.05):.3f}"
    )


if __name__ == "__main__":
    main()
