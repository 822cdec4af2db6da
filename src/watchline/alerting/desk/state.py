"""What the desk is now, as a fold over what was written."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from watchline.alerting.desk import exercise as practice
from watchline.alerting.desk.item import Item, acted, kept_back, revised
from watchline.alerting.desk.setup import Setup
from watchline.domain.desk import (
    Escalation,
    Evidence,
    Exercise,
    GroupArrival,
    Handover,
    LogEntry,
    SeatTaken,
    SeededOutcome,
    SeededTest,
    Signature,
)
from watchline.domain.press import PRESS
from watchline.domain.records import (
    Alert,
    Clip,
    Cue,
    ExplainedTrack,
    OperatorAction,
    PayloadDeleted,
    Record,
    Shelving,
    Suppression,
)

LOG_KEPT = 500  # newest lines held ready for screens; all are in the ledger


@dataclass(frozen=True)
class Shift:
    """A handover and its signatures so far."""

    handover: Handover
    outgoing: Signature | None = None
    incoming: Signature | None = None


@dataclass(frozen=True)
class Test:
    """A seeded test and how it ended, None while it is shown."""

    test: SeededTest
    outcome: SeededOutcome | None = None


@dataclass(frozen=True)
class State:
    """items: every alert by id; waiting: those that nobody has answered; holders: who has each desk now.

    done: what a key became, so that a repeated press is the same action; deleted: payloads that are gone; version
    grows with every change that is not an alert's own; run, script: the exercise under way and its alerts by their
    time; runs: how many ever.
    """

    setup: Setup
    items: Mapping[str, Item] = field(default_factory=dict)
    waiting: Mapping[str, None] = field(default_factory=dict)
    holders: Mapping[str, str] = field(default_factory=dict)
    shifts: Mapping[str, Shift] = field(default_factory=dict)
    log: tuple[LogEntry, ...] = ()
    arrivals: Mapping[str, GroupArrival] = field(default_factory=dict)
    tests: Mapping[str, Test] = field(default_factory=dict)
    shelved: Mapping[str, Shelving] = field(default_factory=dict)
    explained: Mapping[int, ExplainedTrack] = field(default_factory=dict)
    done: Mapping[str, str] = field(default_factory=dict)
    deleted: frozenset[str] = frozenset()
    run: Exercise | None = None
    script: tuple[Alert, ...] = ()
    runs: int = 0
    version: int = 0


def init(setup: Setup) -> State:
    """Return a desk where nothing has happened."""
    return State(setup)


def step(state: State, record: Record) -> State:
    """Return the desk after this record; one that is not of the desk, or of the other desk, changes nothing.

    The same record twice is the same as once.
    """
    # A real track that a unit of an exercise explains is explained at the real desk too.
    explains = isinstance(record, ExplainedTrack) and not state.setup.exercise
    if record.exercise != state.setup.exercise and not explains:
        return state
    new = _folded(state, record)
    # Screens are told of each alert by itself; the desk's own message follows what is not an alert's.
    return new if new is state or isinstance(record, About) else replace(new, version=state.version + 1)


def _folded(state: State, record: Record) -> State:
    match record:
        case Alert() | Clip() | Evidence() | OperatorAction() | Escalation() | Suppression() | Cue():
            return _item(state, record)
        case SeatTaken():
            return _seated(state, record)
        case Handover() | Signature():
            return _handed_over(state, record)
        case SeededTest() | SeededOutcome():
            return _tested(state, record)
        case Shelving() | ExplainedTrack():
            return _set_aside(state, record)
        case LogEntry():
            return replace(state, log=(*state.log, record)[-LOG_KEPT:], done=_done(state, record))
        case GroupArrival():
            return replace(state, arrivals={**state.arrivals, record.arrival: record}, done=_done(state, record))
        case Exercise():
            return _exercised(state, record)
        case PayloadDeleted():
            return replace(state, deleted=state.deleted | {record.payload_id})
        case _:
            return state


def _done(state: State, record: Record) -> Mapping[str, str]:
    """Return what keys became, with this record's: its id holds the key."""
    if not record.id.startswith(PRESS):
        return state.done
    return {**state.done, record.id.removeprefix(PRESS): record.id}


