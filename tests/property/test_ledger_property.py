"""Any record and any batch comes back as it was put, and the same inputs give the same chain."""

from __future__ import annotations

import math
import shutil
import tempfile
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ledger_builders import counting_salt
from watchline.domain.batches import batch_types
from watchline.domain.kinds import record_types
from watchline.domain.records import PayloadDeleted, Record
from watchline.ledger.columns import pack_columns, unpack_columns
from watchline.ledger.reader import LedgerReader
from watchline.ledger.verify import verify
from watchline.ledger.writer import Ledger

FINITE = st.floats(allow_nan=False, allow_infinity=False)
TIMES = st.floats(min_value=-1e11, max_value=1e11)


def _value(kind: msgspec.inspect.Type) -> st.SearchStrategy[Any]:
    """Return values of a type as msgspec sees it."""
    plain: dict[type, st.SearchStrategy[Any]] = {
        msgspec.inspect.StrType: st.text(max_size=8),
        msgspec.inspect.IntType: st.integers(-(2**63), 2**63 - 1),
        msgspec.inspect.FloatType: FINITE,
        msgspec.inspect.BoolType: st.booleans(),
        msgspec.inspect.NoneType: st.none(),
    }
    if type(kind) in plain:
        return plain[type(kind)]
    match kind:
        case msgspec.inspect.LiteralType():
            return st.sampled_from(kind.values)
        case msgspec.inspect.UnionType():
            return st.one_of([_value(part) for part in kind.types])
        case msgspec.inspect.VarTupleType():
            return st.lists(_value(kind.item_type), max_size=3).map(tuple)
        case msgspec.inspect.TupleType():
            return st.tuples(*(_value(part) for part in kind.item_types))
        case msgspec.inspect.DictType():
            return st.dictionaries(_value(kind.key_type), _value(kind.value_type), max_size=3)
        case msgspec.inspect.StructType():
            return _struct(kind)
    raise AssertionError(f"no values for {kind}: add them here")


def _struct(kind: msgspec.inspect.StructType) -> st.SearchStrategy[Any]:
    fields = {f.name: TIMES if f.name == "t_s" else _value(f.type) for f in kind.fields}
    return st.builds(kind.cls, **fields)


def _records() -> st.SearchStrategy[Record]:
    kinds = [msgspec.inspect.type_info(kind) for kind in record_types().values() if kind is not PayloadDeleted]
    return st.one_of([_struct(kind) for kind in kinds if isinstance(kind, msgspec.inspect.StructType)])


@st.composite
def _batches(draw: st.DrawFn) -> Any:
    kind = batch_types()[draw(st.sampled_from(sorted(batch_types())))]
    rows = draw(st.integers(1, 5))
    columns = {
        name: draw(arrays(dtype, (rows, *extra), elements=TIMES if name == "t_s" else None))
        for name, (dtype, extra) in kind.COLUMNS.items()
    }
    return kind(**columns)


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, Record):
        return bool(one == other)
    pairs = zip(one.columns().values(), other.columns().values(), strict=True)
    return type(one) is type(other) and all(a.tobytes() == b.tobytes() and a.shape == b.shape for a, b in pairs)


STEPS = st.lists(
    st.tuples(st.one_of(_records(), _batches(), st.binary(max_size=50)), TIMES, st.booleans()), max_size=8
)


def _write(directory: Path, steps: list[tuple[Any, float, bool]]) -> tuple[int, str]:
    with Ledger.create(directory, counting_salt()) as ledger:
        for value, known_s, cut in steps:
            if isinstance(value, bytes):
                ledger.put_payload(value, "a/b")
            elif isinstance(value, Record):
                ledger.append(value, known_s)
            else:
                ledger.append_columns(value, known_s)
            if cut:
                ledger.cut(known_s)
        ledger.cut(0.0)
        return ledger.head


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(STEPS)
def test_everything_comes_back_in_order_and_the_chain_is_the_same_again(steps: list[tuple[Any, float, bool]]) -> None:
    scratch = Path(tempfile.mkdtemp())
    try:
        head = _write(scratch / "a", steps)
        assert _write(scratch / "b", steps) == head
        with LedgerReader(scratch / "a") as reader:
            back = list(reader.since(0))
            assert reader.head == head
        put = [(value, known_s) for value, known_s, _cut in steps if not isinstance(value, bytes)]
        assert len(back) == len(put)
        for entry, (value, known_s) in zip(back, put, strict=True):
            assert entry.known_s == known_s
            assert _same(value, entry.value)
        assert verify(scratch / "a").whole
    finally:
        shutil.rmtree(scratch)


@given(_batches())
def test_packing_loses_no_bit_and_changes_no_input(batch: Any) -> None:
    before = [column.tobytes() for column in batch.columns().values()]
    name = next(name for name, kind in batch_types().items() if isinstance(batch, kind))
    back = unpack_columns(name, len(batch), pack_columns(batch))
    assert _same(batch, back)
    assert [column.tobytes() for column in batch.columns().values()] == before


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=1, max_size=12), st.data())
def test_a_window_is_what_a_filter_of_everything_gives(times: list[tuple[int, int]], data: st.DataObject) -> None:
    bound = st.one_of(st.none(), st.integers(-1, 21).map(float))
    t0_s, t1_s, known_at_s = data.draw(bound), data.draw(bound), data.draw(bound)
    drop = record_types()["drop"]
    scratch = Path(tempfile.mkdtemp())
    try:
        with Ledger.create(scratch / "a", counting_salt()) as ledger:
            for i, (t_s, known_s) in enumerate(times):
                ledger.append(drop(id=str(i), t_s=float(t_s), source="", queue="", dropped=i), float(known_s))
                if i % 3 == 0:
                    ledger.cut(0.0)
        with LedgerReader(scratch / "a") as reader:
            found = [e.value.id for e in reader.events(t0_s=t0_s, t1_s=t1_s, known_at_s=known_at_s)]
    finally:
        shutil.rmtree(scratch)
    low, high = -math.inf if t0_s is None else t0_s, math.inf if t1_s is None else t1_s
    known = math.inf if known_at_s is None else known_at_s
    assert found == [str(i) for i, (t_s, known_s) in enumerate(times) if low <= t_s < high and known_s <= known]
