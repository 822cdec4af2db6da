"""A node's side of the replay channel: what goes out over a SAPIENT link is kept, and handed on until it is durable.

While the live link is away it also keeps a status every so often: that the node looked and found nothing is as much
worth knowing as what it found.  Mutable: it owns a thread, and the thread owns the store.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from watchline.domain.records import Drop, NodeAlert, NodeDetection, NodeStatus, Record, Rejection
from watchline.domain.site import LinkSpec
from watchline.links import LocalError, Settings, sapient
from watchline.links.sapient import conversation, replay
from watchline.links.transports import Event, Transport
from watchline.ops.exchange.outbox import Outbox

WINDOW = 500  # messages on their way that are not acknowledged
WAITING_BOUND = 10_000  # records that wait to be stored; beyond, the oldest give way and are counted
STATUS_EVERY_S = conversation.STATUS_EVERY_S


class Replayer:
    """The replay channel of one live link."""

    def __init__(
        self,
        spec: LinkSpec,
        live: LinkSpec,
        path: Path,
        transport: Transport,
        now: Callable[[], float],
        is_live: Callable[[], bool],
    ) -> None:
        """Begin; live: the link whose messages are kept; is_live: whether that is connected."""
        self.spec, self._transport, self._now, self._is_live = spec, transport, now, is_live
        self._state = sapient.init(Settings(live.id, live.node, live.role, frozenset(live.allow), live.options))
        self._outbox = Outbox(path)
        self._waiting: queue.Queue[Record] = queue.Queue(WAITING_BOUND)
        self._told: queue.Queue[Record] = queue.Queue(WAITING_BOUND)
        self._channel, self._rest, self._sent = "", b"", 0
        self._status_s, self._dropped, self._count = now(), 0, 0
        self._unstored: list[bytes] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name=f"replay-{spec.id}")
        self._thread.start()

    def keep(self, record: Record) -> None:
        """Keep what is said live, if it is of a kind that is replayed."""
        if isinstance(record, NodeStatus):
            self._state = conversation.ordered(self._state, record) or self._state
        if not isinstance(record, NodeDetection | NodeAlert):
            return
        while True:
            try:
                self._waiting.put_nowait(record)
            except queue.Full:
                with contextlib.suppress(queue.Empty):
                    self._waiting.get_nowait()
                    self._dropped += 1
                continue
            return

    def take(self) -> list[Record]:
        """Return what must be known here: what did not fit, what was refused."""
        taken = []
        while not self._told.empty():
            taken.append(self._told.get_nowait())
        return taken

    def close(self) -> None:
        """End it; what is stored waits for the next time."""
        self._stop.set()
        self._transport.close()
        self._thread.join(5.0)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._hear()
                self._store()
                self._hand_on()
            except Exception as error:  # noqa: BLE001 - a supervisor: a full disk or a bug is told, and tried again
                self._reject(f"a fault of our own: {type(error).__name__}: {error}"[:300])
                self._stop.wait(1.0)
        with contextlib.suppress(Exception):
            self._store()
        self._outbox.close()

    def _hear(self) -> None:
        try:
            event = self._transport.events.get(timeout=0.05)
        except queue.Empty:
            return
        if event.kind == "open":
            self._begin(event)
        elif event.kind == "closed" and event.channel == self._channel:
            self._channel = ""
        elif event.kind == "data" and event.channel == self._channel:
            self._acknowledge(event.data)

    def _begin(self, event: Event) -> None:
        self._channel, self._rest, self._sent = event.channel, b"", self._outbox.acknowledged
        hello = self._body(conversation.registration(replace(self._state, now_s=self._now())))
        if hello is not None:
            self._transport.send(replay.frame(b"H", hello, self._sent), self._channel)

    def _acknowledge(self, data: bytes) -> None:
        self._rest += data
        try:
            while (found := replay.take(self._rest)) is not None:
                letter, body, used = found
                self._rest = self._rest[used:]
                number = replay.durable_up_to(letter, body)
                if number > self._sent:
                    raise ValueError(f"acknowledges {number}, of which only {self._sent} were sent")
                self._outbox.forget(max(number, self._outbox.acknowledged))
        except ValueError as error:
            self._reject(str(error))
            self._transport.hang_up(self._channel)

    def _store(self) -> None:
        now_s = self._now()
        records: list[Record] = []
        while not self._waiting.empty() and len(self._unstored) + len(records) < WAITING_BOUND:
            records.append(self._waiting.get_nowait())
        if self._is_live():
            self._status_s = now_s
        elif now_s - self._status_s >= STATUS_EVERY_S:
            self._status_s = now_s
            records.append(conversation.status(replace(self._state, now_s=now_s)))
        self._unstored += [body for body in map(self._body, records) if body is not None]
        if self._unstored:
            self._dropped += self._outbox.keep(self._unstored)  # a full disk raises, and they wait here
            self._unstored = []
        if self._dropped:
            self._tell(Drop(**self._stamp(), queue=f"store of link {self.spec.id}", dropped=self._dropped))
            self._dropped = 0

    def _body(self, record: Record) -> bytes | None:
        """Return the message of a record as it goes out live."""
        try:
            return sapient.encode(record)[4:]
        except LocalError as error:
            self._reject(f"not kept: {error}")
            return None

    def _hand_on(self) -> None:
        room = WINDOW - (self._sent - self._outbox.acknowledged) if self._channel else 0
        for number, body in self._outbox.after(self._sent, room) if room > 0 else ():
            self._transport.send(replay.frame(b"M", body, number), self._channel)
            self._sent = number

    def _stamp(self) -> dict[str, Any]:
        self._count += 1
        return {"id": f"{self.spec.id}-{self._now():.3f}-{self._count}", "t_s": self._now(), "source": self.spec.id}

    def _reject(self, rule: str) -> None:
        self._tell(Rejection(**self._stamp(), what=f"link {self.spec.id}", rule=rule))

    def _tell(self, record: Record) -> None:
        with contextlib.suppress(queue.Full):
            self._told.put_nowait(record)
