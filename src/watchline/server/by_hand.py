"""What an operator tells by hand: weather, air cover, aircraft, airspace, the partner's events, inspections.

Air cover often emits nothing and a partner may have only a telephone: somebody at the desk writes it down here, and
it is a record like any other, with the operator as its source.

Rules: one key per press; the same key again is the same record.  The answer comes when it is durable.
"""

from __future__ import annotations

import asyncio
import math
import queue
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from watchline.domain.records import (
    AirCover,
    AircraftReport,
    AirspaceBlock,
    Inspection,
    KnownMovement,
    PartnerEvent,
    Record,
    Weather,
)
from watchline.links.maps.shapes import check_place
from watchline.ops.core import Core
from watchline.ops.picture import BY_HAND
from watchline.server.session import Sessions

ANSWER_S = 30.0
WIDEST_M = 5_000.0
BODY_MAX = 16_384
TOLD = Weather | AirCover | AircraftReport | AirspaceBlock | PartnerEvent | Inspection | KnownMovement
# Field -> lowest and highest that can be, in whatever record it stands.
BOUNDS = {
    "confidence": (0.0, 1.0), "condition": (0.0, 1.0), "dust": (0.0, 1.0), "visibility_m": (0.0, 300_000.0),
    "rain_mm_h": (0.0, 1_000.0), "wind_m_s": (0.0, 120.0), "air_c": (-90.0, 65.0), "people": (0, 1_000_000),
    "vehicles": (0, 100_000), "heading_rad": (0.0, math.tau), "course_rad": (0.0, math.tau),
    "speed_m_s": (0.0, 1_500.0), "from_km": (-100.0, 100_000.0), "to_km": (-100.0, 100_000.0),
    "low_msl_m": (-500.0, 40_000.0), "high_msl_m": (-500.0, 40_000.0),
}  # fmt: skip
ORDERED = (("from_km", "to_km"), ("low_msl_m", "high_msl_m"), ("from_s", "until_s"))


class _Told(msgspec.Struct, forbid_unknown_fields=True):
    """The body: a key, and the record without id, time and source, which are given here."""

    key: str
    record: dict[str, Any]


class ByHand:
    """The answer to what is told."""

    def __init__(self, core: Core, sessions: Sessions) -> None:
        self.core, self.sessions = core, sessions

    async def take(self, request: Request) -> Response:
        """Keep what an operator tells; 400 names the field that cannot be."""
        body = await request.body()
        try:
            if len(body) > BODY_MAX:
                raise ValueError(f"body: more than {BODY_MAX} bytes")
            record = self._record(body, self.sessions.operator_of(request) or "")
        except (ValueError, RecursionError) as error:
            raise HTTPException(400, str(error)) from None
        try:
            await asyncio.wait_for(asyncio.wrap_future(self.core.people.report((record,))), ANSWER_S)
        except (queue.Full, TimeoutError, RuntimeError):
            raise HTTPException(503, "not accepted: the core is busy or stopping; press again") from None
        return Response(msgspec.json.encode({"durable": True, "id": record.id}), media_type="application/json")

    def _record(self, body: bytes, operator: str) -> Record:
        told = msgspec.json.decode(body, type=_Told)
        if not 8 <= len(told.key) <= 100:
            raise ValueError("key: must have 8 to 100 characters, one key per press")
        now_s = self.core.clock.now_s
        fields = {"t_s": now_s} | told.record | {"id": BY_HAND + told.key, "source": operator, "exercise": False}
        record: Record = msgspec.convert(fields, type=TOLD)
        if record.t_s > now_s + 120.0:
            raise ValueError("t_s: is in the future")
        _check(record)
        return record


def _check(record: Record) -> None:
    for name, (low, high) in BOUNDS.items():
        value = getattr(record, name, None)
        if value is not None and not low <= value <= high:
            raise ValueError(f"{name}: must be within {low:g}..{high:g}, got {value:g}")
    for low_name, high_name in ORDERED:
        low_value, high_value = getattr(record, low_name, None), getattr(record, high_name, None)
        if low_value is not None and high_value is not None and not low_value < high_value:
            raise ValueError(f"{low_name}: must be below {high_name}")
    if isinstance(record, KnownMovement):
        _check_movement(record)
    for place in (getattr(record, "place", None), *getattr(record, "area", ())):
        if place is not None:
            check_place(place.lon_deg, place.lat_deg)
    if isinstance(record, AirspaceBlock) and not 3 <= len(record.area) <= 1000:
        raise ValueError(f"area: must have 3 to 1000 corners, got {len(record.area)}")


def _check_movement(record: KnownMovement) -> None:
    least = 3 if record.shape == "area" else 2
    if len(record.points) < least:
        raise ValueError(f"points: must be {least} or more")
    for point in record.points:
        check_place(point.lon_deg, point.lat_deg)
    if not 0.0 < record.width_m <= WIDEST_M:
        raise ValueError(f"width_m: must be within 0..{WIDEST_M:g}, got {record.width_m:g}")
    if not (0.0 <= record.from_hour <= 24.0 and 0.0 <= record.to_hour <= 24.0):
        raise ValueError("from_hour, to_hour: must be within 0..24")
