"""Why a track is there, or is no more: read from the state, in values that can be put into words.

Rules: nothing is remembered for this alone but the ring of contributions; an explanation is a function of the state.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from watchline.tracking.reading import KEYS_PER_SCAN
from watchline.tracking.track.rows import LOST_KEPT, REASONS, TRACE, Row
from watchline.tracking.tracker import State


@dataclass(frozen=True)
class BySensor:
    """One sensor and a track: hits, looks that should have seen it, chance that it can see it."""

    unit: int
    hits: float
    expected: float
    p_can_see: float


@dataclass(frozen=True)
class Contribution:
    """One look that saw the track: when, scan, sensor, chance that the detection was the track's."""

    t_s: float
    scan_id: int
    sensor: int
    share: float


@dataclass(frozen=True)
class Explanation:
    """Why a track is believed.

    scan_id: of the detection it began with; p_subject, p_false_source, p_nothing sum to 1; shown_s: since when it is
    shown, None never; gap_s, p_same: its last gap and the chance that it is the same subject; latest first.
    """

    track_id: int
    scan_id: int
    first_s: float
    last_s: float
    hits: int
    p_subject: float
    p_false_source: float
    p_nothing: float
    shown: bool
    shown_s: float | None
    gap_s: float
    p_same: float
    sensors: tuple[BySensor, ...]
    latest: tuple[Contribution, ...]


@dataclass(frozen=True)
class GivenUp:
    """A track that was shown once and has been given up: why is one of `rows.REASONS`.

    track_id None: never told.
    """

    track_id: int | None
    scan_id: int
    t_s: float
    p_exist: float
    p_false_source: float
    why: str


def explain(state: State, track_id: int) -> Explanation | None:
    """Return why a track is believed, None if there is none of that number."""
    keys = [key for key, (number, _) in state.numbers.items() if number == track_id]
    tracks = state.known.tracks
    rows = np.flatnonzero(np.isin(tracks["key"], keys))
    return _explained(tracks[rows[0]], track_id) if len(rows) else None


def _explained(track: Row, track_id: int) -> Explanation:
    exist, rock = float(track["exist"]), float(track["rock"])
    seers = [k for k in np.argsort(-track["seer_hits"], kind="stable") if track["seer"][k] >= 0]
    return Explanation(
        track_id=track_id,
        scan_id=int(track["key"]) // KEYS_PER_SCAN,
        first_s=float(track["first"]),
        last_s=float(track["last"]),
        hits=int(track["hits"]),
        p_subject=exist * (1.0 - rock),
        p_false_source=exist * rock,
        p_nothing=1.0 - exist,
        shown=bool(track["shown"]),
        shown_s=None if np.isnan(track["shown_s"]) else float(track["shown_s"]),
        gap_s=float(track["gap"]),
        p_same=float(track["same"]),
        sensors=tuple(
            BySensor(
                int(track["seer"][k]),
                float(track["seer_hits"][k]),
                float(track["seer_looks"][k]),
                float(track["seer_p"][k]),
            )
            for k in seers
        ),
        latest=_latest(track),
    )


def _latest(track: Row) -> tuple[Contribution, ...]:
    ever = int(track["traced"])
    rows = [(ever - 1 - k) % TRACE for k in range(min(ever, TRACE))]
    return tuple(
        Contribution(float(t), int(scan), int(sensor), float(share))
        for t, scan, sensor, share in track["trace"][rows]
    )


def given_up(state: State) -> tuple[GivenUp, ...]:
    """Return the tracks given up lately, latest first, at most `rows.LOST_KEPT`."""
    lost, ever = state.known.lost, int(state.known.ever[0])
    out = []
    for k in range(min(ever, LOST_KEPT)):
        key, t_s, exist, rock, why = lost[(ever - 1 - k) % LOST_KEPT].item()
        number = state.numbers.get(key)
        out.append(
            GivenUp(
                None if number is None else number[0], key // KEYS_PER_SCAN, t_s, exist, exist * rock, REASONS[why]
            )
        )
    return tuple(out)
