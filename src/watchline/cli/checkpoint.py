"""`watchline checkpoint`: keys, signed heads, and proofs that an outsider checks without the ledger."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from cyclopts import Parameter

from watchline.cli.options import Json
from watchline.domain.errors import BadInput
from watchline.ledger.checkpoint import NAME as LIST
from watchline.ledger.checkpoint import append, make_keys, name_of, read_list, read_public_key, read_signing_key
from watchline.ledger.checkpoint import sign as signed
from watchline.ledger.proof import Proven, check_proof, write_proof
from watchline.ledger.reader import LedgerReader
from watchline.ops.clock import seconds_of


def checkpoint(
    what: Annotated[Literal["keys", "sign", "proof", "check"], Parameter(help="what to do")],
    path: Annotated[Path, Parameter(help="keys: the key to make; sign, proof: the ledger; check: a proof")],
    *,
    key: Annotated[Path | None, Parameter(help="sign: the signing key; check: its .pub")] = None,
    from_: Annotated[str | None, Parameter(name="--from", help="proof: from when, RFC 3339")] = None,
    to: Annotated[str | None, Parameter(help="proof: until when, RFC 3339")] = None,
    out: Annotated[Path | None, Parameter(help="proof: file to write")] = None,
    json: Json = False,
) -> int:
    """Make keys, sign the head of a ledger, write the proof of a time, or check one (exit 1: it does not hold)."""
    if what == "keys":
        public = make_keys(path)
        _say({"key": str(path), "public": str(public), "name": name_of(read_public_key(public))}, json)
        return 0
    if what == "sign":
        return _sign(path, _needed(key, "--key"), json)
    if what == "proof":
        first, last = (_moment(value, name) for value, name in ((from_, "--from"), (to, "--to")))
        target = _needed(out, "--out")
        count = write_proof(path, read_list(path / LIST), first, last, target)
        _say({"proof": str(target), "batches": count, "bytes": target.stat().st_size}, json)
        return 0
    proven = check_proof(path, read_public_key(_needed(key, "--key")))
    print(msgspec.json.encode(proven).decode() if json else _words(proven))
    return 0 if proven.holds else 1


def _sign(ledger: Path, key: Path, json: bool) -> int:
    secret = read_signing_key(key)
    with LedgerReader(ledger) as reader:
        heads = reader.heads(1, reader.last_seq)
    if not heads:
        raise BadInput(str(ledger), "holds nothing yet", "run it first")
    (_, first, _), (seq, digest, cut_s) = heads[0], heads[-1]
    made = signed(first, seq, digest, cut_s, secret)
    append(ledger, made)
    print(msgspec.json.encode(made).decode())
    del json  # a checkpoint is one JSON object either way: it is meant to be kept elsewhere
    return 0


def _moment(text: str | None, name: str) -> float:
    if text is None:
        raise BadInput(name, "is missing", "give a moment, for example 2026-11-01T00:00:00Z")
    return seconds_of(text)


def _needed(path: Path | None, name: str) -> Path:
    if path is None:
        raise BadInput(name, "is missing", "give a file")
    return path


def _words(proven: Proven) -> str:
    def when(t_s: float) -> str:
        return datetime.fromtimestamp(t_s, UTC).strftime("%Y-%m-%d %H:%M:%SZ")

    first = "holds" if proven.holds else f"does not hold: {proven.faults[0]}"
    lines = [
        f"{first}",
        f"  batches {proven.first_seq} to {proven.last_seq}, {when(proven.from_s)} to {when(proven.to_s)}, "
        f"{proven.checkpoints} signed checkpoints",
        "  " + ", ".join(f"{count} {name}" for name, count in sorted(proven.counts.items())),
        f"  {len(proven.deleted)} lawful deletions",
    ]
    return "\n".join(lines + [f"  {fault}" for fault in proven.faults[1:]])


def _say(told: dict[str, object], json: bool) -> None:
    print(msgspec.json.encode(told).decode() if json else ", ".join(f"{k} {v}" for k, v in told.items()))
