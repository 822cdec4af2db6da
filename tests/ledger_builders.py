"""Small ledgers and their parts, for the tests of the ledger and of whatever writes one."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np

from watchline.domain.batches import DetectionBatch, ScanBatch
from watchline.domain.records import Drop, Rejection
from watchline.ledger.writer import Ledger


def counting_salt() -> Callable[[], bytes]:
    """Return a salt that counts: not secret, but the same in every run."""
    numbers = itertools.count(1)
    return lambda: next(numbers).to_bytes(16, "big")


def make_drop(i: int, t_s: float | None = None) -> Drop:
    return Drop(id=f"drop-{i}", t_s=float(i) if t_s is None else t_s, source="test", queue="q", dropped=i)


def make_rejection(i: int) -> Rejection:
    return Rejection(id=f"rejection-{i}", t_s=float(i), source="test", what="bytes", rule="none")


def make_scans(rows: int, t0_s: float) -> ScanBatch:
    n = np.arange(rows, dtype=np.int32)
    return ScanBatch(
        scan_id=n,
        sensor=n % 7,
        t_s=t0_s + n * 0.01,
        az0_rad=n * 0.1,
        az1_rad=n * 0.1 + 0.2,
        range_m=np.full(rows, 9000.0),
        quality=np.full(rows, np.nan),
        detections=np.zeros(rows, np.int32),
    )


def make_detections(rows: int, t0_s: float) -> DetectionBatch:
    values = {
        name: np.full((rows, *extra), 0.25).astype(dtype) for name, (dtype, extra) in DetectionBatch.COLUMNS.items()
    }
    values["t_s"] = t0_s + np.arange(rows) * 0.1
    return DetectionBatch(**values)


def fill(ledger: Ledger, batches: int, *, payloads: bool = True) -> list[str]:
    """Append and cut a few batches of everything; return the ids of the payloads."""
    ids = []
    for i in range(batches):
        ledger.append(make_drop(i), i + 0.5)
        ledger.append_columns(make_scans(20, float(i)), i + 0.5)
        ledger.append(make_rejection(i), i + 0.6)
        if payloads and i % 2 == 0:
            ids.append(ledger.put_payload(f"picture {i} ".encode() * 40, "image/png"))
        ledger.cut(i + 1.0)
    return ids


def make_ledger(directory: Path, batches: int = 5) -> Path:
    """Return a closed ledger of a few batches."""
    with Ledger.create(directory, counting_salt()) as ledger:
        fill(ledger, batches)
    return directory


def flip_bit(path: Path, bit: int) -> None:
    """Turn one bit of a file over, in place."""
    with open(path, "r+b") as file:
        file.seek(bit // 8)
        octet = file.read(1)[0]
        file.seek(bit // 8)
        file.write(bytes([octet ^ (1 << bit % 8)]))


def files_of(directory: Path) -> dict[Path, bytes]:
    """Return every file of a ledger with its bytes."""
    return {path: path.read_bytes() for path in sorted(directory.iterdir())}
