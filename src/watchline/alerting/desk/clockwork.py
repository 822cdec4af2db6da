"""What the time alone asks for: somebody else is told, a test begins or is missed, an exercise goes on."""

from __future__ import annotations

import math
from collections.abc import Iterator

from watchline.alerting.desk.item import Item
from watchline.alerting.desk.made import made_alert
from watchline.alerting.desk.state import State, Test, alerts_of
from watchline.domain.desk import Escalation, SeededOutcome, SeededTest
from watchline.domain.records import Record
from watchline.domain.site import Desk

STEPS = ("shift_commander", "every_desk")
TEST_OFFSET_M = (-1500.0, -300.0)
MOST_WAITING = 1  # a desk with more unanswered alerts than this is not tested: it has work
SHIFT_S = 12 * 3600.0


def due(state: State, now_s: float, since_s: float, chance: tuple[float, ...]) -> list[Record]:
    """Return the records that the time from `since_s` to `now_s` asks for.

    chance: numbers 0..1, six for each desk in their order; none are needed where no tests are seeded.
    """
    out: list[Record] = [*_told(state, now_s), *_script(state, now_s), *_ended(state, now_s)]
    if state.setup.seeded_per_12_h > 0 and len(chance) >= 6 * len(state.setup.desks):
        for n, desk in enumerate(state.setup.desks):
            out += _seeded(state, desk, now_s, now_s - since_s, chance[6 * n : 6 * n + 6], n)
    return out


def _told(state: State, now_s: float) -> Iterator[Record]:
    for alert in state.waiting:
        item = state.items[alert]
        step = len(item.escalated)
        limit_s = state.setup.limit_s(item.alert) * (step + 1)
        waited_s = now_s - item.waiting_since_s
        if step < len(STEPS) and waited_s >= limit_s:
            yield Escalation(
                id=f"{alert}-told-{item.told + 1}",
                t_s=now_s,
                source="desk",
                exercise=state.setup.exercise,
                alert=alert,
                step=step + 1,
                to=STEPS[step],  # type: ignore[arg-type]
                waited_s=round(waited_s, 1),
                limit_s=limit_s,
            )


def _script(state: State, now_s: float) -> Iterator[Record]:
    for alert in state.script:
        if alert.t_s > now_s:
            return
        if alert.alert not in state.items:
            yield alert


# -- seeded tests ------------------------------------------------------------------------------------------


def _seeded(
    state: State, desk: Desk, now_s: float, elapsed_s: float, chance: tuple[float, ...], place: int
) -> Iterator[Record]:
    """Begin a test with the chance that the set rate gives to this step: no memory, so a restart changes nothing."""
    p_now = -math.expm1(-state.setup.seeded_per_12_h / SHIFT_S * max(elapsed_s, 0.0))
    if chance[0] >= p_now or not can_be_tested(state, desk, now_s):
        return
    number = next_test(state, place)
    s_m = 1000.0 * (desk.from_km + chance[1] * (desk.to_km - desk.from_km))
    nearest, farthest = TEST_OFFSET_M[1], TEST_OFFSET_M[0]
    alert = made_alert(state.setup, number, "approaching", s_m, nearest + chance[5] * (farthest - nearest), now_s,
                       (chance[2], chance[3], chance[4], 0.2))  # fmt: skip
    yield SeededTest(
        id=f"seeded-{number}", t_s=now_s, source="desk", test=number, desk=desk.id,
        person=state.holders[desk.id], alert=alert,
    )  # fmt: skip


def next_test(state: State, place: int = 0) -> str:
    """Return a number that no test has had; place: how many begin before it in the same step."""
    return f"T-{max((int(test.removeprefix('T-')) for test in state.tests), default=0) + 1 + place}"


def can_be_tested(state: State, desk: Desk, now_s: float) -> bool:
    """Return whether somebody sits there who has time: no distress, no flood, no test already."""
    mine = [item for item in alerts_of(state, desk.id) if now_s - (item.shown_s or 0.0) < 86_400.0]
    waiting = [item for item in mine if item.alert.alert in state.waiting]
    recent = sum(now_s - (item.shown_s or 0.0) < 600.0 for item in mine)
    return (
        desk.id in state.holders
        and len(waiting) <= MOST_WAITING
        and not any(item.alert.what == "distress" for item in waiting)
        and recent <= 2 * state.setup.alarms_per_10_min
        and all(test.outcome is not None for test in state.tests.values() if test.test.desk == desk.id)
    )


def _ended(state: State, now_s: float) -> Iterator[Record]:
    for test in state.tests.values():
        if test.outcome is not None:
            continue
        waited_s = now_s - test.test.t_s
        if _grave(state, test):
            yield outcome(test, "withdrawn", now_s)
        elif waited_s >= state.setup.limit_s(test.test.alert):
            yield outcome(test, "missed", now_s)


def _grave(state: State, test: Test) -> bool:
    def distress(item: Item) -> bool:
        return item.alert.what == "distress" and item.desk == test.test.desk

    return any(distress(state.items[alert]) for alert in state.waiting)


def outcome(test: Test, how: str, now_s: float, *, record_id: str = "", person: str = "", action: str = "") -> Record:
    """Return how a test ended."""
    return SeededOutcome(
        id=record_id or f"seeded-{test.test.test}-end",
        t_s=now_s,
        source=person or "desk",
        provenance=(test.test.id,),
        test=test.test.test,
        desk=test.test.desk,
        outcome=how,  # type: ignore[arg-type]
        waited_s=round(now_s - test.test.t_s, 1),
        person=person,
        action=action,
    )
