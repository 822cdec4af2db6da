"""Signed checkpoints: who holds the key said, at a moment, that the chain had come so far.

Theory: a hash chain shows every change to what lies before its head, and nothing to somebody who replaces it whole.
A checkpoint is the head at a moment, signed with Ed25519; kept elsewhere (printed, mailed, given to the auditor) it
pins everything before it.  The list beside the ledger, `checkpoints.jsonl`, is a convenience and no proof by itself.

Rules: what is signed is the checkpoint's JSON without its signature, fields in their order; a key file is read only
if nobody else may.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from watchline.domain.errors import BadInput

NAME = "checkpoints.jsonl"
FORMAT = "watchline-checkpoint-1"


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """seq, hash: the last durable batch; cut_s: when it was cut; key: the first 16 hex digits of the public key.

    first: hash of the ledger's first batch, by which a checkpoint of another ledger is told.
    """

    format: str = FORMAT
    first: str
    seq: int
    hash: str
    cut_s: float
    key: str
    signature: str = ""


def make_keys(path: Path) -> Path:
    """Make a signing key in a new file and its public half beside it (.pub); return the public file."""
    public_path = path.with_name(path.name + ".pub")
    for one in (path, public_path):
        if one.exists():
            raise BadInput(str(one), "is there already", "a key is never written over")
    key = Ed25519PrivateKey.generate()
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
    public_path.write_bytes(
        key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return public_path


def read_signing_key(path: Path) -> Ed25519PrivateKey:
    """Return the key of a file; BadInput when it is none or others may read it."""
    try:
        if path.stat().st_mode & 0o077:
            raise BadInput(str(path), "can be read by others than its owner", f"chmod 600 {path}")
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        if isinstance(error, BadInput):
            raise
        raise BadInput(str(path), f"is no signing key ({error})", "make one: watchline checkpoint keys") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise BadInput(str(path), "is not an Ed25519 key", "make one: watchline checkpoint keys")
    return key


def read_public_key(path: Path) -> Ed25519PublicKey:
    """Return the public key of a file; BadInput when it is none."""
    try:
        key = serialization.load_pem_public_key(path.read_bytes())
    except (OSError, ValueError) as error:
        raise BadInput(str(path), f"is no public key ({error})", "give the .pub of the signing key") from None
    if not isinstance(key, Ed25519PublicKey):
        raise BadInput(str(path), "is not an Ed25519 key", "give the .pub of the signing key")
    return key


def name_of(key: Ed25519PublicKey) -> str:
    """Return the first 16 hex digits of a public key."""
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw).hex()[:16]


def sign(first: str, seq: int, digest: str, cut_s: float, key: Ed25519PrivateKey) -> Checkpoint:
    """Return the checkpoint of a head, signed."""
    bare = Checkpoint(first=first, seq=seq, hash=digest, cut_s=cut_s, key=name_of(key.public_key()))
    return msgspec.structs.replace(bare, signature=key.sign(_said(bare)).hex())


def is_signed_by(checkpoint: Checkpoint, key: Ed25519PublicKey) -> bool:
    """Return whether the signature is this key's, over exactly what the checkpoint says."""
    try:
        key.verify(bytes.fromhex(checkpoint.signature), _said(checkpoint))
    except (InvalidSignature, ValueError):
        return False
    return True


def _said(checkpoint: Checkpoint) -> bytes:
    return msgspec.json.encode(msgspec.structs.replace(checkpoint, signature=""))


def append(directory: Path, checkpoint: Checkpoint) -> None:
    """Add a checkpoint to the list beside the ledger, durably."""
    with open(directory / NAME, "ab") as file:
        file.write(msgspec.json.encode(checkpoint) + b"\n")
        file.flush()
        os.fsync(file.fileno())


def read_list(path: Path) -> list[Checkpoint]:
    """Return the checkpoints of a file, one a line; BadInput names the line that is none."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise BadInput(str(path), f"cannot be read ({error.strerror})", "give a file of checkpoints") from None
    found = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            checkpoint = msgspec.json.decode(line, type=Checkpoint)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise BadInput(
                f"{path.name}: line {number}", f"is no checkpoint ({error})", "give the file whole"
            ) from None
        if checkpoint.format != FORMAT:
            raise BadInput(f"{path.name}: line {number}", f"format {checkpoint.format!r}", "use the version it names")
        found.append(checkpoint)
    return found
