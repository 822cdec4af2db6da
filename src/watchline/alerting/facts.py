"""What an alert says: checkable facts, each with its numbers, its source and its time."""

from __future__ import annotations

import math

from watchline.alerting.rules import Memory
from watchline.domain.batches import CLASSES, TrackBatch
from watchline.domain.records import Fact


def about_track(
    tracks: TrackBatch, row: int, memory: Memory, sensor_ids: tuple[str, ...], eta_s: float, now_s: float
) -> list[Fact]:
    """Return the facts that hold of a track now, the most telling first."""
    track_id = int(tracks.track_id[row])
    source, ref = f"track {track_id}", f"track:{track_id}"
    minutes = (now_s - float(tracks.first_s[row])) / 60.0
    seen_by = sensor_ids[int(tracks.sensor[row])] if tracks.sensor[row] >= 0 else "-"
    hits = int(tracks.hits[row])
    facts = [
        _fact("fact.seen_by", seen_by, now_s, ref, sensor=seen_by, hits=hits, minutes=round(minutes, 1)),
    ]
    east, north = (float(v) for v in tracks.v_m_s[row])
    speed = math.hypot(east, north)
    if speed > 0.2:
        heading = round(math.degrees(math.atan2(east, north)) % 360)
        facts.append(
            _fact(
                "fact.moving",
                source,
                now_s,
                ref,
                speed_m_s=round(speed, 1),
                heading_deg=heading,
                minutes=round(minutes, 1),
            )
        )
    distance = round(abs(float(tracks.d_m[row])))
    if math.isfinite(eta_s):
        facts.append(
            _fact("fact.toward_line", source, now_s, ref, distance_m=distance, eta_min=round(eta_s / 60.0, 1))
        )
    if tracks.other[row] >= 0:
        other = sensor_ids[int(tracks.other[row])]
        facts.append(_fact("fact.second_sensor", other, now_s, ref, sensor=other, t_s=float(tracks.last_s[row])))
    stayed_min = (now_s - float(memory.anchor_s[row])) / 60.0
    if stayed_min > 5.0:
        facts.append(_fact("fact.stayed", source, now_s, ref, radius_m=150, minutes=round(stayed_min)))
    return facts


def crossed(source: str, now_s: float, ref: str, s_m: float) -> Fact:
    """Return where the line was crossed."""
    return _fact("fact.crossed", source, now_s, ref, km=round(s_m / 1000.0, 1))


def still(source: str, now_s: float, ref: str, minutes: float) -> Fact:
    """Return how long somebody has not moved."""
    return _fact("fact.still", source, now_s, ref, minutes=round(minutes))


def no_own_unit(now_s: float, distance_m: float, unit: str) -> Fact:
    """Return how far the nearest of our own units is: it is not one of ours."""
    return _fact("fact.no_own_unit", "unit reports", now_s, f"unit:{unit}", distance_m=round(distance_m), unit=unit)


def fence(sensor: str, now_s: float, pulls: int, seconds: float) -> Fact:
    """Return how often and how fast a fence was shaken."""
    return _fact("fact.fence", sensor, now_s, f"sensor:{sensor}", pulls=pulls, seconds=round(seconds, 1))


def beacon(name: str, t_s: float) -> Fact:
    """Return which beacon called."""
    return _fact("fact.beacon", name, t_s, f"beacon:{name}", id=name)


def called_for(name: str, t_s: float, now_s: float) -> Fact:
    """Return how long somebody has been calling."""
    return _fact("fact.called_for", name, now_s, f"beacon:{name}", minutes=round((now_s - t_s) / 60.0))


def place(source: str, now_s: float, ref: str, s_m: float, d_m: float) -> Fact:
    """Return where it is: chainage, distance from the line, and on which side."""
    side = "home" if d_m > 0 else "outside"
    return _fact(f"fact.place_{side}", source, now_s, ref, km=round(s_m / 1000.0, 1), distance_m=round(abs(d_m)))


def silent(sensor: str, since_s: float, now_s: float) -> Fact:
    """Return since when nothing was heard of a sensor."""
    return _fact("fact.sensor_silent", "health", now_s, f"sensor:{sensor}", sensor=sensor, since_s=since_s)


def cause(sensor: str, now_s: float, text: str) -> Fact:
    """Return why a sensor is dark, as far as it is known."""
    return _fact("fact.cause", "health", now_s, f"sensor:{sensor}", cause=text)


def blind(sensor: str, now_s: float, from_km: float, to_km: float) -> Fact:
    """Return which stretch of the line a dark sensor looked after."""
    return _fact("fact.blind_km", "site", now_s, f"sensor:{sensor}", from_km=round(from_km, 1), to_km=round(to_km, 1))


def many(source: str, now_s: float, ref: str, count: int) -> Fact:
    """Return how many are together."""
    return _fact("fact.party", source, now_s, ref, count=count)


def wind(now_s: float, wind_m_s: float) -> Fact:
    """Return how hard it blows there, which shakes wires."""
    return _fact("fact.wind", "weather", now_s, "weather", wind_m_s=round(wind_m_s, 1))


def together(now_s: float, count: int, by: str) -> Fact:
    """Return how many sensors fell silent together, and what they share."""
    return _fact("fact.together", "site", now_s, f"supply:{by}", count=count, by=by)


