"""The desk's page of links in a real browser: a phone address for a post, a mission in steps, an aircraft asked."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from builders import T0_S
from core_builders import make_core, silence
from served import Served, running
from watchline.domain.records import DroneState, GeoPoint, MapShape, NodeTask, Record
from watchline.domain.site import LinkSpec
from watchline.links.maps import geojson
from watchline.server.run import ServerThread
from watchline.server.session import Sessions

HERE = GeoPoint(lon_deg=42.0, lat_deg=33.6)
DRONE = DroneState(id="x", t_s=T0_S, source="drones", drone="drone-1", place=HERE, above_home_m=60.0, armed=False)
THERE = GeoPoint(lon_deg=42.01, lat_deg=33.6)
WAY = MapShape(id="w", t_s=T0_S, source="m", name="way", shape="line", points=(HERE, THERE))
ASKED = NodeTask(
    id="t", t_s=T0_S, source="army", node="DESK", task_id="T-9", approved_by="ALPHA", command="look_at", place=HERE
)

pytestmark = [pytest.mark.browser, pytest.mark.slow]


class Said:
    """Remembers what would go out over links.  Mutable."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def send(self, link: str, record: Record) -> None:
        self.sent.append(type(record).__name__)

    def spec_of(self, link: str) -> LinkSpec | None:
        return LinkSpec(id=link, protocol="cot", address="h:1") if link in ("drones", "army") else None


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[tuple[Served, int]]:
    served = Served(make_core(tmp_path, silence), Sessions("desk-1"), tmp_path, Said())
    server = ServerThread(served.app, 0)
    with running(served.core):
        served.core.people.report((DRONE, ASKED)).result(60.0)
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


def test_a_post_s_phone_address_a_mission_in_steps_and_a_task_of_others(
    browser: Any, desk: tuple[Served, int], tmp_path: Path
) -> None:
    served, port = desk
    page, errors = browser.new_page(viewport={"width": 1280, "height": 900}), list[str]()
    page.on("pageerror", lambda error: errors.append(str(error)))
    base = f"http://127.0.0.1:{port}"
    page.goto(f"{base}/?token={served.sessions.new_link_token()}")
    page.goto(f"{base}/links")
    until(page, "document.querySelector('#plan select').options.length > 0", "the drone is known")
    page.fill("#report input", "post-3")
    page.click("#report button")
    until(page, "document.querySelector('[data-testid=address]') !== null", "an address")
    phone = browser.new_page()
    phone.goto(page.inner_text("[data-testid=address]"))
    until(phone, "document.querySelector('#reporter').textContent.includes('post-3')", "the phone page is post-3's")
    (tmp_path / "way.geojson").write_bytes(geojson.file_of([WAY]))
    page.set_input_files("#plan [type=file]", str(tmp_path / "way.geojson"))
    page.click("#plan button")
    until(page, "document.querySelector('[data-id^=upload]') !== null", "the plan is shown")
    assert isinstance(served.carrier, Said)
    assert served.carrier.sent == []
    page.click("[data-id^=upload]")
    until(page, "sure.size === 1", "one press only asks")
    assert served.kept("mission_approval") == []
    if directory := os.environ.get("WATCHLINE_SCREENSHOTS"):
        page.screenshot(path=str(Path(directory) / "links-page.png"), full_page=True)
    # The second press must fall within the few seconds for which the first holds: press until it has.
    for _ in range(60):
        page.click("[data-id^=upload]")
        if (
            served.core.picture.outside.missions
            and next(iter(served.core.picture.outside.missions.values())).approvals
        ):
            break
        time.sleep(0.5)
    until(page, "document.querySelector('#missions').textContent.includes('under way')", "it is under way")
    assert served.carrier.sent == ["MissionPlan", "MissionApproval"]
    page.click("#tasks button")
    until(page, "document.querySelector('#tasks').textContent.includes('accepted')", "the task is accepted")
    assert served.carrier.sent[-1] == "NodeAnswer"
    page.goto(f"{base}/links?lang=ar")
    until(page, "document.querySelector('#missions li') !== null", "the page in Arabic")
    assert page.evaluate("document.documentElement.dir") == "rtl"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert errors == []
