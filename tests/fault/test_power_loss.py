"""The power fails: of what was written and not yet synced, any part may be gone, torn, or there. Nothing
acknowledged is.

A session is recorded at the file layer: every write, truncation and sync of both databases and their logs, every
anchor, every acknowledgement.  For a moment of it, disks are made that this moment may have left behind: of each
file all that was synced, and of what came after any subset of its sectors.  Each disk is opened by the next writer
and checked.
"""

from __future__ import annotations

import os
import random
from dataclasses import dataclass, field
from pathlib import Path

import apsw
import pytest

from ledger_builders import counting_salt, make_drop, make_scans
from watchline.ledger import anchor, pages, store
from watchline.ledger.errors import LedgerBroken
from watchline.ledger.reader import LedgerReader
from watchline.ledger.verify import verify
from watchline.ledger.writer import Ledger

LONG = os.environ.get("WATCHLINE_LONG") == "1"
MOMENTS = 3000 if LONG else 80
SECTOR = 512
Step = tuple[str, str, int, bytes]


@dataclass
class Tape:
    """What happened, in order: (what, file, place, bytes or number).  Mutable."""

    directory: Path
    steps: list[Step] = field(default_factory=list)

    def note(self, what: str, path: str, place: int = 0, data: bytes = b"") -> None:
        self.steps.append((what, os.path.basename(path), place, bytes(data)))


@pytest.fixture
def tape(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tape:
    """Record what reaches the disk from now on."""
    recorded = Tape(tmp_path / "ledger")

    class Recorded(apsw.VFSFile):
        def __init__(self, vfs: str, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
            super().__init__(vfs, name, flags)
            self.path = name.filename() if isinstance(name, apsw.URIFilename) else str(name)

        def xWrite(self, data: bytes, offset: int) -> None:
            recorded.note("write", self.path, offset, data)
            super().xWrite(data, offset)

        def xTruncate(self, size: int) -> None:
            recorded.note("truncate", self.path, size)
            super().xTruncate(size)

        def xSync(self, flags: int) -> None:
            super().xSync(flags)
            recorded.note("sync", self.path)

    class RecordedPages(Recorded):
        def xWrite(self, data: bytes, offset: int) -> None:
            content = bytes(data[: -pages.DIGEST_BYTES])
            super().xWrite(content + pages.page_digest(offset // pages.PAGE_BYTES + 1, content), offset)

    def opened(_: object, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:
        kind = RecordedPages if flags[0] & apsw.SQLITE_OPEN_MAIN_DB else Recorded
        return kind("unix", name, flags)

    def anchored(directory: Path, value: anchor.Anchor) -> None:
        recorded.note("anchor begins", anchor.NAME, 0, anchor.render(value))
        _write_anchor(directory, value)
        recorded.note("anchor", anchor.NAME, 0, anchor.render(value))

    _write_anchor = anchor.write_anchor
    monkeypatch.setattr(pages._DigestingVfs, "xOpen", opened)
    monkeypatch.setattr(anchor, "write_anchor", anchored)
    monkeypatch.setattr(store, "WAL_BYTES_MAX", 300_000)  # so that the log is moved into the database often
    monkeypatch.setattr(store, "ANCHOR_EVERY_S", 0.0)
    return recorded


def _session(tape: Tape) -> dict[str, bytes]:
    """Write for a while; return the files as they were before, durable."""
    Ledger.create(tape.directory, counting_salt()).close()
    before = {path.name: path.read_bytes() for path in tape.directory.iterdir() if path.suffix != ".db-shm"}
    tape.steps.clear()
    ledger, payload = Ledger.open(tape.directory, counting_salt()), ""
    for number in range(1, 60):
        ledger.append(make_drop(number), float(number))
        ledger.append_columns(make_scans(200, float(number)), float(number))
        if number % 3 == 0:
            payload = ledger.put_payload(os.urandom(20_000), "image/png")
        ledger.commit(float(number))
        tape.note("acknowledged", "", number)
        if number % 7 == 0:
            ledger.delete_payload(payload, "test", float(number))
            tape.note("deleted", "", 0, bytes.fromhex(payload))
    ledger.close()
    return before


def _disk(
    before: dict[str, bytes], steps: list[tuple[str, str, int, bytes]], chance: random.Random
) -> dict[str, bytes]:
    """Return a disk that these steps may have left behind."""
    last_sync = {name: k for k, (what, name, _, _) in enumerate(steps) if what == "sync"}
    files = {name: bytearray(data) for name, data in before.items()}
    keep = chance.choice([0.0, 0.3, 0.7, 1.0])  # how much of what was not synced is there
    for k, (what, name, place, data) in enumerate(steps):
        durable = k <= last_sync.get(name, -1)
        if what == "write":
            _written(files.setdefault(name, bytearray()), place, data, durable, keep, chance)
        elif what == "truncate" and (durable or chance.random() < keep):
            del files.setdefault(name, bytearray())[place:]
        elif what == "anchor" or (what == "anchor begins" and k == len(steps) - 1 and chance.random() < 0.5):
            files[name] = bytearray(data)
    return {name: bytes(data) for name, data in files.items()}


def _written(file: bytearray, place: int, data: bytes, durable: bool, keep: float, chance: random.Random) -> None:
    for start in range(0, len(data), SECTOR if not durable else max(len(data), 1)):
        if durable or chance.random() < keep:
            part = data[start : start + SECTOR] if not durable else data
            at = place + start
            if len(file) < at:
                file.extend(bytes(at - len(file)))
            file[at : at + len(part)] = part


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_when_the_power_fails(
    tape: Tape, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = _session(tape)
    steps = list(tape.steps)
    monkeypatch.undo()
    assert {what for what, *_ in steps} >= {"write", "truncate", "sync", "anchor", "acknowledged", "deleted"}
    seed = random.randrange(10**6)
    print("seed", seed, "steps", len(steps))
    chance = random.Random(seed)
    for number in range(MOMENTS):
        moment = chance.randrange(1, len(steps) + 1)
        _check(tmp_path / f"disk-{number}", _disk(before, steps[:moment], chance), steps[:moment], moment)


def _check(directory: Path, files: dict[str, bytes], steps: list[Step], moment: int) -> None:
    directory.mkdir()
    for name, data in files.items():
        (directory / name).write_bytes(data)
    acknowledged = {place for what, _, place, _ in steps if what == "acknowledged"}
    deleted = [data.hex() for what, _, _, data in steps if what == "deleted"]
    Ledger.open(directory, counting_salt()).close()
    verdict = verify(directory)
    assert verdict.whole, (moment, verdict.faults)
    with LedgerReader(directory) as reader:
        there = {entry.value.dropped for entry in reader.events(kinds=["drop"])}  # type: ignore[union-attr]
        assert acknowledged <= there, (moment, sorted(acknowledged - there))
        assert all(reader.payload(one) is None for one in deleted), moment
    for path in directory.iterdir():
        path.unlink()
    directory.rmdir()


def test_a_ledger_that_does_not_sync_would_be_found_out(
    tape: Tape, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check finds what it is there to find: without the syncs of the log something acknowledged is lost."""
    before = _session(tape)
    steps = [step for step in tape.steps if step[0] != "sync"]
    monkeypatch.undo()
    chance, lost = random.Random(1), 0
    for number in range(12):
        moment = chance.randrange(len(steps) // 2, len(steps))
        try:
            _check(tmp_path / f"disk-{number}", _disk(before, steps[:moment], chance), steps[:moment], moment)
        except (AssertionError, LedgerBroken):
            lost += 1
    assert lost > 0
