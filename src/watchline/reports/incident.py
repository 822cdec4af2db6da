"""The dossier of one incident: what the desk was told when, who decided what, what is kept, where it is proved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from watchline.domain.records import Alert, Fact, OperatorAction, SensorHealth
from watchline.reports.document import Block, Document, Heading, Line, Table, Writer

LINES_MOST = 400
DARK_MOST = 40


@dataclass(frozen=True)
class Happened:
    """A line of the course of things.

    t_s: when it happened; known_s: when the desk learned it; batch: of the ledger, in which it is; what: a key of the
    words and what is put in; who: said or did it.
    """

    t_s: float
    known_s: float
    batch: int
    what: str
    args: dict[str, str]
    who: str


@dataclass(frozen=True)
class Kept:
    """A clip, map or sheet.

    payload_id: salted hash in the chain; digest: SHA-256 of the bytes as they are now, "" when they are not held;
    deleted_s, reason: when and why they were removed.
    """

    what: str
    name: str
    sensor: str
    from_s: float
    to_s: float
    payload_id: str
    digest: str
    deleted_s: float | None = None
    reason: str = ""


@dataclass(frozen=True)
class IncidentFacts:
    """One alert with all that belongs to it, oldest first; dark: sensors known to be dark when it was first told.

    blind: what people said of it is left out, for a second look.  batches: (number, hash) of every batch that is
    named; ledger_head: of the chain it was read from.
    """

    site: str
    timezone: str
    alert: Alert
    first: Alert
    course: Sequence[Happened]
    actions: Sequence[OperatorAction]
    kept: Sequence[Kept]
    dark: Sequence[SensorHealth]
    batches: Sequence[tuple[int, str]]
    ledger_head: str
    simulated: bool
    blind: bool = False


def incident_report(facts: IncidentFacts, say: Writer) -> Document:
    """Return the dossier."""
    alert = facts.alert
    km, side = f"{alert.position.s_m / 1000:.1f}", "outside" if alert.position.d_m < 0.0 else "home"
    what = say.code("alert", alert.what)
    blocks: list[Block] = [
        Line(say.say("incident.what", what=what, km=km, first=say.moment(facts.first.first_s))),
        Line(say.say(f"incident.place_{side}", d=f"{abs(alert.position.d_m):.0f}", **_lonlat(alert))),
        Line(say.say("incident.people_none")),
        Heading(say.say("incident.first_told")),
        *(Line(text) for text in _reasons(facts.first, say)),
        Heading(say.say("incident.not_working", n=len(facts.dark))),
        *_dark(facts, say),
        Heading(say.say("incident.decisions", n="–" if facts.blind else len(facts.actions))),
        *_decisions(facts, say),
        Heading(say.say("incident.course", n=len(facts.course))),
        Line(say.say("incident.course_words")),
        *_course(facts.course, say),
        Heading(say.say("incident.kept", n=len(facts.kept))),
        *_kept(facts.kept, say),
        Heading(say.say("incident.proof")),
        Line(say.say("incident.proof_words", head=facts.ledger_head)),
        _batches(facts.batches, say),
    ]
    marks = (say.say("mark.simulated"),) if facts.simulated else ()
    footer = say.say("footer.ledger", head=facts.ledger_head[:16])
    title = say.say("incident.title", number=alert.alert, site=facts.site)
    return Document(title, say.language, tuple(blocks), marks, footer)


def _lonlat(alert: Alert) -> dict[str, str]:
    return {"lat": f"{alert.position.lat_deg:.5f}", "lon": f"{alert.position.lon_deg:.5f}"}


def _reasons(alert: Alert, say: Writer) -> list[str]:
    lines = [f"{number}. {_reason(fact, say)}" for number, fact in enumerate(alert.facts, 1)]
    if alert.p is not None:
        lines.append(say.say("incident.p", p=f"{alert.p:.2f}", level=alert.level))
    lines += [
        say.say("incident.verifier_up" if one.up else "incident.verifier_down", name=one.name)
        for one in alert.verifiers
    ]
    return lines or [say.say("none")]


def _reason(fact: Fact, say: Writer) -> str:
    args = {
        name: say.clock(value) if name.endswith("_s") and isinstance(value, float) and value > 1e8 else value
        for name, value in fact.args.items()
    }
    return (
        f"{say.say_of_record(fact.text_key, args)} ({say.isolated(fact.source)}, {say.isolated(say.clock(fact.t_s))})"
    )


def _dark(facts: IncidentFacts, say: Writer) -> list[Block]:
    if not facts.dark:
        return [Line(say.say("handover.none_dark"))]
    head = tuple(say.say(f"column.{name}") for name in ("sensor", "since", "cause"))
    rows = tuple((h.sensor, say.moment(h.t_s), say.code("cause", h.cause)) for h in facts.dark[:DARK_MOST])
    more = len(facts.dark) - DARK_MOST
    blocks: list[Block] = [Table(head, rows, (0.3, 0.4, 0.3))]
    return [*blocks, Line(say.say("and_more", n=more))] if more > 0 else blocks


def _decisions(facts: IncidentFacts, say: Writer) -> list[Block]:
    if facts.blind:
        return [Line(say.say("incident.blind"))]
    if not facts.actions:
        return [Line(say.say("incident.no_decision"))]
    head = tuple(say.say(f"column.{name}") for name in ("time", "waited", "by", "desk", "did", "last_word"))
    rows = tuple(
        (
            say.clock(a.t_s),
            say.say("seconds", s=f"{a.t_s - facts.first.t_s:.0f}"),
            a.operator,
            a.desk or "–",
            say.code("did", a.action),
            " · ".join(
                part
                for part in (
                    say.code("disposition", a.disposition) if a.disposition else "",
                    say.code("nuisance", a.cause) if a.cause else "",
                    a.to_desk,
                )
                if part
            )
            or "–",
        )
        for a in facts.actions
    )
    return [Table(head, rows, (0.13, 0.13, 0.2, 0.13, 0.18, 0.23))]


def _course(course: Sequence[Happened], say: Writer) -> list[Block]:
    head = tuple(say.say(f"column.{name}") for name in ("time", "learned", "what", "by", "batch"))
    rows = tuple(
        (say.clock(h.t_s), say.clock(h.known_s), say.say(h.what, **_told(h.args, say)), h.who, str(h.batch))
        for h in course[:LINES_MOST]
    )
    more = len(course) - LINES_MOST
    table: list[Block] = [Table(head, rows, (0.12, 0.12, 0.46, 0.18, 0.12))]
    return [*table, Line(say.say("and_more", n=more))] if more > 0 else table


def _told(args: dict[str, str], say: Writer) -> dict[str, str]:
    """Return what is put into a line, its codes in words: an argument `alert__what` is a code of `alert`."""
    return {
        name.partition("__")[2] or name: say.code(name.partition("__")[0], value) if "__" in name else value
        for name, value in args.items()
    }


def _kept(kept: Sequence[Kept], say: Writer) -> list[Block]:
    if not kept:
        return [Line(say.say("incident.nothing_kept"))]
    lines: list[Block] = []
    for one in kept:
        span = f"{say.clock(one.from_s)}–{say.clock(one.to_s)}"
        lines.append(Line(say.say(f"incident.kept_{one.what}", name=one.name, sensor=one.sensor or "–", span=span)))
        lines.append(Line(say.say("incident.kept_chain", payload=one.payload_id)))
        if one.digest:
            lines.append(Line(say.say("incident.kept_digest", digest=one.digest)))
        elif one.deleted_s is not None:
            when = say.moment(one.deleted_s)
            lines.append(Line(say.say("incident.kept_deleted", when=when, reason=one.reason)))
        else:
            lines.append(Line(say.say("incident.kept_missing")))
    return lines


def _batches(batches: Sequence[tuple[int, str]], say: Writer) -> Table:
    head = (say.say("column.batch"), say.say("column.hash"))
    return Table(head, tuple((str(number), value) for number, value in batches), (0.14, 0.86))
