"""What was looked at from the air since the last account, as places with the share of the time spent on them.

Theory: a drone in the air is an observer that moves, so in a minute each place counts with the share of the minute
spent there (as a patrol's beat does).  The place is where a camera looks, if that is told, whoever flies it, and then
it counts for less when the picture is narrower than what a drone sweeps; else it is below the drone.
Rules: a drone on the ground, or not heard, looks at nothing, whatever the site says that it patrols.
Mutable: it remembers where they were.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from watchline.coverage.watchers import STEP_M
from watchline.domain.site import Unit
from watchline.ops.drone_view import SWEEPS_M, outline_m, seen_now, strip_of
from watchline.ops.picture import Picture
from watchline.ops.site_file import LoadedSite

EVERY_S = 5.0
FRESH_S = 15.0  # a drone that was not heard for so long is nowhere
UP_M, MOVES_M_S = 10.0, 2.0
Flown = tuple[str, float, float, float]  # who, east and north of the place on the site grid, share of the time


class Flights:
    """Follows drones in the air, and where airborne cameras look."""

    def __init__(self, loaded: LoadedSite, drones: tuple[Unit, ...]) -> None:
        self._line, self._drones = loaded.line, tuple(unit.id for unit in drones)
        self._looked_s, self._looks = -np.inf, 0
        self._over: defaultdict[tuple[str, int, int], float] = defaultdict(float)

    def follow(self, picture: Picture) -> None:
        """Note where drones look now, every EVERY_S.  Called with the core's lock held."""
        if picture.now_s - self._looked_s < EVERY_S - 1e-6:
            return
        self._looked_s, self._looks = picture.now_s, self._looks + 1
        over = {seen.platform: strip_of(outline_m(seen, self._line)) for seen in seen_now(picture)}
        for who in self._drones:
            if who not in over and flies(who, picture):
                told = picture.units[who].position
                xy = self._line.frame.xy_m_from_lonlat(told.lon_deg, told.lat_deg)
                over[who] = np.asarray(xy, float).reshape(2), SWEEPS_M
        for who, (at, width_m) in over.items():
            east, north = np.rint(at / STEP_M).astype(int).tolist()
            self._over[who, east, north] += width_m / SWEEPS_M

    def take(self) -> tuple[Flown, ...]:
        """Return where they looked since last asked, in the order of their names and places."""
        looks, over = max(self._looks, 1), sorted(self._over.items())
        self._over, self._looks = defaultdict(float), 0
        return tuple((who, east * STEP_M, north * STEP_M, round(n / looks, 3)) for (who, east, north), n in over)


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
