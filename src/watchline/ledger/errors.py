"""What can go wrong with a ledger, by whose fault it is."""

from __future__ import annotations

from watchline.domain.errors import BadInput


class LedgerBusy(BadInput):
    """Another writer holds this ledger."""


class LedgerBroken(BadInput):
    """The chain cannot be continued or read: what was kept is not what is there."""


class LedgerWriteError(RuntimeError):
    """Something could not be made durable (disk full, disk gone).

    None of it was acknowledged; the writer keeps it and keeps trying.
    """
