"""A writer to be killed: says on standard output which batch is acknowledged, and never stops by itself.

Arguments: directory, first number.  Not a test; started by test_ledger_faults.py.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from ledger_builders import make_drop, make_scans
from watchline.ledger.writer import Ledger


def main() -> None:
    number = int(sys.argv[2])
    ledger = Ledger.open(sys.argv[1], lambda: os.urandom(16))
    last_payload = ""
    while True:
        ledger.append(make_drop(number), float(number))
        ledger.append_columns(make_scans(300, float(number)), float(number))
        if number % 3 == 0:
            last_payload = ledger.put_payload(os.urandom(30_000), "image/png")
        ledger.commit(float(number))
        print(number, ledger.head[0], flush=True)
        if number % 7 == 0 and last_payload:
            ledger.delete_payload(last_payload, "test", float(number))
            print("deleted", last_payload, flush=True)
            last_payload = ""
        number += 1


main()
