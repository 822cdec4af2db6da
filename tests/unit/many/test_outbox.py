"""The outbox: nothing is lost by a kill, what gives way is told, detections last."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import T0_S
from many_builders import bodies_of
from watchline.domain.batches import DetectionBatch, ScanBatch
from watchline.domain.errors import BadInput
from watchline.domain.records import Rejection
from watchline.ops.many import node_state
from watchline.ops.many import outbox as module
from watchline.ops.many.message import bodies, read_body
from watchline.ops.many.node_state import NodeState
from watchline.ops.many.outbox import Outbox

BIG = 1 << 30


def test_messages_come_back_in_order_with_numbers_from_one(tmp_path: Path) -> None:
    box = Outbox(tmp_path / "o.db", "T-1", BIG)
    for second in range(3):
        assert box.put(bodies_of(second))
    assert [kept.envelope.first for kept in box.after(0, 10)] == [1, 2, 3]
    assert [kept.t_s for kept in box.after(1, 10)] == [T0_S + 1, T0_S + 2]
    assert box.last_before(T0_S + 2) == 2


def test_a_number_is_never_given_twice(tmp_path: Path) -> None:
    box = Outbox(tmp_path / "o.db", "T-1", BIG)
    box.put(bodies_of(0))
    assert box.confirm(((1, 1),)) == 1
    box.close()
    again = Outbox(tmp_path / "o.db", "T-1", BIG)
    again.put(bodies_of(1))
    assert [kept.envelope.first for kept in again.after(0, 10)] == [2]
    assert again.id == box.id


def test_only_what_is_confirmed_whole_goes(tmp_path: Path) -> None:
    box = Outbox(tmp_path / "o.db", "T-1", BIG)
    for second in range(6):
        box.put(bodies_of(second))
    box.confirm(((1, 2), (4, 5)))
    assert [kept.envelope.first for kept in box.after(0, 10)] == [3, 6]


def test_a_full_outbox_gives_up_empty_looks_before_any_detection(tmp_path: Path) -> None:
    size = len(bodies_of(0)[0].data)
    box = Outbox(tmp_path / "o.db", "T-1", 20 * size)
    for second in range(60):
        box.put(bodies_of(second, found=second % 4 == 0))
    kept = box.after(0, 1000)
    bodies = [one for one in kept if one.envelope.body]
    lost = [one.envelope for one in kept if not one.envelope.body]
    assert box.bytes <= 20 * size
    assert sum(one.lost_detections for one in lost) == 0
    assert sum(one.lost_scans for one in lost) > 0
    assert len(bodies) + sum(one.lost_scans for one in lost) == 60
    covered = sorted(n for one in kept for n in range(one.envelope.first, one.envelope.last + 1))
    assert covered == list(range(1, 61))


def test_detections_go_when_nothing_else_is_left_and_are_counted(tmp_path: Path) -> None:
    size = len(bodies_of(0)[0].data)
    box = Outbox(tmp_path / "o.db", "T-1", 10 * size)
    for second in range(40):
        box.put(bodies_of(second))
    kept = box.after(0, 1000)
    there = sum(1 for one in kept if one.envelope.body)
    assert there + sum(one.envelope.lost_detections for one in kept) == 40
    assert kept[-1].envelope.body  # the newest stays


def _fill_the_disk(box: Outbox) -> None:
    pages = next(iter(box._db.execute("PRAGMA page_count")))[0]
    box._db.execute(f"PRAGMA max_page_count = {pages}").fetchall()


def test_a_full_disk_gives_up_the_oldest_looks_and_goes_on(tmp_path: Path) -> None:
    box = Outbox(tmp_path / "o.db", "T-1", BIG)
    for second in range(200):
        box.put(bodies_of(second, found=second % 2))
    _fill_the_disk(box)
    for second in range(200, 230):
        assert box.put(bodies_of(second, found=1))
    kept = box.after(0, 1000)
    assert sum(one.envelope.lost_detections for one in kept) == 0
    assert sum(one.envelope.lost_scans for one in kept) > 0


def test_what_a_refusing_disk_did_not_take_waits_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MEMORY_BODIES", 5)
    box = Outbox(tmp_path / "o.db", "T-1", BIG)
    with monkeypatch.context() as broken:

        def refuse(*_: object) -> None:
            raise apsw.IOError("the disk is gone")

        broken.setattr(box, "_insert", refuse)
        for second in range(9):
            assert not box.put(bodies_of(second, found=second % 2))
        assert "the disk is gone" in box.refused
    assert box.put(bodies_of(9))
    kept = [one.envelope for one in box.after(0, 100)]
    assert sum(one.lost_scans for one in kept) == 4
    assert sum(one.lost_detections for one in kept) == 0
    assert sum(1 for one in kept if one.body) == 6


_WRITER = """
import sys
from pathlib import Path
from many_builders import bodies_of
from watchline.ops.many.outbox import Outbox
box = Outbox(Path(sys.argv[1]), "T-1", 1 << 30)
for second in range(100000):
    if box.put(bodies_of(second)):
        print(second, flush=True)
"""


def test_what_was_put_is_there_after_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "o.db"
    script = tmp_path / "writer.py"
    script.write_text(_WRITER)
    told = []
    for _ in range(2):
        with subprocess.Popen(
            [sys.executable, str(script), str(path)], stdout=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
        ) as process:  # fmt: skip
            assert process.stdout is not None
            told += [process.stdout.readline() for _ in range(20)]
            process.send_signal(signal.SIGKILL)
            told += process.stdout.readlines()
    box = Outbox(path, "T-1", BIG)
    assert box.messages >= sum(line.endswith("\n") for line in told) >= 40


def test_another_nodes_outbox_is_refused(tmp_path: Path) -> None:
    Outbox(tmp_path / "o.db", "T-1", BIG).close()
    with pytest.raises(BadInput, match="is the outbox of T-1"):
        Outbox(tmp_path / "o.db", "T-2", BIG)
    (tmp_path / "text.db").write_text("not a database at all, but long enough to be looked at as one" * 20)
    with pytest.raises(BadInput, match="cannot be used as an outbox"):
        Outbox(tmp_path / "text.db", "T-1", BIG)


def test_it_says_how_it_is(tmp_path: Path) -> None:
    box = Outbox(tmp_path / "outbox.db", "T-1", BIG)
    assert box.state() == NodeState("T-1", 0, 0, BIG, None)
    for second in (5, 6):
        box.put(bodies_of(second))
    state = box.state()
    assert (state.messages, state.bytes, state.oldest_s) == (2, box.bytes, T0_S + 5)
    assert node_state.read(node_state.encode(state), "T-1") == state
    box.close()


@given(st.binary(max_size=60))
def test_bytes_that_are_no_word_of_the_node_are_none(data: bytes) -> None:
    found = node_state.read(data, "T-1")
    assert found is None or found.node == "T-1"
    assert node_state.read(node_state.encode(NodeState("T-2", 0, 0, 1, None)), "T-1") is None
    assert node_state.read(node_state.encode(NodeState("T-1", -1, 0, 1, None)), "T-1") is None


def test_records_of_one_step_go_in_as_many_messages_as_they_need() -> None:
    told = tuple(
        Rejection(id=f"r-{k}", t_s=T0_S, source="radio", what="bytes", rule="r" * 50_000, sample="")
        for k in range(40)
    )
    out = bodies(("radar",), ScanBatch.empty(), DetectionBatch.empty(), told, T0_S)
    assert len(out) == 3
    assert max(len(body.data) for body in out) < 1_048_576  # what the message server takes
    assert [record for body in out for record in read_body(body.data).records] == list(told)
