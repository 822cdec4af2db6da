"""What units, weather stations, beacons and sensors themselves say, as records of the spine."""

from __future__ import annotations

import heapq
import itertools
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from watchline.domain.records import Beacon, Position, Record, SensorHealth, UnitReport, Weather
from watchline.sim.weather import STRETCH_M, Sky

if TYPE_CHECKING:
    from watchline.sim.world import World

F8 = NDArray[np.float64]

UNIT_EVERY_S = 15.0
WEATHER_EVERY_S = 600.0
MINUTE_S = 60.0
BEACON_EVERY_S = 60.0
DIRTY_AFTER = 1500.0  # seconds of full dust that soil a lens
DIRTY_LENS = 0.6
CLEANED_AFTER_S = 3 * 3600.0
GPS_SD_M = 6.0

UnitState = Literal["patrolling", "standing", "en_route", "on_scene", "returning", "silent"]


class Reporter:
    """Who has said what and when; mutable: part of the state of the world."""

    def __init__(self, world: World) -> None:
        """Prepare the first reports, spread over the first quarter of a minute."""
        n = len(world.site.units)
        self.world = world
        self.next_unit_s = world.start_s + UNIT_EVERY_S * (np.arange(n) % 15 + 1) / 15.0
        self.homes_m = np.array([_home_m(world, k) for k in range(n)]).reshape(n, 2)
        self.next_minute_s = world.start_s
        self.last_weather_s = -np.inf
        self.last_sky: Sky | None = None
        self.dusted = np.zeros(len(world.site.sensors))
        self.dirty_since = np.full(len(world.site.sensors), np.inf)
        self.count = 0

    def _id(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}-{self.world.site.simulation.seed if self.world.site.simulation else 0}-{self.count}"

    def say(self, t_s: float, sky: Sky) -> list[Record]:
        """Return everything that is said until `t_s`."""
        out: list[Record] = []
        due = np.flatnonzero(self.next_unit_s <= t_s)
        if len(due):
            out += self._units(due, t_s)
        if t_s >= self.next_minute_s:
            self.next_minute_s += MINUTE_S
            out += self._weather(t_s, sky)
            out += self._lenses(t_s, sky)
        beacons = self.world.population.beacons
        while beacons and beacons[0][0] <= t_s:
            when, body, name = heapq.heappop(beacons)
            out += self._beacon(when, body, name)
        return out

    def _units(self, due: NDArray[np.int64], t_s: float) -> list[Record]:
        bodies = self.world.movers.bodies
        self.next_unit_s[due] += UNIT_EVERY_S
        slot_of = {int(bodies.unit[k]): int(k) for k in np.flatnonzero((bodies.id > 0) & (bodies.unit >= 0))}
        slots = [slot_of.get(int(k), -1) for k in due]
        xy = np.array(
            [self.homes_m[u] if k < 0 else (bodies.x[k], bodies.y[k]) for u, k in zip(due, slots, strict=True)]
        )
        v = np.array([(0.0, 0.0) if k < 0 else (bodies.vx[k], bodies.vy[k]) for k in slots])
        xy = xy + self.world.rng.normal(0.0, GPS_SD_M, xy.shape) * (np.array(slots) >= 0)[:, None]
        places = positions(self.world, xy)
        out: list[Record] = []
        turns = self.world.line.frame.convergence_rad(xy).tolist()  # told from true north
        for u, where, (vx, vy), turned in zip(due, places, v.tolist(), turns, strict=True):
            unit = self.world.site.units[u]
            state: UnitState = "patrolling" if unit.kind == "patrol" else "standing"
            heading = float(np.arctan2(vx, vy) - turned) % (2 * np.pi)
            out.append(
                UnitReport(
                    id=self._id("report"),
                    t_s=t_s,
                    source=unit.id,
                    unit=unit.id,
                    position=where,
                    speed_m_s=round(float(np.hypot(vx, vy)), 2),
                    heading_rad=round(heading, 4),
                    state=state,
                )
            )
        return out

    def _weather(self, t_s: float, sky: Sky) -> list[Record]:
        last = self.last_sky
        if last is not None and t_s - self.last_weather_s < WEATHER_EVERY_S and not _changed(last, sky):
            return []
        self.last_sky, self.last_weather_s = sky, t_s
        length_km = self.world.line.length_m / 1000.0
        out: list[Record] = []
        for a, b in _runs(sky):
            out.append(
                Weather(
                    id=self._id("weather"),
                    t_s=t_s,
                    source="weather",
                    from_km=a * STRETCH_M / 1000.0,
                    to_km=min(length_km, b * STRETCH_M / 1000.0),
                    visibility_m=round(float(sky.visibility_m[a])),
                    dust=round(float(sky.dust[a]), 2),
                    rain_mm_h=round(float(sky.rain_mm_h[a]), 1),
                    wind_m_s=round(float(sky.wind_m_s[a]), 1),
                    air_c=round(sky.air_c, 1),
                )
            )
        return out

    def _lenses(self, t_s: float, sky: Sky) -> list[Record]:
        eyes, out = self.world.eyes, list[Record]()
        self.dusted += MINUTE_S * sky.dust[eyes.stretch] * (eyes.kind == 0)
        for k in np.flatnonzero((self.dusted > DIRTY_AFTER) & (eyes.lens == 1.0)):
            eyes.lens[k], self.dirty_since[k] = DIRTY_LENS, t_s
            out.append(self._health(int(k), t_s, "degraded", "lens dirty", DIRTY_LENS))
        for k in np.flatnonzero(t_s - self.dirty_since > CLEANED_AFTER_S):
            eyes.lens[k], self.dirty_since[k], self.dusted[k] = 1.0, np.inf, 0.0
            out.append(self._health(int(k), t_s, "up", "lens cleaned", 1.0))
        heard = self.world.heard
        return [r for r in out if heard[self.world.sensor_number[r.source]]]

    def _health(self, k: int, t_s: float, state: Literal["up", "degraded"], cause: str, quality: float) -> Record:
        name = self.world.site.sensors[k].id
        return SensorHealth(
            id=self._id("health"), t_s=t_s, source=name, sensor=name, state=state, cause=cause, quality=quality
        )

    def _beacon(self, t_s: float, body: int, name: str) -> list[Record]:
        bodies = self.world.movers.bodies
        slots = np.flatnonzero(bodies.id == body)
        if not len(slots):
            return []
        heapq.heappush(self.world.population.beacons, (t_s + BEACON_EVERY_S, body, name))
        xy = np.array([[bodies.x[slots[0]], bodies.y[slots[0]]]]) + self.world.rng.normal(0.0, GPS_SD_M, (1, 2))
        where = positions(self.world, xy)[0]
        return [Beacon(id=self._id("beacon"), t_s=t_s, source=name, beacon=name, position=where, people=1)]


