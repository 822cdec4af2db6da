"""The account spine: what the line could see in the last minute, and what it could not.

scans, health, units, weather ► live sensors and people ► exposure of reference and weakest routes ► pi ► account

Rules: what is silent counts for nothing; a minute is written once, from what was known at its end.
Limits: the weakest route is found on cells of COARSE times the terrain's, sampled at their middles (its error:
design/021-assurance.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from watchline.assurance.live_miss import Draws, draws
from watchline.coverage import exposure, watchers
from watchline.coverage.crossing import STRETCH_M, Belt, abreast, stretches
from watchline.coverage.eyes import SEEN_BY_EYE, Eye, eye_of
from watchline.coverage.reference_routes import reference_routes
from watchline.coverage.watchers import Watcher
from watchline.domain.batches import InterruptionBatch, MissBatch
from watchline.domain.site import Sensor
from watchline.geo.line_grid import line_coordinates_m
from watchline.geo.terrain import Terrain
from watchline.ops.account.by_class import COARSE, STOOD_KEPT, BeltGround, ClassAccount, every
from watchline.ops.account.lessons import Lessons
from watchline.ops.account.seeing import CLEAR_M, Seeing
from watchline.ops.account.walks import Exposed, Walk, Walks
from watchline.ops.account.weaker import BACK, CAUSE_SHARE, Weaker, dropped, kept
from watchline.ops.believed import believed
from watchline.ops.mobility import going
from watchline.ops.plan import HOME_EDGE_M
from watchline.ops.site_file import LoadedSite
from watchline.sensing.air.conditions import nominal
from watchline.sensing.belief import Belief, own_part, prior
from watchline.sensing.detection import CROSSERS, Crosser, performance_table
from watchline.sensing.placing import placed

F8 = NDArray[np.float64]

WALKER = 0  # of CROSSERS: who drops are told for
GUARD_M = 50.0  # a patrol sent to a gap stands so far before the line
ROUTES_PER_KM = 10
DRAWS = 32
RELEARN_SHARE, RELEARN_LEAST = 1.25, 50  # what is believed of sensors is reckoned anew when so many more passed
MINUTE_S = 60.0
SEED = 11  # of reference routes and draws: the same site gives the same figures


class Account:
    """The account of a running site.  Mutable: it keeps what it has reckoned."""

    def __init__(self, loaded: LoadedSite, terrain: Terrain, crossers: tuple[Crosser, ...] = CROSSERS) -> None:
        """Prepare all that depends on the ground alone (about 10 s for 200 km); nothing is learned yet."""
        rng = np.random.default_rng(SEED)
        self._line, self._length_m = loaded.line, loaded.line.length_m
        self._told: tuple[Weaker, ...] = ()
        self._lessons = Lessons()
        self._sensors, self._tried = loaded.site.sensors, 0
        thetas = _thetas(prior(self._sensors), rng)
        ground = _ground(loaded, terrain)
        self._coarse = ground.terrain
        says = going(loaded, ground.terrain)
        standing = lru_cache(STOOD_KEPT)(self._standing)  # the same for all classes
        self.classes = []
        for crosser, shared in zip(crossers, _drawn(self._lessons, crossers), strict=True):
            speed = exposure.speed_m_s(
                ground.terrain, ground.under, loaded.site, crosser, says.speed_factor(crosser.goes, ours=False)
            )
            routes = reference_routes(speed, ground.terrain.cell_m, ground.belt, per_km=ROUTES_PER_KM, rng=rng)
            table = _performance(self._sensors, crosser, thetas)
            self.classes.append(ClassAccount(crosser, loaded, ground, speed, routes, table, shared, standing))
        eyes = _look(loaded, terrain, ground.terrain, self.classes)
        self.walks = Walks(loaded.line, terrain, loaded.site, eyes)

    def learn(self, lessons: Lessons) -> None:
        """Let what trials showed count from now on."""
        if lessons != self._lessons:
            self._lessons = lessons
            self.share(_drawn(lessons, [one.crosser for one in self.classes]))
        if lessons.tried >= RELEARN_SHARE * self._tried + RELEARN_LEAST:
            self._tried = lessons.tried
            self.believe(own_part(prior(self._sensors), believed(self._sensors, lessons.looks)))

    def believe(self, belief: Belief) -> None:
        """Let draws of this belief count from now on, but for what all sensors of a kind share."""
        thetas = _thetas(belief, np.random.default_rng(SEED))
        for one in self.classes:
            one.believe(_performance(self._sensors, one.crosser, thetas))

    def share(self, shared: Sequence[Draws]) -> None:
        """Let other draws of what all passages of each class share count from now on."""
        for one, drawn in zip(self.classes, shared, strict=True):
            one.share(drawn)

    def _standing(self, x_m: float, y_m: float, flies: bool, day: bool) -> Watcher | None:
        """Return somebody who stands, or flies, there all the time; None outside the ground."""
        reach_m = watchers.reach_m(CROSSERS, day=day, visibility_m=CLEAR_M)
        found = watchers.standing(self._coarse, "unit", np.array([x_m, y_m]), reach_m, flies=flies)
        return found[0] if found else None

    def interrupted(self, now: Seeing, began_s: float) -> InterruptionBatch:
        """Return P_I of the same moment, right after `reckon`."""
        parts = []
        for number, one in enumerate(self.classes):
            p = one.interrupted(now)
            rows = len(p)
            parts.append(
                InterruptionBatch(
                    t_s=np.full(rows, began_s),
                    stretch=np.arange(rows, dtype=np.int32),
                    crosser=np.full(rows, number, np.uint8),
                    response_s=np.array(now.response_s) if now.response_s else np.full(rows, np.inf),
                    p=p,
                )
            )
        return InterruptionBatch.join(parts)

    def weaker(self, now: Seeing) -> list[Weaker]:
        """Return where walkers are noticed much less than with nothing dark, as far as that is news."""
        walker = self.classes[WALKER]
        whole = replace(now, dark=frozenset())
        news = dropped(self._told, walker.noticed(now), walker.noticed(whole), self._length_m / STRETCH_M)
        self._told = kept(self._told, news)
        return [self._explained(drop, now) for drop in news]

    def _explained(self, drop: Weaker, now: Seeing) -> Weaker:
        if drop.usual - drop.now < BACK:
            return drop
        walker, middle_km = self.classes[WALKER], int(0.5 * (drop.from_km + drop.to_km))
        at = self._line.xy_m_from_sd(np.array([1000.0 * (middle_km + 0.5), -GUARD_M]))
        guards = watchers.standing(self._coarse, "patrol", at)
        guarded = float(walker.noticed(now, guards[0])[middle_km]) if guards else None
        causes = walker.causes(now, middle_km, CAUSE_SHARE * (drop.usual - drop.now))
        return replace(drop, causes=causes, with_patrol=guarded)

    def exposed(self, walk: Walk, crosser: int, began_s: F8, seeing: Sequence[Seeing]) -> Exposed:
        """Return what a known way was exposed to as one of this class; began_s, seeing: as in `Walks.exposed`."""
        one = self.classes[crosser]
        return self.walks.exposed(walk, one.crosser, one.median_performance, began_s, seeing)

    def pace(self, walk: Walk, crosser: int) -> float | None:
        """Return how many times as fast as the reference crosser a walk of this class went, None off its ground."""
        return self.classes[crosser].pace(walk)

    def reckon(self, now: Seeing, began_s: float, hours: float) -> MissBatch:
        """Return the account of `hours` from began_s on in which the line could see as it can now."""
        parts = []
        for number, one in enumerate(self.classes):
            found = one.reckoned(now)
            rows = len(found.mean)
            length = np.ones(rows)
            length[-1] = self._length_m / STRETCH_M - (rows - 1)
            parts.append(
                MissBatch(
                    t_s=np.full(rows, began_s),
                    hours=np.full(rows, hours),
                    stretch=np.arange(rows, dtype=np.int32),
                    crosser=np.full(rows, number, np.uint8),
                    share=np.where(found.adversary > 0.0, length, 0.0),
                    mean=found.mean,
                    low=found.low,
                    high=found.high,
                    adversary=found.adversary,
                    informed=found.informed,
                )
            )
        return MissBatch.join(parts)


def _thetas(belief: Belief, rng: np.random.Generator) -> list[F8]:
    """Return draws of every sensor's own deviation.

    What all sensors of a kind share is the scale of the law of passages, which whole passages teach.
    """
    return [belief.draw(rng, shared=False) for _ in range(DRAWS)]


def _performance(sensors: tuple[Sensor, ...], crosser: Crosser, thetas: list[F8]) -> F8:
    return np.stack([performance_table(sensors, crosser, theta, nominal()) for theta in thetas])


def _drawn(lessons: Lessons, crossers: Sequence[Crosser]) -> list[Draws]:
    """Return the same draws for the same lessons, so that a minute's account changes with what is known only."""
    laws = lessons.laws()
    return [
        draws(
            np.random.default_rng(SEED), DRAWS, laws[one.name], lessons.pace(one.name),
            answered=lessons.answered, tests=lessons.tests,
        )
        for one in crossers
    ]  # fmt: skip


