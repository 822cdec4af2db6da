"""Every door of the server: each role at each, drawn requests at each, false and old sessions, too many and too
slow."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.generation import GenerationMode
from starlette.routing import Route
from websockets.sync.client import connect

from builders import T0_S
from core_builders import SENSORS, make_core, ticks, walker_seen_by_radar
from desk_builders import two_desks
from served import Served, running
from watchline.alerting.desk.setup import set_up
from watchline.domain.site import Person, Recipient, Sees, SignOn
from watchline.server import limits
from watchline.server.accounts import Accounts
from watchline.server.app import Board, build_app
from watchline.server.openapi import BODIES, FILES, describe
from watchline.server.run import ServerThread
from watchline.server.session import COOKIE, Sessions
from watchline.server.sign_on import Provider

PASSWORD = "a long walk along the line"
AWAY = Provider(SignOn(issuer="http://127.0.0.1:1", client="watchline"), Path())  # nobody listens there
PEOPLE = (
    Person(name="commander", role="shift_commander", may_release=True),
    Person(name="west-1", role="tower_operator", desk="west"),
    Person(name="scout", role="tower_operator", desk="east", recipient="scouts"),
    Person(name="maintainer", role="maintainer"),
    Person(name="auditor", role="auditor"),
)
ASKERS = ("commander", "west-1", "scout", "maintainer", "auditor", "a phone", "nobody")
EVERYBODY = frozenset(ASKERS)
PERSONS = EVERYBODY - {"a phone", "nobody"}
WHOLE = PERSONS - {"scout"}
NEED = frozenset({"commander", "auditor"})
HEALTH = frozenset({"commander", "maintainer", "auditor"})
REPORTS = PERSONS - {"auditor"} | {"a phone"}
MAY: dict[str, frozenset[str]] = {
    "GET /": EVERYBODY,  # whoever is not known is sent to the page to sign in
    "GET /sign-on": EVERYBODY, "GET /sign-on/back": EVERYBODY,
    "GET /login": EVERYBODY, "GET /login/{name}": EVERYBODY, "POST /api/login": EVERYBODY,
    "GET /api/openapi.json": WHOLE, "GET /api/site": PERSONS, "GET /api/alerts": PERSONS, "GET /api/desk": PERSONS,
    "GET /api/clips/{clip}": PERSONS, "GET /api/stills/{sensor}": PERSONS, "GET /api/horizons/{sensor}": PERSONS,
    "GET /api/tracks/{track}/history": PERSONS,
    "GET /api/evidence/{alert}/{part}": PERSONS, "GET /tiles/terrain/{z}/{x}/{y}.png": PERSONS,
    "GET /tiles/layers/{layer}/{z}/{x}/{y}": PERSONS, "GET /tiles/layers/{layer}.geojson": PERSONS,
    "GET /api/ground/measure": PERSONS, "GET /api/ground/sight": PERSONS, "GET /api/ground/horizon": PERSONS,
    "POST /api/map-sheet.pdf": PERSONS,
    "GET /api/features": PERSONS, "GET /api/export/{layer}.{form}": PERSONS,
    "POST /api/alerts/{alert}/{action}": PERSONS, "POST /api/desk": PERSONS,
    "POST /api/seats": frozenset({"commander"}),
    "GET /api/figures": WHOLE, "GET /api/report/{kind}.{form}": WHOLE, "GET /api/orders": WHOLE,
    "GET /command": WHOLE, "GET /command/{name}": WHOLE, "GET /api/respond": WHOLE, "POST /api/respond": WHOLE,
    "GET /api/posts": WHOLE,
    "GET /api/searches": WHOLE, "POST /api/searches": WHOLE, "GET /api/searches/{search}/plan.{form}": WHOLE,
    "GET /api/places": WHOLE,
    "GET /operations": PERSONS, "GET /operations/{name}": PERSONS, "GET /api/operations": PERSONS,
    "GET /api/operations/{operation}/plan.{form}": PERSONS, "POST /api/operations": WHOLE, "GET /api/posture": WHOLE,
    "POST /api/posture": WHOLE,
    "GET /links": WHOLE, "GET /links/{name}": WHOLE,
    "POST /api/by-hand": PERSONS - {"auditor"}, "POST /api/import/{form}": WHOLE - {"auditor"},
    "POST /api/field/link": PERSONS - {"auditor"}, "POST /api/missions/{form}": WHOLE,
    "POST /api/missions/{digest}/{step}": WHOLE, "POST /api/look": WHOLE, "POST /api/observe": WHOLE,
    "POST /api/tasks/{task}/answer": WHOLE, "POST /api/exports": WHOLE - {"auditor"},
    "POST /api/exports/{export}/approve": WHOLE - {"auditor"},
    "GET /audit": NEED, "GET /audit/{name}": NEED, "GET /api/audit/chain": NEED, "GET /api/audit/check": NEED,
    "GET /api/audit/records": NEED, "GET /api/audit/moment": NEED,
    "GET /account": WHOLE, "GET /account/{name}": WHOLE, "GET /api/account/unseen": WHOLE,
    "GET /api/account/calibration": WHOLE, "GET /api/account/claims": WHOLE,
    "POST /api/account/claims": WHOLE - {"auditor"}, "POST /api/account/signs": WHOLE - {"auditor"},
    "GET /api/over-time": WHOLE, "GET /maintain": WHOLE, "GET /maintain/{name}": WHOLE,
    "GET /api/maintain/sensors": WHOLE, "GET /api/maintain/repairs": HEALTH,
    "GET /releases": NEED, "GET /releases/{name}": NEED,
    "GET /api/recipients": frozenset({"commander", "auditor"}),
    "GET /api/recipients/{recipient}/preview": frozenset({"commander", "auditor"}),
    "POST /api/releases": frozenset({"commander"}), "POST /api/releases/{release}/end": frozenset({"commander"}),
    "POST /api/partners/tell": frozenset({"commander"}),
    "GET /health": HEALTH, "GET /api/health": HEALTH, "GET /metrics": HEALTH,
    "GET /plan": WHOLE, "GET /plan/{name}": WHOLE, "GET /api/plan/line": NEED, "POST /api/plan/what-if": NEED,
    "GET /api/plan/mend": NEED,
    "GET /api/masks": frozenset({"commander", "auditor"}), "POST /api/masks/lift": frozenset({"commander"}),
    "POST /api/masks/lift/{lift}/agree": frozenset({"commander"}),
    "GET /api/holds": frozenset({"commander", "auditor"}), "POST /api/holds": frozenset({"commander"}),
    "POST /api/holds/{hold}/end": frozenset({"commander"}),
    "GET /api/sessions": frozenset({"commander"}), "POST /api/sessions/end": frozenset({"commander"}),
    "POST /api/logout": PERSONS,
    "GET /field": REPORTS, "GET /field/me": REPORTS, "GET /field/tasks": REPORTS,
    "POST /field/reports": REPORTS, "GET /field/{name}": REPORTS,
    "GET /ogc": PERSONS, "GET /ogc/": PERSONS, "GET /ogc/api": PERSONS, "GET /ogc/conformance": PERSONS,
    "GET /ogc/collections": PERSONS, "GET /ogc/collections/{collection}": PERSONS,
    "GET /ogc/collections/{collection}/items": PERSONS, "GET /ogc/collections/{collection}/items/{item}": PERSONS,
}  # fmt: skip
"""Who gets past the guard at each door.  What they then may do with what is behind it has tests of its own."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Give a running core with accounts."""
    directory = tmp_path_factory.mktemp("doors")
    scouts = Recipient(id="scouts", kind="own", sees=(Sees(from_km=5.0, to_km=10.0),))
    what = msgspec.structs.replace(
        two_desks(*SENSORS, escalate_after_s=(86_400.0,) * 4), people=PEOPLE, recipients=(scouts,)
    )
    core = ticks(make_core(directory, walker_seen_by_radar, what), 60)
    sessions = Sessions(people=set_up(core.loaded.site).people)
    accounts = Accounts(directory / "accounts.json")
    accounts.set_password("west-1", PASSWORD)
    with running(core):
        found = Served(core, sessions, directory)
        found.app = build_app(Board(core, directory / "ledger", None), sessions, lambda: None, accounts, AWAY)
        yield found
    core.close()


