"""Whose a track is, as screens show it."""

from __future__ import annotations

from watchline.domain.records import ExplainedTrack

NOBODYS, OWN, KNOWN = 0, 1, 2
"""Nobody's that we know; explained by a unit of ours or a partner's; other known activity, or an animal."""
ANIMAL = 0.6  # from here a track that nothing explains is shown as an animal


def party_of(told: ExplainedTrack | None) -> int:
    """Return whose a track is by what was last told of it."""
    if told is None or told.state != "explained":
        return NOBODYS
    return OWN if told.rule in ("own_unit", "partner_unit") else KNOWN
