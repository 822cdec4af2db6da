"""What was walked, held against what was planned: leg by leg, by the patrol's own reports of where it is.

Rules: a leg nobody reported about is unknown, and neither kept nor missed.
Limits: a unit's report is believed; between two reports it went straight.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

F8 = NDArray[np.float64]


@dataclass(frozen=True)
class Walked:
    """legs that were planned; of these kept and missed; unknown: nobody reported."""

    legs: int
    kept: int
    missed: int

    @property
    def unknown(self) -> int:
        """Return the legs nothing is known of."""
        return self.legs - self.kept - self.missed

    @property
    def kept_share(self) -> float:
        """Return the share of the known legs that was kept, NaN when none is known."""
        known = self.kept + self.missed
        return self.kept / known if known else float("nan")


def walked(planned_s: F8, planned_m: F8, told_s: F8, told_m: F8, *, within_m: float, silent_s: float) -> Walked:
    """Return what was kept of planned places planned_m (L, 2) at planned_s (L,).

    told_s (N,) rising, told_m (N, 2): reports.  Kept: within_m of the place or nearer then, going straight between
    reports; unknown: no report within silent_s before or after.
    """
    legs = len(planned_s)
    if not len(told_s):
        return Walked(legs, 0, 0)
    after = np.searchsorted(told_s, planned_s)
    since = planned_s - told_s[np.clip(after - 1, 0, None)]
    until = told_s[np.clip(after, None, len(told_s) - 1)] - planned_s
    known = (after > 0) & (since <= silent_s) & (after < len(told_s)) & (until <= silent_s)
    known |= np.isin(planned_s, told_s)
    at = np.column_stack([np.interp(planned_s, told_s, told_m[:, k]) for k in (0, 1)])
    near = np.hypot(*(at - planned_m).T) <= within_m
    return Walked(legs, int((known & near).sum()), int((known & ~near).sum()))