def _cookies(served: Served, asker: str) -> httpx.Cookies:
    cookies = httpx.Cookies()
    if asker == "nobody":
        return cookies
    if asker == "a phone":
        token = served.sessions.new_link_token("post-3")
    else:
        token = served.sessions.new_seat_token(next(w for w in served.sessions.people if w.name == asker))
    cookies.set(COOKIE, served.sessions.open(token) or "")
    return cookies


def _doors(served: Served) -> list[tuple[str, str]]:
    return [
        (method.upper(), path)
        for path, operations in describe(r for r in served.app.routes if isinstance(r, Route))["paths"].items()
        for method in operations
    ]


def test_every_door_is_in_the_table_and_described(served: Served) -> None:
    doors = _doors(served)
    assert {f"{method} {path}" for method, path in doors} == set(MAY)
    posts = {path for method, path in doors if method == "POST"}
    assert posts - set(BODIES) - set(FILES) == {"/api/logout"}


@pytest.mark.parametrize("asker", ASKERS)
def test_each_role_at_each_door(served: Served, asker: str) -> None:
    wrong = []
    for method, path in _doors(served):
        served.cookies = _cookies(served, asker)
        filled = path.replace("{track}", "1").replace("{z}", "3").replace("{x}", "1").replace("{y}", "1")
        for name in ("alert", "action", "clip", "part", "layer", "form", "kind", "name", "digest", "step", "task",
                     "export", "recipient", "release", "hold", "lift", "collection", "item", "search",
                     "operation"):  # fmt: skip
            filled = filled.replace(f"{{{name}}}", "no-such")
        answer = served.ask(method, filled, content=b"{" if method == "POST" else None)
        let_in = answer.status_code != 403
        if let_in != (asker in MAY[f"{method} {path}"]):
            wrong.append((method, path, answer.status_code, answer.text[:80]))
        assert answer.status_code < 500, (method, path)
    assert wrong == []


