"""The console in a real browser against the running line: what an operator sees and does at night.

With WATCHLINE_SCREENSHOTS=DIR the pictures of the README are written there.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from seated import barriers

from running import RunningWatchline
from watchline.ledger.reader import LedgerReader

ALERT_S = 180.0  # a clip must be there within three minutes of the start
FIRST_S = 150.0  # the very first run compiles its loops

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def watchline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningWatchline]:
    with RunningWatchline("--seed", "3", ledger=tmp_path_factory.mktemp("console") / "ledger") as running:
        yield running


class Screen:
    """A page that remembers what went wrong on it."""

    def __init__(self, browser: Any, width: int = 1600, height: int = 1000) -> None:
        self.page = browser.new_page(viewport={"width": width, "height": height})
        self.errors: list[str] = []
        self.hosts: set[str] = set()
        self.page.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else None)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda r: self.hosts.add(urlsplit(r.url).hostname or urlsplit(r.url).scheme))

    def until(self, script: str, what: str, seconds: float = 60.0) -> Any:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            value = self.page.evaluate(script)
            if value:
                return value
            time.sleep(0.5)
        raise AssertionError(f"not within {seconds:.0f} s: {what}")

    def alerts(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.page.evaluate("fetch('/api/alerts').then(r => r.json())")["alerts"]
        return found

    def shoot(self, name: str) -> None:
        if directory := os.environ.get("WATCHLINE_SCREENSHOTS"):
            Path(directory).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=str(Path(directory) / name), timeout=120_000)


def test_operator_sees_live_tracks_and_a_film_and_acknowledges_by_keyboard(
    browser: Any, watchline: RunningWatchline
) -> None:
    screen = Screen(browser)
    screen.page.goto(watchline.link())
    screen.until("window.watchline && window.watchline.connected()", "connected")
    screen.until("window.watchline.tracks() > 0", "tracks on the screen", FIRST_S)
    screen.until("window.watchline.moved() > 0", "tracks that move", FIRST_S)
    screen.until("document.querySelector('[data-testid=dark-sensor]') !== null", "a dark sensor", 90.0)

    wanted = _alert_with_film(screen)
    _select_by_keyboard(screen, wanted)
    video = "document.querySelector('[data-testid=clip]')"
    screen.until(f"{video} && !{video}.paused && {video}.currentTime > 0.2", "a film that plays")
    _stop_at_a_box(screen, wanted, video)
    screen.shoot("watch-en.png")
    screen.page.evaluate(f"{video}.play()")

    screen.page.keyboard.press("Enter")
    card = f"document.querySelector('[data-testid=alert-card][data-alert-id={wanted}]')"
    screen.until(f"{card} && {card}.dataset.state === 'acknowledged'", "the acknowledgement on the screen")
    with LedgerReader(watchline.ledger) as reader:
        actions = [entry.value for entry in reader.events(["operator_action"])]
    assert [(a.alert, a.action) for a in actions] == [(wanted, "acknowledge")]

    screen.page.keyboard.press("KeyT")
    screen.until(f"!{card} || {card}.dataset.state === 'closed'", "the disposition on the screen")
    disposed = next(alert for alert in screen.alerts() if alert["id"] == wanted)
    assert disposed["disposition"]["code"] == "true"

    _look_at_the_wall(screen)
    assert screen.errors == []
    assert screen.hosts <= {"127.0.0.1", "blob", "data"}


def _look_at_the_wall(screen: Screen) -> None:
    """Several cameras at once, the pictures going on; one alone as a film; pinned, kept and closed by keyboard."""
    screen.page.keyboard.press("KeyW")
    shots = "document.querySelectorAll('[data-testid=wall-cell] img')"
    screen.until(f"{shots}.length >= 2 && Array.from({shots}).every(one => one.naturalWidth > 100)", "pictures", 60.0)
    first = screen.page.evaluate(f"{shots}[0].src")
    screen.until(f"{shots}[0].src !== {first!r}", "the next picture")
    screen.shoot("wall-en.png")
    assert barriers(screen.page) == []
    screen.page.focus(".wall .grid button[tabindex='0']")
    screen.page.keyboard.press("Enter")
    screen.until("document.querySelector('.wall .grid [aria-pressed=true]') !== null", "a camera that is kept")
    screen.page.keyboard.press("ArrowRight")
    screen.until(
        "document.activeElement.closest('li') === document.querySelectorAll('.wall li')[1]", "the next camera"
    )
    second = screen.page.evaluate("document.querySelectorAll('.wall li')[1].dataset.sensor")
    screen.page.keyboard.press("Tab")
    screen.page.keyboard.press("Enter")
    screen.until(f"{shots}.length === 1 && document.querySelector('.wall li').dataset.sensor === {second!r}", "alone")
    screen.until("document.querySelector('.wall .sky') !== null", "the ground's skyline in the picture", 30.0)
    screen.page.evaluate(
        "window.moved = new Set(); setInterval(() => window.moved.add(document.querySelector('.wall img')?.src), 20)"
    )
    screen.until("window.moved.size >= 6", "a picture that moves", 20.0)
    screen.shoot("wall-alone-en.png")
    screen.page.reload()
    screen.until("window.watchline && window.watchline.connected()", "connected again")
    screen.page.keyboard.press("KeyW")
    screen.until(f"document.querySelector('.wall li')?.dataset.sensor === {second!r}", "the same camera alone")
    screen.page.click(".wall [data-side='2']")
    screen.page.keyboard.press("KeyW")
    screen.until("document.querySelector('[data-testid=wall]') === null", "the wall closed")


def _alert_with_film(screen: Screen) -> str:
    end = time.monotonic() + ALERT_S
    while time.monotonic() < end:
        for alert in screen.alerts():
            if alert["clip"] and alert["state"] == "open":
                assert len(alert["facts"]) >= 3
                return str(alert["id"])
        time.sleep(1.0)
    raise AssertionError(f"no alert with a film within {ALERT_S:.0f} s")


def _stop_at_a_box(screen: Screen, wanted: str, video: str) -> None:
    clip = next(alert["clip"] for alert in screen.alerts() if alert["id"] == wanted)
    assert clip["boxes"]
    moment = clip["boxes"][len(clip["boxes"]) // 2][0] - clip["t0_s"]
    screen.page.evaluate(f"{video}.pause(), {video}.currentTime = {moment:.3f}")
    screen.until(f"Math.abs({video}.currentTime - {moment:.3f}) < 0.2 && !{video}.seeking", "a moment with a box")
    time.sleep(1.0)


def _select_by_keyboard(screen: Screen, wanted: str) -> None:
    for _ in range(60):
        screen.page.keyboard.press("ArrowDown")
        time.sleep(0.1)
        now = screen.page.evaluate("document.querySelector('[data-testid=alert-card]')?.dataset.alertId")
        if now == wanted:
            return
    raise AssertionError(f"{wanted} cannot be reached with the keyboard")


def test_arabic_screen_reads_right_to_left_and_keeps_the_line_unmirrored(
    browser: Any, watchline: RunningWatchline
) -> None:
    english = Screen(browser)
    time.sleep(1.0)
    english.page.goto(watchline.link())
    english.until("window.watchline && window.watchline.tracks() > 0", "tracks on the screen", FIRST_S)
    english.page.goto(f"http://127.0.0.1:{watchline.port}/?lang=ar")
    english.until("window.watchline && window.watchline.tracks() > 0", "tracks on the screen", FIRST_S)
    page = english.page.evaluate("[document.documentElement.lang, document.documentElement.dir]")
    assert page == ["ar", "rtl"]
    assert "م يراجعها" in english.page.inner_text("body")
    time.sleep(3.0)
    english.shoot("watch-ar.png")
    english.page.goto(f"http://127.0.0.1:{watchline.port}/?lang=en&theme=night")
    english.until("window.watchline && window.watchline.tracks() > 0", "tracks on the screen", FIRST_S)
    time.sleep(3.0)
    english.shoot("watch-night.png")
    assert english.errors == []
    assert english.hosts <= {"127.0.0.1", "blob", "data"}


def test_without_the_link_nothing_is_shown(browser: Any, watchline: RunningWatchline) -> None:
    stranger = browser.new_context().new_page()
    answer = stranger.goto(f"http://127.0.0.1:{watchline.port}/")
    assert answer.status == 403


def test_the_line_over_time_takes_the_strips_place(browser: Any, watchline: RunningWatchline) -> None:
    screen = Screen(browser)
    screen.page.goto(watchline.link())
    screen.until("window.watchline && window.watchline.connected()", "connected")
    screen.until("window.watchline.tracks() > 0", "tracks on the screen", FIRST_S)
    painted = screen.page.evaluate("window.watchline.painted()")
    screen.page.keyboard.press("KeyV")
    chart = "document.querySelector('[data-testid=over-time]')"
    screen.until(f"{chart} && Number({chart}.dataset.rows) > 100", "the rows of an hour")
    assert screen.page.evaluate("document.querySelector('[data-testid=strip]')") is None
    spoken: str = screen.page.evaluate(f"{chart}.getAttribute('aria-label')")
    assert spoken.startswith("The line over 1 h: alerts ")

    screen.page.keyboard.press("Equal")
    pressed = "document.querySelector('.otbar [aria-pressed=true]').dataset.span"
    screen.until(f"{pressed} === '600'", "ten minutes")
    box = screen.page.evaluate(f"(b => [b.x, b.y, b.width, b.height])({chart}.getBoundingClientRect())")
    read = "document.querySelector('[data-testid=overtime-read]').textContent"
    screen.page.mouse.move(box[0] + 0.5 * box[2], box[1] + 80)
    screen.until(f"{read}.includes('unknown, nobody looked')", "what was before the record began")
    screen.page.mouse.click(box[0] + 0.3 * box[2], box[1] + 0.5 * box[3])
    screen.until("/km (4|5|6)\\d/.test(document.querySelector('watch-map').textContent)", "the map at that kilometre")
    screen.page.keyboard.press("BracketLeft")
    screen.until("!document.querySelector('.otbar button:nth-of-type(8)').disabled", "a way forward again")
    screen.shoot("over-time-en.png")
    screen.page.keyboard.press("KeyV")
    screen.until("document.querySelector('[data-testid=strip]') !== null", "the strip again")
    assert screen.page.evaluate("window.watchline.painted()") == painted  # what left the screen is not painted
    assert screen.errors == []


def test_the_weakest_stretch_why_and_what_would_mend_it_in_two_presses(
    browser: Any, watchline: RunningWatchline
) -> None:
    screen = Screen(browser)
    screen.page.goto(watchline.link())
    screen.until("window.watchline && window.watchline.connected()", "connected")
    screen.until(
        "document.querySelector('[data-testid=headline] b.need, [data-testid=headline] b.big')", "the headline"
    )
    assert "not in view" in screen.page.inner_text(
        "[data-testid=headline]"
    )  # no press yet: the worst stretch, and why
    screen.shoot("tour-1.png")
    with screen.page.expect_popup() as opened:
        screen.page.click("nav >> text=Plan")  # the first
    plan = opened.value
    plan.wait_for_selector("#mend:not([disabled])", timeout=120_000)
    plan.click("#mend")  # the second
    plan.wait_for_selector("#mend:not([disabled])", timeout=180_000)
    assert plan.inner_text("#note").startswith("Longest open stretch")
    before, after = plan.evaluate("[mean(answer.p_before), mean(answer.p_after)]")
    assert after > before
    if directory := os.environ.get("WATCHLINE_SCREENSHOTS"):
        plan.screenshot(path=f"{directory}/tour-2.png")
    plan.close()
    assert screen.errors == []


def test_the_desk_is_worked_from_the_keyboard_and_the_exercise_is_unmistakable(
    browser: Any, watchline: RunningWatchline
) -> None:
    screen = Screen(browser)
    time.sleep(1.0)
    screen.page.goto(watchline.link())
    screen.until("window.watchline && window.watchline.connected()", "connected")
    screen.until("document.querySelectorAll('[data-testid=alert-row]').length > 0", "an alert", ALERT_S)
    screen.page.keyboard.press("KeyS")
    screen.until("document.querySelector('[data-testid=desk-west]') !== null", "the desks in the drawer")
    screen.page.keyboard.press("KeyJ")
    screen.until("document.querySelector('[data-testid=choice]') !== null", "what can be written down")
    screen.page.keyboard.press("Digit4")
    screen.until("document.querySelector('[data-testid=log-line]') !== null", "the line of the log")
    for key in ("KeyG", "Digit2", "Digit1"):  # about how many, what they need
        screen.page.keyboard.press(key)
    screen.until("fetch('api/alerts').then(r => r.json()).then(a => a.alerts.some(x => x.id === 'G-1'))", "the group")
    screen.page.keyboard.press("Escape")
    with LedgerReader(watchline.ledger) as reader:
        said = [entry.value for entry in reader.events(["log_entry", "group_arrival"])]
    assert [getattr(one, "phrase", "arrival") for one in said] == ["order_look", "arrival"]

    seat = "fetch('api/seats', {method: 'POST', body: JSON.stringify({person: 'commander', exercise: true})})"
    path = screen.page.evaluate(f"{seat}.then(r => r.json())")["path"]
    beside = Screen(browser)
    beside.page.goto(f"http://127.0.0.1:{watchline.port}{path}")
    beside.until("window.watchline && window.watchline.connected()", "connected to the exercise")
    beside.until("document.querySelector('.exframe') !== null", "the frame of an exercise")
    beside.until("document.querySelectorAll('.exmark').length >= 3", "the word in every panel's head")
    practised = beside.page.evaluate("fetch('api/alerts').then(r => r.json()).then(a => a.alerts.map(x => x.id))")
    assert "G-1" not in practised
    assert screen.page.evaluate("document.querySelector('.exframe')") is None
    assert (screen.errors, beside.errors) == ([], [])
