"""An alert of a live core is answered: proposed, approved by a person, ordered, answered by the unit, resumed."""

from __future__ import annotations

import socket
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from builders import T0_S, position, report
from core_builders import Step, make_core, ticks
from respond_site import AT, FAR, LINE, PEOPLE, first_proposal, script, with_units
from served import Served
from served import running as running_core
from watchline.alerting.desk.roles import Who
from watchline.domain.press import digest_of
from watchline.domain.respond import Proposal, Task, TaskApproval, TaskReport, TaskSent
from watchline.domain.site import LinkSpec
from watchline.ledger.reader import LedgerReader
from watchline.ledger.verify import verify
from watchline.links.field.report_text import sealed
from watchline.links.field.task_text import read_order
from watchline.ops.core import Core
from watchline.ops.link_hub import LinkHub
from watchline.ops.linked import LinkedFeed
from watchline.ops.people import Request
from watchline.ops.respond.wishes import Send
from watchline.server.session import Sessions

WAIT_S = 60.0


def served(core: Core, directory: Path, who: str) -> Served:
    """Return the screen of a person at a core."""
    people = tuple(Who(p.name, p.role, p.desk) for p in PEOPLE)
    made = Served(core, Sessions("desk-1", people), directory)
    token = made.sessions.new_seat_token(next(p for p in people if p.name == who))
    made.get(f"/?token={token}")
    return made


def screen(made: Served, who: str) -> Served:
    """Return another person's screen at the same server."""
    return served(made.core, made.directory, who)


def send(at: Served, option: dict[str, Any], digest: str, alert: str, key: str) -> Any:
    body = {"ask": "send", "key": key, "alert": alert, "unit": option["unit"], "digest": digest}
    return at.ask("POST", "/api/respond", json=body)


@pytest.mark.slow
def test_from_an_alert_to_a_unit_on_scene_and_on_after_a_restart(tmp_path: Path) -> None:
    core = make_core(tmp_path, script, with_units())
    proposal = first_proposal(core)
    best = proposal.options[0]
    assert {option.unit for option in proposal.options} == set(AT)
    assert best.unit in ("patrol-1", "guard-1")  # the near ones
    assert best.chosen
    assert core.picture.tasking.jobs == {}  # nothing goes by itself
    with running_core(core, 0.1):
        lead = served(core, tmp_path, "lead")
        got = lead.get("/api/respond").json()
        (shown,) = (p for p in got["proposals"] if p["proposal"]["alert"] == proposal.alert)
        options = {o["unit"]: (o, d) for o, d in zip(shown["proposal"]["options"], shown["digests"], strict=True)}
        option, digest = options["patrol-1"]
        # The wrong people, and the right ones with the wrong thing.
        assert send(screen(lead, "audit"), option, digest, proposal.alert, "audit-0001").status_code == 403
        assert send(screen(lead, "other"), option, digest, proposal.alert, "other-0001").status_code == 403
        assert send(lead, *options["guard-1"], proposal.alert, "lead-00001").status_code == 403
        assert send(lead, option, "0" * 16, proposal.alert, "lead-00002").status_code == 409
        assert lead.kept("task") == lead.kept("task_approval") == []
        # The deputy has it delegated.
        deputy = screen(lead, "deputy")
        assert send(deputy, option, digest, proposal.alert, "deputy-001").json()["durable"]
        assert send(deputy, option, digest, proposal.alert, "deputy-001").json()["id"] == "K-1"  # pressed twice
        assert send(lead, option, digest, proposal.alert, "lead-00003").status_code == 409  # it is on its way
        (approval,), (task,) = lead.kept("task_approval"), lead.kept("task")
        assert isinstance(task, Task)
        assert (approval.operator, approval.by_right) == ("deputy", "lead, delegated")
        assert task.approval == approval
        assert task.provenance == (approval.id,)
        assert len(until(lead, "task_sent")[0].say.encode()) <= 200
        # The unit answers from its phone.
        phone = served(core, tmp_path, "lead").as_reporter("patrol-1")
        (order,) = phone.get("/field/tasks").json()["tasks"]
        body = order["line"].rpartition(" *")[0]
        assert (read_order(body).unit, read_order(body).number, order["state"]) == ("patrol-1", 1, "sent")
        for state in ("accepted", "en_route"):
            line = sealed(f"WL1 A patrol-1.1 {stamp(core.clock.now_s)} {state}", check=False)
            (receipt,) = phone.ask("POST", "/field/reports", content=line).json()["receipts"]
            assert receipt["accepted"], receipt
        assert [r.state for r in lead.kept("task_report")] == ["accepted", "en_route"]
    core.close()
    again = make_core(tmp_path, script, with_units())
    job = again.picture.tasking.jobs["K-1"]
    assert job.state == "en_route"
    assert again.picture.tasking.job_of("patrol-1") == job
    with running_core(again):
        lead = served(again, tmp_path, "lead")
        body = {"ask": "tell", "key": "lead-00010", "task": "K-1", "state": "on_scene"}
        assert lead.ask("POST", "/api/respond", json=body).status_code == 200
        done = {**body, "key": "lead-00011", "state": "done", "result": "found"}
        assert lead.ask("POST", "/api/respond", json=done).status_code == 200
        assert lead.ask("POST", "/api/respond", json={**done, "key": "lead-00012"}).status_code == 409
    again.close()
    assert again.picture.tasking.jobs["K-1"].state == "done"
    assert again.picture.tasking.eta["wheels"].journeys == 1
    with LedgerReader(tmp_path / "ledger") as reader:
        kept = [e.value for e in reader.events(["proposal", "task_approval", "task", "task_sent", "task_report"])]
    kinds = [type(r) for r in kept]
    assert kinds.index(Proposal) < kinds.index(TaskApproval) < kinds.index(Task) < kinds.index(TaskSent)
    assert kinds.count(Task) == kinds.count(TaskApproval) == 1
    assert kinds.count(TaskReport) == 4
    assert verify(tmp_path / "ledger").whole


