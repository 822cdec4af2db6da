"""Herd, wind and rain at once: twenty raw tracks per camera in ten minutes, and three people who cross among them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from builders import T0_S, camera, fence, site, straight_line, tracks
from watchline.alerting import engine
from watchline.alerting.management import manage, rates
from watchline.domain.batches import TrackBatch
from watchline.domain.records import Suppression

LINE = straight_line(100_000.0)
CAMERAS = 20
RAW_PER_10_MIN = 20
SECONDS, STEP_S = 1200, 10
V_SD = {"herd": 0.1, "wind": 0.5, "rain": 2.0}  # spread of the velocity that a tracker makes of it, m/s
WALKERS = ((-20_000.0, 900.0), (5_000.0, 1000.0), (31_000.0, 1100.0))  # east, north: outside is north


@dataclass
class Raw:
    """One thing that is nobody: a beast of a herd, a bush in the wind, a streak of rain."""

    number: int
    kind: str
    begun_s: float
    ends_s: float
    at_m: np.ndarray
    v_m_s: np.ndarray


def _raw(rng: np.random.Generator) -> list[Raw]:
    out = []
    places = np.linspace(-48_000.0, 48_000.0, CAMERAS)
    for k in range(CAMERAS * RAW_PER_10_MIN * SECONDS // 600):
        kind = ("herd", "wind", "rain")[k % 3]
        begun = T0_S + rng.uniform(0, SECONDS)
        lasts = {"herd": 240.0, "wind": 60.0, "rain": 25.0}[kind]
        at = np.array([places[k % CAMERAS] + rng.uniform(-1500, 1500), rng.uniform(200, 2500)])
        turn = rng.uniform(0, 2 * np.pi)
        pace = 0.4 if kind == "herd" else 0.0  # what wind and rain show goes nowhere
        out.append(Raw(1000 + k, kind, begun, begun + lasts, at, pace * np.array([np.cos(turn), np.sin(turn)])))
    return out


def _shown(raw: list[Raw], rng: np.random.Generator, now_s: float) -> TrackBatch:
    """Return the tracks of a moment: what is nobody, and the walkers."""
    live = [r for r in raw if r.begun_s <= now_s < r.ends_s]
    jitter = {"herd": 1.0, "wind": 12.0, "rain": 20.0}
    age = np.array([now_s - r.begun_s for r in live])
    at = np.array([r.at_m + (now_s - r.begun_s) * r.v_m_s + rng.normal(0, jitter[r.kind], 2) for r in live])
    v = np.array([r.v_m_s + rng.normal(0, V_SD[r.kind], 2) for r in live])
    sd = np.array([5.0 if r.kind == "herd" else jitter[r.kind] for r in live])
    v_sd = np.array([V_SD[r.kind] for r in live])
    p = {"herd": [0.05, 0.0, 0.85, 0.1], "wind": [0.1, 0.0, 0.1, 0.8], "rain": [0.05, 0.05, 0.1, 0.8]}
    walkers = np.array(WALKERS) + np.array([0.0, -1.3]) * (now_s - T0_S)
    n, w = len(live), len(WALKERS)
    every = np.concatenate([at.reshape(-1, 2), walkers])
    sensor = np.argmin(np.abs(every[:, :1] - np.linspace(-48_000.0, 48_000.0, CAMERAS)[None]), axis=1)
    return tracks(
        every, LINE, now_s,
        track_id=np.array([r.number for r in live] + [1, 2, 3]),
        sensor=sensor,
        v_m_s=np.concatenate([v.reshape(-1, 2), np.tile([0.0, -1.3], (w, 1))]),
        first_s=np.concatenate([now_s - age, np.full(w, T0_S - 30.0)]),
        hits=np.concatenate([np.maximum(age * 0.5, 3), np.full(w, 30 + now_s - T0_S)]).astype(int),
        cov=np.column_stack([np.r_[sd**2, np.full(w, 25.0)], np.zeros(n + w), np.r_[sd**2, np.full(w, 25.0)],
                             np.r_[v_sd**2, np.full(w, 0.05)]]),
        p_class=np.array([p[r.kind] for r in live] + [[0.8, 0.0, 0.05, 0.15]] * w),
        p_exist=np.r_[np.full(n, 0.9), np.full(w, 0.999)],
    )  # fmt: skip


@pytest.mark.parametrize("seed", [1, 2])
def test_a_storm_of_nuisance_leaves_ten_cards_and_every_true_crossing_before_the_line(seed: int) -> None:
    rng = np.random.default_rng(seed)
    raw = _raw(rng)
    wide = site(*(camera(f"cam-{k}") for k in range(CAMERAS)), fence(to_km=100.0), line=LINE)
    places = np.column_stack([np.linspace(-48_000.0, 48_000.0, CAMERAS + 1), np.full(CAMERAS + 1, -200.0)])
    state, desk = engine.init(engine.set_up(wide, LINE, places)), manage.State(manage.Setup(1.0, CAMERAS + 1))
    said: list[Suppression] = []
    crossed_s = {k: T0_S + y / 1.3 for k, (_, y) in enumerate(WALKERS, 1)}
    seen_s: dict[int, float] = {}
    for k in range(0, SECONDS, STEP_S):
        now = T0_S + k
        gusts = tuple((now, float(rng.uniform(0, 100_000)), CAMERAS) for _ in range(rng.poisson(0.1 * STEP_S)))
        inputs = engine.Inputs(
            now_s=now, tracks=_shown(raw, rng, now), unit_ids=(), units_xy_m=np.zeros((0, 2)), dark=frozenset(),
            fence_hits=gusts, winds=((0.0, 100_000.0, 14.0),),
        )  # fmt: skip
        state, told = engine.step(state, inputs)
        desk, new = manage.step(desk, told, (), now)
        said += new
        for walker in WALKERS_IDS:
            if state.alert_of.get(walker) in desk.on_queue:
                seen_s.setdefault(walker, now)
    counts = rates.bins((s.t_s for s in desk.shown), T0_S, T0_S + SECONDS)
    assert max(counts) <= 10
    assert all(seen_s.get(walker, np.inf) < crossed_s[walker] for walker in WALKERS_IDS), (seen_s, crossed_s)
    held = {s.what for s in said if s.rule != "mass_event" and s.until_s - s.t_s > 60.0}
    assert not held & {state.alert_of[w] for w in WALKERS_IDS}


WALKERS_IDS = (1, 2, 3)
