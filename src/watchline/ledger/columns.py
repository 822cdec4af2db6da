"""Columnar batches as bytes, and back, bit by bit.

Theory: each column is read as unsigned little-endian words of its own width, the row above is subtracted
(modulo 2^width), and the bytes are transposed so that the first bytes of all words lie together, then the
second ones.  Slowly changing numbers become runs of zeros, which deflate packs well.  No bit is lost,
so NaN and -0.0 come back as they were.
"""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from watchline.domain.batches import _Batch, batch_types
from watchline.ledger.errors import LedgerBroken

COLUMN_NAMES: frozenset[str] = frozenset(batch_types())
_NAME_OF: dict[type[_Batch], str] = {kind: name for name, kind in batch_types().items()}


class PackedColumn(msgspec.Struct, frozen=True, array_like=True):
    """One column as written: dtype is numpy's little-endian name ("<f8"), width the numbers per row."""

    name: str
    dtype: str
    width: int
    data: bytes


def column_name_of(batch: _Batch) -> str:
    """Return the name under which a batch is stored; TypeError when it is not one of `batch_types()`."""
    name = _NAME_OF.get(type(batch))
    if name is None:
        raise TypeError(f"expected one of {sorted(COLUMN_NAMES)}, got {type(batch).__name__}")
    return name


def pack_columns(batch: _Batch) -> tuple[PackedColumn, ...]:
    """Return the columns of a validated batch, packed; the batch is not changed and may be changed afterwards."""
    return tuple(_pack(name, column) for name, column in batch.columns().items())


def unpack_columns(name: str, rows: int, packed: tuple[PackedColumn, ...]) -> _Batch:
    """Return the batch; LedgerBroken when its columns are not those this version knows.

    Columns that versions before this one did not write are filled (`ADDED`).
    """
    kind = batch_types()[name]
    written = [(c.name, c.dtype, c.width) for c in packed]
    expected = [
        (column, np.dtype(dtype).newbyteorder("<").str, int(np.prod(extra, dtype=int)))
        for column, (dtype, extra) in kind.COLUMNS.items()
    ]
    before = [column for column in expected if column[0] not in kind.ADDED]
    if written not in (expected, before):
        raise LedgerBroken(name, "its columns are not those this version reads", "use the version that wrote it")
    arrays = {
        c.name: unpack_column(rows, c).reshape(rows, *kind.COLUMNS[c.name][1]).astype(kind.COLUMNS[c.name][0])
        for c in packed
    }
    later = {c: np.full((rows, *kind.COLUMNS[c][1]), v, kind.COLUMNS[c][0]) for c, v in kind.ADDED.items()}
    return kind(**(later | arrays))


def _pack(name: str, column: NDArray[Any]) -> PackedColumn:
    rows = column.shape[0]
    little = np.ascontiguousarray(column, dtype=column.dtype.newbyteorder("<"))
    words = little.reshape(rows, -1).view(f"<u{column.dtype.itemsize}")
    steps = words.copy()
    steps[1:] -= words[:-1]
    data = steps.view(np.uint8).reshape(rows, -1).T.tobytes()
    return PackedColumn(name=name, dtype=little.dtype.str, width=words.shape[1], data=data)


def unpack_column(rows: int, packed: PackedColumn) -> NDArray[Any]:
    """Return a column as (rows, width) numbers."""
    dtype = np.dtype(packed.dtype)
    octets = np.frombuffer(packed.data, np.uint8).reshape(packed.width * dtype.itemsize, rows)
    steps = np.ascontiguousarray(octets.T).view(f"<u{dtype.itemsize}")
    words = np.cumsum(steps, axis=0, dtype=steps.dtype)
    return words.view(dtype)
