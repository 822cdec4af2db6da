"""Measure vision on real thermal data kept beside the repository (../shared) and print one table.

    python benchmarks/vision_real.py [--clips N] [--quick] [--only drones,stills,recordings,injected,calibration]
                                     [--net FILE]

Drone clips: first 150 pictures of each, the first 30 not scored; one threshold for all clips; objects
that nobody labelled count as false alarms.  Stills: people on HIT-UAV pictures (cars and bicycles
neither), pixel masks on SIRST; --net has the network of these weights look, which is off otherwise.  CPTV: what is
confirmed per clip.  Injection: synthetic walkers in real backgrounds, 16 bit, noise sd 4 counts, still, shaken by
half a pixel, under slow clouds; 16 pictures from where the walkers appear on are not scored; the odd backgrounds,
which nothing was set on.  Calibration: pictures without subjects, detections counted at the rate asked for, with
hours and 95 % Poisson upper bound.
"""

from __future__ import annotations

import argparse
import glob
import importlib.util
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from scipy.stats import chi2

from watchline.domain.frames import Frame
from watchline.sources.pictures import grey, open_pictures
from watchline.vision import VisionSettings, detector, init, spot_net, step

SHARED = Path(__file__).resolve().parents[1].parent / "shared"
DATA = SHARED / "data" / "thermal"
PICTURES, WARM_UP = 150, 30
# Peaks of each sign for --net, stills and moving: 16 hold 99.8 % of the public pictures' subjects, 6 hold 99 %.
LOOKS = (16, 6)
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
                {
                    "bbox": list(d.bbox_px),
                    "score": d.score,
                    "track": d.track,
                    "confirmed": d.confirmed,
                    "at": (d.x_px, d.y_px),
                }
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
    print(f"; a threshold per clip, mean Pd@0.1 {mean:.3f}; {1e3 * np.median(spent):.1f} ms/picture")
    least = whole["thr@0.1FA/frame"]
    each = [
        scoring.box_eval(
            keep({k: predicted[k]}, lambda d: d["score"] >= least), {k: cut[k]}, 4, 0, (0.1,), 3, WARM_UP
        )
        for k in names
        if any(cut[k]["frames"])
    ]
    share = [r.get("max_recall", 0.0) for r in each]
    spread = " ".join(f"{q}: {np.percentile(share, q):.2f}" for q in (10, 25, 50, 75, 90))
    print(f"  clips at that one threshold: mean Pd {np.mean(share):.3f}, percentiles {spread}")
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
    for rate in (0.01, 0.03, 0.05, 0.1, 0.2, 0.5, 1.0):
        one = VisionSettings(mode="stills", false_alarms_per_picture=rate)
        score = scoring.mask_new()
        masks = sorted(glob.glob(str(DATA / "sirst" / "masks" / "*.png")))
        for path in masks[::every]:
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


def clouds(shape: tuple[int, ...], count: int, seed: int) -> Any:
    """Yield slow clouds: a smooth field of 10 times the noise, structure of 30 px, a quarter of a pixel a picture."""
    rng = np.random.default_rng(1000 + seed)
    field = cv2.GaussianBlur(rng.normal(0, 1, (shape[0] + 200, shape[1] + 200)).astype(np.float32), (0, 0), 30.0)
    field *= 40.0 / field.std()
    for k in range(count):
        matrix = np.array([[1, 0, -0.25 * k - 20], [0, 1, -0.05 * k - 20]], np.float32)
        yield cv2.warpAffine(field, matrix, (shape[1], shape[0]))


def backgrounds() -> list[tuple[str, np.ndarray]]:
    """Return the odd backgrounds in 320 x 256, counts: nothing was set on these."""
    paths = sorted(glob.glob(str(DATA / "backgrounds" / "*.png")))[1::2]
    made = [cv2.resize(grey(cv2.imread(p, -1)), (320, 256), interpolation=cv2.INTER_AREA) for p in paths]
    return [(p, m.astype(np.float32) * 8) for p, m in zip(paths, made, strict=True)]


def position_errors(predicted: dict[str, Any], truth: dict[str, Any], least: float) -> np.ndarray:
    """Return the distance of the nearest detection above a score to each true place, px, where one is near."""
    errors = []
    for name, given in truth.items():
        for frame, found in zip(given["frames"][76:], predicted[name]["frames"][76:], strict=True):
            places = [(d["bbox"], d["at"]) for d in found if d["score"] >= least]
            for true in frame:
                x, y = true["bbox"][0] + 2, true["bbox"][1] + 2
                apart = [float(np.hypot(at[0] - x, at[1] - y)) for _, at in places]
                if apart and min(apart) < 8.0:
                    errors.append(min(apart))
    return np.array(errors)


