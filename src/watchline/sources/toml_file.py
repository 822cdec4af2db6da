"""TOML files that people write: one way of reading them, and of saying what is wrong with one."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from watchline.domain.errors import BadInput

T = TypeVar("T")


def read_table(path: Path, missing: str = "no such file", do: str = "") -> dict[str, Any]:
    """Return a file's table; BadInput names file and rule: `missing` and what to `do` where there is no file."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadInput(str(path), missing, do) from None
    except OSError as error:
        raise BadInput(str(path), f"cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise BadInput(str(path), "is not text in UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise BadInput(str(path), f"is not TOML ({error})") from None


def read_as(path: Path, kind: type[T], guide: str) -> T:
    """Return a file as a struct; BadInput names file, field and rule, and the page that explains the file."""
    table = read_table(path, do=f"see {guide}")
    try:
        return msgspec.convert(table, kind)
    except msgspec.ValidationError as error:
        rule, _, field = str(error).partition(" - at `$.")
        raise BadInput(f"{path}: {field.rstrip('`') or 'the file'}", rule, f"see {guide}") from None
