"""Named operations in a running core: stated by a commander, each unit by right, the same after a restart, ended."""

from __future__ import annotations

import dataclasses
import math

import pytest
from msgspec.structs import replace

from builders import T0_S, position, report
from core_builders import Step, make_core, silence, ticks
from respond_site import FAR, LINE, with_units
from watchline.alerting.desk.roles import Refused, Who
from watchline.domain.operations import Force, Objective, OperationStated, Phase, Sweep
from watchline.domain.press import digest_of
from watchline.domain.records import Record
from watchline.ledger.reader import LedgerReader
from watchline.ops.core import Core
from watchline.ops.operation.reckoner import Ask, Reckoner
from watchline.ops.operation.wishes import (
    EndOperation,
    OperationWish,
    OrderOperation,
    PlanOperation,
    StateOperation,
    decide,
)
from watchline.ops.people import Request
from watchline.ops.picture import Picture
from watchline.response.operations import Operation

LEAD, DEPUTY = Who("lead", "shift_commander"), Who("deputy", "tower_operator")
AREA = tuple((p.lon_deg, p.lat_deg) for p in (position(LINE, *at) for at in ((0, 200), (9000, 200), (9000, 1800))))


def stated(key: str = "state-0001", **changed: object) -> StateOperation:
    fields: dict[str, object] = {
        "key": key, "name": "Clean Wells", "what": "search", "begins_s": T0_S, "ends_s": T0_S + 30 * 86_400.0,
        "commander": "lead", "end_state": "every well looked at", "area": (AREA,),
        "objectives": (Objective(text="Sweep the area", measure="pod", aim=0.8),),
        "phases": (Phase(name="One", begins_s=T0_S, ends_s=T0_S + 86_400.0),),
        "forces": (Force(organisation="own", commander="lead", units=("patrol-1", "patrol-2")),),
    }  # fmt: skip
    return StateOperation(**(fields | changed))  # type: ignore[arg-type]


def wish(core: Core, asked: OperationWish, who: Who = LEAD) -> str:
    future = core.people.ask(Request(who, asked))
    ticks(core, 1)
    return future.result(timeout=0.0)


def test_an_operation_is_stated_goes_on_after_a_restart_and_ends(tmp_path):
    core = make_core(tmp_path, silence, with_units())
    assert wish(core, stated()) == "O-1"
    assert wish(core, stated()) == "O-1"  # pressed twice
    assert wish(core, stated("state-0002", name="Lost child", what="rescue")) == "O-2"
    assert [one.stated.operation for one in core.picture.operations.open] == ["O-2", "O-1"]  # rescue first
    assert wish(core, stated("state-0003", operation="O-1", name="Clean Wells, anew")) == "O-1"
    one = core.picture.operations.operations["O-1"]
    assert (one.versions, one.stated.person) == (2, "lead")
    assert one.stated.rights == ("patrol-1: lead", "patrol-2: lead")
    phase = one.phase(core.clock.now_s)
    assert phase is not None
    assert phase.name == "One"
    before = core.picture.operations
    core.ledger.close()  # as when the machine dies
    again = make_core(tmp_path, silence, with_units())
    assert again.picture.operations == before
    assert wish(again, EndOperation(key="end-000001", operation="O-1", reached=True)) == "O-1"
    assert [o.stated.operation for o in again.picture.operations.open] == ["O-2"]
    with pytest.raises(Refused, match="over"):
        wish(again, stated("state-0004", operation="O-1"))
    again.close()
    picture = Picture(len(again.loaded.site.sensors))
    with LedgerReader(tmp_path / "ledger") as reader:
        for entry in reader.since(0):
            if isinstance(entry.value, Record):
                picture.apply(entry.value)
    assert picture.operations == again.picture.operations


EVERY_HOUR = Sweep(shifts=tuple((float(hour), float(hour + 1)) for hour in range(24)), ahead_days=0.25)


def walking(now_s: float) -> Step:
    """Return two patrols that tell where they are; the first goes 4 m/s through the area."""
    step = Step()
    second = round(now_s - T0_S)
    if second % 10 == 1:
        at = {"patrol-1": (5600.0 - 4.0 * second, 700.0), "patrol-2": FAR}
        step.records += [report(unit, position(LINE, *sd), now_s) for unit, sd in at.items()]
    return step


def told_of(core: Core) -> Operation:
    ticks(core, 3)
    return core.picture.operations.operations["O-1"]


