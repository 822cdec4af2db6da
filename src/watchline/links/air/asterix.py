"""ASTERIX: a radar's service messages (034), plots (048) and system tracks (062) in.

Theory: a block is category, length, records.  A record begins with a field specification: a bit per item of the
category's profile, eight-th bits continue it.  Items are of fixed length, extended by their own last bits, repeated,
compound (a specification of sub-items) or explicit (their first byte is their length).  `PROFILES` holds exactly
that, so that items which are not understood can still be passed over.

Standard: EUROCONTROL ASTERIX part 1 (framing), part 2b cat 034 edition 1.29, part 4 cat 048 edition 1.32, part 9
cat 062 edition 1.20.  Items read: 034/000 010 020 041 050; 048/010 020 040 042 140 161 200 240; 062/010 040 070 100
105 130 185 245.  Not covered: other categories (passed over and counted), Mode S registers, warnings and errors of a
plot, calculated covariances; cat 048 places stay range and azimuth, which the site puts on the line.

Rules: time of day has no day in it: the day nearest to the time of arrival is taken.  A record that cannot be cut
refuses the rest of its block, whose length says where the next one begins; the records before it stand.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from watchline.domain.records import GeoPoint, RadarPlot, RadarService, RadarTrack, Record
from watchline.links.contract import Decoded, Framing, LocalError, PeerError, Settings, State

NAME = "asterix"
FRAMING: Framing = "message"
DAY_S = 86_400.0
NM_M = 1852.0  # nautical mile, exact
Items = dict[str, bytes]


class Limits:
    """message: bytes of one datagram, UDP's largest; records: of one block, more is no radar's."""

    message = 65_535
    records = 2_000


# How long an item is: a number of bytes; "x" extended byte by byte; "x3" by threes; "r8" repeated by eights after a
# count; "o" one byte whose extension bit must be 0; "e" explicit; a tuple: compound of such.
Length = int | str | tuple["Length", ...]
Profile = tuple[tuple[str, Length], ...]


def _compound(*lengths: Length) -> tuple[Length, ...]:
    return lengths


_ONES = (1,) * 7
PROFILES: dict[int, Profile] = {
    34: (
        ("010", 2), ("000", 1), ("030", 3), ("020", 1), ("041", 2), ("050", _compound(1, 0, 0, 1, 1, 2, 0)),
        ("060", _compound(1, 0, 0, 1, 1, 1, 0)), ("070", "r2"), ("100", 8), ("110", 1), ("120", 8), ("090", 2),
        ("RE", "e"), ("SP", "e"),
    ),
    48: (
        ("010", 2), ("140", 3), ("020", "x"), ("040", 4), ("070", 2), ("090", 2), ("130", _compound(*_ONES)),
        ("220", 3), ("240", 6), ("250", "r8"), ("161", 2), ("042", 4), ("200", 4), ("170", "x"),
        ("210", 4), ("030", "x"), ("080", 2), ("100", 4), ("110", 2), ("120", _compound(2, "r6", 0, 0, 0, 0, 0)),
        ("230", 2),
        ("260", 7), ("055", 1), ("050", 2), ("065", 1), ("060", 2), ("SP", "e"), ("RE", "e"),
    ),
    62: (
        ("010", 2), ("", 0), ("015", 1), ("070", 3), ("105", 8), ("100", 6), ("185", 4),
        ("210", 2), ("060", 2), ("245", 7),
        ("380", _compound(3, 6, 2, 2, 2, 2, 2, "o", "r15", 2, 2, 7, 2, 2,
                          2, 2, 2, 2, 1, 8, 1, 6, 2, 1, "r8", 2, 2, 2)),
        ("040", 2), ("080", "x"), ("290", _compound(1, 1, 1, 1, 2, 1, 1, 1, 1, 1)),
        ("200", 1), ("295", _compound(*_ONES * 4, 1, 1, 1)), ("136", 2), ("130", 2), ("135", 2), ("220", 2),
        ("390", _compound(2, 7, 4, 1, 4, 1, 4, 4, 3, 2, 2, "r4", 6, 1, 7, 7, 2, 7)),
        ("270", "x"), ("300", 1), ("110", _compound(1, 4, 6, 2, 2, 1, 1)), ("120", 2), ("510", "x3"),
        ("500", _compound(4, 2, 4, 1, 1, 2, 2, 1)), ("340", _compound(2, 4, 2, 2, 2, 1)),
        ("", 0), ("", 0), ("", 0), ("", 0), ("", 0), ("RE", "e"), ("SP", "e"),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class RadarState(State):
    """passed: blocks of categories that are not ours to know."""

    passed: int = 0


def init(settings: Settings) -> RadarState:
    """Return the state before the first byte.  Option `radar_SAC_SIC`: the site's id of that radar."""
    return RadarState(settings)


