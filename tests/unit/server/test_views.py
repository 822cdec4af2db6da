"""Two people of two forces at one server: each sees their own stretch, and asks for the rest in vain."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import msgspec
import numpy as np
import pytest
from websockets.sync.client import connect

from builders import T0_S, alert, position, scan, sighting
from core_builders import SENSORS, Step, make_core, ticks
from desk_builders import LINE, two_desks
from served import Served, running
from watchline.alerting.desk.roles import Who
from watchline.alerting.desk.setup import set_up
from watchline.domain.batches import DetectionBatch, ScanBatch
from watchline.domain.records import UnitReport
from watchline.domain.site import Person, Recipient, Sees
from watchline.ops.site_file import LoadedSite
from watchline.server import features, sight, wire
from watchline.server.app import Board
from watchline.server.desk import alerts_for, message_of
from watchline.server.run import ServerThread
from watchline.server.session import COOKIE, Sessions

EVERYTHING = ("tracks", "alerts", "units", "distress")
PEOPLE = (
    Person(name="commander", role="shift_commander", may_release=True),
    Person(name="second", role="shift_commander"),
    Person(name="west-1", role="tower_operator", desk="west", recipient="western"),
    Person(name="east-1", role="tower_operator", desk="east", recipient="eastern"),
    Person(name="auditor", role="auditor"),
)
RECIPIENTS = (
    Recipient(id="western", kind="own", sees=(Sees(from_km=0.0, to_km=5.0, what=EVERYTHING),)),
    Recipient(id="eastern", kind="own", sees=(Sees(from_km=5.0, to_km=10.0, what=EVERYTHING, imagery=False),)),
    Recipient(id="partner", kind="partner", sees=(Sees(),)),
    Recipient(id="jammer", kind="armed", sees=(Sees(what=("tracks",)),)),
)
WEST = {"track_id": 0, "s_m": 2222.0, "alert": "A-west", "unit": "unit-west"}
EAST = {"track_id": 0, "s_m": 7777.0, "alert": "A-east", "unit": "unit-east"}
GETS = (
    "/api/site", "/api/alerts", "/api/desk", "/api/figures", "/api/orders", "/api/features", "/api/recipients",
    "/api/report/shift.html", "/api/clips/none",
    "/api/evidence/A-east/map", "/api/evidence/A-west/map", "/ogc/collections", "/ogc/collections/tracks/items",
    "/ogc/collections/alerts/items", "/ogc/collections/units/items", "/ogc/collections/alerts/items/A-east",
    "/ogc/collections/units/items/unit-east", "/ogc/collections/shapes/items", "/ogc/collections/reports/items",
    "/api/export/alerts.geojson?from_km=0&to_km=9", "/api/export/units.csv?from_km=0&to_km=9",
    "/api/export/tracks.kml?from_km=0&to_km=9", "/api/export/posts.csv", "/", "/nowhere",
)  # fmt: skip


def _two_walkers(now_s: float) -> Step:
    """Return a radar that watches two who walk slowly, one in the west and one in the east."""
    second = round(now_s - T0_S)
    looks = [scan(3 * second, 1, now_s, detections=2), scan(3 * second + 1, 2, now_s, range_m=10_000.0)]
    looks.append(scan(3 * second + 2, 0, now_s, az_rad=(-0.17, 0.17)))
    seen = [
        sighting(3 * second, 1, SENSORS[1], now_s, LINE.xy_m_from_sd([here["s_m"], -2500.0 + 0.5 * second]))
        for here in (WEST, EAST)
    ]
    return Step([], ScanBatch.join(looks), DetectionBatch.join(seen))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Give a running core with one subject, alert and unit in the west and one of each in the east."""
    directory = tmp_path_factory.mktemp("views")
    what = msgspec.structs.replace(
        two_desks(*SENSORS, escalate_after_s=(86_400.0,) * 4), people=PEOPLE, recipients=RECIPIENTS
    )
    core = ticks(make_core(directory, _two_walkers, what), 60)
    for here in (WEST, EAST):
        at = position(LINE, float(here["s_m"]), -321.0)  # type: ignore[arg-type]
        core.picture.apply(alert(str(here["alert"]), position=at, track_id=here["track_id"], t_s=core.clock.now_s))
        report = UnitReport(
            id=f"r-{here['unit']}", t_s=core.clock.now_s, source="x", unit=str(here["unit"]), position=at,
            speed_m_s=1.0, heading_rad=0.0, state="patrolling",
        )  # fmt: skip
        core.picture.apply(report)
    for row in np.flatnonzero(core.picture.tracks.confirmed):
        here = min((WEST, EAST), key=lambda one: abs(float(one["s_m"]) - core.picture.tracks.s_m[row]))  # type: ignore[arg-type]
        here["track_id"] = int(core.picture.tracks.track_id[row])
    assert WEST["track_id"]
    assert EAST["track_id"]
    with running(core, 0.02):
        people = set_up(core.loaded.site).people
        yield Served(core, Sessions(people=people), directory)
    core.close()


