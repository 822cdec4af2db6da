"""Public claims held against a ledger, and judged again when sign is found that touches them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from watchline.assurance.bound import Bound
from watchline.assurance.claims import Claim, Evidence, Judged, judge, proves, touches
from watchline.domain.claims import ClaimVerdict, PublicClaim, SignFound
from watchline.domain.records import Alert
from watchline.ledger.reader import LedgerReader
from watchline.ops.account.lessons import ANSWERED_S
from watchline.ops.unseen import ATTEMPT, CROSSING, SHOWN, Book, Window, find_of, known, read_book, unseen_of
from watchline.reports.claims import ClaimFacts, ClaimsFacts, SignFacts


@dataclass(frozen=True)
class Claimed:
    """One claim, what is known of its kind, the verdict, and the sign that touches it."""

    claim: PublicClaim
    known: int
    blind_share: float
    judged: Judged
    sign: tuple[SignFound, ...]


def read_claims(directory: Path) -> tuple[list[PublicClaim], list[SignFound]]:
    """Return the claims of a ledger and the sign that stands, as last told."""
    claims: dict[str, PublicClaim] = {}
    signs: dict[str, SignFound] = {}
    with LedgerReader(directory) as reader:
        for entry in reader.events(["public_claim", "sign_found"]):
            record = entry.value
            if isinstance(record, PublicClaim):
                claims[record.claim] = record
            elif isinstance(record, SignFound):
                signs[record.sign] = record
    return list(claims.values()), [s for s in signs.values() if not s.withdrawn]


def judged(book: Book, claim: PublicClaim, signs: Iterable[SignFound]) -> Claimed:
    """Return the verdict on a claim from the accounts of its window, what was seen in it, and the sign found.

    Sign counts as known when its people can have come no other way than over the claimed stretch in its window.
    """
    window = Window(claim.from_s, claim.to_s, claim.from_km, claim.to_km)
    asked = _claim(claim)
    touching = tuple(s for s in signs if touches(find_of(s), asked))
    seen, bounds, blind = 0, list[Bound | None](), list[float]()
    for crosser, subject in SHOWN:
        found = known(book, window, CROSSING, subject)
        said = unseen_of(book, window, crosser, found)
        bounds.append(said.bound)
        blind.append(said.blind_share)
        seen += sum(_counts(book, a, claim) for a in known(book, window, ATTEMPT, subject))
    seen += sum(s.people for s in touching if proves(find_of(s), asked))
    evidence = Evidence(seen, _together(bounds), max(blind), _open_route(book, window))
    return Claimed(claim, seen, max(blind), judge(asked, evidence), touching)


def verdict_of(found: Claimed, now_s: float, number: int, by: str = "") -> ClaimVerdict:
    """Return the record of a verdict."""
    j = found.judged
    return ClaimVerdict(
        id=f"{found.claim.claim}.{number}", t_s=now_s, source="claims", claim=found.claim.claim, verdict=j.verdict,
        reason_key=j.reason_key, known=found.known, blind_share=round(found.blind_share, 4), most=j.most,
        p_any=None if j.p_any is None else round(j.p_any, 4), by=by,
    )  # fmt: skip


def claims_of(directory: Path, book: Book | None = None) -> tuple[Book, list[Claimed]]:
    """Return a ledger's claims with their verdicts as of now; book: of the directory, where it was just read."""
    book = read_book(directory) if book is None else book
    claims, signs = read_claims(directory)
    return book, [judged(book, claim, signs) for claim in claims]


def touched(claims: Iterable[PublicClaim], sign: SignFound) -> list[PublicClaim]:
    """Return the claims that a sign reopens."""
    return [claim for claim in claims if touches(find_of(sign), _claim(claim))]


def _counts(book: Book, alert: Alert, claim: PublicClaim) -> bool:
    """Return whether a known alert is one of what a claim counts."""
    if claim.definition == "attempt":
        return True
    if alert.what not in CROSSING:
        return False
    if claim.definition == "crossing":
        return True
    answered = book.acknowledged_s.get(alert.alert)
    return answered is None or answered - alert.first_s > ANSWERED_S


def _together(bounds: list[Bound | None]) -> Bound | None:
    """Return one bound for all classes: the sum of each one's, which holds at least as often; None if one is."""
    if any(b is None for b in bounds):
        return None
    some = [b for b in bounds if b is not None]
    none = float(np.prod([1.0 - b.p_any for b in some]))
    return Bound(sum(b.seen for b in some), sum(b.mean for b in some), 1.0 - none, sum(b.most for b in some))


def _open_route(book: Book, window: Window) -> float | None:
    """Return the largest chance that the best informed had anywhere in a window, None without an account."""
    rows = book.rows
    here = (rows.t_s >= window.from_s) & (rows.t_s < window.to_s)
    here &= (rows.stretch >= int(window.from_km)) & (rows.stretch < window.to_km)
    return float(rows.adversary[here].max()) if here.any() else None


def _claim(claim: PublicClaim) -> Claim:
    return Claim(
        claim.at_most, claim.definition, 1000.0 * claim.from_km, 1000.0 * claim.to_km, claim.from_s, claim.to_s,
        claim.always,
    )  # fmt: skip


def claims_facts(directory: Path) -> ClaimsFacts:
    """Return the facts of the report; raises BadInput."""
    book, found = claims_of(directory)
    return ClaimsFacts(
        book.site.name, book.site.clock.timezone, tuple(_facts(one) for one in found), book.head, book.simulated
    )


def _facts(one: Claimed) -> ClaimFacts:
    c, j = one.claim, one.judged
    sign = tuple(SignFacts(s.what, s.people, s.found_s, s.round_an_end, s.note) for s in one.sign)
    return ClaimFacts(
        c.words, c.office, c.definition, c.from_s, c.to_s, c.from_km, c.to_km, j.verdict, j.reason_key, one.known,
        j.most, j.p_any, one.blind_share, sign,
    )  # fmt: skip
