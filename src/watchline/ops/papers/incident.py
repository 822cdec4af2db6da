"""From a ledger to the dossier of one alert, or of all alerts about one track: every record that names it."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from watchline.domain.desk import Escalation, Evidence, GroupArrival, LogEntry
from watchline.domain.errors import BadInput
from watchline.domain.policy import Release, Released, TrackViewed
from watchline.domain.records import (
    Alert,
    Clip,
    Cue,
    ExplainedTrack,
    OperatorAction,
    PayloadDeleted,
    Record,
    RunStarted,
    SensorHealth,
    Suppression,
)
from watchline.domain.respond import Proposal, Task, TaskApproval, TaskEscalation, TaskReport, TaskSent
from watchline.ledger.reader import Entry, LedgerReader
from watchline.ops.ledger_site import site_of
from watchline.reports.incident import Happened, IncidentFacts, Kept

KINDS = (
    Alert, OperatorAction, Suppression, Escalation, Clip, Evidence, Cue, LogEntry, GroupArrival, ExplainedTrack,
    Release, Released, TrackViewed, PayloadDeleted, SensorHealth, RunStarted, Proposal, TaskApproval, Task, TaskSent,
    TaskReport, TaskEscalation,
)  # fmt: skip
LEAST_M = 2000.0  # the unseen is told of the kilometres this near the place
PEOPLE = ("decided", "logged", "released", "viewed", "approved", "task_sent", "task_report")
BY_PEOPLE = frozenset(f"incident.{name}" for name in PEOPLE)
BEFORE_S = 3600.0  # and of this long before and after


@dataclass(frozen=True)
class _About:
    """The names by which records can speak of the incident: alerts, ids of their records, tracks, what was kept."""

    alerts: frozenset[str]
    records: frozenset[str]
    tracks: frozenset[int]
    kept: frozenset[str] = frozenset()
    tasks: frozenset[str] = frozenset()


def incident_facts(directory: Path, alert: str = "", track: int | None = None) -> IncidentFacts:
    """Return the facts about an alert by its number, or about all alerts of a track; else of the latest alert.

    Raises BadInput when there is none, or it belongs to an exercise.
    """
    names = [str(kind.__struct_config__.tag) for kind in KINDS]
    with LedgerReader(directory) as reader:
        site = site_of(reader, directory).site
        entries = list(reader.events(names))
        told = _told(directory, entries, alert, track)
        about = _About(
            frozenset(a.alert for a in told),
            frozenset(a.id for a in told),
            frozenset(a.track_id for a in told if a.track_id is not None),
        )
        kept = list(_kept(reader, entries, about))
        tasks = frozenset(
            e.value.task for e in entries if isinstance(e.value, Task) and e.value.alert in about.alerts
        )
        about = replace(about, tasks=tasks, kept=frozenset(x for one in kept for x in (one.payload_id, one.name)))
        course = [h for entry in entries for h in _happened(entry, about)]
        batches = tuple((seq, digest) for seq, digest, _ in reader.heads(*sorted({h.batch for h in course})))
        head = reader.head[1]
    records = [e.value for e in entries]
    dark = {
        r.sensor: r for r in records
        if isinstance(r, SensorHealth) and not r.exercise and r.t_s <= told[0].t_s
    }  # fmt: skip
    return IncidentFacts(
        site=site.name,
        timezone=site.clock.timezone,
        alert=told[-1],
        first=told[0],
        course=course,
        actions=[r for r in records if isinstance(r, OperatorAction) and r.alert in about.alerts],
        kept=kept,
        dark=[h for _, h in sorted(dark.items()) if h.state == "dark"],
        batches=batches,
        ledger_head=head,
        simulated=any(isinstance(r, RunStarted) and r.simulated for r in records),
    )


def blind(facts: IncidentFacts) -> IncidentFacts:
    """Return a dossier without what people said of it, and without whatever came after their first word."""
    first_s = min((a.t_s for a in facts.actions), default=math.inf)
    course = [h for h in facts.course if h.known_s < first_s and h.what not in BY_PEOPLE]
    return replace(facts, alert=facts.first, actions=(), course=course, blind=True)


def beside_of(facts: IncidentFacts) -> tuple[float, float, tuple[float, float]]:
    """Return from when, to when, and which kilometres, an incident's dossier tells the unseen of."""
    s_m = facts.alert.position.s_m
    low_km = max(0.0, (s_m - LEAST_M) // 1000.0)
    last_s = max([h.t_s for h in facts.course] + [facts.alert.t_s])
    return facts.first.first_s - BEFORE_S, last_s + BEFORE_S, (low_km, (s_m + LEAST_M) // 1000.0 + 1.0)


def _told(directory: Path, entries: list[Entry], alert: str, track: int | None) -> list[Alert]:
    alerts = [e.value for e in entries if isinstance(e.value, Alert)]
    if track is not None:
        found = [a for a in alerts if a.track_id == track]
    else:
        name = alert or next((a.alert for a in reversed(alerts) if not a.exercise), "")
        found = [a for a in alerts if a.alert == name]
    if not found:
        raise BadInput(str(directory), "holds no such alert", "give --number, such as A-12, or --track")
    real = [a for a in found if not a.exercise]
    if not real:
        raise BadInput(
            str(directory), f"{found[0].alert} belongs to an exercise", "there is no dossier of an exercise"
        )
    return real


def _kept(reader: LedgerReader, entries: list[Entry], about: _About) -> Iterator[Kept]:
    gone = {e.value.payload_id: e.value for e in entries if isinstance(e.value, PayloadDeleted)}

    def one(what: str, name: str, sensor: str, span: tuple[float, float], payload_id: str) -> Kept:
        held = reader.payload(payload_id)
        digest = "" if held is None else hashlib.sha256(held.data).hexdigest()
        proof = gone.get(payload_id)
        when, why = (None, "") if proof is None else (proof.t_s, proof.reason)
        return Kept(what, name, sensor, span[0], span[1], payload_id, digest, when, why)

    for entry in entries:
        r = entry.value
        if isinstance(r, Clip) and r.alert in about.alerts:
            yield one("clip", r.clip, r.sensor, (r.t0_s, r.t1_s), r.payload_id)
        elif isinstance(r, Evidence) and r.alert in about.alerts:
            yield one("map", r.id, "", (r.t_s, r.t_s), r.map_payload)
            yield one("sheet", r.id, "", (r.t_s, r.t_s), r.sheet_payload)


def _happened(entry: Entry, about: _About) -> Iterator[Happened]:
    record = entry.value
    assert isinstance(record, Record)
    if record.exercise:
        return
    said = _of_alert(record, about) or _of_task(record, about) or _of_rest(record, about)
    if said is not None:
        what, args, who = said
        yield Happened(record.t_s, entry.known_s, entry.seq, f"incident.{what}", args, who)


Said = tuple[str, dict[str, str], str]


def _of_alert(record: Record, about: _About) -> Said | None:
    """Return the line of a record that names one of the alerts."""
    alert = record.what if isinstance(record, Suppression) else getattr(record, "alert", None)
    if alert not in about.alerts:
        return None
    match record:
        case Alert():
            args = {"alert__what": record.what, "level": str(record.level), "km": f"{record.position.s_m / 1000:.1f}"}
            return ("told" if record.state == "open" else "closed", args, record.source)
        case OperatorAction():
            return "decided", {"did__action": record.action}, record.operator
        case Suppression():
            return ("shown_again" if record.over else "held_back", {"rule__rule": record.rule}, record.by or "–")
        case Escalation():
            return "escalated", {"told__to": record.to, "s": f"{record.waited_s:.0f}"}, record.source
        case _:
            return _of_people(record)


def _of_people(record: Record) -> Said | None:
    """Return the line of a record by which people, or cameras for them, added something to an alert."""
    match record:
        case Clip():
            return "clip", {"name": record.clip, "sensor": record.sensor}, record.sensor
        case Evidence():
            return "evidence", {}, record.source
        case Cue():
            return f"cue_{record.state}", {"camera": record.camera}, record.source
        case LogEntry():
            text = record.text or record.phrase
            return "logged", {"log__kind": record.what, "text": text}, record.person
        case GroupArrival():
            return "arrival", {"n": str(record.people_least)}, record.person
        case Release():
            return "released", {"recipient": record.recipient, "reason": record.reason}, record.officer
        case _:
            return None


def _of_task(record: Record, about: _About) -> Said | None:
    """Return the line of a record about who was proposed, approved and sent, and what they said of it."""
    match record:
        case Proposal() if record.alert in about.alerts:
            units = ", ".join(option.unit for option in record.options) or "–"
            return "proposed", {"units": units}, record.source
        case TaskApproval() if record.alert in about.alerts:
            return "approved", {"unit": record.unit, "right": record.by_right}, record.operator
        case TaskSent() if record.task in about.tasks:
            return "task_sent", {"task": record.task, "link": record.link or "–", "say": record.say}, record.source
        case TaskReport() if record.task in about.tasks:
            text = " ".join(part for part in (record.result, record.text) if part) or "–"
            return "task_report", {"task": record.task, "task__state": record.state, "text": text}, record.unit
        case TaskEscalation() if record.task in about.tasks:
            return "task_unanswered", {"task": record.task, "told__to": record.to}, record.source
        case _:
            return None


def _of_rest(record: Record, about: _About) -> Said | None:
    """Return the line of a record that names a track, a record or a payload of the incident."""
    match record:
        case ExplainedTrack() if record.track_id in about.tracks:
            return f"track_{record.state}", {"by": record.by, "rule__rule": record.rule}, record.source
        case Released() if about.records.intersection(record.provenance):
            return "left", {"recipient": record.recipient, "digest": record.digest}, record.link
        case TrackViewed() if _looked_at(record, about):
            return "viewed", {"viewed__how": record.how}, record.person
        case PayloadDeleted() if record.payload_id in about.kept:
            return "deleted", {"reason": record.reason}, record.source
        case _:
            return None


def _looked_at(view: TrackViewed, about: _About) -> bool:
    if view.how == "trail":
        return view.ref in {str(track) for track in about.tracks}
    return view.ref in about.kept or view.ref.partition(" ")[0] in about.alerts
