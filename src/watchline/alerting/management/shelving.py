"""What people set aside for a while, for a reason; it ends by itself, and distress is never set aside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from watchline.domain.records import Alert, Shelving

LONGEST_S = 24 * 3600.0  # whoever wants more says so again


def standing(before: Mapping[str, Shelving], told: Iterable[Shelving], now_s: float) -> dict[str, Shelving]:
    """Return the shelvings that hold now."""
    out = dict(before)
    for one in told:
        out[one.shelving] = one
    return {name: s for name, s in out.items() if not s.lifted and now_s < min(s.until_s, s.t_s + LONGEST_S)}


def covers(shelvings: Mapping[str, Shelving], alert: Alert) -> Shelving | None:
    """Return the shelving that an alert falls under, if any."""
    return next((s for s in shelvings.values() if _covers(s, alert)), None)


def _covers(one: Shelving, alert: Alert) -> bool:
    match one.scope:
        case "sensor":
            # Whoever else saw it as well does not fall silent with a bad sensor.
            return bool(alert.sensors) and set(alert.sensors) == {one.value}
        case "kind":
            return alert.what == one.value
        case _:
            span = stretch_km(one.value)
            return span is not None and span[0] <= alert.position.s_m / 1000.0 <= span[1]


def stretch_km(value: str) -> tuple[float, float] | None:
    """Return (from, to) of "from:to" in kilometres, None when it is none."""
    try:
        low, high = (float(part) for part in value.split(":"))
    except ValueError:
        return None
    return (low, high) if low < high else None
