"""Going on with a ledger after a stop or a crash: what it holds is folded, and every count goes on from there."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass, field
from pathlib import Path

from watchline.domain.batches import TrackBatch
from watchline.domain.records import Alert, Clip, OperatorAction, Record, RunStarted, SensorHealth
from watchline.ledger.reader import LedgerReader
from watchline.ops.exchange.once import KEPT, key_of
from watchline.ops.picture import Picture


@dataclass
class Before:
    """What a ledger holds.

    end_s: latest time in it; keys: actions done, by their key; health, last_track: last number; heard: what
    nodes said last, by the keys of `ops/exchange/once.py`; the rest are counts.
    """

    picture: Picture
    end_s: float | None = None
    runs: int = 0
    alerts: int = 0
    clips: int = 0
    actions: int = 0
    health: int = 0
    last_track: int = 0
    keys: dict[str, str] = field(default_factory=dict)
    heard: deque[Hashable] = field(default_factory=lambda: deque(maxlen=KEPT))

    @property
    def still_open(self) -> list[Alert]:
        """Return the alerts that the engine had not closed."""
        return [view.alert for view in self.picture.alerts.values() if view.alert.state == "open"]

    @property
    def dark(self) -> frozenset[str]:
        """Return the sensors that were silent."""
        return frozenset(name for name, health in self.picture.health.items() if health.state == "dark")


def nothing_before(sensors: int) -> Before:
    """Return what a new ledger holds."""
    return Before(Picture(sensors))


def read_before(directory: Path, sensors: int) -> Before:
    """Return what the ledger in `directory` holds, folded."""
    before = nothing_before(sensors)
    with LedgerReader(directory) as reader:
        for entry in reader.since(0):
            value = entry.value
            before.end_s = max(before.end_s or entry.known_s, entry.known_s)
            if isinstance(value, TrackBatch):
                before.last_track = max(before.last_track, int(value.track_id.max(initial=0)))
                continue
            match value:
                case RunStarted():
                    before.runs += 1
                case Alert() if value.revision == 1:
                    before.alerts += 1
                case Clip():
                    before.clips += 1
                case SensorHealth() if value.id.startswith("H-"):
                    # Not every number was written: a sensor that tells its own state is not told twice.
                    before.health = max(before.health, int(value.id.removeprefix("H-")))
                case OperatorAction():
                    before.actions += 1
                    before.keys[value.key] = value.alert
                case _:
                    pass
            if isinstance(value, Record):
                before.picture.apply(value)
                key = key_of(value)
                if key is not None:
                    before.heard.append(key)
    return before
