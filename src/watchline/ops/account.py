"""The account spine: what the line could see in the last minute, and what it could not.

scans, health, units, weather ► live sensors and people ► exposure of reference and weakest routes ► pi ► account

Rules: what is silent counts for nothing; a minute is written once, from what was known at its end.
Limits: people on patrol count with their beat while they are heard, not with the place they are at; the weakest
route is found on cells of COARSE times the terrain's, sampled at their middles (its error: design/021-assurance.md).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from watchline.assurance.live_miss import Draws, adversary, drawn_like, draws, miss
from watchline.coverage import exposure, passages
from watchline.coverage.crossing import STRETCH_M, Belt, abreast, crossing, strength, stretch_of, stretches
from watchline.coverage.eyes import SEEN_BY_EYE, Eye, add_eye, eye_of
from watchline.coverage.passages import Looks, Presence
from watchline.coverage.reference_routes import ReferenceRoutes, reference_routes
from watchline.coverage.watchers import DRONE_SEEN_FROM_M, Watcher, add_watchers, reach_m, watchers_of
from watchline.coverage.weakest_path import Ground
from watchline.domain.batches import MissBatch, ScanBatch
from watchline.geo.line_grid import line_coordinates_m
from watchline.geo.terrain import Terrain
from watchline.ops.mobility import going
from watchline.ops.picture import Picture
from watchline.ops.plan import HOME_EDGE_M, TIME_PRICE
from watchline.ops.site_file import LoadedSite
from watchline.sensing.air.conditions import nominal
from watchline.sensing.air.sun import HORIZON_DEG, elevation_deg
from watchline.sensing.belief import prior
from watchline.sensing.detection import CROSSERS, P_MAX, Crosser, performance_table
from watchline.sensing.frailty import FrailtyPrior
from watchline.sensing.observer import seen_from_m
from watchline.sensing.placing import placed

F8 = NDArray[np.float64]
F4 = NDArray[np.float32]
Reckoned = tuple[F8, F8, F8, F8]

COARSE = 2
ROUTES_PER_KM = 10
DRAWS = 32
MINUTE_S = 60.0
QUALITY_STEP = 0.1  # a change of measured contrast below this is noise, and no reason to reckon anew
CLEAR_M = 20_000.0  # visibility by eye when nobody has told the weather
UNIT_FRESH_S = 300.0  # a patrol that was not heard for so long is nowhere
SEED = 11  # of reference routes and draws: the same site gives the same figures


@dataclass(frozen=True)
class Seeing:
    """What counts at a moment: quality (N,) of each sensor's contrast, -1 where not measured; dark sensors; people
    and drones that are heard, by id; whether it is day, and the visibility by eye.
    """

    quality: tuple[float, ...]
    dark: frozenset[int]
    present: frozenset[str]
    day: bool
    visibility_m: float


class Eyesight:
    """What counts at the moment, from what is heard.  Mutable: it remembers the contrast that sensors measured."""

    def __init__(self, loaded: LoadedSite) -> None:
        self._ids = {sensor.id: k for k, sensor in enumerate(loaded.site.sensors)}
        self._posts = frozenset(post.id for post in loaded.site.posts)
        lon, lat = (float(v) for v in loaded.line.lonlat_deg[len(loaded.line.lonlat_deg) // 2])
        self._middle = lat, lon
        self._sum, self._looks = np.zeros(len(self._ids)), np.zeros(len(self._ids))
        self._quality = np.full(len(self._ids), np.nan)

    def hear(self, scans: ScanBatch) -> None:
        """Take the contrast that sensors measured in their looks."""
        known = np.isfinite(scans.quality)
        np.add.at(self._sum, scans.sensor[known], scans.quality[known])
        np.add.at(self._looks, scans.sensor[known], 1.0)

    def now(self, picture: Picture) -> Seeing:
        """Return what counts, as the picture stands, and begin to average contrast anew."""
        looked = self._looks > 0.0
        mean = np.where(looked, self._sum / np.maximum(self._looks, 1.0), np.nan)
        moved = looked & ~(np.abs(mean - self._quality) < QUALITY_STEP)
        self._quality[moved] = np.round(mean[moved], 2)
        self._sum[:], self._looks[:] = 0.0, 0.0
        dark = {
            self._ids[name] for name, told in picture.health.items() if told.state == "dark" and name in self._ids
        }
        never = set(np.flatnonzero(np.isnan(picture.heard_s)).tolist())
        fresh = {u for u, told in picture.units.items() if picture.now_s - told.t_s <= UNIT_FRESH_S}
        seen_m = min((w.visibility_m for w in picture.weather.values()), default=CLEAR_M)
        return Seeing(
            tuple(np.where(np.isnan(self._quality), -1.0, self._quality).tolist()),
            frozenset(dark | never),
            frozenset(fresh | self._posts),
            bool(elevation_deg(*self._middle, picture.now_s) > HORIZON_DEG),
            float(round(seen_m, -3)) or 500.0,
        )


class Account:
    """The account of a running site.  Mutable: it keeps what it has reckoned."""

    def __init__(self, loaded: LoadedSite, terrain: Terrain) -> None:
        """Prepare all that depends on the ground alone (about 10 s for 200 km)."""
        rng = np.random.default_rng(SEED)
        self._length_m = loaded.line.length_m
        belief = prior(loaded.site.sensors)
        thetas = [belief.draw(rng) for _ in range(DRAWS)]
        law = FrailtyPrior()
        self.shared: Draws = draws(rng, DRAWS, frailty_mean=law.mean, frailty_ln_sd=law.ln_sd, answered=0, tests=0)
        ground = _ground(loaded, terrain)
        says = going(loaded, ground.terrain)
        self.classes = []
        for crosser in CROSSERS:
            speed = exposure.speed_m_s(
                ground.terrain, ground.under, loaded.site, crosser, says.speed_factor(crosser.goes, ours=False)
            )
            routes = reference_routes(speed, ground.terrain.cell_m, ground.belt, per_km=ROUTES_PER_KM, rng=rng)
            table = np.stack([performance_table(loaded.site.sensors, crosser, theta, nominal()) for theta in thetas])
            self.classes.append(ClassAccount(crosser, loaded, ground, speed, routes, table, self.shared))
        _look(loaded, terrain, ground.terrain, self.classes)

    def reckon(self, now: Seeing, began_s: float, hours: float) -> MissBatch:
        """Return the account of `hours` from began_s on in which the line could see as it can now."""
        parts = []
        for number, one in enumerate(self.classes):
            mean, low, high, worst = one.reckoned(now)
            rows = len(mean)
            length = np.ones(rows)
            length[-1] = self._length_m / STRETCH_M - (rows - 1)
            parts.append(
                MissBatch(
                    t_s=np.full(rows, began_s),
                    hours=np.full(rows, hours),
                    stretch=np.arange(rows, dtype=np.int32),
                    crosser=np.full(rows, number, np.uint8),
                    share=np.where(worst > 0.0, length, 0.0),
                    mean=mean,
                    low=low,
                    high=high,
                    adversary=worst,
                )
            )
        return MissBatch.join(parts)


@dataclass(frozen=True)
class _Ground:
    """The line on coarse cells: under it, on both sides of it, and which stretch each of its cells belongs to."""

    terrain: Terrain
    under: exposure.Ribbon
    belt: Belt
    stretch: NDArray[np.int32]
    stretches: int


def _ground(loaded: LoadedSite, terrain: Terrain) -> _Ground:
    coarse = _every(terrain, COARSE)
    under = exposure.ribbon(loaded.line, coarse)
    chainage, offset = line_coordinates_m(loaded.line, coarse)
    belt = Belt(offset, under.cell, under.s_m, loaded.site.line.outside_depth_m, HOME_EDGE_M)
    stretch = abreast(belt, chainage, loaded.line.length_m).ravel()[under.cell]
    return _Ground(coarse, under, belt, stretch, stretches(loaded.line.length_m))


def _look(loaded: LoadedSite, terrain: Terrain, coarse: Terrain, classes: list[ClassAccount]) -> None:
    """Count what every eye and every party on watch has of the routes."""
    where = placed(loaded.site, loaded.line, terrain)
    for k, sensor in enumerate(loaded.site.sensors):
        if sensor.kind in SEEN_BY_EYE:
            eye = eye_of(k, sensor, where.eye_m[k], float(where.convergence_rad[k]), terrain)
            thin = replace(eye, need=_every(eye.need, COARSE, eye.corner(terrain)))
            for one in classes:
                one.add_eye(eye, thin, terrain)
    reach = reach_m(CROSSERS, day=True, visibility_m=CLEAR_M)
    watchers = watchers_of(loaded.site, loaded.line, coarse, reach_m=reach)
    for who in dict.fromkeys(w.who for w in watchers):
        for one in classes:
            one.add_party(who, [w for w in watchers if w.who == who], reach)


class ClassAccount:
    """The account of one class of crosser.  Mutable: what has not changed is not reckoned again.

    performance (J + 1, N, 13) of the sensors under each draw, the last their median.
    """

    def __init__(
        self, crosser: Crosser, loaded: LoadedSite, ground: _Ground, speed: NDArray[np.float32],
        routes: ReferenceRoutes, performance: F8, shared: Draws,
    ) -> None:  # fmt: skip
        self.crosser, self.routes, self._sensors = crosser, routes, loaded.site.sensors
        self._ground, self._speed, self._shared = ground, speed, shared
        self._performance = np.concatenate([performance, np.median(performance, axis=0, keepdims=True)])
        self._stretch = stretch_of(routes.cross_m, loaded.line.length_m).astype(np.int64)
        self._eyes: dict[int, Eye] = {}
        self._looks: dict[int, Looks] = {}
        self._by_eye: dict[int, tuple[float, F8, F4]] = {}
        self._parties: dict[str, list[Watcher]] = {}
        self._presence: dict[str, Presence] = {}
        self._by_people: tuple[tuple[object, ...], F8, F4] | None = None
        self._last: tuple[Seeing, Reckoned] | None = None

    def add_eye(self, eye: Eye, thin: Eye, terrain: Terrain) -> None:
        """Take in a camera or radar; thin: the same on coarse cells."""
        fine = replace(self.routes, rc=self.routes.rc * COARSE)
        self._looks[eye.index] = passages.looks_of(eye, terrain, fine, self.crosser.height_m)
        self._eyes[eye.index] = thin

    def add_party(self, who: str, places: list[Watcher], reach_m: float) -> None:
        """Take in a manned post, a patrol or a drone, with all places of its beat."""
        self._parties[who] = places
        self._presence[who] = passages.presence_of(
            places, self._ground.terrain, self.routes, self.crosser.height_m, reach_m
        )

    def reckoned(self, now: Seeing) -> Reckoned:
        """Return pi_avg, its 5 and 95 % points, and pi_adv, each (S,)."""
        if self._last is None or self._last[0] != now:
            self._last = now, self._reckon(now)
        return self._last[1]

    def _reckon(self, now: Seeing) -> Reckoned:
        gathered, rate = self._seen_by_all(now)
        found = miss(gathered[:-1], self._stretch, self._ground.stretches, self._shared)
        across = crossing(
            Ground(rate, self._speed, self._ground.terrain.cell_m), self._ground.belt, time_price_per_s=TIME_PRICE
        )
        weakest = strength(across.at_line, self._ground.stretch, self._ground.stretches)
        worst = adversary(drawn_like(weakest, gathered[:-1], gathered[-1]), self._shared)
        # Whoever knows the sensors may still go like those who do not.
        return found.mean, found.low, found.high, np.where(np.isfinite(weakest), np.fmax(worst, found.mean), 0.0)

    def _seen_by_all(self, now: Seeing) -> tuple[F8, F4]:
        """Return (J + 1, R) exposure of the reference routes, the last at the median, and the rate on every cell."""
        people, field = self._seen_by_people(now)
        gathered, rate = np.tile(people, (len(self._performance), 1)), field.copy()
        for k, eye in self._eyes.items():
            if k not in now.dark:
                exposure_, window = self._seen_by_eye(k, now.quality[k])
                gathered[:, self._looks[k].route] += exposure_
                top, left = eye.corner(self._ground.terrain)
                rate[top : top + window.shape[0], left : left + window.shape[1]] += window
        for k, sensor in enumerate(self._sensors):
            if sensor.kind in exposure.FELT and k not in now.dark:
                low, high = 1000.0 * (sensor.from_km or 0.0), 1000.0 * (sensor.to_km or 0.0)
                crosses = (self.routes.cross_m >= low) & (self.routes.cross_m <= high)
                touch = self._performance[:, k, P_MAX]
                gathered[:, crosses] += -np.log1p(-touch)[:, None]
                cell_m = self._ground.terrain.cell_m
                exposure.add_touch(rate, self._ground.under, sensor, float(touch[-1]), self.crosser, cell_m)
        return gathered, rate

    def _seen_by_eye(self, sensor: int, quality: float) -> tuple[F8, F4]:
        kept = self._by_eye.get(sensor)
        if kept is None or kept[0] != quality:
            eye, tables, measured = self._eyes[sensor], self._performance[:, sensor], _measured(quality)
            window: F4 = np.zeros(eye.need.height_m.shape, np.float32)
            ground, need = self._ground.terrain, eye.need
            top, left = eye.corner(ground)
            rows, cols = window.shape
            here = Terrain(ground.height_m[top : top + rows, left : left + cols], need.x0_m, need.y0_m, need.cell_m)
            add_eye(window, here, eye, tables[-1], self.crosser.height_m, measured)
            kept = quality, passages.exposure_by_eye(self._looks[sensor], tables, measured), window
            self._by_eye[sensor] = kept
        return kept[1], kept[2]

    def _seen_by_people(self, now: Seeing) -> tuple[F8, F4]:
        key = now.present, now.day, now.visibility_m
        if self._by_people is None or self._by_people[0] != key:
            by_eye_m = seen_from_m(self.crosser.area_m2, day=now.day, visibility_m=now.visibility_m)
            gathered, field = np.zeros(self.routes.count), np.zeros(self._speed.shape, np.float32)
            for who in sorted(self._parties.keys() & now.present):
                presence = self._presence[who]
                from_m = DRONE_SEEN_FROM_M if presence.flies else by_eye_m
                gathered[presence.route] += passages.exposure_by_watcher(presence, from_m)
                add_watchers(
                    field, self._ground.terrain, self._parties[who], self.crosser, day=now.day,
                    visibility_m=now.visibility_m,
                )  # fmt: skip
            self._by_people = key, gathered, field
        return self._by_people[1], self._by_people[2]


def _measured(quality: float) -> float:
    return quality if quality >= 0.0 else math.nan


def _every(terrain: Terrain, step: int, corner: tuple[int, int] = (0, 0)) -> Terrain:
    """Return every step-th cell of a terrain; corner: where its first cell lies on the grid that is thinned."""
    row, col = (-corner[0]) % step, (-corner[1]) % step
    return Terrain(
        np.ascontiguousarray(terrain.height_m[row::step, col::step]),
        terrain.x0_m + col * terrain.cell_m,
        terrain.y0_m - row * terrain.cell_m,
        terrain.cell_m * step,
    )
