"""The simulated world: everybody moves, sensors look, units report.

Theory: time is cut at whole seconds after the start.  In each second what is due happens (arrivals, turns of
patrols), every sensor that is heard makes the looks that end in it, and everybody is moved on.  Looks see bodies
where they are at the moment of the look.  Because chance is drawn by hashing (`chance.py`), the same
seed gives the same looks whatever steps the caller takes and whichever cameras are rendered instead.

Rules: a sensor without power or link says nothing at all.  `truth` is for scoring only.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from watchline.domain.batches import DetectionBatch, ScanBatch
from watchline.domain.records import Record
from watchline.domain.site import Site
from watchline.geo.line import LineFrame
from watchline.geo.terrain import Terrain
from watchline.sensing.signature import surface_c
from watchline.sim.camera_model import CLASS_OF, NOMINAL_K, OUTLINES, Land, Looks, camera_errors
from watchline.sim.equipment import eyes_of, rhythm_of, views_of, wires_of
from watchline.sim.fence_model import KEPT, Touches
from watchline.sim.looking import Tables, due, look_all, room_for_found
from watchline.sim.movers import Movers
from watchline.sim.outages import plan_outages
from watchline.sim.population import Population
from watchline.sim.radar_model import R50_M
from watchline.sim.reporting import Reporter
from watchline.sim.routes import routes_over
from watchline.sim.scans import batches
from watchline.sim.scene import Scene
from watchline.sim.truth import Truth
from watchline.sim.weather import STRETCH_M, Sky, Weather, transmission

F8 = NDArray[np.float64]
SKY_EVERY_S = 5.0


@dataclass(frozen=True)
class WorldStep:
    """What came out of one step, each part in order of time."""

    records: list[Record]
    scans: ScanBatch
    detections: DetectionBatch
    scene: Scene


class World:
    """A line with everybody on it; mutable: its state is the world."""

    def __init__(
        self,
        site: Site,
        line: LineFrame,
        terrain: Terrain,
        *,
        seed: int,
        start_s: float | None = None,
        rendered: frozenset[int] = frozenset(),
        mines_lonlat_deg: tuple[F8, ...] = (),
    ) -> None:
        """Lay out a world that begins at `start_s` (seconds since 1970 UTC; None: the site's own start).

        rendered: sensors whose pictures are rendered, which therefore neither scan nor detect here.
        mines_lonlat_deg: rings (N, 2) that nobody enters.  About 1 s for 200 km.
        """
        self.site, self.line, self.terrain, self.rendered = site, line, terrain, rendered
        self.start_s = self.now_s = start_of(site) if start_s is None else start_s
        streams = np.random.default_rng([seed, 0x303]).spawn(4)
        self.rng = streams[0]
        self.key = int(streams[1].integers(1 << 62))
        self.errors = camera_errors()
        self.eyes = eyes_of(site, line, terrain, self.errors.bias_rad, streams[1])
        self.rhythm = rhythm_of(site, self.eyes, self.start_s, streams[2], rendered)
        self.land = Land(terrain.height_m, terrain.x0_m, terrain.y0_m, terrain.cell_m)
        self.tables = Tables(OUTLINES, CLASS_OF, R50_M)
        self.wires = wires_of(site)
        self.touches = Touches(np.full(KEPT, -np.inf), np.zeros(KEPT), np.full(KEPT, -1, np.int32))
        self.found = room_for_found()
        stretches = max(1, int(np.ceil(line.length_m / STRETCH_M)))
        lon = float(np.mean(line.lonlat_deg[:, 0]))
        middles = STRETCH_M * (np.arange(stretches, dtype=float) + 0.5)
        self.weather = Weather(middles, lon, self.start_s, seed)
        self.outages = plan_outages(site, self.start_s, seed, rendered | _pictured(site))
        self.sensor_number = {s.id: k for k, s in enumerate(site.sensors)}
        self.movers = Movers()
        self._crossed: list[tuple[float, int, float, int]] = []
        self._next_touch = 0
        self._scan_id = 0
        self._turned: dict[int, tuple[float, float, float, float]] = {}
        self._detected_body = np.zeros(0, np.int32)
        self.population = self._people(streams[3], mines_lonlat_deg)
        self.reporter = Reporter(self)
        self._sky = self._weather_at(self.start_s)
        self.heard = self.outages.up(self.start_s)
        self.population.run(self.start_s)
        self.movers.advance(self.start_s)
        self._note_crossings(self.start_s, counted=False)

    def _people(self, rng: np.random.Generator, mines_lonlat_deg: tuple[F8, ...]) -> Population:
        cameras = (self.eyes.kind == 0) & np.isfinite(self.eyes.x)
        eyes = np.column_stack([self.eyes.x, self.eyes.y, self.eyes.z])[cameras]
        mined = [self.line.frame.xy_m_from_lonlat(ring[:, 0], ring[:, 1]) for ring in mines_lonlat_deg]
        routes = routes_over(self.line, self.terrain, eyes, mined)
        views = views_of(self.site, self.eyes, self.rendered)
        return Population(self.site, self.line, self.terrain, routes, views, self.movers, rng, self.start_s)

    def step(self, to_s: float) -> WorldStep:
        """Let the world run to `to_s`; ValueError when that is in its past."""
        if to_s < self.now_s:
            raise ValueError(f"to_s must not be before {self.now_s}, got {to_s}")
        records: list[Record] = []
        scans: list[ScanBatch] = []
        detections: list[DetectionBatch] = []
        bodies = []
        while self.now_s < to_s:
            end = min(to_s, self.start_s + np.floor(self.now_s - self.start_s + 1e-6) + 1.0)
            seen, found = self._second(float(end))
            records += self.reporter.say(self.now_s, self._sky)
            scans.append(seen)
            detections.append(found)
            bodies.append(self._detected_body)
        self._detected_body = np.concatenate(bodies) if bodies else np.zeros(0, np.int32)
        return WorldStep(records, ScanBatch.join(scans), DetectionBatch.join(detections), self.scene())

    def turn(self, sensor: int, azimuth_rad: float, elevation_rad: float, settled_s: float, until_s: float) -> None:
        """Let a panning head look along a true bearing until it is let go; on its way there it sees nothing.

        Simulated heads keep their tilt: elevation_rad is taken for a real head's sake only.
        """
        if self.rhythm.round[sensor] > 1:
            grid = azimuth_rad + float(self.eyes.convergence_rad[sensor])
            self._turned[sensor] = (self.now_s, grid, settled_s, until_s)

    def _with_turns(self, looks: Looks) -> Looks:
        """Return the looks with those of turned heads where they were turned to, without those made on the way."""
        if not self._turned:
            return looks
        keep = np.ones(len(looks.t_s), bool)
        for sensor, (asked_s, grid, settled_s, until_s) in list(self._turned.items()):
            mine = looks.sensor == sensor
            keep &= ~(mine & (looks.t_s > asked_s) & (looks.t_s < settled_s))
            looks.bearing[mine & (looks.t_s >= settled_s) & (looks.t_s <= until_s)] = grid
            if self.now_s > until_s:
                del self._turned[sensor]
        return Looks(looks.number[keep], looks.sensor[keep], looks.t_s[keep], looks.bearing[keep], looks.width[keep])

    def _second(self, end_s: float) -> tuple[ScanBatch, DetectionBatch]:
        """Let at most one second pass."""
        begin = self.start_s + np.floor(self.now_s - self.start_s + 1e-6)
        if begin >= self._sky_until_s:
            self._sky = self._weather_at(float(begin))
        self.heard = self.outages.up(float(begin))
        self.population.run(end_s)
        self._note_crossings(end_s)
        looks = due(self.rhythm, self.eyes.kind, self.eyes.hfov_rad, self.eyes.middle, self.heard, end_s)
        looks = self._with_turns(looks)
        live = self.movers.alive(end_s)
        count = look_all(
            looks,
            self.eyes,
            self.land,
            self.movers.nodes,
            self.movers.bodies,
            live,
            self._surface_c,
            self._sky,
            self.tables,
            self.wires,
            self.touches,
            self.errors,
            self.key,
            self.found,
        )
        self._detected_body = self.found.body[:count].copy()
        out = batches(self.site, self.eyes, looks, self.found, count, self._scan_id, self._quality)
        self._scan_id += len(looks.t_s)
        self.movers.advance(end_s)
        self.now_s = end_s
        return out

    def _weather_at(self, t_s: float) -> Sky:
        t = self.start_s + np.floor((t_s - self.start_s) / SKY_EVERY_S) * SKY_EVERY_S
        sky = self.weather.at(float(t))
        self._sky_until_s = t + SKY_EVERY_S
        self._surface_c = surface_c(sky.air_c, float(sky.wind_m_s.mean()), sky.sun)
        self._quality = contrast_quality(self.eyes.stretch, self.eyes.lens, sky, float(self._surface_c[0]))
        return sky

    def _note_crossings(self, to_s: float, *, counted: bool = True) -> None:
        crossings, touches = self.population.crossings, self.population.touches
        while crossings and crossings[0][0] <= to_s:
            _, _, what = heapq.heappop(crossings)
            if counted:
                self._crossed.append((what.t_s, what.body, what.s_m, what.sign))
        while touches and touches[0][0] <= to_s:
            _, _, what = heapq.heappop(touches)
            for k in np.flatnonzero((self.wires.from_m <= what.s_m) & (what.s_m < self.wires.to_m)):
                at = self._next_touch % KEPT
                self.touches.t_s[at], self.touches.s_m[at], self.touches.sensor[at] = what.t_s, what.s_m, k
                self._next_touch += 1

    def contrast_k(self, kind: int) -> float:
        """Return how much warmer than the ground a kind of body is now."""
        return float(self._surface_c[kind] - self._sky.ground_c)

    def scene(self) -> Scene:
        """Return what the moment looks like, for rendering."""
        b = self.movers.bodies
        live = self.movers.alive(self.now_s)
        sky, kind, posture = self._sky, b.kind[live], b.posture[live]
        v = np.column_stack([b.vx[live], b.vy[live]])
        return Scene(
            t_s=self.now_s,
            id=b.id[live],
            xy_m=np.column_stack([b.x[live], b.y[live]]),
            v_m_s=v,
            heading_rad=np.arctan2(v[:, 0], v[:, 1]),
            kind=kind,
            posture=posture,
            surface_c=self._surface_c[kind] + b.warmth_k[live],
            size_m=OUTLINES[posture, kind],
            above_m=b.above_m[live],
            air_c=sky.air_c,
            ground_c=sky.ground_c,
            sun=sky.sun,
            visibility_m=sky.visibility_m,
            dust=sky.dust,
            rain_mm_h=sky.rain_mm_h,
            wind_m_s=sky.wind_m_s,
            sensor_up=self.heard,
            lens=self.eyes.lens.copy(),
        )

    def truth(self) -> Truth:
        """Return what really is and was: for scoring only."""
        b = self.movers.bodies
        live = self.movers.alive(self.now_s)
        xy = np.column_stack([b.x[live], b.y[live]])
        sd = self.line.sd_from_xy_m(xy)
        crossed = np.array(self._crossed, float).reshape(-1, 4)
        return Truth(
            t_s=self.now_s,
            id=b.id[live],
            party=b.party[live],
            kind=b.kind[live],
            unit=b.unit[live],
            xy_m=xy,
            v_m_s=np.column_stack([b.vx[live], b.vy[live]]),
            s_m=sd[:, 0],
            d_m=sd[:, 1],
            posture=b.posture[live],
            crossing_t_s=crossed[:, 0],
            crossing_id=crossed[:, 1].astype(np.int32),
            crossing_s_m=crossed[:, 2],
            crossing_sign=crossed[:, 3].astype(np.int32),
            detected_body=self._detected_body,
        )


def start_of(site: Site) -> float:
    """Return when a site's simulation begins, seconds since 1970 UTC; ValueError without one."""
    if site.simulation is None:
        raise ValueError("a site without [simulation] has no start of its own")
    return datetime.fromisoformat(site.simulation.start).timestamp()


def contrast_quality(stretch: NDArray[np.int32], lens: F8, sky: Sky, person_c: float) -> F8:
    """Return (S,) the share of nominal contrast that each camera measures now, 0..1."""
    clear = transmission(2000.0, 0.0, 0.0)
    through = np.array(
        [transmission(2000.0, float(d), float(r)) / clear for d, r in zip(sky.dust, sky.rain_mm_h, strict=True)]
    )
    warm = min(1.0, abs(person_c - sky.ground_c) / NOMINAL_K)
    return np.asarray(lens * through[stretch] * warm)


def _pictured(site: Site) -> frozenset[int]:
    return frozenset(k for k, s in enumerate(site.sensors) if s.pictures)
