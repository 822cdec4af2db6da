"""The report of public claims: the words, whose they are, what the ledger supports of them, and the bound beside."""

from __future__ import annotations

from dataclasses import dataclass

from watchline.reports.document import Block, Document, Heading, Line, Writer
from watchline.reports.unseen import ASSUMPTIONS, percent


@dataclass(frozen=True)
class SignFacts:
    """A sign that touches a claim: what, how many, when found, whether they may have come round an end, a note."""

    what: str
    people: int
    found_s: float
    round_an_end: bool
    note: str


@dataclass(frozen=True)
class ClaimFacts:
    """One claim and its verdict; most and p_any None: UNKNOWN."""

    words: str
    office: str
    definition: str
    from_s: float
    to_s: float
    from_km: float
    to_km: float
    verdict: str
    reason_key: str
    known: int
    most: int | None
    p_any: float | None
    blind_share: float
    sign: tuple[SignFacts, ...]


@dataclass(frozen=True)
class ClaimsFacts:
    """All claims of a ledger."""

    site: str
    timezone: str
    claims: tuple[ClaimFacts, ...]
    ledger_head: str
    simulated: bool


def claims_report(facts: ClaimsFacts, say: Writer) -> Document:
    """Return the report."""
    blocks: list[Block] = [] if facts.claims else [Line(say.say("claims.none"))]
    for one in facts.claims:
        blocks += [Heading(f"“{one.words}”"), *(Line(text) for text in claim_lines(one, say))]
    blocks += [
        Heading(say.say("unseen.assumptions")),
        *(Line(f"{number}. {say.say(f'unseen.assume_{name}')}") for number, name in enumerate(ASSUMPTIONS, 1)),
        Line(say.say("claims.ends")),
    ]
    marks = (say.say("mark.simulated"),) if facts.simulated else ()
    footer = say.say("footer.ledger", head=facts.ledger_head[:16])
    return Document(say.say("claims.title", site=facts.site), say.language, tuple(blocks), marks, footer)


def claim_lines(one: ClaimFacts, say: Writer) -> list[str]:
    """Return what is said of one claim."""
    lines = [
        say.say("claims.office", office=one.office, what=say.say(f"claims.counts_{one.definition}")),
        say.say("shift.window", start=say.moment(one.from_s), end=say.moment(one.to_s)),
        say.say("unseen.stretch", a=f"{one.from_km:g}", b=f"{one.to_km:g}"),
        say.say("claims.verdict", verdict=say.say(f"claims.is_{one.verdict}"), why=say.say(one.reason_key)),
    ]
    if one.most is None or one.p_any is None:
        lines.append(say.say("claims.unknown", n=one.known))
    else:
        lines.append(say.say("claims.bound", n=one.known, most=one.most, p=percent(one.p_any)))
    if one.blind_share > 0.0:
        lines.append(say.say("unseen.blind", share=percent(one.blind_share)))
    for sign in one.sign:
        key = "claims.sign_round" if sign.round_an_end else "claims.sign"
        what = say.say(f"claims.what_{sign.what}")
        lines.append(say.say(key, n=sign.people, what=what, when=say.moment(sign.found_s), note=sign.note))
    return lines
