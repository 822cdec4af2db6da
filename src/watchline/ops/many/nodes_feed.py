"""What many nodes say, as the core hears it: each message once, however often and in whatever order it comes.

Theory: the ledger holds, for every node's outbox, which numbers it has (`NodeReceipt`), in the same batch as what
they brought; so what is known to be there and what is there can never differ, whenever the core is killed.  A message
whose number is held is acknowledged and forgotten.  Looks of the last `LATE_S` go to tracking like any others; older
ones are history: they are kept, with the time at which they were seen and the one at which they became known.  Times
beyond this core's clock are not believed by tracking either.

Mutable: it numbers looks, and knows what it took and what is not durable yet.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from watchline.domain.batches import DetectionBatch, ScanBatch
from watchline.domain.nodes import NodeReceipt, Numbers
from watchline.domain.records import Record, Rejection
from watchline.domain.site import Site
from watchline.ops import scan_numbers
from watchline.ops.cameras import ClipCut
from watchline.ops.feed import Feed, FeedStep, Turnable
from watchline.ops.many.films import FilmAsker
from watchline.ops.many.message import Content, Envelope, read_body, read_envelope
from watchline.ops.many.neighbours import Neighbours
from watchline.ops.many.node_state import NodeState, NodeView
from watchline.ops.many.numbers import NumberSet
from watchline.ops.many.receiver import Arrived
from watchline.ops.many.wire import KeptNumbers

LATE_S = 10.0  # tracking takes looks in whatever order they come, up to 12 s late (`tracking.history`)
AHEAD_S = 2.0
LIVE_MESSAGES = 4_000  # of one step
LATE_MESSAGES = 500
TELL_S = 10.0  # every node hears this often what is kept, whether or not it changed
SAMPLE_BYTES = 64

Outboxes = Mapping[tuple[str, str], Numbers]


class Source(Protocol):
    """Where messages come from: the receiver, or a test."""

    def take(self, live: int, late: int) -> list[Arrived]: ...

    def settle(self, tokens: Iterable[Any], kept: dict[tuple[str, str], KeptNumbers]) -> None: ...

    @property
    def waiting(self) -> int: ...

    @property
    def states(self) -> Mapping[str, tuple[float, NodeState]]: ...


@dataclass(frozen=True)
class NodesStep:
    """What nodes and the core's own feed said; late_*: what is history only; elsewhere: the latest look of each
    sensor that another core of the line hears.
    """

    records: tuple[Record, ...]
    scans: ScanBatch
    detections: DetectionBatch
    scene: object
    late_scans: ScanBatch
    late_detections: DetectionBatch
    elsewhere: ScanBatch


@dataclass
class _Taken:
    """What came from one outbox since the last cut."""

    numbers: NumberSet = field(default_factory=NumberSet)
    scans: int = 0
    detections: int = 0
    late_scans: int = 0
    late_detections: int = 0
    ahead: int = 0
    lost_scans: int = 0
    lost_detections: int = 0


@dataclass(frozen=True)
class _Part:
    """One message's rows, their sensors and looks as this core numbers them."""

    taken: _Taken
    scans: ScanBatch
    detections: DetectionBatch


