"""`watchline log`: a ledger as lines of a log, also while it is written."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import msgspec

from watchline.domain.records import Record
from watchline.ledger.reader import LedgerReader
from watchline.ops.clock import text_of
from watchline.ops.record_log import LEVELS, LOGGED, Level, line_of, words_of

POLL_S = 0.5


def log(ledger: Path, /, *, level: Level = "info", since: int = 0, follow: bool = False, json: bool = False) -> int:
    """Print what whoever runs the system may have to know, without places, tracks or words of people.

    since: after which batch; follow: go on until stopped; json: one JSON object a line, for a collector.
    """
    least = LEVELS.index(level)
    with LedgerReader(ledger) as reader:
        while True:
            last = reader.last_seq
            for entry in reader.events(LOGGED, after_seq=since):
                if entry.seq > last:
                    break
                assert isinstance(entry.value, Record)
                line = line_of(entry.value, entry.seq, entry.known_s)
                if line is not None and LEVELS.index(line.level) >= least:
                    print(msgspec.json.encode(line).decode() if json else words_of(line, text_of(line.t_s)))
            since = last
            sys.stdout.flush()
            if not follow:
                return 0
            time.sleep(POLL_S)
