"""What people ask and report, from any thread, until the core's loop takes it; each is answered when it is durable.

Rules: a full queue is refused to the caller; whoever gave up waiting has nothing done for them.  Mutable: it owns
the queues between the server's threads and the core's.
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Container
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from watchline.alerting.desk.commands import AnyCommand
from watchline.alerting.desk.roles import Refused, Who
from watchline.domain.records import Record
from watchline.ops.operation.wishes import OperationWish
from watchline.ops.picture import report_key
from watchline.ops.posture.wishes import ApprovePosture
from watchline.ops.respond.wishes import AnyWish
from watchline.ops.search.wishes import SearchWish
from watchline.ops.streams import ACTIONS_BOUND, REPORTS_BOUND

Wished = AnyCommand | AnyWish | SearchWish | ApprovePosture | OperationWish


@dataclass(frozen=True)
class Request:
    """Who asks for what, at the real desk or in the exercise."""

    who: Who
    command: Wished
    exercise: bool = False


class People:
    """The queues, and the answers that are owed."""

    def __init__(self) -> None:
        self._wishes: queue.Queue[tuple[Request, Future[str]]] = queue.Queue(ACTIONS_BOUND)
        self._reports: queue.Queue[tuple[tuple[Record, ...], Future[None]]] = queue.Queue(REPORTS_BOUND)
        self._owed: list[tuple[Future[Any], str | None]] = []

    @property
    def waiting(self) -> tuple[int, int]:
        """Return how many actions and how many reports wait."""
        return self._wishes.qsize(), self._reports.qsize()

    def ask(self, request: Request) -> Future[str]:
        """Ask for something, from any thread; the future holds what it became once that is durable, or Refused.

        Raises queue.Full when more wait than all desks together can have pressed.
        """
        future: Future[str] = Future()
        self._wishes.put_nowait((request, future))
        return future

    def report(self, records: tuple[Record, ...]) -> Future[None]:
        """Take what people report, from any thread; the future is done once it is durable.  Raises queue.Full."""
        future: Future[None] = Future()
        self._reports.put_nowait((records, future))
        return future

    def heard(self, known: Container[str]) -> list[Record]:
        """Return what was reported since the last step; what was told twice is told once."""
        heard: dict[str, Record] = {}
        while not self._reports.empty():
            records, future = self._reports.get_nowait()
            if future.set_running_or_notify_cancel():
                heard |= {r.id: r for r in records if report_key(r) not in known}
                self._owed.append((future, None))
        return list(heard.values())

    def decide(
        self,
        become: Callable[[Request], tuple[Record, ...]],
        became: Callable[[Request], str],
        keep: Callable[[tuple[Record, ...]], None],
    ) -> bool:
        """Turn every wish into records and keep them; return whether anybody now waits for them to be durable.

        become: what a wish makes now, or Refused; became: by its key, what it has become once that is kept.
        """
        while not self._wishes.empty():
            request, future = self._wishes.get_nowait()
            if not future.set_running_or_notify_cancel():
                continue  # whoever asked was told "not accepted" meanwhile, so it is not done
            try:
                records = become(request)
            except Refused as refusal:
                future.set_exception(refusal)
                continue
            keep(records)
            self._owed.append((future, became(request)))
        return bool(self._owed)

    def settle(self) -> None:
        """Answer everybody: what they asked for is durable."""
        owed, self._owed = self._owed, []
        for future, answer in owed:
            future.set_result(answer)

    def refuse(self) -> None:
        """Refuse whatever still waits: the core has stopped."""
        for waiting in (self._wishes, self._reports):
            while not waiting.empty():
                future = waiting.get_nowait()[1]
                if future.set_running_or_notify_cancel():
                    future.set_exception(RuntimeError("the core has stopped"))
