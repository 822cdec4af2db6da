"""Ids in the forms of standards, made from ours and without chance: the same record always gets the same id."""

from __future__ import annotations

import hashlib
import re

UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
ULID = re.compile(r"[0-7][0-9ABCDEFGHJKMNPQRSTVWXYZ]{25}")

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def ulid(text: str, t_s: float = 0.0) -> str:
    """Return `text` if it is a ULID, else the one made of the time and of 80 bits of the text's SHA-256.

    t_s: its 48-bit millisecond part; 0 for ids that must stay the same from report to report.

    >>> ulid("track 17"), ulid(ulid("track 17")) == ulid("track 17")
    ('000000000069HA14BA2AB0SP5R', True)
    """
    if ULID.fullmatch(text):
        return text
    millis = min(max(round(t_s * 1000.0), 0), (1 << 48) - 1)
    number = millis << 80 | int.from_bytes(hashlib.sha256(text.encode()).digest()[:10], "big")
    return "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))


def is_node_id(text: str) -> bool:
    """Return whether a text can be a node's id: a lower-case UUID of version 4."""
    return UUID4.fullmatch(text) is not None
