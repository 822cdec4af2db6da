"""Crossing under moving patrols over 40 x 10 km and 3 h: seconds, memory, error against the resting solution.

Run with --coarse for cells of 120 m only.
"""

from __future__ import annotations

import resource
import sys
import time

import numpy as np

from watchline.coverage.live_path import LiveGround, live_route, solve_live
from watchline.coverage.weakest_path import Ground, ends_in, weakest_path

WIDE_M, DEEP_M, HORIZON_S, SPEED_M_S = 40_000.0, 10_000.0, 10_800.0, 1.2


def towers(cell_m: float):
    """Return towers every 5 km in the middle of the belt."""
    rows, cols = int(DEEP_M / cell_m) + 1, int(WIDE_M / cell_m) + 1
    y, x = np.mgrid[0:rows, 0:cols] * np.float32(cell_m)
    rate = np.full((rows, cols), 1e-6, np.float32)
    for n, at in enumerate(np.arange(2500.0, WIDE_M, 5000.0)):
        away = (y - DEEP_M / 2 - 500 * (n % 3)) ** 2 + (x - at) ** 2
        rate += np.float32(6e-4) * np.exp(-away / np.float32(2 * 1800.0**2))
    return y, x, rate


def patrolled(cell_m: float) -> LiveGround:
    """Return the towers and four patrols, each to and fro on 10 km at 5 m/s, seeing 600 m round it."""
    y, x, rate = towers(cell_m)
    step_s = cell_m / SPEED_M_S
    steps = int(HORIZON_S / step_s)
    live = np.repeat(rate[None], steps, axis=0)
    for n in range(4):
        run = (np.arange(steps) * step_s * 5.0 / 20_000 + 0.3 * n) % 1.0
        at = 10_000 * (n + np.abs(2 * run - 1))
        for level, place in zip(live, at, strict=True):
            level += np.float32(4e-3) * np.exp(-((y - 5500) ** 2 + (x - np.float32(place)) ** 2) / (2 * 600.0**2))
    return LiveGround(live, step_s, SPEED_M_S, cell_m)


def main() -> None:
    print("cell m    cells  steps  solve s  ns/(cell step)  route s  MiB besides input  exposure  resting error %")
    for cell_m in (120.0,) if "--coarse" in sys.argv else (120.0, 90.0, 60.0):
        ground = patrolled(cell_m)
        steps, rows, cols = ground.rate_per_s.shape
        start, goal = np.zeros((rows, cols), bool), np.zeros((rows, cols), bool)
        # From beside a tower, so that the way bends.
        start[0, int(16_000 / cell_m) : int(17_000 / cell_m)], goal[-1] = True, True
        small = LiveGround(ground.rate_per_s[:2, :9, :9].copy(), ground.step_s, SPEED_M_S, cell_m)
        live_route(solve_live(small, goal[-9:, :9]), start[:9, :9])  # compile
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        begin = time.process_time()
        live = solve_live(ground, goal)
        solved_s = time.process_time() - begin
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        begin = time.process_time()
        route = live_route(live, start, depart_by_s=1800.0)
        route_s = time.process_time() - begin
        # Two gaps and a start beside them: whoever rests must be through within the horizon.
        piece = np.s_[:, int(12_500 / cell_m) : int(22_500 / cell_m)]
        rate, start, goal = towers(cell_m)[2][piece], start[piece], goal[piece]
        still = weakest_path(Ground(rate, SPEED_M_S, cell_m), ends_in(start), ends_in(goal))
        rest = LiveGround(np.repeat(rate[None], steps, axis=0), ground.step_s, SPEED_M_S, cell_m, rate * 20)
        error = 100 * (live_route(solve_live(rest, goal), start).cost / still.cost - 1)
        print(
            f"{cell_m:6.0f}{rows * cols:9d}{steps:7d}{solved_s:9.2f}{solved_s / steps / rows / cols * 1e9:16.0f}"
            f"{route_s:9.2f}{grown:19.0f}{route.exposure:10.4f}{error:17.3f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
