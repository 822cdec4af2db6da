"""Which minutes of the account are to be reckoned anew, as looks come in that were kept on a tower while it was away.

Theory: a minute is reckoned at its end from what is heard by then (`MinuteBasis` keeps what counted).  Looks that
come later show that a sensor watched all the same.  They count once they have been gone through for crossers
(`history.py`, `LateLooks`): until then a crosser in them would have been told to nobody.  A sensor counts in a minute
when it was heard through all of it, by the same patience after which a live one is called dark.  The old rows stay in
the ledger; the new ones, which are learned later, stand (`domain.batches.standing`).

Everything here is a fold over the ledger, so a core that goes on knows what is still to be done.  Mutable: it is
folded many times a second.

Limits: the last `KEEP_S`, and minutes of the present version of the site; a unit's report that comes late tells no
place.
"""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections import defaultdict

import msgspec
import numpy as np

from watchline.domain.batches import MissBatch, ScanBatch
from watchline.domain.nodes import LateLooks, MinuteBasis
from watchline.domain.records import Record, SensorHealth, SiteVersion, UnitReport
from watchline.domain.site import Sensor, Site
from watchline.ops.account.whereabouts import Whereabouts
from watchline.ops.health import patience_s

KEEP_S = 8 * 86_400.0
LATE_S = 10.0  # as in `ops/many/nodes_feed.py`: what is older reaches the ledger and not the live tracks
NEAR_S = 1e-3  # times are added up from steps


