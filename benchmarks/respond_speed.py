"""How long the answers of `response` take: a travel-time field of the whole strip, one alert, thirty at once.

`python benchmarks/respond_speed.py`; processor seconds of one thread, best of three.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from watchline.response.assign import assign
from watchline.response.reach import Ways, reach

SHAPE, CELL_M = (1333, 6667), 30.0


def best_of(run: Callable[[], object], times: int = 3) -> float:
    took = []
    for _ in range(times):
        begun = time.process_time()
        run()
        took.append(time.process_time() - begun)
    return min(took)


def strip(rng: np.random.Generator, *, rough: bool) -> Ways:
    """Return the pace over even ground, or over hills with a road, walls and closed areas."""
    pace = np.ones(SHAPE, np.float32)
    if rough:
        coarse = rng.normal(0.0, 0.35, (SHAPE[0] // 20 + 2, SHAPE[1] // 20 + 2))
        pace = np.exp(np.kron(coarse, np.ones((20, 20)))[: SHAPE[0], : SHAPE[1]]).astype(np.float32)
        pace[700] = 0.5
        for _ in range(200):
            r, c = rng.integers(0, SHAPE[0] - 40), rng.integers(0, SHAPE[1] - 40)
            pace[r : r + rng.integers(2, 40), c : c + rng.integers(2, 40)] = np.inf
    return Ways(pace, 0.0, SHAPE[0] * CELL_M, CELL_M)


def thirty(rng: np.random.Generator) -> np.ndarray:
    """Return the worth of thirty alerts along 200 km for 24 patrols and 3 drones spread over it."""
    at, units, eyes = rng.uniform(0, 200, 30), np.linspace(4, 196, 24), np.array([30.0, 100.0, 170.0])
    p = np.exp(-np.abs(at[:, None] - units) / 6.0)
    sees = np.exp(-np.abs(at[:, None] - eyes) / 25.0)
    grave = rng.choice([1.0, 2.0, 4.0, 8.0], 30)
    worth = np.zeros((30, 25, 4))
    worth[:, 1:, 0] = p - 0.05
    worth[:, 0, 1:] = 0.3 * sees - 0.02
    worth[:, 1:, 1:] = 1.0 - (1.0 - p[:, :, None]) * (1.0 - 0.3 * sees[:, None, :]) - 0.07
    return worth * grave[:, None, None]


def main() -> None:
    rng = np.random.default_rng(1)
    for rough in (False, True):
        ways = strip(rng, rough=rough)
        reach(ways.window(np.array([[1e5, 2e4]]), 2e3), [1e5, 2e4], 8.0)  # compile
        took = best_of(lambda ways=ways: reach(ways, [1e5, 2e4], 8.0))
        print(f"field of {SHAPE[1]} x {SHAPE[0]} cells, {'rough' if rough else 'even'} ground: {took:.2f} s")
    instances = [thirty(rng) for _ in range(20)]
    took = max(best_of(lambda worth=worth: assign(worth)) for worth in instances)
    print(f"30 alerts, 24 patrols, 3 drones, slowest of 20 instances: {took:.2f} s")


if __name__ == "__main__":
    main()
