"""The ledger as lines of a log: one line for each record that somebody who runs the system may have to know of.

Rules: a log travels (to a collector, in a support bundle, over a shoulder), so a line holds no place, no track, no
words that people wrote, no number of people and not where the line is weak: only fields that are named here.  Kinds
that are not here are not logged; a test asks for a decision about each kind there is.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from watchline.domain.kinds import kind_of
from watchline.domain.records import Record

Level = Literal["info", "warning", "error"]
LEVELS: tuple[Level, ...] = ("info", "warning", "error")

LOGGED: dict[str, tuple[Level, tuple[str, ...]]] = {
    "run_started": ("info", ("version", "site", "seed", "fidelity", "simulated")),
    "run_ended": ("info", ()),
    "site_version": ("info", ("digest",)),
    "sensor_health": ("warning", ("sensor", "state", "cause")),
    "node_receipt": ("info", ("node", "lost_scans", "lost_detections")),
    "node_registered": ("info", ("node", "name")),
    "clock_jump": ("warning", ("node", "jump_s")),
    "drop": ("error", ("queue", "dropped")),
    "worker_fault": ("error", ("worker",)),
    "rejection": ("warning", ("what", "rule")),
    "alert": ("info", ("alert", "revision", "what", "state", "level")),
    "escalation": ("warning", ("alert", "step", "waited_s", "limit_s")),
    "operator_action": ("info", ("alert", "operator", "action", "desk")),
    "seat_taken": ("info", ("person", "role", "desk")),
    "handover": ("info", ("handover", "desk", "outgoing", "incoming")),
    "suppression": ("info", ("what", "rule", "until_s")),
    "shelving": ("info", ("shelving", "scope", "until_s", "operator", "lifted")),
    "line_strength": ("warning", ()),
    "line_uncovered": ("warning", ("limit_s",)),
    "task_sent": ("info", ("task", "link")),
    "task_escalation": ("warning", ("task", "why", "waited_s", "limit_s")),
    "mission_approval": ("info", ("drone", "step", "digest", "operator")),
    "mission_outcome": ("info", ("drone", "outcome", "digest", "reason")),
    "release": ("info", ("release", "recipient", "officer", "until_s")),
    "release_ended": ("info", ("release", "officer")),
    "released": ("info", ("recipient", "link", "digest", "release")),
    "export_asked": ("info", ("export", "person", "layer", "form")),
    "export_approved": ("info", ("export", "person", "until_s")),
    "track_viewed": ("info", ("person", "how")),
    "mask_lift_asked": ("info", ("lift", "person", "until_s")),
    "mask_lift_agreed": ("info", ("lift", "person")),
    "legal_hold": ("info", ("hold", "alert", "person")),
    "late_looks": ("info", ("looks", "found")),
    "partner_word": ("info", ("state", "ref")),
    "told_partner": ("info", ("recipient", "officer", "what")),
    "legal_hold_ended": ("info", ("hold", "person")),
    "payload_deleted": ("info", ("payload_id", "reason")),
    "columns_deleted": ("info", ("columns", "sections", "rows", "reason")),
    "sample_drawn": ("info", ("sample", "of", "person")),
    "looked_again": ("info", ("sample", "person")),
    "node_replay": ("info", ("node", "from_number", "to_number", "refused", "repeated")),
    "radar_service": ("info", ("radar", "what", "faults")),
    "head_state": ("info", ("camera", "fault")),
    "exercise": ("info", ("run", "person", "scenario", "state")),
    "operation_stated": ("info", ("operation", "person", "what", "commander", "begins_s", "ends_s")),
    "operation_plan": ("info", ("operation", "plan", "p_found", "bound")),
    "operation_progress": ("info", ("operation", "pod", "looked_at", "digest", "fault")),
    "operation_order": ("info", ("operation", "plan", "person", "units")),
    "operation_ended": ("info", ("operation", "person", "reached")),
    "posture_proposed": ("info", ("posture", "level", "cause", "expires_s")),
    "posture_approved": ("info", ("posture", "person")),
    "search_begun": ("info", ("search", "person", "subject", "alert")),
    "search_plan": ("info", ("search", "plan", "facts", "p_found", "bound")),
    "search_progress": ("info", ("search", "facts", "p_success", "digest")),
    "search_order": ("info", ("search", "plan", "person", "units")),
    "search_ended": ("info", ("search", "person", "result")),
}
UNLOGGED = frozenset(
    """
    air_cover aircraft_report airspace_block beacon cell_report chat claim_verdict clip cue detection_trial
    distress_call drone_state evidence explained_track field_report ground_report ground_seen group_arrival
    inspection known_movement learned_movement log_entry map_shape minute_basis mission_plan node_alert
    node_answer node_detection node_status node_task operation_plan_asked outside_track partner_event passage_trial
    patrols_sealed place_look place_told proposal public_claim pursuit_step radar_plot radar_track report_receipt
    search_look search_plan_asked search_sign search_watched seeded_outcome seeded_test sign_found signature
    synthetic_crosser task task_approval task_report unit_place unit_readiness unit_report video_geometry weather
    weather_observation
    """.split()  # noqa: SIM905  a hundred quoted names are no easier to read
)
"""Where people are, what they said, and what comes by the second: it stays in the ledger."""


class LogLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line.  t_s: when it happened, known_s: when it was learned, on the core's clock; seq: batch of the ledger."""

    t_s: float
    known_s: float
    seq: int
    level: Level
    kind: str
    id: str
    source: str
    fields: dict[str, Any]


def line_of(record: Record, seq: int, known_s: float) -> LogLine | None:
    """Return the line of a record, None when it is none to be logged."""
    kind = kind_of(record)
    if kind not in LOGGED:
        return None
    level, names = LOGGED[kind]
    told = {name: msgspec.to_builtins(getattr(record, name)) for name in names}
    fields = {name: value for name, value in told.items() if value not in (None, "", [], ())}
    if kind == "sensor_health" and getattr(record, "state", "") == "ok":
        level = "info"
    return LogLine(
        t_s=record.t_s, known_s=known_s, seq=seq, level=level, kind=kind, id=record.id, source=record.source,
        fields=fields,
    )  # fmt: skip


def words_of(line: LogLine, when: str) -> str:
    """Return a line as text: time, level, kind, source, then field=value."""
    told = " ".join(f"{name}={_quoted(value)}" for name, value in line.fields.items())
    return f"{when} {line.level:7} {line.kind:16} {line.source} {told}".rstrip()


def _quoted(value: object) -> str:
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return msgspec.json.encode(text).decode() if any(c.isspace() or c in '"=' for c in text) else text
