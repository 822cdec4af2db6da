"""The account beside the core: a process that reckons minute after minute, so that the core never waits for it.

A minute is asked for when it ends and taken when the next one does: the same requests give the same answers in the
same places of the ledger, however fast the clock goes.
"""

from __future__ import annotations

import contextlib
import traceback
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec

from watchline.domain.batches import InterruptionBatch, MissBatch
from watchline.domain.site import Barrier
from watchline.ops.account.lessons import Lessons
from watchline.ops.account.line import Account
from watchline.ops.account.seeing import Seeing
from watchline.ops.account.weaker import Weaker
from watchline.ops.beside import Beside, Died, questions
from watchline.ops.site_file import read_site


@dataclass(frozen=True)
class Answer:
    """A minute's account, how likely whoever crosses is stopped in it, and where news is that the line is weaker.

    again: it is a minute that is reckoned anew: nobody can be stopped any more, and nothing is news.
    """

    minute: MissBatch
    interrupted: InterruptionBatch
    weaker: list[Weaker]
    again: bool = False


class AccountWorker:
    """One process that holds a site's account.  Mutable: it owns the process."""

    def __init__(self, site: Path) -> None:
        """Start to prepare; nothing waits for it yet."""
        self._beside = Beside("watchline-account", _work, site)
        self._asked = 0

    def ask(self, now: Seeing, began_s: float, hours: float, lessons: Lessons, *, again: bool = False) -> None:
        """Ask for a minute, with what trials have shown by then; again: for one that was reckoned already."""
        with contextlib.suppress(Died):  # `take` says so
            self._beside.ask((now, began_s, hours, lessons, again))
        self._asked += 1

    def take(self, *, wait: bool) -> list[Answer]:
        """Return what is ready, in order; wait: all that was asked for.  Raises what the worker did."""
        out = []
        while self._asked:
            try:
                answer = self._beside.hear(wait=wait)
            except Died:
                raise RuntimeError("the account's worker died") from None
            if answer is None:
                break
            self._asked -= 1
            if not isinstance(answer, Answer):
                error, trace = answer
                raise error from RuntimeError(trace)
            out.append(answer)
        return out

    @property
    def waiting(self) -> int:
        """Return how many minutes were asked for and not taken."""
        return self._asked

    def close(self) -> None:
        """End the process."""
        self._beside.close()


def _work(pipe: Connection, site: Path) -> None:
    account: Account | None = None
    barriers: tuple[Barrier, ...] = ()
    for now, began_s, hours, lessons, again in questions(pipe):
        try:
            if account is None or now.barriers != barriers:
                # Wire that was found cut lets crossers through sooner: their routes are laid anew.
                loaded, barriers = read_site(site), now.barriers
                found = msgspec.structs.replace(loaded.site, barriers=barriers or loaded.site.barriers)
                account = Account(replace(loaded, site=found), loaded.terrain())
            account.learn(lessons)
            minute = account.reckon(now, began_s, hours)
            if again:
                pipe.send(Answer(minute, InterruptionBatch.empty(), [], again=True))
                continue
            pipe.send(Answer(minute, account.interrupted(now, began_s), account.weaker(now)))
        except Exception as error:  # noqa: BLE001 (it is raised again in the core)
            pipe.send((error, traceback.format_exc()))