def _ground(loaded: LoadedSite, terrain: Terrain) -> BeltGround:
    coarse = every(terrain, COARSE)
    under = exposure.ribbon(loaded.line, coarse)
    chainage, offset = line_coordinates_m(loaded.line, coarse)
    belt = Belt(offset, under.cell, under.s_m, loaded.site.line.outside_depth_m, HOME_EDGE_M)
    beside = abreast(belt, chainage, loaded.line.length_m)
    return BeltGround(coarse, under, belt, beside, beside.ravel()[under.cell], stretches(loaded.line.length_m))


def _look(loaded: LoadedSite, terrain: Terrain, coarse: Terrain, classes: list[ClassAccount]) -> list[Eye]:
    """Count what every eye and every party on watch has of the routes; return the eyes."""
    eyes = []
    where = placed(loaded.site, loaded.line, terrain)
    for k, sensor in enumerate(loaded.site.sensors):
        if sensor.kind in SEEN_BY_EYE:
            eye = eye_of(k, sensor, where.eye_m[k], float(where.convergence_rad[k]), terrain)
            eyes.append(eye)
            thin = replace(eye, need=every(eye.need, COARSE, eye.corner(terrain)))
            for one in classes:
                one.add_eye(eye, thin, terrain)
    reach = watchers.reach_m(CROSSERS, day=True, visibility_m=CLEAR_M)
    everybody = watchers.watchers_of(loaded.site, loaded.line, coarse, reach_m=reach)
    for who in dict.fromkeys(w.who for w in everybody):
        for one in classes:
            one.add_party(who, [w for w in everybody if w.who == who], reach)
    return eyes
