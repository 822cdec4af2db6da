"""From a ledger to the month for the public: what was used, shared, looked at, audited, deleted."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from watchline.domain.desk import SeatTaken, SeededOutcome
from watchline.domain.errors import BadInput
from watchline.domain.policy import ExportApproved, Release, Released, TrackViewed
from watchline.domain.records import Alert, OperatorAction, PayloadDeleted, Record, SiteVersion
from watchline.ops.audit import second_looks
from watchline.ops.papers.written import Written, written
from watchline.reports.audit import changed
from watchline.reports.transparency import Counts, LetOut, Shared, TransparencyFacts

KINDS = (
    Alert, OperatorAction, SeededOutcome, SeatTaken, Release, Released, ExportApproved, TrackViewed, PayloadDeleted,
    SiteVersion,
)  # fmt: skip


def transparency_facts(directory: Path, from_s: float | None = None, to_s: float | None = None) -> TransparencyFacts:
    """Return the facts of a time; without one, of the month of the site's clock in which the ledger ends.

    Raises BadInput.
    """
    book = written(directory, KINDS)
    start_s, end_s = _month(book.end_s, book.site.clock.timezone)
    start_s, end_s = (start_s if from_s is None else from_s), (end_s if to_s is None else to_s)
    if not start_s < end_s:
        raise BadInput("--from", "must be before --to")

    def inside(record: Record) -> bool:
        return start_s <= record.t_s < end_s

    alerts = {a.alert: a for a in book.all(Alert) if start_s <= a.first_s < end_s}
    first_s, last = _answers(book, alerts)
    tests = [o for o in filter(inside, book.all(SeededOutcome)) if o.outcome != "withdrawn"]
    looks = list(filter(inside, book.all(TrackViewed)))
    looks_again = second_looks(directory, start_s, end_s)
    site = book.site
    versions = book.all(SiteVersion)
    return TransparencyFacts(
        site=site.name,
        timezone=site.clock.timezone,
        from_s=start_s,
        to_s=end_s,
        length_km=versions[-1].length_m / 1000.0 if versions else 0.0,
        sensors=counted(s.kind for s in site.sensors),
        sectors=[(s.id, s.from_km, s.to_km, s.organisation) for s in site.sectors],
        masks=sum(a.kind == "privacy" for a in site.areas),
        alerts=counted(a.what for a in alerts.values()),
        dispositions=counted(str(a.disposition) for a in last.values()),
        not_judged=len(alerts) - len(last),
        answered=len(first_s),
        median_s=statistics.median(first_s.values()) if first_s else None,
        tests=len(tests),
        missed=sum(o.outcome == "missed" for o in tests),
        shared=_shared(book, list(filter(inside, book.all(Released)))),
        let_out=[
            LetOut(r.t_s, r.officer, r.recipient, r.purpose, r.reason) for r in filter(inside, book.all(Release))
        ],
        exports=len(list(filter(inside, book.all(ExportApproved)))),
        looks=counted(v.how for v in looks),
        lookers=len({v.person for v in looks}),
        audits=sum(s.role == "auditor" for s in filter(inside, book.all(SeatTaken))),
        sampled=len(looks_again),
        changed=changed(looks_again),
        evidence_days=site.desk.evidence_days,
        deleted=counted(d.reason for d in filter(inside, book.all(PayloadDeleted))),
        versions=len(list(filter(inside, versions))),
        ledger_head=book.head,
        simulated=book.simulated,
    )


def counted(codes: Iterable[str]) -> Counts:
    """Return how often each code came, most first."""
    return Counter(codes).most_common()


def _month(t_s: float, timezone: str) -> tuple[float, float]:
    at = datetime.fromtimestamp(t_s, UTC).astimezone(ZoneInfo(timezone))
    first = at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    after = (first + timedelta(days=32)).replace(day=1)
    return first.timestamp(), after.timestamp()


def _answers(book: Written, alerts: dict[str, Alert]) -> tuple[dict[str, float], dict[str, OperatorAction]]:
    """Return how long the first answer took, and the last disposition that stands, by alert."""
    first_s: dict[str, float] = {}
    stands: dict[str, list[OperatorAction]] = {}
    for action in book.all(OperatorAction):
        if action.alert not in alerts:
            continue
        first_s.setdefault(action.alert, action.t_s - alerts[action.alert].first_s)
        held = stands.setdefault(action.alert, [])
        if action.action != "undo":
            held.append(action)
        elif held:
            held.pop()
    last = {
        name: disposed[-1]
        for name, all_ in stands.items()
        if (disposed := [a for a in all_ if a.action == "dispose"])
    }
    return first_s, last


def _shared(book: Written, left: list[Released]) -> list[Shared]:
    kinds = {r.id: r.kind for r in book.site.recipients}
    groups: dict[tuple[str, str], list[Released]] = {}
    for one in left:
        groups.setdefault((one.recipient, one.what), []).append(one)
    return [
        Shared(who, kinds.get(who, "unknown"), what, len(all_), min(one.cell_m for one in all_))
        for (who, what), all_ in sorted(groups.items())
    ]
