"""Signing in with a provider of another make (`make peers`), as a browser does it; and who is not let in."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest

from core_builders import SENSORS, make_core, ticks
from desk_builders import two_desks
from peer_tools import free_port, peer_program
from served import Served
from watchline.domain.site import SignOn
from watchline.server.app import Board, build_app
from watchline.server.run import ServerThread
from watchline.server.session import COOKIE, Sessions
from watchline.server.sign_on import FLOW_COOKIE, FLOW_S, Provider

pytestmark = pytest.mark.slow
USERS = (
    {"sub": "7", "preferred_username": "w.one@force.example"},
    {"sub": "8", "preferred_username": "west-2"},
    {"sub": "9", "preferred_username": "somebody else"},
    {"sub": "10"},
)


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    port = free_port()
    users = [word for user in USERS for word in ("--user-claims", json.dumps(user))]
    words = [peer_program("oidc", "oidc-provider-mock"), "--port", str(port), "--require-nonce", "true", *users]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    issuer = f"http://localhost:{port}"
    try:
        end_s = time.monotonic() + 60.0
        while True:
            try:
                httpx.get(f"{issuer}/.well-known/openid-configuration")
                break
            except httpx.HTTPError:
                assert process.poll() is None
                assert time.monotonic() < end_s
                time.sleep(0.1)
        yield issuer
    finally:
        process.terminate()
        process.wait()


class Desk:
    """A served core whose people sign in with the provider.  Mutable: its clock can be turned on."""

    def __init__(self, directory: Path, issuer: str) -> None:
        what = two_desks(*SENSORS)
        people = tuple(
            msgspec.structs.replace(one, sign_on="w.one@force.example" if one.name == "west-1" else "")
            for one in what.people
        )
        self.core = make_core(directory, what=msgspec.structs.replace(what, people=people))
        self.ahead_s = 0.0
        self.sessions = Sessions(
            people=self.core.picture.desk.setup.people, now=lambda: time.monotonic() + self.ahead_s
        )
        (directory / "secret").write_text("given by the provider\n")
        spec = SignOn(issuer=issuer, client="watchline", secret="secret")
        board = Board(self.core, directory / "ledger", None)
        app = build_app(board, self.sessions, lambda: None, None, Provider(spec, directory))
        self.server = ServerThread(app, 0)
        self.served = Served(self.core, self.sessions, directory)
        self.base = f"http://127.0.0.1:{self.server.port}"

    def refusals(self) -> list[str]:
        ticks(self.core, 1)
        self.core.make_durable()
        return [one.rule for one in self.served.kept("rejection") if one.source == "sign-on"]

    def close(self) -> None:
        self.server.stop()
        self.core.close()


@pytest.fixture
def desk(tmp_path: Path, issuer: str) -> Iterator[Desk]:
    made = Desk(tmp_path, issuer)
    yield made
    made.close()


def _to_the_provider_and_back(desk: Desk, browser: httpx.Client, form: dict[str, str]) -> str:
    """Return the address to which the provider sends a browser back."""
    there = browser.get(f"{desk.base}/sign-on")
    assert there.status_code == 303
    back = httpx.post(there.headers["location"], data=form)
    assert back.status_code == 302
    return str(back.headers["location"])


@pytest.mark.parametrize(("sub", "name"), [("7", "west-1"), ("8", "west-2")])
def test_whom_the_provider_proves_and_the_site_names_is_let_in(desk: Desk, sub: str, name: str) -> None:
    with httpx.Client() as browser:
        assert browser.get(f"{desk.base}/api/alerts").status_code == 403
        back = _to_the_provider_and_back(desk, browser, {"sub": sub})
        assert back.startswith(f"{desk.base}/sign-on/back?")
        page = browser.get(back)
        assert page.status_code == 200
        assert 'url=/"' in page.text
        assert any(
            "samesite=strict" in said.lower() for said in page.headers.get_list("set-cookie") if COOKIE in said
        )
        assert browser.get(f"{desk.base}/api/alerts").status_code == 200
        assert desk.sessions.opened(browser.cookies[COOKIE]).name == name
        assert browser.get(back).status_code == 400  # a way back works once
    assert desk.refusals() == ["this sign-in was not begun in this browser, or too long ago"]


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ({"sub": "9"}, "the provider names somebody who is not on the site's list"),
        ({"sub": "10"}, "the ID token has no preferred_username"),
        ({"sub": "7", "action": "deny"}, "the provider says: access_denied"),
    ],
)
def test_others_are_not_let_in_and_it_is_kept(desk: Desk, form: dict[str, str], why: str) -> None:
    with httpx.Client() as browser:
        answer = browser.get(_to_the_provider_and_back(desk, browser, form))
        assert answer.status_code == 403
        assert COOKIE not in browser.cookies
        assert browser.get(f"{desk.base}/api/alerts").status_code == 403
    assert desk.refusals() == [why]


def test_a_sign_in_ends_in_the_browser_and_the_time_it_began_in(desk: Desk) -> None:
    with httpx.Client() as browser, httpx.Client() as other:
        back = _to_the_provider_and_back(desk, browser, {"sub": "7"})
        assert other.get(back).status_code == 400  # a link that somebody was sent
        late = _to_the_provider_and_back(desk, browser, {"sub": "7"})
        desk.ahead_s = FLOW_S + 1.0
        assert browser.get(late).status_code == 400
        assert FLOW_COOKIE not in other.cookies
    assert len(desk.refusals()) == 2


def test_a_provider_that_is_away_is_said_in_one_sentence(tmp_path: Path) -> None:
    made = Desk(tmp_path, f"http://localhost:{free_port()}")
    try:
        answer = httpx.get(f"{made.base}/sign-on")
        assert answer.status_code == 424
        assert "does not answer" in answer.text
        assert "Sign in with my organisation" not in answer.text
    finally:
        made.close()
