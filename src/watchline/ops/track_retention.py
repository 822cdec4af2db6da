"""Tracks and detections older than the site keeps them are removed from the ledger; counts and times of them stay.

Theory: what is in the ledger's columns of tracks and detections is where somebody was, second by second.  After
`[desk] tracks_days` it goes; scans, missed-exposure minutes and every count stay, and with them the bound on unseen
crossings.  `ColumnsDeleted` proves it.  What an alert on legal hold may need stays: an hour on each side of it.

Two places of the chain are swept: the front, where days go by, and a round over all that is older, a little at a
time, which finds what a hold kept and keeps no longer.  Mutable: it remembers both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from watchline.domain.records import ColumnsDeleted
from watchline.ledger.reader import LedgerReader
from watchline.ledger.writer import Ledger

NAMES = ("detections", "tracks")
SECTIONS_MOST = 2000  # of each name at a time: a day of seconds takes half an hour, some 50 ms each
HOLD_MARGIN_S = 3600.0
DAY_S = 86_400.0


@dataclass
class _Places:
    front: int
    round: int = 0


class TrackRetention:
    """What is swept of one ledger, and how far."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._places: dict[str, _Places] = {}

    def swept(self, days: float, holds_s: Sequence[tuple[float, float]], now_s: float) -> list[ColumnsDeleted]:
        """Remove a piece of what is older than so many days; holds_s: from when to when alerts on hold lasted."""
        keep = [(from_s - HOLD_MARGIN_S, to_s + HOLD_MARGIN_S) for from_s, to_s in holds_s]
        before_s = now_s - days * DAY_S
        with LedgerReader(self._ledger.directory) as reader:
            return [
                gone
                for name in NAMES
                for gone in self._swept(reader, name, before_s, keep, f"retention: tracks_days {days:g}", now_s)
            ]

    def _swept(
        self,
        reader: LedgerReader,
        name: str,
        before_s: float,
        keep: Sequence[tuple[float, float]],
        reason: str,
        now_s: float,
    ) -> list[ColumnsDeleted]:
        places = self._places.get(name)
        if places is None:
            places = self._places[name] = _Places(reader.emptied_until(name))
        ahead = reader.held_columns(name, places.front, before_s, keep, SECTIONS_MOST)
        behind = [
            one
            for one in reader.held_columns(name, places.round, before_s, keep, SECTIONS_MOST)
            if one.seq <= places.front
        ]
        places.round = behind[-1].seq if behind else 0
        if ahead:
            places.front = ahead[-1].seq
        return [
            self._ledger.delete_columns(name, found, reason, now_s, "retention")
            for found in (behind, ahead)
            if any(one.goes for one in found)
        ]
