"""`watchline backup` and `watchline restore`: a ledger that follows another, and the way back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter

from watchline.cli.options import Json
from watchline.ledger.backup import back_up
from watchline.ledger.backup import restore as restored
from watchline.ledger.verify import verify


def backup(
    ledger: Annotated[Path, Parameter(help="directory of the ledger, also while it is written")],
    *,
    to: Annotated[Path, Parameter(help="directory of the backup, made if need be")],
    json: Json = False,
) -> int:
    """Bring a backup up to the last durable batch; what was deleted meanwhile goes there too."""
    done = back_up(ledger, to)
    if json:
        print(msgspec.json.encode(done).decode())
    else:
        print(
            f"{done.backup}: head {done.seq} {done.hash}, {done.new_batches} new batches, {done.new_payloads} new "
            f"payloads, {done.deletions} deletions carried out"
        )
    return 0


def restore(
    backup: Annotated[Path, Parameter(help="directory of the backup")],
    *,
    to: Annotated[Path, Parameter(help="directory of the ledger to make")],
) -> int:
    """Make a ledger of a backup, once all of it has been checked."""
    restored(backup, to)
    verdict = verify(to)
    print(f"{to}: {verdict.batches} batches, head {verdict.head_seq} {verdict.head_hash}")
    return 0 if verdict.whole else 1
