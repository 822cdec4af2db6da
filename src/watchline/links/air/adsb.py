"""Aircraft heard by an external ADS-B decoder, as the lines it serves: SBS-1 ("BaseStation") or JSON.

Theory: a decoder such as dump1090 or readsb listens to 1090 MHz in a process of its own and serves one line per
message (TCP port 30003), or one JSON object per aircraft.  A line tells only part of what an aircraft has said:
its call sign, place and speed come on different ones and are put together here.

Standard: SBS-1 lines as documented for the BaseStation port, message types MSG 1 to 8, 22 fields; JSON objects with
the fields of readsb's aircraft list: hex, flight, lat, lon, alt_baro, alt_geom, gs, track, baro_rate, emergency,
seen_pos, and now.  Not covered: raw Mode S and Beast frames (the decoder's task: libraries for it are GPL),
SEL, ID, AIR, STA and CLK lines, which are passed over; lines of selection lists.

Rules: barometric heights are pressure heights; they stand as msl_m with an error of 300 m.  Aircraft not heard for
`Limits.silence_s` are forgotten, the longest silent first when there are too many.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import msgspec

from watchline.domain.records import AircraftReport, GeoPoint, Record
from watchline.links.contract import Decoded, Framing, LocalError, PeerError, Settings, State

NAME = "adsb"
FRAMING: Framing = "stream"
KNOT_M_S = 1852 / 3600
FOOT_M = 0.3048
PRESSURE_HEIGHT_SD_M = 300.0  # standard atmosphere against the day's: ICAO Doc 7488; 30 hPa are 250 m


class Limits:
    """line: bytes, an SBS-1 line has under 160, a JSON one under 1500; aircraft: kept; silence_s: then forgotten."""

    line = 4096
    aircraft = 2_000
    silence_s = 300.0


@dataclass(frozen=True)
class SkyState(State):
    """Aircraft by address, with all that each has said; overlong: inside a line that is too long."""

    sky: Mapping[str, AircraftReport] = field(default_factory=dict)
    overlong: bool = False


def init(settings: Settings) -> SkyState:
    """Return the state before the first byte."""
    return SkyState(settings)


def decode(state: SkyState, data: bytes, /) -> Decoded:
    """Return an aircraft's report whenever its place is told, and what was refused."""
    records: list[Record] = []
    errors: list[PeerError] = []
    taken, rest, overlong = state.taken, state.rest + data, state.overlong
    sky = dict(state.sky)
    *lines, rest = rest.split(b"\n")
    for line in lines:
        try:
            if overlong or len(line) > Limits.line:
                raise ValueError(f"a line over {Limits.line} bytes")
            change = _change(state, line.strip())
            if change is not None:
                _apply(state, sky, change, taken, records)
        except ValueError as error:
            errors.append(PeerError(state.settings.name, taken, str(error), line[:64]))
        taken, overlong = taken + len(line) + 1, False
    if len(rest) > Limits.line:
        # The line's end will tell of it, once.
        taken, rest, overlong = taken + len(rest), b"", True
    return replace(state, rest=rest, taken=taken, sky=sky, overlong=overlong), tuple(records), tuple(errors)


Change = dict[str, Any]


def _apply(state: SkyState, sky: dict[str, AircraftReport], change: Change, at: int, records: list[Record]) -> None:
    address = change["aircraft"]
    before = sky.pop(address, None) or AircraftReport(
        id="", t_s=change["t_s"], source=state.settings.name, aircraft=address
    )
    now = msgspec.structs.replace(before, **change, id=f"{address}-{change['t_s']:.3f}-{at}")
    sky[address] = now  # last in the table: the order is that of the last word
    while sky:
        oldest = next(iter(sky))
        if len(sky) <= Limits.aircraft and sky[oldest].t_s > now.t_s - Limits.silence_s:
            break
        del sky[oldest]
    if change.get("place") is not None:
        records.append(now)


def _change(state: SkyState, line: bytes) -> Change | None:
    """Return what a line tells of an aircraft, None for one that tells nothing; ValueError when it is damaged."""
    text = line.decode("ascii", "replace")
    if not text:
        return None
    return _json(state, text) if text.startswith("{") else _sbs(state, text)


def _sbs(state: SkyState, text: str) -> Change | None:
    fields = text.split(",")
    if fields[0] in ("SEL", "ID", "AIR", "STA", "CLK"):
        return None
    if fields[0] != "MSG" or len(fields) != 22:
        raise ValueError("not an SBS-1 line of 22 fields")
    change: Change = {"aircraft": _address(fields[4]), "t_s": _sbs_time_s(fields[6], fields[7], state.now_s)}
    if fields[10].strip():
        change["callsign"] = _callsign(fields[10])
    if fields[12]:
        change["speed_m_s"] = _number(fields[12], "ground speed", 0, 3_000) * KNOT_M_S
    if fields[13]:
        change["course_rad"] = math.radians(_number(fields[13], "track", 0, 360))
    if fields[16]:
        change["climb_m_s"] = _number(fields[16], "vertical rate", -50_000, 50_000) * FOOT_M / 60
    if fields[14] and fields[15]:
        height = _number(fields[11], "altitude", -2_000, 130_000) * FOOT_M if fields[11] else None
        change["place"] = _place(fields[14], fields[15], height)
    if fields[19]:
        change["emergency"] = _flag(fields[19])
    if fields[21]:
        change["on_ground"] = _flag(fields[21])
    return change


