"""Records of the talk between two cores: what an officer tells a partner, and what became of what was told."""

from __future__ import annotations

from typing import Literal

from watchline.domain.records import GeoPoint, PartnerEventKind, Record


class ToldPartner(Record, frozen=True, tag="told_partner"):
    """A named officer tells a recipient of something, in words and with a place: it goes out as an event.

    until_s: it says nothing after that; people: how many it is about, None: not told.
    """

    recipient: str
    officer: str
    what: PartnerEventKind
    place: GeoPoint
    until_s: float
    confidence: float
    people: int | None = None
    text: str = ""


class PartnerWord(Record, frozen=True, tag="partner_word"):
    """A word of one core to another about their messages; ref: key of the message it is about.

    here: it is there (text: its name); kept: the message is in its ledger, on the disk; refused: it breaks a rule
    (text); taken: a person there has taken a call for help.  source: the link, or ourselves when we say it.
    """

    state: Literal["here", "kept", "refused", "taken"]
    ref: str = ""
    text: str = ""
