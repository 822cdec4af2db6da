from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import T0_S
from desk_builders import EAST_M, WEST_M, WHO, asked, at, folded, staffed
from watchline.alerting.desk import state as desk
from watchline.alerting.desk.commands import Act, Prepare, Shelve, Sign
from watchline.alerting.desk.deciding import decide
from watchline.alerting.desk.handover import current, digest, open_items
from watchline.alerting.desk.roles import Refused
from watchline.domain.desk import Signature
from watchline.domain.kinds import AnyRecord
from watchline.domain.records import Record

SHELVE = Shelve(key="shelve-01", scope="kind", value="loitering", reason="herd at the well", seconds=7200.0)


def _busy() -> desk.State:
    """Return a desk with an open, an acknowledged, a deferred, an unanswered and a finished alert, and a shelving."""
    state = folded(staffed(), [at(WEST_M + n, n) for n in range(1, 6)] + [at(EAST_M, 9)])
    state = asked(state, "west-1", Act(key="press-0002", alert="A-2", action="acknowledge"))
    state = asked(state, "west-1", Act(key="press-0003", alert="A-3", action="defer", seconds=3600.0))
    state = folded(state, [at(WEST_M, 4, revision=2, state="closed")])
    state = asked(state, "west-1", Act(key="press-0005", alert="A-5", action="dispose", code="false"))
    return asked(state, "west-1", SHELVE)


def _prepare(incoming: str = "west-2") -> Prepare:
    return Prepare(key="prepare-1", desk="west", incoming=incoming)


def _sign(state: desk.State, key: str, now_s: float = T0_S) -> Sign:
    return Sign(key=key, handover="H-1", digest=digest(open_items(state, "west", now_s)))


def _signed(state: desk.State) -> desk.State:
    state = asked(state, "west-1", _prepare())
    state = asked(state, "west-1", _sign(state, "sign-out-1"))
    return asked(state, "west-2", _sign(state, "sign-in-01"))


def test_the_sheet_lists_all_that_has_no_last_word_and_nothing_of_another_desk() -> None:
    items = {item.ref: item.state for item in open_items(_busy(), "west", T0_S)}
    assert items == {
        "S-1": "shelved", "A-1": "open", "A-2": "acknowledged", "A-3": "deferred", "A-4": "unanswered",
    }  # fmt: skip


def test_the_desk_is_the_next_persons_when_both_have_signed_and_not_before() -> None:
    state = asked(_busy(), "west-1", _prepare())
    assert state.holders["west"] == "west-1"
    state = asked(state, "west-1", _sign(state, "sign-out-1"))
    assert state.holders["west"] == "west-1"
    state = asked(state, "west-2", _sign(state, "sign-in-01"))
    assert state.holders["west"] == "west-2"
    assert current(state, "west") is None


def test_nothing_is_answered_by_a_handover() -> None:
    before = _busy()
    after = _signed(before)
    assert open_items(after, "west", T0_S) == open_items(before, "west", T0_S)
    assert set(after.waiting) == set(before.waiting)


def test_whoever_has_not_read_what_came_since_cannot_sign() -> None:
    state = asked(_busy(), "west-1", _prepare())
    read = _sign(state, "sign-out-1")
    state = folded(state, [at(WEST_M, 77)])
    with pytest.raises(Refused, match="read it again") as refused:
        decide(state, read, WHO["west-1"], T0_S)
    assert refused.value.why == "changed"
    state = asked(state, "west-1", _sign(state, "sign-out-2"))
    signature = next(iter(state.shifts.values())).outgoing
    assert signature is not None
    assert "A-77" in {item.ref for item in signature.items}


def test_the_outgoing_person_signs_first_and_each_only_for_themselves() -> None:
    state = asked(_busy(), "west-1", _prepare())
    for name, why in (("west-2", "changed"), ("east-1", "forbidden"), ("commander", "forbidden")):
        with pytest.raises(Refused) as refused:
            decide(state, _sign(state, "sign-0001"), WHO[name], T0_S)
        assert refused.value.why == why


@pytest.mark.parametrize("incoming", ["west-1", "east-1", "auditor", "maintainer", "nobody"])
def test_a_desk_is_handed_to_somebody_who_can_take_it(incoming: str) -> None:
    with pytest.raises(Refused) as refused:
        decide(_busy(), _prepare(incoming), WHO["west-1"], T0_S)
    assert refused.value.why == "wrong"


def test_a_sheet_that_was_replaced_cannot_be_signed() -> None:
    state = asked(_busy(), "west-1", _prepare())
    old = _sign(state, "sign-out-1")
    state = asked(state, "commander", Prepare(key="prepare-2", desk="west", incoming="west-2"))
    with pytest.raises(Refused, match="another was prepared"):
        decide(state, old, WHO["west-1"], T0_S)


wishes = st.lists(
    st.tuples(
        st.sampled_from(["acknowledge", "dispose", "defer", "undo", "new", "sign", "prepare"]), st.integers(1, 4)
    ),
    max_size=25,
)


@given(wishes)
@settings(max_examples=60)
def test_no_open_item_ever_vanishes_whatever_is_pressed_and_a_restart_changes_nothing(
    pressed: list[tuple[str, int]],
) -> None:
    state, records = staffed(), list[Record]()
    fresh = state
    for n, (what, alert) in enumerate(pressed):
        made = _made(state, what, alert, f"press-{n:05}", T0_S + n)
        records += made
        before = {item.ref for item in open_items(state, "west", T0_S + n)}
        state = folded(state, made)
        after = {item.ref for item in open_items(state, "west", T0_S + n)}
        disposed = {name for name, item in state.items.items() if item.disposition is not None}
        assert before - after <= disposed
    written = msgspec.json.encode(records)
    assert folded(fresh, msgspec.json.decode(written, type=list[AnyRecord])) == state
    for shift in state.shifts.values():
        if shift.incoming is not None:
            assert isinstance(shift.outgoing, Signature)


def _made(state: desk.State, what: str, alert: int, key: str, now_s: float) -> list[Record]:
    name = state.holders["west"]
    try:
        if what == "new":
            return [] if f"A-{alert}" in state.items else [at(WEST_M, alert, t_s=now_s)]
        if what == "prepare":
            other = "west-2" if name == "west-1" else "west-1"
            return list(decide(state, Prepare(key=key, desk="west", incoming=other), WHO[name], now_s))
        if what == "sign":
            shift = current(state, "west")
            if shift is None:
                return []
            who = shift.handover.incoming if shift.outgoing else shift.handover.outgoing
            read = digest(open_items(state, "west", now_s))
            return list(decide(state, Sign(key=key, handover=shift.handover.handover, digest=read), WHO[who], now_s))
        more = {"dispose": {"code": "false"}, "defer": {"seconds": 5.0}}.get(what, {})
        return list(decide(state, Act(key=key, alert=f"A-{alert}", action=what, **more), WHO[name], now_s))  # type: ignore[arg-type]
    except Refused:
        return []
