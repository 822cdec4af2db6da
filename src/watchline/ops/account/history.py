"""Looks that came too late for the live tracks, gone through for crossers all the same, in a process of its own.

late looks in the ledger ► in order of time, through the watch spine anew ► what came to the line or crossed it

Theory: the spine is the live one (`ops/watch.py`), begun afresh wherever there is a gap, with the reports of units,
movements and weather of that time, so that our own patrols raise nothing.  What a live alert tells of already is not
told again.  What is told goes to the desk as an alert that was found late: a person looks at it, nobody is sent.

Limits: only the late looks are gone through, not those that other towers sent in time: somebody whom one tower saw
live and another late, in two places, is two.
"""

from __future__ import annotations

import contextlib
import os
import traceback
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec
import numpy as np

from watchline.domain.batches import DetectionBatch, ScanBatch
from watchline.domain.records import Alert, Fact, Record
from watchline.ledger.reader import LedgerReader
from watchline.ops import watch
from watchline.ops.account.again import LATE_S
from watchline.ops.beside import Beside, Died, questions
from watchline.ops.ledger_site import SensorNumbers
from watchline.ops.mobility import going
from watchline.ops.resume import nothing_before
from watchline.ops.site_file import LoadedSite, read_site

GAP_S = 120.0  # between looks: what was tracked before is forgotten
STEP_S = 1.0
BEFORE_S = 600.0  # reports of units and weather that still hold when the looks begin
SAME_S, SAME_M = 120.0, 500.0  # an alert that was told live so near is about the same one
OF_CROSSERS = ("approaching", "crossing", "crossed")
CONTEXT = ("known_movement", "unit_report", "weather")


@dataclass(frozen=True)
class Gone:
    """What was gone through: times of the looks, how many, and what they show; looks 0: there was nothing late."""

    from_s: float
    to_s: float
    looks: int
    found: tuple[Alert, ...]


def gone_through(loaded: LoadedSite, ledger: Path, after_seq: int, upto_seq: int) -> Gone:
    """Return what late looks in batches after_seq < seq <= upto_seq show of crossers."""
    with LedgerReader(ledger) as reader:
        numbers = SensorNumbers(reader, tuple(sensor.id for sensor in loaded.site.sensors))
        scans, detections = _late(reader, after_seq, upto_seq, numbers)
        if not len(scans):
            return Gone(0.0, 0.0, 0, ())
        from_s, to_s = float(scans.t_s[0]), float(scans.t_s[-1])
        told = [e.value for e in reader.events(CONTEXT, from_s - BEFORE_S, to_s) if isinstance(e.value, Record)]
        told.sort(key=lambda record: record.t_s)
        live = [e.value for e in reader.events(["alert"], from_s - BEFORE_S, to_s + BEFORE_S)]
    found: dict[str, Alert] = {}
    ends = np.append(np.flatnonzero(np.diff(scans.t_s) > GAP_S) + 1, len(scans))
    spine = _spine(loaded, from_s)
    begin = 0
    for part, end in enumerate(ends.tolist()):
        rows = scans.take(slice(begin, end))
        begin = end
        for alert in _crossers(spine, rows, detections, told):
            found[f"{part}:{alert.alert}"] = alert
    already = [a for a in live if isinstance(a, Alert) and a.what in OF_CROSSERS and not a.exercise]
    new = [a for a in found.values() if not any(_same(a, b) for b in already)]
    return Gone(from_s, to_s, len(scans), tuple(_as_found(a, n, upto_seq) for n, a in enumerate(new, 1)))


def _late(
    reader: LedgerReader, after_seq: int, upto_seq: int, sensors: SensorNumbers
) -> tuple[ScanBatch, DetectionBatch]:
    """Return the late looks in order of time and what they found."""
    looks: list[ScanBatch] = []
    found: list[DetectionBatch] = []
    # Looks are numbered anew by every run; in a batch of an older core links and towers may share numbers.
    numbers: dict[tuple[int, int, int], int] = {}
    for entry in reader.since(after_seq):
        if entry.seq > upto_seq:
            break
        if isinstance(entry.value, ScanBatch | DetectionBatch):
            rows = sensors.of(entry.value.take(entry.value.t_s < entry.known_s - LATE_S), entry.seq)
            keys = zip(rows.sensor.tolist(), rows.scan_id.tolist(), strict=True)
            own = [numbers.setdefault((entry.seq, *key), len(numbers)) for key in keys]
            again = rows.with_columns(scan_id=np.array(own, np.int32))
            (looks if isinstance(again, ScanBatch) else found).append(again)  # type: ignore[arg-type]
    scans, detections = ScanBatch.join(looks), DetectionBatch.join(found)
    return scans.take(np.argsort(scans.t_s, kind="stable")), detections


