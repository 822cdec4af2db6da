"""What reading and writing an event share: bounds, the standard's word for not known, and how long events hold."""

from __future__ import annotations

UNKNOWN_M = 9_999_999.0  # the standard's "not known" of heights and errors
STALE_S = 60.0  # an event that was stale for longer when it came is old news
AHEAD_S = 60.0
HOLDS_S = 300.0  # of events that have no end of their own
SAY_EVERY_S = 30.0  # our own presence, which TAK servers route by and close silent connections without


class Limits:
    """event: bytes of one, an ATAK chat with a long text is a tenth of it; uid, text: characters kept."""

    event = 65_536
    uid = 256
    text = 2_000
