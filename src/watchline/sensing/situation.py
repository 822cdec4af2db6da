"""How things stand: which sensors work, how well each is believed to see, and in what air and light."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from watchline.domain.site import Sensor
from watchline.sensing.air.conditions import Conditions, nominal
from watchline.sensing.belief import Belief, prior
from watchline.sensing.detection import Crosser, performance_table

F8 = NDArray[np.float64]

NOMINAL = nominal()


@dataclass(frozen=True)
class Situation:
    """What coverage and the live view are reckoned for.

    conditions: air, contrast, light; dark: indices of sensors of which nothing is known; quality (N,) 0..1 each
    sensor's measured contrast over what `conditions` expect, NaN or None where not measured; belief: what is
    believed of the sensors' performance, None for the prior; watched: whether people on patrol and at posts count;
    reach_sure: sensors are taken to reach as far as this share of their kind do at least, 0.5 for as believed.
    sight_sure: places count as in sight where they are so with at least this chance, and for nothing elsewhere; 0
    weighs the chance itself.
    """

    conditions: Conditions = NOMINAL
    dark: frozenset[int] = frozenset()
    quality: F8 | None = None
    belief: Belief | None = None
    watched: bool = True
    reach_sure: float = 0.5
    sight_sure: float = 0.0

    def table(self, sensors: tuple[Sensor, ...], crosser: Crosser) -> F8:
        """Return (N, 13) `performance_table` of the sensors as things stand."""
        theta = self.believed(sensors).with_reach(self.reach_sure)
        return performance_table(sensors, crosser, theta, self.conditions)

    def believed(self, sensors: tuple[Sensor, ...]) -> Belief:
        """Return what is believed of the sensors: the prior when nothing else is given."""
        return prior(sensors) if self.belief is None else self.belief

    def quality_of(self, sensor: int) -> float:
        """Return a sensor's measured quality, NaN where it has none."""
        return float("nan") if self.quality is None else float(self.quality[sensor])
