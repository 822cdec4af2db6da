"""A long line watched by several trackers, each with its own stretch and some overlap: one picture of all.

Theory: neighbours hear the same sensors in the overlap, or sensors that see over the border, so both hold whoever
walks there.  A track is told of by the tracker whose stretch it is in; when it passes the border, the neighbour's
track that says the same takes its number over.  Somebody in a neighbour's stretch whom only we see is told of by us.
What is compared are places and velocities with their errors: nothing but values passes between shards.

Rules: a number is never used twice; a subject in the overlap is told of once.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from watchline.domain.batches import TrackBatch

F8 = NDArray[np.float64]

SAME_D2 = 16.0  # squared normalised distance of two places and velocities that may be one subject's
STAY_D2 = 100.0  # of two that were one subject's before
YOUNG_S = 10.0  # of a track seen for less long the velocity says nothing yet
FLOOR_M2 = 4.0  # two trackers' places of one subject differ by what each has not heard


@dataclass(frozen=True)
class Seam:
    """borders_m (K - 1,): chainages between the K stretches; numbers: of (shard, its own track number).

    per_shard: numbers of a shard's own tracks begin at so many times its place from 1, and every joiner gives the
    same; 0: they are counted through.
    """

    borders_m: tuple[float, ...]
    next_id: int = 1
    numbers: dict[tuple[int, int], int] = field(default_factory=dict)
    per_shard: int = 0


def joined(seam: Seam, parts: list[TrackBatch]) -> tuple[Seam, TrackBatch]:
    """Return the seam after this moment and the tracks of all shards, each told of once.

    parts: what each shard tells of the same moment, in order of chainage.
    """
    numbers, next_id = dict(seam.numbers), seam.next_id
    owner = [np.searchsorted(seam.borders_m, part.s_m, side="right") for part in parts]
    told = [np.zeros(0, np.int64)] * len(parts)
    # Those in their own stretch first; on the border itself both neighbours may place one subject in theirs.
    for own_stretch in (True, False):
        for k in range(len(parts)):
            rows = np.flatnonzero((owner[k] == k) == own_stretch)
            alone = [row for row in rows if not _is_told(numbers, parts, told, k, int(row))]
            told[k] = np.sort(np.append(told[k], np.array(alone, np.int64)))
    for k, part in enumerate(parts):
        for row in told[k]:
            own = int(part.track_id[row])
            if (k, own) not in numbers:
                new = next_id if seam.per_shard == 0 else (k + 1) * seam.per_shard + own
                known = _from_neighbours(numbers, parts, k, int(row))
                numbers[k, own] = new if known is None else known
                next_id = max(next_id, numbers[k, own] + 1)
    out = [_renumbered(part, k, told[k], numbers) for k, part in enumerate(parts)]
    # What walks in a neighbour's stretch is known here too: it keeps its number when it comes over.
    for k, part in enumerate(parts):
        for row in np.setdiff1d(np.arange(len(part)), told[k]):
            number = _from_neighbours(numbers, parts, k, int(row))
            if number is not None:
                numbers[k, int(part.track_id[row])] = number
    living = {(k, int(i)) for k, part in enumerate(parts) for i in part.track_id}
    numbers = {name: number for name, number in numbers.items() if name in living}
    return Seam(seam.borders_m, next_id, numbers, seam.per_shard), TrackBatch.join(out)


def _is_told(
    numbers: dict[tuple[int, int], int], parts: list[TrackBatch], told: list[NDArray[np.int64]], shard: int, row: int
) -> bool:
    """Return whether a neighbour tells of a track that says the same as this one."""
    mine = numbers.get((shard, int(parts[shard].track_id[row])))
    for k in (shard - 1, shard + 1):
        if not 0 <= k < len(parts):
            continue
        d2 = _distance2(parts[shard], row, parts[k])[told[k]]
        theirs = [numbers.get((k, int(number))) for number in parts[k].track_id[told[k]]]
        before = np.array([mine is not None and number == mine for number in theirs], bool)
        if (d2 < np.where(before, STAY_D2, SAME_D2)).any():
            return True
    return False


def _renumbered(
    part: TrackBatch, shard: int, rows: NDArray[np.int64], numbers: dict[tuple[int, int], int]
) -> TrackBatch:
    mine = part.take(rows)
    number = [numbers[(shard, int(i))] for i in mine.track_id]
    return TrackBatch(**{**mine.columns(), "track_id": np.array(number, np.int32)})


def _from_neighbours(
    numbers: dict[tuple[int, int], int], parts: list[TrackBatch], shard: int, row: int
) -> int | None:
    """Return the number of the neighbours' track that says the same as this one, the nearest, if any has one."""
    best, number = SAME_D2, None
    for other in (shard - 1, shard + 1):
        if not 0 <= other < len(parts):
            continue
        d2 = _distance2(parts[shard], row, parts[other])
        for at in np.flatnonzero(d2 < best):
            name = (other, int(parts[other].track_id[at]))
            if name in numbers and d2[at] < best:
                best, number = float(d2[at]), numbers[name]
    return number


def _distance2(part: TrackBatch, row: int, other: TrackBatch) -> F8:
    """Return (N,) normalised distance of the other's tracks to one of ours, in place and velocity."""
    step, dv = other.xy_m - part.xy_m[row], other.v_m_s - part.v_m_s[row]
    xx, xy, yy = (other.cov[:, c] + part.cov[row, c] + (FLOOR_M2 if c != 1 else 0.0) for c in range(3))
    det = xx * yy - xy**2
    place = (yy * step[:, 0] ** 2 - 2 * xy * step[:, 0] * step[:, 1] + xx * step[:, 1] ** 2) / det
    speed = (dv**2).sum(axis=1) / (other.cov[:, 3] + part.cov[row, 3] + 0.1)
    young = np.minimum(other.last_s - other.first_s, part.last_s[row] - part.first_s[row]) < YOUNG_S
    return np.asarray(place + np.where(young, 0.0, speed))
