"""The terms on which a recipient is told things: what, where, how coarse, how late.

Theory: every recipient has a kind, and every kind a floor under which no line of a site's policy can go.  Where
people are is told to a partner, to anything armed and to anybody unknown only by squares of at least `CELL_M` and at
least `DELAY_S` late.  A release by a named officer lifts the floor, on a stretch and for a time; for the armed and
the unknown only to rescue.  Distress goes to our own and to rescuers at once; to all others only by a release, since
a person has to choose who of them is safe to ask.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from watchline.domain.policy import Release, Told
from watchline.domain.site import Recipient, RecipientKind, Sees, Site, below

CELL_M = 1000.0
DELAY_S = 1800.0
PROTECTED: tuple[Told, ...] = ("tracks", "alerts")  # these say where people are
FLOORED: tuple[RecipientKind, ...] = ("rescue", "partner", "armed", "unknown")
USUAL: dict[RecipientKind, tuple[Told, ...]] = {
    "own": ("tracks", "alerts", "units", "distress"),
    "rescue": ("distress",),
    "partner": ("tracks",),
    "armed": (),
    "unknown": (),
}
AT_MOST: dict[RecipientKind, frozenset[Told]] = {
    "own": frozenset({"tracks", "alerts", "units", "distress"}),
    "rescue": frozenset({"tracks", "alerts", "units", "distress"}),
    "partner": frozenset({"tracks", "alerts", "units"}),
    "armed": frozenset({"tracks", "alerts"}),
    "unknown": frozenset({"tracks", "alerts"}),
}
"""What a line of the policy may give to a kind; more of it takes a release."""
UNKNOWN = Recipient(id="", kind="unknown")


@dataclass(frozen=True, order=True)
class Terms:
    """One stretch, one kind of thing.  cell_m = 0: the exact place, now; release: the one that allows it, ""."""

    what: Told
    from_m: float
    to_m: float
    cell_m: float
    delay_s: float
    imagery: bool = False
    release: str = ""

    @property
    def exact(self) -> bool:
        """Return whether the exact place is told at once."""
        return self.cell_m == 0.0 and self.delay_s == 0.0

    def covers(self, what: Told, s_m: float) -> bool:
        """Return whether these terms are about such a thing at a chainage."""
        return what == self.what and self.from_m <= s_m <= self.to_m


def recipient_named(site: Site, name: str) -> Recipient:
    """Return the recipient of a name; whoever is not in the policy is unknown and is told nothing."""
    return next((one for one in site.recipients if one.id == name), UNKNOWN)


def terms_of(site: Site, recipient: Recipient, releases: Iterable[Release] = (), now_s: float = 0.0) -> list[Terms]:
    """Return all terms of a recipient at a moment, the policy's first."""
    return [
        *(term for sees in _lines(site, recipient) for term in _of_line(recipient.kind, sees)),
        *(
            term
            for one in releases
            if one.recipient == recipient.id and now_s < one.until_s
            for term in _of_release(one)
        ),
    ]


def exact_terms(terms: Iterable[Terms], what: Told, s_m: float) -> Terms | None:
    """Return terms under which a thing at a chainage may be told exactly and at once, None if there are none."""
    return next((one for one in terms if one.exact and one.covers(what, s_m)), None)


def _lines(site: Site, recipient: Recipient) -> tuple[Sees, ...]:
    if recipient.sees:
        return recipient.sees
    theirs = below(site, (recipient.organisation,)) if recipient.organisation else frozenset()
    return tuple(Sees(from_km=s.from_km, to_km=s.to_km) for s in site.sectors if s.organisation in theirs)


def _of_line(kind: RecipientKind, sees: Sees) -> Iterable[Terms]:
    for what in sees.what or USUAL[kind]:
        if what not in AT_MOST[kind]:
            continue
        cell_m, delay_s = sees.cell_m, sees.delay_s
        if what in PROTECTED and kind in FLOORED:
            cell_m, delay_s = max(cell_m, CELL_M), max(delay_s, DELAY_S)
        if what in ("units", "distress"):
            cell_m = delay_s = 0.0  # where our own are, and who needs help, is of use only as it is
        elif delay_s > 0.0:
            cell_m = max(cell_m, CELL_M)  # an exact place is no less exact for being old
        if cell_m > 0.0:
            delay_s = max(delay_s, MIN_DELAY_S)
        imagery = sees.imagery and kind == "own" and cell_m == 0.0
        yield Terms(what, 1000.0 * sees.from_km, 1000.0 * sees.to_km, cell_m, delay_s, imagery)


MIN_DELAY_S = 300.0  # squares are counted over this long, so that one report is not the way of one person


def _of_release(release: Release) -> Iterable[Terms]:
    for what in release.what:
        yield Terms(what, release.from_m, release.to_m, 0.0, 0.0, False, release.release)
