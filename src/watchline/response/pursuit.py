"""A pursuit: somebody followed across sectors and commands, for hours or days, as one record that has an owner.

Theory: a fold of steps.  It is opened on an alert; contact is lost and regained; it enters the sector of another
organisation; it is handed over by one person and is the other's only when they have taken it, so both names stand;
it is closed with what is left open.

Rules: who holds it answers for it, also while nobody has taken it over yet.  A closed one takes no more steps.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from watchline.domain.records import Position
from watchline.domain.respond import PursuitStep

LOST_AFTER_S = 60.0


class WrongStep(Exception):
    """A step that does not follow; the text is one line."""


@dataclass(frozen=True)
class Pursuit:
    """alert, track_id: what is followed now; holder, organisation: whose it is; to: who is to take it over, or "".

    contact: whether they are seen; at: where they were last; steps: all of them.
    """

    pursuit: str
    alert: str
    holder: str
    organisation: str
    at: Position
    seen_s: float
    track_id: int | None = None
    contact: bool = True
    to: str = ""
    to_organisation: str = ""
    over: bool = False
    steps: tuple[PursuitStep, ...] = ()


@dataclass(frozen=True)
class State:
    """Every pursuit by its id."""

    pursuits: Mapping[str, Pursuit] = field(default_factory=dict)


def step(state: State, record: PursuitStep) -> State:
    """Return the state after a step; one that does not follow changes nothing."""
    old = state.pursuits.get(record.pursuit)
    if old is None:
        if record.what != "opened" or record.position is None:
            return state
        new = Pursuit(
            record.pursuit, record.alert, record.source, record.organisation, record.position, record.t_s,
            record.track_id, steps=(record,),
        )  # fmt: skip
    elif old.over or any(s.id == record.id for s in old.steps):
        return state
    else:
        new = _after(old, record)
    return State({**state.pursuits, record.pursuit: new})


def _after(old: Pursuit, record: PursuitStep) -> Pursuit:
    new = replace(old, steps=(*old.steps, record), at=record.position or old.at)
    match record.what:
        case "lost":
            return replace(new, contact=False)
        case "regained":
            alert, track = record.alert or old.alert, record.track_id if record.track_id is not None else old.track_id
            return replace(new, contact=True, seen_s=record.t_s, alert=alert, track_id=track)
        case "handed_over":
            return replace(new, to=record.to, to_organisation=record.to_organisation)
        case "taken_over" if record.source == old.to:
            return replace(new, holder=old.to, organisation=old.to_organisation, to="", to_organisation="")
        case "closed":
            return replace(new, over=True)
        case _:
            return new


def checked(state: State, record: PursuitStep) -> PursuitStep:
    """Return a person's step, or raise WrongStep with why it does not follow."""
    old = state.pursuits.get(record.pursuit)
    if record.what == "opened":
        if any(not p.over and p.alert == record.alert for p in state.pursuits.values()):
            raise WrongStep("this alert is pursued already")
        return record
    if old is None or old.over:
        raise WrongStep("no such pursuit, or it is closed")
    if record.what == "taken_over":
        if record.source != old.to:
            raise WrongStep(f"it was handed to {old.to or 'nobody'}")
    elif record.source != old.holder:
        raise WrongStep(f"{old.holder} has it: ask for it to be handed over")
    if record.what == "handed_over" and (not record.to or record.to == old.holder):
        raise WrongStep("to: name who is to take it over")
    if record.what == "regained" and old.contact:
        raise WrongStep("contact is not lost")
    return record


Where = Mapping[int, Position]


def watched(state: State, where: Where, sector_of: Mapping[str, str], now_s: float) -> Iterator[PursuitStep]:
    """Yield what follows from the tracks held now: contact lost, regained, the sector of another entered.

    where: place of each track held; sector_of: for each pursuit whose track is held, who answers for its sector.
    """
    for p in state.pursuits.values():
        if p.over or p.track_id is None:
            continue
        at = where.get(p.track_id)
        if at is None and p.contact and now_s - _last_seen_s(p) >= LOST_AFTER_S:
            yield _told(p, "lost", now_s, p.at)
        elif at is not None and not p.contact:
            yield _told(p, "regained", now_s, at)
        elif at is not None:
            entered = sector_of.get(p.pursuit, "")
            if entered and entered != _sector(p):
                yield _told(p, "entered", now_s, at, entered)
            elif now_s - _last_seen_s(p) >= LOST_AFTER_S / 2.0:
                yield _told(p, "seen", now_s, at)


def _last_seen_s(p: Pursuit) -> float:
    return max((s.t_s for s in p.steps if s.what != "lost" and s.position is not None), default=p.seen_s)


def _sector(p: Pursuit) -> str:
    return next((s.to_organisation for s in reversed(p.steps) if s.what in ("entered", "opened")), "")


def _told(
    p: Pursuit,
    what: Literal["lost", "regained", "entered", "seen"],
    now_s: float,
    at: Position | None,
    into: str = "",
) -> PursuitStep:
    return PursuitStep(
        id=f"{p.pursuit}.{len(p.steps) + 1}", t_s=now_s, source="respond", pursuit=p.pursuit, what=what,
        alert=p.alert, track_id=p.track_id, organisation=p.organisation, to_organisation=into, position=at,
    )  # fmt: skip
