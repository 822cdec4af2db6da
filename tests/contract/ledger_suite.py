"""What every ledger engine must do.  Inherit `LedgerSuite` and say how to create, open, read and verify one."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import pytest

from ledger_builders import fill, make_detections, make_drop, make_rejection, make_scans
from watchline.domain.batches import ScanBatch
from watchline.domain.errors import BadInput
from watchline.domain.records import Drop, Record


class LedgerSuite(ABC):
    """The contract.  `where` is anything that names one ledger of the engine."""

    @pytest.fixture
    @abstractmethod
    def where(self, tmp_path: Any) -> Any: ...

    @abstractmethod
    def create(self, where: Any, salt: Any = None) -> Any: ...

    @abstractmethod
    def open(self, where: Any) -> Any: ...

    @abstractmethod
    def reader(self, where: Any) -> Any: ...

    @abstractmethod
    def is_whole(self, where: Any) -> bool: ...

    def test_what_is_committed_can_be_read(self, where: Any) -> None:
        with self.create(where) as ledger:
            ledger.append(make_drop(1), 1.5)
            ledger.commit(2.0)
            with self.reader(where) as reader:
                (entry,) = reader.events()
        assert (entry.seq, entry.pos, entry.known_s, entry.value) == (1, 0, 1.5, make_drop(1))

    def test_what_is_not_cut_is_not_seen(self, where: Any) -> None:
        with self.create(where) as ledger, self.reader(where) as reader:
            ledger.append(make_drop(1), 1.5)
            ledger.wait_durable()
            assert list(reader.events()) == []
            assert reader.last_seq == 0

    def test_close_keeps_what_was_appended(self, where: Any) -> None:
        with self.create(where) as ledger:
            ledger.append(make_drop(1), 1.5)
        with self.reader(where) as reader:
            assert [entry.value for entry in reader.events()] == [make_drop(1)]
        assert self.is_whole(where)

    def test_order_is_kept_across_kinds_and_columns(self, where: Any) -> None:
        with self.create(where) as ledger:
            ledger.append(make_rejection(1), 1.0)
            ledger.append_columns(make_scans(3, 0.0), 1.0)
            ledger.append(make_drop(2), 1.0)
            ledger.append_columns(make_detections(2, 0.0), 1.0)
            ledger.append(make_rejection(3), 1.0)
            ledger.commit(2.0)
            with self.reader(where) as reader:
                values = [entry.value for entry in reader.since(0)]
        assert [v.id if isinstance(v, Record) else len(v) for v in values] == [
            "rejection-1", 3, "drop-2", 2, "rejection-3",
        ]  # fmt: skip

    def test_columns_come_back_bit_by_bit(self, where: Any) -> None:
        scans = make_scans(50, 1.7e9)
        scans.quality[::3] = 0.5
        with self.create(where) as ledger:
            ledger.append_columns(scans, 1.0)
            scans.range_m[:] = -1.0  # what was appended does not change with the caller's array
            ledger.commit(2.0)
            with self.reader(where) as reader:
                (back,) = reader.columns("scans")
        assert isinstance(back, ScanBatch)
        assert np.array_equal(back.quality, scans.quality, equal_nan=True)
        assert np.array_equal(back.t_s, scans.t_s)
        assert (back.range_m == 9000.0).all()

    def test_events_by_kind_and_half_open_time(self, where: Any) -> None:
        with self.create(where) as ledger:
            fill(ledger, 6)
            ledger.wait_durable()
            with self.reader(where) as reader:
                found = [e.value.id for e in reader.events(kinds=["drop"], t0_s=2.0, t1_s=4.0)]
                rows = np.concatenate([b.t_s for b in reader.columns("scans", t0_s=1.05, t1_s=2.05)])
        assert found == ["drop-2", "drop-3"]
        assert rows.min() >= 1.05
        assert rows.max() < 2.05

    def test_known_at_gives_the_ledger_as_it_was(self, where: Any) -> None:
        with self.create(where) as ledger:
            ledger.append(make_drop(1, t_s=10.0), 10.0)
            ledger.append(make_drop(2, t_s=5.0), 20.0)  # learned late
            ledger.append_columns(make_scans(4, 5.0), 20.0)
            ledger.commit(21.0)
            with self.reader(where) as reader:
                then = [e.value.id for e in reader.events(t0_s=0.0, t1_s=15.0, known_at_s=12.0)]
                now = [e.value.id for e in reader.events(t0_s=0.0, t1_s=15.0)]
                assert list(reader.columns("scans", known_at_s=12.0)) == []
        assert (then, now) == (["drop-1"], ["drop-1", "drop-2"])

    def test_since_gives_only_later_batches(self, where: Any) -> None:
        with self.create(where) as ledger:
            fill(ledger, 40, payloads=False)
            ledger.wait_durable()
            with self.reader(where) as reader:
                assert [e.seq for e in reader.since(38)] == [39, 39, 39, 40, 40, 40]
                assert len(list(reader.since(0))) == 120

    def test_same_appends_cuts_and_salts_give_the_same_head(self, where: Any) -> None:
        heads = set()
        for name in ("a", "b"):
            with self.create(where / name) as ledger:
                fill(ledger, 5)
                heads.add(ledger.head)
        assert len(heads) == 1

    def test_another_cut_another_salt_another_order_give_another_head(self, where: Any) -> None:
        heads = []
        for name in ("cut", "salt", "order", "plain"):
            with self.create(where / name, (lambda: bytes(16)) if name == "salt" else None) as ledger:
                ledger.put_payload(b"picture", "image/png")
                numbers = [2, 1] if name == "order" else [1, 2]
                for i in numbers:
                    ledger.append(make_drop(i, t_s=1.0), 1.0)
                    if name == "cut":
                        ledger.cut(2.0)
                ledger.cut(2.0)
                heads.append(ledger.head[1])
        assert len(set(heads)) == 4

    def test_head_is_exact_at_once_and_durable_after_wait(self, where: Any) -> None:
        with self.create(where) as ledger:
            fill(ledger, 3)
            head = ledger.head
            ledger.wait(head[0])
            with self.reader(where) as reader:
                assert reader.head == head

    def test_an_empty_cut_makes_no_batch(self, where: Any) -> None:
        with self.create(where) as ledger:
            assert ledger.cut(1.0) == 0
            ledger.append_columns(make_scans(0, 0.0), 1.0)
            ledger.commit(2.0)
            assert ledger.head == (0, "0" * 64)

    def test_the_chain_is_continued(self, where: Any) -> None:
        with self.create(where) as ledger:
            fill(ledger, 3)
            head, counts = ledger.head, ledger.counts
        with self.open(where) as ledger:
            assert (ledger.head, ledger.counts) == (head, counts)
            fill(ledger, 2)
            assert ledger.head[0] == 5
        assert self.is_whole(where)

    def test_counts_say_what_was_appended(self, where: Any) -> None:
        with self.create(where) as ledger:
            fill(ledger, 4)
            assert ledger.counts == {"drop": 4, "rejection": 4, "scans": 80, "payloads": 2}

    def test_a_payload_comes_back(self, where: Any) -> None:
        with self.create(where) as ledger:
            payload_id = ledger.put_payload(b"\x00film\xff" * 9000, "video/webm")
            ledger.commit(1.0)
            with self.reader(where) as reader:
                payload = reader.payload(payload_id)
        assert (payload.data, payload.media_type) == (b"\x00film\xff" * 9000, "video/webm")

    def test_the_same_bytes_twice_are_two_payloads(self, where: Any) -> None:
        with self.create(where) as ledger:
            assert ledger.put_payload(b"x", "a/b") != ledger.put_payload(b"x", "a/b")

    def test_a_deleted_payload_is_gone_and_the_chain_whole(self, where: Any) -> None:
        with self.create(where) as ledger:
            kept = ledger.put_payload(b"keep", "image/png")
            gone = ledger.put_payload(b"away", "image/png")
            ledger.commit(1.0)
            ledger.delete_payload(gone, "kept 30 days", 2.0, source="officer-7")
            with self.reader(where) as reader:
                assert reader.payload(gone) is None
                assert reader.payload(kept).data == b"keep"
                (entry,) = reader.events(kinds=["payload_deleted"])
            assert (entry.value.payload_id, entry.value.reason) == (gone, "kept 30 days")
            with pytest.raises(ValueError, match="is held"):
                ledger.delete_payload(gone, "again", 3.0)
            with pytest.raises(ValueError, match="use delete_payload"):
                ledger.append(entry.value, 3.0)
        assert self.is_whole(where)

    def test_deleted_rows_are_gone_the_rest_is_there_and_the_chain_whole(self, where: Any) -> None:
        with self.create(where) as ledger:
            fill(ledger, 10, payloads=False)
            ledger.wait_durable()
            with self.reader(where) as reader:
                found = reader.held_columns("scans", 0, 7.0, [(3.0, 3.1)], 100)
                assert [one.seq for one in found] == [1, 2, 3, 4, 5, 6, 7]
                assert [one.goes for one in found] == [True, True, True, False, True, True, True]
                event = ledger.delete_columns("scans", found, "kept 90 days", 20.0, source="officer-7")
                ledger.commit(20.0)
                assert (event.batches, event.sections, event.rows) == (((1, 3), (5, 7)), 6, 120)
                assert [batch.t_s[0] for batch in reader.columns("scans")] == [3.0, 7.0, 8.0, 9.0]
                assert len(list(reader.events(["drop"]))) == 10
                (entry,) = reader.events(["columns_deleted"])
                assert entry.value == event
                assert reader.emptied_until("scans") == 7
                assert not any(one.goes for one in reader.held_columns("scans", 0, 7.0, [(3.0, 3.1)], 100))
            with pytest.raises(ValueError, match="use delete_columns"):
                ledger.append(event, 21.0)
            with pytest.raises(ValueError, match="no scans to delete"):
                ledger.delete_columns("scans", [], "again", 21.0)
            assert ledger.counts["scans"] == 200
        assert self.is_whole(where)
        with self.open(where) as ledger:
            fill(ledger, 1, payloads=False)
        assert self.is_whole(where)

    def test_a_record_that_could_not_be_read_back_is_refused(self, where: Any) -> None:
        with self.create(where) as ledger:
            with pytest.raises(ValueError, match="cannot be kept"):
                ledger.append(Drop(id="d", t_s=1.0, source="s", queue=7, dropped=1), 1.0)
            with pytest.raises(ValueError, match=r"drop\.t_s must be finite"):
                ledger.append(make_drop(1, t_s=float("nan")), 1.0)
            with pytest.raises(ValueError, match="known_s must be finite"):
                ledger.append(make_drop(1), float("inf"))
            assert ledger.counts == {}

    def test_a_whole_number_for_a_time_gives_the_same_chain(self, where: Any) -> None:
        heads = []
        for name, one in (("real", 1.0), ("whole", 1)):
            with self.create(where / name) as ledger:
                ledger.append(make_drop(1, t_s=one), one)
                ledger.cut(one)
                heads.append(ledger.head)
        assert heads[0] == heads[1]

    def test_a_columnar_batch_with_a_wrong_shape_or_time_is_refused(self, where: Any) -> None:
        scans = make_scans(3, 0.0)
        scans.t_s[1] = np.nan
        with self.create(where) as ledger:
            with pytest.raises(ValueError, match=r"scans\.t_s"):
                ledger.append_columns(scans, 1.0)
            short = {name: c[:2] if name == "range_m" else c for name, c in make_scans(3, 0.0).columns().items()}
            with pytest.raises(ValueError, match=r"ScanBatch\.range_m"):
                ledger.append_columns(ScanBatch(**short), 1.0)

    def test_a_second_writer_is_refused(self, where: Any) -> None:
        with self.create(where), pytest.raises(BadInput, match="another writer"):
            self.open(where)

    def test_a_ledger_is_not_made_over_another(self, where: Any) -> None:
        self.create(where).close()
        with pytest.raises(BadInput, match="already"):
            self.create(where)

    def test_a_closed_ledger_takes_nothing(self, where: Any) -> None:
        ledger = self.create(where)
        ledger.close()
        ledger.close()
        with pytest.raises(ValueError, match="closed"):
            ledger.append(make_drop(1), 1.0)

    def test_waiting_for_what_is_not_sealed_is_a_mistake(self, where: Any) -> None:
        with self.create(where) as ledger, pytest.raises(ValueError, match="not sealed"):
            ledger.wait(1)

    def test_unknown_kinds_and_columns_are_refused(self, where: Any) -> None:
        self.create(where).close()
        with self.reader(where) as reader:
            with pytest.raises(ValueError, match="no such kind"):
                reader.events(kinds=["nonsense"])
            with pytest.raises(ValueError, match="no such columns"):
                list(reader.columns("nonsense"))

    def test_many_threads_lose_nothing(self, where: Any) -> None:
        with self.create(where) as ledger:

            def write(first: int) -> None:
                for i in range(first, first + 50):
                    ledger.append(make_drop(i), float(i))
                    ledger.commit(float(i))

            threads = [threading.Thread(target=write, args=(first,)) for first in (0, 50, 100)]
            for thread in threads:
                thread.start()
            with self.reader(where) as reader:
                while any(thread.is_alive() for thread in threads):
                    seen = [entry.seq for entry in reader.events()]
                    assert seen == sorted(seen)
            for thread in threads:
                thread.join()
        with self.reader(where) as reader:
            assert sorted(entry.value.dropped for entry in reader.events()) == list(range(150))
        assert self.is_whole(where)
