"""How fast single events become durable as the ledger grows, and how long a question about now takes then.

Load: reports of units, one record each, appended one by one as they come; a cut every 2 500 of them, and every cut is
waited for by its own group commit of at most 50 ms, as callers do who acknowledge.  After each part of the whole it
prints events a second of that part, and the 50th and 99th percentile of a current-picture question (the
newest report of every unit) asked by another connection while nothing is written.

The peer in the same run: plain SQLite rows (WAL, FULL), one transaction for each 2 500, no chain, no digest of pages.

    python benchmarks/ledger_scale.py [MILLIONS_OF_EVENTS] [PARTS]
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import apsw
import msgspec
import numpy as np

from watchline.domain.records import Position, UnitReport
from watchline.ledger.reader import LedgerReader
from watchline.ledger.writer import Ledger

CUT = 2_500
RATE_HZ = 50_000.0  # of the clock in the records
ASKED = 200
UNITS = 200
WINDOW_S = 2.5 * UNITS / RATE_HZ  # in which every unit has reported twice


def report(number: int) -> UnitReport:
    """Return the next report."""
    t_s = 1.7e9 + number / RATE_HZ
    at = Position(lon_deg=42.0 + (number % 1000) / 1e4, lat_deg=33.5, s_m=float(number % 200_000), d_m=-200.0)
    return UnitReport(
        id=f"u-{number}", t_s=t_s, source="field", unit=f"patrol-{number % UNITS}", position=at, speed_m_s=1.5,
        heading_rad=0.5, state="patrolling",
    )  # fmt: skip


def ask(directory: Path, now_s: float) -> tuple[float, float]:
    """Return (p50, p99) in ms of asking for the newest report of every unit."""
    took = []
    with LedgerReader(directory) as reader:
        for _ in range(ASKED):
            began = time.perf_counter()
            found = (entry.value for entry in reader.events(["unit_report"], t0_s=now_s - WINDOW_S))
            newest = {one.unit: one for one in found if isinstance(one, UnitReport)}
            took.append(1000.0 * (time.perf_counter() - began))
            assert len(newest) == UNITS
    return float(np.percentile(took, 50)), float(np.percentile(took, 99))


def plain(directory: Path, events: int) -> float:
    """Return events a second of plain rows."""
    database = apsw.Connection(str(directory / "plain.db"))
    database.pragma("journal_mode", "wal")
    database.pragma("synchronous", "FULL")
    database.execute("CREATE TABLE event (id INTEGER PRIMARY KEY, kind TEXT, t_s REAL, known_s REAL, body BLOB)")
    encode, began = msgspec.msgpack.encode, time.perf_counter()
    for first in range(0, events, CUT):
        rows = [
            (n, "unit_report", one.t_s, one.t_s, encode(one)) for n in range(first, first + CUT) if (one := report(n))
        ]
        with database:
            database.executemany("INSERT INTO event VALUES (?, ?, ?, ?, ?)", rows)
    took_s = time.perf_counter() - began
    database.close()
    return events / took_s


def main() -> int:
    """Print the table; exit 1 when the last part is slower than 50 000 a second or a question takes over 50 ms."""
    millions, parts = float((sys.argv[1:] or ["2"])[0]), int((sys.argv[2:] or ["4"])[0])
    each = round(millions * 1e6 / parts / CUT) * CUT
    directory = Path(tempfile.mkdtemp(prefix="ledger-scale-"))
    print("events      events/s   p50 ms  p99 ms   MB")
    try:
        ledger, number, rate, p99 = Ledger.create(directory / "ledger", lambda: os.urandom(16)), 0, 0.0, 0.0
        for _ in range(parts):
            began = time.perf_counter()
            for _ in range(each // CUT):
                for n in range(number, number + CUT):
                    one = report(n)
                    ledger.append(one, one.t_s)
                number += CUT
                ledger.commit(one.t_s)
            rate = each / (time.perf_counter() - began)
            p50, p99 = ask(directory / "ledger", one.t_s)
            size = sum(path.stat().st_size for path in (directory / "ledger").iterdir()) / 1e6
            print(f"{number:<11} {rate:<10.0f} {p50:<7.1f} {p99:<7.1f} {size:.0f}", flush=True)
        ledger.close()
        rival = plain(directory, min(each, 500_000))
        print(f"plain rows  {rival:.0f} a second; the ledger's last part {rate / rival:.2f} of it")
    finally:
        shutil.rmtree(directory)
    return 0 if rate >= 50_000 and p99 <= 50.0 else 1


if __name__ == "__main__":
    sys.exit(main())
