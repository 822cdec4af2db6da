"""Going on with a ledger after a stop or a crash: what it holds is folded, and every count goes on from there."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass, field
from pathlib import Path

from watchline.alerting.desk import state as desk
from watchline.alerting.desk.setup import set_up
from watchline.domain.batches import ScanBatch, TrackBatch
from watchline.domain.nodes import NodeReceipt
from watchline.domain.records import (
    Alert,
    Clip,
    Cue,
    DetectionTrial,
    KnownMovement,
    LearnedMovement,
    LineStrength,
    OperatorAction,
    Record,
    RunStarted,
    SensorHealth,
    Shelving,
    Suppression,
)
from watchline.domain.site import Site
from watchline.domain.trials import SyntheticCrosser
from watchline.geo.line import LineFrame
from watchline.ledger.reader import LedgerReader
from watchline.ops.account.again import Again, history_comes
from watchline.ops.exchange.once import KEPT, key_of
from watchline.ops.ledger_site import SensorNumbers
from watchline.ops.picture import Picture
from watchline.ops.search.places import places_of
from watchline.ops.streams import CUT_EVERY_S


@dataclass
class Before:
    """What a ledger holds.

    exercise: the desk of exercises; end_s: latest time in it; health, last_track: last number; the rest are counts.
    told: what alarms go on from, in order; held: what was kept off the queue last, by alert; numbers: the last of
    each of their records, by its prefix; heard: what nodes said last, by the keys of `ops/exchange/once.py`;
    receipts: which messages of our own nodes it holds (`ops/many/`); again: which minutes of the account late looks
    touch, None where no looks come late; gone: rows of looks of sensors that the site has no more.
    """

    picture: Picture
    exercise: desk.State
    end_s: float | None = None
    runs: int = 0
    alerts: int = 0
    clips: int = 0
    health: int = 0
    last_track: int = 0
    numbers: dict[str, int] = field(default_factory=dict)
    told: list[Record] = field(default_factory=list)
    held: dict[str, Suppression] = field(default_factory=dict)
    receipts: list[NodeReceipt] = field(default_factory=list)
    again: Again | None = None
    gone: int = 0
    heard: deque[Hashable] = field(default_factory=lambda: deque(maxlen=KEPT))

    @property
    def still_open(self) -> list[Alert]:
        """Return the alerts of the engine that it had not closed; those that people told of are theirs to close."""
        items = [*self.picture.alerts.values(), *self.exercise.items.values()]
        return [item.alert for item in items if item.alert.state == "open" and _is_engines(item.alert)]

    @property
    def dark(self) -> frozenset[str]:
        """Return the sensors that were silent."""
        return frozenset(name for name, health in self.picture.health.items() if health.state == "dark")


def nothing_before(site: Site, line: LineFrame | None = None) -> Before:
    """Return what a new ledger holds."""
    real, exercise = (desk.init(set_up(site, line, exercise=e)) for e in (False, True))
    again = Again(site.sensors) if history_comes(site) else None
    return Before(Picture(len(site.sensors), desk=real, searches=places_of(site)), exercise, again=again)


def read_before(directory: Path, site: Site, line: LineFrame | None = None) -> Before:
    """Return what the ledger in `directory` holds, folded; `site` as it is now."""
    before = nothing_before(site, line)
    with LedgerReader(directory) as reader:
        numbers = SensorNumbers(reader, tuple(sensor.id for sensor in site.sensors))
        for entry in reader.since(0):
            value = entry.value
            before.end_s = max(before.end_s or entry.known_s, entry.known_s)
            if isinstance(value, TrackBatch):
                before.last_track = max(before.last_track, int(value.track_id.max(initial=0)))
            elif isinstance(value, ScanBatch):
                if before.again is not None:
                    looks = numbers.of(value, entry.seq)
                    before.again.hear(looks, entry.known_s - CUT_EVERY_S, entry.seq)
            elif isinstance(value, Record):
                if before.again is not None:
                    before.again.apply(value)
                _count(before, value)
                _tell(before, value)
                if isinstance(value, NodeReceipt):
                    before.receipts.append(value)
                before.picture.apply(value)
                before.exercise = desk.step(before.exercise, value)
                key = key_of(value)
                if key is not None:
                    before.heard.append(key)
    before.gone = numbers.gone
    return before


def _count(before: Before, record: Record) -> None:
    """Count what is numbered."""
    match record:
        case RunStarted():
            before.runs += 1
        case Alert() if record.revision == 1 and _is_engines(record):
            before.alerts += 1
        case Clip():
            before.clips += 1
        case SensorHealth() if record.id.startswith("H-"):
            # Not every number was written: a sensor that tells its own state is not told twice.
            before.health = max(before.health, int(record.id.removeprefix("H-")))
        case _:
            pass


def _is_engines(alert: Alert) -> bool:
    """Return whether the engine gave its number; people's and exercises' have others (`alerting.desk`)."""
    return alert.alert.startswith("A-")


def _tell(before: Before, record: Record) -> None:
    """Keep what alarms go on from; an exercise is none of it, but its numbers are given too."""
    if isinstance(record, Suppression | LearnedMovement | LineStrength | Cue | DetectionTrial | SyntheticCrosser):
        prefix, number = record.id.split(".")[0].rsplit("-", 1)
        before.numbers[prefix] = max(before.numbers.get(prefix, 0), int(number))
    if record.exercise:
        return
    if isinstance(record, KnownMovement | LearnedMovement | Shelving | OperatorAction):
        before.told.append(record)
    elif isinstance(record, Suppression):
        before.held.pop(record.what, None)
        if not record.over:
            before.held[record.what] = record
