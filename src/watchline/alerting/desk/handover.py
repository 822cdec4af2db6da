"""A shift is handed over: prepared, exchanged, cross-checked (HSE).  Both sign, and nothing that is open can vanish.

Theory: the sheet lists what is open.  A signature is for the items open at that very moment: whoever signs sends the
digest of what they have read, and if anything has come or gone since, they are shown it before they can sign.  The
desk stays with the outgoing person until the incoming one has signed; nothing is answered by the change itself.
"""

from __future__ import annotations

import hashlib

import msgspec

from watchline.alerting.desk.commands import TEXT_MAX, Prepare, Sign
from watchline.alerting.desk.item import Item
from watchline.alerting.desk.roles import Refused, Who
from watchline.alerting.desk.shelf import standing
from watchline.alerting.desk.state import Shift, State, alerts_of
from watchline.domain.desk import Handover, OpenItem, Signature

UNANSWERED_S = 12 * 3600.0  # what was gone before anybody answered stays on sheets for a shift


def open_items(state: State, desk: str, now_s: float) -> tuple[OpenItem, ...]:
    """Return what is open at a desk: what is shelved, and alerts without a last word, oldest first."""
    found = [(item, _state(item, now_s)) for item in alerts_of(state, desk)]
    set_aside = tuple(
        OpenItem(ref=one.shelving, what=one.scope, state="shelved", since_s=one.t_s, by=one.operator)
        for one in standing(state, now_s)
    )
    return set_aside + tuple(
        OpenItem(
            ref=item.alert.alert,
            what=item.alert.what,
            state=how,  # type: ignore[arg-type]
            since_s=item.alert.first_s,
            s_m=item.alert.position.s_m,
            by=item.acknowledged.operator if item.acknowledged else "",
        )
        for item, how in found
        if how is not None
    )


def _state(item: Item, now_s: float) -> str | None:
    how = item.state(now_s)
    if how != "closed":
        return how
    untouched = item.disposition is None and item.acknowledged is None
    return "unanswered" if untouched and now_s - item.alert.t_s < UNANSWERED_S else None


def digest(items: tuple[OpenItem, ...]) -> str:
    """Return what stands for a list of items: the same list, the same digest."""
    return hashlib.sha256(msgspec.json.encode(items)).hexdigest()[:16]


def current(state: State, desk: str) -> Shift | None:
    """Return the handover of a desk that is under way, None if there is none."""
    mine = [shift for shift in state.shifts.values() if shift.handover.desk == desk]
    return mine[-1] if mine and mine[-1].incoming is None else None


def prepared(state: State, command: Prepare, who: Who, record_id: str, now_s: float) -> Handover:
    """Return the sheet of a handover; it replaces one that the incoming person has not signed."""
    if command.desk not in {desk.id for desk in state.setup.desks}:
        raise Refused("wrong", f"desk: {command.desk!r} is not a desk of this site")
    holder = state.holders.get(command.desk, who.name)
    if who.name != holder and who.role != "shift_commander":
        raise Refused("forbidden", f"{command.desk} is {holder}'s to hand over")
    incoming = state.setup.person(command.incoming)
    if incoming.name == holder or not incoming.may("answer") or not incoming.at(command.desk):
        raise Refused("wrong", f"incoming: {command.incoming} cannot take {command.desk} over")
    if len(command.note) > TEXT_MAX:
        raise Refused("wrong", f"note: at most {TEXT_MAX} characters")
    return Handover(
        id=record_id,
        t_s=now_s,
        source=who.name,
        exercise=state.setup.exercise,
        handover=f"{'XH' if state.setup.exercise else 'H'}-{len(state.shifts) + 1}",
        desk=command.desk,
        outgoing=holder,
        incoming=incoming.name,
        items=open_items(state, command.desk, now_s),
        note=command.note,
    )


def signed(state: State, command: Sign, who: Who, record_id: str, now_s: float) -> Signature:
    """Return a signature: the outgoing person's first, then the incoming one's."""
    shift = state.shifts.get(command.handover)
    if shift is None:
        raise Refused("missing", "no such handover")
    handover = shift.handover
    if current(state, handover.desk) is not shift:
        raise Refused("changed", f"{command.handover} is over, or another was prepared since")
    side = {handover.outgoing: "outgoing", handover.incoming: "incoming"}.get(who.name)
    if side is None:
        raise Refused("forbidden", f"only {handover.outgoing} and {handover.incoming} sign {command.handover}")
    if side == "incoming" and shift.outgoing is None:
        raise Refused("changed", f"{handover.outgoing} signs first")
    if side == "outgoing" and shift.outgoing is not None:
        raise Refused("changed", f"{handover.outgoing} has signed already")
    items = open_items(state, handover.desk, now_s)
    if digest(items) != command.digest:
        raise Refused("changed", "what is open has changed: read it again, then sign")
    return Signature(
        id=record_id,
        t_s=now_s,
        source=who.name,
        provenance=(handover.id,),
        exercise=state.setup.exercise,
        handover=handover.handover,
        desk=handover.desk,
        person=who.name,
        side=side,  # type: ignore[arg-type]
        items=items,
        digest=command.digest,
    )
