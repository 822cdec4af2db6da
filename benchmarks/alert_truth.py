"""What really was where an alert is, on a recorded day: for scoring and fitting only.

An alert about somebody is true when people or a vehicle that are not ours are at its place and come to the line:
their party is within NEAR_LINE_M of it at some time of the day, after coming from outside.  So shepherds, passers and
vehicles that keep away are nuisance, animals and birds are environment, nobody is false; one of our own is own.
Somebody who loiters is true when it is people.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from watchline.sensing import signature

NEAR_LINE_M = 1000.0
AT_M = 250.0
PEOPLE = (signature.PERSON, signature.CHILD, signature.VEHICLE)
Verdict = Literal["true", "nuisance", "environment", "false", "own", "distress"]


@dataclass(frozen=True)
class Party:
    """One party of a day: whether it has people, is ours, is lost; how near the line it came; its inward crossing."""

    people: bool
    unit: int
    nearest_m: float
    outside_m: float
    crossing_s: float
    crossing_s_m: float
    first_seen_s: float
    seen: int


class Day:
    """The truth of a recorded day."""

    def __init__(self, folder: Path) -> None:
        held = np.load(folder / "truth.npz")
        rows = held["rows"]
        self.rows = rows[np.argsort(rows[:, 0], kind="stable")]
        self.times = np.unique(self.rows[:, 0])
        self.party_of = {int(b): int(p) for b, p in zip(rows[:, 1], rows[:, 2], strict=True)}
        self.crossings = held["crossings"]
        self.seen = held["seen"]
        self.parties = self._parties()

    def _parties(self) -> dict[int, Party]:
        out = {}
        first_in: dict[int, tuple[float, float]] = {}
        for t, body, s_m, sign in self.crossings:
            party = self.party_of.get(int(body), -1)
            if sign > 0 and party not in first_in:
                first_in[party] = (float(t), float(s_m))
        seen: dict[int, list[tuple[float, float]]] = {}
        for t, body, count in self.seen:
            seen.setdefault(self.party_of.get(int(body), -1), []).append((float(t), float(count)))
        order = np.argsort(self.rows[:, 2], kind="stable")
        rows = self.rows[order]
        for part in np.split(rows, np.flatnonzero(np.diff(rows[:, 2])) + 1):
            party = int(part[0, 2])
            crossing_s, at_m = first_in.get(party, (np.inf, np.nan))
            before = [(t, c) for t, c in seen.get(party, []) if t <= crossing_s]
            out[party] = Party(
                people=bool(np.isin(part[:, 3], PEOPLE).any()) and not bool(np.isin(part[:, 3], [3]).any()),
                unit=int(part[0, 4]),
                nearest_m=float(np.abs(part[:, 8]).min()),
                outside_m=float(part[:, 8].min()),
                crossing_s=crossing_s,
                crossing_s_m=at_m,
                first_seen_s=min((t for t, _ in before), default=np.inf),
                seen=int(sum(c for _, c in before)),
            )
        return out

    def at(self, t_s: float, xy_m: np.ndarray, within_m: float = AT_M) -> tuple[int, int, float]:
        """Return party, kind and distance of whoever is nearest to a place, birds last; (-1, -1, inf) if nobody."""
        t = self.times[min(int(np.searchsorted(self.times, t_s - 5.0)), len(self.times) - 1)]
        a, b = np.searchsorted(self.rows[:, 0], [t, np.nextafter(t, np.inf)])
        rows = self.rows[a:b]
        if len(rows) == 0:
            return -1, -1, float("inf")
        gap = np.hypot(rows[:, 5] - xy_m[0], rows[:, 6] - xy_m[1])
        best = int(np.argmin(gap + 150.0 * (rows[:, 3] == signature.BIRD)))
        if gap[best] > within_m:
            return -1, -1, float(gap[best])
        return int(rows[best, 2]), int(rows[best, 3]), float(gap[best])

    def verdict(self, t_s: float, xy_m: np.ndarray, what: str, within_m: float = AT_M) -> Verdict:
        """Return what a person who sees everything would call an alert there."""
        number, _, _ = self.at(t_s, xy_m, within_m)
        party = self.parties.get(number)
        if party is None:
            return "false"
        if party.unit >= 0:
            return "own"
        if not party.people:
            return "environment"
        if what == "loitering":
            return "true"
        return "true" if party.nearest_m < NEAR_LINE_M and party.outside_m < 0 else "nuisance"
