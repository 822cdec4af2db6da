"""The Maintain workplace in a real browser: what is dark, what hangs on it, what to mend first, an inspection."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

import pytest
from seated import seated

from core_builders import SENSORS, make_core, ticks, walker_seen_by_radar
from desk_builders import two_desks
from served import Served, running
from watchline.domain.records import SensorHealth
from watchline.server.run import ServerThread
from watchline.server.session import Sessions

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PICTURES = os.environ.get("WATCHLINE_SCREENSHOTS")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, int]]:
    """Return a core whose first sensor is dark, as its operator's telephone call said."""
    where = tmp_path_factory.mktemp("maintain")
    core = ticks(make_core(where, walker_seen_by_radar, two_desks(*SENSORS)), 60)
    served = Served(core, Sessions(people=core.picture.desk.setup.people), where)
    server = ServerThread(served.app, 0)
    with running(core):
        told = SensorHealth(
            id="told-1", t_s=core.clock.now_s, source="test", sensor=SENSORS[0].id, state="dark", cause="power"
        )
        core.people.report((told,)).result(30.0)
        yield served, server.port
    server.stop()
    core.close()


def _open(browser: Any, desk: tuple[Served, int], name: str, language: str) -> tuple[Any, list[str]]:
    page, errors = seated(browser, *desk, name, f"/maintain?lang={language}")
    page.wait_for_selector("#list tbody tr")
    return page, errors


def test_a_commander_sees_what_is_dark_reckons_the_repair_and_tells_an_inspection(
    browser: Any, desk: tuple[Served, int]
) -> None:
    served, _ = desk
    page, errors = _open(browser, desk, "commander", "en")
    assert re.search("1\\W dark", page.inner_text("#counts"))
    row = page.inner_text(f"[data-sensor='{SENSORS[0].id}']")
    assert "dark" in row
    assert " km" in row
    page.click("#which")  # all of them
    assert page.locator("#list tbody tr").count() == len(SENSORS)
    page.click("#reckon")
    page.wait_for_selector("#order tbody tr", timeout=60_000)
    assert page.inner_text("#order tbody tr td:nth-child(2)") == SENSORS[0].id
    assert "commander" in page.inner_text(".mark")
    page.fill("#tell [name=condition]", "40")
    page.select_option("#tell [name=what]", "damaged")
    page.click("#tell button")
    page.wait_for_selector("#kept:not(.bad) >> text=Kept")
    (told,) = served.kept("inspection")
    assert (told.what, told.condition, told.source) == ("damaged", 0.4, "commander")
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/maintain-en.png", full_page=True)
    assert errors == []
    page.close()


def test_an_operator_is_told_no_ground_and_arabic_reads_from_the_right(
    browser: Any, desk: tuple[Served, int]
) -> None:
    page, errors = _open(browser, desk, "west-1", "ar")
    assert page.evaluate("document.documentElement.dir") == "rtl"
    words = page.evaluate("[...document.querySelectorAll('[data-w]')].map((node) => node.textContent)")
    assert [text for text in words if re.search("[a-z]{4}", text.replace("watchline plan repairs", ""))] == []
    assert page.inner_text(f"[data-sensor='{SENSORS[0].id}'] td:nth-child(7)") == "–"
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/maintain-ar.png", full_page=True)
    assert errors == []
    page.close()
