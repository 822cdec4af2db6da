"""The records of policy: what was released to whom, who asked for it, and who looked at a person's track.

Rules as in `records.py`.  Nobody is named here but our own people.
"""

from __future__ import annotations

from typing import Literal

from watchline.domain.records import GeoPoint, Record

Purpose = Literal["coordination", "rescue"]
Told = Literal["tracks", "alerts", "units", "distress"]
"""What can be told: confirmed tracks, alerts, our own units, and calls for help with whoever needs it."""


class Release(Record, frozen=True, tag="release"):
    """A named officer lets a recipient see more than the policy gives, on a stretch, for a reason, until a moment.

    alert: the one it is about, "" for the stretch; until_s: when it ends by itself.
    """

    release: str
    recipient: str
    officer: str
    purpose: Purpose
    reason: str
    from_m: float
    to_m: float
    what: tuple[Told, ...]
    until_s: float
    alert: str = ""


class ReleaseEnded(Record, frozen=True, tag="release_ended"):
    """A release is taken back before its time."""

    release: str
    officer: str


class LegalHold(Record, frozen=True, tag="legal_hold"):
    """What is kept of an alert must not be deleted until this is ended: a court, an inquiry, a complaint."""

    hold: str
    alert: str
    person: str
    reason: str


class LegalHoldEnded(Record, frozen=True, tag="legal_hold_ended"):
    """A hold is over: the site's rule counts again.  It takes another person than the one who made it."""

    hold: str
    person: str


class MaskLiftAsked(Record, frozen=True, tag="mask_lift_asked"):
    """A person asks that a privacy mask be lifted for a while, and why.  Nothing is lifted by it."""

    lift: str
    area: str
    person: str
    reason: str
    until_s: float


class MaskLiftAgreed(Record, frozen=True, tag="mask_lift_agreed"):
    """Another person agrees: the mask is lifted until the moment that was asked for."""

    lift: str
    person: str


class CellReport(Record, frozen=True, tag="cell_report"):
    """How much moved in a square of the ground, long enough ago: all that some recipients are ever told.

    place: the middle of the square, cell_m its side; from_s..to_s: when; least..most: how many were counted, None:
    more than the highest band begins with.
    """

    place: GeoPoint
    cell_m: float
    from_s: float
    to_s: float
    least: int
    most: int | None


class Released(Record, frozen=True, tag="released"):
    """Something left the house: kept before it is sent.

    what: kind of record; digest: SHA-256 of it as JSON; release: the release that allowed it, "" for the policy.
    """

    recipient: str
    link: str
    what: str
    digest: str
    cell_m: float
    delay_s: float
    release: str = ""


class TrackViewed(Record, frozen=True, tag="track_viewed"):
    """Somebody looked at, or took away, what is kept of a subject: a view is an event like any other."""

    person: str
    how: Literal["trail", "clip", "camera", "evidence", "export", "search", "report", "weakest"]
    ref: str


class ExportAsked(Record, frozen=True, tag="export_asked"):
    """A person asks to take live things of more of the line than one may take alone."""

    export: str
    person: str
    layer: str
    form: str
    from_m: float
    to_m: float


class ExportApproved(Record, frozen=True, tag="export_approved"):
    """A second person agrees; the export can be fetched once, by whoever asked, until a moment."""

    export: str
    person: str
    until_s: float
