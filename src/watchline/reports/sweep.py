"""A box that a unit sweeps, as sheets and orders print it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SweepFacts:
    """unit, from_s..to_s, the MGRS of its south-west and north-east corners, lane spacing, its POD."""

    unit: str
    from_s: float
    to_s: float
    south_west: str
    north_east: str
    spacing_m: float
    pod: float
