"""Checkpoints that stand somewhere else every shift: with which chance where, so that nobody gains by knowing it.

Theory: post m stands at place i with chance x_mi; a place is manned with c_i = sum over m of x_mi.  Who knows the law
passes where they gain most, missed_i - c_i p_stop (missed_i - met_i).  The largest gain is pressed as low as it goes,
then the next largest, by linear programmes.  With equal values that is the zero-sum game over being met; with values
of their own, where every post reaches every place, it is ORIGAMI's coverage (`values.py`), a Stackelberg commitment.
Chances with at most one place a post and one post a place are a mixture of assignments (Birkhoff & von Neumann): what
is drawn has exactly these chances, and each shift is drawn by itself, so that nights of watching teach the law alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment, linprog

F8 = NDArray[np.float64]
Mask = NDArray[np.bool_]

HAIR = 1e-9
LEFT = 1e-7  # weight of a mixture that is not followed up
FORBIDDEN = -1e9


@dataclass(frozen=True)
class Stands:
    """chance (M, N) of each post at each place; gain (N,) of who passes there and knows the law; mixture: weight, and
    the place of each post, N and more for none."""

    chance: F8
    gain: F8
    mixture: tuple[tuple[float, tuple[int, ...]], ...]

    @property
    def manned(self) -> F8:
        """Return (N,) the chance that somebody stands at each place."""
        return np.asarray(self.chance.sum(axis=0), float)

    def drawn(self, rng: np.random.Generator, shifts: int) -> NDArray[np.int64]:
        """Return (shifts, M) the place of each post in each shift, -1 for none; each shift by itself."""
        weight = np.array([one for one, _ in self.mixture])
        which = rng.choice(len(weight), size=shifts, p=weight / weight.sum())
        places = np.array([places for _, places in self.mixture])[which]
        return np.where(places < self.chance.shape[1], places, -1)


def best_stands(reach: Mask, missed: F8, met: F8, p_stop: float) -> Stands:
    """Return where posts should stand with which chance.

    reach (M, N): which post can stand where; missed, met (N,): what who passes there gains unmet and met, missed
    above met; p_stop: chance that a manned place meets who passes.
    """
    if not np.all(missed > met) or not 0.0 < p_stop <= 1.0:
        raise ValueError("missed must be above met everywhere, p_stop over 0 and up to 1")
    chance = _pressed(reach, missed, p_stop * (missed - met))
    gain = missed - p_stop * (missed - met) * chance.sum(axis=0)
    return Stands(chance, gain, _mixture(chance))


def _pressed(reach: Mask, missed: F8, worth: F8) -> F8:
    """Return (M, N) the chances that press the largest gain lowest, then the next."""
    posts, places = reach.shape
    at_post, at_place = np.nonzero(reach)
    count = len(at_post)
    # Variables: a chance for each post and place within its reach, and the gain that is pressed.
    per_post, per_place = np.zeros((posts, count + 1)), np.zeros((places, count + 1))
    per_post[at_post, np.arange(count)] = 1.0
    per_place[at_place, np.arange(count)] = 1.0
    pressed = -worth[:, None] * per_place
    held = np.full(places, np.nan)  # the gain at which a place is held
    cost = np.append(np.zeros(count), 1.0)
    found: Any = None
    while np.isnan(held).any():
        free = np.isnan(held)
        rows = pressed.copy()
        rows[free, count] = -1.0
        limit = np.where(free, -missed, held - missed + HAIR)
        table = np.vstack([rows, per_post, per_place])
        limits = np.concatenate([limit, np.ones(posts + places)])
        found = linprog(cost, table, limits, bounds=[(0.0, 1.0)] * count + [(None, None)])
        if found.x is None:
            raise ArithmeticError(f"the checkpoints were not solved: {found.message}")
        tight = free & (found.ineqlin.marginals[:places] < -HAIR)
        held[tight if tight.any() else free] = found.x[count]
    out = np.zeros((posts, places))
    out[at_post, at_place] = np.clip(found.x[:count], 0.0, 1.0)
    return out


def _mixture(chance: F8) -> tuple[tuple[float, tuple[int, ...]], ...]:
    """Return assignments with weights whose mean is the chances; post m stands nowhere at place N + m."""
    posts = len(chance)
    idle = np.diag(np.clip(1.0 - chance.sum(axis=1), 0.0, 1.0))
    left = np.hstack([chance, idle])
    rest, out = 1.0, []
    while rest > LEFT:
        # A place that has to be manned in all that is left of the mixture must be in every assignment.
        full = left.sum(axis=0) >= rest - LEFT
        value = np.where(left > HAIR, 1.0 + 10.0 * posts * full, FORBIDDEN)
        at, place = linear_sum_assignment(value, maximize=True)
        others = np.ones(left.shape[1], bool)
        others[place] = False
        slack = (rest - left.sum(axis=0))[others]
        weight = min(float(left[at, place].min()), rest, float(slack.min(initial=rest)))
        if weight <= HAIR:
            break
        out.append((weight, tuple(int(k) for k in place)))
        left[at, place] -= weight
        rest -= weight
    return tuple(out)
