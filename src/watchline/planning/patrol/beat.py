"""A patrol on its beat that turns by chance: the law it walks by, what that law guarantees, and walks drawn from it.

Theory: a beat is a row of posts; at every leg the patrol goes on, turns, or waits, by chances that depend on the post
and its direction: a Markov chain without memory beyond that, so that nights of watching teach its law and nothing of
tonight.  A crosser is at one post for m legs, whenever it likes.  In the chain's steady state the chance that the
patrol comes by meanwhile is the same at every hour: that of not being there at the first leg, times that of not
arriving in m - 1 more, summed over where it may be; the law is chosen to make the least of them, over the posts, as
large as possible (sequential quadratic programming from several starts).
No patrol of any kind does better than the value of the game on a border (`border.py`), so the gap is known.

Rules: turning has a least chance, so that no look at the patrol tells where it is an hour later; the figures are
those of the law as it is handed out, worked out exactly.
Limits: a maximum of a law of this kind, not proved to be the largest among them; every leg takes as long as the
slowest of the beat; a crosser who sees the patrol now does better, and `seen` says how much.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from watchline.planning.patrol.border import border_value

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]

LEAST_TURN = 0.02  # a leg: half of all hours of thirty legs have a turn that nobody could foretell
STARTS = ((0.02, 0.0), (0.1, 0.05), (0.3, 0.2))  # chances of turning and waiting that the search begins from
ROUNDS = 200


@dataclass(frozen=True)
class Law:
    """How a patrol goes.  turn, wait (2, posts): chances at each post when it goes towards growing chainage (row 0)
    and back (row 1); else it goes on, or at an end turns."""

    turn: F8
    wait: F8

    @property
    def posts(self) -> int:
        """Return how many posts the beat has."""
        return int(self.turn.shape[1])

    @cached_property
    def step(self) -> F8:
        """Return (2 posts, 2 posts) chances from state to state; state: direction times posts, plus post."""
        n = self.posts
        out = np.zeros((2 * n, 2 * n))
        for way in (0, 1):
            for i in range(n):
                here = way * n + i
                out[here, here] += self.wait[way, i]
                on, back = i + (1 - 2 * way), i - (1 - 2 * way)
                turn, go = self.turn[way, i], 1.0 - self.turn[way, i] - self.wait[way, i]
                if n == 1:
                    out[here, here] += turn + go
                elif not 0 <= on < n:
                    out[here, (1 - way) * n + back] += turn + go
                elif not 0 <= back < n:
                    out[here, way * n + on] += turn + go
                else:
                    out[here, (1 - way) * n + back] += turn
                    out[here, way * n + on] += go
        return out

    @cached_property
    def steady(self) -> F8:
        """Return (2 posts,) the chance of each state at any hour."""
        size = len(self.step)
        rows = np.vstack([self.step.T - np.eye(size), np.ones(size)])
        found = np.linalg.lstsq(rows, np.append(np.zeros(size), 1.0), rcond=None)[0]
        return np.asarray(np.maximum(found, 0.0) / np.maximum(found, 0.0).sum(), float)

    def met(self, stay: int, state: F8 | None = None) -> F8:
        """Return (posts,) the chance that the patrol is at each post within `stay` legs, the present one included;
        state (2 posts,): where it is believed to be, None for any hour."""
        n = self.posts
        there = np.tile(np.eye(n, dtype=bool), 2)
        mass = np.where(there, 0.0, self.steady if state is None else state)
        for _ in range(stay - 1):
            mass = np.where(there, 0.0, mass @ self.step)
        return np.asarray(1.0 - mass.sum(axis=1), float)

    def seen(self, stay: int) -> float:
        """Return the least chance of meeting a crosser who sees the patrol and takes the best post for it now."""
        return min(float(self.met(stay, state).min()) for state in np.eye(2 * self.posts))

    def drawn(self, rng: np.random.Generator, legs: int) -> I8:
        """Return (legs,) the post at every leg of one draw."""
        reach = np.cumsum(self.step, axis=1)
        state = int(rng.choice(len(self.steady), p=self.steady))
        chance, out = rng.random(legs), np.empty(legs, np.int64)
        for t in range(legs):
            out[t] = state % self.posts
            state = min(int(np.searchsorted(reach[state], chance[t], side="right")), len(self.steady) - 1)
        return out


@dataclass(frozen=True)
class Beaten:
    """The law of a beat; value: least chance that a crosser of `stay` legs is met, knowing the law; bound: no patrol
    of any kind does better; seen: the least for one who sees the patrol as it sets out; timetable: the least for a
    patrol that goes to and fro by the clock, the timetable known."""

    law: Law
    stay: int
    value: float
    bound: float
    seen: float
    timetable: float


def best_law(posts: int, stay: int, *, least_turn: float = LEAST_TURN) -> Beaten:
    """Return the best law found for a row of posts and a crosser who is there for `stay` legs, both >= 1.

    >>> round(best_law(2, 1).value, 3)
    0.5
    """
    if posts < 1 or stay < 1:
        raise ValueError(f"posts and stay must be >= 1, got {posts} and {stay}")
    laws = [_searched(posts, stay, least_turn, turn, wait) for turn, wait in STARTS] if posts > 1 else []
    laws.append(Law(np.full((2, posts), least_turn), np.zeros((2, posts))))
    if stay >= 2 * (posts - 1):
        laws.append(Law(np.zeros((2, posts)), np.zeros((2, posts))))  # to and fro is certain: nothing to hide
    law = max(laws, key=lambda one: float(one.met(stay).min()))
    bound = border_value(posts, stay) if posts > 1 and stay > 1 else 1.0 / posts
    timetable = 1.0 if stay >= 2 * (posts - 1) or posts == 1 else 0.0
    return Beaten(law, stay, float(law.met(stay).min()), bound, law.seen(stay), timetable)


def _searched(posts: int, stay: int, least_turn: float, turn: float, wait: float) -> Law:
    """Return the law that a search from these chances ends at; the same forwards and backwards along the row."""

    def law_of(x: F8) -> Law:
        turns, waits = np.clip(x[:posts], least_turn, 1.0), np.clip(x[posts : 2 * posts], 0.0, 1.0)
        waits = np.minimum(waits, 1.0 - turns)
        return Law(np.array([turns, turns[::-1]]), np.array([waits, waits[::-1]]))

    def over(x: F8) -> F8:
        return np.asarray(law_of(x).met(stay) - x[-1], float)

    start = np.concatenate([np.full(posts, max(turn, least_turn)), np.full(posts, wait), [0.0]])
    start[-1] = float(law_of(start).met(stay).min())
    # The stubs want one shape of function for every method.
    found: Any = minimize(  # type: ignore[call-overload]
        lambda x: -x[-1],
        start,
        jac=lambda x: np.append(np.zeros(len(x) - 1), -1.0),
        method="SLSQP",
        bounds=[(least_turn, 0.98)] * posts + [(0.0, 0.98)] * posts + [(0.0, 1.0)],
        constraints=[
            {"type": "ineq", "fun": over},
            {"type": "ineq", "fun": lambda x: 1.0 - x[:posts] - x[posts : 2 * posts]},
        ],
        options={"maxiter": ROUNDS, "ftol": 1e-9},
    )
    return law_of(found.x)
