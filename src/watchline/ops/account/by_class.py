"""The account of one class of crosser: what its reference routes and its weakest route are exposed to, and so pi.

Of what sensors see, only what is seen before the line and just behind it counts: somebody who is first seen at home
is one of many who live there, and raises no alert.  Nor do looks at those who stand at wire or trench: a radar does
not see them, and a track that only stood raises none.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from watchline.alerting import rules
from watchline.assurance.live_miss import Draws, adversary, drawn_like, miss
from watchline.assurance.passage_law import ENOUGH, PassageLaw
from watchline.coverage import exposure, passages
from watchline.coverage.crossing import Belt, Crossing, crossing, strength, stretch_of
from watchline.coverage.eyes import Eye, add_eye
from watchline.coverage.informed_ways import Ways, informed_ways
from watchline.coverage.passages import Looks, Presence
from watchline.coverage.reference_routes import ReferenceRoutes
from watchline.coverage.too_late import late_where, left_in_belt_s, timely_exposure
from watchline.coverage.watchers import DRONE_SEEN_FROM_M, REACH_RANGES, Watcher, add_watchers
from watchline.coverage.weakest_path import Ground
from watchline.geo.terrain import Terrain
from watchline.ops.account.seeing import CLEAR_M, Seeing
from watchline.ops.account.walks import Walk
from watchline.ops.plan import TIME_PRICE
from watchline.ops.site_file import LoadedSite
from watchline.sensing.detection import P_MAX, Crosser
from watchline.sensing.observer import seen_from_m

F8 = NDArray[np.float64]
F4 = NDArray[np.float32]
Standing = Callable[[float, float, bool, bool], Watcher | None]  # where, whether it flies, whether it is day

COARSE = 2  # cells of the weakest route, of the terrain's
STATES_KEPT = 2  # of a sensor: as it is, and as those reckon with who know the plan only
STOOD_KEPT = 4096  # places of units whose exposures are kept


@dataclass(frozen=True)
class Reckoned:
    """A moment of one class, each (S,): pi_avg, its 5 and 95 % points, pi_adv of levels L2 and L1."""

    mean: F8
    low: F8
    high: F8
    adversary: F8
    informed: F8


@dataclass(frozen=True)
class BeltGround:
    """The line on coarse cells: under it, on both sides of it.

    abreast (rows, cols): which stretch each cell is abreast of; stretch (M,): the same of the line's own cells.
    """

    terrain: Terrain
    under: exposure.Ribbon
    belt: Belt
    abreast: NDArray[np.int32]
    stretch: NDArray[np.int32]
    stretches: int


@dataclass(frozen=True)
class Gathered:
    """What reference routes are exposed to, (J + 1, R) under each draw and at the median: sensors' looks, and what
    alerts alone; rate (rows, cols) at the median on every cell, in looks.
    """

    looks: F8
    alone: F8
    rate: F4


class ClassAccount:
    """The account of one class of crosser.  Mutable: what has not changed is not reckoned again.

    performance (J + 1, N, 13) of the sensors under each draw, the last their median.
    """

    def __init__(
        self, crosser: Crosser, loaded: LoadedSite, ground: BeltGround, speed: NDArray[np.float32],
        routes: ReferenceRoutes, performance: F8, shared: Draws, standing: Standing,
    ) -> None:  # fmt: skip
        self.crosser, self.routes, self._site = crosser, routes, loaded.site
        self._ground, self._speed, self._shared, self._standing = ground, speed, shared, standing
        self._moving = exposure.moving(speed, ground.under, loaded.site, crosser, ground.terrain.cell_m)
        self._performance = np.zeros((0, 0, 0))
        self._stretch = stretch_of(routes.cross_m, loaded.line.length_m).astype(np.int64)
        self._eyes: dict[int, Eye] = {}
        self._looks: dict[int, Looks] = {}
        self._by_eye: dict[int, dict[float, tuple[F8, F4]]] = {}
        self._felt: dict[int, tuple[F8, F8]] = {}
        self._units = frozenset(unit.id for unit in loaded.site.units)
        self._patrols = frozenset(unit.id for unit in loaded.site.units if unit.kind == "patrol")
        self._parties: dict[str, list[Watcher]] = {}
        self._presence: dict[str, Presence] = {}
        self._by_people: tuple[tuple[object, ...], F8, F4] | None = None
        self._seen_from = functools.lru_cache(STOOD_KEPT)(self._see_from)
        self._ways: dict[tuple[bool, float], Ways] = {}
        self._last: tuple[Seeing, Reckoned] | None = None
        self._reference: tuple[F8, F8] | None = None
        self._across: Crossing | None = None
        self._left_s: F8 | None = None
        self.believe(performance)

    def believe(self, performance: F8) -> None:
        """Let other draws of the sensors' performance (J, N, 13) count from now on."""
        self._performance = np.concatenate([performance, np.median(performance, axis=0, keepdims=True)])
        self._by_eye.clear()
        self._felt.clear()
        self._ways.clear()
        self._last = self._reference = None

    @property
    def median_performance(self) -> F8:
        """Return (N, 13) the sensors' performance against this class, each number the median of the draws."""
        return np.asarray(self._performance[-1])

    def pace(self, walk: Walk) -> float | None:
        """Return how many times as fast as the reference a walk went where both go at all, None if nowhere."""
        pieces, ground = walk.pieces(), self._ground.terrain
        row = np.rint((ground.y0_m - pieces.xy_m[:, 1]) / ground.cell_m).astype(np.int64)
        col = np.rint((pieces.xy_m[:, 0] - ground.x0_m) / ground.cell_m).astype(np.int64)
        rows, cols = self._speed.shape
        some = np.flatnonzero(pieces.goes & (row >= 0) & (row < rows) & (col >= 0) & (col < cols))
        free = self._speed[row[some], col[some]] / self._moving[row[some], col[some]]
        some, free = some[free > 0.0], free[free > 0.0]
        took_s = float(pieces.seconds[some].sum())
        return float((pieces.went_m[some] / free).sum()) / took_s if took_s > 0.0 else None

    def share(self, shared: Draws) -> None:
        """Let other draws of what all passages share count from now on."""
        self._shared, self._last, self._reference = shared, None, None

    def add_eye(self, eye: Eye, thin: Eye, terrain: Terrain) -> None:
        """Take in a camera or radar; thin: the same on coarse cells."""
        alerting = self.routes.upto(self._ground.belt.offset_m, rules.CLEAR_M).weighed(self._moving)
        fine = replace(alerting, rc=alerting.rc * COARSE)
        self._looks[eye.index] = passages.looks_of(eye, terrain, fine, self.crosser, ENOUGH)
        self._eyes[eye.index] = thin

    def add_party(self, who: str, places: list[Watcher], reach_m: float) -> None:
        """Take in a manned post, a patrol or a drone, with all places of its beat."""
        self._parties[who] = places
        self._presence[who] = passages.presence_of(places, self._ground.terrain, self.routes, self.crosser, reach_m)

    def reckoned(self, now: Seeing) -> Reckoned:
        """Return pi_avg with its interval, and pi_adv of one who knows what is now and of one who knows the plan."""
        now = replace(now, response_s=())  # who could come changes nothing of what is seen
        if self._last is None or self._last[0] != now:
            self._last = now, self._reckon(now)
        return self._last[1]

    def interrupted(self, now: Seeing) -> F8:
        """Return (S,) P_I: whoever goes the best way against it is noticed while somebody of ours can still come.

        1 where none can cross.  Call after `reckoned`, whose weakest routes it goes on with.
        """
        assert self._across is not None
        if self._left_s is None:
            self._left_s = left_in_belt_s(self._across)
        response_s = np.array(now.response_s) if now.response_s else np.full(self._ground.stretches, np.inf)
        abreast = self._ground.abreast
        late = late_where(self._across, self._left_s, response_s[abreast])
        timely = timely_exposure(self._across, late, abreast, self._ground.stretches)
        return 1.0 - self._unnoticed(timely)

    def _reckon(self, now: Seeing) -> Reckoned:
        seen = self.gathered(now)
        looks, alone = seen.looks, seen.alone
        found = miss(looks[:-1], alone[:-1], self._stretch, self._ground.stretches, self._shared)
        self._across = across = self._crossing(seen.rate)
        weakest = strength(across.at_line, self._ground.stretch, self._ground.stretches)
        # A way that is summed in cells may come out a little better than the best there is.
        planned = np.maximum(self._planned_ways(now).exposure(seen.rate), weakest)
        # Whoever knows the sensors may still go like those who do not.
        knows_now, knows_plan = (np.fmax(self._unnoticed(h), found.mean) for h in (weakest, planned))
        some = np.isfinite(weakest)
        return Reckoned(
            found.mean, found.low, found.high,
            np.where(some, knows_now, 0.0), np.where(some, np.fmin(knows_plan, knows_now), 0.0),
        )  # fmt: skip

    def _crossing(self, rate: F4) -> Crossing:
        return crossing(
            Ground(rate, self._speed, self._ground.terrain.cell_m), self._ground.belt, time_price_per_s=TIME_PRICE
        )

    def _unnoticed(self, exposure_: F8) -> F8:
        return adversary(drawn_like(exposure_, *self._like()), self._shared.law.looks_alike, self._shared)

    def _planned_ways(self, now: Seeing) -> Ways:
        """Return the ways of one who knows where sensors are and how units go, at this hour and in this air."""
        key = now.day, now.visibility_m
        if key not in self._ways:
            if len(self._ways) > STATES_KEPT:
                self._ways.clear()
            everybody = frozenset(self._parties)
            plan = Seeing((-1.0,) * len(self._site.sensors), frozenset(), everybody, *key)
            across = self._crossing(self.gathered(plan).rate)
            self._ways[key] = informed_ways(across, self._ground.stretch, self._ground.stretches)
        return self._ways[key]

    def _like(self) -> tuple[F8, F8]:
        """Return what `drawn_like` compares with, which is always the same, or a sensor less might look better."""
        if self._reference is None:
            everything = Seeing(
                (-1.0,) * len(self._site.sensors), frozenset(), frozenset(self._parties), True, CLEAR_M
            )
            whole = self.gathered(everything)
            both = whole.looks + self._shared.law.looks_alike * whole.alone
            self._reference = both[:-1], both[-1]
        return self._reference

    def noticed(self, now: Seeing, guard: Watcher | None = None) -> F8:
        """Return (S,) the chance that a crosser is noticed and the alert answered, on the mean; NaN where none goes.

        guard: somebody who watches besides.
        """
        seen = self.gathered(now)
        alone = seen.alone[:-1]
        if guard is not None:
            by_eye_m = seen_from_m(self.crosser.area_m2, day=now.day, visibility_m=now.visibility_m)
            reach = REACH_RANGES * by_eye_m
            presence = passages.presence_of([guard], self._ground.terrain, self.routes, self.crosser, reach)
            alone[:, presence.route] += passages.exposure_by_watcher(presence, by_eye_m)
        return 1.0 - miss(seen.looks[:-1], alone, self._stretch, self._ground.stretches, self._shared).mean

    def causes(self, now: Seeing, stretch: int, least: float) -> tuple[int, ...]:
        """Return the dark sensors each of which alone would bring the chance of noticing up by `least`."""
        before = self.noticed(now)[stretch]
        out = []
        for k in sorted(now.dark):
            looks = self._looks.get(k)
            if looks is not None and not np.any(self._stretch[looks.route] == stretch):
                continue
            after = self.noticed(replace(now, dark=now.dark - {k}))[stretch]
            if after - before >= least:
                out.append(k)
        return tuple(out)

    def mean_miss(self, now: Seeing, law: PassageLaw) -> F8:
        """Return (S,) the mean chance of no alert by another law, at the median performance: to compare with."""
        seen = self.gathered(now)
        missed = Draws(law, np.ones(len(law.weight)))
        looks, alone = (np.repeat(x[-1:], len(law.weight), axis=0) for x in (seen.looks, seen.alone))
        return miss(looks, alone, self._stretch, self._ground.stretches, missed).mean

    def gathered(self, now: Seeing) -> Gathered:
        """Return what reference routes and every cell are exposed to as things stand."""
        people, field = self._seen_by_people(now)
        alike = np.float32(self._shared.law.looks_alike)
        looks, rate = np.zeros((len(self._performance), self.routes.count)), alike * field
        alone = np.tile(people, (len(self._performance), 1))
        for k, eye in self._eyes.items():
            if k not in now.dark:
                exposure_, window = self._seen_by_eye(k, now.quality[k])
                looks[:, self._looks[k].route] += exposure_
                top, left = eye.corner(self._ground.terrain)
                rate[top : top + window.shape[0], left : left + window.shape[1]] += window
        touched, cell_m = np.zeros_like(rate), self._ground.terrain.cell_m
        for k, sensor in enumerate(self._site.sensors):
            if sensor.kind in exposure.FELT and k not in now.dark:
                low, high = 1000.0 * (sensor.from_km or 0.0), 1000.0 * (sensor.to_km or 0.0)
                crosses = (self.routes.cross_m >= low) & (self.routes.cross_m <= high)
                routes, line = self._felt_at(k)
                alone[:, crosses] += -np.log1p(-routes[:, crosses])
                exposure.add_touch(touched, self._ground.under, sensor, line, self._speed, cell_m)
        return Gathered(looks, alone, np.asarray(rate + alike * touched, np.float32))

    def _felt_at(self, sensor: int) -> tuple[F8, F8]:
        """Return the chance that a wire tells of a touch: (J + 1, R) of each route, (M,) in each cell of the line."""
        if sensor not in self._felt:
            touch = self._performance[:, sensor, P_MAX]
            at = functools.partial(exposure.p_touch_at, self._site, self.crosser)
            routes = np.stack([at(float(p), self.routes.cross_m) for p in touch])
            self._felt[sensor] = routes, at(float(touch[-1]), self._ground.under.s_m)
        return self._felt[sensor]

    def _seen_by_eye(self, sensor: int, quality: float) -> tuple[F8, F4]:
        kept = self._by_eye.setdefault(sensor, {})
        if quality not in kept:
            if len(kept) >= STATES_KEPT:
                del kept[next(iter(kept))]
            eye, tables, measured = self._eyes[sensor], self._performance[:, sensor], _measured(quality)
            window: F4 = np.zeros(eye.need.height_m.shape, np.float32)
            ground, need = self._ground.terrain, eye.need
            top, left = eye.corner(ground)
            rows, cols = window.shape
            here = Terrain(ground.height_m[top : top + rows, left : left + cols], need.x0_m, need.y0_m, need.cell_m)
            moving = np.ascontiguousarray(self._moving[top : top + rows, left : left + cols])
            add_eye(window, here, eye, tables[-1], self.crosser, measured, ENOUGH, moving)
            window[self._ground.belt.offset_m[top : top + rows, left : left + cols] > rules.CLEAR_M] = 0.0
            kept[quality] = passages.exposure_by_eye(self._looks[sensor], tables, measured), window
        return kept[quality]

    def _seen_by_people(self, now: Seeing) -> tuple[F8, F4]:
        key = now.present, now.stood, now.flown, now.day, now.visibility_m
        if self._by_people is None or self._by_people[0] != key:
            by_eye_m = seen_from_m(self.crosser.area_m2, day=now.day, visibility_m=now.visibility_m)
            gathered = np.zeros(self.routes.count)
            by_law = now.present if now.stood is None else now.present - self._units
            watching: list[Watcher] = []
            for who in sorted(self._parties.keys() & by_law):
                presence = self._presence[who]
                from_m = DRONE_SEEN_FROM_M if presence.flies else by_eye_m
                gathered[presence.route] += passages.exposure_by_watcher(presence, from_m)
                watching += self._parties[who]
            there = [(s, False) for s in now.stood or () if s.who in self._patrols]
            for stood, flies in [*there, *((f, True) for f in now.flown)]:
                from_m = DRONE_SEEN_FROM_M if flies else by_eye_m
                found = self._seen_from(stood.x_m, stood.y_m, flies, now.day, from_m)
                if found is not None:
                    watcher, route, seen = found
                    gathered[route] += stood.share * seen
                    watching.append(replace(watcher, share=stood.share))
            field = np.zeros(self._speed.shape, np.float32)
            add_watchers(
                field, self._ground.terrain, watching, self.crosser, day=now.day, visibility_m=now.visibility_m
            )
            self._by_people = key, gathered, field
        return self._by_people[1], self._by_people[2]

    def _see_from(
        self, x_m: float, y_m: float, flies: bool, day: bool, from_m: float
    ) -> tuple[Watcher, NDArray[np.int64], F8] | None:
        """Return somebody who is there all the time, the routes they see, and the exposures; None off the ground."""
        watcher = self._standing(x_m, y_m, flies, day)
        if watcher is None:
            return None
        presence = passages.presence_of(
            [watcher], self._ground.terrain, self.routes, self.crosser, REACH_RANGES * from_m
        )
        return watcher, presence.route, passages.exposure_by_watcher(presence, from_m)


def _measured(quality: float) -> float:
    return quality if quality >= 0.0 else math.nan


def every(terrain: Terrain, step: int, corner: tuple[int, int] = (0, 0)) -> Terrain:
    """Return every step-th cell of a terrain; corner: where its first cell lies on the grid that is thinned."""
    row, col = (-corner[0]) % step, (-corner[1]) % step
    return Terrain(
        np.ascontiguousarray(terrain.height_m[row::step, col::step]),
        terrain.x0_m + col * terrain.cell_m,
        terrain.y0_m - row * terrain.cell_m,
        terrain.cell_m * step,
    )
