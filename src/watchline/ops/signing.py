"""A running core signs its chain's head every hour and when it ends, beside the ledger."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from watchline.ledger.checkpoint import append, sign
from watchline.ledger.reader import LedgerReader

EVERY_S = 3600.0  # of the core's clock: what lies between two checkpoints is pinned by the later one


class Signer:
    """Signs what is durable.  Mutable: it knows when it signed last."""

    def __init__(self, directory: Path, key: Ed25519PrivateKey | None, every_s: float = EVERY_S) -> None:
        """key: None signs nothing."""
        self._directory, self._key, self._every_s = directory, key, every_s
        self._signed_s: float | None = None
        self._seq = 0

    def step(self, now_s: float) -> None:
        """Sign if it is time."""
        if self._signed_s is None or now_s - self._signed_s >= self._every_s:
            self.sign(now_s)

    def sign(self, now_s: float) -> None:
        """Sign the last durable batch, unless it was signed already."""
        self._signed_s = now_s
        if self._key is None:
            return
        with LedgerReader(self._directory) as reader:
            heads = reader.heads(1, reader.last_seq)
        if heads and heads[-1][0] != self._seq:
            (_, first, _), (self._seq, digest, cut_s) = heads[0], heads[-1]
            append(self._directory, sign(first, self._seq, digest, cut_s, self._key))
