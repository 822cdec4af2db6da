from __future__ import annotations

import hashlib

import msgspec
import pytest

from ledger_builders import make_drop, make_rejection
from watchline.domain.batches import batch_types
from watchline.domain.kinds import record_types
from watchline.ledger.chain import GENESIS, PAYLOADS, SECTIONS_MAX, Batch, Pending, StoredPayload, describe, seal


def _batch(*numbers: int) -> Batch:
    pending = Pending()
    for i in numbers:
        pending.add_event("drop", float(i), i + 0.5, make_drop(i))
    pending.add_event("rejection", 9.0, 9.5, make_rejection(9))
    return seal(pending, seq=1, cut_s=10.0, previous=GENESIS)


def test_the_hash_covers_the_header_and_the_header_the_bodies() -> None:
    batch = _batch(1, 2)
    assert batch.hash == hashlib.sha256(batch.header_bytes).digest()
    for line, body in zip(batch.header.sections, batch.bodies, strict=True):
        assert line.digest == hashlib.sha256(body).digest()
        assert describe(line.name, body) == line


def test_the_header_is_plain_messagepack() -> None:
    header = msgspec.msgpack.decode(_batch(3, 1).header_bytes)
    assert header[:4] == ["watchline-ledger-1", 1, 10.0, GENESIS]
    assert header[4][0][:6] == ["drop", 2, 1.0, 3.0, 1.5, 3.5]
    assert [line[0] for line in header[4]] == ["drop", "rejection"]


def test_the_same_content_seals_to_the_same_hash() -> None:
    assert _batch(1, 2).hash == _batch(1, 2).hash
    assert _batch(1, 2).hash != _batch(2, 1).hash


def test_a_payload_is_chained_by_its_id_not_its_bytes() -> None:
    pending = Pending()
    pending.add_payload(StoredPayload(b"i" * 32, b"s" * 16, "image/png", b"secret picture"))
    batch = seal(pending, seq=1, cut_s=1.0, previous=GENESIS)
    assert msgspec.msgpack.decode(batch.bodies[0]) == [[0, b"i" * 32, 14, "image/png"]]
    assert b"secret" not in batch.bodies[0] + batch.header_bytes


def test_a_section_under_another_name_is_found() -> None:
    with pytest.raises(ValueError, match="lies among"):
        describe("rejection", _batch(1).bodies[0])


def test_section_names_do_not_collide() -> None:
    names = [PAYLOADS, *record_types(), *batch_types()]
    assert len(set(names)) == len(names) < SECTIONS_MAX
