"""The dispatcher asks beside the core: answers have their place, late ones are dropped, a dead worker is replaced."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from builders import T0_S, action, alert, sighting
from core_builders import SENSORS, Step, make_core, ticks
from respond_site import first_proposal, script, with_units
from watchline.alerting.desk.roles import Who
from watchline.domain.press import digest_of
from watchline.domain.records import Drop, Suppression, WorkerFault
from watchline.domain.respond import Proposal
from watchline.ledger.reader import LedgerReader
from watchline.ops.core import Core
from watchline.ops.people import Request
from watchline.ops.respond.land import Ground
from watchline.ops.respond.proposer import Answer, Question
from watchline.ops.respond.wishes import Send
from watchline.ops.respond.worker import Inline, Process, Proposer, Proposers

WAIT_S = 60.0
REAL = 1000.0  # a clock that waits for nobody, only faster than the wall's


class Slow(Inline):
    """Answers after so many steps of the core."""

    def __init__(self, ground: Ground, steps: int) -> None:
        super().__init__(ground)
        self._steps, self._left = steps, 0
        self.asked: list[Question] = []

    def ask(self, question: Question) -> None:
        assert self._answer is None  # one question at a time
        super().ask(question)
        self.asked.append(question)
        self._left = self._steps

    def take(self, *, wait: bool) -> Answer | None:
        self._left -= 1
        return super().take(wait=wait) if wait or self._left <= 0 else None


class Faulty(Inline):
    """Fails once."""

    fault = "the process died"

    def take(self, *, wait: bool) -> Answer | None:
        answer = super().take(wait=wait)
        if answer is None or not self.fault:
            return answer
        said, self.fault = self.fault, ""
        return Answer({}, fault=said)


def _core(directory: Path, proposers: Proposers, speed: float | None = REAL) -> Core:
    return make_core(directory, script, with_units(), proposers=proposers, speed=speed)


def _kept(core: Core, *kinds: str) -> list[object]:
    core.make_durable()
    with LedgerReader(core.ledger.directory) as reader:
        return [entry.value for entry in reader.events(list(kinds))]


def test_what_is_proposed_bears_the_time_at_which_it_was_asked(tmp_path: Path) -> None:
    made: list[Slow] = []

    def slow(ground: Ground) -> Proposer:
        made.append(Slow(ground, 7))
        return made[0]

    core = ticks(_core(tmp_path, slow), 60)
    proposals = [r for r in _kept(core, "proposal") if isinstance(r, Proposal)]
    assert proposals
    assert {p.t_s for p in proposals} <= {q.now_s for q in made[0].asked}
    assert all(p.holds_s == p.t_s + 300.0 for p in proposals)
    core.close()


def test_an_answer_that_comes_too_late_is_dropped_and_counted(tmp_path: Path) -> None:
    core = ticks(_core(tmp_path, lambda ground: Slow(ground, 90)), 130)
    (drop,) = _kept(core, "drop")
    assert isinstance(drop, Drop)
    assert (drop.queue, drop.dropped) == ("proposals", 1)
    assert not core.picture.tasking.proposals
    core.close()


def test_a_fault_is_told_and_what_was_asked_is_asked_again(tmp_path: Path) -> None:
    core = ticks(_core(tmp_path, Faulty), 90)
    (fault,) = _kept(core, "worker_fault")
    assert isinstance(fault, WorkerFault)
    assert (fault.worker, fault.fault) == ("proposals", "the process died")
    (proposal,) = core.picture.tasking.proposals.values()
    assert proposal.t_s >= fault.t_s + 30.0
    core.close()


def test_a_unit_under_way_is_led_on_when_they_would_meet_elsewhere(tmp_path: Path) -> None:
    def turning(now_s: float) -> Step:
        """Return the walker, who turns to the east after two minutes."""
        step, second = script(now_s), round(now_s - T0_S)
        if second > 120:
            at = [1.5 * (second - 120), 1820.0 - 0.7 * (second - 120)]
            step.detections = sighting(3 * second, 1, SENSORS[1], now_s, at)
        return step

    core = make_core(tmp_path, turning, with_units(), speed=REAL)
    first = first_proposal(core)
    best = next(o for o in first.options if o.unit == "patrol-1")
    wish = Send(key="press-000001", alert=first.alert, unit="patrol-1", digest=digest_of(best))
    core.people.ask(Request(Who("lead", "shift_commander"), wish))
    ticks(core, 1)
    (job,) = core.picture.tasking.jobs.values()
    moved = job.task.option.place
    for _ in range(400):
        ticks(core, 1)
        found = core.picture.tasking.proposals[first.alert]
        if found.t_s > job.task.t_s:
            break
    (option,) = found.options
    assert option.led
    assert option.unit == "patrol-1"
    assert abs(option.place.s_m - moved.s_m) + abs(option.place.d_m - moved.d_m) > 200.0
    core.close()


def test_those_whom_a_mass_event_stands_for_are_proposed_for_and_taken_with_it(tmp_path: Path) -> None:
    core = _core(tmp_path, Inline)
    first = first_proposal(core)
    for record in (
        alert("A-99", core.clock.now_s, what="mass_event", members=(first.alert,)),
        Suppression(
            id="s", t_s=core.clock.now_s, source="desk", what=first.alert, rule="mass_event", by="A-99",
            until_s=core.clock.now_s + 600.0, alert_kind="approaching",
        ),
        action(1, "acknowledge", core.clock.now_s + 1.0, "A-99"),
    ):  # fmt: skip
        core.picture.apply(record)
    assert core.picture.alerts[first.alert].state(core.clock.now_s) == "deferred"
    ticks(core, 12)
    again = core.picture.tasking.proposals[first.alert]
    assert again.t_s > first.t_s  # by where everybody is when the mass event was taken
    option = next(o for o in again.options if o.unit == "patrol-1")
    wish = Send(key="press-000001", alert=first.alert, unit=option.unit, digest=digest_of(option))
    asked = core.people.ask(Request(Who("lead", "shift_commander"), wish))
    ticks(core, 1)
    assert asked.result(timeout=0.0) == "K-1"
    core.close()


@pytest.mark.slow
def test_a_free_clock_gives_the_same_chain_whoever_answers(tmp_path: Path) -> None:
    heads = []
    for name, proposers in (("inline", Inline), ("process", Process), ("again", Process)):
        core = ticks(_core(tmp_path / name, proposers, None), 80)
        assert core.picture.tasking.proposals
        core.close()
        heads.append(core.ledger.head)
    assert heads[0] == heads[1] == heads[2]


@pytest.mark.slow
def test_a_process_that_was_killed_is_replaced(tmp_path: Path) -> None:
    made: list[Process] = []

    def process(ground: Ground) -> Proposer:
        made.append(Process(ground))
        return made[0]

    core = _core(tmp_path, process)
    made[0]._beside._process.kill()
    made[0]._beside._process.join()
    until = time.monotonic() + WAIT_S
    while not core.picture.tasking.proposals and time.monotonic() < until:
        ticks(core, 1)
        time.sleep(0.02)  # it starts anew beside us
    assert len(_kept(core, "worker_fault")) == 1
    assert core.picture.tasking.proposals
    core.close()
