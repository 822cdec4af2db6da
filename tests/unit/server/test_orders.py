"""What people order through links: kept first, sent once, refused with the reason, never without a person."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from builders import T0_S, camera, fence, radar, site
from core_builders import make_core, silence
from served import Served, running
from watchline.domain.records import (
    DroneState,
    GeoPoint,
    MapShape,
    MissionApproval,
    MissionPlan,
    NodeAnswer,
    NodeTask,
    Record,
    UnitPlace,
)
from watchline.domain.site import LinkSpec
from watchline.links.maps import geojson
from watchline.ops.exchange.missions import plan_of, refusal
from watchline.server.session import Sessions

HERE = GeoPoint(lon_deg=42.0, lat_deg=33.6)
LINKS = {
    "drones": LinkSpec(id="drones", protocol="mavlink", address="udp:127.0.0.1:1"),
    "army": LinkSpec(id="army", protocol="cot", address="127.0.0.1:1"),
    "ptz": LinkSpec(id="ptz", protocol="onvif", address="127.0.0.1:1"),
}
DRONE = DroneState(id="x", t_s=T0_S, source="drones", drone="drone-1", place=GeoPoint(
    lon_deg=42.0, lat_deg=33.6, msl_m=260.0), above_home_m=60.0, armed=False)  # fmt: skip
WAY = MapShape(id="w", t_s=T0_S, source="m", name="way", shape="line", points=(
    HERE, GeoPoint(lon_deg=42.01, lat_deg=33.6)))  # fmt: skip


class Said:
    """Remembers what would go out over links.  Mutable."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Record]] = []

    def send(self, link: str, record: Record) -> None:
        self.sent.append((link, record))

    def spec_of(self, link: str) -> LinkSpec | None:
        return LINKS.get(link)


@pytest.fixture
def said() -> Said:
    return Said()


@pytest.fixture
def desk(tmp_path: Path, said: Said) -> Iterator[Served]:
    what = site(camera(node="ptz/camera"), radar(), fence())
    core = make_core(tmp_path, silence, what)
    yield Served(core, Sessions("desk-1"), tmp_path, said).as_operator()
    core.close()


def press(desk: Served, path: str, key: str = "press-0001", **body: Any) -> httpx.Response:
    return desk.ask("POST", path, json={"key": key} | body)


def plan(desk: Served, key: str = "press-plan") -> dict[str, Any]:
    asked = f"/api/missions/geojson?key={key}&drone=drone-1&what=mission&height_m=60"
    answer = desk.ask("POST", asked, content=geojson.file_of([WAY]))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def heard(desk: Served, *records: Record) -> None:
    desk.core.people.report(records).result(60.0)


