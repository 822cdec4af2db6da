"""The Operations workplace in a real browser: an operation is loaded, followed, ordered by two presses, reviewed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from seated import barriers, seated

from builders import T0_S, position, report
from core_builders import Step, make_core
from respond_site import FAR, LINE, with_units
from served import Served, running
from watchline.alerting.desk.roles import Who
from watchline.domain.records import GeoPoint, PartnerEvent
from watchline.domain.site import Person, Place, Recipient, Sector, Sees, Unit
from watchline.server.run import ServerThread
from watchline.server.session import Sessions

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PICTURES = os.environ.get("WATCHLINE_SCREENSHOTS")
AREA = tuple(
    (round(p.lon_deg, 6), round(p.lat_deg, 6))
    for p in (position(LINE, *at) for at in ((500, 200), (9500, 200), (9500, 1900), (500, 1900)))
)


def operation() -> bytes:
    """Return an operation as `watchline operation` writes it for a core."""
    day = T0_S + 8 * 3600.0
    told = {
        "ask": "state_operation", "name": "Clean Wells", "what": "search", "begins_s": T0_S - 3600.0,
        "ends_s": T0_S + 10 * 86_400.0, "commander": "lead", "end_state": "every well looked at", "area": [AREA],
        "objectives": [{"text": "Sweep the area", "measure": "pod", "aim": 0.8},
                       {"text": "Look at every place", "measure": "places", "aim": 1.0},
                       {"text": "Keep the road open"}],
        "phases": [{"name": "West first", "begins_s": T0_S - 3600.0, "ends_s": day}],
        "forces": [{"organisation": "own", "commander": "lead", "units": ["patrol-1", "patrol-2", "drone-1"]},
                   {"organisation": "guard", "commander": "other", "units": ["guard-1"]}],
        "hazards": ["old wells without a rim"], "coordination": ["channel 4"],
        "sweep": {"shifts": [[hour, hour + 1] for hour in range(24)], "ahead_days": 0.25},
    }  # fmt: skip
    return msgspec.json.encode(told)


def walking(now_s: float) -> Step:
    """Return three patrols that tell where they are, one on its way, and what a partner tells after a minute."""
    step, second = Step(), round(now_s - T0_S)
    if second % 5 == 1:
        at = {"patrol-1": (max(1000.0, 5600.0 - 4.0 * second), 700.0), "patrol-2": FAR, "guard-1": (8000.0, 900.0)}
        step.records += [report(unit, position(LINE, *sd), now_s) for unit, sd in at.items()]
    if second == 20:
        at = position(LINE, 5000.0, -3500.0)
        place = GeoPoint(lon_deg=at.lon_deg, lat_deg=at.lat_deg)
        step.records.append(
            PartnerEvent(id="partner-1", t_s=now_s, source="partner", what="displaced_people", place=place,
                         organisation="partner",
                         until_s=now_s + 8 * 3600.0, confidence=0.9, people=60)
        )  # fmt: skip
    return step


def site() -> Any:
    made = with_units()
    at = {name: position(LINE, *sd) for name, sd in {"well-1": (3000.0, 900.0), "cave-1": (7200.0, 1500.0)}.items()}
    return msgspec.structs.replace(
        made,
        sectors=(Sector(id="S1", from_km=0.0, to_km=6.0, organisation="own"),
                 Sector(id="S2", from_km=6.0, to_km=10.0, organisation="guard")),
        places=tuple(
            Place(id=name, kind=name[:-2], name=f"Old {name[:-2]}", lon_deg=p.lon_deg, lat_deg=p.lat_deg)
            for name, p in at.items()
        ),
        units=(*made.units, Unit(id="drone-1", kind="drone", organisation="own", speed_m_s=20.0,
                                 lon_deg=at["well-1"].lon_deg, lat_deg=at["well-1"].lat_deg)),
        people=(*made.people, Person(name="guard-desk", role="tower_operator", recipient="guards")),
        recipients=(*made.recipients,
                    Recipient(id="guards", kind="own", organisation="guard", sees=(Sees(from_km=6.0, to_km=10.0),))),
    )  # fmt: skip


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, int]]:
    directory = tmp_path_factory.mktemp("operations_page")
    what = site()
    core = make_core(directory, walking, what)
    people = tuple(Who(p.name, p.role, p.desk, recipient=p.recipient) for p in what.people)
    served = Served(core, Sessions("desk-1", people), directory)
    server = ServerThread(served.app, 0)
    with running(core, 0.05):
        yield served, server.port
    server.stop()
    core.close()


def _page(browser: Any, desk: tuple[Served, int], who: str, language: str) -> Any:
    page, _ = seated(browser, *desk, who, f"/operations?lang={language}", (1440, 1100))
    page.wait_for_selector("#map svg", timeout=60_000)
    return page


def _followed(browser: Any, desk: tuple[Served, int]) -> None:
    """Have the operation stated, reckoned and planned, if it is not yet."""
    served, _ = desk
    if served.core.picture.operations.operations:
        return
    page = _page(browser, desk, "lead", "en")
    body = msgspec.json.decode(operation()) | {"key": "press-0001"}
    assert page.request.post(f"{page.url.split('/operations')[0]}/api/operations", data=body).ok
    page.wait_for_selector("[data-operation=O-1] [data-objective=pod] .bar", timeout=60_000)
    page.wait_for_selector("[data-twice^=order-]", timeout=60_000)
    page.close()


def _seen(page: Any, name: str) -> None:
    if PICTURES:
        page.wait_for_timeout(1500)
        page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)
    assert barriers(page) == []


def _until(page: Any, script: str) -> None:
    """Poll: the page's own policy lets no waiting script in."""
    for _ in range(240):
        if page.evaluate(script):
            return
        page.wait_for_timeout(250)
    raise AssertionError(f"not within a minute: {script}")


