"""Decoders fed with damage: recorded logs cut, doubled, flipped, spliced; what is new is kept and damaged again.

"New" is a kind of record or a rule of refusal (its numbers left out) not met before: a cheap stand-in for coverage.
With a folder given, the kept inputs are written there and read again by the next run.
"""

from __future__ import annotations

import pickle
import random
import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import FrameType

from watchline.domain.kinds import kind_of
from watchline.domain.records import Record
from watchline.links import open_link
from watchline.links.contract import Link, PeerError, Settings, State, at
from watchline.links.log import read_log

REPLAY = Path(__file__).parent / "replay"
HANG_S = 20
STATE_MAX = 24 << 20  # bytes of a pickled state: the largest bound that any link's Limits adds up to
CORPUS_MAX = 400
SPECIAL = (0, 1, 0x7F, 0x80, 0xFE, 0xFF)


def seeds(name: str) -> list[bytes]:
    """Return what came in a link's recorded log, piece by piece and all together."""
    pieces = [arrival.data for arrival in read_log((REPLAY / f"{name}.log").read_bytes(), name)]
    return [*pieces, b"".join(pieces)]


@cache
def began_s(name: str) -> float:
    """Return when a link's recorded log begins: some refuse what is older or newer than a while."""
    return next(iter(read_log((REPLAY / f"{name}.log").read_bytes(), name))).t_s


def damaged(rng: random.Random, corpus: list[bytes]) -> bytes:
    """Return an input made from one or two of the corpus."""
    data = bytearray(rng.choice(corpus))
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        k = rng.randrange(len(data) + 1)
        match rng.randrange(7):
            case 0 if data:
                data[k % len(data)] ^= 1 << rng.randrange(8)
            case 1 if data:
                data[k % len(data)] = rng.choice(SPECIAL)
            case 2:
                del data[k : k + rng.randrange(1, 40)]
            case 3:
                data[k:k] = rng.randbytes(rng.randrange(1, 40))
            case 4:
                other = rng.choice(corpus)
                begin = rng.randrange(len(other) + 1)
                data[k:k] = other[begin : begin + rng.randrange(1, 400)]
            case 5:
                data[k:k] = data[k : k + rng.randrange(1, 400)] * rng.randrange(1, 8)
            case _:
                del data[k:]
    return bytes(data[:200_000])


@contextmanager
def no_hang(what: bytes) -> Iterator[None]:
    """Fail with the input when the body takes longer than `HANG_S`."""

    def over(_: int, __: FrameType | None) -> None:
        raise AssertionError(f"hangs on {what[:2000].hex()}")

    before = signal.signal(signal.SIGALRM, over)
    signal.alarm(HANG_S)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def signs(items: tuple[Record | PeerError, ...]) -> set[str]:
    """Return what is to be called new about an outcome."""
    return {kind_of(i) if isinstance(i, Record) else re.sub(r"[^a-z ]+.*", "#", i.reason.lower()) for i in items}


def fuzz(name: str, seed: int, *, runs: int | None = None, for_s: float = 0.0, keep: Path | None = None) -> int:
    """Feed a link damaged inputs, `runs` of them or for `for_s` seconds; return how many.

    AssertionError or the decoder's own exception, with the input, at the first crash, hang or state too large.
    """
    link, rng, known = open_link(name), random.Random(seed), set[str]()
    corpus = seeds(name)
    if keep is not None and keep.exists():
        corpus += [path.read_bytes() for path in sorted(keep.glob("*.bin"))[:CORPUS_MAX]]
    state, end, done = link.init(Settings(name)), time.monotonic() + for_s, 0
    while done < runs if runs is not None else time.monotonic() < end:
        data = damaged(rng, corpus)
        state, found = _fed(link, state, data, rng, done)
        done += 1
        if signs(found) - known:
            known |= signs(found)
            corpus.append(data)
            _write(keep, len(corpus), data)
        if done % 100 == 0:
            size = len(pickle.dumps(state))
            assert size < STATE_MAX, f"a state of {size} bytes after {done} inputs, seed {seed}"
            # Sometimes a new connection, so that a link that refuses a peer for good does not end the search.
            state = link.init(Settings(name)) if rng.random() < 0.5 else state
    return done


def _fed(
    link: Link, state: State, data: bytes, rng: random.Random, done: int
) -> tuple[State, tuple[Record | PeerError, ...]]:
    step = len(data) + 1 if link.FRAMING == "message" or rng.random() < 0.5 else rng.randrange(1, len(data) + 2)
    found: list[Record | PeerError] = []
    begin_s = began_s(link.NAME)
    with no_hang(data):
        for k in range(0, len(data), step):
            try:
                state, records, errors = link.decode(at(state, begin_s + done % 60), data[k : k + step])
            except Exception as error:
                raise AssertionError(f"{link.NAME} fails on {data[:4000].hex()}: {error!r}") from error
            found += [*records, *errors]
            for error in errors:
                assert isinstance(error.reason, str)
                assert "\n" not in error.reason
    return state, tuple(found)


def _write(keep: Path | None, number: int, data: bytes) -> None:
    if keep is not None and number < CORPUS_MAX:
        keep.mkdir(parents=True, exist_ok=True)
        (keep / f"{number:04}.bin").write_bytes(data)
