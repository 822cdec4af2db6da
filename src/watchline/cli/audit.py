"""`watchline audit`: decisions and sign reports are drawn blindly, and a second person says what they were."""

from __future__ import annotations

import secrets
import time
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter

from watchline.cli.options import Json, LedgerFolder
from watchline.domain.audit import LookedAgain, Sampled, SampleDrawn, SecondLook
from watchline.domain.errors import BadInput
from watchline.domain.records import Record
from watchline.ledger.store import LEDGER_DB
from watchline.ledger.writer import Ledger
from watchline.ops.audit import Audit, draw, read_audit, require_person
from watchline.ops.clock import seconds_of
from watchline.ops.papers.incident import blind, incident_facts
from watchline.reports.document import Writer
from watchline.reports.html import html
from watchline.reports.incident import incident_report
from watchline.reports.words import Language

OF_SIGN = ("stands", "fell")


def audit(
    ledger: LedgerFolder,
    /,
    *,
    person: Annotated[str, Parameter(help="who draws, or looks again")],
    draw_: Annotated[int | None, Parameter(name="--draw", help="so many, of those not drawn before")] = None,
    of: Annotated[Sampled, Parameter(help="what is drawn from")] = "disposition",
    from_: Annotated[str | None, Parameter(name="--from", help="RFC 3339; draw from decisions since then")] = None,
    to: Annotated[str | None, Parameter(help="RFC 3339; and until then")] = None,
    sample: Annotated[str, Parameter(help="a sample that was drawn, such as S-3")] = "",
    out: Annotated[Path | None, Parameter(help=".html: what was known before anybody decided")] = None,
    found: Annotated[SecondLook | None, Parameter(help="what it was, by the second look")] = None,
    note: Annotated[str, Parameter(help="why, in words")] = "",
    lang: Annotated[Language, Parameter(help="of what is written")] = "en",
    json: Json = False,
) -> int:
    """Draw blind samples from LEDGER, show one without the first person's word, or enter what a second look found.

    To draw or to enter, no core may be writing the ledger.  Exit code 1 when the second look says something else.
    """
    if not (ledger / LEDGER_DB).exists():
        raise BadInput(str(ledger), "is no ledger", "give the folder that watchline run names")
    if (draw_ is None) == (not sample):
        raise BadInput("--draw", "or --sample, one of them, must be given")
    book = read_audit(ledger)
    now_s = book.end_s if book.simulated else time.time()
    if draw_ is not None:
        if draw_ < 1:
            raise BadInput("--draw", f"must be at least 1, got {draw_}")
        require_person(book, person)
        between = _time("--from", from_, 0.0), _time("--to", to, book.end_s)
        samples = draw(ledger, book, of, draw_, person, between, now_s)
        _kept(ledger, samples, now_s)
        _print(samples, json)
        return 0
    drawn = book.samples.get(sample)
    if drawn is None:
        raise BadInput("--sample", f"{sample} was not drawn", "draw first")
    require_person(book, person, drawn)
    if found is None:
        return _shown(ledger, drawn, out, lang)
    return _looked(ledger, book, drawn, LookedAgain(
        id=f"{sample}.{int(now_s * 1000)}", t_s=now_s, source="audit", sample=sample, person=person, found=found,
        note=note,
    ), json)  # fmt: skip


def _shown(ledger: Path, sample: SampleDrawn, out: Path | None, lang: Language) -> int:
    if out is None or out.suffix != ".html":
        raise BadInput("--out", "must name an .html file", "or give --found")
    if sample.of == "sign":
        raise BadInput("--out", "there is no paper of a sign report", "go to the place, or ask who was there")
    facts = blind(incident_facts(ledger, sample.ref))
    out.write_bytes(html(incident_report(facts, Writer(lang, facts.timezone))))
    print(f"{sample.sample}: {out}")
    return 0


def _looked(ledger: Path, book: Audit, sample: SampleDrawn, look: LookedAgain, json: bool) -> int:
    if (look.found in OF_SIGN) != (sample.of == "sign"):
        raise BadInput("--found", f"{look.found} says nothing of a {sample.of}")
    _kept(ledger, [look], look.t_s)
    first = book.pool(sample.of)[sample.ref].word
    if json:
        print(msgspec.json.encode({"entered": look, "first": first, "changed": first != look.found}).decode())
    else:
        said = "the same" if first == look.found else f"first {first}, now {look.found}"
        print(f"{sample.sample} ({sample.ref}): {said}")
    return int(first != look.found)


def _print(samples: list[SampleDrawn], json: bool) -> None:
    if json:
        print(msgspec.json.encode(samples).decode())
        return
    print(f"{len(samples)} of {samples[0].pool}, by the hash of batch {samples[0].seed[:16]}:")
    for one in samples:
        print(f"  {one.sample}  {one.of}  {one.ref}")


def _kept(ledger: Path, records: list[SampleDrawn] | list[LookedAgain], now_s: float) -> None:
    with Ledger.open(ledger, lambda: secrets.token_bytes(16)) as writer:
        each: Record
        for each in records:
            writer.append(each, now_s)
        writer.commit(now_s)


def _time(name: str, text: str | None, default_s: float) -> float:
    try:
        return default_s if text is None else seconds_of(text)
    except ValueError:
        raise BadInput(name, f"must be a time with zone, got {text!r}", "for example 2018-01-23T00:00:00Z") from None
