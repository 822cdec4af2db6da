"""The picture: what is known now, as a fold over everything that was written.

The live desk and `watchline replay` fold the same records with the same function, so a replayed picture is the
picture the desk had.  Mutable on purpose: it is folded hundreds of times a second.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from watchline.alerting.rules import GRAVITY
from watchline.domain.batches import DetectionBatch, MissBatch, ScanBatch, TrackBatch
from watchline.domain.records import (
    AirCover,
    Alert,
    AlertKind,
    Clip,
    FieldReport,
    Inspection,
    MapShape,
    OperatorAction,
    PartnerEvent,
    Record,
    RunStarted,
    SensorHealth,
    SiteVersion,
    UnitReport,
    Weather,
)

F8 = NDArray[np.float64]
K = TypeVar("K")
R = TypeVar("R", bound=Record)

BY_HAND = "hand-"  # ids of what people told by hand begin so, and go on with the key of their press
TRAIL_EVERY_S = 3.0
TRAIL_POINTS = 600  # half an hour


def _keep_newest(table: dict[K, R], key: K, record: R) -> None:
    """Keep a record unless a later one was learned before it: reports may arrive out of order."""
    if key not in table or record.t_s >= table[key].t_s:
        table[key] = record


def report_key(record: Record) -> str:
    """Return by what a person's report is known, on whatever way and however often it comes."""
    numbered = isinstance(record, FieldReport | Inspection) and record.number is not None
    return f"{record.source}.{record.number}" if numbered else record.id  # type: ignore[attr-defined]


@dataclass
class AlertView:
    """An alert with all that people and cameras have added to it since; answered: what it was when they last did."""

    alert: Alert
    clip: Clip | None = None
    acknowledged: OperatorAction | None = None
    disposition: OperatorAction | None = None
    defer_until_s: float | None = None
    actions: list[OperatorAction] = field(default_factory=list)
    answered: AlertKind | None = None

    def state(self, now_s: float) -> str:
        """Return open, deferred, acknowledged or closed.

        A person's word outlives the engine's, but it was about what the alert said then: one that has grown graver
        since is open again.
        """
        if self.answered is not None and GRAVITY[self.alert.what] > GRAVITY[self.answered]:
            return self.alert.state
        if self.disposition is not None:
            return "closed"
        if self.acknowledged is not None:
            return "acknowledged"
        if self.defer_until_s is not None and now_s < self.defer_until_s:
            return "deferred"
        return self.alert.state


@dataclass
class Picture:
    """What is known at `now_s`.

    heard_s, az0_rad, az1_rad, range_m (N,) of every sensor's latest look, NaN before the first; misses: the latest
    minute's account, empty before the first.
    """

    sensors: int
    now_s: float = 0.0
    run: RunStarted | None = None
    site: SiteVersion | None = None
    heard_s: F8 = field(default_factory=lambda: np.zeros(0))
    az0_rad: F8 = field(default_factory=lambda: np.zeros(0))
    az1_rad: F8 = field(default_factory=lambda: np.zeros(0))
    range_m: F8 = field(default_factory=lambda: np.zeros(0))
    tracks: TrackBatch = field(default_factory=TrackBatch.empty)
    misses: MissBatch = field(default_factory=MissBatch.empty)
    alerts: dict[str, AlertView] = field(default_factory=dict)
    health: dict[str, SensorHealth] = field(default_factory=dict)
    units: dict[str, UnitReport] = field(default_factory=dict)
    reports: dict[str, FieldReport | Inspection | PartnerEvent | AirCover | MapShape] = field(default_factory=dict)
    by_hand: set[str] = field(default_factory=set)
    weather: dict[tuple[float, float], Weather] = field(default_factory=dict)
    first_s: list[float] = field(default_factory=list)
    trails: dict[int, deque[tuple[float, float, float]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Give every sensor its place in the columns."""
        for name in ("heard_s", "az0_rad", "az1_rad", "range_m"):
            setattr(self, name, np.full(self.sensors, np.nan))

    def apply(self, record: Record) -> None:
        """Fold one record in."""
        self._note_hand(record)
        match record:
            case Alert():
                self._alert(record)
            case Clip() if record.alert in self.alerts:
                self.alerts[record.alert].clip = record
            case OperatorAction() if record.alert in self.alerts:
                self._action(self.alerts[record.alert], record)
            case SensorHealth():
                self.health[record.sensor] = record  # "dark" is dated back to when it was last heard
            case UnitReport():
                _keep_newest(self.units, record.unit, record)
            case Weather():
                _keep_newest(self.weather, (record.from_km, record.to_km), record)
            case FieldReport() | Inspection() | PartnerEvent() | AirCover() | MapShape():
                self.reports[report_key(record)] = record
            case RunStarted():
                self.run = record
            case SiteVersion():
                self.site = record
            case _:
                pass

    def _note_hand(self, record: Record) -> None:
        if record.id.startswith(BY_HAND):
            self.by_hand.add(record.id)

    def apply_columns(self, batch: ScanBatch | DetectionBatch | TrackBatch | MissBatch) -> None:
        """Fold scans or tracks in; detections change nothing here.

        Of tracks only the latest moment is kept; a batch may hold several moments.
        """
        if isinstance(batch, ScanBatch):
            self.heard_s[batch.sensor] = batch.t_s
            self.az0_rad[batch.sensor] = batch.az0_rad
            self.az1_rad[batch.sensor] = batch.az1_rad
            self.range_m[batch.sensor] = batch.range_m
        elif isinstance(batch, MissBatch) and len(batch):
            self.misses = batch.take(batch.t_s == batch.t_s.max())
        elif isinstance(batch, TrackBatch) and len(batch):
            latest = float(batch.t_s.max())
            self.tracks = batch.take(batch.t_s == latest)
            self._trail()

    def _trail(self) -> None:
        """Lengthen the trail of every shown track by its present place; forget those of tracks that are gone."""
        tracks = self.tracks
        trails = {}
        for row in np.flatnonzero(tracks.confirmed):
            track_id = int(tracks.track_id[row])
            trail = self.trails.get(track_id) or deque(maxlen=TRAIL_POINTS)
            if not trail or tracks.t_s[row] - trail[-1][0] >= TRAIL_EVERY_S:
                trail.append((float(tracks.t_s[row]), float(tracks.xy_m[row, 0]), float(tracks.xy_m[row, 1])))
            trails[track_id] = trail
        self.trails = trails

    def _alert(self, alert: Alert) -> None:
        view = self.alerts.get(alert.alert)
        if view is None:
            self.alerts[alert.alert] = AlertView(alert)
            self.first_s.append(alert.t_s)
        elif alert.revision > view.alert.revision:
            view.alert = alert

    def _action(self, view: AlertView, action: OperatorAction) -> None:
        """Add what a person did; an undo takes back the latest thing not yet taken back."""
        view.actions.append(action)
        view.answered = view.alert.what
        stands: list[OperatorAction] = []
        for done in view.actions:
            if done.action != "undo":
                stands.append(done)
            elif stands:
                stands.pop()
        view.acknowledged = next((a for a in stands if a.action in ("acknowledge", "dispose")), None)
        view.disposition = next((a for a in reversed(stands) if a.action == "dispose"), None)
        view.defer_until_s = next((a.until_s for a in reversed(stands) if a.action == "defer"), None)
