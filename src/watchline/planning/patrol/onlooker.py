"""Somebody who has watched a patrol for many nights and picks the place and hour that look best from it.

Theory: what was never or least often visited in the nights watched is where the onlooker goes; how that turns out is
asked of other nights.  Against a law without memory the choice is worth nothing beyond what the law itself leaves;
against a timetable it finds what is never visited.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

I8 = NDArray[np.int64]


@dataclass(frozen=True)
class Picked:
    """post and first leg of the night picked; share: of the nights watched in which nobody came by."""

    post: int
    leg: int
    share: float


def pick(watched: I8, posts: int, stay: int) -> Picked:
    """Return the best place and time by the nights watched (nights, legs); of equals the first."""
    missed = _missed(watched, posts, stay).mean(axis=0)
    post, leg = np.unravel_index(int(np.argmax(missed)), missed.shape)
    return Picked(int(post), int(leg), float(missed[post, leg]))


def missed_share(fresh: I8, picked: Picked, stay: int) -> float:
    """Return the share of other nights (nights, legs) in which nobody came by there and then."""
    stretch = fresh[:, picked.leg : picked.leg + stay]
    return float((stretch != picked.post).all(axis=1).mean())


def _missed(nights: I8, posts: int, stay: int) -> NDArray[np.bool_]:
    """Return (nights, posts, starts) whether nobody came by."""
    at = nights[:, None, :] == np.arange(posts)[None, :, None]
    return np.asarray(~np.lib.stride_tricks.sliding_window_view(at, stay, axis=2).any(axis=3), bool)


def by_the_clock(posts: int, legs: int) -> I8:
    """Return (legs,) a patrol that goes to and fro from its first post, the same every night."""
    if posts == 1:
        return np.zeros(legs, np.int64)
    round_ = np.concatenate([np.arange(posts), np.arange(posts - 2, 0, -1)])
    return np.resize(round_, legs).astype(np.int64)
