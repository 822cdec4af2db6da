"""Fit the weights of `alerting/likelihood.py` on recorded simulated days, and write `alerting/weights.py`.

Every track that would be alerted is taken down when it first would be, and again after 4, 10, 20, 40 ... seconds;
what really was there tells whether it was true.  Logistic regression with a small ridge; days of other seeds judge.

    python builders/fit_alert_likelihood.py FOLDER --fit 601,602 --judge 603 [--write]
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

from alert_days import moments, week_setting, with_permits
from alert_truth import Day

from watchline.alerting import likelihood
from watchline.alerting.forecast import arrivals
from watchline.alerting.kinds import fence, party
from watchline.alerting.rules import remember
from watchline.ops import alarms

AFTER_S = (0.0, 4.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0, 640.0, 1280.0)
RIDGE = 1.0
TRUE = ("true", "distress")
WEIGHTS = Path(__file__).parents[1] / "src/watchline/alerting/weights.py"


def samples(folder: Path, seed: int) -> tuple[np.ndarray, ...]:
    """Return features and truth of one day's tracks, and of its touches of the wire."""
    cached = folder / f"samples-{seed}.npz"
    if cached.exists():
        held = np.load(cached)
        if held["names"].tolist() == list(likelihood.NAMES):
            return held["x"], held["y"], held["fx"], held["fy"]
    day = Day(folder / f"day-{seed}")
    setting = week_setting()
    state = alarms.init(setting.site, setting.line, setting.places_m)
    wire = state.engine
    fences, fenced = [], []
    first: dict[int, float] = {}
    x, y = [], []
    for moment in moments(folder / f"day-{seed}"):
        moment = with_permits(moment, setting)
        heard = alarms.Heard(moment.now_s, moment.records, moment.detections, moment.tracks, moment.dark)
        state, inputs, _ = alarms.known(state, heard)
        before = state.engine
        elapsed_s = inputs.now_s - (before.last_s or inputs.now_s)
        memory = remember(before.memory, inputs.tracks, inputs.now_s, elapsed_s)
        state = replace(state, engine=replace(before, memory=memory, last_s=inputs.now_s))
        wire, touches = fence.step(replace(wire, open=dict(wire.open)), inputs)
        for touch in touches:
            xy = setting.line.frame.xy_m_from_lonlat(touch.position.lon_deg, touch.position.lat_deg)
            args = {f.text_key: f.args for f in touch.facts}
            pull, near = args["fact.fence"], args.get("fact.no_own_unit", {"distance_m": 1e6})["distance_m"] < 600.0
            wind = args["fact.wind"]["wind_m_s"]
            fences.append(likelihood.fence_features(pull["pulls"], pull["seconds"], wind, near))
            fenced.append(day.verdict(inputs.now_s, xy, "fence_touched"))
        coming = arrivals(inputs.tracks, setting.line)
        kinds = party.due_rows(state.engine, inputs, coming)
        rows = [r for r in sorted(kinds) if _is_due(first, int(inputs.tracks.track_id[r]), inputs.now_s)]
        if not rows:
            continue
        parties = party.parties(inputs.tracks, sorted(kinds))
        found = party.features_of(state.engine, inputs, coming, rows, [kinds[r] for r in rows], parties)
        for k, r in enumerate(rows):
            what = day.verdict(inputs.now_s, inputs.tracks.xy_m[r], kinds[r])
            x.append(found[k])
            y.append(what)
    out = np.array(x), np.array(y), np.array(fences).reshape(-1, 5), np.array(fenced, str)
    np.savez_compressed(
        cached, **dict(zip(("x", "y", "fx", "fy"), out, strict=True)), names=np.array(likelihood.NAMES)
    )
    return out


def _is_due(first: dict[int, float], track: int, now_s: float) -> bool:
    begun = first.setdefault(track, now_s)
    return any(abs(now_s - begun - after) < 1.0 for after in AFTER_S)


def fit(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the weights that fit best, with a ridge on all but the first."""
    ridge = np.r_[0.0, np.full(x.shape[1] - 1, RIDGE)]

    def loss(w: np.ndarray) -> tuple[float, np.ndarray]:
        z = x @ w
        p = 1.0 / (1.0 + np.exp(-z))
        value = np.logaddexp(0.0, z).sum() - (y * z).sum() + 0.5 * (ridge * w**2).sum()
        return float(value), x.T @ (p - y) + ridge * w

    return minimize(loss, np.zeros(x.shape[1]), jac=True, method="L-BFGS-B").x


def report(name: str, x: np.ndarray, y: np.ndarray, w: np.ndarray) -> None:
    p = 1.0 / (1.0 + np.exp(-x @ w))
    said = list(zip(p.tolist(), y.astype(bool).tolist(), strict=True))
    print(f"{name}: {len(y)} samples, {y.mean():.3f} true, Brier {np.mean((p - y) ** 2):.4f}, "
          f"Z {likelihood.spiegelhalter_z(said):+.2f}")  # fmt: skip
    for mean, share, count in likelihood.reliability(said):
        print(f"   said {mean:.2f}  true {share:.2f}  of {count}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--fit", default="601,602")
    parser.add_argument("--judge", default="")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    parts = [samples(options.folder, int(s)) for s in options.fit.split(",")]
    x = np.concatenate([p[0] for p in parts])
    y = np.isin(np.concatenate([p[1] for p in parts]), TRUE).astype(float)
    w = fit(x, y)
    report("fitted on", x, y, w)
    fx = np.concatenate([p[2] for p in parts])
    fy = np.isin(np.concatenate([p[3] for p in parts]), TRUE).astype(float)
    fw = fit(fx, fy)
    report("the wire", fx, fy, fw)
    for seed in filter(None, options.judge.split(",")):
        jx, jy, *_ = samples(options.folder, int(seed))
        report(f"seed {seed}", jx, np.isin(jy, TRUE).astype(float), w)
    for name, weight in zip(likelihood.NAMES, w, strict=True):
        print(f"   {name:14} {weight:+.2f}")
    if options.write:
        rows = "".join(f"    {v:.4f},  # {n}\n" for v, n in zip(w, likelihood.NAMES, strict=True))
        wire = ", ".join(f"{v:.4f}" for v in fw)
        head = WEIGHTS.read_text().split("TRACK")[0]
        WEIGHTS.write_text(f"{head}TRACK: tuple[float, ...] = (\n{rows})\nFENCE: tuple[float, ...] = ({wire})\n")


if __name__ == "__main__":
    main()
