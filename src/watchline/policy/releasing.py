"""Who may release what to whom, and for how long."""

from __future__ import annotations

from watchline.domain.policy import Release
from watchline.domain.site import Recipient

REASON_LEAST = 10  # characters: a word is no reason
HOURS_MOST = 24.0
TEXT_MOST = 1000
RESCUE_MOST_M = 20_000.0  # of stretch: a rescue is somewhere


class NotReleased(Exception):
    """A release that is not made.  why: forbidden (not this person, not to them) or wrong (correct it)."""

    def __init__(self, why: str, text: str) -> None:
        super().__init__(text)
        self.why = why


def check_release(release: Release, recipient: Recipient, *, may_release: bool) -> None:
    """Refuse a release that nobody may make, or that lacks its reason or its end; NotReleased says why.

    may_release: whether the person is one of the site's named officers.
    """
    if not may_release:
        raise NotReleased("forbidden", f"{release.officer} is no officer whom the site names for releases")
    if not recipient.id:
        raise NotReleased("wrong", f"recipient: {release.recipient!r} is not in the site's policy")
    if recipient.kind in ("armed", "unknown") and release.purpose != "rescue":
        raise NotReleased("forbidden", f"{recipient.id} is {recipient.kind}: only a rescue lifts its terms")
    if len(release.reason.strip()) < REASON_LEAST:
        raise NotReleased("wrong", f"reason: write at least {REASON_LEAST} characters")
    if not 0.0 < release.until_s - release.t_s <= 3600.0 * HOURS_MOST:
        raise NotReleased("wrong", f"until_s: must be within {HOURS_MOST:g} hours from now")
    if not release.from_m <= release.to_m:
        raise NotReleased("wrong", "to_m: must not be below from_m")
    if not release.what:
        raise NotReleased("wrong", "what: name tracks, alerts, units or distress")
    wide = release.to_m - release.from_m > RESCUE_MOST_M
    if recipient.kind in ("armed", "unknown") and (wide or "units" in release.what):
        limit = f"at most {RESCUE_MOST_M / 1000:g} km of the line, and never our units"
        raise NotReleased("forbidden", f"to {recipient.id}, which is {recipient.kind}: {limit}")


def check_told(text: str, confidence: float, people: int | None, minutes: float) -> None:
    """Refuse words to a partner that say nothing or hold for ever; NotReleased says why."""
    if not 0 < len(text.strip()) <= TEXT_MOST:
        raise NotReleased("wrong", f"text: write 1 to {TEXT_MOST} characters")
    if not 0.0 <= confidence <= 1.0:
        raise NotReleased("wrong", "confidence: must be within 0..1")
    if people is not None and not 0 <= people <= 1_000_000:
        raise NotReleased("wrong", "people: must be within 0..1000000")
    if not 0.0 < minutes <= 60.0 * HOURS_MOST:
        raise NotReleased("wrong", f"minutes: must be within {HOURS_MOST:g} hours from now")
