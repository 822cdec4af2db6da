"""The line over time: which kilometres were in view, which sensors were dark, who moved, what was told.

What the time view of the strip draws.  Geometry and health only, as `coverage.in_view` says; drones do not count.
A time in which no core ran is not watched: unknown, never zero.

Rules: `History` follows the ledger and keeps little (changes of health, alerts, explanations), so that a look at any
hour of a long ledger is as quick as at the latest; tracks and units are sampled once a row.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from watchline.coverage.in_view import Sight, in_view
from watchline.domain.batches import TrackBatch
from watchline.domain.records import Alert, ExplainedTrack, Record, RunStarted, SensorHealth, UnitReport
from watchline.ledger.reader import LedgerReader
from watchline.ops.party import ANIMAL, KNOWN, NOBODYS, OWN, party_of

F8 = NDArray[np.float64]

KINDS = ("sensor_health", "alert", "explained_track", "run_started")
REPORT_S = 60.0  # units that were heard within so long after a row began stand in it
VIEWS_MOST = 4096


@dataclass
class Outage:
    """A sensor that was dark: to_s is None while it still is.  Mutable: it ends."""

    sensor: int
    from_s: float
    cause: str
    to_s: float | None = None


@dataclass(frozen=True)
class Mark:
    """An alert as it was last told: when it began, where, what it is, which track."""

    alert: str
    t_s: float
    s_m: float
    what: str
    track_id: int | None


@dataclass
class History:
    """What a ledger holds of the line's health and alerts, as far as it was followed.  Mutable: it follows.

    ids: the sensors by number; pauses: (from_s, to_s) when no core ran; parties: what explains a track.
    """

    ids: tuple[str, ...]
    seq: int = 0
    begins_s: float | None = None
    ends_s: float = 0.0
    outages: list[Outage] = field(default_factory=list)
    pauses: list[tuple[float, float]] = field(default_factory=list)
    marks: dict[str, Mark] = field(default_factory=dict)
    parties: dict[int, int] = field(default_factory=dict)
    _open: dict[int, Outage] = field(default_factory=dict)
    _views: dict[frozenset[int], F8] = field(default_factory=dict)

    def follow(self, reader: LedgerReader) -> None:
        """Take in what was appended since the last time."""
        last = reader.last_seq
        for entry in reader.events(KINDS, after_seq=self.seq):
            if entry.seq > last:
                break
            assert isinstance(entry.value, Record)
            if not entry.value.exercise:
                self._take(entry.value, reader, entry.seq)
        self.seq = last
        for _, _, cut_s in reader.heads(last):
            self.ends_s = cut_s

    def _take(self, record: Record, reader: LedgerReader, seq: int) -> None:
        match record:
            case RunStarted():
                stopped = next((cut_s for _, _, cut_s in reader.heads(seq - 1)), None)
                if self.begins_s is None:
                    self.begins_s = record.t_s
                if stopped is not None and record.t_s > stopped:
                    self.pauses.append((stopped, record.t_s))
            case SensorHealth() if record.sensor in self.ids:
                self._health(self.ids.index(record.sensor), record)
            case Alert() if record.what != "sensor_dark":
                self.marks[record.alert] = Mark(
                    record.alert, record.first_s, record.position.s_m, record.what, record.track_id
                )
            case ExplainedTrack():
                self.parties[record.track_id] = party_of(record)
            case _:
                pass

    def _health(self, k: int, told: SensorHealth) -> None:
        was = self._open.get(k)
        if told.state == "dark" and was is None:
            self._open[k] = Outage(k, told.t_s, told.cause)
            self.outages.append(self._open[k])
        elif told.state != "dark" and was is not None:
            was.to_s = max(told.t_s, was.from_s)
            del self._open[k]

    def outages_in(self, from_s: float, to_s: float) -> list[Outage]:
        """Return the outages that touch a window."""
        return [one for one in self.outages if one.from_s < to_s and (one.to_s is None or one.to_s > from_s)]

    def up_share(self, sensor: int, from_s: float, to_s: float) -> float:
        """Return the share of a window in which a sensor was not dark, of the time that a core ran; NaN for none."""
        low, high = max(from_s, np.inf if self.begins_s is None else self.begins_s), min(to_s, self.ends_s)
        ran = high - low - sum(_shared(low, high, a, b) for a, b in self.pauses)
        dark = [(o.from_s, high if o.to_s is None else o.to_s) for o in self.outages if o.sensor == sensor]
        out = sum(_shared(low, high, a, b) - sum(_shared(a, b, *p) for p in self.pauses) for a, b in dark)
        return float(1.0 - out / ran) if ran > 0.0 else float("nan")

    def marks_in(self, from_s: float, to_s: float) -> list[Mark]:
        """Return the alerts that began in a window, the earliest first."""
        return sorted((m for m in self.marks.values() if from_s <= m.t_s < to_s), key=lambda mark: mark.t_s)

    def in_view(self, belt: Sight, edges_s: F8) -> F8:
        """Return (rows, kilometres) the share in view, the mean over each row; NaN where most of it was unknown.

        edges_s: (rows + 1,) rising.  What is before the ledger's beginning, after its end or while no core ran is
        unknown; a row in which the ledger ends is told as far as it goes.
        """
        rows = np.full((len(edges_s) - 1, belt.kilometres), np.nan)
        begins_s = np.inf if self.begins_s is None else self.begins_s
        told = self.outages_in(float(edges_s[0]), float(edges_s[-1]))
        ends = [one.to_s for one in told if one.to_s is not None]
        stops = [t_s for pause in self.pauses for t_s in pause]
        changes = np.array([begins_s, *stops, *(one.from_s for one in told), *ends])
        for k, (low, high) in enumerate(zip(edges_s[:-1], np.minimum(edges_s[1:], self.ends_s), strict=True)):
            if low < high:
                inside = changes[(changes > low) & (changes < high)]
                rows[k] = self._row(belt, np.unique([low, *inside, high]), told, begins_s)
        return rows

    def _row(self, belt: Sight, parts_s: F8, told: list[Outage], begins_s: float) -> F8:
        total, known = np.zeros(belt.kilometres), np.zeros(belt.kilometres)
        for low, high in pairwise(parts_s):
            at = (low + high) / 2
            if at < begins_s or any(a <= at < b for a, b in self.pauses):
                continue
            dark = frozenset(o.sensor for o in told if o.from_s <= at and (o.to_s is None or at < o.to_s))
            share = self._share(belt, dark)
            total += np.nan_to_num(share) * (high - low)
            known += np.isfinite(share) * (high - low)
        enough = known > 0.5 * (parts_s[-1] - parts_s[0])
        return np.where(enough, total / np.maximum(known, 1e-9), np.nan)

    def _share(self, belt: Sight, dark: frozenset[int]) -> F8:
        if dark not in self._views:
            if len(self._views) >= VIEWS_MOST:
                self._views.clear()
            self._views[dark] = in_view(belt, dark).share
        return self._views[dark]


def _shared(low: float, high: float, from_s: float, to_s: float) -> float:
    return max(0.0, min(high, to_s) - max(low, from_s))


@dataclass(frozen=True)
class Trail:
    """Where one track or unit was: points (t_s, s_m, d_m); party: ours or a partner's, known or animal, neither."""

    name: str
    party: int
    points: list[tuple[float, float, float]]