class Seat:
    """One person's browser.  Mutable: it has cookies."""

    def __init__(self, served: Served, name: str) -> None:
        self.served, self.cookies = served, httpx.Cookies()
        who = next(one for one in served.sessions.people if one.name == name)
        self.ask("GET", f"/?token={served.sessions.new_seat_token(who)}")

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        self.served.cookies = self.cookies
        answer = self.served.ask(method, path, **more)
        self.cookies = self.served.cookies
        return answer


def _marks(here: dict[str, object]) -> list[bytes]:
    """Return what gives something of a place away: names, numbers, and the place in degrees and metres."""
    lon, lat = LINE.frame.lonlat_from_xy_m(LINE.xy_m_from_sd([here["s_m"], -321.0])).tolist()
    mgrs = wire.mgrs_of(lon, lat)
    return [
        str(here["alert"]).encode(), str(here["unit"]).encode(), f"track {here['track_id']}".encode(),
        f"{lon:.5f}"[:8].encode(), f"{here['s_m']}".encode(), mgrs.encode(),
    ]  # fmt: skip


@pytest.mark.parametrize(("name", "mine", "others"), [("west-1", WEST, EAST), ("east-1", EAST, WEST)])
def test_no_answer_of_the_server_holds_anything_of_the_other_stretch(
    served: Served, name: str, mine: dict[str, object], others: dict[str, object]
) -> None:
    seat, bodies = Seat(served, name), b""
    for path in (*GETS, *(f"/api/tracks/{here['track_id']}/history" for here in (mine, others))):
        answer = seat.ask("GET", path)
        assert answer.status_code < 500, path
        asked = [mark for mark in _marks(others) if mark in path.encode()]
        leaked = [mark for mark in _marks(others) if mark in answer.content and mark not in asked]
        assert leaked == [], path
        bodies += answer.content
    assert str(mine["alert"]).encode() in bodies
    assert str(mine["unit"]).encode() in bodies


def test_what_is_not_shown_is_answered_as_what_never_was(served: Served) -> None:
    seat = Seat(served, "west-1")
    for hidden, absent in [
        ("/api/alerts/A-east/acknowledge", "/api/alerts/A-none/acknowledge"),
    ]:
        body = {"key": "press-hidden"}
        there, never = seat.ask("POST", hidden, json=body), seat.ask("POST", absent, json=body)
        assert (there.status_code, there.content) == (never.status_code, never.content) == (404, never.content)
    wish = {"key": "press-write1", "ask": "write", "text": "hello", "desk": "west"}
    there, never = (seat.ask("POST", "/api/desk", json=wish | {"alert": one}) for one in ("A-east", "A-none"))
    assert (there.status_code, there.content) == (never.status_code, never.content)
    for hidden, absent in [
        ("/ogc/collections/alerts/items/A-east", "/ogc/collections/alerts/items/A-none"),
        (f"/api/tracks/{EAST['track_id']}/history", "/api/tracks/9999/history"),
        ("/api/evidence/A-east/map", "/api/evidence/A-none/map"),
    ]:
        there, never = seat.ask("GET", hidden), seat.ask("GET", absent)
        assert (there.status_code, there.content) == (never.status_code, never.content)


def test_the_live_screen_of_one_stretch_tells_of_that_stretch(served: Served) -> None:
    seat = Seat(served, "west-1")
    server = ServerThread(served.app, 0)
    try:
        with connect(
            f"ws://127.0.0.1:{server.port}/ws", additional_headers={"cookie": f"{COOKIE}={seat.cookies[COOKIE]}"}
        ) as socket:
            said = [socket.recv(30) for _ in range(5)]
    finally:
        server.stop()
    packed = next(one for one in said if isinstance(one, bytes))
    assert int(np.frombuffer(packed, "<u4", 1, 8)[0]) == 1  # one track of two
    texts = "".join(one for one in said if isinstance(one, str)).encode()
    assert [mark for mark in _marks(EAST) if mark in texts] == []
    assert b"A-west" in texts