def test_an_operation_is_followed_planned_ordered_by_right_and_the_same_after_a_restart(tmp_path):
    core = make_core(tmp_path, walking, with_units())
    wish(core, stated(sweep=EVERY_HOUR))
    one = told_of(core)
    assert one.progress is not None
    assert one.plan is not None
    assert (one.progress.pod, one.progress.fault, one.plan.version) == (0.0, "", 1)
    assert {s.unit for s in one.plan.sectors} == {"patrol-1", "patrol-2"}
    assert 0.0 < one.plan.p_found <= one.plan.bound
    ticks(core, 120)
    wish(core, PlanOperation(key="plan-00001", operation="O-1"))
    one = told_of(core)
    assert one.progress is not None
    assert one.plan is not None
    assert 1e-4 < one.progress.pod < 0.01  # by night, two minutes
    assert set(one.progress.swept_km2) == {"patrol-1", "patrol-2"}
    assert one.plan.plan == "O-1-p2"
    order = OrderOperation(key="order-0001", operation="O-1", digest=digest_of(one.plan))
    with pytest.raises(Refused, match="may not send"):
        wish(core, order, Who("other", "shift_commander"))
    with pytest.raises(Refused, match="may not state"):
        wish(core, order, DEPUTY)
    with pytest.raises(Refused, match="changed"):
        wish(core, OrderOperation(key="order-0002", operation="O-1", digest="old"))
    wish(core, order)
    one = told_of(core)
    assert one.orders[0].rights == ("patrol-1: lead", "patrol-2: lead")
    assert one.ordered("patrol-1", core.clock.now_s) == one.plans[0]
    before = core.picture.operations
    core.ledger.close()  # as when the machine dies
    again = make_core(tmp_path, walking, with_units())
    assert again.picture.operations == before
    # Whoever reckons has to read the ledger anew, and says the same to the bit.
    asked = Ask(one.stated, 1, one.progress.seq, one.progress.t_s, again.picture.searches.places)
    reckoner = Reckoner(again.loaded, again.ledger.directory)
    assert reckoner.answer(asked).progress == one.progress
    again.close()


def test_what_units_are_on_by_order_is_not_planned_for_others(tmp_path):
    core = make_core(tmp_path, walking, with_units())
    wish(core, stated(sweep=EVERY_HOUR))
    one = told_of(core)
    assert one.plan is not None
    going = tuple(replace(s, to_s=s.to_s + 7200.0, pod=0.99) for s in one.plan.sectors[:2])
    ask = Ask(one.stated, 1, 0, T0_S, core.picture.searches.places, T0_S + 900.0)
    reckoner = Reckoner(core.loaded, core.ledger.directory)
    free, busy = (reckoner.answer(dataclasses.replace(ask, going=sectors)).plan for sectors in ((), going))
    assert free is not None
    assert busy is not None
    assert busy.p_found < free.p_found
    core.close()


def test_a_dog_sweeps_more_by_night_and_less_in_heat(tmp_path):
    what = with_units()
    units = tuple(replace(unit, dog=unit.id == "patrol-1") for unit in what.units)
    core = make_core(tmp_path, silence, replace(what, units=units))

    def p_found(**sweep: float) -> float:
        told = told_by(stated(sweep=replace(EVERY_HOUR, **sweep), forces=(OWN,)), core)
        ask = Ask(told, 1, 0, T0_S, core.picture.searches.places, T0_S + 900.0)
        plan = Reckoner(core.loaded, core.ledger.directory).answer(ask).plan
        assert plan is not None
        return plan.p_found

    still, windy, hot = p_found(wind_m_s=1.5), p_found(wind_m_s=9.0), p_found(wind_m_s=1.5, temperature_c=40.0)
    assert still > 1.2 * windy
    assert still > 1.5 * hot
    core.close()


OWN = Force(organisation="own", commander="lead", units=("patrol-1",))


def told_by(asked: StateOperation, core: Core) -> OperationStated:
    (record,) = decide(core.picture, core.loaded, asked, LEAD, T0_S)
    assert isinstance(record, OperationStated)
    return record


def test_a_fault_of_reckoning_is_told_and_the_core_goes_on(tmp_path):
    core = make_core(tmp_path, walking, with_units())
    far = tuple((lon + 3.0, lat) for lon, lat in AREA)
    wish(core, stated(area=(far,)))
    one = told_of(core)
    assert one.progress is not None
    assert one.progress.fault
    assert one.plan is None
    ticks(core, 5)
    core.close()


GUARDS = (Force(organisation="guard", commander="lead", units=("guard-1",)),)


@pytest.mark.parametrize(
    ("changed", "who", "why"),
    [
        ({}, DEPUTY, "forbidden"), ({"forces": GUARDS}, LEAD, "forbidden"), ({"commander": "ghost"}, LEAD, "wrong"),
        ({"forces": ()}, LEAD, "wrong"), ({"area": ()}, LEAD, "wrong"), ({"area": (AREA[:2],)}, LEAD, "wrong"),
        ({"ends_s": T0_S}, LEAD, "wrong"), ({"begins_s": math.nan}, LEAD, "wrong"),
        ({"operation": "O-9"}, LEAD, "missing"), ({"area": (((500.0, 1.0),) * 3,)}, LEAD, "wrong"),
        ({"phases": (Phase(name="x", begins_s=T0_S - 9.0, ends_s=T0_S),)}, LEAD, "wrong"),
        ({"objectives": (Objective(text="x", aim=2.0),)}, LEAD, "wrong"), ({"key": "short"}, LEAD, "wrong"),
    ],
)  # fmt: skip
def test_what_cannot_be_stated_is_refused(core, changed, who, why):
    with pytest.raises(Refused) as refused:
        wish(core, stated(**changed), who)
    assert refused.value.why == why
    assert core.picture.operations.operations == {}


@pytest.fixture(scope="module")
def core(tmp_path_factory):
    made = make_core(tmp_path_factory.mktemp("refused"), silence, with_units())
    yield made
    made.close()