EXAMPLES = 300 if os.environ.get("WATCHLINE_LONG") == "1" else 3
ENDS_ITSELF = ("/api/logout", "/api/sessions/end")  # these end the session that asks


@pytest.mark.slow
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_drawn_requests_never_break_the_server(served: Served, mode: GenerationMode) -> None:
    """Schemathesis draws what each door's description allows, and what it does not."""
    cookies = _cookies(served, "commander")
    served.cookies = cookies
    described = served.get("/api/openapi.json").json()
    described["paths"] = {path: one for path, one in described["paths"].items() if path not in ENDS_ITSELF}
    tried: dict[int, int] = {}
    for found in schemathesis.openapi.from_dict(described).get_all_operations():
        _fuzz(served, cookies, found.ok(), mode, tried)
    assert sum(tried.values()) >= 100, tried
    assert set(tried) & {400, 404}
    assert served.get("/api/alerts").status_code == 200


def _fuzz(
    served: Served, cookies: httpx.Cookies, operation: Any, mode: GenerationMode, tried: dict[int, int]
) -> None:
    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate], derandomize=True,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    def ask(case: Any) -> None:
        served.cookies = cookies
        body = case.body
        known = isinstance(body, bytes | str | dict | list | int | float | bool) or body is None
        content = body if isinstance(body, bytes) else json.dumps(body).encode() if known else None
        query = {str(key): str(value) for key, value in (case.query or {}).items()}
        try:
            answer = served.ask(case.method, case.formatted_path, params=query, content=content)
        except httpx.InvalidURL:
            return  # no client can ask it
        tried[answer.status_code] = tried.get(answer.status_code, 0) + 1
        assert answer.status_code < 500, (case.method, case.formatted_path, query, content, answer.text[:200])

    try:
        ask()
    except Unsatisfiable:
        return  # nothing is against the description of this door


# -- sessions --------------------------------------------------------------------------------------------------


def test_forged_replayed_ended_and_expired_sessions_are_refused(served: Served) -> None:
    now = [0.0]
    sessions = Sessions(people=served.sessions.people, session_s=100.0, idle_s=50.0, now=lambda: now[0])
    other = Served(served.core, sessions, served.directory)
    other.app = build_app(Board(served.core, served.directory / "ledger", None), sessions, lambda: None)

    def status(secret: str) -> int:
        other.cookies = httpx.Cookies({COOKIE: secret})
        return other.get("/api/alerts").status_code

    token = sessions.new_link_token()
    secret = sessions.open(token)
    assert secret is not None
    assert sessions.open(token) is None  # a link works once
    assert status(secret) == 200
    assert status(secret[:-1] + ("A" if secret[-1] != "A" else "B")) == 403
    assert status("") == status("x" * 5000) == 403
    now[0] = 49.0
    assert status(secret) == 200
    now[0] = 99.5  # idle for longer than 50 s
    assert status(secret) == 403
    second = sessions.open(sessions.new_link_token()) or ""
    for now[0] in (120.0, 160.0, 199.0):
        assert status(second) == 200
    now[0] = 200.0  # open for longer than 100 s
    assert status(second) == 403
    third = sessions.open(sessions.new_link_token()) or ""
    other.cookies = httpx.Cookies({COOKIE: third})
    assert other.ask("POST", "/api/logout").status_code == 200
    assert status(third) == 403


