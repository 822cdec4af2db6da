"""The account spine: what the line could see in the last minute, and what it could not.

scans, health, units, weather ► live sensors and people ► exposure of reference and weakest routes ► pi ► account

Rules: what is silent counts for nothing; a minute is written once, from what was known at its end.
Limits: people on patrol count with their beat while they are heard, not with the place they are at; the weakest
route is found on cells of COARSE times the terrain's, sampled at their middles (how far off: design/021-assurance.md).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from watchline.assurance.live_miss import Draws, adversary, draws, miss
from watchline.coverage import exposure, passages
from watchline.coverage.crossing import Belt, abreast, crossing, strength, stretch_of, stretches
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

COARSE = 3
ROUTES_PER_KM = 10
DRAWS = 32
MINUTE_S = 60.0
QUALITY_STEP = 0.05  # measured contrast is told in such steps: noise is no reason to reckon anew
CLEAR_M = 20_000.0  # visibility by eye when nobody has told the weather
UNIT_FRESH_S = 300.0  # a patrol that was not heard for so long is nowhere
SEED = 11  # of reference routes and draws: the same site gives the same figures


@dataclass(frozen=True)
class _OfClass:
    """What one class of crosser brings: routes, and what each sensor and person has of them.

    speed (rows, cols) on the coarse cells; stretch (R,) that each route enters; looks by sensor; presence by unit or
    post; performance (J, N, 13) under each draw; kept: exposure by sensor, with the quality it holds for.
    """

    crosser: Crosser
    speed: NDArray[np.float32]
    routes: ReferenceRoutes
    stretch: NDArray[np.int64]
    looks: dict[int, Looks]
    presence: dict[str, list[Presence]]
    performance: F8
    kept: dict[int, tuple[str, F8]]


@dataclass(frozen=True)
class Seeing:
    """What counts at a moment: quality (N,) of each sensor's contrast, NaN where not measured; dark sensors; people
    and drones that are heard, by id; whether it is day, and the visibility by eye.
    """

    quality: tuple[float, ...]
    dark: frozenset[int]
    present: frozenset[str]
    day: bool
    visibility_m: float


class Account:
    """The account of a running site.  Mutable: it follows what is heard and keeps what it has reckoned."""

    def __init__(self, loaded: LoadedSite, terrain: Terrain) -> None:
        """Prepare all that depends on the ground alone (about 10 s for 200 km)."""
        self._loaded, self._rng = loaded, np.random.default_rng(SEED)
        self._coarse = _every(terrain, COARSE)
        self._stretches = stretches(loaded.line.length_m)
        self._ribbon = exposure.ribbon(loaded.line, self._coarse)
        chainage, offset = line_coordinates_m(loaded.line, self._coarse)
        self._belt = Belt(offset, self._ribbon.cell, self._ribbon.s_m, loaded.site.line.outside_depth_m, HOME_EDGE_M)
        self._abreast = abreast(self._belt, chainage, loaded.line.length_m)
        self._eyes: list[Eye] = []
        self._watchers: list[Watcher] = []
        self._classes = self._prepared(terrain)
        self._quality = np.full(len(loaded.site.sensors), np.nan)
        self._last: dict[str, tuple[Seeing, F8, F8, F8, F8]] = {}
        lon, lat = (float(v) for v in loaded.line.lonlat_deg[len(loaded.line.lonlat_deg) // 2])
        self._middle = lat, lon
        self.shared: Draws = draws(
            self._rng,
            DRAWS,
            frailty_mean=FrailtyPrior().mean,
            frailty_ln_sd=FrailtyPrior().ln_sd,
            answered=0,
            tests=0,
        )

    def _prepared(self, terrain: Terrain) -> list[_OfClass]:
        site, line = self._loaded.site, self._loaded.line
        says = going(self._loaded, self._coarse)
        belief = prior(site.sensors)
        thetas = [belief.draw(self._rng) for _ in range(DRAWS)]
        classes = []
        for crosser in CROSSERS:
            speed = exposure.speed_m_s(
                self._coarse, self._ribbon, site, crosser, says.speed_factor(crosser.goes, ours=False)
            )
            routes = reference_routes(speed, self._coarse.cell_m, self._belt, per_km=ROUTES_PER_KM, rng=self._rng)
            fine = replace(routes, rc=routes.rc * COARSE)
            table = np.stack([performance_table(site.sensors, crosser, theta, nominal()) for theta in thetas])
            entered = stretch_of(routes.cross_m, line.length_m).astype(np.int64)
            classes.append(_OfClass(crosser, speed, fine, entered, {}, {}, table, {}))
        self._look(terrain, classes)
        return classes

    def _look(self, terrain: Terrain, classes: list[_OfClass]) -> None:
        """Count what every eye and every person on watch has of the routes."""
        site, line = self._loaded.site, self._loaded.line
        where = placed(site, line, terrain)
        for k, sensor in enumerate(site.sensors):
            if sensor.kind in SEEN_BY_EYE:
                eye = eye_of(k, sensor, where.eye_m[k], float(where.convergence_rad[k]), terrain)
                for one in classes:
                    one.looks[k] = passages.looks_of(eye, terrain, one.routes, one.crosser.height_m)
                self._eyes.append(replace(eye, need=_every(eye.need, COARSE, eye.corner(terrain))))
        reach = reach_m(CROSSERS, day=True, visibility_m=CLEAR_M)
        self._watchers = watchers_of(site, line, self._coarse, reach_m=reach)
        for watcher in self._watchers:
            for one in classes:
                coarse = replace(one.routes, rc=one.routes.rc / COARSE)
                found = passages.presence_of(watcher, self._coarse, coarse, one.crosser.height_m, reach)
                if len(found.route):
                    one.presence.setdefault(watcher.who, []).append(found)

    def hear(self, scans: ScanBatch) -> None:
        """Take the contrast that sensors measured."""
        known = np.isfinite(scans.quality)
        self._quality[scans.sensor[known]] = scans.quality[known]

    def minute(self, picture: Picture, began_s: float, hours: float) -> MissBatch:
        """Return the account of a time that ends now, from what the picture holds now."""
        now = self._seeing(picture)
        parts = []
        for number, one in enumerate(self._classes):
            kept = self._last.get(one.crosser.name)
            if kept is None or kept[0] != now:
                kept = (now, *self._reckoned(one, now))
                self._last[one.crosser.name] = kept
            _, mean, low, high, worst = kept
            rows = len(mean)
            parts.append(
                MissBatch(
                    t_s=np.full(rows, began_s),
                    hours=np.full(rows, hours),
                    stretch=np.arange(rows, dtype=np.int32),
                    crosser=np.full(rows, number, np.uint8),
                    share=np.where(worst > 0.0, self._share(), 0.0),
                    mean=mean,
                    low=low,
                    high=high,
                    adversary=worst,
                )
            )
        return MissBatch.join(parts)

    def _share(self) -> F8:
        out = np.ones(self._stretches)
        out[-1] = self._loaded.line.length_m / 1000.0 - (self._stretches - 1)
        return out

    def _seeing(self, picture: Picture) -> Seeing:
        ids = {sensor.id: k for k, sensor in enumerate(self._loaded.site.sensors)}
        dark = {ids[name] for name, told in picture.health.items() if told.state == "dark" and name in ids}
        never = {k for k in range(len(ids)) if not np.isfinite(picture.heard_s[k])}
        fresh = {u for u, told in picture.units.items() if picture.now_s - told.t_s <= UNIT_FRESH_S}
        posts = {post.id for post in self._loaded.site.posts}
        quality = np.round(self._quality / QUALITY_STEP) * QUALITY_STEP
        lat, lon = self._middle
        day = float(elevation_deg(lat, lon, picture.now_s)) > HORIZON_DEG
        seen_m = min((w.visibility_m for w in picture.weather.values()), default=CLEAR_M)
        return Seeing(
            tuple(np.where(np.isnan(quality), -1.0, quality).tolist()),
            frozenset(dark | never),
            frozenset(fresh | posts),
            day,
            round(seen_m, -2),
        )

    def _reckoned(self, one: _OfClass, now: Seeing) -> tuple[F8, F8, F8, F8]:
        """Return pi_avg, its 5 and 95 % points, and pi_adv, each (S,)."""
        found = miss(self._exposure(one, now), one.stretch, self._stretches, self.shared)
        weakest = self._weakest(one, now)
        worst = np.fmax(
            adversary(weakest, self.shared), np.where(np.isfinite(weakest), np.nan_to_num(found.mean), 0.0)
        )
        return found.mean, found.low, found.high, worst

    def _exposure(self, one: _OfClass, now: Seeing) -> F8:
        """Return (J, R) exposure of the reference routes."""
        out = np.zeros((DRAWS, one.routes.count))
        for k, looks in one.looks.items():
            if k not in now.dark and len(looks.route):
                out[:, looks.route] += self._by_eye(one, k, _quality(now, k))
        seen_from = seen_from_m(one.crosser.area_m2, day=now.day, visibility_m=now.visibility_m)
        for who, places in one.presence.items():
            if who in now.present:
                for presence in places:
                    from_m = DRONE_SEEN_FROM_M if presence.flies else seen_from
                    out[:, presence.route] += passages.exposure_by_watcher(presence, from_m)
        for k, sensor in enumerate(self._loaded.site.sensors):
            if sensor.kind in exposure.FELT and k not in now.dark:
                low, high = 1000.0 * (sensor.from_km or 0.0), 1000.0 * (sensor.to_km or 0.0)
                crosses = (one.routes.cross_m >= low) & (one.routes.cross_m <= high)
                out[:, crosses] += -np.log1p(-one.performance[:, k, P_MAX])[:, None]
        return out

    def _by_eye(self, one: _OfClass, sensor: int, quality: float) -> F8:
        """Return (J, L) one eye's exposure of its routes, reckoned when its quality has changed."""
        kept = one.kept.get(sensor)
        if kept is None or kept[0] != repr(quality):
            found = passages.exposure_by_eye(one.looks[sensor], one.performance[:, sensor], quality)
            kept = one.kept[sensor] = (repr(quality), found)
        return kept[1]

    def _weakest(self, one: _OfClass, now: Seeing) -> F8:
        """Return (S,) the least exposure of any route that crosses in each stretch, inf where none can."""
        rate = np.zeros(self._coarse.height_m.shape, np.float32)
        middle = np.median(one.performance, axis=0)
        for eye in self._eyes:
            if eye.index not in now.dark:
                add_eye(rate, self._coarse, eye, middle[eye.index], one.crosser.height_m, _quality(now, eye.index))
        here = [w for w in self._watchers if w.who in now.present]
        add_watchers(rate, self._coarse, here, one.crosser, day=now.day, visibility_m=now.visibility_m)
        for k, sensor in enumerate(self._loaded.site.sensors):
            if sensor.kind in exposure.FELT and k not in now.dark:
                exposure.add_touch(
                    rate, self._ribbon, sensor, float(middle[k, P_MAX]), one.crosser, self._coarse.cell_m
                )
        found = crossing(Ground(rate, one.speed, self._coarse.cell_m), self._belt, time_price_per_s=TIME_PRICE)
        return strength(found.at_line, self._abreast.ravel()[self._belt.line_cell], self._stretches)


def _quality(now: Seeing, sensor: int) -> float:
    return now.quality[sensor] if now.quality[sensor] >= 0.0 else math.nan


def _every(terrain: Terrain, step: int, corner: tuple[int, int] = (0, 0)) -> Terrain:
    """Return every step-th cell of a terrain; corner: where its first cell lies on the grid that is thinned."""
    row, col = (-corner[0]) % step, (-corner[1]) % step
    return Terrain(
        np.ascontiguousarray(terrain.height_m[row::step, col::step]),
        terrain.x0_m + col * terrain.cell_m,
        terrain.y0_m - row * terrain.cell_m,
        terrain.cell_m * step,
    )