def decode(state: RadarState, data: bytes, /) -> Decoded:
    """Return the records of one datagram of blocks, and what was refused."""
    records: list[Record] = []
    errors: list[PeerError] = []
    k, passed = 0, state.passed

    def refuse(begin: int, at: int, reason: str) -> None:
        where = begin + at
        errors.append(PeerError(state.settings.name, state.taken + where, reason, data[where : where + 32]))

    while k < len(data):
        size = int.from_bytes(data[k + 1 : k + 3], "big")
        if k + 3 > len(data) or size < 4 or k + size > len(data):
            refuse(k, 0, "a block's length does not fit what came")
            break
        if data[k] in PROFILES:
            _block(state, data[k], data[k + 3 : k + size], records, functools.partial(refuse, k + 3))
        else:
            passed += 1
        k += size
    return replace(state, passed=passed, taken=state.taken + len(data)), tuple(records), tuple(errors)


def _block(
    state: RadarState, category: int, body: bytes, records: list[Record], refuse: Callable[[int, str], None]
) -> None:
    """Add a block's records; one that cannot be cut ends it, one whose items cannot be is left out."""
    k = 0
    for _ in range(Limits.records):
        if k >= len(body):
            return
        at = k
        try:
            items, k = cut(category, body, k)
        except (ValueError, IndexError) as error:
            refuse(at, f"cat {category:03}: {error if isinstance(error, ValueError) else 'a record is cut short'}")
            return
        try:
            records.append(_READERS[category](state, items, state.taken + at))
        except ValueError as error:
            refuse(at, f"cat {category:03}: {error}")
    refuse(k, f"more than {Limits.records} records in a block")


def cut(category: int, body: bytes, k: int) -> tuple[Items, int]:
    """Return a record's items by number and where it ends; ValueError or IndexError if it cannot be cut."""
    profile = PROFILES[category]
    items: Items = {}
    present, k = _specification(body, k)
    for n in present:
        if n >= len(profile) or not profile[n][0]:
            raise ValueError(f"item {n + 1} of the profile is not defined")
        name, length = profile[n]
        end = _end(length, body, k)
        if end > len(body):
            raise IndexError(k)
        items[name] = body[k:end]
        k = end
    return items, k


def _specification(body: bytes, k: int) -> tuple[list[int], int]:
    """Return which items are there, by place in the profile, and where they begin."""
    present, n = [], 0
    while True:
        byte = body[k]
        present += [n + bit for bit in range(7) if byte & 0x80 >> bit]
        k, n = k + 1, n + 7
        if not byte & 1:
            return present, k


def _end(length: Length, body: bytes, k: int) -> int:
    """Return where an item that begins at `k` ends."""
    if isinstance(length, int):
        return k + length
    if isinstance(length, tuple):
        present, k = _specification(body, k)
        for n in present:
            if n >= len(length) or length[n] == 0:
                raise ValueError(f"sub-item {n + 1} is not defined")
            k = _end(length[n], body, k)
        return k
    return _end_by_content(length[0], int(length[1:] or 1), body, k)


