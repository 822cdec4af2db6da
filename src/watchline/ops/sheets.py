"""From a ledger to the facts of a sheet or report: one pass over what was written, exercises and tests left out."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from watchline.domain.desk import Escalation, GroupArrival, Handover, LogEntry, Signature
from watchline.domain.errors import BadInput
from watchline.domain.records import Alert, OperatorAction, Record, SensorHealth
from watchline.ops.papers.written import written
from watchline.ops.unseen import unseen_facts
from watchline.reports.handover import HandoverFacts
from watchline.reports.shift import ShiftFacts

KINDS = (
    Alert, OperatorAction, Escalation, LogEntry, GroupArrival, Handover, Signature, SensorHealth,
)  # fmt: skip
SHIFT_S = 12 * 3600.0


def handover_facts(directory: Path, number: str = "", desk: str = "") -> HandoverFacts:
    """Return the facts of a handover: by its number, else the latest, of a desk if one is named.

    Raises BadInput when there is none.
    """
    book = written(directory, KINDS)
    found = [h for h in book.all(Handover) if number in ("", h.handover) and desk in ("", h.desk)]
    if not found:
        raise BadInput(str(directory), "holds no such handover", "prepare one at the desk")
    handover = found[-1]
    earlier = [s.t_s for s in book.all(Signature) if s.desk == handover.desk and s.t_s < handover.t_s]
    since_s = max(earlier, default=handover.t_s - SHIFT_S)
    signed = {s.side: s for s in book.all(Signature) if s.handover == handover.handover}
    until_s = max((s.t_s for s in signed.values()), default=handover.t_s)
    latest = {h.sensor: h for h in book.all(SensorHealth) if h.t_s <= until_s}
    return HandoverFacts(
        site=book.site.name,
        timezone=book.site.clock.timezone,
        handover=handover,
        outgoing=signed.get("outgoing"),
        incoming=signed.get("incoming"),
        dark=[h for _, h in sorted(latest.items()) if h.state == "dark"],
        log=[e for e in book.all(LogEntry) if e.desk == handover.desk and since_s <= e.t_s <= until_s],
        ledger_head=book.head,
        simulated=book.simulated,
    )


def shift_facts(directory: Path, from_s: float | None = None, to_s: float | None = None) -> ShiftFacts:
    """Return the facts from from_s to to_s; without them, of the last twelve hours."""
    book = written(directory, KINDS)
    end_s = book.end_s if to_s is None else to_s
    start_s = end_s - SHIFT_S if from_s is None else from_s
    if not start_s < end_s:
        raise BadInput("--from", "must be before --to")

    def inside(record: Record) -> bool:
        return start_s <= record.t_s <= end_s

    alerts = {alert.alert: alert for alert in book.all(Alert)}  # the latest revision of each
    actions: dict[str, list[OperatorAction]] = defaultdict(list)
    for action in book.all(OperatorAction):
        if action.t_s <= end_s:
            actions[action.alert].append(action)
    return ShiftFacts(
        site=book.site.name,
        timezone=book.site.clock.timezone,
        from_s=start_s,
        to_s=end_s,
        alerts=[(a, actions[a.alert]) for a in alerts.values() if start_s <= a.first_s <= end_s],
        escalations=list(filter(inside, book.all(Escalation))),
        arrivals=list(filter(inside, book.all(GroupArrival))),
        signatures=list(filter(inside, book.all(Signature))),
        health=list(filter(inside, book.all(SensorHealth))),
        log=list(filter(inside, book.all(LogEntry))),
        ledger_head=book.head,
        simulated=book.simulated,
        unseen=unseen_facts(directory, start_s, end_s).classes,
    )
