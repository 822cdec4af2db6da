"""That somebody looked at a subject's track, film or map is an event like any other.

Rules: one event for a person, a way of looking and a thing in `AGAIN_S`.  A core too busy to keep it keeps nobody
from a picture that may save a life; it is counted, and shown among the core's counts.  Taking things away is another
matter: what cannot be kept is not handed out (`exports.py`).  Mutable: it remembers what was told.
"""

from __future__ import annotations

import queue
import secrets
from typing import Literal

from watchline.domain.policy import TrackViewed
from watchline.ops.core import Core

AGAIN_S = 60.0
KNOWN_MOST = 10_000
Looked = Literal["trail", "clip", "camera", "evidence", "search", "report", "weakest"]
"""How somebody looked, short of taking it away."""


class Viewing:
    """Who looked at what, lately."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._told: dict[tuple[str, str, str], float] = {}

    def note(self, person: str, how: Looked, ref: str) -> None:
        """Keep that a person looked at something."""
        core, now_s = self._core, self._core.clock.now_s
        if now_s - self._told.get((person, how, ref), -AGAIN_S) < AGAIN_S:
            return
        if len(self._told) >= KNOWN_MOST:
            self._told = {key: t_s for key, t_s in self._told.items() if now_s - t_s < AGAIN_S}
        self._told[person, how, ref] = now_s
        viewed = TrackViewed(
            id=f"viewed-{secrets.token_hex(8)}", t_s=now_s, source=person, person=person, how=how, ref=ref
        )
        try:
            core.people.report((viewed,))
        except queue.Full:
            core.counts["views not recorded"] += 1
