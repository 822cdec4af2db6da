"""No record and no column may hold who a person is, or a judgement about them, or anything to aim with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, get_args

import msgspec
import pytest

from watchline.domain.batches import batch_types
from watchline.domain.kinds import record_types

# Whole words of a name or an allowed value.  "surface" is no face, "template" no plate, "investigate" no gait.
FORBIDDEN = {
    "biometric", "biometrics", "hostile", "weapon", "weapons", "face", "faces", "facial", "gait", "plate", "plates",
    "licence", "license", "identity", "iris", "fingerprint", "nationality", "ethnicity", "religion", "enemy",
    "target", "targets", "strike", "suspect", "terrorist", "combatant", "threat",
}  # fmt: skip


def _words(name: str) -> set[str]:
    return set(re.findall(r"[a-z]+", re.sub(r"([A-Z])", r"_\1", name).lower()))


def _names(kind: type[msgspec.Struct]) -> Iterator[str]:
    """Yield the names of a struct, its fields, their allowed values, and those of the structs inside."""
    yield kind.__name__
    for field in msgspec.structs.fields(kind):
        yield field.name
        yield from _names_in_type(field.type)


def _names_in_type(annotation: Any) -> Iterator[str]:
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        yield from _names(annotation)
    for argument in get_args(annotation):
        if isinstance(argument, str):
            yield argument
        else:
            yield from _names_in_type(argument)


@pytest.mark.parametrize("kind", sorted(record_types()))
def test_no_record_has_a_forbidden_field(kind: str) -> None:
    found = {name for name in [kind, *_names(record_types()[kind])] if _words(name) & FORBIDDEN}
    assert not found


@pytest.mark.parametrize("name", sorted(batch_types()))
def test_no_column_is_forbidden(name: str) -> None:
    assert not {column for column in [name, *batch_types()[name].COLUMNS] if _words(column) & FORBIDDEN}


class _Inner(msgspec.Struct):
    face_id: str


class _Outer(msgspec.Struct):
    inner: tuple[_Inner, ...]


def test_the_search_finds_what_it_looks_for() -> None:
    assert any(_words(name) & FORBIDDEN for name in _names(_Outer))
