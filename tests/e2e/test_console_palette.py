"""The command palette: every action and place by typing, from the keyboard alone, only what one may."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from chromium import CHROMIUM, QUIET
from seated import barriers, manned_desk, seated

from builders import T0_S, alert
from served import Served
from watchline.alerting.desk.item import Item
from watchline.domain.respond import Proposal

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ANSWERS = (
    ("patrol-2", "patrol-2"),
    ("radar", "radar"),
    ("crossing exp", "Crossing expected km 5.0"),
    ("audit", "Audit"),
    ("again look", "Look again 2 min"),
    ("write", "write down radio, order, call"),
    ("kurdish", "کوردی"),
)
ROWS = "[data-testid=palette] [role=option]"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, int, Proposal]]:
    with manned_desk(tmp_path_factory.mktemp("palette")) as desk:
        yield desk


def _console(browser: Any, desk: tuple[Served, int, Proposal], who: str, language: str) -> tuple[Any, list[str]]:
    served, port, proposal = desk
    page, errors = seated(browser, served, port, who, f"/?lang={language}", (1600, 1000))
    page.wait_for_selector(f"[data-testid=alert-card][data-alert-id={proposal.alert}]", timeout=60_000)
    return page, errors


def _typed(page: Any, words: str) -> str:
    """Return the first answer to what is typed, and leave the palette open."""
    page.keyboard.press("Control+KeyK")
    page.wait_for_selector("[data-testid=palette] input:focus")
    page.keyboard.type(words)
    return str(page.inner_text(f"{ROWS}[aria-selected=true] b"))


def test_places_pages_layers_and_actions_by_typing(browser: Any, desk: tuple[Served, int, Proposal]) -> None:
    served, _, proposal = desk
    page, errors = _console(browser, desk, "lead", "en")
    page.wait_for_selector("watch-map canvas.maplibregl-canvas", timeout=60_000)
    page.keyboard.press("Slash")
    page.wait_for_selector(ROWS)
    assert barriers(page) == []
    page.keyboard.press("Escape")
    assert page.locator("[data-testid=palette]").count() == 0

    assert _typed(page, "km 3.5") == "km 3.5"
    page.keyboard.press("Enter")
    page.wait_for_function("() => Math.abs(watchline.goal() - 3.5) < 0.1", timeout=60_000)
    for words, first in ANSWERS:
        assert _typed(page, words) == first
        page.keyboard.press("Escape")
    _typed(page, "cameras looks")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-testid=hidden-layers]")  # what is hidden is said
    page.keyboard.press("Digit3")
    page.wait_for_selector("[data-testid=tilted]")  # and so is that heights are drawn larger and no scale holds
    assert barriers(page) == []
    page.keyboard.press("Digit3")
    page.wait_for_selector("[data-testid=tilted]", state="detached")
    _typed(page, "nuis")
    assert served.core.desk_of(False).items[proposal.alert].disposition is None  # nothing before Enter
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-testid=alert-card][data-state=closed]", timeout=60_000)
    assert errors == []


def test_in_arabic_with_its_own_digits_and_only_what_one_may(
    browser: Any, desk: tuple[Served, int, Proposal]
) -> None:
    page, errors = _console(browser, desk, "audit", "ar")
    assert "7" in _typed(page, "كم ٧")
    page.keyboard.press("Escape")
    _typed(page, "")
    assert page.locator(f"{ROWS}[data-group=do]").count() > 0
    groups = page.locator(f"{ROWS} kbd").all_inner_texts()
    assert not {"↵", "T", "N", "L", "J", "K", "P"} & set(groups)  # an auditor answers, writes and sends nothing
    page.keyboard.press("Escape")
    assert _typed(page, "تدقيق") == "التدقيق"
    assert barriers(page) == []
    assert errors == []

    tower, _ = _console(browser, desk, "deputy", "ckb")
    tower.keyboard.press("Control+KeyK")
    tower.keyboard.type("audit")
    tower.wait_for_selector(
        "[data-testid=palette] [role=status]"
    )  # nothing by that name: a tower operator has no audit
    tower.keyboard.press("Escape")
    assert _typed(tower, "ڕادار") == "radar"


def test_a_flood_of_alerts_is_walked_by_keys_and_keeps_the_document_small(
    browser: Any, desk: tuple[Served, int, Proposal]
) -> None:
    served, core = desk[0], desk[0].core
    with core.lock:
        items = {f"F-{k}": Item(alert(f"F-{k}", T0_S + k), "", T0_S, T0_S) for k in range(400)}
        core.picture.desk = replace(core.picture.desk, items={**core.picture.desk.items, **items})
    page, errors = seated(browser, served, desk[1], "lead", "/?lang=en", (1600, 1000))
    page.wait_for_function(
        "() => document.querySelector('watch-queue h2')?.innerText.includes('400 open')", timeout=60_000
    )
    rows = "document.querySelectorAll('[data-testid=alert-row]')"
    for _ in range(30):
        page.keyboard.press("ArrowDown")
    page.wait_for_function("() => document.querySelector('.q.sel')?.ariaPosInSet > 25", timeout=60_000)
    box = page.evaluate("(b => [b.top, b.bottom])(document.querySelector('.q.sel').getBoundingClientRect())")
    assert 300 < box[0] < box[1] < 960  # in sight
    assert page.evaluate(f"{rows}.length") < 40
    assert errors == []


def test_without_webgl_the_screen_says_so_and_goes_on(browser: Any, desk: tuple[Served, int, Proposal]) -> None:
    plain = browser.browser_type.launch(executable_path=CHROMIUM, args=[*QUIET, "--disable-3d-apis"])
    page, errors = seated(plain, desk[0], desk[1], "lead", "/?lang=en", (1600, 1000))
    page.wait_for_selector("[data-testid=no-webgl]", timeout=60_000)
    page.wait_for_selector("watch-strip canvas[data-drawn=plain]", timeout=60_000)
    page.wait_for_selector("[data-testid=alert-row]", timeout=60_000)
    assert page.locator("[data-testid=tilt]").is_disabled()
    assert errors == []
    plain.close()
