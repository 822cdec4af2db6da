"""METAR and SPECI: an airfield's weather as text.

Theory: a report is a row of groups in a fixed order; each has a form of its own, and a group that is missing or
slashed out was not observed.  Everything after RMK or a trend (NOSIG, BECMG, TEMPO) is not the weather now.

Standard: WMO-No. 306, FM 15/16 (edition 2019): report name, place, time, wind with gusts and calm, variable wind,
prevailing visibility in metres or statute miles, CAVOK, present weather with intensity and vicinity, clouds (read
over), temperature and dew point, pressure in hPa or inches.  Not covered: runway visual range, cloud amounts,
runway state, wind shear, sea state, trends and remarks; all are passed over.

Rules: rain is told by intensity only; the rate is the middle of the class (WMO-No. 8: slight under 2.5 mm/h, moderate
to 10, heavy above).  Dust is 0..1 like `Weather.dust`, from what is told to be in the air and how far one sees.
Missing is None; a report that says CAVOK says there is no rain and no dust.
"""

from __future__ import annotations

import functools
import math
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from watchline.domain.records import GeoPoint, Record, WeatherObservation
from watchline.links.contract import Decoded, Framing, LocalError, PeerError, Settings, State

NAME = "metar"
FRAMING: Framing = "stream"
MILE_M = 1609.344
INCH_HPA = 33.8639  # of mercury at 0 C
SPEEDS = {"KT": 1852 / 3600, "MPS": 1.0, "KMH": 1 / 3.6}
RAIN_MM_H = {"-": 1.0, "": 5.0, "+": 15.0}  # WMO-No. 8, part I, chapter 14: slight, moderate, heavy
LIQUID = ("DZ", "RA", "SN", "SG", "PL", "GR", "GS", "UP")
DUSTY = ("DU", "SA", "DS", "SS", "PO")  # widespread dust, sand, dust storm, sandstorm, whirls
ENDS = ("RMK", "NOSIG", "BECMG", "TEMPO")

WIND = re.compile(r"(\d{3}|VRB|///)(\d{2,3}|//)(?:G(\d{2,3}))?(KT|MPS|KMH)")
METRES = re.compile(r"(\d{4})(NDV)?")
MILES = re.compile(r"([MP])?(\d{1,2}|\d/\d{1,2})SM")
WEATHER = re.compile(
    r"([-+]|VC)?((?:MI|BC|PR|DR|BL|SH|TS|FZ)?"
    r"(?:DZ|RA|SN|SG|IC|PL|GR|GS|UP|BR|FG|FU|VA|DU|SA|HZ|PY|PO|SQ|FC|SS|DS|TS){0,3})"
)
WARMTH = re.compile(r"(M?\d{2}|//)/(M?\d{2}|//)?")
PRESSURE = re.compile(r"([QA])(\d{4})")


class Limits:
    """report: bytes of one; a long one with remarks has 400; groups: of one report."""

    report = 1024
    groups = 60


@dataclass(frozen=True)
class MetarState(State):
    """overlong: inside a report that is too long."""

    overlong: bool = False


def init(settings: Settings) -> MetarState:
    """Return the state before the first byte.  Options `STATION_lon`, `STATION_lat`: where it stands, degrees."""
    return MetarState(settings)


def decode(state: MetarState, data: bytes, /) -> Decoded:
    """Return the reports that are whole now (each ends with `=` or a line end), and what was refused."""
    records: list[Record] = []
    errors: list[PeerError] = []
    taken, overlong = state.taken, state.overlong
    *reports, rest = re.split(rb"=|\n(?=\S|$)", state.rest + data.replace(b"\r", b" "))
    for raw in reports:
        try:
            if overlong or len(raw) > Limits.report:
                raise ValueError(f"a report over {Limits.report} bytes")
            if raw.strip():
                records.append(read(raw.decode("ascii", "replace"), state))
        except ValueError as error:
            errors.append(PeerError(state.settings.name, taken, str(error), raw[:64]))
        taken, overlong = taken + len(raw) + 1, False
    if len(rest) > Limits.report:
        taken, rest, overlong = taken + len(rest), b"", True
    return replace(state, rest=rest, taken=taken, overlong=overlong), tuple(records), tuple(errors)


