"""`watchline detect INPUT --tune OUT.png`: threshold against false alarms and P_d, on your camera's own empty
scene.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from watchline.domain.errors import BadInput
from watchline.sources.depth import depth_of
from watchline.sources.pictures import RTSP_PREFIXES, Cut, open_pictures
from watchline.vision import VisionSettings, init, step, tuning

U1 = NDArray[np.uint8]

SNRS = (2.0, 3.0, 5.0, 8.0)
WALKERS, WALK_PICTURES = 8, 120
LEAST_PICTURES = 100  # the first are learning, and a rate needs some time
EVERYTHING = 10.0  # false alarms per picture: the deepest that is reported
LEAST_SIGMA = 0.5  # of an integer count, below which its step is the noise
WIDTH, HEIGHT, PAD = 1280, 560, 70
INK, GRID, PAPER = (40, 40, 40), (225, 225, 225), (255, 255, 255)
COLOURS = ((190, 120, 30), (40, 140, 40), (30, 60, 200), (140, 40, 140))  # BGR by contrast


def tune(where: str, out: Path, settings: VisionSettings, *, as_json: bool, seed: int = 1) -> int:
    """Watch an empty scene twice, bare and with walkers in it; write the picture and print the table."""
    if where.lower().startswith(RTSP_PREFIXES):
        raise BadInput(where, "tuning watches the same pictures twice", "record an hour of the empty scene first")
    if out.suffix.lower() not in (".png", ".jpg"):
        raise BadInput(f"--tune {out}", "must end in .png or .jpg")
    deep = replace(settings, false_alarms_per_picture=EVERYTHING)
    empty, hours, sigma, said = _empty(where, deep)
    found = _with_walkers(where, deep, sigma, seed)
    scores = np.concatenate([empty, *found.values()])
    high = float(np.max(scores[np.isfinite(scores)], initial=1.0))
    made = tuning.curve(empty, found, hours, np.linspace(-1.0, high + 0.1, 120))
    title = f"{Path(where).name}, {said}, noise {sigma:.2f} counts"
    picture = draw(made, title, -math.log10(settings.false_alarms_per_picture))
    if not out.parent.is_dir() or not cv2.imwrite(str(out), picture):
        raise BadInput(str(out), "cannot be written")
    _tell(made, out, as_json)
    return 0


def _frames(where: str, settings: VisionSettings) -> Any:
    with open_pictures(where, rate_hz=settings.rate_hz) as pictures:
        try:
            yield from pictures
        except Cut:
            return  # what is readable is enough to tune on


def _empty(where: str, settings: VisionSettings) -> tuple[NDArray[np.float64], float, float, str]:
    """Return all scores, hours watched, median temporal noise, and what the pictures are."""
    state, scores, sigmas, times, said = init(settings), [], [], [], ""
    for frame in _frames(where, settings):
        said = said or str(depth_of(frame.pixels))
        state, result = step(state, frame, frame.t_s)
        if result.health.state == "ok":
            scores += [d.score for d in result.detections]
            sigmas.append(result.health.sigma)
            times.append(frame.t_s)
    if len(times) < LEAST_PICTURES:
        rule = f"holds {len(times)} pictures that could be watched, tuning needs {LEAST_PICTURES}"
        raise BadInput(where, rule, "record an hour of the empty scene")
    hours = float(np.median(np.diff(times))) * len(times) / 3600.0
    return np.array(scores), hours, max(float(np.median(sigmas)), LEAST_SIGMA), said


def _with_walkers(where: str, settings: VisionSettings, sigma: float, seed: int) -> dict[float, NDArray[np.float64]]:
    """Return scores on walkers by contrast; every two minutes of pictures or so others walk."""
    rng, state = np.random.default_rng(seed), init(settings)
    there: list[tuning.Walker] = []
    found: dict[float, list[float]] = defaultdict(list)
    for frame in _frames(where, settings):
        number = frame.number
        known = number > 3 * settings.learn_pictures
        if known and (not there or number >= there[0].first + WALK_PICTURES):
            shape = (frame.pixels.shape[0], frame.pixels.shape[1])
            there = tuning.walkers(shape, WALKERS, SNRS, number, WALK_PICTURES, rng)
        pixels = tuning.with_walkers(frame.pixels, there, number, sigma) if there else frame.pixels
        state, result = step(state, replace(frame, pixels=pixels), frame.t_s)
        if result.health.state == "ok":
            for w, score in zip(there, tuning.hits(result.detections, there, number), strict=True):
                if number > w.first + 15:  # start-up of a track
                    found[w.snr].append(score)
    return {snr: np.array(scores) for snr, scores in found.items()}


def _tell(made: tuning.Curve, out: Path, as_json: bool) -> None:
    rows: list[dict[str, Any]] = []
    for wanted in (36_000.0, 3_600.0, 360.0, 60.0, 10.0, 1.0):
        k = made.row_at(wanted)
        if k is None or (made.per_hour[k] == 0.0 and rows and rows[-1]["false_per_hour"] == 0.0):
            continue
        rows.append(
            {
                "threshold": round(float(made.threshold[k]), 2),
                "false_per_hour": round(float(made.per_hour[k]), 1),
                "at_most_per_hour": round(float(made.upper[k]), 1),
                "p_detect": {f"{snr:g}": round(float(p[k]), 3) for snr, p in made.p_detect.items()},
            }
        )
    if as_json:
        print(json.dumps({"out": str(out), "hours": round(made.hours, 4), "rows": rows}))
        return
    print(f"{made.hours:.3f} camera-hours without subjects (they count as false alarms if there were any) -> {out}")
    for row in rows:
        p = ", ".join(f"SNR {snr} {value:.2f}" for snr, value in row["p_detect"].items())
        print(
            f"threshold {row['threshold']:5.2f}: {row['false_per_hour']:8.1f} false alarms an hour, "
            f"at most {row['at_most_per_hour']:.1f} (90 %); P_d {p}"
        )


def draw(made: tuning.Curve, title: str, setting: float) -> U1:
    """Return the picture.

    Left: false alarms an hour over threshold, the present setting marked; right: P_d over false alarms an hour.
    """
    canvas = np.full((HEIGHT, WIDTH, 3), PAPER, np.uint8)
    top = max(float(np.ceil(np.log10(max(made.upper.max(), 10.0)))), 1.0)
    low = float(np.floor(np.log10(2.3 / made.hours)))
    left = _axes(
        canvas, 0, (made.threshold[0], made.threshold[-1]), (low, top), "threshold", "false alarms / camera-hour"
    )
    some = made.per_hour > 0
    _line(canvas, left, made.threshold, np.log10(made.upper), (160, 160, 160))
    _line(canvas, left, made.threshold[some], np.log10(made.per_hour[some]), INK)
    if made.threshold[0] <= setting <= made.threshold[-1]:
        _line(canvas, left, [setting, setting], [low, top], (60, 60, 220))
        _text(canvas, "setting now", (_place(left, setting, top)[0] + 6, HEIGHT - PAD - 24), (60, 60, 220))
    _text(canvas, "measured", (PAD + 300, 48), INK)
    _text(canvas, "90 % upper bound", (PAD + 380, 48), (130, 130, 130))
    right = _axes(
        canvas, WIDTH // 2, (low, top), (0.0, 1.0), "false alarms / camera-hour (90 % bound)", "P_d of a picture"
    )
    for (snr, p), colour in zip(made.p_detect.items(), COLOURS, strict=False):
        _line(canvas, right, np.log10(made.upper), p, colour)
        at = HEIGHT - PAD - 90 + 20 * list(made.p_detect).index(snr)
        _text(canvas, f"SNR {snr:g} ({made.looks[snr]} looks)", (WIDTH - 190, at), colour)
    _text(canvas, f"{title}; {made.hours:.2f} h", (PAD, 28), INK, 0.55)
    return canvas


def _axes(
    canvas: U1, x0: int, x: tuple[float, float], y: tuple[float, float], x_name: str, y_name: str
) -> tuple[int, tuple[float, float], tuple[float, float]]:
    frame = (x0, x, y)
    log_x, log_y = "alarms" in x_name, "alarms" in y_name
    for value in _ticks(y, log_y):
        a, b = _place(frame, x[0], value), _place(frame, x[1], value)
        cv2.line(canvas, a, b, GRID, 1)
        _text(canvas, _label(value, log_y), (a[0] - 52, a[1] + 4), INK)
    for value in _ticks(x, log_x):
        a, b = _place(frame, value, y[0]), _place(frame, value, y[1])
        cv2.line(canvas, a, b, GRID, 1)
        _text(canvas, _label(value, log_x), (a[0] - 14, a[1] + 20), INK)
    cv2.rectangle(canvas, _place(frame, x[0], y[1]), _place(frame, x[1], y[0]), INK, 1)
    _text(canvas, x_name, (x0 + PAD + 150, HEIGHT - 22), INK)
    _text(canvas, y_name, (x0 + PAD, 48), INK)
    return frame


def _ticks(span: tuple[float, float], is_log: bool) -> list[float]:
    if is_log:
        return [float(v) for v in range(int(np.ceil(span[0])), int(span[1]) + 1)]
    step = 0.2 if span[1] - span[0] <= 1.0 else 1.0
    return [float(v) for v in np.arange(np.ceil(span[0] / step) * step, span[1] + 1e-9, step)]


def _label(value: float, is_log: bool) -> str:
    return f"{10.0**value:g}" if is_log else f"{value:g}"


def _place(frame: tuple[int, tuple[float, float], tuple[float, float]], x: float, y: float) -> tuple[int, int]:
    x0, (a, b), (c, d) = frame
    across = x0 + PAD + (x - a) / (b - a) * (WIDTH // 2 - PAD - 30)
    down = HEIGHT - PAD + (y - c) / (d - c) * (2 * PAD - HEIGHT - 10)
    return round(across), round(down)


def _line(canvas: U1, frame: Any, x: Any, y: Any, colour: tuple[int, int, int]) -> None:
    points = np.array([_place(frame, float(a), float(b)) for a, b in zip(x, y, strict=True)], np.int32)
    if len(points) > 1:
        cv2.polylines(canvas, [points], False, colour, 2, cv2.LINE_AA)


def _text(canvas: U1, text: str, at: tuple[int, int], colour: tuple[int, int, int], size: float = 0.42) -> None:
    cv2.putText(canvas, text, at, cv2.FONT_HERSHEY_SIMPLEX, size, colour, 1, cv2.LINE_AA)
