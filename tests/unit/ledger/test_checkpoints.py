"""Signed checkpoints and proofs: what they pin, and every way in which they do not hold."""

from __future__ import annotations

import contextlib
import gzip
import json
from pathlib import Path

import msgspec
import pytest

from ledger_builders import counting_salt
from watchline.cli import main
from watchline.domain.errors import BadInput
from watchline.domain.records import Rejection
from watchline.ledger.checkpoint import (
    NAME,
    append,
    is_signed_by,
    make_keys,
    read_list,
    read_public_key,
    read_signing_key,
    sign,
)
from watchline.ledger.proof import check_proof, write_proof
from watchline.ledger.reader import LedgerReader
from watchline.ledger.verify import verify
from watchline.ledger.writer import Ledger

T0_S = 1_700_000_000.0


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as done:
        main(list(words))
    return int(done.value.code or 0)  # type: ignore[arg-type]


def _event(k: int) -> Rejection:
    return Rejection(id=f"r-{k}", t_s=T0_S + k, source="test", what="x", rule="y", sample="")


def _filled(directory: Path, key: Path, batches: int = 12, word: str = "") -> Path:
    """Write a ledger of some batches, a payload deleted in the sixth, a checkpoint after every fourth."""
    ledger = Ledger.create(directory, counting_salt())
    secret, payload = read_signing_key(key), ""
    for k in range(1, batches + 1):
        ledger.append(_event(k), T0_S + k)
        if k == 3:
            payload = ledger.put_payload(b"a film" + word.encode(), "video/webm")
        if k == 6:
            ledger.delete_payload(payload, "retention: 30 days", T0_S + k)
        ledger.commit(T0_S + k)
        if k % 4 == 0:
            with LedgerReader(directory) as reader:
                (_, first, _), (seq, digest, cut_s) = reader.heads(1, reader.last_seq)
            append(directory, sign(first, seq, digest, cut_s, secret))
    ledger.close()
    return directory


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Give a ledger with checkpoints and the key that signed them."""
    directory = tmp_path_factory.mktemp("checkpoints")
    make_keys(directory / "key")
    return _filled(directory / "ledger", directory / "key"), directory / "key"


def test_a_checkpoint_is_its_keys_and_says_what_it_says(made: tuple[Path, Path]) -> None:
    ledger, key = made
    public = read_public_key(key.with_name("key.pub"))
    pins = read_list(ledger / NAME)
    assert len(pins) == 3
    assert all(is_signed_by(one, public) for one in pins)
    for change in ({"seq": 5}, {"hash": "0" * 64}, {"cut_s": 1.0}, {"first": "0" * 64}, {"signature": "00"}):
        assert not is_signed_by(msgspec.structs.replace(pins[0], **change), public)


def test_a_ledger_replaced_whole_is_found_by_checkpoints_kept_elsewhere(
    made: tuple[Path, Path], tmp_path: Path
) -> None:
    ledger, key = made
    public, pins = read_public_key(key.with_name("key.pub")), read_list(ledger / NAME)
    assert verify(ledger, pins, public).whole
    other = _filled(tmp_path / "other", key, word=" another")
    assert verify(other).whole  # by itself it is a ledger like any other
    found = verify(other, pins, public)
    assert not found.whole
    assert "names another batch" in found.faults[0].what
    shorter = _filled(tmp_path / "shorter", key, batches=5)
    assert any("does not reach it" in fault.what for fault in verify(shorter, pins, public).faults)
    make_keys(tmp_path / "false")
    assert "not signed" in verify(ledger, pins, read_public_key(tmp_path / "false.pub")).faults[0].what


def test_an_outsider_checks_a_time_without_the_ledger(made: tuple[Path, Path], tmp_path: Path) -> None:
    ledger, key = made
    public, out = read_public_key(key.with_name("key.pub")), tmp_path / "month.proof"
    write_proof(ledger, read_list(ledger / NAME), T0_S + 5, T0_S + 7, out)
    proven = check_proof(out, public)
    assert proven.holds, proven.faults
    assert (proven.from_s, proven.to_s) == (T0_S + 4, T0_S + 8)
    assert proven.counts["rejection"] == 5
    assert [reason for _, reason in proven.deleted] == ["retention: 30 days"]
    assert b"a film" not in gzip.decompress(out.read_bytes())
    whole = tmp_path / "all.proof"
    write_proof(ledger, read_list(ledger / NAME), T0_S, T0_S + 12, whole)
    assert check_proof(whole, public).first_seq == 1
    with pytest.raises(BadInput, match="no checkpoint stands at or after it"):
        write_proof(ledger, read_list(ledger / NAME), T0_S, T0_S + 13, whole)


def test_every_flipped_bit_of_a_proof_is_found(made: tuple[Path, Path], tmp_path: Path) -> None:
    ledger, key = made
    public, out = read_public_key(key.with_name("key.pub")), tmp_path / "p"
    write_proof(ledger, read_list(ledger / NAME), T0_S, T0_S + 12, out)
    plain = gzip.decompress(out.read_bytes())
    harmed = tmp_path / "harmed"
    for at in range(0, len(plain), max(1, len(plain) // 400)):
        data = bytearray(plain)
        data[at] ^= 1 << (at % 8)
        harmed.write_bytes(gzip.compress(bytes(data), 1))
        with contextlib.suppress(BadInput):  # then it is not even a proof any more
            assert not check_proof(harmed, public).holds, at
    harmed.write_bytes(out.read_bytes()[:-20])
    assert not check_proof(harmed, public).holds
    make_keys(tmp_path / "false")
    assert not check_proof(out, read_public_key(tmp_path / "false.pub")).holds


def test_keys_are_their_owners_and_never_written_over(tmp_path: Path) -> None:
    make_keys(tmp_path / "key")
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    with pytest.raises(BadInput, match="never written over"):
        make_keys(tmp_path / "key")
    (tmp_path / "key").chmod(0o644)
    with pytest.raises(BadInput, match="can be read by others"):
        read_signing_key(tmp_path / "key")
    with pytest.raises(BadInput, match="is no public key"):
        read_public_key(tmp_path / "none")


def test_the_command_line_makes_signs_proves_and_checks(made: tuple[Path, Path], tmp_path: Path, capsys) -> None:
    ledger, key = made
    public = str(key.with_name("key.pub"))
    assert run("checkpoint", "sign", str(ledger), "--key", str(key)) == 0
    kept = tmp_path / "kept.jsonl"
    kept.write_text(capsys.readouterr().out)
    assert run("verify", str(ledger), "--checkpoints", str(kept), "--key", public) == 0
    out = tmp_path / "p"
    times = ("--from", "2023-11-14T22:13:20Z", "--to", "2023-11-14T22:13:30Z")
    assert run("checkpoint", "proof", str(ledger), *times, "--out", str(out)) == 0
    capsys.readouterr()
    assert run("checkpoint", "check", str(out), "--key", public, "--json") == 0
    assert json.loads(capsys.readouterr().out)["holds"] is True
    out.write_bytes(out.read_bytes()[:-9])
    assert run("checkpoint", "check", str(out), "--key", public) == 1
    kept.write_text("{}\n")
    assert run("verify", str(ledger), "--checkpoints", str(kept), "--key", public) == 2
