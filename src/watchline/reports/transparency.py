"""The month for the public, under the headings that surveillance ordinances ask for.

Headings: what such laws have in common (San Francisco Administrative Code 19B; municipal ordinances of the same
model): use, sharing, places, complaints, audits, effectiveness, retention, requests, costs, changes.
Rules: what this ledger cannot know stands there as a line to be filled in by hand, never as zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from watchline.reports.document import Block, Document, Heading, Line, SignatureLine, Table, Writer

Counts = Sequence[tuple[str, int]]


@dataclass(frozen=True)
class Shared:
    """What left for one recipient: kind of recipient, kind of record, how often, how coarse at the least."""

    recipient: str
    kind: str
    what: str
    count: int
    cell_m: float


@dataclass(frozen=True)
class LetOut:
    """A release by a named officer: to whom, why, in their words."""

    t_s: float
    officer: str
    recipient: str
    purpose: str
    reason: str


@dataclass(frozen=True)
class TransparencyFacts:
    """Counts of a time, each (code, how many), most first.

    answered: of alerts told to people, median_s until the first answer; tests: test alerts, missed of them; looks: at
    what is kept of people, by how, lookers persons; sampled: re-examined decisions, changed of them; deleted: by
    reason; versions: of the site in this time.
    """

    site: str
    timezone: str
    from_s: float
    to_s: float
    length_km: float
    sensors: Counts
    sectors: Sequence[tuple[str, float, float, str]]
    masks: int
    alerts: Counts
    dispositions: Counts
    not_judged: int
    answered: int
    median_s: float | None
    tests: int
    missed: int
    shared: Sequence[Shared]
    let_out: Sequence[LetOut]
    exports: int
    looks: Counts
    lookers: int
    audits: int
    sampled: int
    changed: int
    evidence_days: float
    deleted: Counts
    versions: int
    ledger_head: str
    simulated: bool


def transparency_report(facts: TransparencyFacts, say: Writer) -> Document:
    """Return the report."""
    blocks: list[Block] = [
        Line(say.say("shift.window", start=say.moment(facts.from_s), end=say.moment(facts.to_s))),
        Line(say.say("public.nobody")),
        *_numbered(facts, say),
        SignatureLine(say.say("public.responsible"), say.say("handover.not_signed")),
    ]
    marks = (say.say("mark.simulated"),) if facts.simulated else ()
    footer = say.say("footer.ledger", head=facts.ledger_head[:16])
    return Document(say.say("public.title", site=facts.site), say.language, tuple(blocks), marks, footer)


def _numbered(facts: TransparencyFacts, say: Writer) -> list[Block]:
    parts: dict[str, list[Block]] = {
        "use": _use(facts, say),
        "places": _places(facts, say),
        "sharing": _sharing(facts, say),
        "complaints": [Line(say.say("public.by_hand"))],
        "audits": _audits(facts, say),
        "effect": _effect(facts, say),
        "retention": _retention(facts, say),
        "requests": [Line(say.say("public.by_hand"))],
        "costs": [Line(say.say("public.by_hand"))],
        "changes": [Line(say.say("public.versions", n=facts.versions))],
    }
    blocks: list[Block] = []
    for number, (name, part) in enumerate(parts.items(), 1):
        blocks += [Heading(f"{number}. {say.say(f'public.{name}')}"), *part]
    return blocks


def _use(facts: TransparencyFacts, say: Writer) -> list[Block]:
    alerts = sum(n for _, n in facts.alerts)
    blocks: list[Block] = [Line(say.say("public.alerts", n=alerts)), *_counted("alert", facts.alerts, say)]
    if facts.dispositions:
        blocks.append(Line(say.say("public.judged", n=sum(n for _, n in facts.dispositions), not_n=facts.not_judged)))
    return [*blocks, *_counted("disposition", facts.dispositions, say)]


def _places(facts: TransparencyFacts, say: Writer) -> list[Block]:
    head = tuple(say.say(f"column.{name}") for name in ("sector", "from_km", "to_km", "organisation"))
    rows = tuple((name, f"{a:g}", f"{b:g}", who) for name, a, b, who in facts.sectors)
    return [
        Line(say.say("public.line", km=f"{facts.length_km:.0f}")),
        *_counted("sensor", facts.sensors, say),
        Table(head, rows, (0.3, 0.2, 0.2, 0.3)),
        Line(say.say("public.masks", n=facts.masks)),
    ]


def _sharing(facts: TransparencyFacts, say: Writer) -> list[Block]:
    blocks: list[Block] = []
    if facts.shared:
        head = tuple(say.say(f"column.{name}") for name in ("recipient", "kind", "what", "number", "square"))
        rows = tuple(
            (
                one.recipient,
                say.code("recipient", one.kind),
                say.code("record", one.what),
                str(one.count),
                say.say("metres", m=f"{one.cell_m:g}") if one.cell_m else say.say("public.exact"),
            )
            for one in facts.shared
        )
        blocks.append(Table(head, rows, (0.24, 0.2, 0.24, 0.14, 0.18)))
    else:
        blocks.append(Line(say.say("public.nothing_left")))
    blocks.append(Line(say.say("public.releases", n=len(facts.let_out))))
    blocks += [
        Line(
            say.say(
                "public.release", when=say.moment(one.t_s), officer=one.officer, recipient=one.recipient,
                purpose=say.code("purpose", one.purpose), reason=one.reason,
            )
        )
        for one in facts.let_out
    ]  # fmt: skip
    return [*blocks, Line(say.say("public.exports", n=facts.exports))]


def _audits(facts: TransparencyFacts, say: Writer) -> list[Block]:
    looks = sum(n for _, n in facts.looks)
    return [
        Line(say.say("public.seats", n=facts.audits)),
        Line(say.say("public.looks", n=looks, people=facts.lookers)),
        *_counted("viewed", facts.looks, say),
        Line(say.say("public.sampled", n=facts.sampled, changed=facts.changed)),
        Line(say.say("public.chain", head=facts.ledger_head)),
    ]


def _effect(facts: TransparencyFacts, say: Writer) -> list[Block]:
    median = "–" if facts.median_s is None else f"{facts.median_s:.0f}"
    return [
        Line(say.say("public.answered", n=facts.answered, of=sum(n for _, n in facts.alerts), median=median)),
        Line(say.say("public.tests", n=facts.tests, missed=facts.missed)),
        Line(say.say("public.unseen_below")),
    ]


def _retention(facts: TransparencyFacts, say: Writer) -> list[Block]:
    gone = sum(n for _, n in facts.deleted)
    return [
        Line(say.say("public.kept_for", days=f"{facts.evidence_days:g}")),
        Line(say.say("public.deleted", n=gone)),
        *(Line(f"{say.isolated(reason)}: {n}") for reason, n in facts.deleted),
    ]


def _counted(prefix: str, counts: Counts, say: Writer) -> list[Block]:
    return [Line(" · ".join(f"{say.code(prefix, code)} {n}" for code, n in counts))] if counts else []
