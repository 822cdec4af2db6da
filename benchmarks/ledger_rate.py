"""What the ledger costs at the rate of a whole line, against plain SQLite inserts in the same run.

Load: 10 000 scan rows/s, 1 000 detection rows/s, 2 000 events/s, a cut every 0.2 s of injected time, fed as fast as
it is taken.  Cost is processor time of all threads per second of load (1.0 = one core).  The plain rival puts the
same rows into ordinary tables, one transaction per cut, WAL and FULL as well; it has no chain, no verification and
no bitemporal index.  Prints one line per contender and the ratio; exit 1 when the ledger needs over 0.10 core.

    python benchmarks/ledger_rate.py [SECONDS_OF_LOAD]
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import apsw
import msgspec
import numpy as np

from watchline.domain.batches import DetectionBatch, ScanBatch
from watchline.domain.records import Position, UnitReport
from watchline.ledger.reader import LedgerReader
from watchline.ledger.verify import verify
from watchline.ledger.writer import Ledger

TICK_S = 0.2
CORE_SHARE_MAX = 0.10
Tick = tuple[float, ScanBatch, DetectionBatch, list[UnitReport]]


def make_ticks(load_s: float) -> list[Tick]:
    """Return the load: sensors that turn, hits that scatter, units that report."""
    rng = np.random.default_rng(7)
    return [_tick(rng, 1.7e9 + i * TICK_S, i) for i in range(round(load_s / TICK_S))]


def _tick(rng: np.random.Generator, t_s: float, index: int) -> Tick:
    n, m, k = round(10_000 * TICK_S), round(1_000 * TICK_S), round(2_000 * TICK_S)
    sensor = np.arange(n, dtype=np.int32) % 400
    azimuth = (sensor * 0.7 + index * 0.05) % (2 * np.pi)
    scans = ScanBatch(
        scan_id=np.arange(index * n, (index + 1) * n, dtype=np.int32),
        sensor=sensor,
        t_s=t_s + np.arange(n) * (TICK_S / n),
        az0_rad=azimuth,
        az1_rad=azimuth + 0.2,
        range_m=np.full(n, 12_000.0),
        quality=np.round(rng.uniform(0.8, 1.0, n), 3),
        detections=(rng.random(n) < 0.1).astype(np.int32),
    )
    detections = DetectionBatch(
        scan_id=scans.scan_id[:m],
        sensor=sensor[:m],
        kind=np.zeros(m, np.uint8),
        t_s=scans.t_s[:m],
        bearing_rad=rng.uniform(0, 6, m),
        range_m=rng.uniform(500, 9000, m),
        sd_bearing_rad=np.full(m, 2e-4),
        sd_range_m=rng.uniform(10, 400, m),
        range_rate_m_s=np.full(m, np.nan),
        s_m=np.full(m, np.nan),
        sd_s_m=np.full(m, np.nan),
        snr=rng.uniform(3, 30, m),
        p_class=rng.dirichlet([1, 1, 1, 1], m),
        frame=np.full(m, -1, np.int32),
        bbox_px=np.full((m, 4), np.nan),
    )
    events = [
        UnitReport(
            id=f"u{index}-{i}",
            t_s=t_s,
            source=f"unit-{i % 90}",
            unit=f"unit-{i % 90}",
            position=Position(lon_deg=42 + i * 1e-4, lat_deg=31.5 - i * 1e-4, s_m=500.0 * i, d_m=30.0 + i),
            speed_m_s=8.5,
            heading_rad=1.2,
            state="patrolling",
        )
        for i in range(k)
    ]
    return t_s, scans, detections, events


def feed_ledger(directory: Path, ticks: list[Tick]) -> float:
    """Return the processor seconds that the appending thread itself used; all of it is durable at the end."""
    caller_s = 0.0
    with Ledger.create(directory, lambda: os.urandom(16)) as ledger:
        for t_s, scans, detections, events in ticks:
            start = time.thread_time()
            ledger.append_columns(scans, t_s)
            ledger.append_columns(detections, t_s)
            for event in events:
                ledger.append(event, t_s)
            ledger.cut(t_s + TICK_S)
            caller_s += time.thread_time() - start
        ledger.wait_durable()
    return caller_s


def feed_plain(directory: Path, ticks: list[Tick]) -> float:
    """Insert each scan, detection and event as a row."""
    directory.mkdir()
    database = apsw.Connection(str(directory / "plain.db"))
    database.pragma("journal_mode", "wal")
    database.pragma("synchronous", "FULL")
    for name, kind in (("scans", ScanBatch), ("detections", DetectionBatch)):
        width = sum(int(np.prod(extra, dtype=int)) for _dtype, extra in kind.COLUMNS.values())
        database.execute(f"CREATE TABLE {name} ({', '.join(f'c{i}' for i in range(width))})")
    database.execute("CREATE TABLE event (kind TEXT, t_s REAL, known_s REAL, body BLOB)")
    encode = msgspec.msgpack.Encoder().encode
    for t_s, scans, detections, events in ticks:
        with database:
            for name, batch in (("scans", scans), ("detections", detections)):
                parts = [column.reshape(len(batch), -1) for column in batch.columns().values()]
                rows = list(zip(*(part[:, i].tolist() for part in parts for i in range(part.shape[1])), strict=True))
                marks = ", ".join("?" * len(rows[0]))
                database.executemany(f"INSERT INTO {name} VALUES ({marks})", rows)
            database.executemany(
                "INSERT INTO event VALUES (?, ?, ?, ?)", [("unit_report", e.t_s, t_s, encode(e)) for e in events]
            )
    database.close()
    return 0.0


def measure(name: str, feed: Callable[[Path, list[Tick]], float], where: Path, ticks: list[Tick]) -> float:
    """Feed the load, print what it cost, and return the share of a core."""
    load_s = len(ticks) * TICK_S
    cpu, wall = time.process_time(), time.perf_counter()
    caller_s = feed(where, ticks)
    share, wall_s = (time.process_time() - cpu) / load_s, time.perf_counter() - wall
    size = sum(path.stat().st_size for path in where.iterdir())
    print(
        f"{name:8s} {share:6.3f} core  (caller's thread {caller_s / load_s:.3f})  "
        f"{load_s / wall_s:6.1f} x real time  {size / load_s / 1024:7.0f} KiB per second of load"
    )
    return share


def main() -> int:
    """Measure both, and what reading and checking cost."""
    load_s = float(sys.argv[1]) if len(sys.argv) > 1 else 30.0
    ticks = make_ticks(load_s)
    with tempfile.TemporaryDirectory() as scratch:
        share = measure("ledger", feed_ledger, Path(scratch) / "ledger", ticks)
        plain = measure("plain", feed_plain, Path(scratch) / "plain", ticks)
        print(f"ratio    ledger / plain = {share / plain:.2f}")
        start = time.process_time()
        with LedgerReader(Path(scratch) / "ledger") as reader:
            entries = sum(1 for _ in reader.since(0))
        print(f"replay   {(time.process_time() - start) / load_s:6.3f} core  ({entries} entries)")
        start = time.process_time()
        verdict = verify(Path(scratch) / "ledger")
        print(f"verify   {(time.process_time() - start) / load_s:6.3f} core  (whole: {verdict.whole})")
    return 0 if share < CORE_SHARE_MAX and verdict.whole else 1


if __name__ == "__main__":
    sys.exit(main())