def read(text: str, state: State) -> WeatherObservation:
    """Return what a report says; ValueError names the group that it lacks or the report's own refusal."""
    groups = text.upper().split()
    if len(groups) > Limits.groups:
        raise ValueError(f"more than {Limits.groups} groups")
    groups = groups[1:] if groups[:1] in (["METAR"], ["SPECI"]) else groups
    groups = [group for group in groups if group not in ("AUTO", "COR")]
    if len(groups) < 2 or not re.fullmatch(r"[A-Z][A-Z0-9]{3}", groups[0]):
        raise ValueError("a report begins with a station of four letters")
    if groups[2:3] == ["NIL"]:
        raise ValueError(f"{groups[0]} has sent no observation (NIL)")
    station, t_s = groups[0], _time_s(groups[1], state.now_s)
    told: dict[str, Any] = {}
    weather: list[tuple[str, str]] = []
    body = groups[2:]
    for k, group in enumerate(body):
        if group in ENDS:
            break
        _group(group, body[k - 1] if k else "", told, weather)
    return WeatherObservation(
        id=f"{station}-{t_s:.0f}",
        t_s=t_s,
        source=state.settings.name,
        station=station,
        place=_place(station, state),
        text=" ".join(text.split()),
        **told | _in_the_air(told, weather),
    )


def _group(group: str, before: str, told: dict[str, Any], weather: list[tuple[str, str]]) -> None:
    """Read one group into what is told; one that is not known, or was said before, changes nothing."""
    if group == "CAVOK":
        told |= {"visibility_m": 10_000.0, "visibility_at_least": True, "rain_mm_h": 0.0, "dust": 0.0}
        return
    for form, name, reader in (
        (WIND, "wind_m_s", _wind),
        (METRES, "visibility_m", _metres),
        (MILES, "visibility_m", functools.partial(_miles, before=before)),
        (WARMTH, "air_c", _warmth),
        (PRESSURE, "pressure_hpa", _pressure),
    ):
        m = form.fullmatch(group)
        if m is not None:
            told |= reader(m) if name not in told else {}
            return
    if (m := WEATHER.fullmatch(group)) and m[2]:
        weather.append((m[1] or "", m[2]))


def _metres(m: re.Match[str]) -> dict[str, Any]:
    far = m[1] == "9999"
    return {"visibility_m": 10_000.0 if far else float(m[1]), "visibility_at_least": far}


def _miles(m: re.Match[str], before: str) -> dict[str, Any]:
    # "1 1/2SM": the whole miles stand in a group of their own.
    whole = int(before) if "/" in m[2] and re.fullmatch(r"\d", before) else 0
    try:
        return {"visibility_m": float(whole + Fraction(m[2])) * MILE_M, "visibility_at_least": m[1] == "P"}
    except ZeroDivisionError:
        raise ValueError(f"visibility {m[0]} is none") from None


def _warmth(m: re.Match[str]) -> dict[str, Any]:
    return {"air_c": _celsius(m[1]), "dew_point_c": _celsius(m[2])}


def _pressure(m: re.Match[str]) -> dict[str, Any]:
    return {"pressure_hpa": float(m[2]) if m[1] == "Q" else round(int(m[2]) / 100 * INCH_HPA, 1)}


def _wind(m: re.Match[str]) -> dict[str, Any]:
    unit = SPEEDS[m[4]]
    speed = None if m[2] == "//" else int(m[2]) * unit
    known = m[1].isdigit() and speed and int(m[1]) <= 360
    return {
        "wind_m_s": speed,
        "gust_m_s": int(m[3]) * unit if m[3] else None,
        "wind_from_rad": math.radians(int(m[1])) if known else None,
    }


def _celsius(text: str | None) -> float | None:
    if text is None or text == "//":
        return None
    return float(text.replace("M", "-"))


def _in_the_air(told: dict[str, Any], weather: list[tuple[str, str]]) -> dict[str, float]:
    """Return rain and dust where the report allows to say so; what it could see and lists none of is zero."""
    visibility = told.get("visibility_m")
    if "dust" in told or visibility is None:
        return {}
    here = [(strength, what) for strength, what in weather if strength != "VC"]
    rain = max((RAIN_MM_H[s] for s, what in here if any(part in what for part in LIQUID)), default=0.0)
    dusty = any(part in what and not what.startswith("DR") for _, what in here for part in DUSTY)
    return {"rain_mm_h": rain, "dust": dust_of(visibility) if dusty else 0.0}


