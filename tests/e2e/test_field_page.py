"""The phone page in a real browser: three taps, without a connection, and back.

With WATCHLINE_SCREENSHOTS=DIR its pictures are written there.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from builders import T0_S
from served import Served, running, serve
from watchline.links.field import report_text
from watchline.server.run import ServerThread

PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 1.5, "is_mobile": True, "has_touch": True}
WAITING = "document.querySelectorAll('[data-state=waiting]').length"

pytestmark = [pytest.mark.browser, pytest.mark.slow]


class Phone:
    """A phone with the page open, in somebody's hands.  Mutable: it remembers what went wrong on it."""

    def __init__(self, browser: Any, desk: Served, port: int, who: str = "post-3") -> None:
        self.context = browser.new_context(
            **PHONE, geolocation={"latitude": 33.60012, "longitude": 42.00045}, permissions=["geolocation"]
        )
        self.page, self.errors = self.context.new_page(), list[str]()
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.base = f"http://127.0.0.1:{port}"
        self.page.goto(f"{self.base}/field?token={desk.sessions.new_link_token(who)}")
        self.until("document.querySelector('#net').classList.contains('ok')", "connected")
        self.until("document.querySelector('#gps').classList.contains('ok')", "a place")

    def tap(self, selector: str) -> None:
        self.page.locator(selector).first.tap()

    def until(self, script: str, what: str, seconds: float = 30.0) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.page.evaluate(script):
                return
            time.sleep(0.2)
        raise AssertionError(f"not within {seconds:.0f} s: {what}")

    def shoot(self, name: str) -> None:
        if directory := os.environ.get("WATCHLINE_SCREENSHOTS"):
            self.page.screenshot(path=str(Path(directory) / name), full_page=True, timeout=60_000)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[tuple[Served, int]]:
    served = serve(tmp_path)
    server = ServerThread(served.app, 0)
    with running(served.core):
        yield served, server.port
    server.stop()
    served.core.close()


def test_three_taps_make_a_report_that_is_kept(browser: Any, desk: tuple[Served, int]) -> None:
    served, port = desk
    phone = Phone(browser, served, port)
    phone.shoot("field-home.png")
    phone.tap("[data-kind=F]")
    phone.tap("[data-choice='who:people']")
    phone.shoot("field-footprints.png")
    phone.tap("[data-send]")
    phone.until("document.querySelectorAll('[data-state=accepted]').length === 1", "a receipt")
    (report,) = served.kept("field_report")
    assert (report.reporter, report.what, report.subject) == ("post-3", "footprints", "people")
    assert (report.place.lat_deg, report.place.lon_deg) == (33.60012, 42.00045)
    assert 0 <= report.t_s - T0_S < 3600
    assert phone.errors == []


def test_without_a_connection_the_page_opens_keeps_reports_and_sends_them_once_when_it_is_back(
    browser: Any, desk: tuple[Served, int]
) -> None:
    served, port = desk
    phone = Phone(browser, served, port)
    phone.until("navigator.serviceWorker.controller !== null", "the page is kept on the phone")
    phone.context.set_offline(True)
    phone.page.reload()
    for kind in "PV":
        phone.tap(f"[data-kind={kind}]")
        phone.tap("[data-choice='who:vehicle']")
        phone.tap("[data-choice='count:3']")
        phone.page.locator("input").fill("نحو البئر")
        phone.tap("[data-send]")
    phone.page.reload()
    phone.until(f"{WAITING} === 2", "two reports kept over a reload")
    phone.shoot("field-offline.png")
    assert served.kept("field_report") == []
    line = phone.page.locator("code").first.inner_text()
    assert len(line.encode()) <= report_text.Limits.line
    _, (told,), errors = report_text.decode(report_text.init(report_text.Settings("sms")), line.encode())
    assert errors == ()
    phone.context.set_offline(False)
    phone.until("document.querySelectorAll('[data-state=accepted]').length === 2", "both receipts")
    kept = served.kept("field_report")
    assert sorted(report.what for report in kept) == ["passage", "sighting"]
    assert all((report.count, report.text) == (3, "نحو البئر") for report in kept)
    assert told in kept
    assert phone.errors == []


def test_distress_is_two_taps_and_an_alert(browser: Any, desk: tuple[Served, int]) -> None:
    served, port = desk
    phone = Phone(browser, served, port)
    phone.tap("[data-kind=D]")
    phone.tap("[data-send]")
    phone.until("document.querySelectorAll('[data-state=accepted]').length === 1", "a receipt")
    assert "distress" in {alert.what for alert in served.kept("alert")}


def test_everything_that_is_pressed_is_large_and_reads_from_the_right(browser: Any, desk: tuple[Served, int]) -> None:
    phone = Phone(browser, *desk)
    page = phone.page
    assert page.evaluate("[document.documentElement.lang, document.documentElement.dir]") == ["ar", "rtl"]
    for kind in ("", "[data-kind=F]", "[data-back]", "[data-kind=D]"):
        if kind:
            phone.tap(kind)
        sizes = page.evaluate("[...document.querySelectorAll('button')].map(b => b.getBoundingClientRect().height)")
        assert min(sizes) >= 56
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    first = page.evaluate("document.querySelector('#screen button').innerText.split('\\n')")
    assert any("؀" <= letter <= "ۿ" for letter in first[0])


def test_sorani_takes_the_place_of_arabic_whole_and_is_kept(browser: Any, desk: tuple[Served, int]) -> None:
    phone = Phone(browser, *desk)
    left = phone.page.evaluate(
        "[...[...KINDS, DISTRESS, TASK, ...SUBJECTS, ...AGES, ...HEADINGS].map(row => row[1]),"
        " ...[...Object.values(ANSWERS), ...Object.values(WORDS)].map(words => words[0])]"
        ".filter(word => /[\\u0600-\\u06ff]/.test(word) && !(word in SORANI))"
    )
    assert left == []
    with phone.page.expect_navigation():
        phone.tap("#lang")
    phone.until("document.documentElement.lang === 'ckb'", "in Sorani")
    phone.until("document.querySelector('[data-kind=F]').innerText.includes('شوێن پێ')", "footprints in Sorani")
    phone.tap("[data-kind=F]")
    phone.shoot("field-footprints-ckb.png")
    arabic_only = phone.page.evaluate("/[يكةىأإ]/.test(document.querySelector('main').innerText)")
    assert not arabic_only  # letters that Sorani does not write
    phone.page.reload()
    phone.until("document.documentElement.lang === 'ckb'", "still in Sorani")
    with phone.page.expect_navigation():
        phone.tap("#lang")
    phone.until("document.documentElement.lang === 'ar'", "in Arabic again")
    assert phone.errors == []