def test_whoever_has_no_recipient_sees_all_of_it(served: Served) -> None:
    commander = Seat(served, "commander")
    told = {one["id"] for one in commander.ask("GET", "/api/alerts").json()["alerts"]}
    assert {"A-west", "A-east"} <= told
    assert commander.ask("GET", "/api/orders").status_code == 200
    assert Seat(served, "west-1").ask("GET", "/api/orders").status_code == 403


def test_looking_at_a_track_is_an_event(served: Served) -> None:
    commander = Seat(served, "commander")
    commander.ask("GET", f"/api/tracks/{WEST['track_id']}/history")
    seen = ("commander", "trail", str(WEST["track_id"]))
    end_s = time.monotonic() + 30.0
    while seen not in [(one.person, one.how, one.ref) for one in served.kept("track_viewed")]:
        assert time.monotonic() < end_s
        time.sleep(0.05)


def test_more_of_the_line_than_one_may_take_alone_takes_two(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("watchline.server.exports.ALONE_M", 5_000.0)
    first, second, auditor = (Seat(served, name) for name in ("commander", "second", "auditor"))
    assert first.ask("GET", "/api/export/alerts.csv").status_code == 400
    assert first.ask("GET", "/api/export/alerts.csv?from_km=0&to_km=9").status_code == 403
    alone = first.ask("GET", "/api/export/alerts.csv?from_km=0&to_km=4")
    assert alone.status_code == 200
    assert b"A-west" in alone.content
    assert b"A-east" not in alone.content
    want = {"key": "export-0001", "layer": "alerts", "form": "csv", "from_km": 0.0, "to_km": 9.0}
    assert auditor.ask("POST", "/api/exports", json=want).status_code == 403
    assert first.ask("POST", "/api/exports", json=want).json()["export"] == "export-0001"
    path = "/api/export/alerts.csv?export=export-0001"
    assert first.ask("GET", path).status_code == 403
    agree = {"key": "agree-00001"}
    assert first.ask("POST", "/api/exports/export-0001/approve", json=agree).status_code == 403
    assert second.ask("POST", "/api/exports/export-0001/approve", json=agree).status_code == 200
    assert second.ask("GET", path).status_code == 404  # it is the first person's
    assert b"A-east" in first.ask("GET", path).content
    assert first.ask("GET", path).status_code == 403  # once
    kept = [type(one).__name__ for one in served.kept("export_asked", "export_approved")]
    assert kept == ["ExportAsked", "ExportApproved"]


def test_an_officer_previews_releases_and_takes_back(served: Served) -> None:
    officer, second = Seat(served, "commander"), Seat(served, "second")
    before = officer.ask("GET", "/api/recipients/partner/preview").json()
    asked = officer.ask("GET", "/api/recipients/partner/preview?what=tracks&from_km=2&to_km=3").json()
    still = officer.ask("GET", "/api/recipients/partner/preview").json()
    assert still["exact"] == before["exact"]  # nothing was made
    for wrong in ("what=all&from_km=0&to_km=1", "what=tracks", "what=tracks&from_km=2&to_km=1"):
        assert officer.ask("GET", f"/api/recipients/partner/preview?{wrong}").status_code == 400
    assert before["exact"] == []
    assert [one["least"] for one in before["coarse"]] == [1, 1]
    said = {
        "key": "release-0001", "recipient": "partner", "purpose": "rescue", "reason": "two people without water",
        "from_km": 2.0, "to_km": 3.0, "what": ["tracks"], "minutes": 30.0,
    }  # fmt: skip
    assert second.ask("POST", "/api/releases", json=said).status_code == 403
    assert officer.ask("POST", "/api/releases", json=said | {"reason": "why not"}).status_code == 400
    coordination = said | {"recipient": "jammer", "purpose": "coordination"}
    assert officer.ask("POST", "/api/releases", json=coordination).status_code == 403
    assert officer.ask("POST", "/api/releases", json=said).status_code == 200
    now = officer.ask("GET", "/api/recipients/partner/preview").json()
    assert [one["name"] for one in asked["exact"]] == [one["name"] for one in now["exact"]]
    assert [one["name"] for one in now["exact"]] == [f"T-{WEST['track_id']}"]
    standing = officer.ask("GET", "/api/recipients").json()["releases"]
    assert [(one["release"], one["officer"]) for one in standing] == [("release-0001", "commander")]
    assert officer.ask("POST", "/api/releases/release-0001/end", json={"key": "end-00001"}).status_code == 200
    assert officer.ask("GET", "/api/recipients/partner/preview").json()["exact"] == []
    assert [one.reason for one in served.kept("release")] == ["two people without water"]
    assert Seat(served, "auditor").ask("POST", "/api/releases", json=said).status_code == 403
    assert Seat(served, "west-1").ask("GET", "/api/recipients").status_code == 403


def test_an_officer_tells_a_partner_in_words(served: Served) -> None:
    officer, second = Seat(served, "commander"), Seat(served, "second")
    said = {
        "key": "tell-00001", "recipient": "partner", "what": "pursuit", "lon_deg": 42.0, "lat_deg": 33.6,
        "minutes": 60.0, "people": 3, "text": "three on foot toward you",
    }  # fmt: skip
    assert second.ask("POST", "/api/partners/tell", json=said).status_code == 403
    for wrong in ({"text": " "}, {"confidence": 1.5}, {"minutes": 0.0}, {"lat_deg": 99.0}, {"recipient": "jammer"}):
        assert officer.ask("POST", "/api/partners/tell", json=said | wrong).status_code == 400
    for _ in range(2):
        assert officer.ask("POST", "/api/partners/tell", json=said).json()["told"] == "told-tell-00001"
    (told,) = served.kept("told_partner")
    assert (told.officer, told.recipient, told.people) == ("commander", "partner", 3)


def test_a_hold_takes_a_reason_and_another_person_to_end(served: Served) -> None:
    first, second = Seat(served, "commander"), Seat(served, "second")
    want = {"key": "hold-00001", "alert": "A-west", "reason": "complaint 17 of November"}
    assert first.ask("POST", "/api/holds", json=want | {"reason": "because"}).status_code == 400
    assert first.ask("POST", "/api/holds", json=want | {"alert": "A-none"}).status_code == 404
    assert Seat(served, "west-1").ask("POST", "/api/holds", json=want).status_code == 403
    assert first.ask("POST", "/api/holds", json=want).status_code == 200
    assert [one["alert"] for one in Seat(served, "auditor").ask("GET", "/api/holds").json()["holds"]] == ["A-west"]
    assert first.ask("POST", "/api/holds/hold-00001/end", json={"key": "hold-end-1"}).status_code == 403
    assert second.ask("POST", "/api/holds/hold-00001/end", json={"key": "hold-end-2"}).status_code == 200
    assert first.ask("GET", "/api/holds").json()["holds"] == []


POLICIES = 10_000 if os.environ.get("WATCHLINE_LONG") == "1" else 150


def test_generated_views_show_what_their_terms_name_and_nothing_else(served: Served) -> None:
    """Every message a screen is sent, under drawn policies: an id is in it exactly where its stretch is told."""
    rng = np.random.default_rng(5)
    core, site_message = served.core, wire.site_message(served.core)
    board = Board(core, served.directory, None)
    sensors_s_m = [float(row["s_m"]) for row in site_message["sensors"]]
    seen = hidden = 0
    for _ in range(POLICIES):
        low = float(rng.uniform(0, 9))
        kinds = tuple(kind for kind in EVERYTHING if rng.random() < 0.6) or ("tracks",)
        high = low + float(rng.uniform(0.2, 6))
        drawn = Recipient(id="drawn", kind="own", sees=(Sees(from_km=low, to_km=high, what=kinds),))
        who = Who("somebody", "tower_operator", "", "drawn")
        with core.lock:
            before, core.loaded = core.loaded, _with(core.loaded, drawn)
            try:
                said = _everything_sent(board, who, site_message, sensors_s_m)
            finally:
                core.loaded = before
        for here in (WEST, EAST):
            inside = low <= float(here["s_m"]) / 1000 <= high  # type: ignore[arg-type]
            marks = {"alerts": here["alert"], "units": here["unit"], "tracks": f'"name":"track {here["track_id"]}"'}
            for kind, mark in marks.items():
                told = str(mark).encode() in said
                assert told == (inside and kind in kinds), (drawn, mark)
                seen, hidden = seen + told, hidden + (not told)
    assert min(seen, hidden) > 0


def _with(loaded: LoadedSite, drawn: Recipient) -> LoadedSite:
    return replace(loaded, site=msgspec.structs.replace(loaded.site, recipients=(drawn,)))


def _everything_sent(board: Board, who: Who, site_message: Any, sensors_s_m: list[float]) -> bytes:
    core = board.core
    view, desk = sight.view_for(core, who), core.desk_of(False)
    picture = wire.picture_message(core, board.view(), desk, who.desk)
    shown = alerts_for(board, who, exercise=False).values()
    alerts = [message_of(item, core.picture.now_s, frozenset()) for _, item in shown]
    layers = [features.shown(core, layer, who) for layer in features.collections_of(core)]
    return json.dumps(
        [sight.site_for(view, site_message), sight.picture_for(view, picture, sensors_s_m), alerts]
    ).encode() + msgspec.json.encode(layers)