class NodesFeed:
    """A feed with nodes beside it.  known: what the ledger holds already; neighbours: other cores of the line; lost:
    (scans, detections) of each node that the ledger counts already; films: asks nodes for films of alerts.
    """

    def __init__(
        self, inner: Feed, source: Source, site: Site, known: Outboxes, neighbours: Neighbours | None = None,
        lost: Mapping[str, tuple[int, int]] | None = None, films: FilmAsker | None = None,
    ) -> None:  # fmt: skip
        self._neighbours, self._lost, self._films = neighbours, dict(lost or {}), films
        self._inner, self._source = inner, source
        self._index = {sensor.id: k for k, sensor in enumerate(site.sensors)}
        self._held = {outbox: NumberSet(numbers) for outbox, numbers in known.items()}
        self._kept = {outbox: numbers for outbox, numbers in known.items()}
        self._taken: dict[tuple[str, str], _Taken] = {}
        self._tokens: list[Any] = []
        self._sealed: deque[tuple[int, list[Any], Outboxes]] = deque()
        self._next, self._receipts, self._refused = scan_numbers.first("nodes"), 0, 0
        self._told_s = -1e18
        self.repeated = 0

    # -- what comes in -------------------------------------------------------------------------------------

    def step(self, to_s: float) -> FeedStep:
        """Return what happened since the last step, up to `to_s`."""
        own = self._inner.step(to_s)
        parts: list[_Part] = []
        records: list[Record] = []
        for arrived in self._source.take(LIVE_MESSAGES, LATE_MESSAGES):
            self._tokens.append(arrived.token)
            self._hear(arrived, to_s, parts, records)
        scans, detections, late_scans, late_detections = _by_age(parts, to_s)
        return NodesStep(
            (*own.records, *records),
            ScanBatch.join([own.scans, scans]),
            DetectionBatch.join([own.detections, detections]),
            own.scene,
            late_scans,
            late_detections,
            self._neighbours.looks(to_s) if self._neighbours is not None else ScanBatch.empty(),
        )

    @property
    def others(self) -> frozenset[int]:
        """Return the sensors that other cores of the line hear."""
        return frozenset() if self._neighbours is None else self._neighbours.others

    @property
    def cameras(self) -> frozenset[int]:
        """Return the cameras whose films nodes can be asked for."""
        return frozenset() if self._films is None else self._films.cameras

    def want_film(self, alert: str, sensor: int, t0_s: float, t1_s: float) -> None:
        """Ask for the film of an alert."""
        if self._films is not None:
            self._films.want(alert, sensor, t0_s, t1_s)

    def films(self) -> list[tuple[str, int, ClipCut]]:
        """Return the films that have come: of which alert, of which camera."""
        return [] if self._films is None else self._films.take()

    @property
    def waiting(self) -> int:
        """Return how many messages of nodes wait to be taken."""
        return self._source.waiting

    @property
    def nodes(self) -> list[NodeView]:
        """Return how every node is that was ever heard."""
        states = self._source.states
        return [
            NodeView(node, state, silent_s, *self._lost.get(node, (0, 0)))
            for node in sorted(states.keys() | self._lost.keys())
            for silent_s, state in [states.get(node, (float("inf"), None))]
        ]

    def turn(self, sensor: int, azimuth_rad: float, elevation_rad: float, settled_s: float, until_s: float) -> None:
        """Let the core's own heads turn; heads on towers are not turned from here yet."""
        if isinstance(self._inner, Turnable):
            self._inner.turn(sensor, azimuth_rad, elevation_rad, settled_s, until_s)

    def _hear(self, arrived: Arrived, now_s: float, parts: list[_Part], records: list[Record]) -> None:
        try:
            envelope = read_envelope(arrived.data)
            if envelope.node != arrived.node:
                raise ValueError(f"says it is of {envelope.node!r}")
            key = envelope.node, envelope.outbox
            held = self._held.setdefault(key, NumberSet())
            if held.holds(envelope.first, envelope.last):
                self.repeated += 1
                return
            content = read_body(envelope.body) if envelope.body else None
        except ValueError as error:
            records.append(self._rejected(arrived, str(error), now_s))
            return
        held.add(envelope.first, envelope.last)
        taken = self._taken.setdefault(key, _Taken())
        _count(taken, envelope)
        scans, detections = self._lost.get(envelope.node, (0, 0))
        self._lost[envelope.node] = scans + envelope.lost_scans, detections + envelope.lost_detections
        if content is not None:
            records += content.records
            part = self._numbered(taken, content)
            parts.append(part)
            if len(part.scans) < len(content.scans) or len(part.detections) < len(content.detections):
                unknown = sorted(set(content.sensors) - self._index.keys())
                records.append(
                    self._rejected(arrived, f"names sensors this site has not: {', '.join(unknown)}", now_s)
                )

    def _rejected(self, arrived: Arrived, rule: str, now_s: float) -> Rejection:
        self._refused += 1
        number = f"node-{arrived.node}-{now_s:.3f}-{self._refused}"
        sample = arrived.data[:SAMPLE_BYTES].hex()
        return Rejection(id=number, t_s=now_s, source="nodes", what=f"node {arrived.node}", rule=rule, sample=sample)

    def _numbered(self, taken: _Taken, content: Content) -> _Part:
        """Return a message's rows with this core's numbers of sensors and looks, without those of unknown sensors."""
        place = np.array([self._index.get(one, -1) for one in content.sensors], np.int32)
        scans, detections = content.scans, content.detections
        if (place < 0).any():
            scans = scans.take(np.flatnonzero(place[scans.sensor] >= 0))
            detections = detections.take(np.flatnonzero(place[detections.sensor] >= 0))
        room = scan_numbers.next_numbers("nodes", self._next, len(scans))
        numbers, self._next = np.arange(room.start, room.stop, dtype=np.int32), room.stop
        owner = _owners(scans.scan_id, detections.scan_id, numbers)
        taken.scans += len(scans)
        taken.detections += len(detections)
        return _Part(
            taken,
            scans.with_columns(scan_id=numbers, sensor=place[scans.sensor]),
            detections.with_columns(scan_id=owner, sensor=place[detections.sensor]),
        )

    # -- what is kept --------------------------------------------------------------------------------------

    def receipts(self, now_s: float) -> list[NodeReceipt]:
        """Return what says, in the ledger, that everything handed over so far is in it; then forget it."""
        out = []
        for (node, outbox), taken in sorted(self._taken.items()):
            self._receipts += 1
            counts = {name: value for name, value in vars(taken).items() if name != "numbers"}
            number = f"receipt-{node}-{outbox}-{taken.numbers.intervals[0][0]}-{self._receipts}"
            out.append(
                NodeReceipt(
                    id=number, t_s=now_s, source="core", node=node, outbox=outbox, numbers=taken.numbers.intervals,
                    **counts,
                )
            )  # fmt: skip
        self._taken = {}
        return out

    def sealed(self, seq: int) -> None:
        """Take note that everything handed over so far lies in the ledger's batches up to `seq`."""
        if not self._tokens:
            return
        now = {key: held.intervals for key, held in self._held.items() if held.intervals != self._kept.get(key)}
        self._sealed.append((seq, self._tokens, now))
        self._tokens = []

    def durable(self, seq: int, now_s: float) -> None:
        """Acknowledge what lies in batches up to `seq`, which are on the disk."""
        tokens, changed = list[Any](), dict[tuple[str, str], Numbers]()
        while self._sealed and self._sealed[0][0] <= seq:
            _, some, numbers = self._sealed.popleft()
            tokens += some
            changed |= numbers
        self._kept |= changed
        if now_s - self._told_s >= TELL_S:
            self._told_s, changed = now_s, dict(self._kept)
        if tokens or changed:
            kept = {key: KeptNumbers(key[1], numbers) for key, numbers in changed.items()}
            self._source.settle(tokens, kept)