def injected(scoring: Any, synth: Any, scenes: int) -> None:
    """Print the detection of synthetic walkers."""
    every = backgrounds()
    chosen = every[:: max(len(every) // scenes, 1)][:scenes]
    for jitter, cloudy in ((0.0, False), (0.5, False), (0.0, True), (0.5, True)):
        for snr in (1, 2, 3, 5):
            predicted, truth = {}, {}
            for seed, (path, scene) in enumerate(chosen):
                made, boxes = synth.sequence(scene, n=130, snr=snr, start=60, targets=4, seed=seed, jitter=jitter)
                if cloudy:
                    made = [p + c for p, c in zip(made, clouds(scene.shape, 130, seed), strict=True)]
                frames = [Frame("s", n, n / 9.0, p.astype(np.float32)) for n, p in enumerate(made)]
                predicted[path] = {"frames": run(frames, EVERYTHING)[0]}
                truth[path] = {"fps": 9.0, "width": 320, "height": 256, "frames": boxes}
            r = scoring.box_eval(predicted, truth, 4, 0, (0.1, 1), 5, 76)
            sure = scoring.box_eval(keep(predicted, lambda d: d["confirmed"]), truth, 4, 0, (0.1,), 5, 76)
            off = position_errors(predicted, truth, r["thr@0.1FA/frame"])
            far = f"{np.median(off):.2f} / {np.percentile(off, 95):.2f}" if len(off) else "none"
            print(
                f"injected SNR {snr} shake {jitter} px{' clouds' * cloudy:7s}: Pd@0.1 {r['Pd@0.1FA/frame']:.3f} "
                f"Pd@1 {r['Pd@1FA/frame']:.3f}; error px median / 95 % {far}; subjects confirmed "
                f"{sure['object_Pd']:.2f}, false {sure.get('false_tracks', 0)} in {len(truth) * 54} pictures"
            )


def empty_clips(count: int) -> Any:
    """Yield name and pictures of scenes without subjects: made 16 bit, the same compressed, real, rendered."""
    for k, (_, scene) in enumerate(backgrounds()[:3]):
        rng = np.random.default_rng(k)
        yield f"noise 16 bit {k}", [np.round(scene + 500 + rng.normal(0, 4, scene.shape)) for _ in range(count)]
    for k, (_, scene) in enumerate(backgrounds()[:3]):
        yield f"compressed {k}", list(compressed(scene / 8, count, k))
    for name in ("noise_01", "noise_02", "skyline"):
        with open_pictures(str(DATA / "cptv" / f"{name}.cptv")) as pictures:
            yield f"CPTV {name}", [f.pixels for f in pictures if not f.shutter]
    rendered = load_beside("rendered_vs_real")
    for k, clip in enumerate(rendered.rendered_clips(rendered.demo_site(1), (0.0,), count)[:2]):
        yield f"rendered {k}", list(clip)


def load_beside(name: str) -> Any:
    """Import another script of this folder."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).parent / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def compressed(scene: np.ndarray, count: int, seed: int) -> Any:
    """Yield 8-bit pictures of a scene with noise after H.264 (MPEG-4 part 2 where OpenCV has no H.264 encoder)."""
    rng = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "clip.mp4")
        for codec in ("avc1", "mp4v"):
            out = cv2.VideoWriter(path, cv2.VideoWriter_fourcc(*codec), 9.0, scene.shape[::-1], True)
            if out.isOpened():
                break
        for _ in range(count):
            noisy = np.clip(scene + rng.normal(0, 1.5, scene.shape), 0, 255).astype(np.uint8)
            out.write(cv2.cvtColor(noisy, cv2.COLOR_GRAY2BGR))
        out.release()
        clip = cv2.VideoCapture(path)
        while (read := clip.read())[0]:
            yield cv2.cvtColor(read[1], cv2.COLOR_BGR2GRAY)


def calibration(count: int) -> None:
    """Print asked and observed detections per picture on scenes without subjects."""
    asked = (3.0, 1.0, 0.3, 0.1, 0.03, 0.01, 0.002)
    total: dict[str, list[float]] = {}
    for name, clip in empty_clips(count):
        frames = [Frame("e", n, n / 9.0, np.asarray(p)) for n, p in enumerate(clip)]
        found, _ = run(frames, EVERYTHING)
        scores = np.array([d["score"] for f in found[40:] for d in f])
        sure = len({d["track"] for f in found[40:] for d in f if d["confirmed"]})
        counts = [float(np.sum(scores >= -np.log10(rate))) for rate in asked]
        kind = name.rsplit(" ", 1)[0]
        row = total.setdefault(kind, [0.0] * (len(asked) + 2))
        total[kind] = [a + b for a, b in zip(row, [*counts, float(sure), float(len(found) - 40)], strict=True)]
    for kind, row in total.items():
        pictures, hours = row[-1], row[-1] / 9.0 / 3600.0
        cells = "  ".join(
            f"{rate:g}: {n / pictures:.3g} (<= {chi2.ppf(0.95, 2 * (n + 1)) / 2 / pictures:.2g})"
            for rate, n in zip(asked, row, strict=False)
        )
        bound = chi2.ppf(0.95, 2 * (row[-2] + 1)) / 2 / hours
        print(f"no subjects, {kind}: {pictures:.0f} pictures, {hours:.3f} h; asked: seen a picture  {cells}")
        print(f"  confirmed without subject {row[-2]:.0f}, at most {bound:.0f} an hour (95 %)")


def main() -> None:
    """Print the table."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--clips", type=int, default=100, help="drone clips to run")
    ask.add_argument("--quick", action="store_true", help="a tenth of everything")
    ask.add_argument("--only", default="drones,stills,recordings,injected,calibration")
    ask.add_argument("--net", type=Path, default=None, help="weights of a network that shall look, too")
    asked = ask.parse_args()
    if not DATA.is_dir():
        print("skipped: no shared data")
        sys.exit(0)
    cv2.setNumThreads(1)
    if asked.net is not None:
        judged = spot_net.read(asked.net.read_bytes())
        spot_net.network = lambda: judged
        detector.STILL_LOOKS, detector.MOVING_LOOKS = LOOKS
    scoring, synth = load("eval"), load("synth")
    parts = {
        "drones": lambda: drones(scoring, 10 if asked.quick else asked.clips),
        "stills": lambda: stills(scoring, 10 if asked.quick else 1),
        "recordings": recordings,
        "injected": lambda: injected(scoring, synth, 2 if asked.quick else 6),
        "calibration": lambda: calibration(120 if asked.quick else 400),
    }
    for name in asked.only.split(","):
        parts[name]()


if __name__ == "__main__":
    main()
