"""The page of releases in a real browser: an officer looks at what a partner would see, lets it go, takes it back."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core_builders import SENSORS, make_core, ticks, walker_seen_by_radar
from desk_builders import two_desks
from served import Served, running
from watchline.domain.site import Person, Recipient
from watchline.server.run import ServerThread
from watchline.server.session import Sessions

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PICTURES = os.environ.get("WATCHLINE_SCREENSHOTS")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[tuple[Served, int]]:
    what = two_desks(*SENSORS)
    officer = Person(name="officer", role="shift_commander", may_release=True)
    partner = Recipient(id="partner", kind="partner")
    what = msgspec.structs.replace(what, people=(officer, *what.people), recipients=(partner,))
    core = ticks(make_core(tmp_path, walker_seen_by_radar, what), 60)
    served = Served(core, Sessions(people=core.picture.desk.setup.people), tmp_path)
    server = ServerThread(served.app, 0)
    with running(core):
        yield served, server.port
    server.stop()
    core.close()


@pytest.mark.parametrize("language", ["en", "ar"])
def test_an_officer_looks_releases_and_takes_back(browser: Any, desk: tuple[Served, int], language: str) -> None:
    served, port = desk
    page, errors = browser.new_page(viewport={"width": 1280, "height": 900}), list[str]()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("response", lambda answer: errors.append(answer.url) if answer.status >= 400 else None)
    base = f"http://127.0.0.1:{port}"
    page.goto(f"{base}/?token={served.sessions.new_link_token()}")
    page.goto(f"{base}/releases?lang={language}")
    page.wait_for_selector("#who tbody tr")
    assert "partner" in page.inner_text("#who tbody")
    for name, value in (("from", "0"), ("to", "10"), ("reason", "two people without water")):
        page.fill(f"#more [name={name}]", value)
    page.check("#more [value=tracks]")
    page.click("#look")
    page.wait_for_selector("#seen li.bad")  # an exact track, were it released
    assert served.core.picture.releases == {}
    page.click("#let")
    page.wait_for_selector("#let.sure")
    assert served.core.picture.releases == {}
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/releases-{language}.png")
    page.click("#let")
    page.wait_for_selector("#standing li.bad button")
    (release,) = served.core.picture.releases.values()
    assert (release.officer, release.recipient, release.what) == ("officer", "partner", ("tracks",))
    page.click("#standing li.bad button")
    page.wait_for_selector("#standing li:not(.bad)")
    assert served.core.picture.releases == {}
    assert errors == []
    page.close()
