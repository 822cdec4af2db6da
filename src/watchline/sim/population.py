"""Who comes, when and where: arrivals by chance, patrols by plan, and the parties at the start.

Theory: each kind of party arrives as a Poisson process whose rate is for 200 km and scales with the line's
length and the site's `activity`.  Everything that will happen waits in one queue ordered by time, so that the
draws come in the same order whatever the size of the steps.
Parties that arrived up to an hour and a half before the start are already on their way then.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from watchline.domain.site import Site
from watchline.geo.line import LineFrame
from watchline.geo.terrain import Terrain
from watchline.sensing import signature
from watchline.sim import walking
from watchline.sim.movers import Movers, Path
from watchline.sim.routes import Routes
from watchline.sim.sight import fan_hidden_m
from watchline.sim.walking import Crossing, Gait

F8 = NDArray[np.float64]

FULL_M = 200_000.0
BEFORE_S = 5400.0
# Parties per hour over 200 km.
PER_HOUR = {
    "walkers": 2.6,
    "passers": 1.2,
    "vehicle": 0.9,
    "herd": 0.4,
    "gazelles": 0.6,
    "dog": 1.0,
    "birds": 200.0,
    "lost": 0.12,
}


@dataclass(frozen=True)
class View:
    """One camera's view: eye (3,), grid bearing, field of view, tilt; whether it is rendered."""

    eye_m: F8
    bearing_rad: float
    hfov_rad: float
    vfov_rad: float
    tilt_rad: float
    rendered: bool


@dataclass(frozen=True)
class Happened:
    """A crossing of the line, or a touch of the wire."""

    t_s: float
    body: int
    s_m: float
    sign: int


