"""Decoders fed with damage: recorded logs cut, doubled, flipped, spliced; what is new is kept and damaged again.

    python tests/fuzzing.py [--seconds 600] [--keep .fuzz] [LINK ...]

"New" is a kind of record or a rule of refusal (its numbers left out) not met before: a cheap stand-in for coverage.
With a folder given, the kept inputs and how long each link has been fed lie there: a run that was broken off is gone
on with, and when every link has had its time a new round begins.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import pickle
import random
import re
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from types import FrameType

from watchline.domain.errors import BadInput
from watchline.domain.kinds import kind_of
from watchline.domain.records import Record
from watchline.links import LocalError, open_link, table
from watchline.links.contract import Link, PeerError, Settings, State, at
from watchline.links.log import read_log

REPLAY = Path(__file__).parent / "replay"
HANG_S = 20
STATE_MAX = 24 << 20  # bytes of a pickled state: the largest bound that any link's Limits adds up to
CORPUS_MAX = 400
REST_MAX = (1 << 20) + (1 << 15)  # bytes of a message whose end has not come, with its head
NOTE_EVERY_S = 5.0
SPECIAL = (0, 1, 0x7F, 0x80, 0xFE, 0xFF)
PIECES = (b"\xff" * 4, b"\x00" * 8, b"1e999", b"-", b'"', b"<", b"{", b"\n", b"]]>", b"\xef\xbb\xbf")


@dataclass
class Fed:
    """What a link has been given so far: seconds, inputs, and how many of them said something new."""

    seconds: float = 0.0
    inputs: int = 0
    new: int = 0

    @classmethod
    def read(cls, folder: Path | None) -> Fed:
        """Return what a folder says, nothing without one."""
        path = folder / "fed.json" if folder is not None else None
        return cls(**json.loads(path.read_text())) if path is not None and path.exists() else cls()

    def write(self, folder: Path | None) -> None:
        """Keep it in a folder."""
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "fed.json").write_text(json.dumps(asdict(self)))


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
        match rng.randrange(8):
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
                data[k:k] = rng.choice(PIECES)
            case 6:
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


def fuzz(name: str, seed: int, *, runs: int | None = None, goal_s: float = 0.0, keep: Path | None = None) -> Fed:
    """Feed a link damaged inputs: `runs` of them, or until it has had `goal_s` seconds in all; return what it had.

    AssertionError with the input at the first crash, hang or state too large.
    """
    link, rng, known = open_link(name), random.Random(seed), set[str]()
    corpus, fed = seeds(name), Fed.read(keep)
    if keep is not None and keep.exists():
        corpus += [path.read_bytes() for path in sorted(keep.glob("*.bin"))[:CORPUS_MAX]]
    state, noted_s = link.init(Settings(name)), time.monotonic()
    while fed.inputs < runs if runs is not None else fed.seconds < goal_s:
        data = damaged(rng, corpus)
        state, found = _fed(link, state, data, rng, fed.inputs)
        fed.inputs += 1
        if signs(found) - known:
            known |= signs(found)
            corpus.append(data)
            fed.new += 1
            _write(keep, len(corpus), data)
        if fed.inputs % 100 == 0:
            size = len(pickle.dumps(state))
            assert size < STATE_MAX, f"a state of {size} bytes after {fed.inputs} inputs, seed {seed}"
            # Sometimes a new connection, so that a link that refuses a peer for good does not end the search.
            state = link.init(Settings(name)) if rng.random() < 0.5 else state
            now_s = time.monotonic()
            if now_s - noted_s > NOTE_EVERY_S or fed.seconds + now_s - noted_s > goal_s:
                fed.seconds, noted_s = fed.seconds + now_s - noted_s, now_s
                fed.write(keep)
    return fed


def new_round(names: list[str], goal_s: float, keep: Path) -> None:
    """Begin anew if every link has had its time."""
    if all(Fed.read(keep / name).seconds >= goal_s for name in names):
        for name in names:
            (keep / name / "fed.json").unlink()


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
            assert len(state.rest) <= REST_MAX
            for error in errors:
                assert error.reason
                assert "\n" not in error.reason
            for record in records:
                with contextlib.suppress(LocalError):
                    link.encode(record)
    return state, tuple(found)


def _write(keep: Path | None, number: int, data: bytes) -> None:
    if keep is not None and number < CORPUS_MAX:
        keep.mkdir(parents=True, exist_ok=True)
        (keep / f"{number:04}.bin").write_bytes(data)


def main() -> int:
    """Feed the links named, or all that can be loaded; print a line for each."""
    parser = argparse.ArgumentParser()
    parser.add_argument("links", nargs="*")
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--keep", type=Path, default=Path(".fuzz"))
    asked = parser.parse_args()
    names = asked.links or [name for name in sorted(table()) if _loads(name)]
    new_round(names, asked.seconds, asked.keep)
    for name in names:
        fed = fuzz(name, random.randrange(2**32), goal_s=asked.seconds, keep=asked.keep / name)
        print(f"{name:16} {fed.seconds:7.0f} s {fed.inputs:10} inputs {fed.new:4} new", flush=True)
    return 0


def _loads(name: str) -> bool:
    try:
        open_link(name)
    except BadInput:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
