"""Parties and herds: tracks that walk together, how many they are, and who of them is who.

Theory: within a party the sensors tell places apart, not persons: after one crossing of paths nobody knows which of
two tracks is which.  A member's place as that of one and the same person therefore has the party's scatter on top of
its own error.  How many there are is the sum of independent chances: Poisson binomial.

Rules: a party is joined link by link, each link shorter than NEAR_M between tracks moving alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]

NEAR_M = 45.0
ALIKE_M_S = 1.2
ANY_WAY = 0.25  # share of the scatter that goes every way: one sensor's range may have met another's bearing


@dataclass(frozen=True)
class Group:
    """A party.  members: rows of the tracks given; centre_m (2,); p_count (n + 1,): chance that they are 0..n."""

    members: I8
    centre_m: F8
    p_count: F8

    @property
    def likely(self) -> int:
        """Return the likeliest number of subjects."""
        return int(np.argmax(self.p_count))


@numba.njit(cache=True)
def parties(mean: F8, use: NDArray[np.bool_]) -> I8:
    """Return (N,) the lowest row of each track's party.

    mean (N, 4) east, north, ve, vn; rows not in use stand alone.
    """
    n = mean.shape[0]
    name = np.arange(n)
    order = np.argsort(mean[:, 0])
    for a in range(n):
        i = order[a]
        if not use[i]:
            continue
        for b in range(a + 1, n):
            k = order[b]
            dx = mean[k, 0] - mean[i, 0]
            if dx > NEAR_M:
                break
            dy = mean[k, 1] - mean[i, 1]
            apart = np.hypot(mean[k, 2] - mean[i, 2], mean[k, 3] - mean[i, 3])
            if not use[k] or dx * dx + dy * dy > NEAR_M**2 or apart > ALIKE_M_S:
                continue
            one, two = i, k
            while name[one] != one:
                one = name[one]
            while name[two] != two:
                two = name[two]
            name[max(one, two)] = min(one, two)
    for i in range(n):
        while name[name[i]] != name[i]:
            name[i] = name[name[i]]
    return name


@numba.njit(cache=True)
def who_is_who(mean: F8, name: I8, mixed: F8) -> F8:
    """Return (N, 2, 2) what not knowing who is who adds to each track's covariance; 0 for those who walk alone.

    name (N,) as `parties` gives it; mixed (N,) chance that each is another of its party than it was.
    """
    n = mean.shape[0]
    out, size = np.zeros((n, 2, 2)), np.zeros(n)
    for i in range(n):
        size[name[i]] += 1.0
    order = np.argsort(mean[:, 0])
    for a in range(n):
        i, others = order[a], 1.0
        if size[name[i]] < 2.0 or mixed[i] <= 0.0:
            continue
        for side in (-1, 1):
            b = a + side
            while 0 <= b < n and abs(mean[order[b], 0] - mean[i, 0]) < NEAR_M * size[name[i]]:
                k = order[b]
                if name[k] == name[i]:
                    east, north, may = mean[k, 0] - mean[i, 0], mean[k, 1] - mean[i, 1], min(mixed[i], mixed[k])
                    others += may
                    every_way = 0.5 * ANY_WAY * (east * east + north * north)
                    out[i, 0, 0] += may * ((1.0 - ANY_WAY) * east * east + every_way)
                    out[i, 1, 1] += may * ((1.0 - ANY_WAY) * north * north + every_way)
                    out[i, 0, 1] += may * (1.0 - ANY_WAY) * east * north
                b += side
        out[i, 1, 0] = out[i, 0, 1]
        out[i] /= others
    return out


@numba.njit(cache=True)
def likely_counts(name: I8, exist: F8) -> F8:
    """Return (N,) the likeliest number of subjects in each track's party, at least 1.

    name (N,) as `parties` gives it; exist (N,) chance that each track is there.
    """
    n = len(name)
    out, law, size = np.ones(n), np.zeros(n + 1), np.zeros(n, np.int64)
    for i in range(n):
        size[name[i]] += 1
    for first in range(n):
        if size[first] < 2:
            continue
        law[:] = 0.0
        law[0], members = 1.0, 0
        for i in range(first, n):
            if name[i] == first:
                members += 1
                for k in range(members, 0, -1):
                    law[k] = law[k] * (1.0 - exist[i]) + law[k - 1] * exist[i]
                law[0] *= 1.0 - exist[i]
        best = 1
        for k in range(2, members + 1):
            best = k if law[k] > law[best] else best
        for i in range(first, n):
            if name[i] == first:
                out[i] = best
    return out


def groups(mean: F8, exist: F8) -> list[Group]:
    """Return every party of two and more; mean (N, 4), exist (N,) chance that each track is there."""
    name = parties(mean, np.ones(len(mean), bool))
    out = []
    for first in np.unique(name):
        members = np.flatnonzero(name == first)
        if len(members) > 1:
            out.append(Group(members, mean[members, :2].mean(axis=0), count_law(exist[members])))
    return out


def count_law(chance: F8) -> F8:
    """Return (n + 1,) the law of how many of n independent events happen.

    >>> count_law(np.array([0.5, 0.5])).tolist()
    [0.25, 0.5, 0.25]
    """
    law = np.ones(1)
    for p in chance:
        law = np.convolve(law, [1.0 - p, p])
    return law