def tracks_at(reader: LedgerReader, history: History, edges_s: F8) -> list[Trail]:
    """Return the tracks that were shown, a point a row at most."""
    trails: dict[int, list[tuple[float, float, float]]] = {}
    animals: set[int] = set()
    for low, high in pairwise(edges_s):
        batch = next(reader.columns("tracks", after_seq=reader.before("tracks", low)), None)
        if not isinstance(batch, TrackBatch) or batch.t_s[0] >= high:
            continue
        now = batch.take(batch.t_s == batch.t_s[0])
        animals.update(now.track_id[now.p_class[:, 2] > ANIMAL].tolist())
        for track, t_s, s_m, d_m in zip(now.track_id, now.t_s, now.s_m, now.d_m, strict=True):
            trails.setdefault(int(track), []).append((float(t_s), float(s_m), float(d_m)))
    return [
        Trail(str(track), history.parties.get(track, NOBODYS) or (KNOWN if track in animals else NOBODYS), points)
        for track, points in sorted(trails.items())
    ]


def units_at(reader: LedgerReader, edges_s: F8) -> list[Trail]:
    """Return our units, a point a row at most, where they were first heard in it."""
    trails: dict[str, list[tuple[float, float, float]]] = {}
    for low, high in pairwise(edges_s):
        heard: set[str] = set()
        for told in _reports(reader, float(low), min(float(high), float(low) + REPORT_S)):
            if told.unit not in heard:
                heard.add(told.unit)
                place = told.position
                trails.setdefault(told.unit, []).append((told.t_s, place.s_m, place.d_m))
    return [Trail(unit, OWN, points) for unit, points in sorted(trails.items())]


def _reports(reader: LedgerReader, from_s: float, to_s: float) -> Iterator[UnitReport]:
    for entry in reader.events(["unit_report"], after_seq=reader.before("unit_report", from_s)):
        if entry.known_s >= to_s:
            return
        if isinstance(entry.value, UnitReport) and not entry.value.exercise and from_s <= entry.value.t_s < to_s:
            yield entry.value
