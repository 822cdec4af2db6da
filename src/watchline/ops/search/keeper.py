"""Searches as a running core carries them on: cameras' looks and units' tracks become facts, facts maps and plans.

Mutable: it remembers what cameras looked at in the last two hours, so that a search knows it from the loss on, and
holds the maker of maps.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from watchline.coverage.eyes import SEEN_BY_EYE
from watchline.domain.batches import ScanBatch
from watchline.domain.places import PlaceLook
from watchline.domain.records import GeoPoint, Record
from watchline.domain.search import Looked, SearchLook, SearchProgress, SearchSign, SearchWatched
from watchline.domain.site import own_units
from watchline.geo.terrain import Terrain
from watchline.ops.picture import Picture
from watchline.ops.search.from_air import FromAir, Swept
from watchline.ops.search.lost import CROSSER, STEP_S
from watchline.ops.search.maps import LEAD_S, Answer, Ask
from watchline.ops.search.worker import MapMaker
from watchline.ops.site_file import LoadedSite
from watchline.response import tasking
from watchline.search.live import Fact, Search
from watchline.sensing.placing import placed

WINDOWS = 36  # of STEP_S: two hours
FASTER = 2.0  # than usual: how far from the loss a look may still matter
Key = tuple[int, float, float]


@dataclass
class _Window:
    """What cameras and radars looked at in STEP_S: by sensor and sector how often, range and quality."""

    from_s: float
    looks: dict[Key, list[float]] = field(default_factory=dict)
    but: tuple[GeoPoint, ...] = ()


class SearchKeeper:
    """Carries searches on."""

    def __init__(
        self, loaded: LoadedSite, terrain: Terrain, maker: Callable[[LoadedSite, Terrain], MapMaker], *, wait: bool
    ) -> None:
        """Prepare; maker: of maps, called when the first search begins; wait: the clock is free, so that it may."""
        self._loaded, self._terrain, self._make, self._wait = loaded, terrain, maker, wait
        self._maker: MapMaker | None = None
        self._asked: str | None = None
        self._sent: dict[str, int] = {}
        self._faulty: dict[str, int] = {}
        self.answers: dict[str, Answer] = {}  # the newest of each search, for screens
        self._sees = np.array([s.kind in SEEN_BY_EYE and s.kind != "drone_camera" for s in loaded.site.sensors])
        self._stands = placed(loaded.site, loaded.line, terrain).eye_m[:, :2]
        self._windows: deque[_Window] = deque(maxlen=WINDOWS)
        self._now: _Window | None = None
        self._fixes: dict[tuple[str, str], list[tuple[float, float, float]]] = {}
        self._air = FromAir(loaded.line)
        self._units = own_units(loaded.site)

    def step(self, scans: ScanBatch, picture: Picture, now_s: float) -> list[Record]:
        """Return what is to be kept now."""
        closed = self._hear(scans, picture, now_s)
        self._air.hear(picture)
        seen = self._air.take(now_s) if closed else []
        open_ = picture.searches.open
        if not open_:
            return []
        out: list[Record] = []
        for one in open_:
            self._follow(one, picture, now_s)
            out += self._watched(one)
            if closed:
                out += [*self._tracked(one, now_s), *self._seen_from_air(one, seen, now_s)]
        # What is new now is asked for in the next step: the picture has it then.
        return out or self._mapped(open_, picture, now_s)

    def close(self) -> None:
        """End the maker of maps."""
        if self._maker is not None:
            self._maker.close()

    # -- cameras -------------------------------------------------------------------------------------------

    def _hear(self, scans: ScanBatch, picture: Picture, now_s: float) -> bool:
        """Count looks; return whether a window was closed."""
        began = STEP_S * math.floor(now_s / STEP_S)
        closed = False
        if self._now is not None and self._now.from_s != began:
            self._now.but = self._unexplained(picture)
            self._windows.append(self._now)
            self._now, closed = None, True
        if self._now is None:
            self._now = _Window(began)
        for row in np.flatnonzero(self._sees[scans.sensor]):
            key = int(scans.sensor[row]), round(float(scans.az0_rad[row]), 3), round(float(scans.az1_rad[row]), 3)
            had = self._now.looks.setdefault(key, [0.0, 0.0, 0.0, 0.0])
            had[0] += 1.0
            had[1] += float(scans.range_m[row])
            if np.isfinite(scans.quality[row]):
                had[2] += float(scans.quality[row])
                had[3] += 1.0
        return closed

    def _unexplained(self, picture: Picture) -> tuple[GeoPoint, ...]:
        tracks = picture.tracks
        rows = [k for k in np.flatnonzero(tracks.confirmed) if int(tracks.track_id[k]) not in picture.explained]
        if not rows:
            return ()
        lonlat = self._loaded.line.frame.lonlat_from_xy_m(tracks.xy_m[rows])
        return tuple(GeoPoint(lon_deg=round(float(a), 6), lat_deg=round(float(b), 6)) for a, b in lonlat)

    def _watched(self, one: Search) -> list[Record]:
        """Return what cameras near a search looked at in windows that it does not know yet."""
        told = one.begun
        at = np.asarray(self._xy(told.place.lon_deg, told.place.lat_deg), float)
        out: list[Record] = []
        for window in self._windows:
            if window.from_s < one.watched_s - 1e-6:
                continue
            to_s = window.from_s + STEP_S
            went_m = self._went_m(one, to_s)
            looked = []
            for (sensor, az0, az1), (n, ranges, quality, measured) in sorted(window.looks.items()):
                if math.hypot(*(self._stands[sensor] - at)) <= went_m + ranges / n:
                    share = quality / measured if measured else -1.0
                    looked.append(
                        Looked(
                            sensor=self._loaded.site.sensors[sensor].id, az0_deg=round(math.degrees(az0), 2),
                            az1_deg=round(math.degrees(az1), 2), range_m=round(ranges / n, 1),
                            quality=round(share, 3), looks=int(n),
                        )
                    )  # fmt: skip
            if looked:
                out.append(
                    SearchWatched(
                        id=f"{told.search}-w{window.from_s:.0f}", t_s=to_s, source="search", search=told.search,
                        from_s=window.from_s, to_s=to_s, looked=tuple(looked), but=window.but,
                    )
                )  # fmt: skip
        return out

    # -- units ---------------------------------------------------------------------------------------------

    def _follow(self, one: Search, picture: Picture, now_s: float) -> None:
        """Note where units are that search by order."""
        for unit in {u for order in one.orders for u in order.units}:
            plan, heard = one.ordered(unit, now_s), picture.units.get(unit)
            if plan is None or heard is None or not any(b.unit == unit and b.from_s <= heard.t_s for b in plan.boxes):
                continue
            if unit in self._air.told:  # where its camera looked counts, not what it flew over
                continue
            fixes = self._fixes.setdefault((one.begun.search, unit), [])
            if not fixes or heard.t_s > fixes[-1][2]:
                fixes.append((round(heard.position.lon_deg, 6), round(heard.position.lat_deg, 6), heard.t_s))

    def _tracked(self, one: Search, now_s: float) -> list[Record]:
        """Return what units by order went over since the last window: looks in vain, as nobody said otherwise."""
        out: list[Record] = []
        for (search, unit), fixes in self._fixes.items():
            plan = one.ordered(unit, now_s - STEP_S)
            if search != one.begun.search or plan is None or len(fixes) < 2:
                continue
            width_m = next((b.width_m for b in plan.boxes if b.unit == unit), 0.0)
            if width_m > 0.0:
                out.append(
                    SearchLook(
                        id=f"{search}-{unit}-{fixes[-1][2]:.0f}", t_s=now_s, source="search", search=search, who=unit,
                        width_m=width_m, fixes=tuple(fixes),
                    )
                )  # fmt: skip
            del fixes[:-1]
        return out

    def _seen_from_air(self, one: Search, seen: list[Swept], now_s: float) -> list[Record]:
        """Return what airborne cameras swept since the loss, where it may matter, whoever sent them."""
        told, out = one.begun, list[Record]()
        at = self._xy(told.place.lon_deg, told.place.lat_deg)
        for k, swept in enumerate(seen):
            fixes = tuple(fix for fix in swept.fixes if fix[2] >= told.lost_s)
            apart_m = min((math.hypot(*(self._xy(fix[0], fix[1]) - at)) for fix in fixes), default=math.inf)
            if len(fixes) > 1 and apart_m <= self._went_m(one, fixes[-1][2]):
                out.append(
                    SearchLook(
                        id=f"{told.search}-{swept.who}-view-{fixes[-1][2]:.0f}-{k}", t_s=now_s, source="search",
                        search=told.search, who=swept.who, width_m=round(swept.width_m, 1), fixes=fixes,
                    )
                )  # fmt: skip
        return out

    def _went_m(self, one: Search, to_s: float) -> float:
        """Return how far from the loss somebody may be by a time."""
        told = one.begun
        return FASTER * CROSSER[told.subject].speed_m_s * (to_s - told.lost_s) + 3.0 * (told.place.ce_m or 50.0)

    # -- maps ----------------------------------------------------------------------------------------------

    def _mapped(self, open_: list[Search], picture: Picture, now_s: float) -> list[Record]:
        """Take an answer, ask the next question."""
        out: list[Record] = []
        if self._asked is not None and self._maker is not None:
            answer = self._maker.take(wait=self._wait)
            if answer is not None:
                self._asked = None
                out += self._told(answer, picture, now_s)
        if self._asked is None and not out:
            self._ask(open_, picture, now_s)
        return out

    def _ask(self, open_: list[Search], picture: Picture, now_s: float) -> None:
        for one in open_:
            name, facts = one.begun.search, len(one.facts)
            if self._faulty.get(name) == facts:
                continue
            plans = _wants_plan(one, now_s)
            if not plans and self._sent.get(name) == facts:
                continue
            first = min(self._sent.get(name, 0), facts)
            if self._maker is None:
                self._maker = self._make(self._loaded, self._terrain)
            number = 1 if one.plan is None else int(one.plan.plan.rpartition("-p")[2]) + 1
            heard = {u: (r.position.lon_deg, r.position.lat_deg) for u, r in picture.units.items()}
            plan_s = now_s + LEAD_S if plans else None
            self._maker.ask(Ask(one.begun, first, one.facts[first:], now_s, plan_s, number, heard,
                                self._free(one, picture, now_s), one.places))  # fmt: skip
            self._sent[name], self._asked = facts, name
            return

    def _free(self, one: Search, picture: Picture, now_s: float) -> frozenset[str]:
        """Return who may be planned for: nobody on a task or on another search; one never heard is at its post."""
        others = {
            u for other in picture.searches.open if other is not one
            for u in {u for order in other.orders for u in order.units} if other.ordered(u, now_s) is not None
        }  # fmt: skip
        why = {u.id: tasking.free(picture.tasking, u, picture.units.get(u.id), now_s) for u in self._units}
        return frozenset(u for u, reason in why.items() if reason in ("", "not heard") and u not in others)

    def _told(self, answer: Answer, picture: Picture, now_s: float) -> list[Record]:
        self.answers[answer.search] = answer
        one = picture.searches.searches[answer.search]
        if answer.fault:
            self._faulty[answer.search] = answer.facts
        same = one.progress is not None and (one.progress.facts, one.progress.digest, one.progress.fault) == (
            answer.facts, answer.digest, answer.fault,
        )  # fmt: skip
        out: list[Record] = []
        if not same:
            out.append(
                SearchProgress(
                    id=f"{answer.search}-f{answer.facts}-{now_s:.0f}", t_s=now_s, source="search",
                    search=answer.search, facts=answer.facts, p_success=answer.p_success, p_outside=answer.p_outside,
                    digest=answer.digest, fault=answer.fault,
                )
            )  # fmt: skip
        return out if answer.plan is None else [*out, answer.plan]

    def _xy(self, lon_deg: float, lat_deg: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return self._loaded.line.frame.xy_m_from_lonlat(lon_deg, lat_deg)


def _wants_plan(one: Search, now_s: float) -> bool:
    """Return whether a new plan is due: there is none, it has run out, people told something or want another."""
    plan = one.plan
    if plan is None or one.asked_s > plan.t_s or (now_s > plan.to_s and now_s < one.begun.until_s):
        return True
    return any(_by_people(fact) for fact in one.facts[plan.facts :])


def _by_people(fact: Fact) -> bool:
    return isinstance(fact, SearchSign | PlaceLook) or (isinstance(fact, SearchLook) and fact.source != "search")
