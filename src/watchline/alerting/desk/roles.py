"""Who may do what.  A screen may hide a key; only this table decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from watchline.domain.desk import Role

Right = Literal["answer", "write", "shelve", "promote", "hand", "hand_over", "exercise", "seat", "tell"]
"""answer: acknowledge, classify, look again; write: the shift log and group arrivals; hand: an alert to another desk;
hand_over: a shift; seat: open a screen for somebody else; tell: weather, reports and map files by hand."""

MAY: dict[Role, frozenset[Right]] = {
    "tower_operator": frozenset({"answer", "write", "shelve", "promote", "hand", "hand_over", "tell"}),
    "shift_commander": frozenset(
        {"answer", "write", "shelve", "promote", "hand", "hand_over", "exercise", "seat", "tell"}
    ),
    "maintainer": frozenset({"write", "shelve", "tell"}),
    "auditor": frozenset(),
}


@dataclass(frozen=True)
class Who:
    """A person at a screen.  desk: whose alerts they answer, "" for every desk's.

    recipient: of the site's policy, whose view of the line they have, "" for all of it; may_release: a named officer.
    """

    name: str
    role: Role
    desk: str = ""
    recipient: str = ""
    may_release: bool = False

    def may(self, right: Right) -> bool:
        """Return whether the role has this right."""
        return right in MAY[self.role]

    def at(self, desk: str) -> bool:
        """Return whether this person answers for a desk: a commander does for all."""
        return self.role == "shift_commander" or self.desk in ("", desk)


class Refused(Exception):
    """A wish that is not done.  why: missing, forbidden, changed (look again first) or wrong; text: one line."""

    def __init__(self, why: Literal["missing", "forbidden", "changed", "wrong"], text: str) -> None:
        super().__init__(text)
        self.why, self.text = why, text