def _twice(page: Any, name: str) -> None:
    page.click(f"[data-twice^={name}]")
    page.wait_for_selector(f"button.sure[data-twice^={name}]")
    page.click(f"button.sure[data-twice^={name}]")


def test_an_operation_is_loaded_followed_ordered_searched_and_reviewed(
    browser: Any, desk: tuple[Served, int], tmp_path: Path
) -> None:
    served, _ = desk
    page, errors = _page(browser, desk, "lead", "en"), list[str]()
    page.on("pageerror", lambda error: errors.append(str(error)))
    (tmp_path / "operation.json").write_bytes(operation())
    page.set_input_files("#load input", tmp_path / "operation.json")
    page.wait_for_selector("[data-operation=O-1] [data-objective=pod] .bar", timeout=60_000)
    page.wait_for_selector("[data-twice^=order-]", timeout=60_000)
    state = served.core.picture.operations
    assert "guard-1" not in page.inner_text("[data-twice^=order-]")
    assert state.operations["O-1"].orders == ()
    _twice(page, "order-")
    _until(page, "told.operations[0].ordered.length === 3")
    (order,) = served.core.picture.operations.operations["O-1"].orders
    assert order.rights == ("drone-1: lead", "patrol-1: lead", "patrol-2: lead")
    page.select_option("#focus", "O-1")
    assert page.locator("#map polygon.sector.ordered").count() >= 3
    assert page.locator("#map polygon.sector:not(.ordered)").count() >= 1
    base = page.url.split("/operations")[0]
    for form, holds in (("html?lang=ar", 'dir="rtl"'), ("gpx", "<trk>"), ("waypoints?unit=drone-1", "QGC WPL 110")):
        told = page.request.get(f"{base}/api/operations/O-1/plan.{form}")
        assert (told.status, holds in told.text()) == (200, True)
    assert page.request.get(f"{base}/api/operations/O-1/plan.waypoints?unit=patrol-1").status == 404
    # A place is looked at, a search begun; a posture after the partner's word is approved by two presses.
    page.select_option("#place", "well-1")
    page.fill("#looked [name=by]", "patrol-1")
    page.click("#looked button")
    page.wait_for_selector("[data-place=well-1]:not(.due)", timeout=60_000)
    at = position(LINE, 4000.0, -150.0)
    page.select_option("#begin [name=subject]", "lost")
    for name, value in (("lon", at.lon_deg), ("lat", at.lat_deg), ("ago", 0), ("name", "shepherd")):
        page.fill(f"#begin [name={name}]", str(value))
    page.click("#begin button")
    page.wait_for_selector("[data-search=L-1]", timeout=60_000)
    page.wait_for_selector("[data-twice^=posture-]", timeout=60_000)
    _twice(page, "posture-")
    _until(page, "told.posture.approved?.person === 'lead'")
    _until(page, "told.searches[0].map !== null")
    for name in ("sectors-O-1", "boxes-L-1", "forecast", "moves"):
        page.evaluate("name => { opened.add(name); show(); }", name)
    _seen(page, "operations-en")
    page.select_option("#focus", "L-1")
    _seen(page, "operations-search-en")
    arabic = _page(browser, desk, "lead", "ar")
    assert arabic.evaluate("document.documentElement.dir") == "rtl"
    arabic.select_option("#focus", "O-1")
    assert arabic.evaluate("document.documentElement.scrollWidth <= innerWidth")
    _seen(arabic, "operations-ar")
    # Before the operation was stated there was none; nothing can be ordered in the past.
    page.fill("#when [name=at]", "2018-01-23T00:00")
    page.click("#when button")
    page.wait_for_selector("#moment >> text=REVIEW", timeout=60_000)
    assert page.locator("[data-operation]").count() == 0
    assert page.locator("[data-twice]").count() == 0
    assert errors == []


def test_a_force_sees_its_own_tasks_and_orders_nothing(browser: Any, desk: tuple[Served, int]) -> None:
    served, _ = desk
    _followed(browser, desk)
    page = _page(browser, desk, "guard-desk", "en")
    page.wait_for_selector("[data-operation=O-1]", timeout=60_000)
    told = page.evaluate("told")
    (one,) = told["operations"]
    assert [force["units"] for force in one["forces"]] == [[], ["guard-1"]]
    assert one["rights"] == ["guard-1: other"]
    assert set(one["progress"]["swept_km2"]) <= {"guard-1"}
    assert told["searches"] == []  # begun at km 4, where this force is told nothing
    assert {unit["unit"] for unit in told["units"]} == {"guard-1"}
    assert [place["place"] for place in told["places"]] == ["cave-1"]
    assert told["posture"]["may"] is False
    assert page.locator("[data-twice]").count() == 0
    assert page.locator("#load").is_hidden()
    base = page.url.split("/operations")[0]
    orders = page.request.get(f"{base}/api/operations/O-1/plan.html?lang=en").text()
    assert "guard-1" in orders
    assert "patrol-1" not in orders
    body = msgspec.json.decode(operation()) | {"key": "press-0009"}
    assert page.request.post(f"{base}/api/operations", data=body).status == 403
    assert page.request.get(f"{base}/api/searches").status == 403
    assert len(served.core.picture.operations.operations) == 1
    _seen(page, "operations-force")
