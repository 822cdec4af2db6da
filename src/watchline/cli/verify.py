"""`watchline verify`: whether a ledger is whole, and from which batch on it is not."""

from __future__ import annotations

from pathlib import Path

import msgspec

from watchline.cli.options import Json
from watchline.domain.errors import BadInput
from watchline.ledger.checkpoint import read_list, read_public_key
from watchline.ledger.verify import Verdict
from watchline.ledger.verify import verify as verify_ledger

LINES_MAX = 10  # faults printed for people; --json has them all


def verify(ledger: Path, /, *, checkpoints: Path | None = None, key: Path | None = None, json: Json = False) -> int:
    """Check a ledger: every hash, every index row, every payload, every page, and that signed checkpoints name it.

    Exit code 0 when it is whole, 1 when it is broken, 2 when there is no ledger to check.

    Parameters
    ----------
    ledger
        The directory of the ledger.
    checkpoints
        A file of checkpoints that were kept elsewhere, with --key.
    key
        The public key (.pub) that signed them.
    json
        Print one JSON object with everything found.
    """
    if (checkpoints is None) != (key is None):
        raise BadInput("--checkpoints", "and --key belong together", "give both or neither")
    pins = read_list(checkpoints) if checkpoints is not None else []
    verdict = verify_ledger(ledger, pins, read_public_key(key) if key is not None else None)
    print(msgspec.json.encode(verdict).decode() if json else _lines(verdict))
    return 0 if verdict.whole else 1


def _lines(verdict: Verdict) -> str:
    lines = [_first_line(verdict)]
    lines += [f"  {fault.where}: {fault.what}" for fault in verdict.faults[:LINES_MAX]]
    more = len(verdict.faults) - LINES_MAX + verdict.faults_left_out
    if more > 0:
        lines.append(f"  and {more} more; --json lists them")
    lines += [f"  note: {note}" for note in verdict.notes]
    return "\n".join(lines)


def _first_line(verdict: Verdict) -> str:
    if verdict.whole:
        rows = f" ({verdict.rows_deleted} more lawfully deleted)" if verdict.rows_deleted else ""
        deleted = f" ({verdict.deleted} lawfully deleted)" if verdict.deleted else ""
        return (
            f"whole: {verdict.batches} batches, {verdict.events} events, {verdict.rows} rows{rows}, "
            f"{verdict.payloads} payloads{deleted}, head {verdict.head_seq} {verdict.head_hash}"
        )
    first = next(fault for fault in verdict.faults if fault.batch == verdict.first_broken)
    what = f"{first.where}: {first.what}"
    if verdict.first_broken is None:
        return f"broken: no batch is harmed, but {what}"
    return f"broken: first broken batch {verdict.first_broken} ({what})"
