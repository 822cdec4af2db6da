"""The open benchmark of the field: a seeded line of 200 km, what its sensors said, what was true, and a score.

    python benchmarks/open_line.py make DIR [--seed 1] [--minutes 30] [--km 200]
    python benchmarks/open_line.py ours DIR                 our tracker's answer: DIR/ours.csv
    python benchmarks/open_line.py score DIR TRACKS.csv     the scores of anybody's answer, as JSON

DIR holds the site (site.toml, line, elevation), sensors.csv, given.npz (columns of looks and detections, in order of
time, no truth in them), truth.csv (everybody within 3 km of the line, every five seconds) and crossings.csv.  What
the columns mean: docs/reference/records.md, ScanBatch and DetectionBatch.  Places are metres on the site's grid; its
proj string stands in grid.txt.  TRACKS.csv: t,track_id,x,y, a row for every track at every time of truth.csv.

Scores: GOSPA (p = 2, c = 100 m, alpha = 2) per moment, root mean square over moments; per true subject its parts:
place error (m), missed, false; and of all who crossed inwards the share that had a track within 200 m in the last
minute before the line.  Truth is everybody in the belt, seen or not: nobody can reach zero, and the blind stretches
are part of the question.  Same seed, minutes and version: the same files, bit by bit (digest.txt).
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from watchline.cli.demo_site import write_demo
from watchline.cli.simulated import simulated_feed
from watchline.domain.batches import DetectionBatch, ScanBatch
from watchline.ops.site_file import read_site
from watchline.sensing.placing import placed
from watchline.sensing.signature import BIRD
from watchline.sim.demo import demo_site
from watchline.sim.world import World, start_of
from watchline.tracking import tracker

F8 = NDArray[np.float64]
EVERY_S, BELT_M, CUT_M, NEAR_M, BEFORE_S = 5.0, 3000.0, 100.0, 200.0, 60.0


def make(folder: Path, seed: int, minutes: float, km: float) -> None:
    """Write the line, what was said, what was true."""
    write_demo_into(folder, seed, km)
    loaded = read_site(folder)
    terrain, site = loaded.terrain(), loaded.site
    start_s = start_of(site)
    world = simulated_feed(loaded, terrain, seed, start_s, frozenset())
    assert isinstance(world, World)
    scans: list[ScanBatch] = []
    found: list[DetectionBatch] = []
    with (folder / "truth.csv").open("w", newline="") as file:
        truth = csv.writer(file)
        truth.writerow(("t", "body", "party", "own", "x", "y", "s", "d"))
        for n in range(1, int(minutes * 60 / EVERY_S) + 1):
            step = world.step(start_s + n * EVERY_S)
            scans.append(step.scans)
            found.append(step.detections)
            now = world.truth()
            near = (
                (np.abs(now.d_m) <= BELT_M) & (now.kind != BIRD) & (now.s_m >= 0) & (now.s_m <= loaded.line.length_m)
            )
            for k in np.flatnonzero(near):
                place = [round(float(v), 2) for v in (*now.xy_m[k], now.s_m[k], now.d_m[k])]
                truth.writerow((n * EVERY_S, now.id[k], now.party[k], int(now.unit[k] >= 0), *place))
    with (folder / "crossings.csv").open("w", newline="") as file:
        crossings = csv.writer(file)
        crossings.writerow(("t", "body", "s", "inwards"))
        for row in zip(now.crossing_t_s, now.crossing_id, now.crossing_s_m, now.crossing_sign, strict=True):
            if row[0] >= start_s:
                crossings.writerow(
                    (round(float(row[0] - start_s), 2), row[1], round(float(row[2]), 1), int(row[3] > 0))
                )
    columns = {f"scan_{name}": array for name, array in ScanBatch.join(scans).columns().items()}
    columns |= {f"det_{name}": array for name, array in DetectionBatch.join(found).columns().items()}
    for name in ("scan_t_s", "det_t_s"):
        columns[name] = columns[name] - start_s
    np.savez_compressed(folder / "given.npz", **columns)
    where = placed(site, loaded.line, terrain)
    with (folder / "sensors.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(("index", "id", "kind", "x", "y", "z", "convergence_rad", "max_range_m"))
        for k, sensor in enumerate(site.sensors):
            eye = [round(float(v), 2) for v in where.eye_m[k]]
            table.writerow((k, sensor.id, sensor.kind, *eye, float(where.convergence_rad[k]), sensor.max_range_m))
    (folder / "grid.txt").write_text(loaded.line.frame.proj4 + "\n")
    digest = hashlib.sha256(b"".join(np.ascontiguousarray(array).tobytes() for array in columns.values()))
    digest.update((folder / "truth.csv").read_bytes() + (folder / "crossings.csv").read_bytes())
    (folder / "digest.txt").write_text(f"{digest.hexdigest()}  seed {seed}, {minutes:g} min, {km:g} km\n")
    print((folder / "digest.txt").read_text().strip())


def write_demo_into(folder: Path, seed: int, km: float) -> None:
    """Write the line itself."""
    folder.mkdir(parents=True, exist_ok=True)
    write_demo(folder, demo_site(seed, length_m=km * 1000.0))


def ours(folder: Path) -> None:
    """Write what our tracker makes of it; processor time is printed."""
    loaded = read_site(folder)
    given = np.load(folder / "given.npz")
    scans = ScanBatch(**{name: given[f"scan_{name}"] for name in ScanBatch.COLUMNS})
    found = DetectionBatch(**{name: given[f"det_{name}"] for name in DetectionBatch.COLUMNS})
    state = tracker.init(tracker.set_up(loaded.site, loaded.line, loaded.terrain()))
    times = np.unique(_read(folder / "truth.csv", "t"))
    spent, a, b = 0.0, 0, 0
    with (folder / "ours.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(("t", "track_id", "x", "y"))
        for t_s in np.arange(1.0, times[-1] + 1.0):
            began = time.process_time()
            a1, b1 = np.searchsorted(scans.t_s, t_s, "right"), np.searchsorted(found.t_s, t_s, "right")
            state, tracks = tracker.step(state, scans.take(slice(a, a1)), found.take(slice(b, b1)), float(t_s))
            a, b = int(a1), int(b1)
            spent += time.process_time() - began
            if t_s % EVERY_S == 0:
                for k in np.flatnonzero(tracks.confirmed):
                    table.writerow((t_s, tracks.track_id[k], *(round(float(v), 2) for v in tracks.xy_m[k])))
    told = {"processor_s": round(spent, 1), "times_real_time": round(times[-1] / spent, 1)}
    print(json.dumps({"answer": str(folder / "ours.csv"), **told}))


def _read(path: Path, name: str) -> F8:
    with path.open(newline="") as file:
        return np.array([float(row[name]) for row in csv.DictReader(file)])


def _by_time(path: Path) -> dict[float, F8]:
    """Return the places (N, 2) of a CSV by time."""
    with path.open(newline="") as file:
        rows: dict[float, list[tuple[float, float]]] = defaultdict(list)
        for row in csv.DictReader(file):
            rows[float(row["t"])].append((float(row["x"]), float(row["y"])))
    return {t_s: np.array(places) for t_s, places in rows.items()}


def gospa(true: F8, told: F8, cut_m: float = CUT_M) -> tuple[float, float, int, int]:
    """Return the sum of squared place errors, how many were placed, missed, false (p = 2, alpha = 2)."""
    if not len(true) or not len(told):
        return 0.0, 0.0, len(true), len(told)
    away = np.minimum(cdist(true, told), cut_m)
    rows, columns = linear_sum_assignment(away**2)
    good = away[rows, columns] < cut_m
    errors = away[rows, columns][good]
    return float((errors**2).sum()), float(good.sum()), len(true) - int(good.sum()), len(told) - int(good.sum())


def score(folder: Path, answer: Path) -> dict[str, float]:
    """Return the scores of an answer."""
    truth, told = _by_time(folder / "truth.csv"), _by_time(answer)
    nobody = np.zeros((0, 2))
    parts = np.array([gospa(places, told.get(t_s, nobody)) for t_s, places in sorted(truth.items())])
    moments = np.sqrt(parts[:, 0] + CUT_M**2 / 2 * (parts[:, 2] + parts[:, 3]))
    subjects = (parts[:, 1] + parts[:, 2]).sum()
    seen, crossed = _crossings(folder, told)
    return {
        "gospa_m": round(float(np.sqrt((moments**2).mean())), 1),
        "place_error_m": round(float(np.sqrt(parts[:, 0].sum() / max(parts[:, 1].sum(), 1.0))), 2),
        "missed_per_subject": round(float(parts[:, 2].sum() / subjects), 4),
        "false_per_subject": round(float(parts[:, 3].sum() / subjects), 4),
        "crossings_inwards": crossed,
        "crossings_tracked": round(seen / max(crossed, 1), 4),
    }


def _crossings(folder: Path, told: dict[float, F8]) -> tuple[int, int]:
    with (folder / "truth.csv").open(newline="") as file:
        way: dict[tuple[str, float], tuple[float, float]] = {
            (row["body"], float(row["t"])): (float(row["x"]), float(row["y"])) for row in csv.DictReader(file)
        }
    seen = crossed = 0
    with (folder / "crossings.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            last = np.floor(float(row["t"]) / EVERY_S) * EVERY_S
            before = [(row["body"], float(t_s)) for t_s in np.arange(last - BEFORE_S, last + 1.0, EVERY_S)]
            before = [key for key in before if key in way]
            if row["inwards"] == "1" and before:
                crossed += 1
                seen += any(_near(told.get(key[1], np.zeros((0, 2))), way[key]) for key in before)
    return seen, crossed


def _near(places: F8, where: tuple[float, float]) -> bool:
    return bool(len(places)) and float(np.hypot(*(places - where).T).min()) <= NEAR_M


def main() -> None:
    """Do what is asked."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("what", choices=("make", "ours", "score"))
    ask.add_argument("folder", type=Path)
    ask.add_argument("answer", type=Path, nargs="?")
    ask.add_argument("--seed", type=int, default=1)
    ask.add_argument("--minutes", type=float, default=30.0)
    ask.add_argument("--km", type=float, default=200.0)
    asked = ask.parse_args()
    if asked.what == "make":
        make(asked.folder, asked.seed, asked.minutes, asked.km)
    elif not (asked.folder / "digest.txt").exists():
        raise SystemExit(f"{asked.folder}: holds no line; make it first")
    elif asked.what == "ours":
        ours(asked.folder)
    else:
        print(json.dumps(score(asked.folder, asked.answer or asked.folder / "ours.csv")))


if __name__ == "__main__":
    main()
