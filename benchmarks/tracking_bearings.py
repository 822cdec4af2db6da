"""Do bearings help? The real boats of ../shared/data/autoferry with and without their infrared and optical bearings.

    python benchmarks/tracking_bearings.py

Radar and lidar as the bench's autoferry.py converts them; bearings are those of sensors 3 (infrared) and 4 (optical),
clockwise from north, with an error of SD_RAD.  Scored at 2 s from 10 s on, as `tracking.py --real` does.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from tracking import BENCH, HEADER, REAL, SHARED, load

from watchline.ops.track import recorded, tracks_of
from watchline.sources.track_arrays import read_track_arrays

SD_RAD, REACH_M, HEIGHT_M = 0.03, 700.0, 5.0
PERIOD_S = {3: 0.12, 4: 0.2}
SHOWN = ("gospa50_per_tgt", "rms50", "miss50", "false50", "in95")


def with_bearings(base: Path, out: Path, number: int) -> None:
    """Write the arrays of a scenario with a camera's row, scan and detections for each look that tells bearings."""
    told = json.loads((SHARED / f"data/autoferry/scenario{number}/scenario{number}_detections.json").read_text())
    arrays = dict(np.load(base.with_suffix(".npz")))
    first, rows = len(arrays["sensors"]), [x for x in told if x["sensorID"] in PERIOD_S]
    k = first + np.arange(len(rows))
    t = np.array([x["time"] - told[0]["time"] for x in rows])
    cameras = np.zeros((len(rows), arrays["sensors"].shape[1]))
    for row, x in zip(cameras, rows, strict=True):
        north, east = x["ownshipPosition"][:2]
        # The two cameras are told apart by their period, as `ops.track` finds which rows are one sensor that moves.
        row[:11] = 0, east, north, HEIGHT_M, PERIOD_S[x["sensorID"]], 0, 1, 0.1, REACH_M, SD_RAD, SD_RAD
    found = [(n, 0.5 * np.pi - a) for n, x in enumerate(rows) for a in np.ravel(x["measurement"])]
    n, bearing = np.array([f[0] for f in found]), np.array([f[1] for f in found])
    nan = np.full(len(n), np.nan)
    scan_id = arrays["scan_id"].max() + 1 + np.arange(len(rows))
    more = {
        "det_t": t[n], "det_t_arrive": t[n] + 0.1, "det_scan": scan_id[n], "det_sensor": k[n], "det_kind": 0 * n,
        "det_z": np.column_stack([bearing, nan, nan]), "det_sd": np.column_stack([0 * bearing + SD_RAD, nan, nan]),
        "det_class": 0 * n, "det_snr": 0 * bearing + 10.0, "scan_id": scan_id, "scan_sensor": k, "scan_t": t,
        "scan_t_arrive": t + 0.1, "scan_az0": 0 * t - np.pi, "scan_az1": 0 * t + np.pi, "sensors": cameras,
    }  # fmt: skip
    for name, column in more.items():
        arrays[name] = np.concatenate([arrays[name], column.astype(arrays[name].dtype)])
    np.savez(out.with_suffix(".npz"), **arrays)
    np.savez(out.with_suffix(".truth.npz"), **np.load(base.with_suffix(".truth.npz")))


def scores(base: Path, metrics: Any) -> list[float]:
    """Return what the tracker reaches on a scenario."""
    rows = [np.zeros((0, 8))]
    for batch in tracks_of(recorded(read_track_arrays(base.with_suffix(".npz"))), "time", 2.0):
        shown = batch.take(np.flatnonzero(batch.confirmed))
        rows.append(np.column_stack([shown.t_s, shown.track_id, shown.xy_m, shown.cov[:, :3], shown.p_exist]))
    out = base.with_suffix(".csv")
    np.savetxt(out, np.concatenate(rows), delimiter=",", fmt="%.9g", header=HEADER, comments="")
    found = metrics.evaluate(str(base), str(out), None, 50.0, 2.0, 10.0)
    return [float(found[name]) for name in SHOWN]


def main() -> None:
    """Print a line per scenario and the means."""
    if not BENCH.is_dir():
        sys.exit("no bench in ../shared")
    metrics, plain, both = load("metrics"), [], []
    print(f"{'':18}" + " ".join(f"{name[:9]:>9}" for name in SHOWN))
    with tempfile.TemporaryDirectory() as folder:
        for number in REAL:
            base, more = Path(folder) / f"AF{number}", Path(folder) / f"AF{number}B"
            make = [sys.executable, str(BENCH / "autoferry.py"), str(SHARED / "data" / "autoferry"), str(number)]
            subprocess.run([*make, str(base)], check=True, capture_output=True)
            with_bearings(base, more, number)
            for name, path, into in (("radar, lidar", base, plain), ("and bearings", more, both)):
                into.append(scores(path, metrics))
                print(f"{number:3} {name:14}" + " ".join(f"{x:9.3f}" for x in into[-1]))
    for name, rows in (("radar, lidar", plain), ("and bearings", both)):
        print(f"all {name:14}" + " ".join(f"{x:9.3f}" for x in np.mean(rows, axis=0)))


if __name__ == "__main__":
    main()
