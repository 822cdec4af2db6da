"""Is it the same one? Walkers that vanish behind a hill for one to five minutes, and the chance the tracker gives.

    python benchmarks/tracking_gaps.py [--gaps 300] [--seed 1]

Each of many separate places has a camera, a hill it cannot see behind, and a walker who goes behind it.  In a quarter
of them the walker stays there and somebody else, who had been there unseen, comes out instead.  Printed: how often
the track goes on with its number when it is the same walker, by length of gap, and a table of the chance `same`
that the tracker gave against how often it was true.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from watchline.ops.track import recorded
from watchline.sources.track_arrays import TrackArrays
from watchline.tracking import tracker

SPACING_M, RANGE_M, HILL_AT_M, PERIOD_S, LONG_S = 12_000.0, 3000.0, 1500.0, 2.0, 720.0
SD_BEARING, P_SEEN, FALSE_PER_LOOK, OTHER = 5e-4, 0.88, 0.05, 0.25


def walk(rng: np.random.Generator, start: Any, heading: float, speed: float, n: int) -> Any:
    """Return (n, 2) places each second: a way kept for a while, then turned a little."""
    out, at, left, v, aim = np.empty((n, 2)), np.array(start, float), 0.0, speed, heading
    for k in range(n):
        if left <= 0:
            left, aim, v = rng.uniform(60, 300), heading + rng.normal(0, 0.3), speed * rng.uniform(0.8, 1.2)
        out[k] = at
        at = at + v * np.array([np.cos(aim), np.sin(aim)])
        left -= 1
    return out


def place(rng: np.random.Generator) -> dict[str, Any]:
    """Return one place around its camera at (0, 0): the hill, who walks, when hidden, whether it is the same."""
    while True:
        radius = rng.uniform(40, 190)
        angle = rng.uniform(0, 2 * np.pi)
        start = np.array([0.0, HILL_AT_M]) - (radius + 150.0) * np.array([np.cos(angle), np.sin(angle)])
        way = walk(rng, start, angle + rng.normal(0, 0.1), rng.uniform(0.7, 1.7), int(LONG_S) + 1)
        hidden = np.hypot(way[:, 0], way[:, 1] - HILL_AT_M) < radius
        rows = np.flatnonzero(hidden)
        if len(rows) < 60 or len(rows) > 300 or rows[0] < 60 or rows[-1] > LONG_S - 100:
            continue
        if np.any(np.diff(rows) > 1):
            continue
        same, seen = rng.random() >= OTHER, way.copy()
        if not same:
            seen[rows[0] :] = np.nan
            out = walk(rng, [0.0, HILL_AT_M], rng.uniform(0, 2 * np.pi), rng.uniform(0.7, 1.7), int(LONG_S) + 1)
            free = np.flatnonzero(np.hypot(out[:, 0], out[:, 1] - HILL_AT_M) >= radius)
            if len(free) == 0:
                continue
            shift = rows[-1] + 1 - free[0]
            if shift < 0:
                continue
            seen[rows[-1] + 1 :] = out[free[0] : free[0] + len(seen) - rows[-1] - 1]
        else:
            seen[rows] = np.nan
        return {"radius": radius, "seen": seen, "from": rows[0], "to": rows[-1], "same": bool(same)}


def recording(places: list[dict[str, Any]], rng: np.random.Generator) -> TrackArrays:
    """Return what the cameras report of all places, in the arrays that `watchline track` reads."""
    det: list[tuple[float, ...]] = []
    times = np.arange(0.0, LONG_S, PERIOD_S)
    for k, one in enumerate(places):
        for n, t in enumerate(times):
            scan, x, y = k * len(times) + n, *one["seen"][int(t)]
            if np.isfinite(x) and rng.random() < P_SEEN:
                det.append((t, scan, k, np.arctan2(y, x), np.hypot(x, y), 1))
            for _ in range(rng.poisson(FALSE_PER_LOOK)):
                det.append((t, scan, k, rng.uniform(np.pi / 4, 3 * np.pi / 4), RANGE_M * np.sqrt(rng.random()), 0))
    d = np.array(det)
    sd_range = np.clip(d[:, 4] ** 2 * 5e-4 / 40.0, 0.02 * d[:, 4], 0.2 * d[:, 4])
    z = np.column_stack([d[:, 3] + rng.normal(0, SD_BEARING, len(d)), d[:, 4] + rng.normal(0, 1, len(d)) * sd_range])
    sensors = np.array(
        [(0, k * SPACING_M, 0, 40.0, PERIOD_S, 0, 4, 0.1, RANGE_M, SD_BEARING, 5e-4) for k in range(len(places))]
    )
    scan_t = np.tile(times, len(places))
    sensor = np.repeat(np.arange(len(places)), len(times))
    line = np.array([[-1e4, -5e3, 0.0], [len(places) * SPACING_M, -5e3, len(places) * SPACING_M + 1e4]])
    nan = np.full(len(d), np.nan)
    return TrackArrays(
        det_t=d[:, 0], det_t_arrive=d[:, 0] + 0.1, det_scan=d[:, 1].astype(np.int64),
        det_sensor=d[:, 2].astype(np.int64), det_kind=np.zeros(len(d), np.int64), det_z=np.column_stack([z, nan]),
        det_sd=np.column_stack([np.full(len(d), SD_BEARING), sd_range, nan]), det_class=d[:, 5].astype(np.int64),
        det_snr=np.full(len(d), 10.0), scan_id=np.arange(len(scan_t)), scan_sensor=sensor, scan_t=scan_t,
        scan_t_arrive=scan_t + 0.1, scan_az0=np.full(len(scan_t), np.pi / 4),
        scan_az1=np.full(len(scan_t), 3 * np.pi / 4), sensors=sensors, line=line,
        blind=np.array([(k * SPACING_M, HILL_AT_M, one["radius"]) for k, one in enumerate(places)]), duration=LONG_S,
    )  # fmt: skip


def judged(places: list[dict[str, Any]], arrays: TrackArrays) -> list[dict[str, Any]]:
    """Return for each gap: its length, whether it is the same, whether the number went on, and the chance given."""
    run = recorded(arrays)
    state = tracker.init(run.setup)
    before: dict[int, int] = {}
    out: dict[int, dict[str, Any]] = {}
    for now in np.arange(5.0, LONG_S, 5.0):
        chosen = np.flatnonzero((run.scans.t_s > now - 5.0) & (run.scans.t_s <= now))
        heard = np.flatnonzero((run.detections.t_s > now - 5.0) & (run.detections.t_s <= now))
        state, batch = tracker.step(state, run.scans.take(chosen), run.detections.take(heard), float(now))
        shown = batch.take(np.flatnonzero(batch.confirmed))
        known = state.known.tracks
        numbers = {key: number for key, (number, _) in state.numbers.items()}
        same = {
            numbers[k]: p for k, p in zip(known["key"].tolist(), known["same"].tolist(), strict=True) if k in numbers
        }
        for k, one in enumerate(places):
            a, b = one["from"], one["to"]
            truth = one["seen"][int(now)] + [k * SPACING_M, 0.0]
            if not ((a - 15 <= now < a) or (b + 30 <= now < b + 60)) or not np.isfinite(truth).all():
                continue
            apart = np.hypot(*(shown.xy_m - truth).T) if len(shown) else np.array([np.inf])
            if apart.min() > 100.0:
                continue
            number = int(shown.track_id[np.argmin(apart)])
            if now < a:
                before[k] = number
            elif k in before:
                went_on = number == before[k]
                out.setdefault(
                    k, {"gap": b - a, "same": one["same"], "on": went_on, "p": same[number] if went_on else 0.0}
                )
    return list(out.values())


def main() -> None:
    """Print the tables."""
    options = argparse.ArgumentParser()
    options.add_argument("--gaps", type=int, default=300)
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    rng = np.random.default_rng(chosen.seed)
    places = [place(rng) for _ in range(chosen.gaps)]
    found = judged(places, recording(places, rng))
    print(f"{chosen.gaps} gaps, {len(found)} with a track on both sides")
    for low, high in ((60, 120), (120, 180), (180, 300)):
        here = [f for f in found if low <= f["gap"] < high]
        same, other = ([f["on"] for f in here if f["same"] is kind] for kind in (True, False))
        print(f"gap {low}-{high} s: same walker {len(same)}, number kept {np.mean(same or [0]):.2f}", end="; ")
        print(f"somebody else {len(other)}, number kept {np.mean(other or [0]):.2f}")
    went = [f for f in found if f["on"]]
    for low, high in ((0.0, 0.5), (0.5, 0.7), (0.7, 0.8), (0.8, 0.9), (0.9, 1.01)):
        group = [f for f in went if low <= f["p"] < high]
        if group:
            said, true = np.mean([f["p"] for f in group]), np.mean([f["same"] for f in group])
            print(f"chance of same {low:.2f}-{min(high, 1.0):.2f}: n {len(group)}, said {said:.2f}, true {true:.2f}")


if __name__ == "__main__":
    main()
