"""How often does this camera, as it is now, give a candidate of such a score by chance?  Counted, then believed.

Theory.  The joint score of a candidate is on the scale of minus log10 of chance candidates per picture, set on
public pictures; another camera, another codec, a windy day is off that scale.  So the candidates of the camera's own
pictures are counted at fine levels of the score.  Of those that reach a level a share reaches the next; the rate at a
level is the rate at the lowest one times all shares up to it.  Each share starts from that of the public pictures,
worth a few counts, and becomes the camera's own where it has counts (a survival function with a beta process prior:
Hjort 1990, Annals of Statistics 18).  So a tail that is heavier or lighter than usual is followed as far as it has
been seen, and beyond it falls as usual from where it was last seen, not from where the public pictures would have it.
Rare levels are remembered longer, so that every level rests on about as many counts.

A subject that stays in view must not pass for the camera's noise, and what stands for long must not be forgotten.
So a tracklet counts for a few pictures at once and for the rest of its pictures when it has ended; nothing that is
confirmed counts at all, and what it had counted before is taken back.

Limits: beyond the highest score that the camera has reached, the rate is extrapolated with the usual slope.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

F8 = NDArray[np.float64]

# Fine: a codec's or a branch's candidates pile up at one score and end there.  Up to what sums along walks give.
STEP = 1.0 / 16.0
LEVELS = np.arange(-1.0, 7.0 + STEP, STEP)
# What the public pictures are worth against this camera: so many pictures at the lowest level; beyond, a share of
# 10**-STEP, worth as many counts as a tracklet gives.
PRIOR_PICTURES, PRIOR_COUNTS, PRIOR_SHARE = 40.0, 8.0, 10.0**-STEP
# Minutes, for the wind changes; longer for what is rare, up to two days.
MEMORY_PICTURES = 1500.0 * 10.0 ** np.clip(LEVELS - 0.5, 0.0, 3.0)
MOST_AT_ONCE = 12  # pictures for which a tracklet counts before it has ended
SEEN_OFTEN = 4.0  # counts from which a rate is known to a factor of two


@dataclass(frozen=True, slots=True)
class OwnRate:
    """counts (levels,): candidates at or above each level; pictures (levels,): among how many, both fading."""

    counts: F8
    pictures: F8


def nothing_counted() -> OwnRate:
    """Return the state of a camera that has not been counted yet."""
    return OwnRate(np.zeros(LEVELS.size), np.zeros(LEVELS.size))


def reached(joint: F8) -> F8:
    """Return (N, levels) 1 where a joint score (N,) is at or above a level, else 0."""
    return np.asarray(joint[:, None] >= LEVELS, np.float64)


def count(rate: OwnRate, chance: F8) -> OwnRate:
    """Return the state after one more picture with so many chance candidates (levels,) at or above each level."""
    fade = 1.0 - 1.0 / MEMORY_PICTURES
    return OwnRate(fade * rate.counts + chance, fade * rate.pictures + 1.0)


def take_back(rate: OwnRate, counted: F8) -> OwnRate:
    """Return the state without these counts (levels,): what gave them has turned out to be no chance."""
    return OwnRate(np.maximum(rate.counts - counted, 0.0), rate.pictures)


def score(rate: OwnRate, joint: F8) -> F8:
    """Return minus log10 of the chance candidates per picture expected at or above these joint scores (N,)."""
    # Levels are remembered for different times: all counts are brought to those of the level above.
    here = rate.counts[:-1] * rate.pictures[1:] / np.maximum(rate.pictures[:-1], 1.0)
    above = np.minimum(rate.counts[1:], here)
    share = (PRIOR_COUNTS * PRIOR_SHARE + above) / (PRIOR_COUNTS + here)
    lowest = (PRIOR_PICTURES * 10.0 ** -LEVELS[0] + rate.counts[0]) / (PRIOR_PICTURES + rate.pictures[0])
    known = -np.log10(lowest) - np.concatenate([[0.0], np.cumsum(np.log10(share))])
    last = known[-1] + (joint - LEVELS[-1])
    first = known[0] + (joint - LEVELS[0])
    inside = np.interp(joint, LEVELS, known)
    return np.asarray(np.where(joint > LEVELS[-1], last, np.where(joint < LEVELS[0], first, inside)))


def resolution(rate: OwnRate) -> float:
    """Return the score beyond which the pictures counted so far, and the prior, tell no rates apart."""
    return float(np.log10((PRIOR_PICTURES + rate.pictures[-1]) / SEEN_OFTEN))
