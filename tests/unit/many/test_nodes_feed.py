"""Messages of nodes in the ledger: each once, in whatever order, however often, whenever the core is killed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import T0_S, site, write_site
from ledger_builders import counting_salt
from many_builders import RADAR, HandedOver, bodies_of, times
from watchline.domain.batches import DetectionBatch
from watchline.domain.nodes import ClockJump, NodeReceipt
from watchline.domain.records import Rejection
from watchline.ledger.reader import LedgerReader
from watchline.ledger.store import LEDGER_DB
from watchline.ledger.writer import Ledger
from watchline.ops.clock import Clock
from watchline.ops.core import Core
from watchline.ops.many.message import Envelope, bodies, encode, read_body, read_envelope
from watchline.ops.many.node_clock import NodeClock
from watchline.ops.many.nodes_feed import NodesFeed, numbers_of
from watchline.ops.many.numbers import NumberSet
from watchline.ops.many.outbox import Outbox
from watchline.ops.many.receiver import Arrived
from watchline.ops.quiet import QuietFeed
from watchline.ops.resume import nothing_before, read_before
from watchline.ops.site_file import read_site

BIG = 1 << 30


@dataclass
class _Site:
    core: Core
    source: HandedOver
    directory: Path

    def ticks(self, count: int) -> None:
        for _ in range(count):
            self.core.tick()

    def detections(self) -> list[float]:
        with LedgerReader(self.directory / "ledger") as reader:
            found = [b for b in reader.columns("detections") if isinstance(b, DetectionBatch)]
            return times(found) if found else []

    def kept(self, kind: str) -> list[object]:
        with LedgerReader(self.directory / "ledger") as reader:
            return [entry.value for entry in reader.events([kind])]


def _core(directory: Path, at_s: float = T0_S) -> _Site:
    loaded = read_site(write_site(directory / "site", site(RADAR)))
    ledger = directory / "ledger"
    goes_on = (ledger / LEDGER_DB).exists()
    known = (loaded.site, loaded.line)
    before = read_before(ledger, *known) if goes_on else nothing_before(*known)
    source = HandedOver()
    core = Core(
        loaded, loaded.terrain(), NodesFeed(QuietFeed(), source, loaded.site, numbers_of(before.receipts)), None,
        (Ledger.open if goes_on else Ledger.create)(ledger, counting_salt()), Clock(at_s, 1.0),
        fidelity="detections", seed=1, simulated=True, before=before,
    )  # fmt: skip
    return _Site(core, source, directory)


def _outbox(directory: Path, seconds: int, found: int = 1) -> Outbox:
    box = Outbox(directory / "outbox.db", "T-1", BIG)
    for second in range(seconds):
        box.put(bodies_of(second, found))
    return box


def test_each_detection_lies_in_the_ledger_once_whatever_comes_twice_or_backwards(tmp_path: Path) -> None:
    one = _core(tmp_path)
    box = _outbox(tmp_path, 8)
    one.source.deliver(box, [8, 3, 3, 1, 2, 8, 7, 5, 6, 4, 1])
    one.ticks(6)
    one.source.deliver(box)
    one.ticks(6)
    one.core.close()
    assert one.detections() == [T0_S + second for second in range(8)]
    receipts = one.kept("node_receipt")
    assert sum(r.detections for r in receipts if isinstance(r, NodeReceipt)) == 8
    assert len(one.source.settled) == 11 + 8
    assert one.source.kept[("T-1", box.id)].numbers == ((1, 8),)


def test_nothing_is_settled_before_it_is_durable(tmp_path: Path) -> None:
    one = _core(tmp_path)
    one.source.deliver(_outbox(tmp_path, 3))
    one.ticks(2)
    assert one.source.settled == []
    one.ticks(4)
    one.core.ledger.wait_durable()
    one.ticks(1)
    assert len(one.source.settled) == 3
    one.core.close()


def test_a_core_that_goes_on_with_a_ledger_knows_what_it_holds(tmp_path: Path) -> None:
    one = _core(tmp_path)
    box = _outbox(tmp_path, 6)
    one.source.deliver(box, [1, 2, 5])
    one.ticks(3)
    one.core.close()
    again = _core(tmp_path, T0_S + 20.0)
    again.source.deliver(box)
    again.ticks(3)
    again.core.close()
    assert again.detections() == [T0_S + second for second in range(6)]


def test_what_was_taken_and_not_cut_before_a_kill_comes_again(tmp_path: Path) -> None:
    one = _core(tmp_path)
    box = _outbox(tmp_path, 6)
    one.source.deliver(box, [1, 2])
    one.ticks(6)
    one.core.ledger.wait_durable()
    one.source.deliver(box, [3, 4])
    one.ticks(1)
    one.core.ledger._stop()  # what was appended since the cut is gone, as after a kill
    again = _core(tmp_path, T0_S + 20.0)
    again.source.deliver(box)
    again.ticks(6)
    again.core.close()
    assert again.detections() == [T0_S + second for second in range(6)]


def test_what_comes_hours_late_is_kept_and_does_not_move_the_picture(tmp_path: Path) -> None:
    one = _core(tmp_path, T0_S + 3600.0)
    one.source.deliver(_outbox(tmp_path, 5))
    one.ticks(1)
    assert len(one.core.picture.tracks) == 0
    one.core.close()
    assert one.detections() == [T0_S + second for second in range(5)]
    (receipt,) = one.kept("node_receipt")
    assert isinstance(receipt, NodeReceipt)
    assert (receipt.late_scans, receipt.late_detections, receipt.ahead) == (5, 5, 0)


def test_a_look_five_seconds_late_still_makes_the_track(tmp_path: Path) -> None:
    one, other = _core(tmp_path / "a"), _core(tmp_path / "b")
    (tmp_path / "x").mkdir()
    box = _outbox(tmp_path / "x", 12)
    for second in range(1, 13):
        one.source.deliver(box, [second])
        one.ticks(1)
        if second % 4 == 0:
            other.source.deliver(box, [second, second - 2, second - 1, second - 3])
        other.ticks(1)
    here, there = one.core.picture.tracks, other.core.picture.tracks
    assert len(here) == len(there) == 1
    np.testing.assert_allclose(here.xy_m, there.xy_m, atol=1e-6)
    one.core.close()
    other.core.close()


def test_times_beyond_the_cores_clock_are_history_and_counted(tmp_path: Path) -> None:
    one = _core(tmp_path, T0_S - 100.0)
    one.source.deliver(_outbox(tmp_path, 2))
    one.ticks(1)
    one.core.close()
    (receipt,) = one.kept("node_receipt")
    assert isinstance(receipt, NodeReceipt)
    assert (receipt.ahead, receipt.late_detections) == (2, 2)


def test_damage_and_strangers_are_refused_in_the_ledger(tmp_path: Path) -> None:
    one = _core(tmp_path)
    box = _outbox(tmp_path, 1)
    good = box.after(0, 1)[0].envelope
    stranger = bodies_of(1, 1, "no-such-sensor")[0].data
    bad = [
        b"\xc1", encode(Envelope("T-1", "x", 1, 1, b"\x91\x05")), encode(Envelope("T-1", "x", 0, 0, b"")),
        encode(Envelope("T-2", "x", 1, 1, good.body)), encode(Envelope("T-1", "y", 1, 1, stranger)),
    ]  # fmt: skip
    one.source.came += [Arrived("T-1", data, k) for k, data in enumerate(bad)]
    one.ticks(1)
    one.core.close()
    refused = [r.rule for r in one.kept("rejection") if isinstance(r, Rejection)]
    assert len(refused) == 5
    assert "no-such-sensor" in refused[4]
    assert one.detections() == []
    assert len(one.source.settled) == 5


def test_what_gave_way_is_told(tmp_path: Path) -> None:
    one = _core(tmp_path)
    one.source.came.append(Arrived("T-1", encode(Envelope("T-1", "x", 1, 7, b"", 6, 2)), 0))
    one.ticks(1)
    one.core.close()
    (receipt,) = one.kept("node_receipt")
    assert isinstance(receipt, NodeReceipt)
    assert (receipt.numbers, receipt.lost_scans, receipt.lost_detections) == (((1, 7),), 6, 2)


def test_records_of_a_node_are_kept(tmp_path: Path) -> None:
    one = _core(tmp_path)
    jump = ClockJump(id="clock-1", t_s=T0_S, source="T-1", node="T-1", jump_s=-3.0)
    box = Outbox(tmp_path / "o.db", "T-1", BIG)
    from watchline.domain.batches import ScanBatch

    box.put(bodies((), ScanBatch.empty(), DetectionBatch.empty(), (jump,), T0_S))
    one.source.deliver(box)
    one.ticks(1)
    one.core.close()
    assert one.kept("clock_jump") == [jump]


def test_a_nodes_clock_does_not_jump_unsaid() -> None:
    now = {"wall": 1000.0, "steady": 5.0}
    clock = NodeClock("T-1", lambda: now["wall"], lambda: now["steady"])
    now["wall"], now["steady"] = 1010.0, 15.0
    assert clock.look() is None
    now["wall"], now["steady"] = 4611.0, 16.0
    assert clock.now_s() == 1011.0  # until it is looked at, the old time goes on
    jump = clock.look()
    assert jump is not None
    assert (jump.t_s, jump.jump_s, clock.now_s()) == (1011.0, 3600.0, 4611.0)
    assert clock.look() is None


def test_a_message_comes_back_as_it_was_made() -> None:
    parts = bodies_of(3, 120)
    assert [(p.scans, p.detections) for p in parts] == [(1, 120)]
    envelope = read_envelope(encode(Envelope("T-1", "x", 4, 4, parts[0].data)))
    content = read_body(envelope.body)
    assert content.sensors == (RADAR.id,)
    assert len(content.detections) == 120
    assert np.isfinite(content.detections.t_s).all()


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 40), st.integers(0, 6))))
def test_a_set_of_numbers_is_what_was_added(added: list[tuple[int, int]]) -> None:
    numbers, plain = NumberSet(), set[int]()
    for first, more in added:
        assert numbers.holds(first, first + more) == plain.issuperset(range(first, first + more + 1))
        numbers.add(first, first + more)
        plain |= set(range(first, first + more + 1))
    got = [n for first, last in numbers.intervals for n in range(first, last + 1)]
    assert got == sorted(plain)
    assert all(b[0] > a[1] + 1 for a, b in zip(numbers.intervals, numbers.intervals[1:], strict=False))
