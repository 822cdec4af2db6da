"""Who may do what, asked of the server as a screen asks it; and the exercise beside."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from websockets.sync.client import connect

from core_builders import SENSORS, make_core, ticks, walker_seen_by_radar
from desk_builders import WHO, two_desks
from served import Served, running
from watchline.alerting.desk.made import made_alert
from watchline.alerting.desk.roles import Who
from watchline.domain.desk import SeatTaken, SeededTest
from watchline.domain.site import LinkSpec
from watchline.ledger.reader import LedgerReader
from watchline.ops.publish import Outlet
from watchline.server.run import ServerThread
from watchline.server.session import EXERCISE_COOKIE, Sessions


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Give a running core of two desks with one alert."""
    directory = tmp_path_factory.mktemp("desks")
    patient = two_desks(*SENSORS, escalate_after_s=(86_400.0,) * 4)  # the clock runs much faster than the tests
    core = ticks(make_core(directory, walker_seen_by_radar, patient), 60)
    with running(core):
        yield Served(core, Sessions(people=tuple(WHO.values())), directory)
    core.close()


class Screen:
    """One person's screen.  Mutable: it has cookies and counts presses."""

    presses = 0

    def __init__(self, served: Served, name: str, *, exercise: bool = False) -> None:
        self.served, self.base = served, "/exercise" if exercise else ""
        self.cookies = httpx.Cookies()
        self.ask("GET", f"/?token={served.sessions.new_seat_token(WHO[name], exercise=exercise)}")

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        self.served.cookies = self.cookies
        answer = self.served.ask(method, self.base + path, **more)
        self.cookies = self.served.cookies
        return answer

    def wish(self, ask: str, **body: Any) -> httpx.Response:
        Screen.presses += 1
        return self.ask("POST", "/api/desk", json={"key": f"press-{Screen.presses:06}", "ask": ask, **body})

    def act(self, action: str, alert: str = "A-1", **body: Any) -> httpx.Response:
        Screen.presses += 1
        return self.ask("POST", f"/api/alerts/{alert}/{action}", json={"key": f"press-{Screen.presses:06}", **body})

    def get(self, path: str) -> Any:
        return self.ask("GET", path).json()


def test_the_auditor_sees_everything_and_changes_nothing(served: Served) -> None:
    auditor = Screen(served, "auditor")
    assert [a["id"] for a in auditor.get("/api/alerts")["alerts"]]
    for path in ("/api/desk", "/api/figures", "/api/site", "/api/alerts"):
        assert auditor.ask("GET", path).status_code == 200
    before = served.core.picture.desk
    refused = [auditor.act("acknowledge"), auditor.wish("write", phrase="radio_check")]
    refused += [auditor.wish("prepare", desk="west", incoming="west-2")]
    refused += [auditor.ask("POST", "/api/seats", json={"person": "west-1"})]
    refused += [auditor.ask("POST", "/api/by-hand", json={"key": "by-hand-01", "record": {}})]
    refused += [auditor.ask("POST", "/api/import/gpx", content=b"")]
    refused += [auditor.ask("POST", "/api/field/link", json={"reporter": "p"})]
    assert {answer.status_code for answer in refused} == {403}
    assert (served.core.picture.desk.log, served.core.picture.desk.done) == (before.log, before.done)


def test_a_look_of_the_auditor_is_in_the_ledger_too(served: Served) -> None:
    Screen(served, "auditor").get("/api/desk")
    Screen(served, "commander").wish("write", phrase="radio_check", desk="west")  # durable when answered
    with LedgerReader(served.directory / "ledger") as reader:
        seats = [entry.value for entry in reader.events(["seat_taken"])]
    assert any(isinstance(seat, SeatTaken) and seat.role == "auditor" for seat in seats)


def test_a_screen_cannot_choose_who_it_is(served: Served) -> None:
    answer = Screen(served, "west-1").wish("write", phrase="radio_check", person="commander")
    assert answer.status_code == 400


