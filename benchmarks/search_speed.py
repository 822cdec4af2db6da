"""How long a search's map and plan take on 100 x 100 km at 250 m, three drones and four patrols, and how near the
bound.

`python benchmarks/search_speed.py`; seconds of processor time of one thread, the first run (compiling) left out.
"""

from __future__ import annotations

import time

import numpy as np

from watchline.coverage.solver.eikonal import least_cost
from watchline.geo.terrain import Terrain
from watchline.search.containment import Setting, begun
from watchline.search.motion import EVADER, F8, Ground, Loss, disc_cells, goal_heading
from watchline.search.plan import Searcher, planned

CELLS, CELL_M, MIDDLE_M = 400, 250.0, 50_000.0
STEP_S, HOURS = 200.0, 3.0
CASES = (
    ("walker, 10 min late", 600.0, 1.2), ("walker, 30 min late", 1800.0, 1.2), ("walker, 60 min late", 3600.0, 1.2),
    ("rider, 30 min late", 1800.0, 2.2), ("vehicle, 30 min late", 1800.0, 6.0),
)  # fmt: skip


def hills(seed: int) -> Ground:
    """Return made hills of some 250 m with patches of slow and closed ground."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:CELLS, 0:CELLS]
    height = 200 * np.sin(x / 17 + seed) * np.cos(y / 23) + 60 * np.sin(x / 5.0) * np.sin(y / 7.0)
    factor = np.full(height.shape, 0.95, np.float32)
    for r, c in rng.integers(0, CELLS - 30, (60, 2)):
        factor[r : r + rng.integers(3, 30), c : c + rng.integers(3, 30)] = rng.choice([0.0, 0.4, 0.7])
    factor[195:205, 195:205] = 0.95
    return Ground(Terrain(height.astype(np.float32), 0.0, CELLS * CELL_M, CELL_M), factor)


def reach_s(ground: Ground, at_m: F8, speed_m_s: float) -> F8:
    cost = np.where(ground.factor > 0.0, 1.0 / (speed_m_s * np.maximum(ground.factor, 0.01)), np.inf)
    col, row = round(at_m[0] / CELL_M), round((CELLS * CELL_M - at_m[1]) / CELL_M)
    return np.asarray(least_cost(cost, CELL_M, np.array([row * CELLS + col]), np.zeros(1)).reshape(CELLS, CELLS))


def run(late_s: float, pace_m_s: float, seed: int) -> tuple[float, float, float, float, float]:
    """Return seconds for headings, ways, plan with bound; what the plan finds, and the bound."""
    ground = hills(seed)
    began = time.process_time()
    goals = {"onward": np.s_[-30:], "back": np.s_[:20]}
    headings = {}
    for name, where in goals.items():
        goal = np.zeros(ground.factor.shape, bool)
        goal[where] = True
        headings[name] = goal_heading(ground, goal)
    places = [np.array([MIDDLE_M + dx, MIDDLE_M + dy]) for dx, dy in ((3e3, 2e3), (-5e3, 1e3), (2e3, -6e3))]
    headings["place"] = goal_heading(ground, disc_cells(ground.terrain, places))
    headed = time.process_time()
    edges = late_s + STEP_S * np.arange(round(HOURS * 3600.0 / STEP_S) + 1)
    t_s = np.arange(STEP_S / 2, edges[-1], STEP_S)
    loss = Loss(np.full(2, MIDDLE_M), 50.0, 0.0, pace_m_s, np.array([0.2, -1.0]))
    state = begun(Setting(ground, EVADER, headings, t_s, key=seed), loss)
    drawn = time.process_time()
    who = [
        Searcher(f"D{k}", np.array([MIDDLE_M + (k - 1) * 9e3, 56e3]), 20.0, 600.0, late_s, 1e9, sortie_s=1800.0,
                 turn_s=600.0)
        for k in range(3)
    ]  # fmt: skip
    for k in range(4):
        at = np.array([MIDDLE_M + (k - 1.5) * 8e3, 53e3])
        field = reach_s(ground, at, 8.0)
        who.append(Searcher(f"P{k}", at, 4.0, 220.0, late_s, 1e9, reach_s=field, open_=ground.factor > 0.0))
    began_plan = time.process_time()
    plan = planned(state, who, edges)
    done = time.process_time()
    return headed - began, drawn - headed, done - began_plan, plan.p_found, plan.bound


def main() -> None:
    run(1800.0, 1.2, 1)
    for name, late_s, pace in CASES:
        for seed in (1, 2):
            heads, ways, plan, found, bound = run(late_s, pace, seed)
            print(f"{name:22} seed {seed}: headings {heads:.2f} s, ways {ways:.2f} s, plan with bound {plan:.2f} s, "
                  f"together {heads + ways + plan:.2f} s; finds {found:.3f} of at most {bound:.3f} "
                  f"({found / bound:.3f})", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
