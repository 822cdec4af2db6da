"""Measure the tracker beside Stone Soup's GNN on generated lines and on real boats, and print one table.

    python benchmarks/tracking.py [--size S M] [--seeds 21 22 23] [--for 900] [--bias 1] [--order arrival|time]
                                  [--real] [--stone-soup PYTHON] [--p-seen 0.7] [--p-assumed 1.3]

Scenarios, scores and the Stone Soup runner are those of ../shared/bench/tracking; nothing is printed without them.
PYTHON is the interpreter of an environment of its own: python -m venv ss; ss/bin/pip install stonesoup==1.9.1 rtree.
GNN is given the first --gnn-for seconds (it is slow); ours is scored on the same seconds in a second line.
--p-seen scales what the world's sensors see, --p-assumed what the tracker assumes of them before it has learned.
Times are of one core: CPU seconds of the tracker alone, after a first pass over WARM_UP_S that compiles it and is not
counted; GNN has nothing to compile.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from watchline.ops.track import Recorded, recorded, tracks_of
from watchline.sensing.detection import P_MAX
from watchline.sources.track_arrays import read_track_arrays

SHARED = Path(__file__).resolve().parents[1].parent / "shared"
BENCH = SHARED / "bench" / "tracking"
REAL = (2, 3, 4, 5, 13)
WARM_UP_S = 60.0
MOST_ASSUMED = 0.99
SHOWN = ("gospa50_per_tgt", "rms50", "miss50", "false50", "in95", "id_switches", "IDF1")
HEADER = "t,track_id,x,y,pxx,pxy,pyy,p_exist"


def load(name: str) -> Any:
    """Import a script of the bench that is not part of the project."""
    sys.path.insert(0, str(BENCH))
    spec = importlib.util.spec_from_file_location(name, BENCH / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def cut(recording: Recorded, seconds: float) -> Recorded:
    """Return the first seconds of a recording and nothing of the rest."""
    scans = np.flatnonzero(recording.scans.t_s <= seconds)
    found = np.flatnonzero(np.isin(recording.detections.scan_id, recording.scans.scan_id[scans]))
    return dataclasses.replace(
        recording, scans=recording.scans.take(scans), scan_arrive_s=recording.scan_arrive_s[scans],
        detections=recording.detections.take(found), det_arrive_s=recording.det_arrive_s[found], duration_s=seconds,
    )  # fmt: skip


def assumed(recording: Recorded, share: float) -> Recorded:
    """Return the recording for a tracker that takes every P_d for so many times its prior, at most MOST_ASSUMED."""
    eyes = recording.setup.world.eyes.copy()
    eyes["performance"][:, :, P_MAX] = np.minimum(share * eyes["performance"][:, :, P_MAX], MOST_ASSUMED)
    eyes["p_range"] = np.minimum(share * eyes["p_range"], MOST_ASSUMED)
    world = recording.setup.world._replace(eyes=eyes)
    return dataclasses.replace(recording, setup=dataclasses.replace(recording.setup, world=world))


def ours(recording: Recorded, out: Path, order: str, every_s: float) -> float:
    """Write our tracks; return the CPU seconds it took."""
    for _ in tracks_of(dataclasses.replace(recording, duration_s=WARM_UP_S), order, every_s):
        pass
    rows, started = [np.zeros((0, 8))], time.process_time()
    for batch in tracks_of(recording, order, every_s):
        shown = batch.take(np.flatnonzero(batch.confirmed))
        rows.append(np.column_stack([shown.t_s, shown.track_id, shown.xy_m, shown.cov[:, :3], shown.p_exist]))
    spent = time.process_time() - started
    np.savetxt(out, np.concatenate(rows), delimiter=",", fmt="%.9g", header=HEADER, comments="")
    return spent


def line(name: str, who: str, scores: dict[str, Any], detections: int, seconds: float, spent: float) -> str:
    """Return one row of the table."""
    cells = " ".join(f"{float(scores[key]):9.3f}" for key in SHOWN)
    return f"{name:8} {who:10} {seconds:5.0f} s {cells} {detections / spent:9.0f} {seconds / spent:8.1f}"


def scored(base: Path, seconds: float, chosen: argparse.Namespace, grid_s: float, gnn_s: float) -> None:
    """Print our row, and GNN's when it was asked for."""
    metrics = load("metrics")
    recording = recorded(read_track_arrays(base.with_suffix(".npz")))
    if chosen.p_assumed != 1.0:
        recording = assumed(recording, chosen.p_assumed)
    seconds = min(seconds, recording.duration_s)
    c, t_min = (200.0, 30.0) if grid_s == 5.0 else (50.0, 10.0)
    spans = [seconds, *([min(gnn_s, seconds)] if chosen.stone_soup and gnn_s < seconds else [])]
    for span in spans:
        out = base.with_suffix(".ours.csv")
        spent = ours(cut(recording, span), out, chosen.order, grid_s)
        scores = metrics.evaluate(str(base), str(out), span, c, grid_s, t_min)
        print(line(base.name, "watchline", scores, int((recording.detections.t_s <= span).sum()), span, spent))
    if chosen.stone_soup:
        out, span = base.with_suffix(".gnn.csv"), min(gnn_s, seconds)
        command = [chosen.stone_soup, str(BENCH / "run_stonesoup.py"), str(base), str(out), "--algo", "gnn"]
        used = os.times().children_user
        subprocess.run(
            [*command, "--t-max", f"{span}", "--budget", "900"],
            check=True, capture_output=True, env={**os.environ, "GRID": f"{grid_s:g}", "PYTHONPATH": str(BENCH)},
        )  # fmt: skip
        spent = os.times().children_user - used
        scores = metrics.evaluate(str(base), str(out), span, c, grid_s, t_min)
        print(line(base.name, "GNN", scores, int((recording.detections.t_s <= span).sum()), span, spent), flush=True)


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser()
    options.add_argument("--size", nargs="*", default=["S"])
    options.add_argument("--seeds", nargs="*", type=int, default=[21, 22, 23])
    options.add_argument("--for", dest="seconds", type=float, default=900.0)
    options.add_argument("--gnn-for", type=float, default=900.0)
    options.add_argument("--bias", type=float, default=0.0)
    options.add_argument("--p-seen", type=float, default=1.0)
    options.add_argument("--p-assumed", type=float, default=1.0)
    options.add_argument("--order", default="time", choices=("time", "arrival"))
    options.add_argument("--real", action="store_true")
    options.add_argument("--stone-soup")
    chosen = options.parse_args()
    if not BENCH.is_dir():
        sys.exit("no bench in ../shared")
    print(f"{'':8} {'':10} {'':7} " + " ".join(f"{key[:9]:>9}" for key in SHOWN) + "     det/s  x real")
    with tempfile.TemporaryDirectory() as folder:
        for size in chosen.size:
            for seed in chosen.seeds:
                base = Path(folder) / f"{size}{seed}"
                more = ["--bias", str(chosen.bias), "--pd", str(chosen.p_seen)]
                make = [
                    sys.executable,
                    str(BENCH / "gen.py"),
                    "--size",
                    size,
                    "--seed",
                    str(seed),
                    "--out",
                    str(base),
                ]
                subprocess.run([*make, *more], check=True, capture_output=True)
                scored(base, chosen.seconds, chosen, 5.0, chosen.gnn_for)
        for number in REAL if chosen.real else ():
            base = Path(folder) / f"AF{number}"
            make = [sys.executable, str(BENCH / "autoferry.py"), str(SHARED / "data" / "autoferry"), str(number)]
            subprocess.run([*make, str(base)], check=True, capture_output=True)
            scored(base, 1e9, chosen, 2.0, 1e9)


if __name__ == "__main__":
    main()
