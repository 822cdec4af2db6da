"""The injected clock: simulated time that runs free, or at a speed; real time for a real site."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass
class Clock:
    """Time moves in steps of step_s from start_s; speed None runs free, 1.0 keeps pace with the wall.  Mutable."""

    start_s: float
    step_s: float
    speed: float | None = None
    ticks: int = 0
    _wall0_s: float = 0.0

    @property
    def now_s(self) -> float:
        """Return the present, seconds since the Unix epoch; a multiple of steps, so that it never drifts."""
        return self.start_s + self.ticks * self.step_s

    def advance(self) -> float:
        """Go on by one step, waiting for the wall clock if there is a pace; return the new present."""
        if self.ticks == 0:
            self._wall0_s = time.monotonic()
        self.ticks += 1
        if self.speed is not None:
            due = self._wall0_s + self.ticks * self.step_s / self.speed
            late = time.monotonic() - due
            if late < 0:
                time.sleep(-late)
            elif late > 2.0:
                self._wall0_s += late  # fell behind: carry on from here instead of racing to catch up
        return self.now_s


class WallClock(Clock):
    """Time moves in whole steps with the wall's clock, leaving out steps when it falls behind; it never goes back.

    For a core whose nodes have clocks of their own: one that fell behind would take all of them for ahead.
    """

    def advance(self) -> float:
        """Go on to the wall's present, at least one step; return it."""
        ahead_s = self.now_s + self.step_s - time.time()
        if ahead_s > 0.0:
            time.sleep(min(ahead_s, self.step_s))
        self.ticks = max(self.ticks + 1, int((time.time() - self.start_s) / self.step_s))
        return self.now_s


def seconds_of(text: str) -> float:
    """Return seconds since the Unix epoch of an RFC 3339 time; ValueError when it is none or has no zone."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} names no time zone")
    return moment.timestamp()


def text_of(t_s: float) -> str:
    """Return the RFC 3339 text of a time, UTC, to the second."""
    return datetime.fromtimestamp(t_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
