"""Replay on the Watch screen: time is dragged back on the line over time; the map shows that moment and says so."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from seated import barriers, manned_desk, seated

from builders import T0_S
from served import Served
from watchline.domain.respond import Proposal

pytestmark = [pytest.mark.browser, pytest.mark.slow]
CHART = "[data-testid=over-time]"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, int, Proposal]]:
    with manned_desk(tmp_path_factory.mktemp("past")) as desk:
        yield desk


def _over_time(page: Any) -> None:
    page.wait_for_function("() => window.watchline && watchline.tracks() > 0", timeout=60_000)
    page.keyboard.press("KeyV")
    page.wait_for_selector(f"{CHART}:not([data-rows='0'])", timeout=60_000)


def _until(page: Any, script: str) -> None:
    """Poll: the page's own policy lets no waiting script in."""
    end = time.monotonic() + 60.0
    while not page.evaluate(script):
        assert time.monotonic() < end, script
        page.wait_for_timeout(200)


def test_time_is_dragged_back_known_then_played_and_shared_by_link(
    browser: Any, desk: tuple[Served, int, Proposal]
) -> None:
    served, port, _ = desk
    while served.core.picture.now_s - T0_S < 300.0:
        time.sleep(0.2)
    page, errors = seated(browser, served, port, "lead", "/?lang=en", (1600, 1000))
    _over_time(page)
    page.keyboard.press("Equal")  # ten minutes
    _until(page, "document.querySelector('.otbar [aria-pressed=true]').dataset.span === '600'")
    page.wait_for_timeout(1500)
    box = page.locator(CHART).bounding_box()
    now_y = box["y"] + 70 + 0.8 * (box["height"] - 100)  # a fifth of the span lies ahead
    page.mouse.move(box["x"] + 700, now_y - 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 700, now_y - 30, steps=5)
    page.mouse.up()
    page.wait_for_selector("[data-testid=past]", timeout=60_000)
    assert page.inner_text("[data-testid=past]").startswith("Past: 23/01 ")
    _until(page, "new URL(location.href).searchParams.has('at')")
    shared = page.evaluate("location.search")
    assert page.locator(".map.past").count() == 1
    page.keyboard.press("Shift+BracketLeft")
    _until(page, f"location.search !== {shared!r}")
    with page.expect_response("**/api/audit/moment?**", timeout=60_000) as told:
        page.click("[data-testid=known-then]")
    assert told.value.status == 200
    _until(page, "location.search.includes('known=then')")
    assert barriers(page) == []
    page.click("[data-speed='60']")
    page.wait_for_selector("[data-testid=past]", state="detached", timeout=60_000)  # it runs into the present
    assert errors == []

    page.goto(f"http://127.0.0.1:{port}/{shared}")
    page.wait_for_selector("[data-testid=past]", timeout=60_000)
    page.keyboard.press("KeyV")
    page.wait_for_selector("[data-testid=past]", state="detached", timeout=60_000)  # the moment leaves with its view
    assert page.evaluate("watchline.tracks()") > 0

    tower, _ = seated(browser, served, port, "deputy", f"/{shared}", (1600, 1000))
    tower.wait_for_selector("[data-testid=past]", timeout=60_000)
    assert tower.locator("[data-testid=known-then]").count() == 0  # who may not open the audit
