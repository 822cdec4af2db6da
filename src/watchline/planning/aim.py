"""What is asked of a choice: the weakest stretch first, then the mean, under one condition or several that weigh.

Theory: where the worst of several hours counts, the crosser chooses the hour with the way: one condition, whose
stretches have the ways of all hours. Where hours weigh by how often they are, who crosses has to take the hour as it
comes and chooses the place: under each condition its weakest stretch counts, and what is raised is their weighted
sum.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from watchline.planning.choosing import Chosen

F8 = NDArray[np.float64]

SAME = 1e-9
HAIR = 1e-6  # of a sum of weights


@dataclass(frozen=True)
class Aim:
    """What counts: under each condition the weakest stretch, weighted; then the mean, weighted alike.

    weight (G,) > 0 of each condition, 1 together; the stretches of the first come first, then those of the next.
    """

    weight: tuple[float, ...] = (1.0,)

    def __post_init__(self) -> None:
        """Refuse weights that are none."""
        if not all(one > 0.0 for one in self.weight) or abs(sum(self.weight) - 1.0) > HAIR:
            raise ValueError(f"weights must be > 0 and 1 together, got {self.weight}")

    def by_stretch(self, chance: F8) -> F8:
        """Return (K,) the weighted mean over conditions of chances (G K,)."""
        return np.asarray(np.array(self.weight) @ chance.reshape(len(self.weight), -1), float)

    def of(self, chance: F8) -> Worth:
        """Return what chances (G K,) are worth."""
        table = chance.reshape(len(self.weight), -1)
        return Worth(float(np.array(self.weight) @ table.min(axis=1)), float(self.by_stretch(chance).mean()))


WORST = Aim()


@dataclass(frozen=True)
class Worth:
    """weakest: chance of detection on the weakest way of all (weighted over conditions); mean over the stretches."""

    weakest: float
    mean: float


@dataclass(frozen=True)
class Standing:
    """A choice that was asked: chance (G K,) of detection on the weakest way of each stretch, 1 where none leads."""

    chosen: Chosen
    chance: F8
    aim: Aim = WORST

    @cached_property
    def worth(self) -> Worth:
        """Return what it is worth."""
        return self.aim.of(self.chance)

    @property
    def weakest(self) -> float:
        """Return the chance of detection on the weakest way of all."""
        return self.worth.weakest

    @property
    def mean(self) -> float:
        """Return the mean over the stretches."""
        return self.worth.mean

    def better_than(self, other: Standing | None) -> bool:
        """Return whether this one's weakest stretch is stronger, or as strong and its mean higher."""
        if other is None or self.weakest > other.weakest + SAME:
            return True
        return self.weakest > other.weakest - SAME and self.mean > other.mean + SAME
