"""The records of posture: how ready the line is held, proposed with its cause, approved by a commander, over.

Rules as in `records.py`.  A proposal moves nobody: an approval names who gave it and by which right each unit goes.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from watchline.domain.records import Record

Level = Literal["normal", "raised", "high"]


class Arrivals(msgspec.Struct, frozen=True, kw_only=True):
    """People expected at a stretch in one hour: mean, 5 and 95 % points; families: those among the mean."""

    from_km: float
    to_km: float
    hour_s: float
    mean: float
    low: float
    high: float
    families: float


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """A unit that is to stand by behind a kilometre of the line.  role: rescue teams and reserves also receive."""

    unit: str
    role: Literal["patrol", "reserve", "rescue"]
    km: float
    lon_deg: float
    lat_deg: float
    way_km: float
    takes_s: float


class PostureProposed(Record, frozen=True, tag="posture_proposed"):
    """A posture, which a later proposal replaces.

    cause: why, in a code with what it rests on in provenance; forecast: the stretches and hours that hold nearly all
    who are expected; moves: who stands by where; patrol_share: patrols' rate on those stretches over the usual one.
    in_time, unchanged: the share of those expected who are reached in time with it and without it, as planned.
    rest_h, fuel_l: what it costs until expires_s, when it ends by itself.
    """

    posture: str
    level: Level
    cause: Literal["advance", "displaced_people", "pursuit", "line_weakened", "over"]
    expected: float
    low: float
    high: float
    forecast: tuple[Arrivals, ...]
    moves: tuple[Move, ...]
    patrol_share: float
    in_time: float
    unchanged: float
    rest_h: float
    fuel_l: float
    expires_s: float


class PostureApproved(Record, frozen=True, tag="posture_approved"):
    """A commander's yes to a proposal as they saw it (digest); rights: theirs for each of the moves."""

    posture: str
    digest: str
    person: str
    rights: tuple[str, ...]