def _end_by_content(form: str, size: int, body: bytes, k: int) -> int:
    match form:
        case "x":
            while body[k + size - 1] & 1:
                k += size
            return k + size
        case "o":
            if body[k] & 1:
                raise ValueError("an item is extended that cannot be")
            return k + 1
        case "r":
            return k + 1 + body[k] * size
        case _:
            if body[k] == 0:
                raise ValueError("an explicit item of no length")
            return k + body[k]


# -- from items to records ---------------------------------------------------------------------------------------


def _u(raw: bytes) -> int:
    return int.from_bytes(raw, "big")


def _s(raw: bytes) -> int:
    return int.from_bytes(raw, "big", signed=True)


def _radar(state: State, items: Items) -> str:
    if "010" not in items:
        raise ValueError("no data source (item 010)")
    sac, sic = items["010"]
    return str(state.settings.options.get(f"radar_{sac}_{sic}", f"radar-{sac}-{sic}"))


def _time_s(state: State, items: Items, item: str) -> float:
    """Return the time nearest to the arrival that has this time of day; the arrival's where there is none."""
    if item not in items:
        return state.now_s
    day_s = _u(items[item]) / 128
    if day_s >= DAY_S:
        raise ValueError(f"a time of day of {day_s:g} s")
    return day_s + DAY_S * round((state.now_s - day_s) / DAY_S)


def _service(state: State, items: Items, at: int) -> RadarService:
    if "000" not in items:
        raise ValueError("no message type (item 000)")
    radar, t_s = _radar(state, items), _time_s(state, items, "030")
    period = _u(items["041"]) / 128 if "041" in items else None
    return RadarService(
        id=f"{radar}-service-{t_s:.3f}-{at}",
        t_s=t_s,
        source=state.settings.name,
        radar=radar,
        what=_SERVICES.get(items["000"][0], "other"),
        azimuth_rad=_u(items["020"]) * math.tau / 256 if "020" in items else None,
        period_s=period or None,
        faults=tuple(_faults(items.get("050", b""))),
    )


_SERVICES: dict[int, Literal["north", "sector", "filter", "jamming", "other"]] = {
    1: "north",
    2: "sector",
    3: "filter",
    4: "jamming",
    5: "other",
}
_COMMON = {0x80: "not released", 0x20: "processor overload", 0x10: "transmission overload", 0x02: "time source"}


def _faults(item: bytes) -> Iterator[str]:
    """Yield what the common part of the system status says is wrong (I034/050 COM: NOGO, OVL RDP, OVL XMT, TSV)."""
    if item and item[0] & 0x80:
        common = item[1 + sum(byte & 1 for byte in item[:1])]
        yield from (text for bit, text in _COMMON.items() if common & bit)


def _plot(state: State, items: Items, at: int) -> RadarPlot:
    radar, t_s = _radar(state, items), _time_s(state, items, "140")
    polar, motion = items.get("040"), items.get("200")
    if polar is None and "042" in items:
        x_m, y_m = (_s(items["042"][k : k + 2]) / 128 * NM_M for k in (0, 2))
        range_m, azimuth = math.hypot(x_m, y_m), math.atan2(x_m, y_m) % math.tau
    elif polar is not None:
        range_m, azimuth = _u(polar[:2]) / 256 * NM_M, _u(polar[2:]) * math.tau / 65_536
    else:
        raise ValueError("no position (items 040, 042)")
    kind = items.get("020", b"\x00")
    return RadarPlot(
        id=f"{radar}-{t_s:.3f}-{at}",
        t_s=t_s,
        source=state.settings.name,
        radar=radar,
        range_m=range_m,
        azimuth_rad=azimuth,
        track_number=_u(items["161"]) & 0x0FFF if "161" in items else None,
        speed_m_s=_u(motion[:2]) * NM_M / 2**14 if motion else None,
        course_rad=_u(motion[2:]) * math.tau / 65_536 if motion else None,
        # TYP: 1 primary, 2 secondary, 3 both, 4..7 Mode S with or without primary; 0 nothing was detected.
        primary=None if "020" not in items else kind[0] >> 5 in (1, 3, 6, 7),
        callsign=callsign(items["240"]) if "240" in items else "",
        # SIM, and in the first extension TST, are not of this world.
        test=bool(kind[0] & 0x10 or (len(kind) > 1 and kind[1] & 0x80)),
    )


