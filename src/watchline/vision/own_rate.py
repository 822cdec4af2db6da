"""How often does this camera, as it is now, give a candidate of such a score by chance?  Counted, then believed.

Theory.  The joint score of a candidate is on the scale of minus log10 of chance candidates per picture, set on
public pictures; another camera, another codec, a windy day is off that scale by a factor.  So the candidates of
the camera's own pictures are counted at levels of the score, and the counts become the scale: a prior worth
a few counts at first, the camera's own counts later, straight in log between the levels and beyond.
Rare levels are remembered longer, so that every level rests on about as many counts (a Poisson rate with a gamma
prior: Gelman 2013, section 2.6).

Counts come in bursts: one tracklet reaches a level in several pictures.  That nothing has reached a level yet is
therefore worth less than as many independent pictures would be, and the prior weighs as much as two whole bursts.
A camera that has more candidates at the levels it shows often has more at the rare ones, too: by as much as it is
off the public scale, the prior of the next level is moved, as far as that level's counts and the time for which it
has been watched vouch for it (a few seconds of a restless scene are not the camera's character).

A subject that stays in view must not pass for the camera's noise, and what stands for long must not be forgotten.
So a tracklet counts for a few pictures at once and for the rest of its pictures when it has ended; nothing that is
confirmed counts at all, and what it had counted before is taken back.

Limits: beyond the highest level that the camera has reached the rate is extrapolated with the last slope.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

F8 = NDArray[np.float64]

# Fine steps: a codec's or a branch's candidates pile up at one score and end there, and between two levels the counts
# are joined by a straight line.
LEVELS = np.arange(-16, 65) / 16.0
# What the public pictures' scale is worth against this camera's own counts: some dozens of pictures, and where those
# would hold less than `PRIOR_COUNTS`, as many as hold these: two bursts, a tracklet gives three to four detections
# at a level (compressed video without subjects; set on two scenes of two codecs, design/011).
PRIOR_COUNTS = 6.0
PRIOR_PICTURES = 40.0
# Counts and pictures from which half of what a level is off the scale is believed of the next.
VOUCH_COUNTS, VOUCH_PICTURES = 2.0, 1000.0
# Minutes, for the wind changes; longer for what is rare.
MEMORY_PICTURES = 1500.0 * 10.0 ** np.maximum(LEVELS - 0.5, 0.0)
MOST_AT_ONCE = 12  # pictures for which a tracklet counts before it has ended
SEEN_OFTEN = 4.0  # counts from which a rate is known to a factor of two
LEAST_SLOPE = 0.05  # decades per unit of score: scores keep their order where the counts say nothing


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
    # Levels are remembered for different times, so a higher one may seem no rarer than a lower one.
    rarity = _rarity(rate.counts, rate.pictures)
    known = np.maximum.accumulate(rarity - LEAST_SLOPE * LEVELS) + LEAST_SLOPE * LEVELS
    last = known[-1] + (joint - LEVELS[-1])
    first = known[0] + (joint - LEVELS[0])
    inside = np.interp(joint, LEVELS, known)
    return np.asarray(np.where(joint > LEVELS[-1], last, np.where(joint < LEVELS[0], first, inside)))


@njit(cache=True)
def _rarity(counts: F8, pictures: F8) -> F8:
    """Return (levels,) minus log10 of the expected candidates per picture at or above each level."""
    rarity = np.empty(counts.size)
    off = 0.0  # by how many decades the camera has fewer than the public scale says
    for k in range(counts.size):
        prior = 10.0 ** -(LEVELS[k] + off)
        worth = max(PRIOR_PICTURES, PRIOR_COUNTS / prior)
        rarity[k] = -np.log10((worth * prior + counts[k]) / (worth + pictures[k]))
        vouched = counts[k] / (counts[k] + VOUCH_COUNTS) * pictures[k] / (pictures[k] + VOUCH_PICTURES)
        off = (rarity[k] - LEVELS[k]) * vouched
    return rarity


def resolution(rate: OwnRate) -> float:
    """Return the score beyond which the pictures counted so far, and the prior, tell no rates apart."""
    return float(np.log10((PRIOR_PICTURES + rate.pictures[-1]) / SEEN_OFTEN))
