"""A press of a person's: done once however often it is sent, and on nothing but what was on the screen."""

from __future__ import annotations

import hashlib
from typing import TypeVar

import msgspec

KEY_LENGTH = (8, 100)
PRESS = "press-"
"""Ids of what people did begin so, and go on with the key of their press."""

Shown = TypeVar("Shown", bound=msgspec.Struct)


def key_fault(key: str) -> str:
    """Return what is wrong with the key of a press, "" when nothing is."""
    least, most = KEY_LENGTH
    return "" if least <= len(key) <= most else f"key: must have {least} to {most} characters, one key per press"


def digest_of(shown: Shown) -> str:
    """Return the digest of what a person saw, the same before and after it was written and read."""
    read = msgspec.json.decode(msgspec.json.encode(shown), type=type(shown))  # a whole number for a real one is real
    return hashlib.sha256(msgspec.json.encode(read)).hexdigest()[:16]
