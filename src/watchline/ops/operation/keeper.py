"""Operations as a running core follows them: when what was reached is reckoned, when what remains is planned anew.

Reckoned every quarter of an hour while an operation goes on, when it is stated anew and when people ask; planned when
there is no plan of this statement, when a shift of the plan is over and when people ask.  A plan is a proposal.

Mutable: it holds whoever reckons, and what was asked last.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from watchline.domain.operations import OperationPlan, OperationProgress, PlannedSector
from watchline.domain.records import Record
from watchline.ledger.writer import Ledger
from watchline.ops.operation.reckoner import Ask
from watchline.ops.operation.worker import Follower
from watchline.ops.picture import Picture
from watchline.ops.site_file import LoadedSite
from watchline.response.operations import Operation

EVERY_S = 900.0
LEAD_S = 900.0  # from a plan to its first shift: it must be read, ordered and told
BEFORE_S = 86_400.0  # so long before it begins an operation is planned


class OperationKeeper:
    """Follows operations."""

    def __init__(
        self, loaded: LoadedSite, ledger: Ledger, follower: Callable[[LoadedSite, Path], Follower], *, wait: bool
    ) -> None:
        """Prepare; follower: made when the first operation is followed; wait: the clock is free, so that it may."""
        self._loaded, self._ledger, self._make, self._wait = loaded, ledger, follower, wait
        self._follower: Follower | None = None
        self._asked = ""
        self._done: dict[str, tuple[int, float]] = {}  # of each: the statement and the quarter that were reckoned

    def step(self, picture: Picture, now_s: float) -> list[Record]:
        """Return what is to be kept now."""
        out: list[Record] = []
        if self._asked and self._follower is not None:
            answer = self._follower.take(wait=self._wait)
            if answer is None:
                return []
            out = _news(picture.operations.operations[self._asked], answer.progress, answer.plan)
            self._asked = ""
        elif not self._asked:
            for one in picture.operations.open:
                if self._ask(one, picture, now_s):
                    break
        return out

    def close(self) -> None:
        """End whoever reckons."""
        if self._follower is not None:
            self._follower.close()

    def _ask(self, one: Operation, picture: Picture, now_s: float) -> bool:
        stated, quarter = one.stated, EVERY_S * (now_s // EVERY_S)
        if not stated.begins_s - BEFORE_S <= now_s < stated.ends_s + EVERY_S:
            return False
        plans = now_s < stated.ends_s and _wants_plan(one, now_s)
        if not plans and self._done.get(stated.operation) == (one.versions, quarter):
            return False
        self._done[stated.operation] = one.versions, quarter
        if self._follower is None:
            self._follower = self._make(self._loaded, self._ledger.directory)
        if self._wait:
            self._ledger.wait_durable()
        seq = self._ledger.head[0] if self._wait else self._ledger.durable_seq
        plan_s = max(now_s + LEAD_S, stated.begins_s) if plans else None
        number = 1 if one.plan is None else int(one.plan.plan.rpartition("-p")[2]) + 1
        self._follower.ask(
            Ask(stated, one.versions, seq, now_s, picture.searches.places, plan_s, _going(one, now_s), number)
        )
        self._asked = stated.operation
        return True


def _wants_plan(one: Operation, now_s: float) -> bool:
    plan = one.plan
    if plan is None or plan.version != one.versions or one.asked_s > plan.t_s:
        return True
    if now_s - plan.t_s < EVERY_S:
        return False
    return now_s >= plan.to_s or any(plan.t_s < sector.to_s <= now_s for sector in plan.sectors)


def _going(one: Operation, now_s: float) -> tuple[PlannedSector, ...]:
    """Return the sectors that units are on by order and that are not over."""
    out = []
    for unit in sorted({unit for order in one.orders for unit in order.units}):
        plan = one.ordered(unit, now_s)
        if plan is not None:
            out += [s for s in plan.sectors if s.unit == unit and s.from_s <= now_s + LEAD_S and s.to_s > now_s]
    return tuple(out)


def _news(one: Operation, progress: OperationProgress, plan: OperationPlan | None) -> list[Record]:
    """Return what is new in an answer; what people stated anew or ended meanwhile makes it old."""
    if one.ended is not None or progress.version != one.versions:
        return []
    had = one.progress
    said = (progress.version, progress.digest, progress.looked_at, progress.fault)
    same = had is not None and (had.version, had.digest, had.looked_at, had.fault) == said
    out: list[Record] = [] if same else [progress]
    return out if plan is None else [*out, plan]
