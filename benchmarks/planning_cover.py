"""Maximal covering: 10 000 demand points, ours beside PySAL spopt with the same solver (HiGHS), in one run.

spopt and highspy live in an environment of their own:  benchmarks/planning_cover.py --peer VENV/bin/python
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
from scipy.sparse import csr_array

from watchline.planning.choosing import Rules
from watchline.planning.covering import best_cover, greedy_cover

POINTS, GAP = 10_000, 0.01
CASES = ((100, 10, 0.15), (300, 15, 0.08), (500, 20, 0.06), (500, 40, 0.05), (1000, 30, 0.04))  # sites, p, radius

PEER = """
import json, sys, time
import numpy as np, pulp
from spopt.locate import MCLP
data = np.load(sys.argv[1])
far = np.linalg.norm(data["points"][:, None] - data["sites"][None], axis=2)
begun = time.process_time()
model = MCLP.from_cost_matrix(far, data["weight"], float(data["radius"]), p_facilities=int(data["p"]))
built = time.process_time() - begun
model.solve(pulp.HiGHS(msg=False, gapRel=float(sys.argv[2]), threads=1))
print(json.dumps([float(pulp.value(model.problem.objective)), built, time.process_time() - begun]))
"""


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--peer", help="python of an environment with spopt and highspy")
    peer = asked.parse_args().peer
    print(f"{POINTS} points; gap asked {GAP:.0%}; processor seconds; share of all weight covered")
    for number, (sites, p, radius) in enumerate(CASES):
        rng = np.random.default_rng([number, 10])
        points, places = rng.random((POINTS, 2)), rng.random((sites, 2))
        weight = rng.integers(1, 100, POINTS).astype(float)
        begun = time.process_time()
        near = np.linalg.norm(points[:, None] - places[None], axis=2) <= radius
        covers, rules = csr_array(near.astype(float)), Rules(np.ones(sites), float(p))
        built = time.process_time() - begun
        begun = time.process_time()
        greedy = greedy_cover(covers, weight, rules)
        quick = time.process_time() - begun
        begun = time.process_time()
        ours = best_cover(covers, weight, rules, gap=GAP)
        took = time.process_time() - begun
        whole = float(weight.sum())
        line = (
            f"{sites:5d} sites, p {p:3d}, radius {radius}: ours {ours.covered / whole:.4f} bound "
            f"{ours.bound / whole:.4f} gap {ours.gap:.2%} {took:.1f} s (distances {built:.1f}); greedy "
            f"{greedy.covered / whole:.4f} proved gap {greedy.gap:.1%} {quick:.2f} s"
        )
        if peer:
            with tempfile.TemporaryDirectory() as folder:
                file = Path(folder) / "case.npz"
                np.savez(file, points=points, sites=places, weight=weight, radius=radius, p=p)
                ran = subprocess.run([peer, "-c", PEER, file, str(GAP)], capture_output=True, text=True, check=True)
            value, made, whole_s = json.loads(ran.stdout.splitlines()[-1])
            line += f"; spopt {value / whole:.4f} {whole_s:.1f} s ({made:.1f} to build)"
        print(line, flush=True)


if __name__ == "__main__":
    main()
