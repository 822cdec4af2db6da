"""One link at work: its transport's bytes through its decoder, its answers back, on a thread of its own.

Everything that comes in (records, refusals, drops, darkness) waits in a bounded inbox until the core takes it; when
that is full the link reads no further, and its peer is slowed down.  A bug in a link is told as a rejection, and the
link begins anew: it never takes the core with it.  Mutable: it owns a thread.
"""

from __future__ import annotations

import contextlib
import dataclasses
import queue
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from watchline.domain.records import Drop, Record, Rejection, SensorHealth
from watchline.domain.site import LinkSpec
from watchline.links import Link, LocalError, PeerError, Settings, State, TableLine
from watchline.links.contract import at, finish, optional
from watchline.links.transports import Event, Transport
from watchline.ops.streams import LINK_INBOX_BOUND, LINK_OUTBOX_BOUND

REJECTIONS_PER_S = 20  # told one by one; the rest of a second is one record with their count
SAMPLE_BYTES = 64
TICK_S = 1.0


class _Part(NamedTuple):
    """What a channel has to itself."""

    rest: bytes
    taken: int
    peer: str


class LinkWorker:
    """A running link."""

    def __init__(
        self, spec: LinkSpec, line: TableLine, link: Link, transport: Transport, now: Callable[[], float]
    ) -> None:
        """Begin; now: the wall clock, by which peers' clocks are judged too."""
        self.spec, self.line, self._link, self._transport, self._now = spec, line, link, transport, now
        self._settings = Settings(spec.id, spec.node, spec.role, frozenset(spec.allow), spec.options)
        self._inbox: queue.Queue[Record] = queue.Queue(LINK_INBOX_BOUND)
        self._outbox: queue.Queue[Record] = queue.Queue(LINK_OUTBOX_BOUND)
        self._state: State = link.init(self._settings)
        self._parts: dict[str, _Part] = {}
        self._began_ms = round(now() * 1000)
        self._count = 0
        self._heard_s = self._ticked_s = now()
        self._dark, self._cause = False, "never connected"
        self._refused: tuple[int, int] = (0, 0)  # the second, and how many in it
        self._unsettled: deque[tuple[int, int]] = deque()
        self._handed = self._dropped = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name=f"link-{spec.id}")
        self._thread.start()

    # -- towards the core ----------------------------------------------------------------------------------

    def take(self) -> list[Record]:
        """Return what came in since last asked, in the order in which it came."""
        taken = []
        for _ in range(LINK_INBOX_BOUND):
            try:
                taken.append(self._inbox.get_nowait())
            except queue.Empty:
                break
        self._handed += len(taken)
        return taken

    @property
    def waiting(self) -> tuple[int, int]:
        """Return how much waits for the core, and how much to be said."""
        return self._inbox.qsize(), self._outbox.qsize()

    @property
    def connected(self) -> bool:
        """Return whether any peer is connected, and ready to be spoken with where the protocol greets first."""
        ready = optional(self._link, "ready")
        return bool(self._parts) and (ready is None or bool(ready(self._state)))

    @property
    def owes(self) -> bool:
        """Return whether a peer waits to hear that what it sent is durable."""
        return bool(self._unsettled) and self._unsettled[0][0] <= self._handed

    def settle(self) -> None:
        """Tell peers that what was taken is durable; to be called when it is."""
        tokens = []
        while self.owes:
            tokens.append(self._unsettled.popleft()[1])
        self._transport.settle(tokens)

    def send(self, record: Record) -> None:
        """Queue a record for the peers; the oldest gives way when too many wait."""
        while True:
            try:
                self._outbox.put_nowait(record)
            except queue.Full:
                with contextlib.suppress(queue.Empty):  # the link may just have taken it
                    self._outbox.get_nowait()
                    self._dropped += 1
                continue
            return

    def close(self) -> None:
        """End the link."""
        self._stop.set()
        self._transport.close()
        self._thread.join(5.0)

    def _tell(self, record: Record) -> None:
        self._count += 1
        record = msgspec.structs.replace(record, id=f"{self.spec.id}-{self._began_ms:x}-{self._count}")
        while not self._stop.is_set():
            try:
                self._inbox.put(record, timeout=0.5)
            except queue.Full:
                continue
            return

    def _stamp(self) -> dict[str, Any]:
        return {"id": "", "t_s": self._now(), "source": self.spec.id}

    def _reject(self, reason: str, sample: bytes = b"") -> None:
        second = int(self._now())
        told = self._refused[1] if self._refused[0] == second else 0
        if self._refused[0] != second and self._refused[1] > REJECTIONS_PER_S:
            left = self._refused[1] - REJECTIONS_PER_S
            rule = f"{left} more were refused in the second {self._refused[0]}"
            self._tell(Rejection(**self._stamp(), what=f"link {self.spec.id}", rule=rule))
        self._refused = second, told + 1
        if told < REJECTIONS_PER_S:
            hexed = sample[:SAMPLE_BYTES].hex()
            self._tell(Rejection(**self._stamp(), what=f"link {self.spec.id}", rule=reason, sample=hexed))

    # -- the thread ----------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._turn()
            except Exception as error:  # noqa: BLE001 - a supervisor: a link's bug is told, and only the link restarts
                self._reject(f"a fault of our own: {type(error).__name__}: {error}"[:300])
                for channel in list(self._parts):
                    self._transport.hang_up(channel)
                self._state, self._parts = self._link.init(self._settings), {}
                self._stop.wait(1.0)

    def _turn(self) -> None:
        """Take one event, if there is one soon; then say what waits; then, once a second, look at the time."""
        try:
            event = self._transport.events.get(timeout=0.05)
        except queue.Empty:
            pass
        else:
            self._event(event)
        self._say_what_waits()
        self._say_what_is_due()
        if self._now() - self._ticked_s >= TICK_S:
            self._ticked_s = self._now()
            self._tick()

    def _event(self, event: Event) -> None:
        if event.kind == "open":
            self._parts[event.channel] = _Part(b"", 0, event.peer)
            self._enter(event.channel)
            self._converse("greet", event.channel)
        elif event.kind == "closed":
            self._closed(event)
        elif event.channel in self._parts:
            self._data(event)

    def _enter(self, channel: str) -> None:
        rest, taken, peer = self._parts[channel]
        state = at(self._state, self._now())
        self._state = dataclasses.replace(state, channel=channel, rest=rest, taken=taken, peer=peer)

    def _data(self, event: Event) -> None:
        self._heard_s = self._now()
        if self._dark:
            self._health("up", "heard again")
        self._enter(event.channel)
        self._state, records, errors = self._link.decode(self._state, event.data)
        peer = self._parts[event.channel].peer
        self._parts[event.channel] = _Part(self._state.rest, self._state.taken, peer)
        for record in records:
            self._tell(record)
            self._converse("answer", event.channel, record)
        for error in errors:
            self._reject(error.reason, error.sample)
            self._converse("refuse", event.channel, error)
            if error.fatal:
                self._transport.hang_up(event.channel)
        if event.token >= 0:
            self._unsettled.append((self._count, event.token))

    def _closed(self, event: Event) -> None:
        self._cause = event.cause or self._cause
        if event.channel not in self._parts:
            return
        self._enter(event.channel)
        for error in finish(self._state):
            self._reject(error.reason, error.sample)
        closed = optional(self._link, "closed")
        if closed is not None:
            self._state = closed(self._state)
        del self._parts[event.channel]

    def _converse(self, part: str, channel: str, *about: Record | PeerError) -> None:
        """Say what the protocol has to say, on the channel it is about."""
        speak = optional(self._link, part)
        if speak is None:
            return
        self._state, records = speak(self._state, *about)
        for record in records:
            self._encode(record, frozenset({channel}))

    def _encode(self, record: Record, channels: frozenset[str] | None) -> None:
        try:
            data = self._link.encode(record)
        except LocalError as error:
            self._reject(f"not sent: {error}")
            return
        address = optional(self._link, "address")
        if address is not None:
            data = address(self._state, data)
        for channel in [None] if channels is None else sorted(channels):
            self._transport.send(data, channel)
        sent = optional(self._link, "sent")
        if sent is not None:
            self._state = sent(self._state, record)

    def _say_what_waits(self) -> None:
        route = optional(self._link, "route")
        for _ in range(LINK_OUTBOX_BOUND):
            try:
                record = self._outbox.get_nowait()
            except queue.Empty:
                return
            self._state = at(self._state, self._now())
            if self._begins_conversation(record):
                continue
            if not self._parts:
                self._dropped += 1  # nobody is connected: what was to be said now is old by then
                continue
            try:
                channels = None if route is None else route(self._state, record)
            except LocalError as error:
                self._reject(f"not sent: {error}")
                continue
            if channels is None or channels:
                self._encode(record, channels)

    def _begins_conversation(self, record: Record) -> bool:
        """Return whether a record of ours was no message but an order, which the link takes or refuses."""
        ordered = optional(self._link, "ordered")
        if ordered is None:
            return False
        try:
            state = ordered(self._state, record)
        except LocalError as error:
            self._reject(f"not sent: {error}")
            return True
        if state is not None:
            self._state = state
        return state is not None

    def _say_what_is_due(self) -> None:
        due = optional(self._link, "due")
        if due is None:
            return
        self._state, frames, came = due(at(self._state, self._now()))
        for channel, data in frames:
            self._transport.send(data, channel)
        for record in came:
            self._tell(record)

    def _tick(self) -> None:
        self._state = at(self._state, self._now())
        tick = optional(self._link, "tick")
        if tick is not None:
            self._state, out, came = tick(self._state)
            for record in came:
                self._tell(record)
            for record in out:
                self._encode(record, None)
        self._dropped, drops = 0, self._dropped + self._transport.take_drops()
        if drops:
            self._tell(Drop(**self._stamp(), queue=f"link {self.spec.id}", dropped=drops))
        silent_s = self._now() - self._heard_s
        if not self._dark and silent_s > self.line.stale_after_s:
            self._health("dark", f"silent for {silent_s:.0f} s" + ("" if self._parts else f", {self._cause}"))

    def _health(self, state: str, cause: str) -> None:
        self._dark = state == "dark"
        told = {**self._stamp(), "t_s": self._heard_s}
        self._tell(SensorHealth(**told, sensor=f"link {self.spec.id}", state=state, cause=cause))  # type: ignore[arg-type]
