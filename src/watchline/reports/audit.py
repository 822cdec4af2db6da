"""The report of honest counting: second looks at decisions and sign; sign that came late, was withdrawn or lacks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from watchline.reports.document import Block, Document, Heading, Line, Table, Writer

NO_CROSSER = ("nuisance", "environment", "false", "own")
LINES_MOST = 200


@dataclass(frozen=True)
class Look:
    """A second look: the sample, what it is of, who said what first, who said what then."""

    sample: str
    of: str
    ref: str
    first_by: str
    first: str
    then_by: str
    then: str

    @property
    def changed(self) -> bool:
        """Return whether the second person said something else."""
        return self.first != self.then

    @property
    def wrongly_out(self) -> bool:
        """Return whether somebody was taken out of the count who belongs into it."""
        return self.of == "disposition" and self.first in NO_CROSSER and self.then not in NO_CROSSER


@dataclass(frozen=True)
class Late:
    """Sign that was told long after it was found."""

    ref: str
    who: str
    found_s: float
    told_s: float


@dataclass(frozen=True)
class Gap:
    """Numbers of a reporter's device under which no report came."""

    who: str
    numbers: tuple[int, ...]


@dataclass(frozen=True)
class AuditFacts:
    """dispositions: alerts that were judged, of them not_counted as nobody who came; signs: reports of sign.

    drawn: samples; looks: at them; wrongly_most: of not_counted at most so many are wrong at 95 %, None: UNKNOWN.
    withdrawn: (sign, who, when, note).
    """

    site: str
    timezone: str
    dispositions: int
    not_counted: int
    signs: int
    drawn: int
    looks: Sequence[Look]
    wrongly_most: int | None
    late: Sequence[Late]
    withdrawn: Sequence[tuple[str, str, float, str]]
    gaps: Sequence[Gap]
    ledger_head: str
    simulated: bool


def audit_report(facts: AuditFacts, say: Writer) -> Document:
    """Return the report."""
    blocks: list[Block] = [
        Line(say.say("audit.judged", n=facts.dispositions, out=facts.not_counted)),
        Line(say.say("audit.drawn", n=facts.drawn, looked=len(facts.looks), changed=changed(facts.looks))),
        Line(_most(facts, say)),
        *_looks(facts.looks, say),
        Heading(say.say("audit.late", n=len(facts.late))),
        Line(say.say("audit.signs", n=facts.signs)),
        *_late(facts.late, say),
        Heading(say.say("audit.withdrawn", n=len(facts.withdrawn))),
        *(
            Line(f"{say.isolated(sign)} · {say.isolated(who)} · {say.isolated(say.moment(t_s))} · {note}")
            for sign, who, t_s, note in facts.withdrawn
        ),
        Heading(say.say("audit.gaps", n=sum(len(g.numbers) for g in facts.gaps))),
        Line(say.say("audit.gaps_words")),
        *(Line(f"{say.isolated(g.who)}: {say.isolated(_ranges(g.numbers))}") for g in facts.gaps),
    ]
    marks = (say.say("mark.simulated"),) if facts.simulated else ()
    footer = say.say("footer.ledger", head=facts.ledger_head[:16])
    return Document(say.say("audit.title", site=facts.site), say.language, tuple(blocks), marks, footer)


def changed(looks: Sequence[Look]) -> int:
    """Return how many second looks said something else."""
    return sum(one.changed for one in looks)


def _most(facts: AuditFacts, say: Writer) -> str:
    if facts.wrongly_most is None:
        return say.say("audit.unknown")
    out = [one for one in facts.looks if one.of == "disposition" and one.first in NO_CROSSER]
    wrong = sum(one.wrongly_out for one in out)
    return say.say("audit.most", n=len(out), wrong=wrong, most=facts.wrongly_most, pool=facts.not_counted)


def _looks(looks: Sequence[Look], say: Writer) -> list[Block]:
    if not looks:
        return []
    head = tuple(say.say(f"column.{name}") for name in ("id", "what", "by", "was_said", "again_by", "said_again"))
    rows = tuple(
        (one.sample, one.ref, one.first_by, say.code("disposition", one.first), one.then_by,
         say.code("disposition", one.then))
        for one in looks[:LINES_MOST]
    )  # fmt: skip
    return [Table(head, rows, (0.1, 0.2, 0.18, 0.17, 0.18, 0.17))]


def _late(late: Sequence[Late], say: Writer) -> list[Block]:
    if not late:
        return []
    head = tuple(say.say(f"column.{name}") for name in ("id", "by", "found_at", "told_at"))
    rows = tuple((one.ref, one.who, say.moment(one.found_s), say.moment(one.told_s)) for one in late[:LINES_MOST])
    return [Table(head, rows, (0.2, 0.2, 0.3, 0.3))]


def _ranges(numbers: Sequence[int]) -> str:
    """Return numbers with runs drawn together: 4, 7–9."""
    runs: list[list[int]] = []
    for n in numbers:
        if runs and n == runs[-1][1] + 1:
            runs[-1][1] = n
        else:
            runs.append([n, n])
    return ", ".join(f"{a}" if a == b else f"{a}–{b}" for a, b in runs)
