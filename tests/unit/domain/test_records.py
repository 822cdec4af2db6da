from __future__ import annotations

import re
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec
import pytest

from watchline.domain.kinds import AnyRecord, kind_of, record_types
from watchline.domain.records import Record

TYPES = sorted(record_types().items())


def _value(hint: Any) -> Any:
    """Return some valid value of a field's type."""
    if get_origin(hint) is Literal:
        return get_args(hint)[-1]
    if get_origin(hint) is tuple:
        inner = [a for a in get_args(hint) if a is not Ellipsis]
        return tuple(_value(a) for a in inner)
    if get_origin(hint) is dict:
        key, value = get_args(hint)
        return {_value(key): _value(value)}
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return _filled(hint)
    if get_args(hint):  # a union: its first member
        return _value(get_args(hint)[0])
    return {str: "text", int: 3, float: 0.5, bool: True}[hint]


def _filled(kind: Any) -> Any:
    hints = get_type_hints(kind)
    return kind(**{field.name: _value(hints[field.name]) for field in msgspec.structs.fields(kind)})


def _bare(kind: type[Record]) -> Record:
    hints = get_type_hints(kind)
    needed = [field.name for field in msgspec.structs.fields(kind) if field.required]
    record: Record = kind(**{name: _value(hints[name]) for name in needed})
    return record


@pytest.mark.parametrize(("name", "kind"), TYPES)
def test_a_record_comes_back_from_json_as_it_was(name: str, kind: type[Record]) -> None:
    for record in (_filled(kind), _bare(kind)):
        assert msgspec.json.decode(msgspec.json.encode(record), type=AnyRecord) == record


@pytest.mark.parametrize(("name", "kind"), TYPES)
def test_a_record_comes_back_from_messagepack_as_it_was(name: str, kind: type[Record]) -> None:
    record = _filled(kind)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(record), type=AnyRecord) == record


@pytest.mark.parametrize(("name", "kind"), TYPES)
def test_the_kind_is_written_with_the_record(name: str, kind: type[Record]) -> None:
    assert msgspec.json.decode(msgspec.json.encode(_bare(kind)))["kind"] == name == kind_of(_bare(kind))


@pytest.mark.parametrize(("name", "kind"), TYPES)
def test_records_cannot_be_changed(name: str, kind: type[Record]) -> None:
    record = _bare(kind)
    with pytest.raises(AttributeError):
        record.exercise = True  # type: ignore[misc]


@pytest.mark.parametrize(("name", "kind"), TYPES)
def test_kinds_are_written_in_small_letters(name: str, kind: type[Record]) -> None:
    assert re.fullmatch(r"[a-z_]+", name)


def test_every_record_of_the_room_is_in_the_table() -> None:
    assert set(record_types().values()) == set(Record.__subclasses__())


def test_a_record_is_no_exercise_unless_born_as_one() -> None:
    assert not any(_bare(kind).exercise for _, kind in TYPES)
