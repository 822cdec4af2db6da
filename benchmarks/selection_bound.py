"""Does the bound on unseen crossings hold when crossers choose?  Worlds of 60 days and 50 stretches with known pi.

Run: python benchmarks/selection_bound.py [--runs 300].  Each row: crossers who take the best of c places and hours,
how many crossings are expected, and for the pooled bound and the one of `assurance.selection` how often U95 holds the
truth (aim: 0.95) and its median.  Crossers' choice follows the true rank; pi is known (the red team has it unknown).
"""

from __future__ import annotations

import argparse

import numpy as np

from watchline.assurance.bound import undetected
from watchline.assurance.selection import undetected_by_choice, window

DAYS, STRETCHES = 60, 50


def world(rng: np.random.Generator) -> np.ndarray:
    """Return (days, stretches) miss probabilities: places differ, days differ, a sensor fails now and then."""
    logit = rng.normal(-1.0, 1.0, STRETCHES)[None, :] + rng.normal(0.0, 0.7, DAYS)[:, None]
    logit = logit + rng.normal(0.0, 0.3, (DAYS, STRETCHES)) + 2.0 * (rng.random((DAYS, STRETCHES)) < 0.04)
    return np.asarray(1.0 / (1.0 + np.exp(-logit)))


def crossings(rng: np.random.Generator, pi: np.ndarray, mean: float, choices: int) -> np.ndarray:
    """Return the flat cells in which people cross: each takes the most promising of so many."""
    offered = rng.integers(0, pi.size, (rng.poisson(mean), choices))
    best = np.argmax(pi.ravel()[offered], axis=1) if len(offered) else np.zeros(0, int)
    return offered[np.arange(len(offered)), best]


def measured(runs: int, choices: int, mean: float, seed: int) -> tuple[float, float, float, float]:
    """Return coverage and median of the pooled bound, then of the one that knows of choosing."""
    rng = np.random.default_rng([seed, choices, int(mean)])
    held, most = np.zeros((runs, 2)), np.zeros((runs, 2))
    for k in range(runs):
        pi = world(rng)
        cell = crossings(rng, pi, mean, choices)
        missed = rng.random(len(cell)) < pi.ravel()[cell]
        unseen, seen = int(missed.sum()), cell[~missed]
        cells = window(pi.ravel(), np.ones(pi.size))
        pooled = undetected(len(seen), (1.0 - pi).sum(), pi.sum())
        ours = undetected_by_choice(cells, cells.bin_of(pi.ravel()[seen]))
        assert pooled is not None
        assert ours is not None
        most[k] = pooled.most, ours.bound.most
        held[k] = unseen <= most[k]
    return tuple(
        float(x) for x in (held[:, 0].mean(), np.median(most[:, 0]), held[:, 1].mean(), np.median(most[:, 1]))
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print("best of  expected   pooled held (median)   choosing held (median)")
    for choices in (1, 5, 20):
        for mean in (2.0, 6.0, 30.0, 100.0):
            a, b, c, d = measured(options.runs, choices, mean, options.seed)
            print(f"{choices:7d} {mean:9.0f} {a:13.3f} ({b:3.0f}) {c:19.3f} ({d:3.0f})", flush=True)


if __name__ == "__main__":
    main()
