"""Named operations as they stand: a fold of what was stated and ended, the same live and after a restart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from watchline.domain.operations import (
    OperationEnded,
    OperationOrder,
    OperationPlan,
    OperationPlanAsked,
    OperationProgress,
    OperationStated,
    Phase,
)
from watchline.domain.press import PRESS, digest_of
from watchline.domain.records import Record

MINE = (
    OperationStated, OperationProgress, OperationPlan, OperationPlanAsked, OperationOrder, OperationEnded
)  # fmt: skip
PLANS_KEPT = 10  # of those ordered


@dataclass(frozen=True)
class Operation:
    """stated: as it is now; versions: how often it was stated; ended: None while it goes on.

    progress: the newest; plans: the newest and those ordered; asked_s: when
    a person last wanted another.
    """

    stated: OperationStated
    versions: int = 1
    progress: OperationProgress | None = None
    plans: tuple[OperationPlan, ...] = ()
    orders: tuple[OperationOrder, ...] = ()
    asked_s: float = 0.0
    ended: OperationEnded | None = None

    @property
    def plan(self) -> OperationPlan | None:
        """Return the newest plan."""
        return self.plans[-1] if self.plans else None

    def ordered(self, unit: str, now_s: float) -> OperationPlan | None:
        """Return the plan that a unit is on by order, None for none."""
        for order in reversed(self.orders):
            plan = next((p for p in self.plans if p.plan == order.plan), None)
            if unit in order.units and plan is not None and now_s <= plan.to_s:
                return plan
        return None

    def phase(self, now_s: float) -> Phase | None:
        """Return the phase that it is in, None before, between and after its phases."""
        return next((p for p in self.stated.phases if p.begins_s <= now_s < p.ends_s), None)


@dataclass(frozen=True)
class State:
    """Every operation by its id; done: what the key of a press became."""

    operations: Mapping[str, Operation] = field(default_factory=dict)
    done: Mapping[str, str] = field(default_factory=dict)

    @property
    def open(self) -> list[Operation]:
        """Return the operations that go on, rescue first, then by when they begin."""
        going = [one for one in self.operations.values() if one.ended is None]
        return sorted(going, key=lambda one: (one.stated.what != "rescue", one.stated.begins_s, one.stated.operation))


def step(state: State, record: Record) -> State:
    """Return the state after this record; one that is none of its own changes nothing."""
    of = getattr(record, "operation", None) if isinstance(record, MINE) else None
    if not isinstance(of, str):
        return state
    old = state.operations.get(of)
    if (old is None and not isinstance(record, OperationStated)) or (old is not None and old.ended is not None):
        return state
    new = Operation(record) if old is None and isinstance(record, OperationStated) else _changed(old, record)
    done = state.done
    if record.id.startswith(PRESS):
        done = {**done, record.id.removeprefix(PRESS): of}
    return State({**state.operations, of: new}, done)


def _changed(old: Operation | None, record: Record) -> Operation:
    assert old is not None
    match record:
        case OperationStated():
            return replace(old, stated=record, versions=old.versions + 1)
        case OperationProgress():
            return replace(old, progress=record)
        case OperationPlan():
            kept = [p for p in old.plans if p.plan in {order.plan for order in old.orders}]
            return replace(old, plans=(*kept[-PLANS_KEPT:], record))
        case OperationPlanAsked():
            return replace(old, asked_s=record.t_s)
        case OperationOrder():
            stood = any(p.plan == record.plan and digest_of(p) == record.digest for p in old.plans)
            return replace(old, orders=(*old.orders, record)) if stood else old
        case OperationEnded():
            return replace(old, ended=record)
        case _:
            return old
