"""The orders of an operation: what for, who, where, when, who may send whom, hazards, sectors shift by shift."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from watchline.reports.document import Block, Document, Heading, Line, SignatureLine, Table, Writer
from watchline.reports.sweep import SweepFacts


@dataclass(frozen=True)
class ObjectiveFacts:
    """An objective: its words, what was measured of it (None: nothing is) and what is to be reached."""

    text: str
    reached: float | None
    aim: float


@dataclass(frozen=True)
class ForceFacts:
    """A force: organisation, commander, units with the right by which each is sent, the zone's file or ""."""

    organisation: str
    commander: str
    units: Sequence[tuple[str, str]]
    zone: str


@dataclass(frozen=True)
class VisitFacts:
    """A place to look at: unit, the shift's beginning, kind, name, MGRS, when it was looked at last (None: never)."""

    unit: str
    from_s: float
    what: str
    name: str
    place: str
    last_s: float | None


@dataclass(frozen=True)
class OrderFacts:
    """What the orders are made from.  phases: name, from, to, words; hazards in words and from the site."""

    site: str
    timezone: str
    name: str
    kind: str
    commander: str
    begins_s: float
    ends_s: float
    made_s: float
    end_state: str
    area_km2: float
    pod: float
    p_next: float
    bound: float
    objectives: Sequence[ObjectiveFacts]
    phases: Sequence[tuple[str, float, float, str]]
    forces: Sequence[ForceFacts]
    hazards: Sequence[str]
    coordination: Sequence[str]
    sectors: Sequence[SweepFacts]
    visits: Sequence[VisitFacts]
    simulated: bool


def orders(facts: OrderFacts, say: Writer) -> Document:
    """Return the orders."""
    blocks: list[Block] = [
        Line(say.say("operation.window", start=say.moment(facts.begins_s), end=say.moment(facts.ends_s))),
        Line(say.say("operation.commander", name=facts.commander)),
        Heading(say.say("operation.objectives")),
        *(Line(_objective(one, say)) for one in facts.objectives),
        Line(say.say("operation.end_state", text=facts.end_state)),
        Heading(say.say("operation.area", km2=f"{facts.area_km2:.0f}")),
        Line(say.say("operation.so_far", pod=_share(facts.pod))),
        Line(say.say("operation.next", p=_share(facts.p_next), bound=_share(facts.bound))),
        Line(say.say("operation.honest")),
    ]
    if facts.phases:
        rows = tuple(_phase(phase, say) for phase in facts.phases)
        head = tuple(say.say(f"operation.column.{key}") for key in ("phase", "from", "to", "what"))
        blocks += [Heading(say.say("operation.phases")), Table(head, rows, (0.2, 0.25, 0.25, 0.3))]
    blocks += [Heading(say.say("operation.forces"))]
    for force in facts.forces:
        blocks.append(
            Line(say.say("operation.force", organisation=force.organisation, commander=force.commander,
                         zone=force.zone or say.say("operation.whole_area")))
        )  # fmt: skip
        rows = tuple((say.isolated(unit), right) for unit, right in force.units)
        head = tuple(say.say(f"operation.column.{key}") for key in ("unit", "right"))
        blocks.append(Table(head, rows, (0.5, 0.5)))
    blocks += [Heading(say.say("operation.hazards")), *(Line(text) for text in facts.hazards)]
    blocks.append(Line(say.say("operation.no_hazard")))
    if facts.coordination:
        blocks += [Heading(say.say("operation.coordination")), *(Line(text) for text in facts.coordination)]
    blocks += _tasks(facts, say)
    blocks.append(SignatureLine(facts.commander, say.say("operation.signed")))
    marks = (say.say("mark.simulated"),) if facts.simulated else ()
    kind = say.code("operation.kind", facts.kind)
    title = say.say("operation.title", name=facts.name, kind=kind, site=facts.site)
    footer = say.say("operation.footer", time=say.moment(facts.made_s))
    return Document(title, say.language, tuple(blocks), marks, footer)


def _objective(one: ObjectiveFacts, say: Writer) -> str:
    if one.reached is None:
        return say.say("operation.objective", text=one.text)
    return say.say("operation.measured", text=one.text, reached=_share(one.reached), aim=_share(one.aim))


def _phase(phase: tuple[str, float, float, str], say: Writer) -> tuple[str, ...]:
    name, from_s, to_s, text = phase
    return name, say.isolated(say.moment(from_s)), say.isolated(say.moment(to_s)), text


def _tasks(facts: OrderFacts, say: Writer) -> list[Block]:
    """Return a table of sectors and one of places for each unit."""
    blocks: list[Block] = []
    for unit in dict.fromkeys([*(s.unit for s in facts.sectors), *(v.unit for v in facts.visits)]):
        rows = tuple(
            (
                say.isolated(say.moment(one.from_s)[:16]), say.isolated(one.south_west), say.isolated(one.north_east),
                say.isolated(f"{one.spacing_m:.0f}"), say.isolated(_share(one.pod)),
            )
            for one in facts.sectors if one.unit == unit
        )  # fmt: skip
        head = tuple(say.say(f"search.column.{key}") for key in ("time", "from", "to", "spacing", "pod"))
        blocks += [
            Heading(say.say("search.unit", unit=unit, n=len(rows))),
            Table(head, rows, (0.2, 0.26, 0.26, 0.14, 0.14)),
        ]
        seen = tuple(
            (
                say.isolated(say.moment(one.from_s)[:16]), say.code("operation.place", one.what),
                one.name, say.isolated(one.place),
                say.say("operation.never") if one.last_s is None else say.isolated(say.moment(one.last_s)[:16]),
            )
            for one in facts.visits if one.unit == unit
        )  # fmt: skip
        if seen:
            head = tuple(say.say(f"operation.column.{key}") for key in ("shift", "kind", "name", "place", "last"))
            blocks.append(Table(head, seen, (0.2, 0.14, 0.26, 0.22, 0.18)))
    return blocks


def _share(p: float) -> str:
    return f"{100 * p:.0f} %"
