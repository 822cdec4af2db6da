"""Records of honest counting: what was drawn blindly for a second look, and what the second look found."""

from __future__ import annotations

from typing import Literal

from watchline.domain.records import Disposition, Record

Sampled = Literal["disposition", "sign"]
SecondLook = Disposition | Literal["stands", "fell"]
"""What a second look says: of a disposition, the person's own word for it; of a sign report, whether it stands."""


class SampleDrawn(Record, frozen=True, tag="sample_drawn"):
    """One decision or sign report of a time was drawn to be looked at again.

    of, ref: an alert's disposition, or a sign report by its id; person: asked for the draw; from_s..to_s: of what was
    drawn from, pool: how many those were; seed: hash of the batch in which the last of them is, which nobody chooses.
    """

    sample: str
    of: Sampled
    ref: str
    person: str
    from_s: float
    to_s: float
    pool: int
    seed: str


class LookedAgain(Record, frozen=True, tag="looked_again"):
    """A second person, who was not told the first one's word, says what it was.  A later one replaces it."""

    sample: str
    person: str
    found: SecondLook
    note: str = ""
