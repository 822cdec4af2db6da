"""One patrol against one crosser on a small map: the best mix of walks, by generating walks, with a bound.

Theory: a patrol walks T legs from one of the places where it may begin; a crosser is at one post for m legs, at a
time of its choice, knowing the mix but not the draw.  What counts is the least chance that a walk comes by meanwhile,
times the chance of noticing at a visit: a zero-sum game with more walks than can be written down.  The master mixes
the walks that are known; the oracle, a flow of the patrol through time with a variable for each answer it would meet,
finds the walk that does best against the crosser's answer, or proves that none does better, which bounds the game.

Rules: what is told is the mix's own least chance, not the programme's.
Limits: a finite night: a crosser near its end meets a patrol that has nothing left to do; for posts by the dozen and
nights of any length, `beat.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array, csr_array

from watchline.planning.patrol.border import met
from watchline.planning.patrol.games import maximin

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]

SAME = 1e-7
PLAYED = 1e-12


@dataclass(frozen=True)
class Night:
    """neighbours: where a patrol can be a leg later, for each post; starts: where it may begin; legs of the night;
    stay: legs a crosser is there to be met; p_notice (posts,): chance of noticing it at a visit, in (0, 1]."""

    neighbours: tuple[tuple[int, ...], ...]
    starts: tuple[int, ...]
    legs: int
    stay: int
    p_notice: F8

    def __post_init__(self) -> None:
        """Refuse what is no game."""
        if not 1 <= self.stay <= self.legs or not self.starts:
            raise ValueError(f"no game: {self.legs} legs, stay {self.stay}, starts {self.starts}")
        if self.p_notice.shape != (len(self.neighbours),) or not np.all((self.p_notice > 0) & (self.p_notice <= 1)):
            raise ValueError("p_notice must be (posts,), each in (0, 1]")

    @property
    def answers(self) -> list[tuple[int, int]]:
        """Return post and first leg of every stay, in the order of `chance_met`."""
        return [(i, t) for i in range(len(self.neighbours)) for t in range(self.legs - self.stay + 1)]

    def chance_met(self, walks: I8) -> F8:
        """Return (W, answers) the chance that a walk (W, legs) notices each."""
        return met(walks, len(self.neighbours), self.stay) * np.repeat(self.p_notice, self.legs - self.stay + 1)


@dataclass(frozen=True)
class Mix:
    """walks (W, legs) and the chance (W,) of each; value: least chance of noticing; bound: no mix does better."""

    walks: I8
    chance: F8
    value: float
    bound: float


def best_mix(night: Night, *, gap: float = 0.0) -> Mix:
    """Return the best mix, within `gap` (a share) of the bound."""
    walks = np.full((1, night.legs), night.starts[0])
    if night.starts[0] not in night.neighbours[night.starts[0]]:
        walks = _best_walk(night, np.ones(len(night.answers)))[0][None, :]
    bound = float(night.p_notice.max())
    while True:
        found = maximin(csr_array(night.chance_met(walks)))
        walk, most = _best_walk(night, found.against)
        bound = min(bound, max(most, found.value))
        if bound - found.value <= gap * bound + SAME or any(np.array_equal(walk, known) for known in walks):
            used = found.mix > SAME
            chance = found.mix[used] / found.mix[used].sum()
            value = float((chance @ night.chance_met(walks[used])).min())
            return Mix(walks[used], chance, value, bound)
        walks = np.vstack([walks, walk])


def _best_walk(night: Night, against: F8) -> tuple[I8, float]:
    """Return the walk that meets a mixed answer (answers,) best, and a bound on how well any does."""
    posts, legs = len(night.neighbours), night.legs
    # A leg's move from post i at time t to j at t + 1; the first "moves" put the patrol on a start.
    moves = [(-1, -1, i) for i in night.starts]
    moves += [(t, i, j) for t in range(legs - 1) for i in range(posts) for j in night.neighbours[i]]
    arriving: dict[tuple[int, int], list[int]] = {}
    for k, (t, _, j) in enumerate(moves):
        arriving.setdefault((t + 1, j), []).append(k)
    played = [k for k in range(len(against)) if against[k] > PLAYED]
    worth = [float(against[k] * night.p_notice[night.answers[k][0]]) for k in played]
    flow = _flow(moves, posts, legs)
    met_rows: list[tuple[int, int, float]] = []
    for row, k in enumerate(played):
        i, first = night.answers[k]
        met_rows.append((row, len(moves) + row, 1.0))
        met_rows += [(row, at, -1.0) for t in range(first, first + night.stay) for at in arriving.get((t, i), [])]
    columns = len(moves) + len(played)
    begin = np.zeros((1, columns))
    begin[0, : len(night.starts)] = 1.0
    found = milp(
        -np.concatenate([np.zeros(len(moves)), worth]),
        integrality=np.concatenate([np.ones(len(moves)), np.zeros(len(played))]),
        bounds=Bounds(0.0, 1.0),
        constraints=[
            LinearConstraint(csr_array(begin), 1.0, 1.0),
            LinearConstraint(_sparse(flow, posts * (legs - 1), columns), 0.0, 0.0),
            LinearConstraint(_sparse(met_rows, len(played), columns), -np.inf, 0.0),
        ],
        options={"mip_rel_gap": 1e-7},
    )
    if found.x is None:
        raise ArithmeticError(f"the solver gave up: {found.message}")
    walk = np.zeros(legs, np.int64)
    for gone in np.flatnonzero(found.x[: len(moves)] > 0.5):
        walk[moves[gone][0] + 1] = moves[gone][2]
    return walk, -float(found.mip_dual_bound)


def _flow(moves: list[tuple[int, int, int]], posts: int, legs: int) -> list[tuple[int, int, float]]:
    """Return the entries of: what arrives at a post at a leg leaves it at that leg, but for the last."""
    out = []
    for k, (t, i, j) in enumerate(moves):
        if t >= 0:
            out.append((t * posts + i, k, -1.0))
        if t + 1 < legs - 1:
            out.append(((t + 1) * posts + j, k, 1.0))
    return out


def _sparse(entries: list[tuple[int, int, float]], rows: int, columns: int) -> csr_array:
    at = np.array(entries, float).reshape(-1, 3)
    shape = (max(rows, 1), columns)
    return csr_array(coo_array((at[:, 2], (at[:, 0].astype(int), at[:, 1].astype(int))), shape=shape))
