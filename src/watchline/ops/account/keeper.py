"""The account as a running core keeps it: asked for when a minute ends or a sensor falls dark, taken when ready.

Mutable: it holds the worker, and what was measured since the last minute.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from watchline.domain.batches import InterruptionBatch, MissBatch, ScanBatch
from watchline.domain.records import Drop, LineStrength, Record
from watchline.domain.site import own_units
from watchline.ops.account.falling import Falling
from watchline.ops.account.lessons import Lessons
from watchline.ops.account.line import MINUTE_S
from watchline.ops.account.revising import Revising, basis_of
from watchline.ops.account.seeing import Eyesight, Seeing
from watchline.ops.account.weaker import Weaker
from watchline.ops.account.whereabouts import UNIT_FRESH_S
from watchline.ops.account.worker import AccountWorker
from watchline.ops.as_found import dark_of
from watchline.ops.picture import Picture
from watchline.ops.site_file import LoadedSite
from watchline.ops.streams import MINUTES_BOUND

LEAST_S = 5.0  # between two accounts, however often sensors come and go


@dataclass(frozen=True)
class Kept:
    """What a step brought: accounts of minutes, and what is to be told."""

    minutes: tuple[MissBatch, ...] = ()
    interrupted: tuple[InterruptionBatch, ...] = ()
    told: tuple[Record, ...] = ()


class AccountKeeper:
    """Asks for accounts and takes them."""

    def __init__(
        self, loaded: LoadedSite, worker: AccountWorker, began_s: float, run: int, *, wait: bool,
        revising: Revising | None = None,
    ) -> None:  # fmt: skip
        """Take the worker; run: which of the ledger's runs it is; wait: the clock is free, so that it may wait.

        revising: where looks can come late.
        """
        self._revising, self._ids = revising, tuple(sensor.id for sensor in loaded.site.sensors)
        self._loaded, self._worker, self._minute_s, self._run, self._wait = loaded, worker, began_s, run, wait
        self._eyesight = Eyesight(loaded)
        self._dark: frozenset[int] = frozenset()
        self._falling = Falling()
        self._whole: Seeing | None = None  # what counted when the last whole minute ended
        self._number = 0

    @property
    def waiting(self) -> int:
        """Return how many minutes wait to be reckoned."""
        return self._worker.waiting

    def heard(self, record: Record) -> None:
        """Take note of what is kept."""
        if self._revising is not None:
            self._revising.apply(record)

    def late(self, scans: ScanBatch, lessons: Lessons, now_s: float, next_seq: int, durable_seq: int) -> Kept:
        """Take all looks of a step, late ones among them, which will lie in the ledger's batch `next_seq`.

        Return what late ones showed once they have been gone through.  Minutes are asked for anew when none waits.
        """
        if self._revising is None:
            return Kept()
        self._revising.hear(scans, now_s, next_seq)
        told = self._revising.step(now_s, durable_seq, wait=self._wait)
        # Beside a real clock the present comes first; a free one takes answers with its minutes only.
        room = MINUTES_BOUND // 2 if self._wait else 1
        if self._worker.waiting < room and (more := self._revising.next()) is not None:
            basis, now = more
            self._worker.ask(now, basis.began_s, basis.hours, lessons, again=True)
        return Kept(told=tuple(told))

    def step(self, scans: ScanBatch, picture: Picture, now_s: float) -> Kept:
        """Return what is ready; ask when a minute has ended, or at once when other sensors are dark than before.

        On a free clock answers are taken only when the next is asked for, so that they come in the same place.
        """
        self._eyesight.hear(scans)
        self._eyesight.follow(picture)
        gone_s = now_s - self._minute_s
        dark = dark_of(self._loaded.site.sensors, picture)
        self._falling = self._falling.seen(dark, self._dark, now_s)
        minute = gone_s >= MINUTE_S - 1e-6
        due = minute or (gone_s >= LEAST_S - 1e-6 and self._falling.settled(now_s))
        if self._wait and not due:
            return Kept()
        kept = self._taken(picture, now_s, wait=self._wait)
        if not due:
            return kept
        if self._worker.waiting < MINUTES_BOUND:
            kept = replace(kept, told=(*kept.told, *self._ask(picture, now_s, whole=minute)))
        else:
            lost = Drop(id=f"drop-account-{now_s:.0f}", t_s=now_s, source="core", queue="account", dropped=1)
            kept = replace(kept, told=(*kept.told, lost))
        self._minute_s, self._dark = now_s, dark
        return kept

    def end(self, picture: Picture, now_s: float) -> Kept:
        """Return what was still being reckoned; on a free clock with the last part of a minute.

        Beside a real clock nobody waits: a minute that is not written counts as not watched.
        """
        if self._revising is not None:
            self._revising.close()
        asked: tuple[Record, ...] = ()
        if self._wait and now_s - self._minute_s > 1e-6:
            asked = self._ask(picture, now_s, whole=True)
        kept = self._taken(picture, now_s, wait=self._wait)
        return replace(kept, told=(*asked, *kept.told))

    def _ask(self, picture: Picture, now_s: float, *, whole: bool) -> tuple[Record, ...]:
        """Ask for what has gone by since the last time; return what is to be kept of it.

        whole: a minute has ended.  Before, where units were in the last half hour is as it was when the last one did:
        half of what a minute costs, and next to nothing of what it says.
        """
        hours = (now_s - self._minute_s) / 3600.0
        now = self._eyesight.now(picture)
        if whole or self._whole is None:
            self._whole = now
        else:
            now = replace(now, stood=self._whole.stood, flown=self._whole.flown)
        self._worker.ask(now, self._minute_s, hours, picture.lessons)
        if self._revising is None:
            return ()
        return (basis_of(now, self._ids, self._minute_s, hours, now_s),)

    def _taken(self, picture: Picture, now_s: float, *, wait: bool) -> Kept:
        answers = self._worker.take(wait=wait)
        told: list[Record] = [self._told(one, picture, now_s) for answer in answers for one in answer.weaker]
        if self._revising is not None:
            told += [self._revising.reckoned(answer.minute, now_s) for answer in answers if answer.again]
        interrupted = tuple(a.interrupted for a in answers if not a.again)
        return Kept(tuple(a.minute for a in answers), interrupted, tuple(told))

    def _told(self, one: Weaker, picture: Picture, now_s: float) -> LineStrength:
        self._number += 1
        ids = [sensor.id for sensor in self._loaded.site.sensors]
        return LineStrength(
            id=f"noticed-{self._run}-{self._number}", t_s=now_s, source="account", from_km=one.from_km,
            to_km=one.to_km, strength=round(one.now, 3), usual=round(one.usual, 3),
            causes=tuple(ids[k] for k in one.causes), measure="noticed",
            with_patrol=None if one.with_patrol is None else round(one.with_patrol, 3),
            patrol=nearest_patrol(self._loaded, picture, 500.0 * (one.from_km + one.to_km), now_s),
        )  # fmt: skip


def nearest_patrol(loaded: LoadedSite, picture: Picture, s_m: float, now_s: float) -> str | None:
    """Return which patrol of ours that is heard is nearest to a place on the line, None if none is."""
    line = loaded.line
    at = line.xy_m_from_sd(np.array([s_m, 0.0]))
    ours = {u.id for u in own_units(loaded.site) if u.kind == "patrol"}
    away: dict[str, float] = {}
    for unit, report in picture.units.items():
        if unit in ours and now_s - report.t_s <= UNIT_FRESH_S:
            xy = line.frame.xy_m_of(report.position)
            away[unit] = math.hypot(*(xy - at))
    return min(away, key=lambda unit: away[unit], default=None)
