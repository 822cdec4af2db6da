"""Measure vision on real thermal data kept beside the repository (../shared) and print one table.

    python benchmarks/vision_real.py [--clips N] [--quick]

Drone clips: first 150 pictures of each, the first 30 not scored; one threshold for all clips; objects
that nobody labelled count as false alarms.  Stills: people on HIT-UAV pictures (cars and bicycles
neither), pixel masks on SIRST.  CPTV: what is confirmed per clip.  Injection: a synthetic walker in real
backgrounds, 16 bit, noise sd 4 counts.  Times are of one core and one thread.
"""

from __future__ import annotations

import argparse
import glob
import importlib.util
import json
import sys
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from watchline.domain.frames import Frame
from watchline.sources.pictures import grey, open_pictures
from watchline.vision import VisionSettings, init, step

SHARED = Path(__file__).resolve().parents[1].parent / "shared"
DATA = SHARED / "data" / "thermal"
PICTURES, WARM_UP = 150, 30
EVERYTHING = VisionSettings(false_alarms_per_picture=10.0)


def load(name: str) -> Any:
    """Import a scoring script that is not part of the project."""
    spec = importlib.util.spec_from_file_location(name, SHARED / "bench" / "thermal" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(frames: Any, settings: VisionSettings) -> tuple[list[list[dict[str, Any]]], float]:
    """Return the detections of every picture and the seconds a picture took."""
    state, found, spent, n = init(settings), [], 0.0, 0
    for frame in frames:
        started = time.perf_counter()
        state, result = step(state, frame, frame.t_s)
        spent += time.perf_counter() - started
        n += 1
        found.append(
            [
                {"bbox": list(d.bbox_px), "score": d.score, "track": d.track, "confirmed": d.confirmed}
                for d in result.detections
            ]
        )
    return found, spent / max(n, 1)


def first(pictures: Any, count: int) -> Any:
    """Yield the first pictures of a source."""
    for frame in pictures:
        if frame.number >= count:
            return
        yield frame


def keep(predicted: dict[str, Any], rule: Any) -> dict[str, Any]:
    """Return the predictions that a rule keeps."""
    return {k: {"frames": [[d for d in f if rule(d)] for f in v["frames"]]} for k, v in predicted.items()}


def drones(scoring: Any, most: int) -> None:
    """Print the drone clips' rows."""
    truth = json.loads((DATA / "drone_ir" / "gt.json").read_text())
    names = sorted(truth)[:: max(1, len(truth) // most)]
    predicted, spent = {}, []
    for name in names:
        with open_pictures(str(DATA / "drone_ir" / truth[name]["file"])) as pictures:
            frames, seconds = run(first(pictures, PICTURES), EVERYTHING)
        predicted[name] = {"frames": frames}
        spent.append(seconds)
    cut = {k: {**truth[k], "frames": truth[k]["frames"][:PICTURES]} for k in names}
    whole = scoring.box_eval(predicted, cut, 4, 0, (0.1, 0.3, 1, 10), 3, WARM_UP)
    alone = [
        scoring.box_eval({k: predicted[k]}, {k: cut[k]}, 4, 0, (0.1, 1), 3, WARM_UP)
        for k in names
        if any(cut[k]["frames"])
    ]
    mean = np.mean([r.get("Pd@0.1FA/frame", 0.0) for r in alone])
    print(f"drone clips {len(names)}: one threshold, Pd at FA/frame", end="")
    for far in ("0.1", "0.3", "1", "10"):
        print(f"  {far}: {whole[f'Pd@{far}FA/frame']:.3f}", end="")
    print(f"; mean of per-clip Pd@0.1 {mean:.3f}; {1e3 * np.median(spent):.1f} ms/picture")
    for label, rule in (
        ("default", lambda d: d["score"] >= 1.0 or d["confirmed"]),
        ("confirmed", lambda d: d["confirmed"]),
    ):
        r = scoring.box_eval(keep(predicted, rule), cut, 4, 0, (0.1,), 3, WARM_UP)
        print(
            f"  {label}: Pd {r['max_recall']:.3f} at {r['fa_per_frame_all']:.3f} FA/frame, "
            f"objects {r['object_Pd']:.3f}"
        )


def stills(scoring: Any, every: int) -> None:
    """Print the rows of single pictures."""
    truth = json.loads((DATA / "hituav" / "gt.json").read_text())
    settings = VisionSettings(mode="stills", false_alarms_per_picture=10.0)
    predicted, cut = {}, {}
    for name in sorted(truth)[::every]:
        frame = Frame("uav", 0, 0.0, grey(cv2.imread(str(DATA / "hituav" / truth[name]["file"]), -1)))
        predicted[name] = {"frames": run([frame], settings)[0]}
        boxes = [{**b, "ignore": int(b["class"] != "person")} for b in truth[name]["frames"][0]]
        cut[name] = {**truth[name], "frames": [boxes]}
    r = scoring.box_eval(predicted, cut, 4, 0, (0.2, 1, 3, 10))
    print(f"HIT-UAV people, {len(cut)} pictures: Pd at FA/picture", end="")
    print("".join(f"  {far}: {r[f'Pd@{far}FA/frame']:.3f}" for far in ("0.2", "1", "3", "10")))
    for rate in (0.1, 0.2, 0.5, 1.0):
        one = VisionSettings(mode="stills", false_alarms_per_picture=rate)
        score = scoring.mask_new()
        for path in sorted(glob.glob(str(DATA / "sirst" / "masks" / "*.png")))[::every]:
            mask = grey(cv2.imread(path, -1))
            picture = grey(cv2.imread(path.replace("masks", "images"), -1))
            _, result = step(init(one), Frame("sirst", 0, 0.0, picture), 0.0)
            scoring.mask_update(score, result.mask, mask)
        m = scoring.mask_report(score)
        print(
            f"SIRST {m['images']} pictures, asked {rate:g} FA/picture: IoU {m['IoU']:.3f} nIoU {m['nIoU']:.3f} "
            f"Pd {m['Pd']:.3f} Fa {m['Fa_1e6']:.0f}e-6, false objects/picture {m['FAobj_per_img']:.2f}"
        )


def recordings() -> None:
    """Print what is confirmed on each CPTV clip."""
    for path in sorted((DATA / "cptv").glob("*.cptv")):
        with open_pictures(str(path)) as pictures:
            frames, _ = run(pictures, VisionSettings())
        confirmed = {d["track"] for f in frames for d in f if d["confirmed"]}
        reported = sum(len(f) for f in frames)
        print(f"CPTV {path.stem}: {len(frames)} pictures, {reported} detections, {len(confirmed)} confirmed")


def injected(scoring: Any, synth: Any, seeds: int) -> None:
    """Print the detection of a synthetic walker."""
    paths = sorted(glob.glob(str(DATA / "backgrounds" / "*.png")))[::9][:3]
    for snr, jitter in ((1, 0.0), (2, 0.0), (3, 0.0), (5, 0.0), (5, 0.5)):
        predicted, truth = {}, {}
        for path in paths:
            scene = cv2.resize(grey(cv2.imread(path, -1)), (320, 256), interpolation=cv2.INTER_AREA)
            for seed in range(seeds):
                made, boxes = synth.sequence(
                    scene.astype(np.float32) * 8, n=130, snr=snr, start=60, targets=4, seed=seed, jitter=jitter
                )
                frames = [Frame("s", n, n / 9.0, p.astype(np.float32)) for n, p in enumerate(made)]
                key = f"{path}{seed}"
                predicted[key] = {"frames": run(frames, EVERYTHING)[0]}
                truth[key] = {"fps": 9.0, "width": 320, "height": 256, "frames": boxes}
        r = scoring.box_eval(predicted, truth, 4, 0, (0.1, 1), 5, 60)
        sure = scoring.box_eval(keep(predicted, lambda d: d["confirmed"]), truth, 4, 0, (0.1,), 5, 60)
        print(
            f"injected SNR {snr} jitter {jitter}: Pd@0.1 {r['Pd@0.1FA/frame']:.2f} Pd@1 {r['Pd@1FA/frame']:.2f}; "
            f"subjects confirmed {sure['object_Pd']:.2f}, false confirmed {sure.get('false_tracks', 0)} "
            f"in {truth and len(truth) * 70} pictures"
        )


def main() -> None:
    """Print the table."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--clips", type=int, default=100, help="drone clips to run")
    ask.add_argument("--quick", action="store_true", help="a tenth of everything")
    asked = ask.parse_args()
    if not DATA.is_dir():
        print("skipped: no shared data")
        sys.exit(0)
    cv2.setNumThreads(1)
    scoring, synth = load("eval"), load("synth")
    drones(scoring, 10 if asked.quick else asked.clips)
    stills(scoring, 10 if asked.quick else 1)
    recordings()
    injected(scoring, synth, 1 if asked.quick else 3)


if __name__ == "__main__":
    main()
