"""An alarm that may be looked at every day: are misses twice as likely as we say?

Theory: the likelihood ratio of what happened under odds of a miss `odds` times ours against ours is an e-process
(Ville 1939; Grunwald, de Heide and Koolen 2024): if our probabilities are right, the chance that it ever passes 20
is at most 1/20, however often one looks.  The state is a value; outcomes are added in the order they come.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

ALARM_AT = 20.0


@dataclass(frozen=True)
class Monitor:
    """What has come in so far.  ln_e: logarithm of the e-value, ln_most of its largest ever."""

    odds: float = 2.0
    outcomes: int = 0
    ln_e: float = 0.0
    ln_most: float = 0.0

    @property
    def alarm(self) -> bool:
        """Return whether it ever passed ALARM_AT."""
        return self.ln_most >= math.log(ALARM_AT)


def seen(state: Monitor, p_miss: float, *, missed: bool) -> Monitor:
    """Return the monitor after one outcome that was said to be missed with p_miss, in (0, 1)."""
    if not 0.0 < p_miss < 1.0:
        raise ValueError(f"p_miss must be in (0, 1), got {p_miss}")
    worse = state.odds * p_miss / (1.0 - p_miss + state.odds * p_miss)
    ln_e = state.ln_e + (math.log(worse / p_miss) if missed else math.log((1.0 - worse) / (1.0 - p_miss)))
    return Monitor(state.odds, state.outcomes + 1, ln_e, max(state.ln_most, ln_e))