def _spine(loaded: LoadedSite, now_s: float) -> watch.State:
    """Return the watch spine of a site that knows of nobody yet."""
    site, terrain = loaded.site, loaded.terrain()
    on_foot = going(loaded, terrain).speed_factor("foot", ours=False)
    before = nothing_before(site, loaded.line)
    return watch.init(site, loaded.line, terrain, on_foot, frozenset(), now_s, before, reckoned=True)


def _crossers(state: watch.State, scans: ScanBatch, detections: DetectionBatch, told: list[Record]) -> list[Alert]:
    """Return what one unbroken piece of history shows, each as it was last told of while it was in sight.

    state: the spine before the first look; which sensors it takes for dark says nothing of crossers.
    """
    start_s, end_s = float(scans.t_s[0]) - STEP_S, float(scans.t_s[-1])
    mine = detections.take(np.isin(detections.scan_id, scans.scan_id))
    owner_s = dict(zip(scans.scan_id.tolist(), scans.t_s.tolist(), strict=True))
    found_s = np.array([owner_s[k] for k in mine.scan_id.tolist()])
    order = np.argsort(found_s, kind="stable")
    mine, found_s = mine.take(order), found_s[order]
    records = [r for r in told if start_s - BEFORE_S <= r.t_s <= end_s]
    found: dict[str, Alert] = {}
    at_scan = at_found = at_record = 0
    for now_s in np.arange(start_s + STEP_S, end_s + 2 * STEP_S, STEP_S):
        to_scan, to_found = np.searchsorted(scans.t_s, now_s, "right"), np.searchsorted(found_s, now_s, "right")
        to_record = at_record
        while to_record < len(records) and records[to_record].t_s <= now_s:
            to_record += 1
        heard = watch.Heard(
            tuple(records[at_record:to_record]), scans.take(slice(at_scan, to_scan)),
            mine.take(slice(at_found, to_found)), (), False,
        )  # fmt: skip
        at_scan, at_found, at_record = int(to_scan), int(to_found), to_record
        state, seen = watch.step(state, heard, float(now_s))
        for record in seen.records:
            if isinstance(record, Alert) and record.what in OF_CROSSERS and record.track_id is not None:
                found[record.alert] = record
    return list(found.values())


def _same(late: Alert, live: Alert) -> bool:
    near_m = abs(late.position.s_m - live.position.s_m) <= SAME_M
    return near_m and late.first_s <= live.t_s + SAME_S and live.first_s <= late.t_s + SAME_S


def _as_found(alert: Alert, number: int, upto_seq: int) -> Alert:
    """Return an alert as the desk is told it; its time is set when it is kept."""
    name = f"late-{upto_seq}-{number}"
    return msgspec.structs.replace(
        alert, id=f"{name}.1", source="history", alert=name, revision=1, state="open", track_id=None, eta=None,
        cover=None, verifiers=(), found_late=True, no_clip_reason_key="noclip.no_pictures",
        facts=alert.facts, provenance=(f"batches to {upto_seq}",),
    )  # fmt: skip


def when_told(alert: Alert, now_s: float) -> Alert:
    """Return an alert found late as it is told now: the fact that it is late comes first."""
    minutes = round((now_s - alert.t_s) / 60.0)
    late = Fact(text_key="fact.found_late", args={"minutes": minutes}, source="history", t_s=now_s)
    return msgspec.structs.replace(alert, t_s=now_s, facts=(late, *alert.facts))


class HistoryWorker:
    """One pass at a time in a process of its own.  Mutable: it owns the process."""

    def __init__(self, site: Path, ledger: Path) -> None:
        self._site, self._ledger = site, ledger
        self._beside: Beside | None = None

    @property
    def busy(self) -> bool:
        """Return whether a pass is going on, or its answer waits."""
        return self._beside is not None

    def ask(self, after_seq: int, upto_seq: int) -> None:
        """Begin a pass; not while one is going on."""
        self._beside = Beside("watchline-history", _work, self._site, self._ledger)
        with contextlib.suppress(Died):  # `take` says so
            self._beside.ask((after_seq, upto_seq))

    def take(self, *, wait: bool) -> Gone | str | None:
        """Return what a pass found, a line that says why it failed, or None while it goes on."""
        if self._beside is None:
            return None
        try:
            answer: Gone | str | None = self._beside.hear(wait=wait)
        except Died:
            answer = "the process died"
        if answer is None:
            return None
        self.close()
        return answer

    def close(self) -> None:
        """End it; what it was at is begun again when the core goes on."""
        if self._beside is not None:
            self._beside.close(within_s=0.0)
        self._beside = None


def _work(pipe: Connection, site: Path, ledger: Path) -> None:
    os.nice(5)  # what happens now comes first
    for after_seq, upto_seq in questions(pipe):
        try:
            pipe.send(gone_through(read_site(site), ledger, after_seq, upto_seq))
        except Exception as error:  # noqa: BLE001 (it is told in the core)
            where = traceback.extract_tb(error.__traceback__)[-1].name
            pipe.send(f"{type(error).__name__}: {error} ({where})")
