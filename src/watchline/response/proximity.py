"""Who is near a route: units of other commands, of a partner, and parties nobody knows.

Rules: those who do not expect each other are named, with the distance, before anybody approves; it warns and refuses
nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from watchline.domain.respond import Nearby

F8 = NDArray[np.float64]

WARN_M = {"own": 300.0, "partner": 600.0, "unknown": 600.0}  # units of one command expect each other and are left out


@dataclass(frozen=True)
class Party:
    """Somebody else: where (2,) they are; who: unit or track; command: the organisation, "" for none known."""

    who: str
    kind: Literal["own", "partner", "unknown"]
    xy_m: F8
    command: str = ""


def near_route(way_m: F8, parties: Sequence[Party], unit: str, command: str) -> tuple[Nearby, ...]:
    """Return who is nearer to a route (N, 2) than `WARN_M`, the nearest first; not the unit's own command."""
    found = []
    for party in parties:
        if party.who == unit or (party.kind == "own" and party.command == command):
            continue
        gap = distance_m(way_m, party.xy_m)
        if gap < WARN_M[party.kind]:
            found.append(Nearby(who=party.who, what=party.kind, distance_m=round(gap)))
    return tuple(sorted(found, key=lambda near: (near.distance_m, near.who)))


def distance_m(way_m: F8, xy_m: F8) -> float:
    """Return the distance of a place from a polyline (N, 2), N >= 1."""
    if len(way_m) == 1:
        return float(np.hypot(*(way_m[0] - xy_m)))
    a, leg = way_m[:-1], np.diff(way_m, axis=0)
    share = np.clip(((xy_m - a) * leg).sum(axis=1) / np.maximum((leg**2).sum(axis=1), 1e-12), 0.0, 1.0)
    return float(np.hypot(*(a + share[:, None] * leg - xy_m).T).min())
