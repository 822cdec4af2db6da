"""Records of patrols that are planned."""

from __future__ import annotations

from watchline.domain.records import Record


class PatrolsSealed(Record, frozen=True, tag="patrols_sealed"):
    """Sheets of patrols were drawn and sealed: nobody has to know them, everybody can check them afterwards.

    head: SHA-256 of the list of all sheets' SHA-256, which lies beside them; from_s..to_s of the sheets; units: how
    many; p_least: the least chance, over units and places, that a crosser who knows the law is noticed.
    """

    head: str
    from_s: float
    to_s: float
    units: int
    sheets: int
    p_least: float
    person: str
