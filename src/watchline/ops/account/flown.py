"""What was looked at from the air in the last half hour, as places with the share of that time spent on them.

Theory: a drone in the air is an observer that moves, so each place counts with the share of the time that it looked
there (as in `whereabouts.py`).  The place is where a camera looks, if that is told, whoever flies it, and then it
counts for less when the picture is narrower than what a drone sweeps; else it is below the drone.
Rules: a drone on the ground, or not heard, looks at nothing, whatever the site says that it patrols.
Mutable: it remembers where they were.
"""

from __future__ import annotations

from collections import defaultdict, deque

import numpy as np

from watchline.geo.line import LineFrame
from watchline.ops.account.whereabouts import GRID_M, WINDOW_S, Stood
from watchline.ops.drone_view import SWEEPS_M, outline_m, seen_now, strip_of
from watchline.ops.picture import Picture

EVERY_S = 5.0
FRESH_S = 15.0  # a drone that was not heard for so long is nowhere
UP_M, MOVES_M_S = 10.0, 2.0


class Flights:
    """Follows drones in the air, and where airborne cameras look."""

    def __init__(self, line: LineFrame, drones: tuple[str, ...]) -> None:
        self._line, self._drones = line, drones
        self._looked_s = -np.inf
        self._looks: deque[tuple[float, tuple[str, int, int], float]] = deque()

    def follow(self, picture: Picture) -> None:
        """Note where drones look now, every EVERY_S.  Called with the core's lock held."""
        if picture.now_s - self._looked_s < EVERY_S - 1e-6:
            return
        self._looked_s = picture.now_s
        over = {seen.platform: strip_of(outline_m(seen, self._line)) for seen in seen_now(picture)}
        for who in self._drones:
            if who not in over and flies(who, picture):
                over[who] = self._line.frame.xy_m_of(picture.units[who].position), SWEEPS_M
        for who, (at, width_m) in over.items():
            east, north = np.rint(at / GRID_M).astype(int).tolist()
            self._looks.append((picture.now_s, (who, east, north), width_m / SWEEPS_M))

    def over(self, now_s: float) -> tuple[Stood, ...]:
        """Return where they looked in the half hour before now_s, in the order of their names and places."""
        while self._looks and self._looks[0][0] <= now_s - WINDOW_S:
            self._looks.popleft()
        looks: defaultdict[tuple[str, int, int], float] = defaultdict(float)
        for _, place, weight in self._looks:
            looks[place] += weight
        share = EVERY_S / WINDOW_S
        return tuple(
            Stood(who, GRID_M * x, GRID_M * y, round(n * share, 5)) for (who, x, y), n in sorted(looks.items())
        )


def flies(drone: str, picture: Picture) -> bool:
    """Return whether a drone is in the air: by its own height or arming, else because it moves."""
    heard, state = picture.units.get(drone), picture.outside.drones.get(drone)
    if heard is None or picture.now_s - heard.t_s > FRESH_S:
        return False
    if state is not None and state.above_home_m is not None:
        return state.above_home_m > UP_M
    if state is not None and state.armed is not None:
        return state.armed
    return heard.speed_m_s > MOVES_M_S
