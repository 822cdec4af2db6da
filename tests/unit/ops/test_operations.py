"""Named operations in a running core: stated by a commander, each unit by right, the same after a restart, ended."""

from __future__ import annotations

import math

import pytest

from builders import T0_S, position
from core_builders import make_core, silence, ticks
from respond_site import LINE, with_units
from watchline.alerting.desk.roles import Refused, Who
from watchline.domain.operations import Force, Objective, Phase
from watchline.domain.records import Record
from watchline.ledger.reader import LedgerReader
from watchline.ops.core import Core
from watchline.ops.operation.wishes import EndOperation, OperationWish, StateOperation
from watchline.ops.people import Request
from watchline.ops.picture import Picture

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
