"""Late looks at a running core: when they are gone through, and which minutes are reckoned anew because of them.

late looks settle ► gone through for crossers (`history.py`) ► alerts, `LateLooks` ► minutes anew (`again.py`)

Mutable: it holds the process that goes through them.
"""

from __future__ import annotations

import math

from watchline.domain.batches import MissBatch, ScanBatch
from watchline.domain.nodes import LateLooks, MinuteBasis
from watchline.domain.records import Record, Rejection
from watchline.geo.line import LineFrame
from watchline.ops.account.again import Again
from watchline.ops.account.history import Gone, HistoryWorker, when_told
from watchline.ops.account.seeing import Seeing
from watchline.ops.account.whereabouts import Stood

SETTLE_S = 30.0  # without further late looks: a tower's backlog is in
MOST_WAIT_S = 600.0  # and no longer than this where they never end


class Revising:
    """See the module.  again: folded from the ledger; head_seq: of the ledger when it begins."""

    def __init__(
        self, again: Again, history: HistoryWorker, ids: tuple[str, ...], line: LineFrame, now_s: float, head_seq: int
    ) -> None:
        self._again, self._history, self._ids, self._line = again, history, ids, line
        self._first_s = self._last_s = now_s if again.late_since is not None else math.inf
        self._last_seq, self._upto, self._failed = head_seq, 0, 0

    def apply(self, record: Record) -> None:
        """Fold in what is kept."""
        self._again.apply(record)

    def hear(self, scans: ScanBatch, now_s: float, next_seq: int) -> None:
        """Take looks that will lie in the ledger's batch `next_seq`."""
        if self._again.hear(scans, now_s, next_seq):
            self._first_s, self._last_s = min(self._first_s, now_s), now_s
            self._last_seq = next_seq

    def step(self, now_s: float, durable_seq: int, *, wait: bool) -> list[Record]:
        """Return what late looks showed, when they have been gone through; begin with those that have settled."""
        since = self._again.late_since
        settled = now_s - self._last_s >= SETTLE_S or now_s - self._first_s >= MOST_WAIT_S
        if since is not None and settled and durable_seq >= self._last_seq and not self._history.busy:
            self._upto, self._first_s, self._last_s = durable_seq, math.inf, math.inf
            self._history.ask(since - 1, durable_seq)
        answer = self._history.take(wait=wait) if self._history.busy else None
        return [] if answer is None else self._told(answer, now_s)

    def _told(self, answer: Gone | str, now_s: float) -> list[Record]:
        if isinstance(answer, str):
            # Its minutes stay as not watched; the next late looks, or the next start, have it tried again.
            self._failed += 1
            number = f"late-looks-{now_s:.3f}-{self._failed}"
            return [Rejection(id=number, t_s=now_s, source="account", what="late looks", rule=answer[:300])]
        done = LateLooks(
            id=f"late-looks-{self._upto}", t_s=now_s, source="account", upto_seq=self._upto, from_s=answer.from_s,
            to_s=answer.to_s, looks=answer.looks, found=len(answer.found),
        )  # fmt: skip
        return [*(when_told(alert, now_s) for alert in answer.found), done]

    def next(self) -> tuple[MinuteBasis, Seeing] | None:
        """Return the next minute to be reckoned anew, and what counted in it, or None."""
        basis = self._again.next()
        if basis is None:
            return None
        dark = frozenset(map(self._ids.index, basis.dark))
        stood = self._again.whereabouts.stood(self._line, basis.began_s + 3600.0 * basis.hours)
        return basis, Seeing(
            basis.quality, dark, frozenset(basis.present), basis.day, basis.visibility_m, basis.barriers, stood=stood,
            flown=tuple(Stood(*place) for place in basis.flown),
        )  # fmt: skip

    def reckoned(self, minute: MissBatch, now_s: float) -> MinuteBasis:
        """Return what is kept of a minute that was reckoned anew."""
        return self._again.reckoned(minute, now_s)

    def close(self) -> None:
        """End the process."""
        self._history.close()


def basis_of(now: Seeing, ids: tuple[str, ...], began_s: float, hours: float, now_s: float) -> MinuteBasis:
    """Return what is kept of a minute that is reckoned for the first time; ids: of the site's sensors."""
    return MinuteBasis(
        id=f"basis-{began_s:.3f}", t_s=now_s, source="account", began_s=began_s, hours=hours,
        quality=now.quality, dark=tuple(ids[k] for k in sorted(now.dark)), present=tuple(sorted(now.present)),
        day=now.day, visibility_m=now.visibility_m, barriers=now.barriers, flown=now.flown,
    )  # fmt: skip
