"""The data-protection impact assessment, filled from a site's configuration; people judge it and sign.

Headings: what Article 35(7) of the GDPR asks for: the processing and its purposes, necessity and proportion, risks to
people's rights, measures against them.
Rules: nothing here is a verdict; an open point is what the configuration leaves out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from watchline.reports.document import Block, Document, Heading, Line, SignatureLine, Table, Writer

HELD = ("tracks", "clips", "evidence", "actions", "reports")
NEVER = ("faces", "names", "judgement", "arms")
RISKS = ("harder_ways", "danger", "partner", "own_staff", "error", "homes", "kept", "purpose")


@dataclass(frozen=True)
class Told:
    """What a recipient is told by the policy: kind of recipient, of thing, kilometres, squares, delay."""

    recipient: str
    kind: str
    what: str
    from_km: float
    to_km: float
    cell_m: float
    delay_s: float


@dataclass(frozen=True)
class ImpactFacts:
    """The site as configured.

    depth_km: outside, at home, beyond the ends; sensors, people: how many by kind and role; sends: (link, protocol,
    recipient, kinds of things); simulated: a site of the simulator, whose people do not exist.
    """

    site: str
    timezone: str
    length_km: float
    depth_km: tuple[float, float, float]
    organisations: Sequence[tuple[str, str]]
    sensors: Sequence[tuple[str, int]]
    people: Sequence[tuple[str, int]]
    officers: Sequence[str]
    told: Sequence[Told]
    sends: Sequence[tuple[str, str, str, str]]
    masks: int
    villages: int
    evidence_days: float
    two_person_km: float
    other_machines: bool
    open_points: Sequence[str]
    from_s: float
    ledger_head: str
    simulated: bool


def impact_report(facts: ImpactFacts, say: Writer) -> Document:
    """Return the assessment."""
    blocks: list[Block] = [
        Line(say.say("impact.what_this_is", since=say.moment(facts.from_s))),
        Heading(f"1. {say.say('impact.processing')}"),
        *_processing(facts, say),
        Heading(f"2. {say.say('impact.held')}"),
        *(Line(say.say(f"impact.held_{name}", days=f"{facts.evidence_days:g}")) for name in HELD),
        *(Line(say.say(f"impact.never_{name}")) for name in NEVER),
        Heading(f"3. {say.say('impact.told')}"),
        *_told(facts, say),
        Heading(f"4. {say.say('impact.necessity')}"),
        Line(say.say("impact.necessity_words")),
        Line(say.say("impact.masks", n=facts.masks, villages=facts.villages)),
        Heading(f"5. {say.say('impact.risks')}"),
        _risks(facts, say),
        Heading(f"6. {say.say('impact.open', n=len(facts.open_points))}"),
        *_open(facts, say),
        Heading(f"7. {say.say('handover.signatures')}"),
        *(
            SignatureLine(say.say(f"impact.sign_{who}"), say.say("handover.not_signed"))
            for who in ("controller", "officer", "affected")
        ),
    ]
    marks = (say.say("mark.simulated"),) if facts.simulated else ()
    footer = say.say("footer.ledger", head=facts.ledger_head[:16])
    return Document(say.say("impact.title", site=facts.site), say.language, tuple(blocks), marks, footer)


def _processing(facts: ImpactFacts, say: Writer) -> list[Block]:
    outside, home, ends = (f"{km:g}" for km in facts.depth_km)
    return [
        Line(say.say("impact.purpose")),
        Line(say.say("impact.line", km=f"{facts.length_km:.0f}", outside=outside, home=home, ends=ends)),
        Line(_listed("sensor", facts.sensors, say) or say.say("none")),
        Line(say.say("impact.organisations", names=", ".join(name for _, name in facts.organisations) or "–")),
        Line(say.say("impact.people", n=sum(n for _, n in facts.people))),
        Line(_listed("role", facts.people, say) or say.say("none")),
    ]


def _told(facts: ImpactFacts, say: Writer) -> list[Block]:
    if not facts.told:
        blocks: list[Block] = [Line(say.say("impact.nobody_told"))]
    else:
        head = tuple(say.say(f"column.{name}") for name in ("recipient", "kind", "what", "place", "square", "waited"))
        rows = tuple(
            (
                one.recipient,
                say.code("recipient", one.kind),
                say.code("thing", one.what),
                f"{one.from_km:g}–{one.to_km:g}",
                say.say("metres", m=f"{one.cell_m:g}") if one.cell_m else say.say("public.exact"),
                say.say("seconds", s=f"{one.delay_s:g}"),
            )
            for one in facts.told
        )
        blocks = [Table(head, rows, (0.2, 0.16, 0.18, 0.16, 0.15, 0.15))]
    blocks += [
        Line(say.say("impact.sends", link=link, protocol=protocol, recipient=recipient or "–", what=what))
        for link, protocol, recipient, what in facts.sends
    ]
    blocks.append(Line(say.say("impact.officers", names=", ".join(facts.officers) or "–")))
    return [*blocks, Line(say.say("impact.other_machines" if facts.other_machines else "impact.this_machine"))]


def _risks(facts: ImpactFacts, say: Writer) -> Table:
    head = (say.say("column.risk"), say.say("column.measure"))
    args = {"days": f"{facts.evidence_days:g}", "n": facts.masks, "km": f"{facts.two_person_km:g}"}
    rows = tuple((say.say(f"risk.{name}"), say.say_of_record(f"measure.{name}", args)) for name in RISKS)
    return Table(head, rows, (0.42, 0.58))


def _open(facts: ImpactFacts, say: Writer) -> list[Block]:
    if not facts.open_points:
        return [Line(say.say("none"))]
    return [Line(f"{k}. {say.say(f'open.{name}')}") for k, name in enumerate(facts.open_points, 1)]


def _listed(prefix: str, counts: Sequence[tuple[str, int]], say: Writer) -> str:
    return " · ".join(f"{say.code(prefix, code)} {n}" for code, n in counts)
