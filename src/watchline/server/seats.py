"""Opening a screen for somebody: who sits down is recorded, and every seat is for a person of the site's list."""

from __future__ import annotations

import queue
import secrets

from watchline.alerting.desk.roles import Who
from watchline.domain.desk import SeatTaken
from watchline.ops.core import Core


def sit_down(core: Core, who: Who, *, exercise: bool) -> None:
    """Record that a person opened a screen; an overloaded core may not keep somebody from the picture."""
    seat = SeatTaken(
        id=f"seat-{secrets.token_hex(8)}",
        t_s=core.clock.now_s,
        source=who.name,
        exercise=exercise,
        person=who.name,
        role=who.role,
        desk=who.desk,
    )
    try:
        core.people.report((seat,))
    except queue.Full:
        core.counts["seats not recorded"] += 1
