"""The sheet of a search: where contact was lost, what the plan finds beside what any could, who searches what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from watchline.reports.document import Block, Document, Heading, Line, Table, Writer
from watchline.reports.sweep import SweepFacts


@dataclass(frozen=True)
class SearchFacts:
    """What the sheet is made from.  subject: walker, rider, vehicle, lost; looked: looks in vain so far."""

    site: str
    timezone: str
    name: str
    subject: str
    place: str
    lost_s: float
    from_s: float
    to_s: float
    p_found: float
    bound: float
    p_before: float
    looked: int
    signs: int
    tasks: Sequence[SweepFacts]
    simulated: bool


def search_sheet(facts: SearchFacts, say: Writer) -> Document:
    """Return the sheet, a table for each unit."""
    subject = say.code("search.subject", facts.subject)
    blocks: list[Block] = [
        Line(say.say("search.lost", subject=subject, place=facts.place, time=say.moment(facts.lost_s))),
        Line(say.say("search.window", start=say.moment(facts.from_s), end=say.moment(facts.to_s))),
        Line(say.say("search.finds", p=_share(facts.p_found), bound=_share(facts.bound))),
        Line(say.say("search.so_far", looks=facts.looked, signs=facts.signs, p=_share(facts.p_before))),
        Line(say.say("search.honest")),
    ]
    for unit in dict.fromkeys(task.unit for task in facts.tasks):
        rows = tuple(_row(task, say) for task in facts.tasks if task.unit == unit)
        blocks += [Heading(say.say("search.unit", unit=unit, n=len(rows))), _table(rows, say)]
    blocks.append(Line(say.say("search.approval")))
    marks = (say.say("mark.simulated"),) if facts.simulated else ()
    title = say.say("search.title", name=facts.name, site=facts.site)
    return Document(title, say.language, tuple(blocks), marks, say.say("search.footer"))


def _share(p: float) -> str:
    return f"{100 * p:.0f} %"


def _table(rows: tuple[tuple[str, ...], ...], say: Writer) -> Table:
    head = tuple(say.say(f"search.column.{key}") for key in ("time", "from", "to", "spacing", "pod"))
    return Table(head, rows, (0.18, 0.28, 0.28, 0.14, 0.12))


def _row(task: SweepFacts, say: Writer) -> tuple[str, ...]:
    return (
        say.isolated(f"{say.clock(task.from_s)[:5]}-{say.clock(task.to_s)[:5]}"),
        say.isolated(task.south_west),
        say.isolated(task.north_east),
        say.isolated(f"{task.spacing_m:.0f}"),
        say.isolated(_share(task.pod)),
    )