def dust_of(visibility_m: float) -> float:
    """Return dust 0..1 in air whose visibility dust alone brings down: 1 at 200 m and less, 0 at 10 km.

    Logarithmic between: extinction goes with 1 / visibility (Koschmieder), and the scale of `Weather.dust` with its
    logarithm.

    >>> [round(dust_of(v), 2) for v in (10_000.0, 1_000.0, 100.0)]
    [0.0, 0.59, 1.0]
    """
    return min(1.0, max(0.0, math.log(10_000 / max(visibility_m, 1.0)) / math.log(50)))


def _time_s(group: str, now_s: float) -> float:
    """Return the time of a report: the day of the month nearest to the arrival that has this number."""
    m = re.fullmatch(r"(\d{2})(\d{2})(\d{2})Z", group)
    if not m or not (1 <= int(m[1]) <= 31 and int(m[2]) < 24 and int(m[3]) < 60):
        raise ValueError(f"the time {group[:12]!r} is not DDHHMMZ")
    day, hour, minute = (int(m[k]) for k in (1, 2, 3))
    now = datetime.fromtimestamp(now_s, UTC).replace(hour=hour, minute=minute, second=0, microsecond=0)
    days = (now + timedelta(days=k) for k in sorted(range(-31, 32), key=abs) if now_s > 32 * 86_400 or k >= 0)
    found = next((moment for moment in days if moment.day == day), now)
    return found.timestamp()


def _place(station: str, state: State) -> GeoPoint | None:
    lon, lat = (state.settings.options.get(f"{station}_{name}") for name in ("lon", "lat"))
    if not isinstance(lon, (int, float)) or not isinstance(lat, (int, float)):
        return None
    return GeoPoint(lon_deg=float(lon), lat_deg=float(lat))


def encode(record: Record, /) -> bytes:
    """Return an observation as a METAR line; LocalError for other records and stations without a four-letter name."""
    if not isinstance(record, WeatherObservation) or not re.fullmatch(r"[A-Z][A-Z0-9]{3}", record.station):
        raise LocalError("metar: only a WeatherObservation of a station with four letters can be written")
    groups = ["METAR", record.station, datetime.fromtimestamp(record.t_s, UTC).strftime("%d%H%MZ")]
    groups += [_wind_group(record), _visibility_group(record), *_weather_groups(record)]
    groups += [f"{_degrees(record.air_c)}/{_degrees(record.dew_point_c)}"]
    groups += [f"Q{record.pressure_hpa:04.0f}" if record.pressure_hpa is not None else "Q////"]
    return (" ".join(groups) + "=\n").encode("ascii")


def _wind_group(record: WeatherObservation) -> str:
    if record.wind_m_s is None:
        return "/////MPS"
    towards = "VRB" if record.wind_from_rad is None else f"{round(math.degrees(record.wind_from_rad) % 360):03}"
    speed = round(record.wind_m_s)
    return f"{'000' if speed == 0 else towards}{speed:02}" + _gust(record) + "MPS"


def _gust(record: WeatherObservation) -> str:
    return "" if record.gust_m_s is None else f"G{round(record.gust_m_s):02}"


def _visibility_group(record: WeatherObservation) -> str:
    if record.visibility_m is None:
        return "////"
    return "9999" if record.visibility_m >= 10_000 else f"{math.floor(record.visibility_m / 50) * 50:04}"


def _weather_groups(record: WeatherObservation) -> list[str]:
    groups = []
    if record.rain_mm_h:
        groups.append(("-" if record.rain_mm_h < 2.5 else "" if record.rain_mm_h <= 10 else "+") + "RA")
    if record.dust and record.dust > 0.05:
        groups.append("DU" if record.dust < 0.6 else "DS")
    return groups


def _degrees(value_c: float | None) -> str:
    return "//" if value_c is None else ("M" if round(value_c) < 0 else "") + f"{abs(round(value_c)):02}"
