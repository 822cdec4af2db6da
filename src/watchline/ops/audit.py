"""Honest counting from a ledger: what can be drawn for a second look, what was; sign that came late or not at all."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from watchline.assurance.sampling import drawn, missing_numbers, wrong_most
from watchline.domain.audit import LookedAgain, Sampled, SampleDrawn
from watchline.domain.claims import SignFound
from watchline.domain.errors import BadInput
from watchline.domain.records import Alert, FieldReport, Inspection, OperatorAction, Record, RunStarted
from watchline.ledger.reader import Entry, LedgerReader
from watchline.ops.ledger_site import site_of
from watchline.ops.unseen import NO_CROSSER
from watchline.reports.audit import AuditFacts, Gap, Late, Look

KINDS = (Alert, OperatorAction, FieldReport, Inspection, SignFound, SampleDrawn, LookedAgain, RunStarted)
SIGN = ("footprints", "sign", "found")  # reports of people on the ground that say somebody was there
LATE_S = 6 * 3600.0  # sign that is told later than this after it was found can be of no use to anybody who follows it
PEOPLE_OF_AUDITS = ("auditor", "shift_commander")


@dataclass(frozen=True)
class _Word:
    """A decision or sign report that can be drawn: whose, which word, when, in which batch."""

    who: str
    word: str
    t_s: float
    batch: int


@dataclass(frozen=True)
class Audit:
    """What a ledger holds for honest counting.

    dispositions, signs: by alert and by id of the report; samples: by their name; looks: the latest of each sample.
    """

    site: str
    timezone: str
    people: dict[str, str]
    head: str
    simulated: bool
    end_s: float
    dispositions: dict[str, _Word]
    signs: dict[str, _Word]
    samples: dict[str, SampleDrawn]
    looks: dict[str, LookedAgain]
    late: tuple[Late, ...]
    withdrawn: tuple[SignFound, ...]
    gaps: tuple[Gap, ...]

    def pool(self, of: Sampled) -> dict[str, _Word]:
        """Return all that can be drawn of a kind."""
        return self.dispositions if of == "disposition" else self.signs


def read_audit(directory: Path) -> Audit:
    """Return what a ledger holds; raises BadInput."""
    names = [str(kind.__struct_config__.tag) for kind in KINDS]
    with LedgerReader(directory) as reader:
        site = site_of(reader, directory).site
        entries = [e for e in reader.events(names) if isinstance(e.value, Record) and not e.value.exercise]
        head = reader.head[1]
    records = [e.value for e in entries]
    told = {r.sign: r for r in records if isinstance(r, SignFound)}
    return Audit(
        site=site.name,
        timezone=site.clock.timezone,
        people={p.name: p.role for p in site.people},
        head=head,
        simulated=any(isinstance(r, RunStarted) and r.simulated for r in records),
        end_s=max((r.t_s for r in records if isinstance(r, Record)), default=0.0),
        dispositions=_dispositions(entries),
        signs=dict(found for e in entries if (found := _sign(e.value, e.seq)) is not None),
        samples={r.sample: r for r in records if isinstance(r, SampleDrawn)},
        looks={r.sample: r for r in records if isinstance(r, LookedAgain)},
        late=tuple(one for e in entries for one in _late(e.value, e.known_s)),
        withdrawn=tuple(s for s in told.values() if s.withdrawn),
        gaps=tuple(_gaps([r for r in records if isinstance(r, FieldReport | Inspection)])),
    )


def _dispositions(entries: Iterable[Entry]) -> dict[str, _Word]:
    found: dict[str, _Word] = {}
    for entry in entries:
        match entry.value:
            case OperatorAction(action="dispose") as said:
                found[said.alert] = _Word(said.operator, str(said.disposition), said.t_s, entry.seq)
            case OperatorAction(action="undo") as said:
                found.pop(said.alert, None)
            case _:
                pass
    return found


def _gaps(reports: Iterable[FieldReport | Inspection]) -> Iterator[Gap]:
    numbers: dict[str, list[int]] = defaultdict(list)
    for report in reports:
        if report.number is not None:
            numbers[report.source].append(report.number)
    for who, all_ in sorted(numbers.items()):
        if gap := missing_numbers(all_):
            yield Gap(who, tuple(gap))


def _sign(record: object, batch: int) -> tuple[str, _Word] | None:
    """Return a sign report by its id, None for anything else."""
    match record:
        case FieldReport() if record.what in SIGN:
            return record.id, _Word(record.reporter, "stands", record.t_s, batch)
        case SignFound():
            return record.sign, _Word(record.person, "fell" if record.withdrawn else "stands", record.t_s, batch)
        case _:
            return None


def _late(record: object, known_s: float) -> list[Late]:
    """Return sign that was told long after it was found."""
    if isinstance(record, FieldReport) and record.what in SIGN and known_s - record.t_s > LATE_S:
        return [Late(record.id, record.reporter, record.t_s, known_s)]
    if isinstance(record, SignFound) and not record.withdrawn and record.t_s - record.found_s > LATE_S:
        return [Late(record.sign, record.person, record.found_s, record.t_s)]
    return []


def draw(
    directory: Path, audit: Audit, of: Sampled, number: int, person: str, between: tuple[float, float], now_s: float
) -> list[SampleDrawn]:
    """Return the samples of a time, none that was drawn before; fewer when there are no more.

    Raises BadInput when nothing is left to draw from.
    """
    from_s, to_s = between
    before = {s.ref for s in audit.samples.values() if s.of == of}
    pool = {ref: w for ref, w in audit.pool(of).items() if from_s <= w.t_s <= to_s}
    left = [ref for ref in pool if ref not in before]
    if not left:
        raise BadInput("--draw", f"nothing of this time is left to draw from ({len(pool)} in all)")
    with LedgerReader(directory) as reader:
        ((_, seed, _),) = reader.heads(max(word.batch for word in pool.values()))
    out = [ref for ref in left if pool[ref].word in (*NO_CROSSER, "fell")]
    kept = [ref for ref in left if ref not in out]
    first = len(audit.samples) + 1
    return [
        SampleDrawn(
            id=f"sample-{n}", t_s=now_s, source="audit", sample=f"S-{n}", of=of, ref=ref, person=person,
            from_s=from_s, to_s=to_s, pool=len(pool), seed=seed,
        )
        for n, ref in enumerate(drawn(kept, out, number, seed), first)
    ]  # fmt: skip


def require_person(audit: Audit, person: str, sample: SampleDrawn | None = None) -> None:
    """Raise BadInput unless somebody may draw, or look again at this sample: an auditor or commander, and a second
    person."""
    if audit.people and audit.people.get(person) not in PEOPLE_OF_AUDITS:
        raise BadInput("--person", f"must be one of the site's auditors or shift commanders, got {person!r}")
    if sample is not None and audit.pool(sample.of)[sample.ref].who == person:
        raise BadInput("--person", f"{person} gave the first word on {sample.sample}", "it takes a second person")


def second_looks(directory: Path, from_s: float, to_s: float) -> list[Look]:
    """Return the second looks that were entered from from_s to to_s; raises BadInput."""
    return _looked(read_audit(directory), from_s, to_s)


def _looked(audit: Audit, from_s: float, to_s: float) -> list[Look]:
    found = []
    for sample in audit.samples.values():
        first, look = audit.pool(sample.of).get(sample.ref), audit.looks.get(sample.sample)
        if first is not None and look is not None and from_s <= look.t_s < to_s:
            found.append(Look(sample.sample, sample.of, sample.ref, first.who, first.word, look.person, look.found))
    return found


def audit_facts(directory: Path) -> AuditFacts:
    """Return the facts of the report; raises BadInput."""
    audit = read_audit(directory)
    looked = _looked(audit, -math.inf, math.inf)
    out = [one for one in looked if one.of == "disposition" and one.first in NO_CROSSER]
    words = Counter(w.word for w in audit.dispositions.values())
    not_counted = sum(words[w] for w in NO_CROSSER)
    return AuditFacts(
        site=audit.site,
        timezone=audit.timezone,
        dispositions=sum(words.values()),
        not_counted=not_counted,
        signs=len(audit.signs),
        drawn=len(audit.samples),
        looks=looked,
        wrongly_most=wrong_most(len(out), sum(one.wrongly_out for one in out), not_counted),
        late=audit.late,
        withdrawn=[(s.sign, s.person, s.t_s, s.note) for s in audit.withdrawn],
        gaps=audit.gaps,
        ledger_head=audit.head,
        simulated=audit.simulated,
    )
