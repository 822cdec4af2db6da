"""What makes an operation one that can be followed: the same rules for its file and for what a person states."""

from __future__ import annotations

import math
from collections.abc import Iterator

from watchline.domain.operations import OperationStated

LONGEST_S = 92 * 86_400.0


def faults_of(stated: OperationStated) -> Iterator[tuple[str, str]]:
    """Yield (field of the record, the rule it breaks)."""
    if not (math.isfinite(stated.begins_s) and 3600.0 <= stated.ends_s - stated.begins_s <= LONGEST_S):
        yield "ends_s", "must be an hour to 92 days after it begins"
    for k, phase in enumerate(stated.phases):
        if not stated.begins_s <= phase.begins_s < phase.ends_s <= stated.ends_s:
            yield f"phases[{k}]", "must lie within the operation and end after it begins"
    sweep = stated.sweep
    bounds = [
        ("sweep.ahead_days", sweep.ahead_days, 0.25, 31.0),
        ("sweep.visibility_m", sweep.visibility_m, 50.0, 100_000.0),
        ("sweep.place_pod", sweep.place_pod, 0.0, 1.0),
        ("sweep.wind_m_s", sweep.wind_m_s, 0.0, 40.0),
        ("sweep.temperature_c", sweep.temperature_c, -30.0, 60.0),
    ]
    bounds += [(f"objectives[{k}].aim", one.aim, 0.0, 1.0) for k, one in enumerate(stated.objectives)]
    bounds += [(f"sweep.shifts[{k}]", hour, 0.0, 24.0) for k, pair in enumerate(sweep.shifts) for hour in pair]
    for field, value, low, high in bounds:
        if not low <= value <= high:
            yield field, f"must be in {low:g} to {high:g}, got {value:g}"
    if not stated.name or not stated.forces or not sweep.shifts:
        yield "name, forces, sweep.shifts", "must name something"
    rings = [*stated.area, *(ring for force in stated.forces for ring in force.zone)]
    if not stated.area or any(len(ring) < 3 for ring in rings):
        yield "area, zone", "must be polygons of three corners and more"
    for ring in rings:
        if not all(-180.0 <= lon <= 180.0 and -89.0 <= lat <= 89.0 for lon, lat in ring):
            yield "area, zone", "corners are degrees longitude, latitude"
