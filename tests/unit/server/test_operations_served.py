"""What the Operations workplace is answered: now, at a past moment, to a force of its own; papers."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from builders import T0_S, position, report
from core_builders import Step, make_core, ticks
from respond_site import FAR, LINE, with_units
from served import Served, running
from watchline.alerting.desk.roles import Who
from watchline.domain.site import Person, Recipient, Sees
from watchline.server.session import Sessions

AREA = [[p.lon_deg, p.lat_deg] for p in (position(LINE, *at) for at in ((0, 200), (9000, 200), (9000, 1800)))]


def body(**changed: object) -> dict[str, object]:
    told: dict[str, object] = {
        "ask": "state_operation", "key": "state-0001", "name": "Clean Wells", "what": "search",
        "begins_s": T0_S - 3600.0, "ends_s": T0_S + 86_400.0, "commander": "lead", "end_state": "all looked at",
        "area": [AREA], "objectives": [{"text": "Sweep", "measure": "pod", "aim": 0.8}],
        "forces": [{"organisation": "own", "commander": "lead", "units": ["patrol-1", "patrol-2"]},
                   {"organisation": "guard", "commander": "other", "units": ["guard-1"]}],
        "sweep": {"shifts": [[hour, hour + 1] for hour in range(24)], "ahead_days": 0.25},
    }  # fmt: skip
    return told | changed


def walking(now_s: float) -> Step:
    step = Step()
    if round(now_s - T0_S) % 5 == 1:
        at = {"patrol-1": (5600.0, 700.0), "patrol-2": FAR, "guard-1": (8000.0, 900.0)}
        step.records += [report(unit, position(LINE, *sd), now_s) for unit, sd in at.items()]
    return step


@pytest.fixture
def desk(tmp_path: Path) -> Served:
    made = with_units()
    what = msgspec.structs.replace(
        made, people=(*made.people, Person(name="guard-desk", role="tower_operator", recipient="guards")),
        recipients=(*made.recipients,
                    Recipient(id="guards", kind="own", organisation="guard", sees=(Sees(from_km=7.0, to_km=10.0),))),
    )  # fmt: skip
    people = tuple(Who(p.name, p.role, p.desk, recipient=p.recipient) for p in what.people)
    return Served(ticks(make_core(tmp_path, walking, what), 5), Sessions("desk-1", people), tmp_path)


def sit(desk: Served, name: str) -> Served:
    person = next(one for one in desk.sessions.people if one.name == name)
    desk.cookies.clear()
    desk.get(f"/?token={desk.sessions.new_seat_token(person)}")
    return desk


def test_what_is_ordered_now_was_not_ordered_then(desk: Served) -> None:
    core = desk.core
    with running(core, 0.05):
        sit(desk, "lead")
        assert desk.ask("POST", "/api/operations", json=body()).json() == {"durable": True, "id": "O-1"}
    ticks(core, 5)
    told = desk.get("/api/operations").json()
    (one,), then_s = told["operations"], core.clock.now_s
    assert (told["live"], one["plan"]["may_order"], one["ordered"]) == (True, ["patrol-1", "patrol-2"], [])
    with running(core, 0.05):
        order = {"ask": "order_operation", "key": "order-0001", "operation": "O-1", "digest": one["plan"]["digest"]}
        assert desk.ask("POST", "/api/operations", json=order).status_code == 200
    now = desk.get("/api/operations").json()["operations"][0]
    assert now["ordered"] == ["patrol-1", "patrol-2"]
    assert now["orders"][0]["person"] == "lead"
    ticks(core, 2)
    core.make_durable()
    past = desk.get("/api/operations", params={"as_of_s": then_s}).json()
    assert (past["live"], past["now_s"]) == (False, then_s)
    (then,) = past["operations"]
    assert (then["orders"], then["may"], then["plan"]["may_order"]) == ([], False, [])
    assert then["plan"]["digest"] == one["plan"]["digest"]
    assert {unit["unit"] for unit in past["units"]} == {"patrol-1", "patrol-2", "guard-1"}
    before = desk.get("/api/operations", params={"as_of_s": T0_S + 2.0}).json()
    assert before["operations"] == []
    core.close()


def test_a_force_is_shown_its_own_and_its_stretch_and_orders_nothing(desk: Served) -> None:
    core = desk.core
    with running(core, 0.05):
        sit(desk, "lead")
        desk.ask("POST", "/api/operations", json=body())
        desk.ask("POST", "/api/operations", json=body(key="state-0002", name="Not theirs", forces=[
            {"organisation": "own", "commander": "lead", "units": ["patrol-1"]}]))  # fmt: skip
    ticks(core, 8)
    assert len(desk.get("/api/operations").json()["operations"]) == 2
    sit(desk, "guard-desk")
    told = desk.get("/api/operations").json()
    assert told["whole"] is False
    (one,) = told["operations"]
    assert (one["name"], one["may"], one["plan"]["may_order"]) == ("Clean Wells", False, [])
    assert [force["units"] for force in one["forces"]] == [[], ["guard-1"]]
    assert {sector["unit"] for sector in one["plan"]["sectors"]} <= {"guard-1"}
    assert one["rights"] == ["guard-1: other"]
    assert {unit["unit"] for unit in told["units"]} == {"guard-1"}
    line = core.loaded.line
    shown = [float(line.sd_from_xy_m(line.frame.xy_m_from_lonlat(*cell[:2]))[0]) for cell in one["progress"]["cells"]]
    assert shown
    assert min(shown) >= 7000.0
    assert desk.ask("POST", "/api/operations", json=body(key="state-0003")).status_code == 403
    assert "patrol-1" not in desk.get("/api/operations/O-1/plan.html").text
    assert desk.get("/api/operations/O-2/plan.html").status_code == 404
    assert desk.get("/api/operations/O-1/plan.pdf").status_code == 404
    core.close()
