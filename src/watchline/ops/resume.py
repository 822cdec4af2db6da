"""Going on with a ledger after a stop or a crash: what it holds is folded, and every count goes on from there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from watchline.alerting.desk import state as desk
from watchline.alerting.desk.setup import set_up
from watchline.domain.batches import TrackBatch
from watchline.domain.records import Alert, Clip, Record, RunStarted, SensorHealth
from watchline.domain.site import Site
from watchline.geo.line import LineFrame
from watchline.ledger.reader import LedgerReader
from watchline.ops.picture import Picture


@dataclass
class Before:
    """What a ledger holds.

    exercise: the desk of exercises; end_s: latest time in it; health, last_track: last number; the rest are counts.
    """

    picture: Picture
    exercise: desk.State
    end_s: float | None = None
    runs: int = 0
    alerts: int = 0
    clips: int = 0
    health: int = 0
    last_track: int = 0

    @property
    def still_open(self) -> list[Alert]:
        """Return the alerts of the engine that it had not closed; those that people told of are theirs to close."""
        by_hand = self.picture.desk.arrivals
        open_ = (item.alert for item in self.picture.alerts.values() if item.alert.state == "open")
        return [alert for alert in open_ if alert.alert not in by_hand]

    @property
    def dark(self) -> frozenset[str]:
        """Return the sensors that were silent."""
        return frozenset(name for name, health in self.picture.health.items() if health.state == "dark")


def nothing_before(site: Site, line: LineFrame | None = None) -> Before:
    """Return what a new ledger holds."""
    real, exercise = (desk.init(set_up(site, line, exercise=e)) for e in (False, True))
    return Before(Picture(len(site.sensors), desk=real), exercise)


def read_before(directory: Path, site: Site, line: LineFrame | None = None) -> Before:
    """Return what the ledger in `directory` holds, folded; `site` as it is now."""
    before = nothing_before(site, line)
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
                case Alert() if _is_engines(value, before.picture):
                    before.alerts += 1
                case Clip():
                    before.clips += 1
                case SensorHealth() if value.id.startswith("H-"):
                    # Not every number was written: a sensor that tells its own state is not told twice.
                    before.health = max(before.health, int(value.id.removeprefix("H-")))
                case _:
                    pass
            if isinstance(value, Record):
                before.picture.apply(value)
                before.exercise = desk.step(before.exercise, value)
    return before


def _is_engines(alert: Alert, picture: Picture) -> bool:
    """Return whether this is a new alert with a number of the engine's, not one that people or an exercise made."""
    return alert.revision == 1 and not alert.exercise and alert.alert not in picture.desk.arrivals
