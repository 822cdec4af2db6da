"""The picture: what is known now, as a fold over everything that was written.

The live desk and `watchline replay` fold the same records with the same function, so a replayed picture is the
picture the desk had.  Mutable on purpose: it is folded hundreds of times a second.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from watchline.alerting.desk import state as desk
from watchline.alerting.desk.item import Item
from watchline.alerting.desk.setup import NOWHERE
from watchline.domain.batches import DetectionBatch, InterruptionBatch, MissBatch, ScanBatch, TrackBatch, standing
from watchline.domain.policy import (
    ExportApproved,
    ExportAsked,
    LegalHold,
    LegalHoldEnded,
    MaskLiftAgreed,
    MaskLiftAsked,
    Release,
    ReleaseEnded,
)
from watchline.domain.records import (
    AirCover,
    ExplainedTrack,
    FieldReport,
    Inspection,
    KnownMovement,
    LearnedMovement,
    LineStrength,
    MapShape,
    PartnerEvent,
    Record,
    RunStarted,
    SensorHealth,
    SiteVersion,
    UnitReport,
    Weather,
)
from watchline.domain.respond import LineUncovered, PursuitStep
from watchline.ops.account.lessons import Lessons, gathered
from watchline.ops.account.whereabouts import Whereabouts
from watchline.ops.exchange.outside import Outside, keep_newest
from watchline.policy import masks
from watchline.response import operations, posture, pursuit, tasking
from watchline.search import live as searching

F8 = NDArray[np.float64]

BY_HAND = "hand-"  # ids of what people told by hand begin so, and go on with the key of their press
TRAIL_EVERY_S = 3.0
TRAIL_POINTS = 600  # half an hour


Batch = ScanBatch | DetectionBatch | TrackBatch | MissBatch | InterruptionBatch


def report_key(record: Record) -> str:
    """Return by what a person's report is known, on whatever way and however often it comes."""
    numbered = isinstance(record, FieldReport | Inspection) and record.number is not None
    return f"{record.source}.{record.number}" if numbered else record.id  # type: ignore[attr-defined]


