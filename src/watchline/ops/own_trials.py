"""Own units that pass through a sensor's view, as detection trials: evidence at no cost, and never an intrusion.

Every WINDOW_S the reported ways of our units are held against the looks and detections of that time
(`sensing.trial`); each sensor with LEAST_LOOKS fair looks at a unit gives one record.  Rules and limits are those of
`sensing.trial`: slow movers are no evidence against a radar, those who stand none against a camera.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from watchline.domain.batches import DetectionBatch, ScanBatch
from watchline.domain.records import DetectionTrial, Position, UnitReport
from watchline.geo.line import LineFrame
from watchline.geo.terrain import Terrain
from watchline.sensing.detection import VEHICLE, WALKER
from watchline.sensing.placing import Placed
from watchline.sensing.trial import Looks, Walk, looks_at

F8 = NDArray[np.float64]

WINDOW_S = 300.0
LEAST_LOOKS = 3
VEHICLE_M_S = 3.0  # units that at any time go faster than this do not walk
MOVED_M = 30.0


@dataclass(frozen=True)
class State:
    """Where and when: reports, looks and detections of the window since `from_s`."""

    line: LineFrame
    terrain: Terrain
    placed: Placed
    ours: frozenset[str]
    from_s: float | None = None
    reports: tuple[UnitReport, ...] = ()
    scans: tuple[ScanBatch, ...] = ()
    detections: tuple[DetectionBatch, ...] = ()
    number: int = 0
    seen: dict[str, int] = field(default_factory=dict)


def step(
    state: State,
    reports: tuple[UnitReport, ...],
    scans: ScanBatch,
    detections: DetectionBatch,
    explained: dict[str, int],
    now_s: float,
) -> tuple[State, list[DetectionTrial]]:
    """Return the state after this moment, and at a window's end the trials of it.

    explained: which track each unit explains now, by its name.
    """
    state = replace(
        state,
        from_s=now_s if state.from_s is None else state.from_s,
        reports=(*state.reports, *(r for r in reports if r.unit in state.ours and not r.exercise)),
        scans=(*state.scans, scans),
        detections=(*state.detections, detections),
        seen=state.seen | explained,
    )
    assert state.from_s is not None
    if now_s - state.from_s < WINDOW_S:
        return state, []
    trials = _trials(state)
    numbered = [_record(state, k, *trial) for k, trial in enumerate(trials, state.number + 1)]
    # The last report of a unit begins its next window.
    last = {r.unit: r for r in state.reports}
    return replace(
        state,
        from_s=now_s,
        reports=tuple(last.values()),
        scans=(),
        detections=(),
        number=state.number + len(numbered),
        seen={},
    ), numbered


def _trials(state: State) -> list[tuple[str, int, Looks, NDArray[np.bool_], F8, str]]:
    out = []
    scans, found = ScanBatch.join(list(state.scans)), DetectionBatch.join(list(state.detections))
    by_unit: dict[str, list[UnitReport]] = {}
    for report in sorted(state.reports, key=lambda r: r.t_s):
        by_unit.setdefault(report.unit, []).append(report)
    for unit, reports in by_unit.items():
        t = np.array([r.t_s for r in reports])
        at = [r.position for r in reports]
        if len(reports) < 2 or (np.diff(t) <= 0).any():
            continue
        xy = state.line.frame.xy_m_from_lonlat([p.lon_deg for p in at], [p.lat_deg for p in at])
        if np.hypot(*np.ptp(xy, axis=0)) < MOVED_M:
            continue
        fast = max(r.speed_m_s for r in reports) > VEHICLE_M_S
        looks = looks_at(
            Walk(1, t, xy, VEHICLE if fast else WALKER), scans, found, state.placed, state.terrain
        )  # fmt: skip
        for sensor in np.unique(looks.evidence.sensor):
            mine = looks.evidence.sensor == sensor
            if int(mine.sum()) >= LEAST_LOOKS:
                at_s = looks.t_s[mine][np.argmin(looks.range_m[mine])]
                nearest = np.array([np.interp(at_s, t, xy[:, k]) for k in (0, 1)])
                out.append((unit, int(sensor), looks, mine, nearest, "vehicle" if fast else "person"))
    return out


def _record(
    state: State,
    number: int,
    unit: str,
    sensor: int,
    looks: Looks,
    mine: NDArray[np.bool_],
    nearest_m: F8,
    subject: str,
) -> DetectionTrial:
    lonlat, sd = state.line.frame.lonlat_from_xy_m(nearest_m), state.line.sd_from_xy_m(nearest_m)
    t = looks.t_s[mine]
    return DetectionTrial(
        id=f"T-{number}",
        t_s=float(t.max()),
        source="own units",
        provenance=(f"unit:{unit}",),
        sensor=state.placed.sensors[sensor].id,
        unit=unit,
        from_s=float(t.min()),
        to_s=float(t.max()),
        looks=int(mine.sum()),
        detected=int(looks.evidence.seen[mine].sum()),
        range_m=round(float(looks.range_m[mine].min()), 1),
        position=Position(
            lon_deg=round(float(lonlat[0]), 6), lat_deg=round(float(lonlat[1]), 6),
            s_m=round(float(sd[0]), 1), d_m=round(float(sd[1]), 1),
        ),
        subject="vehicle" if subject == "vehicle" else "person",
        track_id=state.seen.get(unit),
    )  # fmt: skip
