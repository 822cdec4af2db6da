"""head.json: how far the ledger is known to reach, kept outside the database so that a lost tail is noticed.

Rules: written only after what it names is durable, whole or not at all (new file, sync, rename); the file's
bytes are exactly what `render` gives, so a changed bit is seen even where JSON would not mind.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from watchline.ledger.chain import FORMAT
from watchline.ledger.errors import LedgerBroken

NAME = "head.json"


class Anchor(msgspec.Struct, frozen=True, kw_only=True):
    """closed: the writer stopped in good order and this is the last batch; else there may be more."""

    format: str = FORMAT
    seq: int
    hash: str
    closed: bool


def render(anchor: Anchor) -> bytes:
    """Return the one way in which an anchor is written."""
    return msgspec.json.encode(anchor) + b"\n"


def write_anchor(directory: Path, anchor: Anchor) -> None:
    """Put an anchor in place durably."""
    fresh = directory / (NAME + ".new")
    with open(fresh, "wb") as file:
        file.write(render(anchor))
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, directory / NAME)
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_anchor(directory: Path) -> Anchor:
    """Return the anchor; LedgerBroken when it is missing or not as it was written."""
    path = directory / NAME
    try:
        data = path.read_bytes()
        anchor = msgspec.json.decode(data, type=Anchor)
    except FileNotFoundError:
        raise LedgerBroken(str(path), "is missing") from None
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise LedgerBroken(str(path), "is not a head of a ledger") from None
    if render(anchor) != data or anchor.format != FORMAT or len(anchor.hash) != 64:
        raise LedgerBroken(str(path), "is not as it was written")
    return anchor
