from __future__ import annotations

import numpy as np
import pytest

from ledger_builders import make_detections, make_scans
from watchline.domain.batches import TrackBatch
from watchline.ledger.columns import PackedColumn, column_name_of, pack_columns, unpack_column, unpack_columns
from watchline.ledger.errors import LedgerBroken


def test_a_column_packs_as_the_specification_says() -> None:
    scans = make_scans(3, 0.0)
    packed = next(c for c in pack_columns(scans) if c.name == "scan_id")
    # 0, 1, 2 are steps 0, 1, 1; first the low bytes of all rows, then the next ones
    assert packed == PackedColumn("scan_id", "<i4", 1, bytes([0, 1, 1]) + bytes(9))


def test_wide_columns_go_row_against_row() -> None:
    detections = make_detections(2, 0.0)
    detections.p_class[:] = [[1, 2, 3, 4], [1, 2, 3, 4]]
    packed = next(c for c in pack_columns(detections) if c.name == "p_class")
    assert packed.width == 4
    assert np.frombuffer(packed.data, np.uint8).reshape(32, 2)[:, 1].any() == np.False_
    assert unpack_column(2, packed).tolist() == detections.p_class.tolist()


def test_every_bit_of_a_float_comes_back() -> None:
    scans = make_scans(6, 0.0)
    odd = np.array([0x7FF8000000000001, 0x8000000000000000, 0xFFF0000000000000, 1, 0x7FF0DEADBEEF0000, 0], np.uint64)
    scans.quality[:] = odd.view(np.float64)
    back = unpack_columns("scans", 6, pack_columns(scans))
    assert back.columns()["quality"].view(np.uint64).tolist() == odd.tolist()


def test_columns_of_another_version_are_refused() -> None:
    with pytest.raises(LedgerBroken, match="columns"):
        unpack_columns("scans", 2, pack_columns(make_scans(2, 0.0))[:-1])


def test_names_are_those_of_the_domain() -> None:
    assert column_name_of(TrackBatch.empty()) == "tracks"
    with pytest.raises(TypeError, match="expected one of"):
        column_name_of(object())  # type: ignore[arg-type]
