from __future__ import annotations

import re
from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from builders import batch_of
from watchline.domain.batches import DetectionBatch, ScanBatch, TrackBatch, batch_types

KINDS = [ScanBatch, DetectionBatch, TrackBatch]


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_batch_is_valid_and_has_no_rows(kind: type[Any]) -> None:
    assert len(kind.empty().validate()) == 0


@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_type_is_named_with_its_field(kind: type[Any]) -> None:
    columns = batch_of(kind, 3).columns()
    columns["t_s"] = columns["t_s"].astype(np.float32)
    with pytest.raises(ValueError, match=re.escape(f"{kind.__name__}.t_s: expected float64(3,), got float32(3,)")):
        kind(**columns).validate()


@pytest.mark.parametrize("name", [name for name in DetectionBatch.COLUMNS if name != "scan_id"])
def test_a_short_column_is_named(name: str) -> None:
    columns = batch_of(DetectionBatch, 3).columns()
    columns[name] = columns[name][:2]
    with pytest.raises(ValueError, match=rf"DetectionBatch\.{name}:"):
        DetectionBatch(**columns).validate()


def test_a_flat_column_where_four_wide_is_promised_is_named() -> None:
    columns = batch_of(DetectionBatch, 3).columns()
    columns["p_class"] = np.zeros(3)
    with pytest.raises(ValueError, match=r"p_class: expected float64\(3, 4\), got float64\(3,\)"):
        DetectionBatch(**columns).validate()


def test_join_keeps_the_order_of_its_parts() -> None:
    parts = [batch_of(ScanBatch, n, scan_id=np.arange(n) + 10 * n) for n in (2, 0, 3)]
    assert ScanBatch.join(parts).validate().scan_id.tolist() == [20, 21, 30, 31, 32]


def test_join_of_nothing_is_empty() -> None:
    assert len(TrackBatch.join([]).validate()) == 0


def test_take_chooses_by_mask_and_by_index_alike() -> None:
    batch = batch_of(TrackBatch, 4, track_id=np.arange(4))
    by_mask = batch.take(np.array([False, True, False, True]))
    assert by_mask.track_id.tolist() == batch.take(np.array([1, 3])).track_id.tolist() == [1, 3]
    assert len(by_mask.validate()) == 2


def test_take_leaves_the_batch_as_it_was() -> None:
    batch = batch_of(TrackBatch, 4)
    taken = batch.take(np.array([0, 1]))
    taken.xy_m[:] = 99.0
    assert (batch.xy_m == 1.0).all()


@pytest.mark.parametrize("kind", KINDS)
def test_columns_are_the_fields_in_their_order(kind: type[Any]) -> None:
    assert list(batch_of(kind, 1).columns()) == [field.name for field in fields(kind)]


def test_every_batch_has_times_for_the_ledger_to_ask_by() -> None:
    assert all("t_s" in kind.COLUMNS for kind in batch_types().values())
