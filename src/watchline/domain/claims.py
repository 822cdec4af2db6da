"""Records of what is said of the line in public, and of sign that was found later."""

from __future__ import annotations

from typing import Literal

from watchline.domain.records import Record

Definition = Literal["attempt", "crossing", "breach"]
VerdictName = Literal["supported", "not_supported", "contradicted", "unknown"]


class PublicClaim(Record, frozen=True, tag="public_claim"):
    """What an office said of the line: its words, the stretch and window they are about, and what they count.

    at_most so many of `definition` (an attempt; a crossing, which reached the far side; a breach, a crossing of which
    nobody of ours knew in time); always: of what can happen ("impenetrable"), not of what did; person: entered it.
    """

    claim: str
    words: str
    office: str
    definition: Definition
    from_km: float
    to_km: float
    from_s: float
    to_s: float
    person: str
    at_most: int = 0
    always: bool = False


class SignFound(Record, frozen=True, tag="sign_found"):
    """People or their sign found inland, later: footprints, a cut wire, an arrest, a partner's report.

    found_s, since_s: when, and since when they can have been there; from_km..to_km of the line from which the place
    can be reached in that time, None when only round an end; round_an_end: also without crossing.
    withdrawn: what was found is not what it was taken for.
    """

    sign: str
    what: Literal["people", "footprints", "cut_wire", "other"]
    people: int
    found_s: float
    since_s: float
    person: str
    note: str = ""
    from_km: float | None = None
    to_km: float | None = None
    round_an_end: bool = False
    withdrawn: bool = False


class ClaimVerdict(Record, frozen=True, tag="claim_verdict"):
    """What the ledger supports of a claim at this moment; a later one replaces it.

    most: known and unseen together at 95 %, p_any the chance of any unseen, None where UNKNOWN; known of its kind;
    blind_share of its stretch and time; by: the sign that made it be judged again, empty at first.
    """

    claim: str
    verdict: VerdictName
    reason_key: str
    known: int
    blind_share: float
    most: int | None = None
    p_any: float | None = None
    by: str = ""
