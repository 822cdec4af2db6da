"""Could a drone of ours fly a mission and come back, and would it meet another of ours on the way?

Theory: a flight is places with a time each: what is between them at the drone's air speed less the wind, which is
taken against it all the way, and what an item waits.  It ends at home with a reserve of the battery.  Two flights are
in each other's way where both could be, `SLACK_S` sooner or later than reckoned, within `APART_M` and `UP_M`.
Rules: what the site or the drone has not told (endurance, battery, wind) refuses nothing; a height that is not known
may be any.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from watchline.domain.records import MissionItem, MissionPlan
from watchline.domain.site import Unit
from watchline.ops.exchange.outside import MissionView
from watchline.ops.picture import Picture
from watchline.ops.respond.land import home_of
from watchline.ops.site_file import LoadedSite
from watchline.response.travel.flight import APART_M, RESERVE

F8 = NDArray[np.float64]

UP_M = 60.0  # between heights of two drones that may pass over each other
SLACK_S, STEP_S = 60.0, 5.0
WAYPOINT, RETURN, TIMED = 16, 20, (19, 93)  # MAV_CMD; the last two wait for their first number of seconds


@dataclass(frozen=True)
class Flight:
    """xyz_m (N, 3) on the site grid, heights above sea level, NaN where unknown; t_s (N,) seconds from now."""

    xyz_m: F8
    t_s: F8

    def at(self, t_s: F8) -> F8:
        """Return (T, 3) where it is."""
        return np.column_stack([np.interp(t_s, self.t_s, self.xyz_m[:, k]) for k in range(3)])


def flown(way_m: F8, numbers: list[int], items: tuple[MissionItem, ...], ground_m_s: float) -> Flight:
    """Return a flight over way_m (N, 3), whose n-th leg leads to items[numbers[n]]."""
    legs = np.hypot(*np.diff(way_m[:, :2], axis=0).T) / ground_m_s
    waits = np.array([_waits_s(items[n]) for n in numbers[-len(legs) :]] if len(legs) else [])
    there = np.concatenate([[0.0], np.cumsum(legs + waits)])
    leaves = there[1:], np.repeat(way_m[1:], 2, axis=0)
    t = np.column_stack([there[1:] - waits, leaves[0]]).reshape(-1)
    return Flight(np.concatenate([way_m[:1], leaves[1]]), np.concatenate([[0.0], t]))


def _waits_s(item: MissionItem) -> float:
    return max(0.0, item.params[0]) if item.command in (WAYPOINT, *TIMED) else 0.0


def cannot_fly(plan: MissionPlan, flight: Flight, unit: Unit, picture: Picture, site: LoadedSite) -> str:
    """Return why a drone would not come back from a flight, or be out of its link's range; "" if neither."""
    wind_m_s = wind_of(picture)
    if wind_m_s >= unit.speed_m_s:
        return f"the wind of {wind_m_s:.0f} m/s is too strong for {unit.speed_m_s:.0f} m/s"
    home = home_of(unit, site)
    home = home if np.isfinite(home).all() else flight.xyz_m[0, :2]
    far_m = float(np.hypot(*(flight.xyz_m[:, :2] - home).T).max())
    if far_m > unit.link_range_m:
        return f"{far_m / 1000.0:.1f} km from home it is beyond its link's range of {unit.link_range_m / 1000.0:.1f}"
    back_m = float(np.hypot(*(flight.xyz_m[-1, :2] - home)))
    needs_s = float(flight.t_s[-1]) + back_m / (unit.speed_m_s - wind_m_s)
    drone = picture.outside.drones.get(plan.drone)
    battery = drone.battery if drone is not None and drone.battery is not None else 1.0
    left_s = (battery - RESERVE) * unit.endurance_s
    if needs_s > left_s:
        return f"it needs {needs_s / 60.0:.0f} min and has {max(left_s, 0.0) / 60.0:.0f} before its reserve"
    return ""


def in_the_way(flight: Flight, others: dict[str, Flight]) -> str:
    """Return which other drone a flight would come too near, "" for none."""
    for who, other in others.items():
        t = np.arange(0.0, min(flight.t_s[-1], other.t_s[-1] + SLACK_S) + STEP_S, STEP_S)
        mine = flight.at(t)
        for late_s in np.arange(-SLACK_S, SLACK_S + STEP_S, STEP_S):
            gap = mine - other.at(np.clip(t + late_s, 0.0, other.t_s[-1]))
            near = (np.hypot(gap[:, 0], gap[:, 1]) < APART_M) & ~(np.abs(gap[:, 2]) > UP_M)
            if near.any():
                after_s = float(t[int(np.argmax(near))])
                return f"after {after_s / 60.0:.0f} min it would be within {APART_M:.0f} m of {who}, which flies"
    return ""


def in_the_air(view: MissionView, picture: Picture, endurance_s: float) -> bool:
    """Return whether a drone flies this mission now: it was started, and its battery cannot be empty yet."""
    last = view.outcomes[-1] if view.outcomes else None
    if view.plan.what != "mission" or last is None or last.outcome != "started":
        return False
    if not 0.0 <= picture.now_s - last.t_s < endurance_s:
        return False
    drone = picture.outside.drones.get(view.plan.drone)
    landed = drone is not None and drone.armed is False and drone.t_s > last.t_s
    return not landed


def wind_of(picture: Picture) -> float:
    """Return the strongest wind that was told of, metres a second."""
    return max((w.wind_m_s for w in picture.weather.values()), default=0.0)