def test_a_lost_phone_is_ended_from_the_desk(served: Served) -> None:
    phone, commander = _cookies(served, "a phone"), _cookies(served, "commander")
    served.cookies = phone
    assert served.get("/field/me").json()["reporter"] == "post-3"
    waiting = served.sessions.new_link_token("post-3")
    served.cookies = commander
    told = served.get("/api/sessions").json()["sessions"]
    assert [one["reports_only"] for one in told if one["person"] == "post-3"].count(True) >= 1
    assert served.ask("POST", "/api/sessions/end", json={"person": "post-3"}).json()["ended"] >= 1
    served.cookies = phone
    assert served.get("/field/me").status_code == 403
    assert served.sessions.open(waiting) is None  # nor do links that wait open anything


@pytest.mark.parametrize("headers", [
    {"origin": "http://evil.example"}, {"origin": "null"}, {"host": "evil.example"},
    {"host": "127.0.0.1.evil.example"},
])  # fmt: skip
def test_requests_of_other_sites_pages_are_refused(served: Served, headers: dict[str, str]) -> None:
    served.cookies = _cookies(served, "commander")
    answer = served.ask("POST", "/api/alerts/A-1/acknowledge", headers=headers, json={"key": "press-0001"})
    assert answer.status_code == 403


# -- signing in ------------------------------------------------------------------------------------------------


def test_a_name_and_its_password_make_a_session(served: Served) -> None:
    served.cookies = httpx.Cookies()
    answer = served.ask("POST", "/api/login", json={"name": "west-1", "password": PASSWORD})
    assert answer.json() == {"user": "west-1"}
    said = answer.headers["set-cookie"].lower()
    assert "httponly" in said
    assert "samesite=strict" in said
    assert served.get("/api/alerts").status_code == 200


def test_wrong_names_and_passwords_are_one_answer_and_then_wait(served: Served) -> None:
    now = [1000.0]
    sessions = Sessions(people=served.sessions.people, now=lambda: now[0])
    other = Served(served.core, sessions, served.directory)
    accounts = Accounts(served.directory / "accounts.json")
    other.app = build_app(Board(served.core, served.directory / "ledger", None), sessions, lambda: None, accounts)

    def login(name: str, password: str) -> httpx.Response:
        other.cookies = httpx.Cookies()
        return other.ask("POST", "/api/login", json={"name": name, "password": password})

    wrong = [login("west-1", "not the password"), login("nobody at all", PASSWORD), login("commander", PASSWORD)]
    assert {(one.status_code, one.content) for one in wrong} == {(403, wrong[0].content)}
    for _ in range(limits.FREE_FAILURES):
        login("west-1", "not the password")
    waiting = login("west-1", PASSWORD)
    assert waiting.status_code == 429
    now[0] += float(waiting.headers["retry-after"])
    assert login("west-1", PASSWORD).status_code == 200
    assert login("west-1", PASSWORD).status_code == 200
    kept = [one for one in served.kept("rejection") if one.source == "login"]
    assert kept
    assert all(PASSWORD not in msgspec.json.encode(one).decode() for one in kept)


def test_too_many_requests_are_told_to_wait(served: Served) -> None:
    sessions = Sessions(people=served.sessions.people, now=lambda: 5.0)
    other = Served(served.core, sessions, served.directory)
    other.app = build_app(Board(served.core, served.directory / "ledger", None), sessions, lambda: None)
    secret = sessions.open(sessions.new_link_token()) or ""
    other.cookies = httpx.Cookies({COOKIE: secret})
    answers = {other.get("/api/features").status_code for _ in range(int(limits.BURST) + 5)}
    assert answers == {200, 429}


# -- over a real socket ----------------------------------------------------------------------------------------