def test_refused_by_role_is_told_apart_from_not_signed_in(served: Served) -> None:
    assert Screen(served, "maintainer").act("acknowledge").json()["refused"] == "forbidden"
    served.cookies = httpx.Cookies()
    stranger = served.ask("POST", "/api/desk", json={"key": "press-000001", "ask": "write"})
    assert (stranger.status_code, "refused" in stranger.json()) == (403, False)


def test_a_seat_is_for_somebody_of_the_list_and_opens_once(served: Served) -> None:
    commander = Screen(served, "commander")
    assert commander.ask("POST", "/api/seats", json={"person": "nobody"}).status_code == 400
    path = commander.ask("POST", "/api/seats", json={"person": "maintainer"}).json()["path"]
    served.cookies = httpx.Cookies()
    assert served.get(path).status_code == 303
    assert served.get("/api/desk").json()["me"]["role"] == "maintainer"
    served.cookies = httpx.Cookies()
    assert served.get(path).status_code == 403


def test_evidence_is_a_map_and_a_sheet_of_who_was_near(served: Served) -> None:
    screen = Screen(served, "west-1")
    png = screen.ask("GET", "/api/evidence/A-1/map")
    assert (png.headers["content-type"], png.content[:8]) == ("image/png", b"\x89PNG\r\n\x1a\n")
    sheet = screen.get("/api/evidence/A-1/sheet")
    assert (sheet["alert"], len(sheet["trail"]) > 3) == ("A-1", True)
    assert screen.ask("GET", "/api/evidence/A-9/map").status_code == 404


def test_figures_and_reports_come_from_the_same_records(served: Served) -> None:
    screen = Screen(served, "commander")
    figures = screen.get("/api/figures?hours=24")
    assert figures["figures"]["alerts"] >= 1
    assert screen.ask("GET", "/api/figures?hours=nan").status_code == 400
    report = screen.ask("GET", "/api/report/shift.html?lang=ckb")
    assert "A-1" in report.text
    assert screen.ask("GET", "/api/report/shift.doc").status_code == 404
    assert screen.ask("GET", "/api/report/handover.html?number=H-99").status_code == 400
    assert screen.ask("GET", "/api/report/incident.html").status_code == 400
    dossier = screen.ask("GET", "/api/report/incident.html?number=A-1")
    assert dossier.status_code == 200
    assert "A-1" in dossier.text
    until = time.monotonic() + 60.0  # a dossier is a look at what is kept of somebody, and kept as such
    while not (seen := [v for v in served.kept("track_viewed") if v.ref.startswith("incident A-1 ")]):
        assert time.monotonic() < until
        time.sleep(0.1)
    assert (seen[0].person, seen[0].how) == ("commander", "report")
    copy = seen[0].ref.split()[-1]  # a copy that is found elsewhere says whose it was
    assert re.search(rf"commander · \S+Z · {copy}", dossier.text)


# -- the exercise ------------------------------------------------------------------------------------------


def test_an_exercise_runs_beside_and_nothing_passes_from_one_to_the_other(served: Served) -> None:
    trainer, pupil = Screen(served, "commander", exercise=True), Screen(served, "west-1", exercise=True)
    real = Screen(served, "commander")
    held = {a["id"] for a in real.get("/api/alerts")["alerts"]}
    assert trainer.wish("practise", state="started", scenario="mass", number=1).status_code == 200
    _until(lambda: len(served.core.exercise.items) >= 5)
    practised = {a["id"] for a in pupil.get("/api/alerts")["alerts"]}
    assert practised
    assert practised & held == set()
    one = sorted(practised)[0]
    assert trainer.act("acknowledge", one).status_code == 200
    assert trainer.act("acknowledge", "A-1").status_code == 404
    assert real.act("acknowledge", one).status_code == 404
    assert {a["id"] for a in real.get("/api/alerts")["alerts"]} >= held
    assert real.get("/api/figures?hours=24")["figures"]["alerts"] < 5
    assert trainer.ask("GET", "/api/report/shift.html").status_code == 404
    assert trainer.ask("POST", "/api/by-hand", json={}).status_code in (404, 405)
    assert trainer.wish("practise", state="ended").status_code == 200


