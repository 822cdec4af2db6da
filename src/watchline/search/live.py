"""A search as it stands: a fold over its records, the same live, after a restart and in a replay.

Rules: looks, signs and what cameras saw are facts, in the order in which they were kept; a plan is the newest one; an
order counts when it is of a plan that stood, as it was seen.  What is over takes nothing more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from watchline.domain.places import PlaceLook, PlaceTold
from watchline.domain.press import PRESS, digest_of
from watchline.domain.records import Record
from watchline.domain.search import (
    SearchBegun,
    SearchEnded,
    SearchLook,
    SearchOrder,
    SearchPlan,
    SearchPlanAsked,
    SearchProgress,
    SearchSign,
    SearchWatched,
)
from watchline.search import places

Fact = SearchLook | SearchSign | SearchWatched | PlaceLook


@dataclass(frozen=True)
class Search:
    """begun and all since.

    places: (degrees) that people had told of by then; plans: the newest, the one before it and those ordered;
    watched_s: up to when cameras are accounted; asked_s: when a person last wanted another plan.
    """

    begun: SearchBegun
    places: tuple[tuple[float, float], ...] = ()
    facts: tuple[Fact, ...] = ()
    plans: tuple[SearchPlan, ...] = ()
    progress: SearchProgress | None = None
    orders: tuple[SearchOrder, ...] = ()
    ended: SearchEnded | None = None
    watched_s: float = 0.0
    asked_s: float = 0.0

    @property
    def plan(self) -> SearchPlan | None:
        """Return the newest plan."""
        return self.plans[-1] if self.plans else None

    @property
    def rescue(self) -> bool:
        """Return whether somebody needs help: those come first."""
        return self.begun.subject == "lost"

    def ordered(self, unit: str, now_s: float) -> SearchPlan | None:
        """Return the plan that a unit is on by order, None for none."""
        for order in reversed(self.orders):
            plan = next((p for p in self.plans if p.plan == order.plan), None)
            if unit in order.units and plan is not None and now_s <= plan.to_s:
                return plan
        return None


@dataclass(frozen=True)
class State:
    """Every search by its id, every place; done: what the key of a press became."""

    searches: Mapping[str, Search] = field(default_factory=dict)
    places: places.State = field(default_factory=places.State)
    done: Mapping[str, str] = field(default_factory=dict)

    @property
    def open(self) -> list[Search]:
        """Return the searches that go on, those for people in need first, then the oldest."""
        going = [one for one in self.searches.values() if one.ended is None]
        return sorted(going, key=lambda one: (not one.rescue, one.begun.t_s, one.begun.search))


def step(state: State, record: Record) -> State:
    """Return the state after this record; one that is none of its own changes nothing."""
    if isinstance(record, SearchBegun):
        if record.search in state.searches:
            return state
        told = tuple((p.lon_deg, p.lat_deg) for p in state.places.places.values() if p.told)
        new = Search(record, told, watched_s=record.lost_s)
        return _done(replace(state, searches={**state.searches, record.search: new}), record, record.search)
    if isinstance(record, PlaceTold | PlaceLook):
        return _done(_at_place(state, record), record, record.place)
    of = getattr(record, "search", None)
    old = state.searches.get(of) if isinstance(of, str) else None
    if old is None or old.ended is not None:
        return state
    changed = _changed(old, record)
    if changed is old:
        return state
    return _done(replace(state, searches={**state.searches, changed.begun.search: changed}), record, record.id)


def _at_place(state: State, record: PlaceTold | PlaceLook) -> State:
    """Return the state after news of a place; a look in vain at one counts in every search that goes on."""
    after = replace(state, places=places.step(state.places, record))
    if not isinstance(record, PlaceLook) or record.found != "nothing" or record.place not in state.places.places:
        return after
    going = {s.begun.search: _changed(s, record) for s in state.open if record.t_s > s.begun.lost_s}
    return replace(after, searches={**after.searches, **going})


def _changed(old: Search, record: Record) -> Search:
    match record:
        case SearchLook() | SearchSign() | SearchWatched() | PlaceLook():
            if any(fact.id == record.id for fact in old.facts):
                return old
            watched_s = max(old.watched_s, record.to_s) if isinstance(record, SearchWatched) else old.watched_s
            return replace(old, facts=(*old.facts, record), watched_s=watched_s)
        case SearchPlan():
            kept = [p for p in old.plans if any(o.plan == p.plan for o in old.orders)]
            last = [p for p in old.plans[-1:] if p not in kept]
            return replace(old, plans=(*kept, *last, record))
        case SearchPlanAsked():
            return replace(old, asked_s=record.t_s)
        case SearchProgress():
            return replace(old, progress=record)
        case SearchOrder():
            stands = next((p for p in old.plans if p.plan == record.plan and digest_of(p) == record.digest), None)
            return old if stands is None else replace(old, orders=(*old.orders, record))
        case SearchEnded():
            return replace(old, ended=record)
        case _:
            return old


def _done(state: State, record: Record, became: str) -> State:
    if not record.id.startswith(PRESS):
        return state
    return replace(state, done={**state.done, record.id.removeprefix(PRESS): became})
