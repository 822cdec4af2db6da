"""What a screen is told of the desk: who holds it, what is said, handed over, shelved, explained, practised."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec

from watchline.alerting.desk.figures import score
from watchline.alerting.desk.handover import current, digest, open_items
from watchline.alerting.desk.item import Item
from watchline.alerting.desk.roles import MAY, Who
from watchline.alerting.desk.shelf import standing
from watchline.alerting.desk.state import Shift, State, Test
from watchline.domain.desk import LogEntry
from watchline.server import wire

LOG_LINES = 60
TEST_TOLD_S = 120.0  # a test that is over is shown as one for so long
EXPLAINED_MOST = 200


def me(who: Who) -> dict[str, Any]:
    """Return who a screen belongs to and what they may do."""
    return {"user": who.name, "role": who.role, "desk": who.desk, "may": sorted(MAY[who.role])}


def desk_message(state: State, who: Who, now_s: float) -> dict[str, Any]:
    """Return the desk as a screen reads it; tests are told to whom they measure."""
    setup, run = state.setup, state.run
    return {
        "type": "desk",
        "me": me(who),
        "desks": [
            {"id": d.id, "from_km": d.from_km, "to_km": d.to_km, "holder": state.holders.get(d.id)}
            for d in setup.desks
        ],
        "people": [{"name": p.name, "role": p.role, "desk": p.desk} for p in setup.people],
        "phrases": [{"id": p.id, "what": p.what, "text": p.text} for p in setup.phrases],
        "shifts": [_shift(state, s, now_s) for d in setup.desks if (s := current(state, d.id)) is not None],
        "last_shifts": {s.handover.desk: _signed(s) for s in state.shifts.values() if s.incoming is not None},
        "log": [_entry(entry) for entry in state.log[-LOG_LINES:]],
        "shelved": [
            {"id": s.shelving, "scope": s.scope, "value": s.value, "until_s": s.until_s, "reason": s.reason,
             "by": s.operator}
            for s in standing(state, now_s)
        ],
        "explained": [
            {"track_id": e.track_id, "rule": e.rule, "by": e.by, "state": e.state, "s_m": e.position.s_m,
             "d_m": e.position.d_m, "t_s": e.t_s}
            for e in list(state.explained.values())[-EXPLAINED_MOST:]
        ],
        "score": msgspec.to_builtins(score(state, who.name)),
        "run": None if run is None else {"run": run.run, "scenario": run.scenario, "by": run.person, "t_s": run.t_s,
                                         "alerts": len(state.script)},
    }  # fmt: skip


def mark(state: State, now_s: float) -> tuple[object, ...]:
    """Return what changes whenever `desk_message` would: of a handover under way, also what is open."""
    shifts = [s for d in state.setup.desks if (s := current(state, d.id)) is not None]
    open_now = tuple(digest(open_items(state, s.handover.desk, now_s)) for s in shifts)
    return (state.version, len(standing(state, now_s)), open_now)


def _shift(state: State, shift: Shift, now_s: float) -> dict[str, Any]:
    handover = shift.handover
    items = open_items(state, handover.desk, now_s)
    return {**_signed(shift), "note": handover.note, "digest": digest(items), "items": msgspec.to_builtins(items)}


def _signed(shift: Shift) -> dict[str, Any]:
    handover = shift.handover
    return {
        "handover": handover.handover,
        "desk": handover.desk,
        "outgoing": handover.outgoing,
        "incoming": handover.incoming,
        "t_s": handover.t_s,
        "outgoing_s": shift.outgoing.t_s if shift.outgoing else None,
        "incoming_s": shift.incoming.t_s if shift.incoming else None,
    }


def _entry(entry: LogEntry) -> dict[str, Any]:
    return {
        "id": entry.id, "t_s": entry.t_s, "desk": entry.desk, "by": entry.person, "what": entry.what,
        "phrase": entry.phrase, "text": entry.text, "alert": entry.alert, "unit": entry.unit,
    }  # fmt: skip


def test_message(test: Test, now_s: float) -> dict[str, Any]:
    """Return a seeded test as an alert like any other, until it is over; then as what it was."""
    alert = test.test.alert
    item = Item(alert, test.test.desk, alert.t_s, alert.t_s)
    if test.outcome is not None:
        item = replace(item, alert=msgspec.structs.replace(alert, state="closed"))
    message = wire.alert_message(item, now_s, frozenset())
    if test.outcome is not None:
        message["test"] = {"outcome": test.outcome.outcome, "waited_s": test.outcome.waited_s}
    return message
