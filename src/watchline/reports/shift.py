"""The report of a shift: what came, what it was, how soon it was answered, what was said, and what is not known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from watchline.domain.desk import Escalation, GroupArrival, LogEntry, Signature
from watchline.domain.records import Alert, OperatorAction, SensorHealth
from watchline.reports.document import Block, Document, Heading, Line, Table, Writer
from watchline.reports.log import log_table
from watchline.reports.unseen import ClassFacts, unseen_lines

ALERTS_MOST = 200


@dataclass(frozen=True)
class ShiftFacts:
    """What was written from from_s to to_s; alerts: as they last stood, with what people did with them, in order."""

    site: str
    timezone: str
    from_s: float
    to_s: float
    alerts: Sequence[tuple[Alert, Sequence[OperatorAction]]]
    escalations: Sequence[Escalation]
    arrivals: Sequence[GroupArrival]
    signatures: Sequence[Signature]
    health: Sequence[SensorHealth]
    log: Sequence[LogEntry]
    ledger_head: str
    simulated: bool
    unseen: Sequence[ClassFacts] = ()


def shift_report(facts: ShiftFacts, say: Writer) -> Document:
    """Return the report."""
    blocks: list[Block] = [
        Line(say.say("shift.window", start=say.moment(facts.from_s), end=say.moment(facts.to_s))),
        *_unseen(facts, say),
        Heading(say.say("shift.alerts", n=len(facts.alerts))),
        *_counts(facts, say),
        *_alerts(facts.alerts, say),
        Heading(say.say("shift.told", n=len(facts.escalations))),
        *_told(facts.escalations, say),
        Heading(say.say("shift.arrivals", n=len(facts.arrivals))),
        *_arrivals(facts.arrivals, say),
        Heading(say.say("shift.health", n=len(facts.health))),
        *_health(facts.health, say),
        Heading(say.say("handover.signatures")),
        *_signatures(facts.signatures, say),
        Heading(say.say("log.title", n=len(facts.log))),
        *log_table(facts.log, say),
    ]
    marks = (say.say("mark.simulated"),) if facts.simulated else ()
    footer = say.say("footer.ledger", head=facts.ledger_head[:16])
    return Document(say.say("shift.title", site=facts.site), say.language, tuple(blocks), marks, footer)


def _unseen(facts: ShiftFacts, say: Writer) -> list[Block]:
    """Return what may have crossed unseen: nothing seen is not nothing there."""
    if all(one.most is None and not one.least for one in facts.unseen):
        return [Line(say.say("shift.unseen"))]
    return [Line(f"{say.code('subject', one.subject)}: {' '.join(unseen_lines(one, say))}") for one in facts.unseen]


def _last_word(actions: Sequence[OperatorAction]) -> OperatorAction | None:
    stands: list[OperatorAction] = []
    for action in actions:
        if action.action != "undo":
            stands.append(action)
        elif stands:
            stands.pop()
    return next((a for a in reversed(stands) if a.action == "dispose"), None)


def _counts(facts: ShiftFacts, say: Writer) -> list[Block]:
    said: Counter[str] = Counter()
    for _, actions in facts.alerts:
        last = _last_word(actions)
        said[str(last.disposition) if last is not None else "none"] += 1
    if not said:
        return []
    parts = (f"{say.code('disposition', code)} {count}" for code, count in said.most_common())
    return [Line(say.say("shift.last_words", words=" · ".join(parts)))]


def _alerts(alerts: Sequence[tuple[Alert, Sequence[OperatorAction]]], say: Writer) -> list[Block]:
    if not alerts:
        return [Line(say.say("shift.no_alerts"))]
    head = tuple(say.say(f"column.{name}") for name in ("id", "what", "place", "since", "answered", "last_word"))
    rows = []
    for alert, actions in alerts[:ALERTS_MOST]:
        last = _last_word(actions)
        first = actions[0] if actions else None
        rows.append(
            (
                alert.alert,
                say.code("alert", alert.what),
                say.say("km", km=f"{alert.position.s_m / 1000:.1f}"),
                say.clock(alert.first_s),
                "–" if first is None else f"{say.clock(first.t_s)} {first.operator}",
                "–" if last is None else say.code("disposition", str(last.disposition)),
            )
        )
    more = len(alerts) - ALERTS_MOST
    table: list[Block] = [Table(head, tuple(rows), (0.1, 0.24, 0.13, 0.13, 0.24, 0.16))]
    return [*table, Line(say.say("and_more", n=more))] if more > 0 else table


def _told(escalations: Sequence[Escalation], say: Writer) -> list[Block]:
    if not escalations:
        return [Line(say.say("none"))]
    head = tuple(say.say(f"column.{name}") for name in ("time", "id", "told", "waited"))
    rows = tuple(
        (say.clock(e.t_s), e.alert, say.code("told", e.to), say.say("seconds", s=round(e.waited_s)))
        for e in escalations
    )
    return [Table(head, rows, (0.2, 0.2, 0.35, 0.25))]


def _arrivals(arrivals: Sequence[GroupArrival], say: Writer) -> list[Block]:
    if not arrivals:
        return [Line(say.say("none"))]
    head = tuple(say.say(f"column.{name}") for name in ("time", "place", "people", "needs", "by"))
    rows = tuple(
        (
            say.clock(a.t_s),
            say.say("km", km=f"{a.position.s_m / 1000:.1f}"),
            f"{a.people_least}+" if a.people_most is None else f"{a.people_least}–{a.people_most}",
            ", ".join(say.code("need", need) for need in a.needs),
            a.person,
        )
        for a in arrivals
    )
    return [Table(head, rows, (0.16, 0.18, 0.18, 0.3, 0.18))]


def _health(health: Sequence[SensorHealth], say: Writer) -> list[Block]:
    if not health:
        return [Line(say.say("none"))]
    head = tuple(say.say(f"column.{name}") for name in ("time", "sensor", "state", "cause"))
    rows = tuple(
        (say.clock(h.t_s), h.sensor, say.code("health", h.state), say.code("cause", h.cause)) for h in health
    )
    return [Table(head, rows[:ALERTS_MOST], (0.18, 0.25, 0.22, 0.35))]


def _signatures(signatures: Sequence[Signature], say: Writer) -> list[Block]:
    if not signatures:
        return [Line(say.say("none"))]
    head = tuple(say.say(f"column.{name}") for name in ("time", "id", "desk", "by", "side", "open"))
    rows = tuple(
        (say.clock(s.t_s), s.handover, s.desk, s.person, say.code("side", s.side), str(len(s.items)))
        for s in signatures
    )
    return [Table(head, rows, (0.16, 0.13, 0.17, 0.22, 0.2, 0.12))]
