"""Sheets that nobody reads before their day: written for their owner alone, their digests public."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

from watchline.domain.errors import BadInput

PUBLIC, SEALED = "seal.json", "sealed"


class Seal(msgspec.Struct, frozen=True):
    """What is public of a schedule: SHA-256 of every sheet by its name, and for which time they are."""

    from_s: float
    to_s: float
    sheets: dict[str, str]


def seal_sheets(out: Path, sheets: Iterable[tuple[str, bytes]], from_s: float, to_s: float) -> tuple[Seal, str]:
    """Write sheets (name, text), readable by their owner alone, and the public list; return it and its own SHA-256.

    Each sheet holds a salt, so that its digest cannot be guessed.
    """
    folder = out / SEALED
    folder.mkdir(mode=0o700, exist_ok=True)
    digests = {}
    for name, data in sheets:
        handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        digests[name] = hashlib.sha256(data).hexdigest()
    seal = Seal(from_s, to_s, digests)
    public = msgspec.json.format(msgspec.json.encode(seal))
    (out / PUBLIC).write_bytes(public)
    return seal, hashlib.sha256(public).hexdigest()


def opened(out: Path, name: str, head: str | None = None) -> bytes:
    """Return a sheet, proved to be the one that was sealed; head: of the ledger's record, None to trust the list.

    Raises BadInput when the sheet, or the list, is not what was sealed.
    """
    try:
        public, data = (out / PUBLIC).read_bytes(), (out / SEALED / name).read_bytes()
        seal = msgspec.json.decode(public, type=Seal)
    except OSError as error:
        raise BadInput(
            f"{out}: {name}", f"cannot be read ({error.strerror})", "name the folder of the plan"
        ) from None
    except msgspec.DecodeError as error:
        raise BadInput(f"{out / PUBLIC}", f"is no list of sheets ({error})") from None
    if head is not None and hashlib.sha256(public).hexdigest() != head:
        raise BadInput(f"{out / PUBLIC}", "is not the list that the ledger knows", "somebody changed it")
    if seal.sheets.get(name) != hashlib.sha256(data).hexdigest():
        raise BadInput(f"{out / SEALED / name}", "is not the sheet that was sealed", "somebody changed it")
    return data
