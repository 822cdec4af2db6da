"""Animals learned by place and hour: counts per cell that expire, and nothing else of who was there.

Theory: a cell of CELL_M and an hour of the day counts on how many days an animal's track was there and never came to
the line; where that was so on DAYS days of the last KEPT_S, another animal's track at that place and hour is no news.
Privacy: no track, no path and no time of day finer than the hour is kept; counts are told as records, so that whoever
audits sees all of what was learned, and expire.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from watchline.domain.batches import TrackBatch
from watchline.domain.records import LearnedMovement

CELL_M = 500.0
KEPT_S = 14 * 86_400.0
DAYS = 3.0
DAY_S = 86_400.0
ANIMAL = 0.5  # likelier an animal than everything else
NEVER_NEARER_M = 600.0  # what came nearer to the line than this teaches nothing
SWEEP_S = 3600.0
Cell = tuple[int, int, int]


@dataclass(frozen=True)
class Count:
    """On how many days, the last of them, and until when it is kept."""

    days: float
    last_s: float
    until_s: float


@dataclass(frozen=True)
class State:
    """cells: (along, across, hour) -> count; visits: of each living track its cells, None once it is out."""

    cells: dict[Cell, Count] = field(default_factory=dict)
    visits: dict[int, frozenset[Cell] | None] = field(default_factory=dict)
    swept_s: float = 0.0
    told: int = 0


def step(state: State, tracks: TrackBatch, hour: float, now_s: float) -> tuple[State, list[LearnedMovement]]:
    """Return the state after this moment, and the counts that changed."""
    visits = dict(state.visits)
    cell = _cells(tracks, hour)
    quiet = (tracks.p_class[:, 2] > ANIMAL) & (np.abs(tracks.d_m) > NEVER_NEARER_M)
    for row, track in enumerate(tracks.track_id.tolist()):
        known = visits.get(track, frozenset())
        if not quiet[row]:
            # Not an animal after all, or at the line: it teaches nothing.  Doubt at birth is not held against it.
            visits[track] = None if track in visits or abs(tracks.d_m[row]) <= NEVER_NEARER_M else frozenset()
        elif known is not None and cell[row] not in known:
            visits[track] = known | {cell[row]}
    live = set(tracks.track_id.tolist())
    ended = [visits.pop(track) for track in list(visits) if track not in live]
    cells, changed = dict(state.cells), set[Cell]()
    for visited in ended:
        for one in visited or ():
            old = cells.get(one)
            if old is not None and now_s - old.last_s < DAY_S / 2:
                continue  # counted today already
            cells[one] = Count((old.days if old is not None else 0.0) + 1.0, now_s, now_s + KEPT_S)
            changed.add(one)
    swept = state.swept_s
    if now_s - swept >= SWEEP_S:
        swept = now_s
        for one in [c for c, count in cells.items() if count.until_s <= now_s]:
            del cells[one]
            changed.add(one)
    state = replace(state, cells=cells, visits=visits, swept_s=swept)
    if not changed:
        return state, []
    return replace(state, told=state.told + 1), [_record(state, sorted(changed), now_s)]


def explains(state: State, tracks: TrackBatch, hour: float) -> dict[int, str]:
    """Return the tracks that are animals where animals are at this hour, and by which cell."""
    out = {}
    cell = _cells(tracks, hour)
    for row in np.flatnonzero(tracks.p_class[:, 2] > ANIMAL):
        count = state.cells.get(cell[row])
        if count is not None and count.days >= DAYS:
            out[int(tracks.track_id[row])] = ":".join(str(v) for v in cell[row])
    return out


def told(record: LearnedMovement, state: State) -> State:
    """Return the state with what a record says folded in: after a restart, or by another core."""
    cells = dict(state.cells)
    for s_m, d_m, hour, _, days, until_s in record.cells:
        cell = (round(s_m / record.cell_m), round(d_m / record.cell_m), int(hour))
        cells.pop(cell, None)
        if days > 0:
            cells[cell] = Count(days, record.t_s, until_s)
    return replace(state, cells=cells, told=state.told + 1)


def _cells(tracks: TrackBatch, hour: float) -> list[Cell]:
    s = np.floor(tracks.s_m / CELL_M).astype(int).tolist()
    d = np.floor(tracks.d_m / CELL_M).astype(int).tolist()
    return [(a, b, int(hour) % 24) for a, b in zip(s, d, strict=True)]


def _record(state: State, changed: list[Cell], now_s: float) -> LearnedMovement:
    rows = []
    for cell in changed:
        count = state.cells.get(cell, Count(0.0, now_s, now_s))
        rows.append((cell[0] * CELL_M, cell[1] * CELL_M, cell[2], "animal", count.days, count.until_s))
    number = state.told + 1
    return LearnedMovement(id=f"L-{number}", t_s=now_s, source="alerting", cell_m=CELL_M, cells=tuple(rows))
