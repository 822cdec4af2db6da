"""`watchline claim`: what is said of the line in public, on record, and judged; sign found later judges it again."""

from __future__ import annotations

import secrets
import time
from typing import Annotated, Literal

import msgspec
from cyclopts import Parameter

from watchline.cli.options import Json, LedgerFolder
from watchline.coverage.crossing import STRETCH_M
from watchline.domain.claims import ClaimVerdict, Definition, PublicClaim, SignFound
from watchline.domain.errors import BadInput
from watchline.domain.records import Record
from watchline.ledger.store import LEDGER_DB
from watchline.ledger.writer import Ledger
from watchline.ops.claims import Claimed, judged, read_claims, touched, verdict_of
from watchline.ops.clock import seconds_of
from watchline.ops.unseen import read_book

What = Literal["people", "footprints", "cut_wire", "other"]


def claim(
    ledger: LedgerFolder,
    /,
    *,
    person: Annotated[str, Parameter(help="who enters it")],
    words: Annotated[str, Parameter(help="of the claim, as they were said")] = "",
    office: Annotated[str, Parameter(help="that said them")] = "",
    definition: Annotated[Definition, Parameter(help="what the words count")] = "crossing",
    at_most: Annotated[int, Parameter(help="so many, by the words")] = 0,
    always: Annotated[bool, Parameter(help="the words are about what can happen, not about what did")] = False,
    sign: Annotated[What | None, Parameter(help="found inland: judges again what it touches")] = None,
    people: Annotated[int, Parameter(help="of the sign")] = 1,
    note: Annotated[str, Parameter(help="of the sign, in words")] = "",
    round_an_end: Annotated[bool, Parameter(help="the place can be reached without crossing the line")] = False,
    from_: Annotated[str | None, Parameter(name="--from", help="RFC 3339; of a sign: since when")] = None,
    to: Annotated[str | None, Parameter(help="of a sign: when it was found")] = None,
    stretch: Annotated[str | None, Parameter(help="A:B in kilometres; of a sign: where they crossed")] = None,
    json: Json = False,
) -> int:
    """Enter a claim, or a sign that was found, into LEDGER, which no core may be writing, and print the verdicts.

    Exit code 1 when any verdict is "contradicted".
    """
    if not (ledger / LEDGER_DB).exists():
        raise BadInput(str(ledger), "is no ledger", "give the folder that watchline run names")
    if (sign is None) == (not words):
        raise BadInput("--words", "or --sign, one of them, must be given")
    book = read_book(ledger)
    claims, signs = read_claims(ledger)
    now_s = max(book.end_s, 0.0) if book.simulated else time.time()
    from_s, to_s = _time("--from", from_, book.start_s), _time("--to", to, book.end_s)
    if not from_s < to_s:
        raise BadInput("--from", "must be before --to")
    low, high = _stretch(stretch, book.length_m(from_s, to_s))
    records: list[Record] = []
    if sign is not None:
        open_ = round_an_end and stretch is None
        found = SignFound(
            id=f"sign-{len(signs) + 1}", t_s=now_s, source="claims", sign=f"N-{len(signs) + 1}", what=sign,
            people=people, found_s=to_s, since_s=from_s, person=person, note=note, from_km=None if open_ else low,
            to_km=None if open_ else high, round_an_end=round_an_end,
        )  # fmt: skip
        records.append(found)
        again, by = touched(claims, found), found.sign
        signs.append(found)
    else:
        if not office:
            raise BadInput("--office", "is missing", "whose words are they?")
        new = PublicClaim(
            id=f"claim-{len(claims) + 1}", t_s=now_s, source="claims", claim=f"C-{len(claims) + 1}", words=words,
            office=office, definition=definition, from_km=low, to_km=high, from_s=from_s, to_s=to_s, person=person,
            at_most=at_most, always=always,
        )  # fmt: skip
        records.append(new)
        again, by = [new], ""
    verdicts = [judged(book, one, signs) for one in again]
    told = [verdict_of(one, now_s, int(now_s * 1000), by) for one in verdicts]
    with Ledger.open(ledger, lambda: secrets.token_bytes(16)) as writer:
        for record in (*records, *told):
            writer.append(record, now_s)
        writer.commit(now_s)
    _print(records[0], verdicts, told, json)
    return 1 if any(v.verdict == "contradicted" for v in told) else 0


def _print(entered: Record, verdicts: list[Claimed], told: list[ClaimVerdict], json: bool) -> None:
    if json:
        out = {"entered": entered, "verdicts": told}
        print(msgspec.json.encode(out).decode())
        return
    if not verdicts:
        print("no claim is touched by it")
    for one, said in zip(verdicts, told, strict=True):
        most = "nothing can be said of how many" if said.most is None else f"at most {said.most} at 95 %"
        print(
            f'{said.claim} "{one.claim.words}" ({one.claim.office}): {said.verdict.replace("_", " ").upper()}; '
            f"known {said.known}, {most}, {100 * said.blind_share:.1f} % of stretch and time unwatched"
        )


def _time(name: str, text: str | None, default_s: float) -> float:
    try:
        return default_s if text is None else seconds_of(text)
    except ValueError:
        raise BadInput(name, f"must be a time with zone, got {text!r}", "for example 2018-01-23T00:00:00Z") from None


def _stretch(text: str | None, line_m: float) -> tuple[float, float]:
    if text is None:
        return 0.0, line_m / STRETCH_M
    try:
        low, high = (float(part) for part in text.split(":"))
    except ValueError:
        raise BadInput("--stretch", f"must be A:B in kilometres, got {text!r}", "for example 40:60") from None
    if not 0.0 <= low < high:
        raise BadInput("--stretch", f"must have 0 <= A < B, got {text}")
    return low, high
