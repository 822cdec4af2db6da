"""What a struct's fields are, with the words its docstring, or else the vocabulary, has for each of them."""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from reference.words import FIELD_WORDS

UNITS = {
    "mm_h": "mm/h", "m_s": "m/s", "km2": "km²", "per_12_h": "in 12 h", "per_10_min": "in 10 min", "hpa": "hPa",
    "msl_m": "m above mean sea", "hae_m": "m above ellipsoid", "km": "km", "deg": "degrees", "rad": "rad",
    "px": "pixels", "hz": "Hz", "mb": "MB", "db": "dB", "days": "days", "hours": "h", "minutes": "min", "ms": "ms",
    "min": "min", "m": "m", "s": "s", "k": "K", "c": "°C", "h": "h", "l": "litres",
}  # fmt: skip
"""The end of a name says the unit; the first that fits counts."""


@dataclass(frozen=True)
class Field:
    """One field: its type in words, unit, default ("" where it must be given), what it is."""

    name: str
    type: str
    unit: str
    default: str
    words: str


def fields_of(kind: type[msgspec.Struct], *, leave: frozenset[str] = frozenset()) -> Iterator[Field]:
    """Yield the fields of a struct; words is "" where nobody says what one is."""
    hints = get_type_hints(kind)
    told = words_of(kind)[1]
    for field in msgspec.structs.fields(kind):
        if field.name not in leave:
            hint = hints[field.name]
            words = told.get(field.name) or FIELD_WORDS.get(field.name) or _mentioned(kind, field.name)
            yield Field(field.name, type_words(hint), unit_of(field.name, hint), _default(field), words)


@cache
def words_of(kind: type[msgspec.Struct]) -> tuple[str, dict[str, str]]:
    """Return what a docstring says of the whole, and of each of its fields, `name: words`."""
    text = " ".join((kind.__doc__ or "").split())
    names = {field.name for field in msgspec.structs.fields(kind)}
    starts = [
        (match.start(), match.end(), [name for name in re.findall(r"\w+", match.group(1)) if name in names])
        for match in re.finditer(r"(?:(?<=[.;:,] )|^)(\w+(?:(?:, | and |\.\.)\w+)*)(?: \([^)]*\))?: ", text)
    ]
    starts = [start for start in starts if start[2]]
    whole = text[: starts[0][0]] if starts else text
    told: dict[str, str] = {}
    ends = [*(start[0] for start in starts[1:]), len(text)]
    for (_, begin, of), end in zip(starts, ends, strict=False):
        told |= {name: text[begin:end].strip().rstrip(";,.") for name in of}
    return whole.strip(), told


def _mentioned(kind: type[msgspec.Struct], name: str) -> str:
    """Return where a sentence explains a field without `name: `, "" where none does."""
    return "as said above" if re.search(rf"\b{name}\b", kind.__doc__ or "") else ""


def unit_of(name: str, hint: Any = float) -> str:
    """Return the unit that a name ends in, "" for none."""
    if hint in (str, bool):
        return ""
    for end, unit in UNITS.items():
        if name.endswith(f"_{end}"):
            return unit
    return ""


def structs_in(hint: Any) -> Iterator[type[msgspec.Struct]]:
    """Yield the structs that a type names."""
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        yield hint
    for inner in get_args(hint):
        yield from structs_in(inner)


def type_words(hint: Any) -> str:
    """Return a type as people say it."""
    origin, inside = get_origin(hint), get_args(hint)
    if origin is Literal:
        return ", ".join(f"`{value}`" if value != "" else '`""`' for value in inside)
    if origin is tuple:
        if len(inside) == 2 and inside[1] is Ellipsis:
            return f"list of {type_words(inside[0])}"
        return f"({', '.join(map(type_words, inside))})"
    if origin is dict:
        return f"table of {type_words(inside[1])}"
    if origin in (types.UnionType, typing.Union):
        return " or ".join(type_words(one) for one in inside if one is not type(None))
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return hint.__name__
    return {float: "number", int: "whole number", str: "text", bool: "true or false"}.get(hint, str(hint))


def _default(field: Any) -> str:
    if field.required:
        return ""
    value = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
    if value is None or isinstance(value, msgspec.Struct):
        return "none" if value is None else "as below"
    return _value_words(value)


def _value_words(value: Any) -> str:
    if isinstance(value, str):
        return f"`{value}`" if value else "empty"
    if isinstance(value, tuple | dict):
        return ", ".join(map(_value_words, value)) or "empty"
    return str(value).lower() if isinstance(value, bool) else f"{value:.10g}"