class Again:
    """See the module.  late_since: the first batch with late looks that nobody has gone through, None without one."""

    def __init__(self, sensors: tuple[Sensor, ...]) -> None:
        self._ids = tuple(sensor.id for sensor in sensors)
        self._patience_s = np.array([patience_s(sensor) for sensor in sensors])
        self._heard: list[list[tuple[float, float]]] = [[] for _ in sensors]
        self._told_dark: dict[str, list[tuple[float, bool]]] = defaultdict(list)
        self._quality: dict[tuple[int, int], tuple[float, int]] = {}
        self._bases: dict[float, MinuteBasis] = {}
        self._due: dict[float, None] = {}
        self._asked: dict[float, MinuteBasis] = {}
        self._late_last, self._digest = 0, ""
        self.late_since: int | None = None
        self.whereabouts = Whereabouts(KEEP_S)

    # -- the fold ------------------------------------------------------------------------------------------

    def hear(self, scans: ScanBatch, learned_s: float, seq: int) -> bool:
        """Take looks, learned at a time, that lie in a batch of the ledger; return whether some came late."""
        if not len(scans):
            return False
        self._cover(scans)
        late = scans.take(scans.t_s < learned_s - LATE_S)
        if not len(late):
            return False
        measured = np.flatnonzero(np.isfinite(late.quality))
        for k, t_s, value in zip(late.sensor[measured], late.t_s[measured], late.quality[measured], strict=True):
            key = int(k), int(t_s // 60.0)
            total, count = self._quality.get(key, (0.0, 0))
            self._quality[key] = total + float(value), count + 1
        self.late_since = seq if self.late_since is None else self.late_since
        self._late_last = seq
        return True

    def apply(self, record: Record) -> None:
        """Fold a record in."""
        match record:
            case MinuteBasis():
                self._bases[record.began_s] = record
                self._due.pop(record.began_s, None)
                if record.revision == 0:
                    self._forget(record.began_s - KEEP_S)
            case LateLooks():
                self.late_since = record.upto_seq + 1 if self._late_last > record.upto_seq else None
                self._due |= {
                    t: None for t, b in self._bases.items()
                    if b.dark and t < record.to_s and t + 3600.0 * b.hours > record.from_s
                }  # fmt: skip
            case SiteVersion() if record.digest != self._digest:
                # What counted in a minute of another site is told in that site's sensors and shapes.
                self._digest = record.digest
                self._bases, self._due, self._asked = {}, {}, {}
            case UnitReport() if not record.exercise:
                self.whereabouts.apply(record)
            case SensorHealth() if record.source != "health" and not record.exercise:
                self._told_dark[record.sensor].append((record.t_s, record.state == "dark"))
            case _:
                pass

    def _cover(self, scans: ScanBatch) -> None:
        order = np.lexsort((scans.t_s, scans.sensor))
        sensor, t_s = scans.sensor[order], scans.t_s[order]
        new = np.ones(len(order), bool)
        new[1:] = (sensor[1:] != sensor[:-1]) | (np.diff(t_s) > self._patience_s[sensor[1:]])
        first = np.flatnonzero(new)
        last = np.append(first[1:], len(order)) - 1
        for k, a, b in zip(sensor[first].tolist(), t_s[first].tolist(), t_s[last].tolist(), strict=True):
            self._join(k, a, b)

    def _join(self, k: int, a: float, b: float) -> None:
        """Take in that a sensor was heard from a to b, without a gap beyond its patience."""
        runs, gap = self._heard[k], float(self._patience_s[k])
        if runs and runs[-1][0] <= a <= runs[-1][1] + gap:
            runs[-1] = runs[-1][0], max(runs[-1][1], b)
            return
        near = [run for run in runs if run[0] <= b + gap and run[1] >= a - gap]
        whole = min(a, *(r[0] for r in near), a), max(b, *(r[1] for r in near), b)
        self._heard[k] = sorted([*(run for run in runs if run not in near), whole])

    def _forget(self, before_s: float) -> None:
        while self._bases and next(iter(self._bases)) < before_s:
            began_s = next(iter(self._bases))
            del self._bases[began_s]
            self._due.pop(began_s, None)
        if not self._bases or len(self._bases) % 64:
            return
        self._heard = [[run for run in runs if run[1] >= before_s] for runs in self._heard]
        self._quality = {key: v for key, v in self._quality.items() if key[1] * 60.0 >= before_s}
        for sensor, told in self._told_dark.items():
            self._told_dark[sensor] = told[-1:] if told[-1][0] < before_s else [t for t in told if t[0] >= before_s]

    # -- what follows --------------------------------------------------------------------------------------

    def next(self) -> MinuteBasis | None:
        """Return the oldest minute in which more sensors watched than was known, as it is to be reckoned now.

        It is handed over once; `reckoned` tells what is kept of it.
        """
        while self._due:
            began_s = min(self._due)
            del self._due[began_s]
            basis = self._bases[began_s]
            back = [k for k in map(self._ids.index, basis.dark) if self._watched(k, basis)]
            if back:
                self._asked[began_s] = self._after(basis, back)
                return self._asked[began_s]
        return None

    def reckoned(self, minute: MissBatch, now_s: float) -> MinuteBasis:
        """Return what is kept of a minute that was asked for and is reckoned anew."""
        return msgspec.structs.replace(self._asked.pop(float(minute.t_s[0])), t_s=now_s)

    def _watched(self, k: int, basis: MinuteBasis) -> bool:
        began_s, ended_s = basis.began_s, basis.began_s + 3600.0 * basis.hours
        runs = self._heard[k]
        at = bisect_right(runs, (began_s + NEAR_S, np.inf)) - 1
        gap = float(self._patience_s[k])
        # The first look of a minute need not come at its first moment, nor the last at its last.
        whole = any(a <= began_s + gap and b >= ended_s - gap for a, b in runs[max(at, 0) : at + 2])
        told = sorted(self._told_dark.get(self._ids[k], []))
        before = [dark for t, dark in told if t <= began_s + NEAR_S]
        within = [dark for t, dark in told if began_s < t < ended_s]
        return whole and not any([*before[-1:], *within])

    def _after(self, basis: MinuteBasis, back: list[int]) -> MinuteBasis:
        quality = list(basis.quality)
        minutes = range(int(basis.began_s // 60.0), int((basis.began_s + 3600.0 * basis.hours - NEAR_S) // 60.0) + 1)
        for k, minute in itertools.product(back, minutes):
            if (k, minute) in self._quality:
                total, count = self._quality[k, minute]
                quality[k] = round(total / count, 2)
        seen = {self._ids[k] for k in back}
        number = basis.revision + 1
        return msgspec.structs.replace(
            basis,
            id=f"{basis.id.partition('/')[0]}/{number}",
            revision=number,
            quality=tuple(quality),
            dark=tuple(one for one in basis.dark if one not in seen),
        )


def history_comes(site: Site) -> bool:
    """Return whether looks can come late at a site: its towers, or nodes of links, keep what they saw while away."""
    return site.transport is not None or any(link.protocol == "sapient_replay" for link in site.links)
