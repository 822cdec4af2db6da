"""Named operations as they stand: a fold of what was stated and ended, the same live and after a restart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from watchline.domain.operations import OperationEnded, OperationStated, Phase
from watchline.domain.records import Record
from watchline.response.tasking import PRESS


@dataclass(frozen=True)
class Operation:
    """stated: as it is now; versions: how often it was stated; ended: None while it goes on."""

    stated: OperationStated
    versions: int = 1
    ended: OperationEnded | None = None

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
    if not isinstance(record, OperationStated | OperationEnded):
        return state
    old = state.operations.get(record.operation)
    if isinstance(record, OperationStated):
        if old is not None and old.ended is not None:
            return state
        new = Operation(record, 1 if old is None else old.versions + 1)
    elif old is None or old.ended is not None:
        return state
    else:
        new = replace(old, ended=record)
    done = state.done
    if record.id.startswith(PRESS):
        done = {**done, record.id.removeprefix(PRESS): record.operation}
    return State({**state.operations, record.operation: new}, done)
