"""Records of trials: somebody whose way is known crossed the line, or was painted into a camera's pictures."""

from __future__ import annotations

from typing import Literal

from watchline.domain.records import Position, Record


class PassageTrial(Record, frozen=True, tag="passage_trial"):
    """A passage whose way and outcome are known: evidence for how an exposure becomes an alert.

    walk: its name; how: walked on the ground or simulated; crosser: of `sensing.detection.CROSSERS`;
    from_s..to_s of the way, s_m where it crossed the line; looks, alone: what it was exposed to
    (`assurance.passage_law`); alert: the first about it, None when it was missed; waited_s: until that was
    acknowledged, None if nobody did; pace: how many times as fast as the reference crosser, None where not known.
    It is never counted as a crossing.
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
    pace: float | None = None


class SyntheticCrosser(Record, frozen=True, tag="synthetic_crosser"):
    """A crosser who does not exist is painted into a copy of a camera's live pictures, until to_s.

    range_m, position, tall_px (height), counts (warmer than its ground by so many) where it first shows.  What the
    camera made of it is a `DetectionTrial` that names it, whom it was shown to a `SeededTest`.
    """

    sensor: str
    to_s: float
    range_m: float
    position: Position
    tall_px: float
    counts: float