@pytest.fixture
def port(served: Served, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setattr(limits, "HEAD_S", 1.0)
    server = ServerThread(served.app, 0)
    yield server.port
    server.stop()


def _said(port: int, data: bytes, wait_s: float = 30.0) -> bytes:
    """Send bytes, and return all that comes until the other side closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=wait_s) as line:
        line.sendall(data)
        got = b""
        while True:
            try:
                part = line.recv(65536)
            except ConnectionResetError:
                return got
            if not part:
                return got
            got += part


def test_a_screen_is_not_cut_off_when_the_time_for_a_head_is_over(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "HEAD_S", 4.0)  # looked at every second
    server = ServerThread(served.app, 0)
    cookie = {"Cookie": f"{COOKIE}={_cookies(served, 'commander')[COOKIE]}"}
    with connect(f"ws://127.0.0.1:{server.port}/ws", additional_headers=cookie) as screen:
        monkeypatch.setattr(limits, "HEAD_S", 0.0)
        until_s = time.monotonic() + 1.5
        while time.monotonic() < until_s:
            assert screen.ping().wait(30.0)
            screen.recv(timeout=30.0)
    server.stop()


@pytest.mark.parametrize("path", [
    "/../../etc/passwd", "/assets/..%2f..%2f..%2fpyproject.toml", "/field/..%2f..%2fapp.py", "/links/../app.py",
    "//etc/passwd", "/login/..%2faccounts.py", "/assets/%2e%2e/%2e%2e/app.py", "/api/clips/..%2f..%2fledger.db",
])  # fmt: skip
def test_no_path_leads_out_of_what_is_served(served: Served, port: int, path: str) -> None:
    secret = _cookies(served, "commander")[COOKIE]
    head = f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncookie: {COOKIE}={secret}\r\nconnection: close\r\n\r\n"
    answer = _said(port, head.encode())
    assert answer.split()[1] in (b"404", b"403", b"400", b"405")
    for secret_text in (b"root:", b"[project]", b"import ", b"SQLite format"):
        assert secret_text not in answer


def test_a_request_that_never_becomes_whole_is_closed(port: int) -> None:
    began = time.monotonic()
    assert _said(port, b"GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nx-") == b""
    assert time.monotonic() - began < 25.0


def test_a_head_or_body_too_large_is_refused(served: Served, port: int) -> None:
    secret = _cookies(served, "commander")[COOKIE]
    head = f"POST /api/desk HTTP/1.1\r\nhost: 127.0.0.1\r\ncookie: {COOKIE}={secret}\r\nconnection: close\r\n"
    assert _said(port, head.encode() + b"content-length: 99999999\r\n\r\nx").split()[1] == b"413"
    assert _said(port, head.encode() + b"x-long: " + b"a" * 100_000 + b"\r\n\r\n").split()[1] in (b"400", b"431")
    body = b"x" * 20_000
    assert _said(port, head.encode() + b"content-length: 20000\r\n\r\n" + body).split()[1] == b"413"


def test_a_body_that_does_not_come_is_given_up(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("watchline.server.app.in_time", lambda receive: limits.in_time(receive, 0.5))
    server = ServerThread(served.app, 0)
    secret = _cookies(served, "commander")[COOKIE]
    head = f"POST /api/desk HTTP/1.1\r\nhost: 127.0.0.1\r\ncookie: {COOKIE}={secret}\r\nconnection: close\r\n"
    try:
        assert _said(server.port, head.encode() + b"content-length: 100\r\n\r\n{").split()[1] == b"408"
    finally:
        server.stop()


def test_the_core_still_runs(served: Served) -> None:
    before = served.core.clock.now_s
    assert before > T0_S
    end_s = time.monotonic() + 30.0
    while served.core.clock.now_s == before:
        assert time.monotonic() < end_s
        time.sleep(0.01)


def test_accounts_are_kept_as_hashes_for_their_owner_only(tmp_path: Path) -> None:
    accounts = Accounts(tmp_path / "accounts.json")
    accounts.set_password("west-1", PASSWORD)
    text = (tmp_path / "accounts.json").read_text()
    assert PASSWORD not in text
    assert "$argon2id$" in text
    assert (tmp_path / "accounts.json").stat().st_mode & 0o777 == 0o600
    again = Accounts(tmp_path / "accounts.json")
    assert again.proves("west-1", PASSWORD)
    assert not again.proves("west-1", PASSWORD + " ")
    assert not again.proves("west-2", PASSWORD)
    again.remove("west-1")
    assert not accounts.proves("west-1", PASSWORD)  # another process changed the file