About = Alert | Clip | Evidence | OperatorAction | Escalation | Suppression | Cue


def _item(state: State, record: About) -> State:
    alert = record.what if isinstance(record, Suppression) else record.alert
    old = state.items.get(alert)
    done = {**state.done, record.key: alert} if isinstance(record, OperatorAction) else state.done
    if old is not None:
        new = _changed(state, old, record)
    elif isinstance(record, Alert):
        new = Item(record, state.setup.desk_of(record.position.s_m), record.t_s, record.t_s)
    else:
        return state if done is state.done else replace(state, done=done)
    if new is old:
        return state
    waiting = {k: None for k in state.waiting if k != alert}
    if new.waits:
        waiting[alert] = None
    return replace(state, items={**state.items, alert: new}, waiting=waiting, done=done)


def _changed(state: State, old: Item, record: About) -> Item:
    match record:
        case Alert():
            return revised(old, record)
        case Clip():
            return replace(old, clip=record)
        case Evidence():
            return replace(old, evidence=record)
        case Escalation():
            return replace(old, escalated=(*old.escalated, record), told=old.told + 1)
        case OperatorAction():
            return acted(old, record, state.setup.desk_of(old.alert.position.s_m))
        case Suppression():
            return kept_back(old, record)
        case Cue():
            return replace(old, cues={**old.cues, record.cue: record})


def _seated(state: State, seat: SeatTaken) -> State:
    """Return the desk with whoever sat down first as its holder; from then on it passes by handover only."""
    if seat.role not in ("tower_operator", "shift_commander") or (state.setup.own_desks and not seat.desk):
        return state
    desks = [seat.desk] if seat.desk else [desk.id for desk in state.setup.desks]
    new = {desk: seat.person for desk in desks if desk not in state.holders}
    return replace(state, holders={**state.holders, **new}) if new else state


def _handed_over(state: State, record: Handover | Signature) -> State:
    done = _done(state, record)
    if isinstance(record, Handover):
        return replace(state, shifts={**state.shifts, record.handover: Shift(record)}, done=done)
    shift = state.shifts.get(record.handover)
    if shift is None:
        return state
    shift = replace(shift, outgoing=record) if record.side == "outgoing" else replace(shift, incoming=record)
    holders = state.holders
    if shift.outgoing is not None and shift.incoming is not None:
        holders = {**holders, shift.handover.desk: shift.handover.incoming}
    return replace(state, shifts={**state.shifts, record.handover: shift}, holders=holders, done=done)


def _tested(state: State, record: SeededTest | SeededOutcome) -> State:
    if isinstance(record, SeededTest):
        return replace(state, tests={**state.tests, record.test: Test(record)})
    test = state.tests.get(record.test)
    if test is None:
        return state
    return replace(
        state, tests={**state.tests, record.test: replace(test, outcome=record)}, done=_done(state, record)
    )


def _set_aside(state: State, record: Shelving | ExplainedTrack) -> State:
    done = _done(state, record)
    if isinstance(record, Shelving):
        return replace(state, shelved={**state.shelved, record.shelving: record}, done=done)
    explained = {k: v for k, v in state.explained.items() if k != record.track_id}
    if record.state != "ended":
        explained[record.track_id] = record
    return replace(state, explained=explained, done=done)


def _exercised(state: State, record: Exercise) -> State:
    """Return a desk with nothing on it when an exercise begins, and with nothing to come when it ends."""
    done = _done(state, record)
    if record.state == "ended":
        return replace(state, run=None, script=(), done=done)
    fresh = State(state.setup, done=done, runs=state.runs + 1, version=state.version)
    return replace(fresh, run=record, script=practice.script(state.setup, record))


def only_tracks(state: State, tracks: Collection[int]) -> State:
    """Return the desk without explanations of tracks that are no longer held."""
    explained = {track: why for track, why in state.explained.items() if track in tracks}
    return replace(state, explained=explained, version=state.version + 1)


def alerts_of(state: State, desk: str) -> Iterable[Item]:
    """Return the alerts of a desk, in the order in which they came."""
    return (item for item in state.items.values() if item.desk == desk)
