"""What a person asks of operations: state one, state it anew, plan what remains anew, order a plan, end it.

Rules: shift commanders do; each unit must be one that its force's commander is entitled to send, and who orders a
plan must be entitled to send each of its units into each sector of the line that it would enter: all or none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from watchline.alerting.desk.commands import TEXT_MAX, Command
from watchline.alerting.desk.roles import Refused, Who
from watchline.domain.operations import (
    Force,
    Kind,
    Objective,
    OperationEnded,
    OperationOrder,
    OperationPlan,
    OperationPlanAsked,
    OperationStated,
    Phase,
    Ring,
    Sweep,
)
from watchline.domain.press import PRESS, digest_of, key_fault
from watchline.domain.records import Record
from watchline.ops.operation.entitled import NoForce, rights_of
from watchline.ops.operation.rules import faults_of
from watchline.ops.site_file import LoadedSite
from watchline.response import tasking
from watchline.response.operations import Operation

if TYPE_CHECKING:
    from watchline.ops.picture import Picture


class StateOperation(Command, frozen=True, tag="state_operation"):
    """State an operation; operation: "" for a new one, which then has a number."""

    name: str
    what: Kind
    begins_s: float
    ends_s: float
    commander: str
    end_state: str
    area: tuple[Ring, ...]
    operation: str = ""
    objectives: tuple[Objective, ...] = ()
    phases: tuple[Phase, ...] = ()
    forces: tuple[Force, ...] = ()
    hazards: tuple[str, ...] = ()
    coordination: tuple[str, ...] = ()
    sweep: Sweep = Sweep()


class PlanOperation(Command, frozen=True, tag="plan_operation"):
    """What remains is to be planned anew."""

    operation: str


class OrderOperation(Command, frozen=True, tag="order_operation"):
    """Approve a plan for some of its units, all when none are named; digest: of the plan as it was seen."""

    operation: str
    digest: str
    units: tuple[str, ...] = ()


class EndOperation(Command, frozen=True, tag="end_operation"):
    """It is over; reached: whether its end state was."""

    operation: str
    reached: bool
    text: str = ""


OperationWish = StateOperation | PlanOperation | OrderOperation | EndOperation


def wish_of(body: bytes) -> OperationWish:
    """Return the wish in a body; msgspec.DecodeError for what is none."""
    found: OperationWish = msgspec.json.decode(body, type=OperationWish)
    return found


def decide(picture: Picture, site: LoadedSite, wish: OperationWish, who: Who, now_s: float) -> tuple[Record, ...]:
    """Return the record that a wish becomes, none when its key was pressed before.  Raises Refused."""
    if fault := key_fault(wish.key):
        raise Refused("wrong", fault)
    state = picture.operations
    if wish.key in state.done:
        return ()
    if who.role != "shift_commander":
        raise Refused("forbidden", f"{who.role.replace('_', ' ')}: may not state, order or end operations")
    old = state.operations.get(wish.operation)
    if old is None and (wish.operation or not isinstance(wish, StateOperation)):
        raise Refused("missing", "no such operation")
    if old is not None and old.ended is not None:
        raise Refused("changed", f"{wish.operation} is over")
    record_id = PRESS + wish.key
    match wish:
        case StateOperation():
            return (_stated(picture, site, wish, who, record_id, now_s),)
        case PlanOperation():
            return (
                OperationPlanAsked(
                    id=record_id, t_s=now_s, source=who.name, operation=wish.operation, person=who.name
                ),
            )  # fmt: skip
        case OrderOperation():
            assert old is not None
            return (_ordered(old, site, wish, who, record_id, now_s),)
        case EndOperation():
            return (
                OperationEnded(
                    id=record_id, t_s=now_s, source=who.name, operation=wish.operation, person=who.name,
                    reached=wish.reached, text=wish.text[:TEXT_MAX],
                ),
            )  # fmt: skip


def _stated(
    picture: Picture, site: LoadedSite, wish: StateOperation, who: Who, record_id: str, now_s: float
) -> OperationStated:  # fmt: skip
    try:
        rights = rights_of(site.site, wish.commander, [(f.organisation, f.commander, f.units) for f in wish.forces])
    except NoForce as no:
        raise Refused("forbidden" if "may not" in no.rule else "wrong", f"{no.field}: {no.rule}") from None
    name = wish.operation or f"O-{len(picture.operations.operations) + 1}"
    stated = OperationStated(
        id=record_id, t_s=now_s, source=who.name, operation=name, person=who.name, name=wish.name[:100],
        what=wish.what, begins_s=wish.begins_s, ends_s=wish.ends_s, commander=wish.commander,
        end_state=wish.end_state[:TEXT_MAX], area=wish.area, objectives=wish.objectives, phases=wish.phases,
        forces=wish.forces, hazards=wish.hazards, coordination=wish.coordination,
        rights=tuple(f"{unit}: {right}" for unit, right in rights.items()), sweep=wish.sweep,
    )  # fmt: skip
    for field, rule in faults_of(stated):
        raise Refused("wrong", f"{field}: {rule}")
    return stated


def _ordered(
    old: Operation, site: LoadedSite, wish: OrderOperation, who: Who, record_id: str, now_s: float
) -> OperationOrder:  # fmt: skip
    plan = old.plan
    if plan is None or digest_of(plan) != wish.digest:
        raise Refused("changed", "the plan has changed since you looked: look again")
    if now_s > plan.to_s or plan.version != old.versions:
        raise Refused("changed", "the plan has run out: ask for another")
    planned = list(dict.fromkeys(sector.unit for sector in plan.sectors))
    units = wish.units or tuple(planned)
    if not units or not set(units) <= set(planned):
        raise Refused("wrong", "units: must be units of this plan")
    rights = tuple(f"{unit}: {right_of(site, plan, unit, who)}" for unit in units)
    return OperationOrder(
        id=record_id, t_s=now_s, source=who.name, provenance=(plan.id,), operation=wish.operation, plan=plan.plan,
        digest=wish.digest, person=who.name, units=units, rights=rights,
    )  # fmt: skip


def right_of(site: LoadedSite, plan: OperationPlan, unit: str, who: Who) -> str:
    """Return by which right a person sends a unit into all its sectors of a plan.  Raises Refused."""
    known = next(u for u in site.site.units if u.id == unit)
    sectors = (sector.corners for sector in plan.sectors if sector.unit == unit)
    try:
        return tasking.entitled_within(site.site, site.line, who.name, who.role, known, sectors)
    except tasking.NotEntitled as no:
        raise Refused("forbidden", str(no)) from None