def positions(world: World, xy_m: F8) -> list[Position]:
    """Return places as people read them, of (N, 2) grid positions."""
    lonlat = world.line.frame.lonlat_from_xy_m(xy_m)
    sd = world.line.sd_from_xy_m(xy_m)
    return [
        Position(lon_deg=round(a, 6), lat_deg=round(b, 6), s_m=round(s, 1), d_m=round(d, 1))
        for (a, b), (s, d) in zip(lonlat.tolist(), sd.tolist(), strict=True)
    ]


def _home_m(world: World, unit: int) -> F8:
    spec = world.site.units[unit]
    places = {p.id: (p.lon_deg, p.lat_deg) for p in world.site.posts}
    lon, lat = (spec.lon_deg, spec.lat_deg) if spec.lon_deg is not None else places.get(spec.post or "", (None, None))
    if lon is None or lat is None:
        return np.full(2, np.nan)
    return world.line.frame.xy_m_from_lonlat(lon, lat)


def _changed(before: Sky, now: Sky) -> bool:
    seen = np.abs(np.log(now.visibility_m / before.visibility_m)) > 0.3
    wet = np.abs(now.rain_mm_h - before.rain_mm_h) > 1.0
    return bool((seen | wet).any())


def _runs(sky: Sky) -> list[tuple[int, int]]:
    """Return runs of neighbouring stretches with about the same weather, as (first, one past the last)."""
    n = len(sky.dust)
    rounded = np.column_stack(
        [np.round(np.log(sky.visibility_m), 1), np.round(sky.rain_mm_h), np.round(sky.wind_m_s)]
    )
    new = np.flatnonzero((np.diff(rounded, axis=0) != 0).any(axis=1)) + 1
    edges = [0, *new.tolist(), n]
    return list(itertools.pairwise(edges))
