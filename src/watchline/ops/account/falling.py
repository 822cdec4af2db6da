"""Sensors that fall dark, or come back, one after the other: when is it time to reckon with it?

Rules: what one cause takes away falls silent within a look or two of each other, and is reckoned once, SETTLED_S
after the last; but nobody waits longer than SETTLED_MOST_S for the rest.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

SETTLED_S, SETTLED_MOST_S = 2.0, 5.0


@dataclass(frozen=True)
class Falling:
    """dark: which sensors are now; since_s: since when others than were reckoned with; these_s: since when these."""

    dark: frozenset[int] = frozenset()
    since_s: float = math.inf
    these_s: float = math.inf

    def seen(self, dark: frozenset[int], reckoned: frozenset[int], now_s: float) -> Falling:
        """Return the state at now_s; reckoned: who was dark in the last account."""
        if dark == reckoned:
            return Falling(dark)
        these_s = min(self.these_s, now_s) if dark == self.dark else now_s
        return Falling(dark, min(self.since_s, now_s), these_s)

    def settled(self, now_s: float) -> bool:
        """Return whether it is time."""
        return now_s - self.these_s >= SETTLED_S or now_s - self.since_s >= SETTLED_MOST_S
