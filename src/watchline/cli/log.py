"""`watchline log`: a ledger as lines of a log, also while it is written."""

from __future__ import annotations

import sys
import time
from typing import Annotated

import msgspec
from cyclopts import Parameter

from watchline.cli.options import LedgerFolder
from watchline.domain.records import Record
from watchline.ledger.reader import LedgerReader
from watchline.ops.clock import text_of
from watchline.ops.record_log import LEVELS, LOGGED, Level, line_of, words_of

POLL_S = 0.5


def log(
    ledger: LedgerFolder,
    /,
    *,
    level: Annotated[Level, Parameter(help="the least that is told")] = "info",
    since: Annotated[int, Parameter(help="only what came after this batch of the ledger")] = 0,
    follow: Annotated[bool, Parameter(help="go on until stopped", negative=())] = False,
    json: Annotated[bool, Parameter(help="one JSON object a line, for a collector", negative=())] = False,
) -> int:
    """Print what whoever runs the system may have to know, without places, tracks or words of people."""
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