def test_a_plan_is_kept_and_only_its_approval_is_sent_once(desk: Served, said: Said) -> None:
    with running(desk.core):
        heard(desk, DRONE)
        found = plan(desk)
        assert (found["items"], found["refused"], said.sent) == (2, "", [])
        for _ in range(2):
            assert press(desk, f"/api/missions/{found['digest']}/upload").status_code == 200
        assert press(desk, f"/api/missions/{found['digest']}/start", "press-0002").status_code == 200
    kinds = [(link, type(record).__name__) for link, record in said.sent]
    assert kinds == [("drones", "MissionPlan"), ("drones", "MissionApproval")] * 2
    words = [record for _, record in said.sent if isinstance(record, MissionApproval)]
    assert [(one.step, one.operator, one.digest) for one in words] == [
        ("upload", "desk-1", found["digest"]), ("start", "desk-1", found["digest"]),
    ]  # fmt: skip
    assert len(desk.kept("mission_approval")) == 2


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ({"kind": "air_cover", "aircraft": "HELI-2", "from_km": 0.0, "to_km": 10.0, "low_msl_m": 200.0,
          "high_msl_m": 900.0}, "HELI-2 of air"),
        ({"kind": "airspace_block", "name": "R-7", "low_msl_m": 0.0, "high_msl_m": 5000.0, "area": [
            {"lon_deg": x, "lat_deg": y} for x, y in ((42.005, 33.5), (42.02, 33.5), (42.005, 33.7))]}, "R-7 of air"),
        ({"kind": "airspace_block", "name": "high", "low_msl_m": 2000.0, "high_msl_m": 5000.0, "area": [
            {"lon_deg": x, "lat_deg": y} for x, y in ((42.005, 33.5), (42.02, 33.5), (42.005, 33.7))]}, ""),
        ({"kind": "aircraft_report", "aircraft": "4b1613", "callsign": "JET", "place": {
            "lon_deg": 42.005, "lat_deg": 33.601, "msl_m": 400.0}}, "the air around JET"),
    ],
)  # fmt: skip
def test_a_mission_that_would_enter_airspace_of_others_is_refused_with_the_reason(
    desk: Served, said: Said, block: dict[str, Any], words: str
) -> None:
    with running(desk.core):
        heard(desk, DRONE)
        now_s = desk.core.clock.now_s
        # The desk's clock runs two hundred times as fast as life here.
        t_s = {"t_s": now_s} if block["kind"] == "aircraft_report" else {"from_s": now_s, "until_s": now_s + 86_400.0}
        more = {} if block["kind"] == "aircraft_report" else {"organisation": "air"}
        told = desk.ask("POST", "/api/by-hand", json={"key": "press-block", "record": block | t_s | more})
        assert told.status_code == 200, told.text
    found = plan_beside(desk)
    reason = refusal_of(desk, found)
    assert words in reason if words else reason == ""
    assert said.sent == []


def plan_beside(desk: Served) -> MissionPlan:
    """Return the plan that `plan` makes."""
    stamp: dict[str, object] = {"id": "p", "t_s": T0_S, "source": "op"}
    return plan_of(WAY, "drone-1", "mission", 60.0, desk.core.loaded.line.frame, stamp)


def refusal_of(desk: Served, found: MissionPlan) -> str:
    core = desk.core
    aircraft = core.picture.outside.aircraft
    now_s = max([one.t_s for one in aircraft.values()], default=core.clock.now_s)
    return refusal(found, core.picture, core.loaded, core.terrain, now_s)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/api/missions/abc/upload", {}, 404),
        ("/api/missions/abc/arm", {}, 404),
        ("/api/look", {"who": "radar", "lon_deg": 42.0, "lat_deg": 33.6}, 400),
        ("/api/look", {"who": "cam", "lon_deg": 42.0, "lat_deg": 133.6}, 400),
        ("/api/observe", {"who": "HELI-2", "lon_deg": 42.0, "lat_deg": 33.6}, 400),
        ("/api/tasks/T/answer", {"state": "accepted"}, 404),
    ],
)
def test_what_cannot_be_ordered_is_refused(desk: Served, said: Said, path: str, body: Any, status: int) -> None:
    with running(desk.core):
        assert press(desk, path, **body).status_code == status
    assert said.sent == []


def test_a_camera_is_asked_to_look_at_a_place_with_the_height_of_our_own_ground(desk: Served, said: Said) -> None:
    with running(desk.core):
        assert press(desk, "/api/look", who="cam", lon_deg=42.0, lat_deg=33.6).status_code == 200
    ((link, task),) = said.sent
    assert isinstance(task, NodeTask)
    assert (link, task.node, task.approved_by, task.command) == ("ptz", "camera", "desk-1", "look_at")
    assert task.place is not None
    assert task.place.msl_m == pytest.approx(201.0, abs=0.5)
    assert desk.kept("node_task") == [task]


