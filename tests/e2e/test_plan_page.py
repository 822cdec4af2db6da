"""The page of what-ifs in a real browser: a mast is dragged along the strip, and the line's strength follows."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core_builders import make_core, silence
from served import Served
from watchline.server.run import ServerThread
from watchline.server.session import Sessions

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[tuple[Served, int]]:
    served = Served(make_core(tmp_path, silence), Sessions("desk-1"), tmp_path)
    server = ServerThread(served.app, 0)
    # The core does not run: nothing looks here, so that every sensor would be dark within seconds.
    yield served, server.port
    server.stop()
    served.core.close()


def until(page: Any, script: str, what: str) -> None:
    end = time.monotonic() + 60.0
    while time.monotonic() < end:
        if page.evaluate(script):
            return
        time.sleep(0.2)
    raise AssertionError(f"not within 60 s: {what}; {page.inner_text('body')[:500]}")


def test_a_dragged_mast_changes_the_line_and_a_written_place_too(browser: Any, desk: tuple[Served, int]) -> None:
    served, port = desk
    page, errors = browser.new_page(viewport={"width": 1280, "height": 900}), list[str]()
    page.on("pageerror", lambda error: errors.append(str(error)))
    base = f"http://127.0.0.1:{port}"
    page.goto(f"{base}/?token={served.sessions.new_link_token()}")
    page.goto(f"{base}/plan")
    until(page, "document.querySelector('circle.post') !== null", "the posts are drawn")
    strip = page.locator("#strip").bounding_box()
    dot = page.locator("circle.post").first.bounding_box()
    page.mouse.move(dot["x"] + dot["width"] / 2, dot["y"] + dot["height"] / 2)
    page.mouse.down()
    page.mouse.move(dot["x"] + 0.4 * strip["width"], dot["y"] + 30, steps=4)
    page.mouse.up()
    until(page, "answer !== null", "the drag is answered")
    assert page.evaluate("answer.p_after.some((p, k) => Math.abs(p - answer.p_before[k]) > 0.001)")
    assert page.locator("circle.moved").count() == 1
    assert page.locator("polyline.route").count() == 1
    marks = page.locator("text.mark").all_text_contents()
    assert len(marks) == 4
    assert served.sessions.open_now()[0].who.name in marks[0]
    page.fill("#ask [name=km]", "1.5")
    page.fill("#ask [name=d]", "300")
    page.click("#ask button")
    until(page, "answer?.at.s_km === 1.5", "the written place is answered")
    page.fill("#ask [name=d]", "9000000")
    page.click("#ask button")
    until(page, "document.querySelector('.note.bad') !== null", "what cannot be is told")
    page.goto(f"{base}/plan?lang=ar")
    until(page, "document.querySelector('circle.post') !== null", "the page in Arabic")
    assert page.evaluate("document.documentElement.dir") == "rtl"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert errors == []