@dataclass
class Population:
    """All who are or will be there; mutable: part of the state of the world."""

    site: Site
    line: LineFrame
    terrain: Terrain
    routes: Routes
    views: list[View]
    movers: Movers
    rng: np.random.Generator
    start_s: float
    crossings: list[tuple[float, int, Happened]] = field(default_factory=list)
    touches: list[tuple[float, int, Happened]] = field(default_factory=list)
    beacons: list[tuple[float, int, str]] = field(default_factory=list)
    away: set[int] = field(default_factory=set)  # units that were sent somewhere and are not on their beat
    _queue: list[tuple[float, int, Callable[[float], None]]] = field(default_factory=list)
    _number: int = 0
    _parties: int = 0

    def __post_init__(self) -> None:
        """Lay out the start."""
        self._patrols()
        for view in self.views:
            if view.rendered:
                self._watched_party(view)
        if self.site.simulation is None or self.site.simulation.activity > 0:
            self._first_touch()
            self._first_lost()
        for name in PER_HOUR:
            self._at(self.start_s - BEFORE_S + self._gap_s(name), self._arrival(name))

    def run(self, to_s: float) -> None:
        """Let everything happen that is due until `to_s`."""
        while self._queue and self._queue[0][0] <= to_s:
            t, _, act = heapq.heappop(self._queue)
            act(t)

    def send(
        self,
        t_s: float,
        points_m: F8,
        pace_m_s: float,
        kinds: list[int],
        *,
        unit: int = -1,
        again_s: float = math.inf,
    ) -> None:
        """Send a party of one's own along (N, 2) points from `t_s` on: an exercise, a flock, traffic of a road.

        unit: index of the own unit whose people they are; again_s: send the like after so many seconds, and so on.
        """

        def go(t_s: float) -> None:
            way = points_m + self.rng.normal(0.0, 15.0, 2)
            path, crossings = walking.timed(way, t_s, Gait(pace_m_s, 0.3, 120.0), self.line, self.terrain, self.rng)
            self._party(path, crossings, kinds, unit=unit)
            if math.isfinite(again_s):
                self._at(t_s + again_s, go)

        self._at(t_s, go)

    def party_of_one(
        self, path: Path, crossings: list[Crossing], *, ease: float, warmth_k: float, kind: int = signature.PERSON
    ) -> int:
        """Add somebody who goes alone along a path of one's own; return the body, 0 when the world is full."""
        self._parties += 1
        body = self.movers.add(path, kind, self._parties, warmth_k=warmth_k, ease=ease)
        if body:
            for crossing in crossings:
                self._crosses(body, crossing, 0.0, kind)
        return body

    def _at(self, t_s: float, act: Callable[[float], None]) -> None:
        self._number += 1
        heapq.heappush(self._queue, (t_s, self._number, act))

    def _gap_s(self, name: str) -> float:
        activity = self.site.simulation.activity if self.site.simulation else 1.0
        rate = PER_HOUR[name] * activity * self.line.length_m / FULL_M
        return float(self.rng.exponential(3600.0 / rate)) if rate > 0 else math.inf

    def _arrival(self, name: str) -> Callable[[float], None]:
        make: Callable[[float], None] = getattr(self, f"_{name}")

        def arrive(t_s: float) -> None:
            self._at(t_s + self._gap_s(name), arrive)
            # What ends before the start, as birds do, need not be laid out.
            if t_s > self.start_s - (60.0 if name == "birds" else BEFORE_S):
                make(t_s)

        return arrive

    # Parties -----------------------------------------------------------------------------------------------

    def _xy(self, s_m: float, d_m: float) -> F8:
        return self.line.xy_m_from_sd(np.array([s_m, d_m]))

    def _open_xy(self, low_d: float, high_d: float, s_m: float | None = None) -> F8 | None:
        """Return an open place at random between two offsets, near `s_m` when that is given."""
        for _ in range(30):
            s = self.rng.uniform(0, self.line.length_m) if s_m is None else s_m + self.rng.normal(0, 500)
            xy = self._xy(s, self.rng.uniform(low_d, high_d))
            if bool(self.routes.open_at(xy)) and bool(self.terrain.contains(xy)):
                return xy
        return None

    def _party(
        self, path: Path, crossings: list[Crossing], kinds: list[int], *, unit: int = -1, spread_m: float = 4.0
    ) -> list[int]:
        """Add everybody of a party: the first on the path, the others behind and aside."""
        self._parties += 1
        out = []
        for k, kind in enumerate(kinds):
            aside = self.rng.normal(0, spread_m, 2) if k else np.zeros(2)
            lag = k * self.rng.uniform(3.0, 9.0)
            own = walking.beside(path, aside, lag)
            warmth = self.rng.normal(0.0, 1.2)
            body = self.movers.add(own, kind, self._parties, unit=unit, warmth_k=warmth)
            if body:
                out.append(body)
                for crossing in crossings:
                    self._crosses(body, crossing, lag, kind)
        return out

    def _crosses(self, body: int, crossing: Crossing, lag_s: float, kind: int) -> None:
        self._number += 1
        t = crossing.t_s + lag_s
        heapq.heappush(self.crossings, (t, self._number, Happened(t, body, crossing.s_m, crossing.sign)))
        if self._wire_condition(crossing.s_m) <= 0 or kind == signature.BIRD:
            return
        for _ in range(int(self.rng.integers(1, 4))):
            self._number += 1
            when = t - self.rng.uniform(0.0, max(2.0, crossing.delay_s))
            heapq.heappush(self.touches, (when, self._number, Happened(when, body, crossing.s_m, crossing.sign)))

    def _wire_condition(self, s_m: float) -> float:
        km = s_m / 1000.0
        here = [b.condition for b in self.site.barriers if b.kind == "wire" and b.from_km <= km <= b.to_km]
        return max(here, default=0.0)

    def delay_s(self, xy_m: F8, *, vehicle: bool) -> float:
        """Return how long wire and trench hold somebody up who crosses there."""
        km = float(self.line.sd_from_xy_m(xy_m)[0]) / 1000.0
        total = 0.0
        for b in self.site.barriers:
            if b.from_km <= km <= b.to_km:
                total += b.condition * (b.delay_vehicle_s if vehicle else b.delay_walker_s)
        return float(total * self.rng.uniform(0.6, 1.6))

    def _cross(self, t_s: float, start: F8, goal: F8, gait: Gait, caution: float, kinds: list[int]) -> list[int]:
        """Send a party from start to goal over the line; nobody when there is no way."""
        points = self.routes.path(start, goal, caution)
        if points is None:
            return []
        sd = self.line.sd_from_xy_m(points)
        near = points[int(np.argmin(np.abs(sd[:, 1])))]
        delay = self.delay_s(near, vehicle=signature.VEHICLE in kinds)
        path, crossings = walking.timed(points, t_s, gait, self.line, self.terrain, self.rng, delay)
        return self._party(path, crossings, kinds)

    def _people(self) -> list[int]:
        what = self.rng.random()
        if what < 0.4:
            return [signature.PERSON]
        if what < 0.85:
            return [signature.PERSON] * int(self.rng.integers(2, 7))
        return [signature.PERSON] * 2 + [signature.CHILD] * int(self.rng.integers(1, 4))

    def _walkers(self, t_s: float) -> None:
        start = self._open_xy(-6200.0, -3200.0)
        if start is None:
            return
        s = float(self.line.sd_from_xy_m(start)[0])
        kinds = self._people()
        family = signature.CHILD in kinds
        turns_back = self.rng.random() < 0.2
        goal = self._open_xy(*((-900.0, -500.0) if turns_back else (3200.0, 5200.0)), s_m=s + self.rng.normal(0, 900))
        if goal is None:
            return
        cautious = not family and self.rng.random() < 0.6
        gait = Gait(
            pace_m_s=self.rng.uniform(0.85, 1.1) if family else self.rng.uniform(1.1, 1.45),
            stops_per_km=self.rng.uniform(0.2, 1.0),
            crawls=cautious and self.rng.random() < 0.5,
        )
        self._cross(t_s, start, goal, gait, 1.5 if cautious else 0.2, kinds)

    def _passers(self, t_s: float) -> None:
        """People of the place, who walk along the line and never cross it."""
        home = bool(self.rng.random() < 0.5)
        band = (1500.0, 5500.0) if home else (-5500.0, -1800.0)
        start = self._open_xy(*band)
        if start is None:
            return
        s = float(self.line.sd_from_xy_m(start)[0]) + self.rng.choice([-1, 1]) * self.rng.uniform(2500, 6000)
        goal = self._open_xy(*band, s_m=float(np.clip(s, 0, self.line.length_m)))
        if goal is not None:
            self._cross(t_s, start, goal, Gait(self.rng.uniform(0.9, 1.3), 0.4), 0.0, self._people()[:3])

    def _vehicle(self, t_s: float) -> None:
        start = self._open_xy(-7500.0, -5500.0)
        if start is None:
            return
        s = float(self.line.sd_from_xy_m(start)[0])
        band = (4000.0, 6000.0) if self.rng.random() < 0.35 else (-7500.0, -3000.0)
        goal = self._open_xy(*band, s_m=float(np.clip(s + self.rng.normal(0, 4000), 0, self.line.length_m)))
        if goal is not None:
            gait = Gait(self.rng.uniform(5.0, 10.0), 0.15, 200.0)
            self._cross(t_s, start, goal, gait, 0.3, [signature.VEHICLE])

    def _herd(self, t_s: float) -> None:
        band = (-5500.0, -1200.0) if self.rng.random() < 0.7 else (900.0, 4500.0)
        spots = [self._open_xy(*band)]
        if spots[0] is None:
            return
        s = float(self.line.sd_from_xy_m(spots[0])[0])
        spots += [self._open_xy(*band, s_m=s) for _ in range(4)]
        way = np.array([p for p in spots if p is not None])
        path, crossings = walking.timed(way, t_s, Gait(0.45, 1.5, 300.0), self.line, self.terrain, self.rng)
        beasts = [signature.SHEEP] * int(self.rng.integers(5, 10))
        self._party(path, crossings, [signature.PERSON, *beasts, signature.DOG], spread_m=14.0)

    def _wander(self, t_s: float, kinds: list[int], pace: float, band: tuple[float, float], legs: int) -> None:
        start = self._open_xy(*band)
        if start is None:
            return
        turns = self.rng.normal(0, 450, (legs, 2)).cumsum(axis=0)
        way = np.concatenate([start[None], start + turns])
        keep = self.routes.open_at(way)
        if keep.sum() < 2:
            return
        path, crossings = walking.timed(way[keep], t_s, Gait(pace, 1.0, 120.0), self.line, self.terrain, self.rng)
        self._party(path, crossings, kinds, spread_m=9.0)

    def _gazelles(self, t_s: float) -> None:
        self._wander(t_s, [signature.GAZELLE] * int(self.rng.integers(2, 5)), 1.5, (-5000.0, 3000.0), 8)

    def _dog(self, t_s: float) -> None:
        self._wander(t_s, [signature.DOG], 1.8, (-2500.0, 3000.0), 10)

    def _birds(self, t_s: float) -> None:
        if not self.views:
            return  # birds matter to cameras only
        view = self.views[int(self.rng.integers(len(self.views)))]
        bearing = view.bearing_rad + self.rng.uniform(-1, 1)
        away = self.rng.uniform(150, 900)
        start = view.eye_m[:2] + away * np.array([math.sin(bearing), math.cos(bearing)])
        across = bearing + self.rng.choice([-1, 1]) * self.rng.uniform(0.9, 2.2)
        lasts = self.rng.uniform(20, 60)
        end = start + 11.0 * lasts * np.array([math.sin(across), math.cos(across)])
        path = Path(np.array([t_s, t_s + lasts]), np.array([start, end]), np.zeros(2, np.uint8))
        self._parties += 1
        self.movers.add(path, signature.BIRD, self._parties, above_m=self.rng.uniform(3, 30))

    def _lost(self, t_s: float, s_m: float | None = None, *, beacon: bool | None = None) -> None:
        start = self._open_xy(-3200.0, -1500.0, s_m=s_m)
        if start is None:
            return
        hold = [p for p in (start + self.rng.normal(0, 500, 2) for _ in range(5)) if bool(self.routes.open_at(p))]
        path = walking.distress(start, t_s, self.rng, hold or [start + 1.0])
        bodies = self._party(path, [], [signature.PERSON])
        has = self.rng.random() < 0.5 if beacon is None else beacon
        if has and bodies:
            heapq.heappush(self.beacons, (t_s + 300.0, bodies[0], f"beacon-{bodies[0]}"))

    # The start ---------------------------------------------------------------------------------------------

    def _patrols(self) -> None:
        for k, unit in enumerate(self.site.units):
            if unit.kind == "patrol" and unit.patrol_from_km is not None and unit.patrol_to_km is not None:
                low, high = unit.patrol_from_km * 1000.0, unit.patrol_to_km * 1000.0
                at = self.rng.uniform(low, high)
                path = self._leg(k, self.start_s, at, high if self.rng.random() < 0.5 else low)
                self._parties += 1
                body = self.movers.add(path, signature.VEHICLE, self._parties, unit=k)
                self._at(float(path.t_s[-1]), self._next_leg(k, body))

    def _next_leg(self, unit: int, body: int) -> Callable[[float], None]:
        def turn(t_s: float) -> None:
            if unit in self.away:
                return  # `back_on_beat` begins it again
            spec = self.site.units[unit]
            assert spec.patrol_from_km is not None
            assert spec.patrol_to_km is not None
            low, high = spec.patrol_from_km * 1000.0, spec.patrol_to_km * 1000.0
            slot = int(np.flatnonzero(self.movers.bodies.id == body)[0])
            here = self.movers.nodes.x[slot], self.movers.nodes.y[slot]
            last = self.movers.nodes.size[slot] - 1
            s = float(self.line.sd_from_xy_m(np.array([here[0][last], here[1][last]]))[0])
            path = self._leg(unit, t_s, s, high if high - s > s - low else low)
            self.movers.reroute(body, path)
            self._at(float(path.t_s[-1]), turn)

        return turn

    def back_on_beat(self, unit: int, body: int, t_s: float) -> None:
        """Let a unit that stands on its stretch at t_s patrol again."""
        self.away.discard(unit)
        self._at(t_s, self._next_leg(unit, body))

    def _leg(self, unit: int, t_s: float, from_m: float, to_m: float) -> Path:
        """Return one run of a patrol along its stretch, with stops to look."""
        spec = self.site.units[unit]
        n = max(2, int(abs(to_m - from_m) / 400.0) + 1)
        s = np.linspace(from_m, to_m, n)
        d = np.full(n, spec.patrol_offset_m) + 40.0 * np.sin(s / 700.0)
        xy = self.line.xy_m_from_sd(np.column_stack([s, d]))
        gait = Gait(0.75 * spec.speed_m_s, 0.35, 240.0, tobler=False)
        return walking.timed(xy, t_s, gait, self.line, self.terrain, self.rng)[0]

    def _watched_party(self, view: View) -> None:
        """Start a party 0.6 to 1.5 km outside, in sight of a rendered camera, on its way in."""
        for _ in range(300):
            off = self.rng.uniform(-0.3, 0.3) * view.hfov_rad
            away = self.rng.uniform(650, 2000)
            bearing = view.bearing_rad + off
            xy = view.eye_m[:2] + away * np.array([math.sin(bearing), math.cos(bearing)])
            d = float(self.line.sd_from_xy_m(xy)[1])
            if not -1500.0 < d < -600.0 or not bool(self.routes.open_at(xy)):
                continue
            if fan_hidden_m(self.terrain, view.eye_m, np.array([bearing]), np.array([away]))[0, 0] > 0.3:
                continue
            up = math.atan2(float(self.terrain.height_at(xy)) - view.eye_m[2], away)
            if abs(up - view.tilt_rad) < 0.42 * view.vfov_rad:
                s = float(self.line.sd_from_xy_m(view.eye_m[:2])[0])
                goal = self._open_xy(1500.0, 2500.0, s_m=s)
                kinds = [signature.PERSON] * int(self.rng.integers(1, 5))
                if goal is not None:
                    self._cross(self.start_s, xy, goal, Gait(self.rng.uniform(1.1, 1.4)), 0.0, kinds)
                return

    def _first_touch(self) -> None:
        """Start somebody just outside a wired stretch, who is at the wire within two minutes."""
        wires = [b for b in self.site.barriers if b.kind == "wire" and b.condition > 0]
        if not wires:
            return
        wire = wires[int(self.rng.integers(len(wires)))]
        s = 1000.0 * (wire.from_km + self.rng.uniform(0.2, 0.8) * (wire.to_km - wire.from_km))
        start, goal = self._xy(s, -80.0), self._open_xy(2500.0, 3500.0, s_m=s)
        if goal is not None and bool(self.routes.open_at(start)):
            self._cross(self.start_s + 2.0, start, goal, Gait(1.2), 0.0, [signature.PERSON] * 2)

    def _first_lost(self) -> None:
        s = self.rng.uniform(0.1, 0.9) * self.line.length_m
        self._at(self.start_s - 900.0, lambda t: self._lost(t, s, beacon=True))
