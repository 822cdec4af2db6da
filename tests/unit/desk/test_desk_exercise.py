from __future__ import annotations

import pytest

from builders import T0_S
from desk_builders import WEST_M, WHO, asked, at, folded, seat, set_desk, staffed
from watchline.alerting.desk import state as desk
from watchline.alerting.desk.clockwork import due
from watchline.alerting.desk.commands import Act, Arrive, Practise, Prepare, Shelve, Sign, Write
from watchline.alerting.desk.deciding import decide
from watchline.alerting.desk.exercise import COURSES
from watchline.alerting.desk.handover import digest, open_items
from watchline.domain.records import Record
from watchline.ops.desk_figures import desk_figures


def _practice() -> desk.State:
    return desk.init(set_desk(exercise=True))


def _through(scenario: str, until_s: float = 1300.0) -> tuple[desk.State, list[Record]]:
    """Return an exercise with everything that people can do in it, and all its records."""
    state, written = _practice(), list[Record]()

    def keep(records: object) -> None:
        nonlocal state
        for record in records:  # type: ignore[attr-defined]
            written.append(record)
            state = desk.step(state, record)

    keep([seat("west-1", exercise=True)])
    keep(
        decide(
            state, Practise(key="practise-1", state="started", scenario=scenario, number=3), WHO["commander"], T0_S
        )
    )  # type: ignore[arg-type]
    for now_s in range(5, int(until_s), 5):
        keep(due(state, T0_S + now_s, T0_S + now_s - 5, ()))
    first = next(iter(state.items))
    now_s = T0_S + until_s
    keep(decide(state, Act(key="press-0001", alert=first, action="acknowledge"), WHO["commander"], now_s))
    keep(decide(state, Write(key="press-0002", phrase="order_look"), WHO["west-1"], now_s))
    arrive = Arrive(key="press-0003", s_m=WEST_M, d_m=0.0, people_least=1, people_most=9, needs=("water",))
    keep(decide(state, arrive, WHO["west-1"], now_s))
    keep(
        decide(state, Shelve(key="press-0004", scope="kind", value="loitering", reason="wind"), WHO["west-1"], now_s)
    )
    keep(decide(state, Prepare(key="press-0005", desk="west", incoming="west-2"), WHO["west-1"], now_s))
    read = digest(open_items(state, "west", now_s))
    keep(decide(state, Sign(key="press-0006", handover="XH-1", digest=read), WHO["west-1"], now_s))
    keep(decide(state, Practise(key="practise-2", state="ended"), WHO["commander"], now_s))
    return state, written


@pytest.mark.parametrize("scenario", COURSES)
def test_every_record_of_an_exercise_is_marked_at_birth(scenario: str) -> None:
    state, written = _through(scenario)
    assert len(state.items) >= COURSES[scenario][0]  # type: ignore[index]
    assert len({type(record) for record in written}) >= 9
    assert all(record.exercise for record in written)


def test_an_exercise_leaves_no_trace_at_the_real_desk() -> None:
    _, written = _through("mass", 400.0)
    real = staffed()
    assert folded(real, written) is real
    assert desk_figures(folded(real, written), T0_S + 2000, 1.0).figures.alerts == 0


def test_reality_leaves_no_trace_in_an_exercise() -> None:
    practice = _practice()
    assert folded(practice, [at(WEST_M), seat("west-1")]) is practice


def test_ids_of_an_exercise_are_never_those_of_reality() -> None:
    _, written = _through("storm")
    made = {record.alert for record in written if hasattr(record, "alert")}
    assert all(name == "" or name.startswith("X") for name in made)


def test_the_same_number_is_the_same_course() -> None:
    assert _through("storm") == _through("storm")


def test_a_new_exercise_begins_with_nothing_open() -> None:
    state, _ = _through("quiet")
    again = asked(state, "commander", Practise(key="practise-9", state="started", scenario="quiet"), T0_S + 5000)
    assert again.items == {}
    assert again.run is not None
    assert again.run.run == "X2"


def test_no_exercise_begins_at_the_real_desk() -> None:
    state = staffed()
    assert state.setup.seeded_per_12_h == 0.0
    with pytest.raises(Exception, match="own desk"):
        decide(state, Practise(key="practise-1", state="started"), WHO["commander"], T0_S)
