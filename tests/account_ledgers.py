"""Small ledgers with accounts of what was watched, for the tests of papers."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from builders import T0_S
from desk_builders import LINE, two_desks
from ledger_builders import counting_salt
from watchline.domain.batches import MissBatch
from watchline.domain.records import Record, SiteVersion
from watchline.domain.site import Site
from watchline.ledger.writer import Ledger
from watchline.ops.site_file import site_text

HOUR_S = 3600.0
STRETCHES = int(np.ceil(LINE.length_m / 1000.0))


def accounts(mean: float, adversary: float, hours: int = 6, stretches: int = STRETCHES) -> MissBatch:
    """Return hours of accounts of every stretch and class, alike everywhere."""
    t, s, c = (x.ravel() for x in np.meshgrid(T0_S + HOUR_S * np.arange(hours), np.arange(stretches), np.arange(4)))
    n = len(t)
    return MissBatch(
        t_s=t, hours=np.ones(n), stretch=s.astype(np.int32), crosser=c.astype(np.uint8), share=np.ones(n),
        mean=np.full(n, mean), low=np.full(n, 0.5 * mean), high=np.full(n, min(1.5 * mean, 1.0)),
        adversary=np.full(n, adversary), informed=np.full(n, adversary),
    )  # fmt: skip


def account_ledger(path: Path, records: Iterable[Record], book: MissBatch | None, site: Site | None = None) -> Path:
    """Write a ledger of a site of two desks with these records and accounts."""
    with Ledger.create(path, counting_salt()) as ledger:
        payload = ledger.put_payload(site_text(site or two_desks()).encode(), "application/toml")
        version = SiteVersion(id="site-1", t_s=T0_S, source="f", digest="d", name="n", length_m=LINE.length_m,
                              payload_id=payload)  # fmt: skip
        ledger.append(version, T0_S)
        for record in records:
            ledger.append(record, record.t_s)
        if book is not None:
            ledger.append_columns(book, T0_S + 6 * HOUR_S)
        ledger.commit(T0_S + 6 * HOUR_S)
    return path
