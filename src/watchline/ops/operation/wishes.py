"""What a person asks of operations: state one, state it anew, end it.

Rules: shift commanders state operations; each unit must be one that its force's commander is entitled to send.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import msgspec

from watchline.alerting.desk.commands import KEY_LENGTH, TEXT_MAX, Command
from watchline.alerting.desk.roles import Refused, Who
from watchline.domain.operations import Force, Kind, Objective, OperationEnded, OperationStated, Phase, Ring
from watchline.domain.records import Record
from watchline.domain.site import Site
from watchline.ops.operation.entitled import NoForce, rights_of
from watchline.response.tasking import PRESS

if TYPE_CHECKING:
    from watchline.ops.picture import Picture

LONGEST_S = 92 * 86_400.0


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


class EndOperation(Command, frozen=True, tag="end_operation"):
    """It is over; reached: whether its end state was."""

    operation: str
    reached: bool
    text: str = ""


OperationWish = StateOperation | EndOperation


def wish_of(body: bytes) -> OperationWish:
    """Return the wish in a body; msgspec.DecodeError for what is none."""
    found: OperationWish = msgspec.json.decode(body, type=OperationWish)
    return found


def decide(picture: Picture, site: Site, wish: OperationWish, who: Who, now_s: float) -> tuple[Record, ...]:
    """Return the record that a wish becomes, none when its key was pressed before.  Raises Refused."""
    if not KEY_LENGTH[0] <= len(wish.key) <= KEY_LENGTH[1]:
        raise Refused("wrong", "key: must have 8 to 100 characters, one key per press")
    state = picture.operations
    if wish.key in state.done:
        return ()
    if who.role != "shift_commander":
        raise Refused("forbidden", f"{who.role.replace('_', ' ')}: may not state or end operations")
    old = state.operations.get(wish.operation)
    if wish.operation and old is None:
        raise Refused("missing", "no such operation")
    if old is not None and old.ended is not None:
        raise Refused("changed", f"{wish.operation} is over")
    record_id = PRESS + wish.key
    if isinstance(wish, EndOperation):
        if old is None:
            raise Refused("wrong", "operation: name the one that is over")
        return (
            OperationEnded(
                id=record_id, t_s=now_s, source=who.name, operation=wish.operation, person=who.name,
                reached=wish.reached, text=wish.text[:TEXT_MAX],
            ),
        )  # fmt: skip
    _judge(wish)
    try:
        rights = rights_of(site, wish.commander, [(f.organisation, f.commander, f.units) for f in wish.forces])
    except NoForce as no:
        raise Refused("forbidden" if "may not" in no.rule else "wrong", f"{no.field}: {no.rule}") from None
    return (
        OperationStated(
            id=record_id, t_s=now_s, source=who.name, operation=wish.operation or f"O-{len(state.operations) + 1}",
            person=who.name, name=wish.name[:100], what=wish.what, begins_s=wish.begins_s, ends_s=wish.ends_s,
            commander=wish.commander, end_state=wish.end_state[:TEXT_MAX], area=wish.area,
            objectives=wish.objectives, phases=wish.phases, forces=wish.forces, hazards=wish.hazards,
            coordination=wish.coordination, rights=tuple(f"{unit}: {right}" for unit, right in rights.items()),
        ),
    )  # fmt: skip


def _judge(wish: StateOperation) -> None:
    if not (math.isfinite(wish.begins_s) and 3600.0 <= wish.ends_s - wish.begins_s <= LONGEST_S):
        raise Refused("wrong", "ends_s: must be an hour to 92 days after it begins")
    for k, phase in enumerate(wish.phases):
        if not wish.begins_s <= phase.begins_s < phase.ends_s <= wish.ends_s:
            raise Refused("wrong", f"phases[{k}]: must lie within the operation and end after it begins")
    for k, one in enumerate(wish.objectives):
        if not 0.0 <= one.aim <= 1.0:
            raise Refused("wrong", f"objectives[{k}].aim: must be in 0 to 1")
    rings = [*wish.area, *(ring for force in wish.forces for ring in force.zone)]
    if not wish.area or any(len(ring) < 3 for ring in rings):
        raise Refused("wrong", "area, zone: must be polygons of three corners and more")
    for ring in rings:
        if not all(-180.0 <= lon <= 180.0 and -89.0 <= lat <= 89.0 for lon, lat in ring):
            raise Refused("wrong", "area, zone: corners are degrees longitude, latitude")
    if not wish.name or not wish.forces:
        raise Refused("wrong", "name, forces: must be there")
