"""How long it takes to check a month of a line's ledger, and to prove it to an outsider.

Load: the scans of a 200 km line for a month, about 200 million rows, with the events beside them; here as many
million rows as asked for, in the same batches (a cut every 5 s of the records' clock, 77 looks a second).  Written as
fast as it is taken, then checked as `watchline verify` does, then a proof is written and checked.  Peer: reading
the same files and taking SHA-256 of every byte, which no check can do without.

    python benchmarks/ledger_month.py [MILLIONS_OF_SCANS]
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from watchline.domain.batches import ScanBatch
from watchline.domain.records import Weather
from watchline.ledger.checkpoint import append, make_keys, read_list, read_public_key, read_signing_key, sign
from watchline.ledger.proof import check_proof, write_proof
from watchline.ledger.reader import LedgerReader
from watchline.ledger.verify import verify
from watchline.ledger.writer import Ledger

MONTH_ROWS = 200e6
RATE_HZ, CUT_S = 77.0, 5.0
T0_S = 1.7e9
LIMIT_S = 300.0


def looks(number: int, rng: np.random.Generator) -> ScanBatch:
    """Return what the line's sensors looked at between two cuts."""
    n = round(RATE_HZ * CUT_S)
    sensor = np.arange(n, dtype=np.int32) % 400
    azimuth = (sensor * 0.7 + number * 0.05) % (2 * np.pi)
    return ScanBatch(
        scan_id=(np.arange(number * n, (number + 1) * n) % 2**31).astype(np.int32), sensor=sensor,
        t_s=T0_S + number * CUT_S + np.arange(n) / RATE_HZ, az0_rad=azimuth, az1_rad=azimuth + 0.2,
        range_m=np.full(n, 12_000.0), quality=np.round(rng.uniform(0.8, 1.0, n), 3),
        detections=(rng.random(n) < 0.1).astype(np.int32),
    )  # fmt: skip


def main() -> int:
    """Print how long each step took, here and for a month; exit 1 when checking one takes over five minutes."""
    rows = float((sys.argv[1:] or ["2"])[0]) * 1e6
    batches = round(rows / (RATE_HZ * CUT_S))
    rng = np.random.default_rng(3)
    directory = Path(tempfile.mkdtemp(prefix="ledger-month-"))
    try:
        make_keys(directory / "key")
        path, took = directory / "ledger", {}
        began = time.perf_counter()
        with Ledger.create(path, lambda: os.urandom(16)) as ledger:
            for number in range(batches):
                now_s = T0_S + (number + 1) * CUT_S
                ledger.append_columns(looks(number, rng), now_s)
                ledger.append(
                    Weather(id=f"w-{number}", t_s=now_s, source="station", from_km=0.0, to_km=200.0,
                            visibility_m=20_000.0, wind_m_s=3.0, air_c=20.0, rain_mm_h=0.0, dust=0.0), now_s,
                )  # fmt: skip
                ledger.cut(now_s)
        took["written"] = time.perf_counter() - began
        with LedgerReader(path) as reader:
            (_, first, _), (seq, digest, cut_s) = reader.heads(1, reader.last_seq)
        append(path, sign(first, seq, digest, cut_s, read_signing_key(directory / "key")))
        began = time.perf_counter()
        worked = time.process_time()
        verdict = verify(path, read_list(path / "checkpoints.jsonl"), read_public_key(directory / "key.pub"))
        took["checked"] = time.perf_counter() - began
        took["of it processor"] = time.process_time() - worked
        assert verdict.whole, verdict.faults
        began = time.perf_counter()
        write_proof(path, read_list(path / "checkpoints.jsonl"), T0_S, cut_s, directory / "proof")
        took["proof written"] = time.perf_counter() - began
        began = time.perf_counter()
        assert check_proof(directory / "proof", read_public_key(directory / "key.pub")).holds
        took["proof checked"] = time.perf_counter() - began
        began = time.perf_counter()
        size = sum(_hashed(file) for file in path.iterdir())
        took["every byte hashed"] = time.perf_counter() - began
        print(f"{verdict.rows} rows, {verdict.events} events, {verdict.batches} batches, {size / 1e6:.0f} MB, "
              f"proof {(directory / 'proof').stat().st_size / 1e6:.1f} MB")  # fmt: skip
        for what, seconds in took.items():
            print(f"{what:18} {seconds:8.1f} s   {seconds * MONTH_ROWS / verdict.rows:8.0f} s for a month")
        month_s = took["checked"] * MONTH_ROWS / verdict.rows
    finally:
        shutil.rmtree(directory)
    return 0 if month_s <= LIMIT_S else 1


def _hashed(file: Path) -> int:
    digest = hashlib.sha256()
    with open(file, "rb") as data:
        while part := data.read(1 << 20):
            digest.update(part)
    return file.stat().st_size


if __name__ == "__main__":
    sys.exit(main())
