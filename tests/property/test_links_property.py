"""Every decoder against anything at all: no crash, no hang, no memory without bound, whatever the bytes and the cuts.

What breaks a decoder is kept by Hypothesis in .hypothesis.  The long form is `test_links_fuzz.py`'s.
"""

from __future__ import annotations

import contextlib
import random
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from watchline.domain.errors import BadInput
from watchline.domain.records import Record
from watchline.links import LocalError, PeerError, Settings, open_link, table
from watchline.links.contract import at, finish
from watchline.links.log import FIRST_LINE, as_line, read_log, replay

LOGS = Path(__file__).parents[1] / "replay"
SLACK = 1 << 20  # bytes a link may keep of a message whose end has not come
NOW_S = 1_700_000_010.0


def _loadable(name: str) -> bool:
    try:
        open_link(name)
    except BadInput:
        return False
    return True


NAMES = sorted(name for name in table() if _loadable(name))


def _pieces(name: str) -> list[bytes]:
    return [arrival.data for arrival in read_log((LOGS / f"{name}.log").read_bytes(), name)]


def _feed(name: str, pieces: list[bytes]) -> None:
    """Hand pieces to a decoder and hold it to its contract."""
    link = open_link(name)
    state = at(link.init(Settings(name)), NOW_S)
    for piece in pieces:
        began_s = time.monotonic()
        state, records, errors = link.decode(state, piece)
        assert time.monotonic() - began_s < 5.0, "it hangs"
        assert all(isinstance(record, Record) for record in records)
        assert all(isinstance(error, PeerError) and error.reason for error in errors)
        assert len(state.rest) <= SLACK + 4
        for record in records:
            with contextlib.suppress(LocalError):
                link.encode(record)
    finish(state)


def _bent(pieces: list[bytes], rng: random.Random) -> list[bytes]:
    """Return a recorded log with some of its bytes changed, left out, repeated, cut elsewhere."""
    whole = bytearray(b"".join(pieces) if rng.random() < 0.5 else rng.choice(pieces))
    for _ in range(rng.randint(1, 8)):
        at_ = rng.randrange(len(whole) + 1)
        match rng.randrange(5):
            case 0:
                whole[at_ : at_ + 1] = bytes([rng.randrange(256)])
            case 1:
                del whole[at_ : at_ + rng.randint(1, 40)]
            case 2:
                whole[at_:at_] = whole[at_ : at_ + rng.randint(1, 200)]
            case 3:
                whole[at_:at_] = rng.choice([b"\xff" * 4, b"\x00" * 8, b"1e999", b"-", b'"', b"<", b"{", b"\n"])
            case _:
                other = rng.choice(pieces)
                whole[at_:at_] = other[: rng.randint(0, len(other))]
    cuts = sorted(rng.randrange(len(whole) + 1) for _ in range(rng.randint(0, 6)))
    return [bytes(whole[a:b]) for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]


@pytest.mark.parametrize("name", NAMES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(max_size=300), max_size=6))
def test_anything_at_all_is_refused_and_never_breaks_a_decoder(name: str, pieces: list[bytes]) -> None:
    _feed(name, pieces)


@pytest.mark.parametrize("name", NAMES)
@given(st.integers(0, 2**63))
def test_a_bent_recording_never_breaks_a_decoder(name: str, seed: int) -> None:
    _feed(name, _bent(_pieces(name), random.Random(seed)))


@pytest.mark.parametrize("name", NAMES)
@given(st.binary(max_size=400))
def test_any_file_is_decoded_or_refused_with_one_clear_line(name: str, data: bytes) -> None:
    for form in (data, FIRST_LINE + b"\n" + data):
        with contextlib.suppress(BadInput):
            for item in replay(open_link(name), form, "file"):
                assert b"\n" not in as_line(item)