def _track(state: State, items: Items, at: int) -> RadarTrack:
    radar, t_s = _radar(state, items), _time_s(state, items, "070")
    if "105" not in items:
        raise ValueError("no place in WGS 84 (item 105)")
    lat, lon = (_s(items["105"][k : k + 4]) * 180 / 2**25 for k in (0, 4))
    if abs(lat) > 90 or abs(lon) > 180:
        raise ValueError(f"latitude {lat:.5f}, longitude {lon:.5f} is no place")
    height = _s(items["130"]) * 6.25 * 0.3048 if "130" in items else None
    speed = tuple(_s(items["185"][k : k + 2]) * 0.25 for k in (0, 2)) if "185" in items else None
    status = items.get("080", b"")
    return RadarTrack(
        id=f"{radar}-track-{t_s:.3f}-{at}",
        t_s=t_s,
        source=state.settings.name,
        radar=radar,
        track_number=_u(items["040"]) if "040" in items else None,
        place=GeoPoint(lon_deg=lon, lat_deg=lat, msl_m=height),
        speed_m_s=math.hypot(*speed) if speed else None,
        course_rad=math.atan2(*speed) % math.tau if speed else None,
        callsign=callsign(items["245"][1:]) if "245" in items else "",
        gone=len(status) > 1 and bool(status[1] & 0x40),  # TSE: the last message of this track
        test=len(status) > 1 and bool(status[1] & 0x80),  # SIM
    )


_READERS: dict[int, Callable[[State, Items, int], Record]] = {34: _service, 48: _plot, 62: _track}


def callsign(raw: bytes) -> str:
    """Return eight characters of six bits (ICAO annex 10, volume IV, table 3-9), blanks at the end left out."""
    bits = _u(raw)
    codes = [bits >> 6 * k & 63 for k in range(7, -1, -1)]
    text = "".join(chr(c + 64) if 1 <= c <= 26 else chr(c) if 48 <= c <= 57 or c == 32 else "?" for c in codes)
    return text.rstrip()


# -- ours, for recorded logs and tests ---------------------------------------------------------------------------


def encode(record: Record, /) -> bytes:
    """Return one block of a plot or a north message, as source SAC 0, SIC 1; LocalError for other records."""
    tod = round(record.t_s % DAY_S * 128).to_bytes(3, "big")
    if isinstance(record, RadarService):
        if record.what not in ("north", "sector"):
            raise LocalError("asterix: only north and sector messages can be written")
        body = b"\xe8\x00\x01" + (b"\x01" if record.what == "north" else b"\x02") + tod
        return _framed(34, body + round((record.period_s or 0.0) * 128).to_bytes(2, "big"))
    if not isinstance(record, RadarPlot):
        raise LocalError("asterix: only a RadarPlot or a RadarService, can be written")
    rho, theta = round(record.range_m / NM_M * 256), round(record.azimuth_rad / math.tau * 65_536) % 65_536
    if not 0 <= rho < 65_536:
        raise LocalError(f"asterix: a range of {record.range_m:g} m does not fit")
    kind = bytes([0x20 | (0x10 if record.test else 0)])
    return _framed(48, b"\xf0\x00\x01" + tod + kind + rho.to_bytes(2, "big") + theta.to_bytes(2, "big"))


def _framed(category: int, body: bytes) -> bytes:
    return bytes([category]) + (3 + len(body)).to_bytes(2, "big") + body