@dataclass
class Picture:
    """What is known at `now_s`.

    heard_s, az0_rad, az1_rad, range_m (N,) of every sensor's latest look, NaN before the first; misses,
    interruptions: the latest minute's account, empty before the first; movements: those told, by their number;
    learned: cells of quiet movement, by place and hour; strength: of each stretch as last told; lessons: of
    trials and test alerts; releases: those not taken back, by their id; exports: what was asked and who agreed;
    holds: of what must not be deleted;
    lifts: of privacy masks.
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
    interruptions: InterruptionBatch = field(default_factory=InterruptionBatch.empty)
    lessons: Lessons = field(default_factory=Lessons)
    desk: desk.State = field(default_factory=lambda: desk.init(NOWHERE))
    health: dict[str, SensorHealth] = field(default_factory=dict)
    units: dict[str, UnitReport] = field(default_factory=dict)
    whereabouts: Whereabouts = field(default_factory=Whereabouts)
    reports: dict[str, FieldReport | Inspection | PartnerEvent | AirCover | MapShape] = field(default_factory=dict)
    by_hand: set[str] = field(default_factory=set)
    weather: dict[tuple[float, float], Weather] = field(default_factory=dict)
    movements: dict[str, KnownMovement] = field(default_factory=dict)
    learned: dict[tuple[float, float, int, str], tuple[float, float]] = field(default_factory=dict)
    strength: dict[tuple[float, float], LineStrength] = field(default_factory=dict)
    trails: dict[int, deque[tuple[float, float, float]]] = field(default_factory=dict)
    outside: Outside = field(default_factory=Outside)
    releases: dict[str, Release] = field(default_factory=dict)
    lifts: masks.Masks = field(default_factory=masks.Masks)
    holds: dict[str, LegalHold] = field(default_factory=dict)
    exports: dict[str, tuple[ExportAsked, ExportApproved | None]] = field(default_factory=dict)
    tasking: tasking.State = field(default_factory=tasking.State)
    pursuits: pursuit.State = field(default_factory=pursuit.State)
    uncovered: LineUncovered | None = None
    searches: searching.State = field(default_factory=searching.State)
    posture: posture.State = field(default_factory=posture.State)
    operations: operations.State = field(default_factory=operations.State)

    def __post_init__(self) -> None:
        """Give every sensor its place in the columns."""
        for name in ("heard_s", "az0_rad", "az1_rad", "range_m"):
            setattr(self, name, np.full(self.sensors, np.nan))

    @property
    def alerts(self) -> Mapping[str, Item]:
        """Return every alert by its id, with all that people and cameras have added to it since."""
        return self.desk.items

    @property
    def explained(self) -> Mapping[int, ExplainedTrack]:
        """Return the tracks that raise no alert, and by what."""
        return self.desk.explained

    def apply(self, record: Record) -> None:
        """Fold one record in; one of an exercise is never part of the picture, save what explains a real track."""
        if record.exercise and not isinstance(record, ExplainedTrack):
            return
        self._note_hand(record)
        self.desk = desk.step(self.desk, record)
        self.outside.apply(record)
        self.tasking = tasking.step(self.tasking, record)
        self.searches = searching.step(self.searches, record)
        self.posture = posture.step(self.posture, record)
        self.operations = operations.step(self.operations, record)
        match record:
            case SensorHealth():
                self._health(record)
            case UnitReport():
                keep_newest(self.units, record.unit, record)
                self.whereabouts.apply(record)
            case Weather():
                keep_newest(self.weather, (record.from_km, record.to_km), record)
            case FieldReport() | Inspection() | PartnerEvent() | AirCover() | MapShape():
                self.reports[report_key(record)] = record
            case RunStarted():
                self.run = record
            case SiteVersion():
                self.site = record
            case (
                Release() | ReleaseEnded() | ExportAsked() | ExportApproved() | LegalHold() | LegalHoldEnded()
                | MaskLiftAsked() | MaskLiftAgreed()
            ):  # fmt: skip
                self._by_officers(record)
            case PursuitStep():
                self.pursuits = pursuit.step(self.pursuits, record)
            case _:
                self._known(record)

    def _health(self, record: SensorHealth) -> None:
        """Take what is told of a sensor, unless a tower that was away told it of a time before the last word.

        Our own word counts as it comes: "dark" is dated back to when a sensor was last heard.
        """
        before = self.health.get(record.sensor)
        if record.source == "health" or before is None or record.t_s >= before.t_s:
            self.health[record.sensor] = record

    def _by_officers(self, record: Record) -> None:
        """Fold in what people let others see, and what they hold; what is over is forgotten."""
        match record:
            case LegalHold():
                self.holds[record.hold] = record
            case LegalHoldEnded():
                self.holds.pop(record.hold, None)
            case MaskLiftAsked() | MaskLiftAgreed():
                self.lifts = masks.heard(self.lifts, record)
            case Release():
                self.releases = {k: v for k, v in self.releases.items() if v.until_s > record.t_s}
                self.releases[record.release] = record
            case ReleaseEnded():
                self.releases.pop(record.release, None)
            case ExportAsked():
                self.exports[record.export] = record, None
            case ExportApproved() if record.export in self.exports:
                self.exports[record.export] = self.exports[record.export][0], record
            case _:
                pass

    def _known(self, record: Record) -> None:
        """Fold in what is known of movement and of the line."""
        match record:
            case KnownMovement():
                self.movements[record.movement] = record
            case LearnedMovement():
                for s_m, d_m, hour, name, count, until_s in record.cells:
                    self.learned.pop((s_m, d_m, hour, name), None)
                    if count > 0:
                        self.learned[s_m, d_m, hour, name] = count, until_s
            case LineUncovered():
                self.uncovered = record
            case LineStrength():
                self.strength[record.from_km, record.to_km] = record
            case _:
                pass

    def _note_hand(self, record: Record) -> None:
        self.lessons = gathered(self.lessons, record)
        if record.id.startswith(BY_HAND):
            self.by_hand.add(record.id)

    def apply_columns(self, batch: Batch) -> None:
        """Fold scans, tracks or accounts in; detections change nothing here.

        Of tracks only the latest moment is kept; a batch may hold several moments.
        """
        if isinstance(batch, ScanBatch):
            # A look that was kept while its node was away says nothing of where the sensor looks now.
            rows = np.flatnonzero(~(batch.t_s < self.heard_s[batch.sensor]))
            sensor = batch.sensor[rows]
            self.heard_s[sensor] = batch.t_s[rows]
            self.az0_rad[sensor] = batch.az0_rad[rows]
            self.az1_rad[sensor] = batch.az1_rad[rows]
            self.range_m[sensor] = batch.range_m[rows]
        elif isinstance(batch, MissBatch) and len(batch):
            latest = float(batch.t_s.max())
            if (
                not len(self.misses) or latest >= self.misses.t_s[0]
            ):  # an earlier minute reckoned anew is not the latest
                self.misses = standing(batch.take(batch.t_s == latest))
        elif isinstance(batch, InterruptionBatch) and len(batch):
            self.interruptions = batch.take(batch.t_s == batch.t_s.max())
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
        if any(track not in trails for track in self.desk.explained):
            self.desk = desk.only_tracks(self.desk, trails)