def test_a_session_of_the_exercise_opens_nothing_of_the_real_desk(served: Served) -> None:
    pupil = Screen(served, "west-1", exercise=True)
    assert EXERCISE_COOKIE in pupil.cookies
    served.cookies = pupil.cookies
    assert served.get("/api/alerts").status_code == 403
    token = served.sessions.new_seat_token(WHO["west-1"], exercise=True)
    served.cookies = httpx.Cookies()
    assert served.get(f"/?token={token}").status_code == 403


def test_what_is_practised_is_never_published(served: Served) -> None:
    trainer = Screen(served, "commander", exercise=True)
    trainer.wish("practise", state="started", scenario="quiet", number=2)
    _until(lambda: len(served.core.exercise.items) >= 1)
    told = {record.alert_id for record in _published(served)}
    assert "A-1" in told
    assert told & set(served.core.exercise.items) == set()
    trainer.wish("practise", state="ended")


def _published(served: Served) -> list[Any]:
    spec = LinkSpec(id="out", protocol="cot", address="127.0.0.1:1", recipient="ours", sends=("alerts",))
    with served.core.lock:
        return list(Outlet(spec, served.core.loaded).due(served.core.picture))


def _until(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + 60.0
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_live_screen_of_the_exercise_says_so_and_shows_nobody_real(served: Served) -> None:
    pupil = Screen(served, "west-1", exercise=True)
    server = ServerThread(served.app, 0)
    cookie = {"cookie": f"{EXERCISE_COOKIE}={pupil.cookies[EXERCISE_COOKIE]}"}
    try:
        with connect(f"ws://127.0.0.1:{server.port}/exercise/ws", additional_headers=cookie) as socket:
            first = [socket.recv(30) for _ in range(5)]
    finally:
        server.stop()
    texts = [json.loads(one) for one in first if isinstance(one, str)]
    tracks = next(one for one in first if isinstance(one, bytes))
    assert texts[0]["exercise"] is True
    assert {t["type"] for t in texts} >= {"hello", "alerts", "desk", "picture"}
    assert int.from_bytes(tracks[8:12], "little") == 0


def test_people_without_a_list_command_the_whole_line() -> None:
    assert Sessions("desk-1").new_link_token()
    assert Who("desk-1", "shift_commander").at("anything")


def test_a_seeded_test_is_shown_to_whom_it_measures_and_to_nobody_else(served: Served) -> None:
    core = served.core
    made = made_alert(core.picture.desk.setup, "T-1", "approaching", 1000.0, -400.0, core.clock.now_s, (0.5,) * 4)
    test = SeededTest(
        id="seeded-T-1", t_s=core.clock.now_s, source="desk", test="T-1", desk="west", person="west-1", alert=made
    )
    with core.lock:
        core._keep(test)
    shown = {name: {a["id"]: a for a in Screen(served, name).get("/api/alerts")["alerts"]} for name in WHO}
    assert {name for name, alerts in shown.items() if "T-1" in alerts} == {"west-1"}
    assert set(shown["west-1"]["T-1"]) == set(shown["west-1"]["A-1"])
    assert shown["west-1"]["T-1"]["test"] is None
    assert "T-1" not in {record.alert_id for record in _published(served)}
    answered = Screen(served, "west-1").act("acknowledge", "T-1").json()["alert"]
    assert answered["test"]["outcome"] == "answered"
    with LedgerReader(served.directory / "ledger") as reader:
        actions = [entry.value for entry in reader.events(["operator_action"])]
    assert not any(getattr(action, "alert", "") == "T-1" for action in actions)
    assert Screen(served, "commander").get("/api/desk")["score"]["shown"] == 0
