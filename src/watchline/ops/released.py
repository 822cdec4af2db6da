"""What is kept of everything that leaves for others than our own, before it leaves."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import msgspec

from watchline.domain.kinds import kind_of
from watchline.domain.policy import CellReport, Released
from watchline.domain.records import Record
from watchline.domain.site import Recipient
from watchline.policy.terms import Terms

RELEASED = "-released"  # ids of what is kept of a record that left end so
_JSON = msgspec.json.Encoder(order="deterministic")


def digest_of(record: Record) -> str:
    """Return the SHA-256 of a record as JSON with its fields in order: by it one can tell later what was sent."""
    return hashlib.sha256(_JSON.encode(record)).hexdigest()


def released(record: Record, link: str, recipient: Recipient, terms: Terms | None) -> Iterator[Record]:
    """Yield what the ledger keeps: that something left, on which terms; a report of squares itself too."""
    if isinstance(record, CellReport):
        yield record
        cell_m, delay_s = record.cell_m, record.to_s - record.from_s
    else:
        cell_m = delay_s = 0.0
    yield Released(
        id=record.id + RELEASED,
        t_s=record.t_s,
        source=link,
        provenance=record.provenance,
        recipient=recipient.id,
        link=link,
        what=kind_of(record),
        digest=digest_of(record),
        cell_m=cell_m,
        delay_s=delay_s,
        release=terms.release if terms is not None else "",
    )