def test_nobody_answers_so_somebody_else_is_told(tmp_path: Path) -> None:
    core = make_core(tmp_path, script, with_units())
    proposal = first_proposal(core)
    option = next(o for o in proposal.options if o.unit == "patrol-1")
    wish = Send(key="lead-00001", alert=proposal.alert, unit="patrol-1", digest=digest_of(option))
    asked = core.people.ask(Request(Who("lead", "shift_commander"), wish))
    ticks(core, 250)
    assert asked.result(timeout=0.0) == "K-1"
    told = core.picture.tasking.jobs["K-1"].told
    assert [(t.why, t.to) for t in told] == [("no_answer", "approver"), ("no_answer", "shift_commander")]
    core.close()


def until(at: Served, kind: str, count: int = 1) -> list[Any]:
    """Return the records of a kind once there are so many."""
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        kept = at.kept(kind)
        if len(kept) >= count:
            return kept
        time.sleep(0.05)
    raise AssertionError(f"no {kind}")


def stamp(t_s: float) -> str:
    return time.strftime("%y%m%dT%H%M%SZ", time.gmtime(t_s))


@pytest.mark.slow
def test_a_link_lost_in_the_middle_leaves_a_state_to_read_and_the_order_goes_out_later(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    radio = LinkSpec(
        id="radio", protocol="report_text", direction="listen", address=f"udp:127.0.0.1:{port}", allow=("patrol-1",)
    )
    core = make_core(tmp_path, script, msgspec.structs.replace(with_units(), links=(radio,)))
    proposal = first_proposal(core)
    option = next(o for o in proposal.options if o.unit == "patrol-1")
    hub = LinkHub(core.loaded, lambda: core.clock.now_s, (), core.terrain)
    core._feed = LinkedFeed(core._feed, hub.take, core.loaded, core.terrain)
    with closing(hub), running_core(core, 0.05, each=lambda: hub.publish(core.picture, core.make_durable)):
        lead = served(core, tmp_path, "lead")
        assert send(lead, {"unit": "patrol-1"}, digest_of(option), proposal.alert, "lead-00001").status_code == 200
        (told,) = until(lead, "task_escalation")[:1]
        assert (told.why, told.to) == ("not_sent", "approver")  # no radio is heard: it is kept, and said
        (job,) = lead.get("/api/respond").json()["tasks"]
        assert (job["state"], job["over"], job["sent"]) == ("sent", False, [])
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
            phone.connect(("127.0.0.1", port))
            phone.settimeout(WAIT_S)
            phone.send(sealed(f"WL1 V patrol-1.7 {stamp(time.time())}", check=True))
            lines = [phone.recv(500), phone.recv(500)]  # a receipt, and the order
            (order,) = (line for line in lines if line.startswith(b"WL1 T"))
            assert len(order) <= 200
            assert read_order(order.decode().rpartition(" *")[0]).number == 1
            (sent,) = until(lead, "task_sent")
            assert (sent.link, sent.task) == ("radio", "K-1")
            phone.send(sealed(f"WL1 A patrol-1.1 {stamp(time.time())} accepted", check=False))
            assert until(lead, "task_report")[0].state == "accepted"
    core.close()
    assert [(t.why, t.to) for t in lead.kept("task_escalation")][:1] == [("not_sent", "approver")]


def test_a_stretch_without_a_patrol_is_told_and_taken_back(tmp_path: Path) -> None:
    """Only the far patrol is heard, on foot: what it cannot reach in half an hour is told until another is."""
    slow = msgspec.structs.replace(
        with_units(), units=tuple(msgspec.structs.replace(u, speed_m_s=2.0) for u in with_units().units)
    )

    def heard(now_s: float) -> Step:
        step = Step()
        if round(now_s - T0_S) % 10 == 1:
            step.records.append(report("patrol-2", position(LINE, *FAR), now_s))
            if now_s > T0_S + 200.0:
                step.records.append(report("guard-1", position(LINE, 8000.0, 500.0), now_s))
        return step

    core = ticks(make_core(tmp_path, heard, slow), 190)
    assert core.picture.uncovered is not None
    (waits,) = core.picture.uncovered.stretches
    assert 5.0 <= waits.from_km <= 6.0
    assert waits.to_km == pytest.approx(10.0, abs=1e-3)
    assert core.picture.uncovered.busy == ("patrol-1", "guard-1")
    (alert,) = (item.alert for item in core.picture.alerts.values() if item.alert.what == "line_uncovered")
    assert (alert.state, alert.provenance) == ("open", (core.picture.uncovered.id,))
    assert 5500.0 <= alert.position.s_m <= 8000.0
    ticks(core, 120)
    assert core.picture.uncovered.stretches == ()
    assert core.picture.alerts[alert.alert].alert.state == "closed"
    core.close()
    kept = Served(core, Sessions("desk-1"), tmp_path).kept("line_uncovered")
    assert [len(record.stretches) for record in kept] == [1, 0]
