"""Records of trials of the whole line: somebody whose way is known crossed it, and was or was not noticed."""

from __future__ import annotations

from typing import Literal

from watchline.domain.records import Record


class PassageTrial(Record, frozen=True, tag="passage_trial"):
    """A passage whose way and outcome are known: evidence for how an exposure becomes an alert.

    walk: its name; how: walked on the ground or simulated; crosser: of `sensing.detection.CROSSERS`;
    from_s..to_s of the way, s_m where it crossed the line; looks, alone: what it was exposed to
    (`assurance.passage_law`); alert: the first about it, None when it was missed; waited_s: until that was
    acknowledged, None if nobody did.  It is never counted as a crossing.
    """

    walk: str
    how: Literal["planted", "simulated"]
    crosser: str
    from_s: float
    to_s: float
    s_m: float
    looks: float
    alone: float
    alert: str | None = None
    waited_s: float | None = None
