"""How often does this camera show such a peak by chance?  Measured, not assumed.

Theory.  In every picture the peaks of the residual are counted from the top.  A few of the highest may be
subjects, the next some dozens are the camera's own noise and clutter.  Two of those ranks, remembered over
many pictures, give the number of peaks per picture above any height: exponential beyond the upper rank, as
extreme-value theory has it for the tails of the exponential class (Coles 2001, section 4.3).  A Gaussian
camera's tail falls faster, so the estimate errs to the careful side; the heavier tail of block bursts in
compressed video is measured as it is.
A picture can be more restless than the others: a coarse codec redraws its errors at each key picture, a gust shakes
the mast.  Where the lower rank of this very picture stands higher than chance lets it (the k-th highest of
exponential peaks has a spread of their scale over the root of k), all its peaks are judged lower by so much.  The
upper rank would not do: a few walkers, each of several sums, are as many peaks as it counts.

Score: minus log10 of the expected number of chance peaks per picture at that height or above.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

F8 = NDArray[np.float64]

PIXELS_PER_HIGH_PEAK = 8_000  # the upper rank is pixels over this (10 at 320 x 256), at least LEAST_RANK
LEAST_RANK = 6
RANK_RATIO = 6.0  # lower rank over upper rank
MEMORY_PICTURES = 50.0
LEAST_STEP = 0.15  # smallest height between the two ranks, in spreads
CHANCE_SPREADS = 3.0  # by which the lower rank of one picture may differ from the remembered one


@dataclass(frozen=True, slots=True)
class Tail:
    """Heights at two ranks, remembered; pictures: how many went in; restless: height by which the peaks of the last
    picture stood above these.
    """

    high: float = 4.0
    low: float = 3.0
    rank: float = 10.0
    pictures: int = 0
    restless: float = 0.0


def update(tail: Tail, heights: NDArray[np.float32], pixels: int, least: float) -> Tail:
    """Return the tail after one more picture.

    heights: (N,) all peaks of the picture above `least`, any order; pixels: of the picture.
    """
    rank = max(LEAST_RANK, round(pixels / PIXELS_PER_HIGH_PEAK))
    high, low = (_ranked(heights, r, least) for r in (rank, int(rank * RANK_RATIO)))
    weight = 1.0 / min(tail.pictures + 1.0, MEMORY_PICTURES)
    known = Tail(
        high=tail.high + weight * (high - tail.high),
        low=tail.low + weight * (low - tail.low),
        rank=float(rank),
        pictures=tail.pictures + 1,
    )
    chance = CHANCE_SPREADS * _step(known) / (math.log(RANK_RATIO) * math.sqrt(rank * RANK_RATIO))
    return replace(known, restless=max(low - known.low - chance, 0.0))


def _ranked(heights: NDArray[np.float32], rank: int, least: float) -> float:
    """Return the height that `rank` others are above, or the least where there are not so many."""
    place = heights.size - 1 - rank
    return float(np.partition(heights, place)[place]) if place >= 0 else least


def _step(tail: Tail) -> float:
    return max(tail.high - tail.low, LEAST_STEP)


def score(tail: Tail, height: F8) -> F8:
    """Return minus log10 of the expected chance peaks per picture at these heights (N,)."""
    decades = math.log10(RANK_RATIO) / _step(tail)
    return np.asarray((height - tail.high - tail.restless) * decades - math.log10(tail.rank))
