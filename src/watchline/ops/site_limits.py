"""Between which values a setting of a site must lie: one table, read by the check and by the reference in docs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from watchline.domain.site import Site
from watchline.ops.site_file import Fault

Limits = dict[str, tuple[float, float, str]]
"""Setting -> least, most, unit."""
PLACE: Limits = {"lon_deg": (-180, 180, "degrees"), "lat_deg": (-90, 90, "degrees")}
LIMITS: dict[str, Limits] = {
    "line": {
        "outside_depth_m": (100, 100_000, "m"),
        "home_depth_m": (100, 100_000, "m"),
        "beyond_ends_m": (100, 100_000, "m"),
    },
    "desk": {
        "alarms_per_10_min": (0.01, 100, "alarms"),
        "distress_after_s": (1, 3600, "s"),
        "seeded_per_12_h": (0, 48, "tests"),
        "evidence_days": (1, 3650, "days"),
        "tracks_days": (1, 3650, "days"),
        "escalate_after_s": (1, 86_400, "s"),
    },
    "posts": {**PLACE, "observers": (0, 100, "people"), "team_m_s": (0.1, 60, "m/s")},
    "places": PLACE,
    "sensors": {
        **PLACE,
        "mast_m": (0, 500, "m"),
        "max_range_m": (1, 200_000, "m"),
        "scan_period_s": (0.01, 3600, "s"),
        "azimuth_deg": (-360, 360, "degrees"),
        "hfov_deg": (0.1, 360, "degrees"),
        "tilt_deg": (-90, 90, "degrees"),
        "roll_deg": (-90, 90, "degrees"),
        "width_px": (16, 20_000, "pixels"),
        "height_px": (16, 20_000, "pixels"),
        "rate_hz": (0.01, 240, "Hz"),
        "netd_k": (0.001, 5, "K"),
        "sd_bearing_deg": (0.0001, 45, "degrees"),
        "sd_range_m": (0.01, 10_000, "m"),
        "sd_s_m": (0.01, 10_000, "m"),
        "min_speed_m_s": (0, 100, "m/s"),
    },
    "sensors.pan": {
        "from_deg": (-360, 720, "degrees"),
        "to_deg": (-360, 720, "degrees"),
        "stops": (1, 360, "stops"),
        "dwell_s": (0.1, 3600, "s"),
    },
    "references": {"range_m": (1, 100_000, "m")},
    "synthetic": {"per_12_h": (0, 48, "crossers")},
    "barriers": {
        "condition": (0, 1, "(0 gone, 1 as built)"),
        "delay_walker_s": (0, 86_400, "s"),
        "delay_vehicle_s": (0, 86_400, "s"),
    },
    "units": {
        **PLACE,
        "speed_m_s": (0.1, 120, "m/s"),
        "endurance_s": (60, 172_800, "s"),
        "link_range_m": (100, 1_000_000, "m"),
    },
    "access": {"session_hours": (0.1, 168, "hours"), "idle_minutes": (1, 1440, "minutes")},
    "transport": {"store_mb": (10, math.inf, "MB"), "outbox_mb": (10, math.inf, "MB")},
    "simulation": {"seed": (0, 2**62, ""), "activity": (0, 100, "times"), "dark_sensors": (0, 10_000, "sensors")},
}


def check_limits(site: Site, file: str) -> Iterator[Fault]:
    """Yield a fault for every setting that lies outside its limits."""
    for table, limits in LIMITS.items():
        for where, part in _parts(site, table):
            for name, (low, high, unit) in limits.items():
                value = getattr(part, name)
                for at, one in enumerate(value) if isinstance(value, tuple) else ((None, value),):
                    field = f"{where}.{name}" + ("" if at is None else f"[{at}]")
                    yield from _within(file, field, one, low, high, unit)


def _parts(site: Site, table: str) -> Iterator[tuple[str, Any]]:
    """Yield where each part of a table stands in the file, and the part."""
    name, _, below = table.partition(".")
    whole = getattr(site, name)
    rows = [(f"{name}[{_label(row, n)}]", row) for n, row in enumerate(whole)] if isinstance(whole, tuple) else []
    for where, row in rows or [(name, whole)]:
        if row and below:
            row, where = getattr(row, below), f"{where}.{below}"
        if row:
            yield where, row


def _label(row: Any, number: int) -> str:
    return str(getattr(row, "id", number))


def _within(file: str, field: str, value: float | None, low: float, high: float, unit: str) -> Iterator[Fault]:
    if value is not None and not low <= value <= high:
        limits = f"within {low:g}..{high:g}" if high < math.inf else f"at least {low:g}"
        yield Fault("fault", file, field, f"must be {limits} {unit}".rstrip() + f", got {value:g}", "correct it")
