"""Every page that the server has, found from its routes, in English and Arabic: usable without sight or mouse as far
as axe-core can tell, nothing asked of another machine, no error."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from seated import barriers, manned_desk, seated
from starlette.routing import Route

from served import Served
from watchline.domain.respond import Proposal
from watchline.server.accounts import Accounts
from watchline.server.app import Board, build_app
from watchline.server.run import ServerThread
from watchline.server.session import Sessions

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PICTURES = os.environ.get("WATCHLINE_SCREENSHOTS")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, int, Proposal]]:
    with manned_desk(tmp_path_factory.mktemp("pages")) as desk:
        yield desk


def pages_of(served: Served, port: int) -> list[str]:
    """Return the paths at which somebody who is signed in gets a page."""
    person = next(one for one in served.sessions.people if one.name == "lead")
    routes = [
        r for r in served.app.routes if isinstance(r, Route) and "GET" in (r.methods or ()) and "{" not in r.path
    ]
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", follow_redirects=True, timeout=60.0) as client:
        client.get("/", params={"token": served.sessions.new_seat_token(person)})
        answers = {r.path: client.get(r.path) for r in routes if not r.path.startswith("/api")}
    return [path for path, a in answers.items() if "text/html" in a.headers.get("content-type", "") and a.is_success]


def watched(page: Any, port: int) -> list[str]:
    """Return the list to which every request to another machine, and every error of the console, is added."""
    wrong: list[str] = []
    here = (f"http://127.0.0.1:{port}/", f"ws://127.0.0.1:{port}/", "data:", "blob:")
    page.on("request", lambda asked: wrong.append(asked.url) if not asked.url.startswith(here) else None)
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    return wrong


@pytest.mark.parametrize("language", ["en", "ar"])
def test_every_page_is_open_to_everybody(browser: Any, desk: tuple[Served, int, Proposal], language: str) -> None:
    served, port, _ = desk
    pages = pages_of(served, port)
    assert {"/", "/command", "/plan", "/operations", "/account", "/maintain", "/audit"} <= set(pages)
    page, errors = seated(browser, served, port, "lead", f"/command?lang={language}")
    wrong = watched(page, port)
    found = {}
    for path in pages:
        page.goto(f"http://127.0.0.1:{port}{path}?lang={language}")
        page.wait_for_load_state("load")
        page.wait_for_timeout(700)
        if PICTURES:
            page.screenshot(path=f"{PICTURES}/page-{path.strip('/') or 'watch'}-{language}.png")
        if there := barriers(page):
            found[path] = there
    page.close()
    assert found == {}
    assert (wrong, errors) == ([], [])


@pytest.mark.parametrize("language", ["en", "ar"])
def test_what_opens_over_the_watch_screen_is_open_to_everybody(
    browser: Any, desk: tuple[Served, int, Proposal], language: str
) -> None:
    served, port, proposal = desk
    page, errors = seated(browser, served, port, "lead", f"/?lang={language}", (1600, 1000))
    wrong = watched(page, port)
    page.wait_for_selector(f"[data-testid=alert-card][data-alert-id={proposal.alert}]", timeout=60_000)
    page.wait_for_selector("watch-map canvas.maplibregl-canvas", timeout=60_000)
    found = {}
    for key, sign in (
        ("Shift+Slash", ".help"), ("Slash", "[data-testid=palette] li"), ("KeyJ", "[data-testid=choice] li"),
        ("KeyV", "[data-testid=over-time]"), ("KeyS", "[data-page=shift]"), ("KeyW", "[data-testid=wall]"),
        ("Digit3", "[data-testid=tilted]"),
    ):  # fmt: skip
        page.keyboard.press(key)
        page.wait_for_selector(sign)
        page.wait_for_timeout(300)
        if PICTURES:
            page.screenshot(path=f"{PICTURES}/over-{key}-{language}.png")
        if there := barriers(page):
            found[key] = there
        page.keyboard.press(key if key in ("KeyV", "Digit3") else "Escape")
    page.close()
    assert found == {}
    assert (wrong, errors) == ([], [])


def test_whoever_is_not_signed_in_meets_a_page_that_is_open_to_everybody(
    browser: Any, desk: tuple[Served, int, Proposal], tmp_path: Path
) -> None:
    served, _, _ = desk
    accounts = Accounts(tmp_path / "accounts.json")
    accounts.set_password("lead", "a long walk along the line")
    board = Board(served.core, served.directory / "ledger", None)
    server = ServerThread(build_app(board, Sessions(people=served.sessions.people), lambda: None, accounts), 0)
    page = browser.new_page()
    for language in ("en", "ar", "ckb"):
        page.goto(f"http://127.0.0.1:{server.port}/login?lang={language}")
        assert barriers(page) == []
    page.keyboard.press("Tab")
    page.keyboard.type("lead")
    page.keyboard.press("Tab")
    page.keyboard.type("a long walk along the line")
    page.keyboard.press("Enter")
    page.wait_for_selector("watch-map canvas.maplibregl-canvas", timeout=60_000)
    page.close()
    server.stop()
