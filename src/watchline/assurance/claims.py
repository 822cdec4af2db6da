"""What is said in public about the line, held against what the ledger can support.

A claim has the words, the office that made it, a stretch and a window, and the definition it used: an attempt, a
crossing (reached the far side), or a breach (crossed without anybody of ours knowing in time).  The verdict follows
from what is known and from the bound on what is not:

* contradicted: more are known than the claim allows;
* UNKNOWN: a part of the stretch and window had no watch, or nothing at all was watched;
* supported: what is known and the upper bound on the unseen together are within the claim;
* not supported: it may be true, but the ledger does not show it.

A find inland touches every window in which its people may have crossed, and those claims are judged again.  People
also go round the ends: a find that may have come round one is no proof of a crossing here, and none against it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from watchline.assurance.bound import Bound

Verdict = Literal["supported", "not_supported", "contradicted", "unknown"]
Definition = Literal["attempt", "crossing", "breach"]

BLIND_SHARE = 0.01  # of the claimed stretch and time: more without watch than this, and nothing can be said of all


@dataclass(frozen=True)
class Claim:
    """At most `at_most` of `definition` on stretch from_m..to_m between from_s and to_s; always: for every crosser.

    always: the claim speaks of what can happen ("impenetrable"), not of what did.
    """

    at_most: int
    definition: Definition
    from_m: float
    to_m: float
    from_s: float
    to_s: float
    always: bool = False


@dataclass(frozen=True)
class Evidence:
    """What the ledger holds for a claim's stretch and window.

    known: events of the claim's definition that are confirmed; bound: on the unseen, None if nothing was watched;
    blind_share: of the stretch and time; adversary_miss: the worst informed route's chance, its 5 % point.
    """

    known: int
    bound: Bound | None
    blind_share: float
    adversary_miss: float | None = None


@dataclass(frozen=True)
class Judged:
    """The verdict, the reason as a key of the catalogues, and the numbers beside it."""

    verdict: Verdict
    reason_key: str
    most: int | None
    p_any: float | None


def judge(claim: Claim, evidence: Evidence) -> Judged:
    """Return the verdict on a claim."""
    bound = evidence.bound
    most = None if bound is None else evidence.known + bound.most
    p_any = None if bound is None else bound.p_any
    if evidence.known > claim.at_most:
        return Judged("contradicted", "claim.more_are_known", most, p_any)
    if bound is None or evidence.blind_share > BLIND_SHARE:
        return Judged("unknown", "claim.part_unwatched", most, p_any)
    if claim.always and not _impassable(evidence):
        return Judged("not_supported", "claim.a_route_is_open", most, p_any)
    if most is not None and most <= claim.at_most:
        return Judged("supported", "claim.bound_within", most, p_any)
    return Judged("not_supported", "claim.bound_above", most, p_any)


IMPASSABLE = 0.05


def _impassable(evidence: Evidence) -> bool:
    return evidence.adversary_miss is not None and evidence.adversary_miss <= IMPASSABLE


@dataclass(frozen=True)
class Find:
    """People or their sign found inland: where along the line they can have come from, and when.

    from_m..to_m: chainages from which the place could be reached in the time; None when only round an end.
    round_an_end: the place can also be reached without crossing the watched line.
    """

    people: int
    found_s: float
    since_s: float
    from_m: float | None
    to_m: float | None
    round_an_end: bool


def touches(find: Find, claim: Claim) -> bool:
    """Return whether the find reopens the claim: its people may have crossed in the claim's window and stretch."""
    if find.since_s >= claim.to_s or find.found_s <= claim.from_s:
        return False
    if find.from_m is None or find.to_m is None:
        return find.round_an_end
    return find.from_m <= claim.to_m and find.to_m >= claim.from_m


def proves(find: Find, claim: Claim) -> bool:
    """Return whether the find proves a crossing inside the claim's stretch and window and nowhere else."""
    return lies_in(find, claim.from_m, claim.to_m, claim.from_s, claim.to_s)


def lies_in(find: Find, from_m: float, to_m: float, from_s: float, to_s: float) -> bool:
    """Return whether the people of a find crossed on this stretch in this time, and can have come no other way."""
    if find.round_an_end or find.from_m is None or find.to_m is None:
        return False
    return from_m <= find.from_m and find.to_m <= to_m and from_s <= find.since_s and find.found_s <= to_s