def _count(taken: _Taken, envelope: Envelope) -> None:
    taken.numbers.add(envelope.first, envelope.last)
    taken.lost_scans += envelope.lost_scans
    taken.lost_detections += envelope.lost_detections


def _owners(scan_id: NDArray[np.int32], wanted: NDArray[np.int32], numbers: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return (N,) the new number of each detection's look, -1 for one whose look did not come with it."""
    if len(scan_id) == 0:
        return np.full(len(wanted), -1, np.int32)
    order = np.argsort(scan_id, kind="stable")
    at = order[np.minimum(np.searchsorted(scan_id[order], wanted), len(order) - 1)]
    return np.where(scan_id[at] == wanted, numbers[at], -1).astype(np.int32)


def _by_age(parts: list[_Part], now_s: float) -> tuple[ScanBatch, DetectionBatch, ScanBatch, DetectionBatch]:
    """Return what tracking is told of, and what is history only; a look and what it found stay together."""
    scans, detections = ScanBatch.join([p.scans for p in parts]), DetectionBatch.join([p.detections for p in parts])
    old = (scans.t_s < now_s - LATE_S) | (scans.t_s > now_s + AHEAD_S)
    alone = (detections.scan_id < 0) & ((detections.t_s < now_s - LATE_S) | (detections.t_s > now_s + AHEAD_S))
    if not old.any() and not alone.any():
        return scans, detections, ScanBatch.empty(), DetectionBatch.empty()
    found_old = alone | np.isin(detections.scan_id, scans.scan_id[old])
    at_scan = at_found = 0
    for part in parts:
        mine, found = slice(at_scan, at_scan + len(part.scans)), slice(at_found, at_found + len(part.detections))
        part.taken.late_scans += int(old[mine].sum())
        part.taken.late_detections += int(found_old[found].sum())
        part.taken.ahead += int((part.scans.t_s > now_s + AHEAD_S).sum())
        at_scan, at_found = mine.stop, found.stop
    return scans.take(~old), detections.take(~found_old), scans.take(old), detections.take(found_old)


def numbers_of(receipts: Iterable[NodeReceipt]) -> dict[tuple[str, str], Numbers]:
    """Return which numbers of every outbox these receipts hold."""
    sets: dict[tuple[str, str], NumberSet] = {}
    for receipt in receipts:
        held = sets.setdefault((receipt.node, receipt.outbox), NumberSet())
        for first, last in receipt.numbers:
            held.add(first, last)
    return {key: held.intervals for key, held in sets.items()}


def lost_of(receipts: Iterable[NodeReceipt]) -> dict[str, tuple[int, int]]:
    """Return how many scans and detections each node had to give up, by these receipts."""
    lost: dict[str, tuple[int, int]] = {}
    for receipt in receipts:
        scans, detections = lost.get(receipt.node, (0, 0))
        lost[receipt.node] = scans + receipt.lost_scans, detections + receipt.lost_detections
    return lost
