"""Predicted against observed detection of simulated crossings, by range, before and after the posterior learned.

The simulator has its own physics (`sim`); `sensing` knows nothing of it.  Crossings of the first worlds teach, those
of worlds with other seeds are judged.  Prints, for single looks by decile of range and for whole passages of one
camera by decile of closest range: what the prior said, what the posterior says, what happened; then which parameter
moved.

    python benchmarks/predicted_vs_observed.py [--crossings 1000] [--length-km 200] [--json FILE]
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from watchline.domain.batches import DetectionBatch, ScanBatch
from watchline.sensing.belief import NAMES, Belief, prior
from watchline.sensing.detection import WALKER
from watchline.sensing.frailty import FrailtyPrior, frailty
from watchline.sensing.glimpse import p_miss
from watchline.sensing.placing import Placed, placed
from watchline.sensing.posterior import SIGHT_LEAST, Evidence, Learned, p_of, posterior
from watchline.sensing.trial import Looks, Walk, looks_at
from watchline.sim.demo import demo_site
from watchline.sim.world import World

BLOCK_S = 3600
EVERY_S = 2
ACTIVITY = 6.0
PERSON, CRAWLING = 0, 1  # of the simulator: upright people are what is tried in the field


@dataclass
class Crossings:
    """All looks of all crossings of some worlds; passage numbers are unique."""

    looks: list[Looks]
    count: int = 0

    def evidence(self) -> Evidence:
        parts = [one.evidence for one in self.looks]
        return Evidence(**{n: np.concatenate([getattr(p, n) for p in parts]) for n in Evidence.__dataclass_fields__})

    def range_m(self):
        return np.concatenate([one.range_m for one in self.looks])


def crossings_of(demo, seeds, wanted: int) -> Crossings:
    """Let worlds run until `wanted` bodies have crossed the line; return every camera and radar look at them."""
    spec = msgspec.structs.replace(demo.site.simulation, activity=ACTIVITY)
    site = msgspec.structs.replace(demo.site, simulation=spec)
    where = placed(site, demo.line, demo.terrain)
    found = Crossings([])
    for seed in seeds:
        world = World(site, demo.line, demo.terrain, seed=seed)
        while found.count < wanted and world.now_s < world.start_s + 24 * 3600:
            _block(world, where, found, seed)
        if found.count >= wanted:
            break
    return found


def _block(world: World, where: Placed, found: Crossings, seed: int) -> None:
    scans, detections, path = [], [], defaultdict(list)
    end = world.now_s + BLOCK_S
    before = len(world.truth().crossing_t_s)
    while world.now_s < end:
        step = world.step(world.now_s + EVERY_S)
        scans.append(step.scans)
        detections.append(step.detections)
        scene = step.scene
        for k in np.flatnonzero((scene.kind == PERSON) & (scene.posture != CRAWLING)):
            path[int(scene.id[k])].append((scene.t_s, *scene.xy_m[k]))
    truth = world.truth()
    who = {int(i) for i in truth.crossing_id[before:]}
    ours = {int(i) for i, unit in zip(truth.id, truth.unit, strict=True) if unit >= 0}
    all_scans, all_detections = ScanBatch.join(scans), DetectionBatch.join(detections)
    for body in sorted(who - ours):
        rows = np.array(path[body])
        if len(rows) < 30:
            continue
        walk = Walk(seed * 1_000_000 + body, rows[:, 0], rows[:, 1:3], WALKER)
        found.looks.append(looks_at(walk, all_scans, all_detections, where, world.terrain))
        found.count += 1


def table(title, key, looks, seen, cluster, before, after):
    """Print observed and predicted shares by decile of `key`; +- is one standard error over whole passages."""
    print(f"\n{title}\n  range m         looks  passages   observed        prior   posterior")
    edges = np.quantile(key, np.linspace(0, 1, 11))
    which = np.clip(np.searchsorted(edges, key, side="right") - 1, 0, 9)
    off, z = [], []
    for k in range(10):
        here = which == k
        n = looks[here].sum()
        o, b, a = seen[here].sum() / n, (looks * before)[here].sum() / n, (looks * after)[here].sum() / n
        names, row = np.unique(cluster[here], return_inverse=True)
        error = np.sqrt(np.sum(np.bincount(row, seen[here] - o * looks[here]) ** 2)) / n
        off.append((b - o, a - o))
        z.append(abs(a - o) / np.hypot(error, np.sqrt(a * (1 - a) / len(names))))
        span = f"{edges[k]:5.0f}..{edges[k + 1]:<5.0f}"
        print(f"  {span} {n:9.0f} {len(names):9d}   {o:.3f} +- {error:.3f}  {b:.3f}   {a:.3f}")
    rms = np.sqrt(np.mean(np.square(off), axis=0))
    print(f"  root mean square difference, deciles:   prior {rms[0]:.3f}, posterior {rms[1]:.3f}")
    return float(rms[0]), float(rms[1]), float(max(z))


def passages(evidence, range_m, theta):
    """Return, for each passage of a subject before one sensor: exposure, whether seen at all, closest range."""
    name, row = np.unique(np.column_stack([evidence.passage, evidence.sensor]), axis=0, return_inverse=True)
    row = row.ravel()
    exposure = np.bincount(row, -evidence.looks * np.log1p(-np.minimum(p_of(evidence, theta), 0.999)), len(name))
    seen = np.bincount(row, evidence.seen, len(name)) > 0
    closest = np.full(len(name), np.inf)
    np.minimum.at(closest, row, range_m)
    return exposure, seen.astype(float), closest


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--crossings", type=int, default=1000)
    options.add_argument("--length-km", type=float, default=200.0)
    options.add_argument("--json", type=Path, default=None)
    chosen = options.parse_args()
    demo = demo_site(1, length_m=1000 * chosen.length_km)
    half = chosen.crossings // 2
    teach, judge = crossings_of(demo, range(100, 200), half), crossings_of(demo, range(500, 600), chosen.crossings)
    start = prior(demo.site.sensors)
    learned = posterior(start, teach.evidence())
    print(
        f"{teach.count} crossings taught ({learned.passages} passages before a sensor, "
        f"{teach.evidence().looks.sum():.0f} looks), "
        f"{judge.count} others judged"
    )
    figures = {
        kind: judged(kind, demo.site.sensors, start, learned, teach, judge) for kind in ("thermal_camera", "radar")
    }
    if chosen.json is not None:
        chosen.json.write_bytes(msgspec.json.encode({"taught": teach.count, "judged": judge.count, **figures}))


def judged(kind: str, sensors, start: Belief, learned: Learned, teach: Crossings, judge: Crossings) -> dict:
    """Print the tables of one kind of sensor; return their root mean square differences, prior and posterior."""
    mine, after = np.array([s.kind == kind for s in sensors]), learned.belief
    evidence, range_m = judge.evidence(), judge.range_m()
    keep = mine[evidence.sensor] & (evidence.sight >= SIGHT_LEAST)
    evidence, range_m = evidence.take(keep), range_m[keep]
    p = [p_of(evidence, belief.mean) for belief in (start, after)]
    looks = table(f"{kind}: single looks", range_m, evidence.looks, evidence.seen, evidence.passage, *p)
    taught = teach.evidence()
    taught = taught.take(mine[taught.sensor] & (taught.sight >= SIGHT_LEAST))
    exposure, seen, _ = passages(taught, np.zeros(len(taught.sensor)), after.mean)
    k = frailty(exposure, seen, FrailtyPrior())
    print(f"  frailty k learned from passages: {k.mean:.2f} ({k.low:.2f} to {k.high:.2f}, 5-95 %)")
    one = [passages(evidence, range_m, belief.mean) for belief in (start, after)]
    miss = [1 - p_miss(one[0][0], FrailtyPrior().mean), k.p_detect(one[1][0])]
    each = np.arange(len(one[0][1]))
    whole = table(f"{kind}: whole passages, by closest range", one[0][2], np.ones(len(each)), one[0][1], each, *miss)
    group = start.kinds.index(kind)
    first = int(np.flatnonzero(start.kind == group)[0])
    moved = after.mean[start.kind == group].mean(axis=0) - start.mean[first]
    print(f"  correlation of looks within a passage: {learned.rho[group]:.2f}")
    print("  what moved, in prior standard deviations of the kind:")
    for name, d, sd in zip(NAMES, moved, np.sqrt(np.diag(start.shared_cov[group])), strict=True):
        print(f"    {name:14} {d:+.2f} ({d / sd:+.1f} sd)")
    return {"looks": looks, "passages": whole}


if __name__ == "__main__":
    main()
