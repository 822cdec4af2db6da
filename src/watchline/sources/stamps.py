"""A source's own time stamps, made fit for use: time that never goes back and never jumps by days.

Rules: the stamp as it came stays in `Frame.stamped_s`, where `vision.stream_health` finds what was wrong with it;
`Frame.t_s` is what the rest of the product lives on.
"""

from __future__ import annotations

import math

DAY_S = 86_400.0  # a longer gap inside one recording is a clock that was set, not a pause


class Stamps:
    """Turns stamps into times; not frozen: it remembers the last one.  period_s: assumed where stamps fail."""

    def __init__(self, period_s: float) -> None:
        self._period_s = period_s
        self._last_t_s = self._last_stamp_s = math.nan

    def time_of(self, stamp_s: float) -> float:
        """Return the time of the next picture: the stamp's step where that is forward and less than a day.

        >>> clock = Stamps(0.1)
        >>> [round(clock.time_of(s), 2) for s in (5.0, 5.2, 3.0, 3.1, math.nan)]
        [5.0, 5.2, 5.3, 5.4, 5.5]
        """
        step_s = stamp_s - self._last_stamp_s
        if math.isnan(self._last_t_s):
            t_s = stamp_s if math.isfinite(stamp_s) else 0.0
        else:
            t_s = self._last_t_s + (step_s if 0.0 < step_s < DAY_S else self._period_s)
        self._last_t_s, self._last_stamp_s = t_s, stamp_s
        return t_s
