"""The tour of the Watch screen: offered where the line is simulated, taken by keyboard, never over distress."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from seated import barriers, manned_desk, seated

from served import Served
from watchline.domain.respond import Proposal

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PICTURES = os.environ.get("WATCHLINE_SCREENSHOTS")
READ = {"line", "weakest", "facts", "map"}  # steps that are only read
KEYS = {"alert": "ArrowDown", "answer": "Enter", "time": "KeyV"}  # and what is done at the others


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, int, Proposal]]:
    with manned_desk(tmp_path_factory.mktemp("tour")) as desk:
        yield desk


@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_tour_goes_through_the_screen_by_what_is_done_there(
    browser: Any, desk: tuple[Served, int, Proposal], language: str
) -> None:
    served, port, proposal = desk
    page, errors = seated(browser, served, port, "lead", f"/?lang={language}", (1600, 1000))
    page.wait_for_selector(f"[data-testid=alert-card][data-alert-id={proposal.alert}]", timeout=60_000)
    assert page.locator("[data-testid=tour]").count() == 0  # it is offered, and does not begin
    page.focus("[data-testid=tour-begin]")
    page.keyboard.press("Enter")
    met: list[str] = []
    while page.locator("[data-testid=tour]").count():
        step = str(page.get_attribute("[data-testid=tour]", "data-step"))
        met.append(step)
        assert page.locator(".toured").count() == 1
        if PICTURES:
            page.screenshot(path=f"{PICTURES}/tour-{language}-{step}.png")
        if step in READ or step == "pages" or page.evaluate(DONE_ALREADY, step):
            assert page.evaluate("document.activeElement.dataset.testid") == "tour-next" or step != "line"
            page.focus("[data-testid=tour-next]")
            page.keyboard.press("Enter")
        else:
            page.evaluate("document.activeElement.blur()")
            page.keyboard.press(KEYS[step])
        page.wait_for_function("was => document.querySelector('[data-testid=tour]')?.dataset.step !== was", arg=step)
    assert met == ["line", "weakest", "alert", "facts", "answer", "map", "time", "pages"]
    assert page.locator(".toured").count() == 0
    assert barriers(page) == []
    page.reload()
    page.wait_for_selector(f"[data-testid=alert-card][data-alert-id={proposal.alert}]", timeout=60_000)
    assert page.locator("[data-testid=tour-offer]").count() == 0  # once is enough
    assert errors == []
    page.close()


# With one alert on the line there is no other to choose.
DONE_ALREADY = "step => step === 'alert' && document.querySelectorAll('[data-testid=alert-row]').length < 2"
