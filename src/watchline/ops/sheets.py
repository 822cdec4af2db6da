"""From a ledger to the facts of a sheet or report: one pass over what was written, exercises and tests left out."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, cast

from watchline.domain.desk import Escalation, GroupArrival, Handover, LogEntry, Signature
from watchline.domain.errors import BadInput
from watchline.domain.records import Alert, OperatorAction, Record, RunStarted, SensorHealth
from watchline.domain.site import Site
from watchline.ledger.reader import LedgerReader
from watchline.ops.ledger_site import site_of
from watchline.ops.unseen import unseen_facts
from watchline.reports.handover import HandoverFacts
from watchline.reports.shift import ShiftFacts

KINDS = (
    RunStarted, Alert, OperatorAction, Escalation, LogEntry, GroupArrival, Handover, Signature, SensorHealth,
)  # fmt: skip
SHIFT_S = 12 * 3600.0
R = TypeVar("R", bound=Record)


@dataclass(frozen=True)
class _Written:
    """What was read, by its kind, in the order in which it was learned."""

    site: Site
    head: str
    by_kind: dict[type[Record], list[Record]]

    def all(self, kind: type[R]) -> list[R]:
        return cast(list[R], self.by_kind.get(kind, []))

    @property
    def simulated(self) -> bool:
        return any(run.simulated for run in self.all(RunStarted))

    @property
    def end_s(self) -> float:
        return max((record.t_s for records in self.by_kind.values() for record in records), default=0.0)


def _read(directory: Path) -> _Written:
    """Read a ledger; what belongs to an exercise has no place in a report."""
    found: dict[type[Record], list[Record]] = defaultdict(list)
    names = [str(kind.__struct_config__.tag) for kind in KINDS]
    with LedgerReader(directory) as reader:
        site, _ = site_of(reader, directory)
        for entry in reader.events(names):
            assert isinstance(entry.value, Record)
            if not entry.value.exercise:
                found[type(entry.value)].append(entry.value)
        return _Written(site, reader.head[1], found)


def handover_facts(directory: Path, number: str = "", desk: str = "") -> HandoverFacts:
    """Return the facts of a handover: by its number, else the latest, of a desk if one is named.

    Raises BadInput when there is none.
    """
    written = _read(directory)
    found = [h for h in written.all(Handover) if number in ("", h.handover) and desk in ("", h.desk)]
    if not found:
        raise BadInput(str(directory), "holds no such handover", "prepare one at the desk")
    handover = found[-1]
    earlier = [s.t_s for s in written.all(Signature) if s.desk == handover.desk and s.t_s < handover.t_s]
    since_s = max(earlier, default=handover.t_s - SHIFT_S)
    signed = {s.side: s for s in written.all(Signature) if s.handover == handover.handover}
    until_s = max((s.t_s for s in signed.values()), default=handover.t_s)
    latest = {h.sensor: h for h in written.all(SensorHealth) if h.t_s <= until_s}
    return HandoverFacts(
        site=written.site.name,
        timezone=written.site.clock.timezone,
        handover=handover,
        outgoing=signed.get("outgoing"),
        incoming=signed.get("incoming"),
        dark=[h for _, h in sorted(latest.items()) if h.state == "dark"],
        log=[e for e in written.all(LogEntry) if e.desk == handover.desk and since_s <= e.t_s <= until_s],
        ledger_head=written.head,
        simulated=written.simulated,
    )


def shift_facts(directory: Path, from_s: float | None = None, to_s: float | None = None) -> ShiftFacts:
    """Return the facts from from_s to to_s; without them, of the last twelve hours."""
    written = _read(directory)
    end_s = written.end_s if to_s is None else to_s
    start_s = end_s - SHIFT_S if from_s is None else from_s
    if not start_s < end_s:
        raise BadInput("--from", "must be before --to")

    def inside(record: Record) -> bool:
        return start_s <= record.t_s <= end_s

    alerts = {alert.alert: alert for alert in written.all(Alert)}  # the latest revision of each
    actions: dict[str, list[OperatorAction]] = defaultdict(list)
    for action in written.all(OperatorAction):
        if action.t_s <= end_s:
            actions[action.alert].append(action)
    return ShiftFacts(
        site=written.site.name,
        timezone=written.site.clock.timezone,
        from_s=start_s,
        to_s=end_s,
        alerts=[(a, actions[a.alert]) for a in alerts.values() if start_s <= a.first_s <= end_s],
        escalations=list(filter(inside, written.all(Escalation))),
        arrivals=list(filter(inside, written.all(GroupArrival))),
        signatures=list(filter(inside, written.all(Signature))),
        health=list(filter(inside, written.all(SensorHealth))),
        log=list(filter(inside, written.all(LogEntry))),
        ledger_head=written.head,
        simulated=written.simulated,
        unseen=unseen_facts(directory, start_s, end_s).classes,
    )
