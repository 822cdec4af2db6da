"""What an operator tells by hand is a record like any other, once, and durable when it is answered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from builders import T0_S
from core_builders import ticks
from served import Served, running, serve
from watchline.domain.records import AirCover, PartnerEvent, Weather

COVER: dict[str, Any] = {
    "kind": "air_cover", "aircraft": "HELI-2", "organisation": "air", "from_km": 10.0, "to_km": 60.0,
    "low_msl_m": 900.0, "high_msl_m": 1500.0, "from_s": T0_S, "until_s": T0_S + 3600,
}  # fmt: skip
ADVANCE: dict[str, Any] = {
    "kind": "partner_event", "what": "displaced_people", "organisation": "partner", "confidence": 0.7, "people": 40,
    "until_s": T0_S + 7200, "place": {"lon_deg": 42.0, "lat_deg": 33.7},
}  # fmt: skip
SKY: dict[str, Any] = {
    "kind": "weather", "from_km": 0.0, "to_km": 20.0, "visibility_m": 1500.0, "dust": 0.5, "rain_mm_h": 0.0,
    "wind_m_s": 12.0, "air_c": 31.0,
}  # fmt: skip


PERMIT: dict[str, Any] = {
    "kind": "known_movement", "movement": "permit-7", "what": "permit", "registered_by": "district office",
    "shape": "area", "width_m": 200.0, "from_s": T0_S, "until_s": T0_S + 86_400, "from_hour": 6.0, "to_hour": 18.0,
    "points": [{"lon_deg": 42.0 + a, "lat_deg": 33.62 + b} for a, b in ((0, 0), (0.01, 0), (0.01, 0.01))],
}  # fmt: skip


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Served]:
    served = serve(tmp_path)
    yield served.as_operator()
    served.core.close()


def tell(desk: Served, record: dict[str, Any], key: str = "press-0001") -> httpx.Response:
    with running(desk.core):
        return desk.ask("POST", "/api/by-hand", json={"key": key, "record": record})


def test_what_is_told_is_kept_with_the_operator_as_its_source(desk: Served) -> None:
    for number, record in enumerate((COVER, ADVANCE, SKY)):
        answer = tell(desk, record, f"press-000{number}")
        assert answer.status_code == 200, answer.text
    cover, event, sky = (desk.kept(kind)[-1] for kind in ("air_cover", "partner_event", "weather"))
    assert isinstance(cover, AirCover)
    assert isinstance(event, PartnerEvent)
    assert isinstance(sky, Weather)
    assert {one.source for one in (cover, event, sky)} == {"desk-1"}
    assert (event.what, event.people, event.confidence) == ("displaced_people", 40, 0.7)
    assert desk.core.picture.weather[(0.0, 20.0)] == sky


def test_what_is_set_aside_and_registered_is_kept_with_whoever_did_it_and_reaches_the_alarms(desk: Served) -> None:
    assert tell(desk, PERMIT).status_code == 200
    aside = {"scope": "sensor", "value": "fence", "reason": "the fence is being mended"}
    with running(desk.core):
        answer = desk.ask("POST", "/api/desk", json={"key": "press-0011", "ask": "shelve", **aside})
    assert answer.status_code == 200, answer.text
    ticks(desk.core, 1)
    shelving, permit = desk.kept("shelving")[-1], desk.kept("known_movement")[-1]
    assert (shelving.operator, permit.source) == ("desk-1", "desk-1")
    assert desk.core.picture.movements["permit-7"] == permit
    assert desk.core.state.alarms.manage.shelvings["S-1"] == shelving
    assert "permit-7" in desk.core.state.alarms.activity.grounds


def test_the_same_press_twice_is_one_record(desk: Served) -> None:
    assert tell(desk, SKY).json() == tell(desk, SKY).json()
    assert len(desk.kept("weather")) == 1


@pytest.mark.parametrize(
    ("record", "change", "field"),
    [
        (ADVANCE, {"confidence": 1.5}, "confidence"),
        (ADVANCE, {"what": "invasion"}, "what"),
        (ADVANCE, {"place": {"lon_deg": 33.7, "lat_deg": 420.0}}, "latitude"),
        (ADVANCE, {"t_s": T0_S + 1e6}, "t_s"),
        (COVER, {"low_msl_m": 2000.0}, "low_msl_m"),
        (COVER, {"until_s": T0_S - 1}, "from_s"),
        (SKY, {"wind_m_s": -1.0}, "wind_m_s"),
        (PERMIT, {"points": PERMIT["points"][:2]}, "points"),
        (PERMIT, {"width_m": 1e6}, "width_m"),
        (PERMIT, {"from_hour": 25.0}, "from_hour"),
        (SKY, {"kind": "operator_action"}, "operator_action"),
        (SKY, {"kind": "alert"}, "alert"),
        (SKY, {"kind": "shelving"}, "shelving"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(
    desk: Served, record: dict[str, Any], change: dict[str, Any], field: str
) -> None:
    answer = tell(desk, record | change)
    assert answer.status_code == 400
    assert field in answer.json()["error"]


def test_id_source_and_exercise_are_not_the_tellers_to_choose(desk: Served) -> None:
    tell(desk, SKY | {"id": "x", "source": "radar", "exercise": True})
    (sky,) = desk.kept("weather")
    assert (sky.id, sky.source, sky.exercise) == ("hand-press-0001", "desk-1", False)


def test_a_reporter_in_the_field_tells_nothing_by_this_way(desk: Served) -> None:
    assert tell(desk.as_reporter("post-3"), SKY).status_code == 403