def strength(ref: str, now_s: float, usual: float, now: float, measure: str = "in_view") -> Fact:
    """Return how much of a stretch is in view, or of those who cross there noticed, usually and now."""
    key, source = ("fact.noticed", "account") if measure == "noticed" else ("fact.strength", "coverage")
    return _fact(key, source, now_s, ref, usual_pct=round(100 * usual), now_pct=round(100 * now))


def with_patrol(ref: str, now_s: float, km: float, then: float, unit: str | None) -> Fact:
    """Return what a patrol that stands there would bring the chance of noticing to, and which is nearest."""
    key = "fact.with_patrol" if unit is None else "fact.with_unit"
    named = {} if unit is None else {"unit": unit}
    return _fact(key, "account", now_s, ref, km=round(km, 1), then_pct=round(100 * then), **named)


def stretch(ref: str, now_s: float, from_km: float, to_km: float) -> Fact:
    """Return which kilometres it is about."""
    return _fact("fact.stretch", "line", now_s, ref, from_km=round(from_km, 1), to_km=round(to_km, 1))


def missing(ref: str, now_s: float, sensors: tuple[str, ...]) -> Fact:
    """Return which sensors are missed there."""
    return _fact("fact.missing", "health", now_s, ref, sensors=", ".join(sensors) or "-", count=len(sensors))


def apart(now_s: float, one: str, other: str, gap_m: float) -> Fact:
    """Return how near two units are to each other."""
    return _fact("fact.apart", "unit reports", now_s, f"unit:{one}", one=one, other=other, distance_m=round(gap_m))


def partner(now_s: float, unit: str) -> Fact:
    """Return that a unit is a partner's and is not expected."""
    return _fact("fact.partner", "site", now_s, f"unit:{unit}", unit=unit)


def unit_silent(unit: str, since_s: float, now_s: float) -> Fact:
    """Return since when a unit of ours has said nothing."""
    return _fact("fact.unit_silent", unit, now_s, f"unit:{unit}", unit=unit, minutes=round((now_s - since_s) / 60.0))


def uncovered(ref: str, now_s: float, total_km: float, stretches: int, limit_s: float) -> Fact:
    """Return how many kilometres wait longer than the limit for the first free unit."""
    return _fact(
        "fact.uncovered",
        "units",
        now_s,
        ref,
        total_km=round(total_km, 1),
        count=stretches,
        minutes=round(limit_s / 60.0),
    )


def waits(ref: str, now_s: float, wait_s: float, busy: int) -> Fact:
    """Return how long the worst stretch waits, and how many units are not free."""
    return _fact("fact.waits", "units", now_s, ref, minutes=round(wait_s / 60.0), busy=busy)


def nobody_comes(ref: str, now_s: float, busy: int) -> Fact:
    """Return that no unit is free at all."""
    return _fact("fact.nobody_comes", "units", now_s, ref, busy=busy)


def pursuit_lost(ref: str, now_s: float, pursuit: str, organisation: str) -> Fact:
    """Return that a pursuit has lost contact, and whose it is."""
    return _fact("fact.pursuit_lost", f"pursuit {pursuit}", now_s, ref, pursuit=pursuit, organisation=organisation)


def last_place(source: str, at_s: float, s_m: float, d_m: float, ref: str = "") -> Fact:
    """Return where somebody was last, d_m positive on the home side."""
    ref, km = ref or f"unit:{source}", round(s_m / 1000.0, 1)
    return _fact("fact.last_place", source, at_s, ref, km=km, offset_m=round(d_m), t_s=at_s)


def lost(source: str, now_s: float, ref: str, seconds: float) -> Fact:
    """Return for how long a track has not been seen."""
    return _fact("fact.lost", source, now_s, ref, seconds=round(seconds))


def reported(who: str, t_s: float, ref: str, subject: str, count: int) -> Fact:
    """Return who reported seeing what."""
    return _fact("fact.reported", who, t_s, ref, who=who, subject=subject, count=count)


def report_age(who: str, ref: str, t_s: float, now_s: float) -> Fact:
    """Return when it was seen and how old that is."""
    return _fact("fact.report_age", who, now_s, ref, t_s=t_s, minutes=round((now_s - t_s) / 60.0))


def at_once(now_s: float, ref: str, count: int, places: int) -> Fact:
    """Return how many alerts came at once, at how many places a kilometre apart."""
    return _fact("fact.at_once", "alerts", now_s, ref, count=count, places=places)


def dark_share(now_s: float, count: int, share: float) -> Fact:
    """Return how many of the cameras and radars are dark."""
    return _fact("fact.dark_share", "health", now_s, "sensors", count=count, share_pct=round(100 * share))


def gravest(now_s: float, alert: str, what: str) -> Fact:
    """Return the gravest of many alerts."""
    return _fact("fact.gravest", "alerts", now_s, f"alert:{alert}", alert=alert, what=what)


def could_be(p_class: list[float], p_true: float = 1.0) -> tuple[tuple[str, float], ...]:
    """Return what the subject may be, likeliest first, leaving out what is under 3 %.

    p_true: probability that the alert is what it says; the rest of it is "false", nobody who comes.
    """
    pairs = [(name, p * p_true) for name, p in zip(CLASSES, p_class, strict=True)]
    pairs = sorted([*pairs, ("false", 1.0 - p_true)], key=lambda pair: -pair[1])
    return tuple((name, round(float(p), 2)) for name, p in pairs if p >= 0.03)


def _fact(text_key: str, source: str, at_s: float, ref: str, /, **args: float | int | str) -> Fact:
    return Fact(text_key=text_key, args=args, source=source, t_s=at_s, ref=ref)
