"""How fast is the tracker where it stands in the product: heard in order of arrival, explained, kept in a ledger?

    python benchmarks/tracking_product.py [--size L] [--seed 12] [--targets 1000] [--for 120] [--step 0.5]

Scans and detections of the bench's generator (../shared/bench/tracking) come in steps of the running core, in order
of arrival, late ones late.  Each step goes through the tracker; scans, detections and, once a second, shown tracks
are kept in a ledger on disk, cut every five seconds as the core does; each track is explained when it is first shown.
Times are processor time of the whole process, ledger's threads and the disk's part included, after compiling.
"""

from __future__ import annotations

import argparse
import dataclasses
import math
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from watchline.domain.batches import DetectionBatch, ScanBatch, TrackBatch
from watchline.ledger.writer import Ledger
from watchline.ops.streams import CUT_EVERY_S
from watchline.ops.track import Recorded, recorded, tracks_of
from watchline.sources.track_arrays import read_track_arrays
from watchline.tracking import tracker
from watchline.tracking.explain import explain

GENERATOR = Path(__file__).resolve().parents[1].parent / "shared" / "bench" / "tracking" / "gen.py"


def through(recording: Recorded, folder: Path, step_s: float) -> dict[str, float]:
    """Take a recording through tracker and ledger; return processor seconds by part."""
    state = tracker.init(recording.setup)
    scan_order = np.argsort(recording.scan_arrive_s, kind="stable")
    det_order = np.argsort(recording.det_arrive_s, kind="stable")
    scans, detections = recording.scans.take(scan_order), recording.detections.take(det_order)
    times = step_s * np.arange(1, math.floor(recording.duration_s / step_s) + 1)
    scan_end = np.searchsorted(recording.scan_arrive_s[scan_order], times, side="right")
    det_end = np.searchsorted(recording.det_arrive_s[det_order], times, side="right")
    spent, a, b = {"tracker": 0.0, "explaining": 0.0, "ledger": 0.0}, 0, 0
    kept_scans: list[ScanBatch] = []
    kept_detections: list[DetectionBatch] = []
    kept_tracks: list[TrackBatch] = []
    explained: set[int] = set()
    with Ledger.create(folder, lambda: os.urandom(16)) as ledger:
        for now_s, a1, b1 in zip(times.tolist(), scan_end.tolist(), det_end.tolist(), strict=True):
            begin = time.process_time()
            heard, found = scans.take(slice(a, a1)), detections.take(slice(b, b1))
            state, tracks = tracker.step(state, heard, found, now_s)
            a, b = a1, b1
            spent["tracker"] += time.process_time() - begin
            begin = time.process_time()
            shown = tracks.take(np.flatnonzero(tracks.confirmed))
            for track_id in set(shown.track_id.tolist()) - explained:
                assert explain(state, track_id) is not None
                explained.add(track_id)
            spent["explaining"] += time.process_time() - begin
            begin = time.process_time()
            kept_scans.append(heard)
            kept_detections.append(found)
            if now_s % 1.0 < 1e-6:
                kept_tracks.append(shown)
            if now_s % CUT_EVERY_S < 1e-6:
                for batch in (
                    ScanBatch.join(kept_scans), DetectionBatch.join(kept_detections), TrackBatch.join(kept_tracks)
                ):  # fmt: skip
                    ledger.append_columns(batch, now_s)
                ledger.cut(now_s)
                kept_scans, kept_detections, kept_tracks = [], [], []
            spent["ledger"] += time.process_time() - begin
        begin = time.process_time()
        ledger.wait_durable()
        spent["ledger"] += time.process_time() - begin
    return {**spent, "shown": float(len(explained)), "late": float(state.history.late)}


def main() -> None:
    """Print one line."""
    options = argparse.ArgumentParser()
    options.add_argument("--size", default="L")
    options.add_argument("--seed", type=int, default=12)
    options.add_argument("--targets", type=int, default=1000)
    options.add_argument("--for", dest="seconds", type=float, default=120.0)
    options.add_argument("--step", type=float, default=0.5)
    chosen = options.parse_args()
    if not GENERATOR.is_file():
        sys.exit("no bench in ../shared")
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder) / "line"
        make = [sys.executable, str(GENERATOR), "--size", chosen.size, "--seed", str(chosen.seed)]
        more = ["--targets", str(chosen.targets), "--out", str(base)]
        subprocess.run([*make, *more], check=True, capture_output=True)
        recording = recorded(read_track_arrays(base.with_suffix(".npz")))
        recording = dataclasses.replace(recording, duration_s=min(chosen.seconds, recording.duration_s))
        for _ in tracks_of(dataclasses.replace(recording, duration_s=20.0), "arrival", 5.0):
            pass  # compile
        spent = through(recording, Path(folder) / "ledger", chosen.step)
    detections = int((recording.det_arrive_s <= recording.duration_s).sum())
    whole = spent["tracker"] + spent["explaining"] + spent["ledger"]
    parts = ", ".join(f"{name} {spent[name]:.2f} s" for name in ("tracker", "explaining", "ledger"))
    print(
        f"{chosen.size} seed {chosen.seed}, {chosen.targets} targets, {recording.duration_s:.0f} s: {detections} "
        f"detections, {spent['shown']:.0f} tracks shown, {spent['late']:.0f} scans refused as late; {parts}; "
        f"{recording.duration_s / whole:.1f} times real time, {whole / detections * 1e6:.0f} us a detection "
        f"(tracker alone {spent['tracker'] / detections * 1e6:.0f})"
    )


if __name__ == "__main__":
    main()
