"""The Audit workplace in a real browser: the chain is checked, a moment comes back, and looking is itself seen."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from seated import seated

from core_builders import SENSORS, make_core, ticks, walker_seen_by_radar
from desk_builders import two_desks
from served import Served, running
from watchline.server.run import ServerThread
from watchline.server.session import Sessions

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PICTURES = os.environ.get("WATCHLINE_SCREENSHOTS")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[tuple[Served, int]]:
    core = ticks(make_core(tmp_path, walker_seen_by_radar, two_desks(*SENSORS)), 60)
    served = Served(core, Sessions(people=core.picture.desk.setup.people), tmp_path)
    server = ServerThread(served.app, 0)
    with running(core):
        yield served, server.port
    server.stop()
    core.close()


@pytest.mark.parametrize("language", ["en", "ar"])
def test_an_auditor_checks_the_chain_and_sees_who_looked(
    browser: Any, desk: tuple[Served, int], language: str
) -> None:
    served, port = desk
    auditor = next(one for one in served.sessions.people if one.role == "auditor")
    page, errors = seated(browser, served, port, auditor.name, f"/audit?lang={language}", (1280, 900))
    page.wait_for_selector("#chain dd")
    page.click("#check")
    page.wait_for_selector("#check:not([disabled])")
    assert page.get_attribute("#verdict", "class") == "note"
    assert page.inner_text("#verdict")
    page.click("#moment button")
    page.wait_for_selector("#then li.bad")
    page.select_option("#records [name=what]", "looks")
    for _ in range(40):  # the look at the moment is kept by the core's next steps
        with page.expect_response(lambda answer: "/api/audit/records" in answer.url):
            page.click("#records button")
        page.wait_for_timeout(250)
        if "audit moment" in page.inner_text("#rows"):
            break
    assert "audit moment" in page.inner_text("#rows")
    assert auditor.name in page.inner_text("#rows")
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/audit-{language}.png", full_page=True)
    assert errors == []
    page.close()