def _json(state: SkyState, text: str) -> Change | None:
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("not a JSON object on one line") from None
    if not isinstance(told, dict) or not isinstance(told.get("hex"), str):
        raise ValueError("hex: the aircraft's address is missing")
    t_s = _number(told.get("now", state.now_s), "now", 0, 1e11) - _number(told.get("seen_pos", 0), "seen_pos", 0, 1e6)
    change: Change = {"aircraft": _address(told["hex"]), "t_s": t_s}
    flight = told.get("flight")
    if isinstance(flight, str) and flight.strip():
        change["callsign"] = _callsign(flight)
    if "gs" in told:
        change["speed_m_s"] = _number(told["gs"], "gs", 0, 3_000) * KNOT_M_S
    if "track" in told:
        change["course_rad"] = math.radians(_number(told["track"], "track", 0, 360))
    if "baro_rate" in told:
        change["climb_m_s"] = _number(told["baro_rate"], "baro_rate", -50_000, 50_000) * FOOT_M / 60
    barometric = told.get("alt_baro")
    change["on_ground"] = barometric == "ground"
    change["emergency"] = told.get("emergency", "none") not in ("none", None, False)
    if "lat" in told and "lon" in told:
        known = barometric is not None and barometric != "ground"
        height = _number(barometric, "alt_baro", -2_000, 130_000) * FOOT_M if known else None
        change["place"] = _place(told["lat"], told["lon"], height)
        if "alt_geom" in told:
            hae_m = _number(told["alt_geom"], "alt_geom", -2_000, 130_000) * FOOT_M
            change["place"] = msgspec.structs.replace(change["place"], hae_m=hae_m)
    return change


def _address(text: str) -> str:
    address = text.strip().lower().removeprefix("~")  # readsb marks addresses that are none of ICAO's so
    if len(address) != 6 or set(address) - set("0123456789abcdef"):
        raise ValueError(f"the address {text[:16]!r} has not six hexadecimal digits")
    return address


def _callsign(text: str) -> str:
    callsign = text.strip().rstrip("_")
    if len(callsign) > 8 or not callsign.isascii() or not callsign.replace(" ", "").isalnum():
        raise ValueError(f"the call sign {callsign[:16]!r} is none")
    return callsign


def _number(value: object, name: str, low: float, high: float) -> float:
    try:
        number = float(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else math.nan
    except (ValueError, OverflowError):
        number = math.nan
    if not low <= number <= high:
        raise ValueError(f"{name}: must be within {low:g}..{high:g}, got {str(value)[:24]!r}")
    return number


def _flag(text: str) -> bool:
    if text not in ("0", "1", "-1"):
        raise ValueError(f"a flag must be 0 or -1, got {text[:8]!r}")
    return text != "0"


def _place(lat: object, lon: object, height_m: float | None) -> GeoPoint:
    return GeoPoint(
        lat_deg=_number(lat, "latitude", -90, 90),
        lon_deg=_number(lon, "longitude", -180, 180),
        msl_m=height_m,
        le_m=None if height_m is None else PRESSURE_HEIGHT_SD_M,
    )


def _sbs_time_s(date: str, clock: str, now_s: float) -> float:
    """Return the time a message was generated, in UTC; the arrival's where the decoder writes none."""
    if not date and not clock:
        return now_s
    try:
        return datetime.strptime(f"{date} {clock}", "%Y/%m/%d %H:%M:%S.%f").replace(tzinfo=UTC).timestamp()
    except (ValueError, OverflowError):
        raise ValueError(f"the time {date[:10]} {clock[:12]} is none") from None


def encode(record: Record, /) -> bytes:
    """Return a report as one SBS-1 line (MSG 3); LocalError for other records and for one without a place."""
    if not isinstance(record, AircraftReport) or record.place is None:
        raise LocalError("adsb: only an AircraftReport with a place can be written")
    moment = datetime.fromtimestamp(round(record.t_s, 3), UTC)
    date, clock = moment.strftime("%Y/%m/%d"), moment.strftime("%H:%M:%S.%f")[:12]

    def number(value: float | None, unit: float) -> str:
        return "" if value is None else f"{value / unit:.0f}"

    place = record.place
    course = "" if record.course_rad is None else f"{math.degrees(record.course_rad) % 360:.1f}"
    fields = [
        *("MSG", "3", "1", "1", _address(record.aircraft).upper(), "1", date, clock, date, clock, record.callsign),
        *(number(place.msl_m, FOOT_M), number(record.speed_m_s, KNOT_M_S), course),
        *(f"{place.lat_deg:.5f}", f"{place.lon_deg:.5f}", number(record.climb_m_s, FOOT_M / 60)),
        *("", "0", "-1" if record.emergency else "0", "0", "-1" if record.on_ground else "0"),
    ]
    return (",".join(fields) + "\r\n").encode("ascii", "replace")
