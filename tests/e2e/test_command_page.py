"""The Command workplace in a real browser: a unit is sent by two presses, answers are told, a stranger is refused."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from seated import manned_desk, seated

from served import Served
from watchline.domain.respond import Proposal

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PICTURES = os.environ.get("WATCHLINE_SCREENSHOTS")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[tuple[Served, int, Proposal]]:
    with manned_desk(tmp_path) as served:
        yield served


def _page(browser: Any, desk: tuple[Served, int, Proposal], who: str, language: str) -> Any:
    served, port, _ = desk
    page, _ = seated(browser, served, port, who, f"/command?lang={language}")
    page.wait_for_selector("#proposals [data-digest]")
    return page


def _send(page: Any, alert: str, unit: str) -> None:
    """Press twice on a unit's button."""
    page.click(f"[data-alert={alert}] [data-option={unit}] button")
    page.wait_for_selector("button.sure")
    page.click("button.sure")


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_unit_is_sent_by_two_presses_and_its_answers_are_told(
    browser: Any, desk: tuple[Served, int, Proposal], language: str
) -> None:
    served, _, proposal = desk
    page, errors = _page(browser, desk, "lead", language), list[str]()
    page.on("pageerror", lambda error: errors.append(str(error)))
    assert page.locator("#strip circle.meet").count() >= 1
    assert page.locator("#units li").count() == len(served.core.loaded.site.units)
    page.click(f"[data-alert={proposal.alert}] [data-option=patrol-1] button")
    page.wait_for_selector("button.sure")
    assert served.core.picture.tasking.jobs == {}  # one press sends nobody
    page.click("button.sure")
    page.wait_for_selector("[data-task]")
    (job,) = served.core.picture.tasking.jobs.values()
    assert (job.task.unit, job.task.approval.operator) == ("patrol-1", "lead")
    page.wait_for_selector("[data-task] code >> text=WL1 T")  # no link reaches it: the words for the radio
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/command-{language}.png", full_page=True)
    words = {"en": ("on the way", "there", "done: found"), "ar": ("في الطريق", "وصل", "تم: وُجد")}[language]
    for text in words:
        page.locator("[data-task] button", has_text=text).first.click()
        page.wait_for_selector("#said:not(.bad)")
    for _ in range(120):  # each is kept before it is durable, and read here once it is
        if len(served.kept("task_report")) == 3:
            break
        page.wait_for_timeout(250)
    assert [one.state for one in served.kept("task_report")] == ["en_route", "on_scene", "done"]
    assert errors == []
    page.close()


def test_who_may_not_send_is_told_so_and_nobody_goes(browser: Any, desk: tuple[Served, int, Proposal]) -> None:
    served, _, proposal = desk
    page = _page(browser, desk, "other", "en")
    _send(page, proposal.alert, "patrol-1")
    page.wait_for_selector("#said.bad")
    assert "may not" in page.inner_text("#said")
    assert served.core.picture.tasking.jobs == {}
    assert served.kept("task", "task_approval") == []
    page.close()
