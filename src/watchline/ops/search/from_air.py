"""What drones' cameras look at on the ground, whoever sent them, as looks in vain of a search.

Rules: the centre of the picture is where it looks, and its shorter side is the most that it can sweep.  A camera that
looked away, or that jumped farther than one picture, begins anew: what lies between was not looked at.
Mutable: it remembers where each looked since it was last asked.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from watchline.coverage.watchers import DRONE_SEEN_FROM_M
from watchline.geo.line import LineFrame
from watchline.ops.drone_view import FRESH_S, outline_m, seen_now, strip_of
from watchline.ops.picture import Picture

F8 = NDArray[np.float64]
Fix = tuple[float, float, float]

EVERY_S = 5.0


@dataclass
class Swept:
    """Ground that one camera went over without a break: fixes (degrees longitude, latitude, t_s); the width is the
    least of its pictures.  Mutable: it grows."""

    who: str
    width_m: float
    fixes: list[Fix] = field(default_factory=list)
    last_m: F8 = field(default_factory=lambda: np.zeros(2))


class FromAir:
    """Follows where airborne cameras look."""

    def __init__(self, line: LineFrame) -> None:
        self._line = line
        self._going: dict[str, Swept] = {}
        self._done: list[Swept] = []

    @property
    def told(self) -> frozenset[str]:
        """Return the drones of which it is told where they look."""
        return frozenset(self._going)

    def hear(self, picture: Picture) -> None:
        """Note where cameras look now.  Called with the core's lock held."""
        for seen in seen_now(picture):
            one = self._going.get(seen.platform)
            if one is not None and one.fixes and seen.t_s - one.fixes[-1][2] < EVERY_S:
                continue
            centre, width_m = strip_of(outline_m(seen, self._line))
            if one is None or self._broke(one, centre, seen.t_s):
                if one is not None:
                    self._done.append(one)
                one = self._going[seen.platform] = Swept(seen.platform, width_m)
            lon, lat = self._line.frame.lonlat_from_xy_m(centre).tolist()
            one.fixes.append((round(lon, 6), round(lat, 6), seen.t_s))
            one.width_m, one.last_m = min(one.width_m, width_m), centre

    def take(self, now_s: float) -> list[Swept]:
        """Return what was swept since last asked, of two fixes or more; those that go on begin where they are."""
        out = [one for one in (*self._done, *self._going.values()) if len(one.fixes) > 1]
        self._done = []
        self._going = {
            who: Swept(who, one.width_m, one.fixes[-1:], one.last_m)
            for who, one in self._going.items() if now_s - one.fixes[-1][2] < FRESH_S + EVERY_S
        }  # fmt: skip
        return out

    def _broke(self, one: Swept, centre: F8, t_s: float) -> bool:
        away = t_s - one.fixes[-1][2] > FRESH_S + EVERY_S
        return away or float(np.hypot(*(centre - one.last_m))) > DRONE_SEEN_FROM_M