def test_an_aircraft_is_asked_over_its_link_or_in_words_for_its_radio(desk: Served, said: Said) -> None:
    with running(desk.core):
        now_s = desk.core.clock.now_s
        stamp = {"id": "u", "t_s": now_s, "source": "army"}
        heard(desk, UnitPlace(**stamp, unit="u1", name="HAWK", place=HERE, stale_s=now_s + 1e6, what="aircraft"))
        cover = {
            "kind": "air_cover", "aircraft": "HELI-2", "organisation": "air", "from_km": 0.0, "to_km": 5.0,
            "low_msl_m": 400.0, "high_msl_m": 900.0, "from_s": now_s, "until_s": now_s + 1e6,
        }  # fmt: skip
        desk.ask("POST", "/api/by-hand", json={"key": "press-cover", "record": cover})
        by_link = press(desk, "/api/observe", "press-0001", who="HAWK", lon_deg=42.0, lat_deg=33.6).json()
        by_voice = press(desk, "/api/observe", "press-0002", who="HELI-2", lon_deg=42.0, lat_deg=33.6).json()
    assert (by_link["link"], by_voice["link"]) == ("army", "")
    assert by_voice["say"].startswith("HELI-2: observe 33.60000 N 42.00000 E, line km 5.0, ground 200 m")
    assert [(link, record.node) for link, record in said.sent if isinstance(record, NodeTask)] == [("army", "HAWK")]
    assert len(desk.kept("node_task")) == 2


def test_a_task_that_others_ask_of_us_is_answered_by_a_person(desk: Served, said: Said) -> None:
    stamp = {"id": "t", "t_s": T0_S, "source": "army"}
    asked = NodeTask(**stamp, node="DESK", task_id="T-9", approved_by="ALPHA", command="look_at", place=HERE)
    with running(desk.core):
        heard(desk, asked)
        (view,) = desk.get("/api/orders").json()["tasks"]
        assert (view["ours"], view["answers"]) == (False, [])
        accepted = press(desk, "/api/tasks/T-9/answer", "press-0001", state="accepted", reason="patrol 7 goes")
        assert accepted.status_code == 200, accepted.text
        assert press(desk, "/api/tasks/T-9/answer", "press-0002", state="completed").status_code == 200
        assert press(desk, "/api/tasks/T-9/answer", "press-0003", state="failed").status_code == 400
    answers = [record for _, record in said.sent if isinstance(record, NodeAnswer)]
    assert [(one.node, one.ref, one.state, one.reason) for one in answers] == [
        ("ALPHA", "T-9", "accepted", "patrol 7 goes"), ("ALPHA", "T-9", "completed", ""),
    ]  # fmt: skip


def test_a_reporter_in_the_field_orders_nothing(desk: Served) -> None:
    desk.as_reporter("post-3")
    assert press(desk, "/api/look", who="cam", lon_deg=42.0, lat_deg=33.6).status_code == 403
    assert desk.get("/api/orders").status_code == 403


def test_partner_events_are_shown_while_they_hold(desk: Served) -> None:
    event = {"kind": "partner_event", "what": "pursuit", "organisation": "partner", "confidence": 0.6,
             "place": {"lon_deg": 42.0, "lat_deg": 33.7}}  # fmt: skip
    with running(desk.core):
        until_s = desk.core.clock.now_s + 1e6
        told = desk.ask("POST", "/api/by-hand", json={"key": "press-event", "record": event | {"until_s": until_s}})
        assert told.status_code == 200, told.text
        (shown,) = desk.get("/api/orders").json()["partner_events"]
    assert (shown["what"], shown["confidence"]) == ("pursuit", 0.6)
    gone = msgspec.structs.replace(desk.core.picture.reports["hand-press-event"], until_s=0.0)  # type: ignore[arg-type]
    desk.core.picture.reports["hand-press-event"] = gone
    assert desk.get("/api/orders").json()["partner_events"] == []


def test_an_exercise_orders_nothing_in_reality(desk: Served, said: Said) -> None:
    assert desk.core.picture.run is not None
    desk.core.picture.run = msgspec.structs.replace(desk.core.picture.run, exercise=True)
    answer = press(desk, "/api/look", who="cam", lon_deg=42.0, lat_deg=33.6)
    assert answer.status_code == 409
    assert "exercise" in answer.json()["error"]
    assert said.sent == []
