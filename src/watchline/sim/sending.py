"""Units of a simulated world that do as they are told: go somewhere, stay there, go back on their beat."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from watchline.sensing import signature
from watchline.sim.driving import Driver, Drives, drive
from watchline.sim.movers import Path
from watchline.sim.world import World

F8 = NDArray[np.float64]

REACH_M = 25_000.0
STAYS_S = 86_400.0


class Sending:
    """Sends the units of a world.  Mutable: it draws drivers, and moves bodies of the world."""

    def __init__(self, world: World, drives: Drives, rng: np.random.Generator) -> None:
        self._world, self._drives, self._rng = world, drives, rng
        self._number = {unit.id: k for k, unit in enumerate(world.site.units)}
        self._driver: dict[int, Driver] = {}

    def place(self, unit: str) -> F8:
        """Return where (2,) a unit is: its body, or its post."""
        k, bodies = self._number[unit], self._world.movers.bodies
        slots = np.flatnonzero((bodies.id > 0) & (bodies.unit == k))
        if len(slots):
            return np.array([bodies.x[slots[0]], bodies.y[slots[0]]])
        return np.array(self._world.reporter.homes_m[k])

    def send(self, unit: str, to_m: F8, *, anew: bool = True) -> float | None:
        """Send a unit to a place (2,); return when it will be there, None where there is no way.

        anew: it was told something new and has to get ready; else it only turns.
        """
        k, now_s = self._number[unit], self._world.now_s
        if anew or k not in self._driver:
            self._driver[k] = Driver.drawn(self._rng)
        driver = self._driver[k] if anew else Driver(1.0, self._driver[k].slower, self._driver[k].stops)
        field = self._drives.field(self.place(unit), REACH_M)
        path = drive(field, to_m, self._world.site.units[k].speed_m_s, now_s, driver)
        if path is None:
            return None
        arrives_s = float(path.t_s[-1])
        self._give(k, _staying(path))
        self._world.population.away.add(k)
        return arrives_s

    def release(self, unit: str) -> None:
        """Let a unit go back to where it patrols, or to its post."""
        k, world = self._number[unit], self._world
        if k not in world.population.away:
            return
        spec = world.site.units[k]
        goal = np.array(world.reporter.homes_m[k])
        beat = spec.patrol_from_km is not None and spec.patrol_to_km is not None
        if beat:
            s = float(world.line.sd_from_xy_m(self.place(unit))[0])
            low, high = 1000.0 * float(spec.patrol_from_km or 0.0), 1000.0 * float(spec.patrol_to_km or 0.0)
            goal = world.line.xy_m_from_sd([float(np.clip(s, low, high)), spec.patrol_offset_m])
        arrives_s = self.send(unit, goal)
        if beat and arrives_s is not None:
            world.population.back_on_beat(k, self._body(k), arrives_s)

    def _body(self, k: int) -> int:
        bodies = self._world.movers.bodies
        slots = np.flatnonzero((bodies.id > 0) & (bodies.unit == k))
        return int(bodies.id[slots[0]]) if len(slots) else 0

    def _give(self, k: int, path: Path) -> None:
        body, movers = self._body(k), self._world.movers
        if body:
            movers.reroute(body, path)
        else:
            movers.add(path, signature.VEHICLE, -1 - k, unit=k)


def _staying(path: Path) -> Path:
    """Return a path that ends with a long stay: a body whose path is over leaves the world."""
    t = np.append(path.t_s, path.t_s[-1] + STAYS_S)
    return Path(t, np.concatenate([path.xy_m, path.xy_m[-1:]]), np.append(path.posture, path.posture[-1]))
