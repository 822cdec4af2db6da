"""The Account workplace: what may have crossed unseen, whether our probabilities were right, what was claimed.

`/account` is the page.  Everybody who sees the whole line is told the bound, the calibration, the trials and the
claims; kilometre by kilometre only those who may know where the line is weak.  A claim, or a sign found later, is
entered here while the core runs; the verdicts on what it touches are kept with it.

Rules: one reading of the ledger at a time, beside the server's thread; what was read serves for `FRESH_S`.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchline.alerting.desk.roles import Who
from watchline.assurance.counts import clopper_pearson
from watchline.coverage.crossing import STRETCH_M
from watchline.domain.claims import Definition, PublicClaim, SignFound
from watchline.domain.records import DetectionTrial, Record
from watchline.ledger.reader import LedgerReader
from watchline.ops.calibrated import calibration_facts
from watchline.ops.claims import claims_of, judged, read_claims, touched, verdict_of
from watchline.ops.core import Core
from watchline.ops.unseen import SHOWN, Book, Window, by_kilometre, read_book, unseen_facts
from watchline.server.asking import Reading, body_of, json_answer, keep, key_of, number_of
from watchline.server.live import NEED_TO_KNOW
from watchline.server.pages import page_file
from watchline.server.session import Sessions
from watchline.server.viewing import Viewing
from watchline.server.watermark import marked

FRESH_S = 5.0
WORDS_MOST = 500


class _Claim(msgspec.Struct, forbid_unknown_fields=True):
    """What was said in public, whose words they are, and of which stretch and time."""

    key: str
    words: str
    office: str
    definition: Definition
    from_km: float
    to_km: float
    from_s: float
    to_s: float
    at_most: int = 0
    always: bool = False


class _Sign(msgspec.Struct, forbid_unknown_fields=True):
    """What was found inland, later.  No stretch: round an end alone."""

    key: str
    what: Literal["people", "footprints", "cut_wire", "other"]
    people: int
    found_s: float
    since_s: float
    note: str = ""
    from_km: float | None = None
    to_km: float | None = None
    round_an_end: bool = False


class AccountBook:
    """The answers; one method each.  Mutable: it remembers what it read last."""

    def __init__(self, core: Core, directory: Path, sessions: Sessions, viewing: Viewing) -> None:
        self.core, self.directory, self.sessions, self.viewing = core, directory, sessions, viewing
        self._reading = Reading()
        self._read: tuple[float, Book] | None = None

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/account", self.page),
            Route("/account/{name}", self.page),
            Route("/api/account/unseen", self.unseen),
            Route("/api/account/calibration", self.calibration),
            Route("/api/account/claims", self.claims),
            Route("/api/account/claims", self.claim, methods=["POST"]),
            Route("/api/account/signs", self.sign, methods=["POST"]),
        ]

    async def page(self, request: Request) -> Response:
        """Serve the page and what belongs to it."""
        return page_file(request, "account_page")

    async def unseen(self, request: Request) -> Response:
        """Serve what can be said of a window and a stretch: all of them if the query names none."""
        who = self._who(request)
        asked = {name: number_of(request, name) for name in ("from_s", "to_s", "from_km", "to_km")}
        return json_answer(await self._reading.beside(self._unseen, asked, who))

    def _unseen(self, asked: dict[str, float | None], who: Who) -> dict[str, object]:
        low, high, book = asked["from_km"], asked["to_km"], self._book()
        from_s, to_s = asked["from_s"], asked["to_s"]
        line_km = (
            book.length_m(-math.inf if from_s is None else from_s, math.inf if to_s is None else to_s) / STRETCH_M
        )
        stretch = (low or 0.0, line_km if high is None else min(high, line_km))
        facts = unseen_facts(self.directory, from_s, to_s, stretch, book)
        answer = asdict(facts) | {"line_km": line_km, "begins_s": book.start_s, "ends_s": book.end_s}
        for one, shown in zip(answer["classes"], facts.classes, strict=True):
            one["blind_share"] = shown.blind_share
        if who.role in NEED_TO_KNOW and not who.recipient:
            window = Window(facts.from_s, facts.to_s, facts.from_km, facts.to_km)
            answer["by_km"] = {subject: _by_km(book, window, crosser) for crosser, subject in SHOWN}
            answer["mark"] = marked(self.viewing, who, "weakest", "account", self.core.clock.now_s)
        return answer

    async def calibration(self, request: Request) -> Response:
        """Serve whether probabilities were right, and what own people's passages say of each sensor."""
        self._who(request)
        return json_answer(await self._reading.beside(self._calibration))

    def _calibration(self) -> dict[str, object]:
        return asdict(calibration_facts(self.directory, self._book())) | {"sensors": _sensor_trials(self.directory)}

    async def claims(self, request: Request) -> Response:
        """Serve every claim with its verdict as of now."""
        self._who(request)
        return json_answer(await self._reading.beside(self._claims))

    def _claims(self) -> dict[str, object]:
        _, found = claims_of(self.directory, self._book())
        return {
            "claims": [
                {"claim": one.claim, "verdict": one.judged.verdict, "reason_key": one.judged.reason_key,
                 "known": one.known, "most": one.judged.most, "p_any": one.judged.p_any,
                 "blind_share": one.blind_share, "sign": [s.sign for s in one.sign]}
                for one in found
            ]
        }  # fmt: skip

    async def claim(self, request: Request) -> Response:
        """Enter a claim, with the verdict that the ledger supports now."""
        who, said = self._may_enter(request), await body_of(request, _Claim)
        key_of(said.key)
        _require(0 < len(said.words.strip()) <= WORDS_MOST, f"words: 1 to {WORDS_MOST} characters")
        _require(0 < len(said.office.strip()) <= 100, "office: whose words are they? 1 to 100 characters")
        _require(0 <= said.at_most < 10**6, "at_most: a number of people, not below 0")
        _window(said.from_s, said.to_s, said.from_km, said.to_km)
        records = await self._reading.beside(self._claimed, said, who)
        await keep(self.core, *records)
        return self._kept(records)

    def _claimed(self, said: _Claim, who: Who) -> list[Record]:
        book, now_s = self._book(), self.core.clock.now_s
        made = PublicClaim(
            id=f"claim-{said.key}", t_s=now_s, source=who.name, claim=f"C-{said.key[:8]}", words=said.words.strip(),
            office=said.office.strip(), definition=said.definition, from_km=said.from_km, to_km=said.to_km,
            from_s=said.from_s, to_s=said.to_s, person=who.name, at_most=said.at_most, always=said.always,
        )  # fmt: skip
        claims, signs = read_claims(self.directory)
        if any(one.claim == made.claim for one in claims):
            return []  # the same press again
        return [made, verdict_of(judged(book, made, signs), now_s, int(1000 * now_s))]

    async def sign(self, request: Request) -> Response:
        """Enter a sign found later, with the verdicts on every claim that it reopens."""
        who, said = self._may_enter(request), await body_of(request, _Sign)
        key_of(said.key)
        _require(1 <= said.people < 10**6, "people: at least 1")
        _require(len(said.note) <= WORDS_MOST, f"note: at most {WORDS_MOST} characters")
        _require((said.from_km is None) == (said.to_km is None), "from_km, to_km: both or none")
        _require(said.from_km is not None or said.round_an_end, "from_km, to_km: from where, or round an end")
        low, high = (0.0, 1.0) if said.from_km is None or said.to_km is None else (said.from_km, said.to_km)
        _window(said.since_s, said.found_s, low, high)
        records = await self._reading.beside(self._found, said, who)
        await keep(self.core, *records)
        return self._kept(records)

    def _found(self, said: _Sign, who: Who) -> list[Record]:
        book, now_s = self._book(), self.core.clock.now_s
        found = SignFound(
            id=f"sign-{said.key}", t_s=now_s, source=who.name, sign=f"N-{said.key[:8]}", what=said.what,
            people=said.people, found_s=said.found_s, since_s=said.since_s, person=who.name, note=said.note,
            from_km=said.from_km, to_km=said.to_km, round_an_end=said.round_an_end,
        )  # fmt: skip
        claims, signs = read_claims(self.directory)
        if any(one.sign == found.sign for one in signs):
            return []
        again = [judged(book, one, [*signs, found]) for one in touched(claims, found)]
        return [found, *(verdict_of(one, now_s, int(1000 * now_s), found.sign) for one in again)]

    def _kept(self, records: list[Record]) -> Response:
        self._read = None
        return json_answer({"durable": True, "records": records})

    def _book(self) -> Book:
        now_s = time.monotonic()
        if self._read is None or now_s - self._read[0] > FRESH_S:
            self._read = now_s, read_book(self.directory)
        return self._read[1]

    def _who(self, request: Request) -> Who:
        who = self.sessions.who(request)
        if who is None or who.recipient:
            raise HTTPException(403, "for those who see the whole line")
        return who

    def _may_enter(self, request: Request) -> Who:
        who = self._who(request)
        if not who.may("tell"):
            raise HTTPException(403, "an auditor changes nothing", {"x-refused": "forbidden"})
        return who


def _by_km(book: Book, window: Window, crosser: str) -> dict[str, list[float | None]]:
    """Return, by kilometre, the mean chance to pass unseen where it was watched, and the share that was not."""
    account = by_kilometre(book, window, crosser)
    watched = account.detected + account.missed
    with np.errstate(invalid="ignore"):
        miss, blind = account.missed / watched, account.blind / account.whole
    return {"miss": [_or_none(x) for x in miss], "blind": [_or_none(x) for x in blind]}


def _or_none(x: float) -> float | None:
    return round(float(x), 4) if math.isfinite(x) else None


def _sensor_trials(directory: Path) -> list[dict[str, object]]:
    """Return, sensor by sensor, how many passages of our own there were, how many it saw, and the 95 % interval."""
    tried: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    with LedgerReader(directory) as reader:
        for entry in reader.events(["detection_trial"]):
            assert isinstance(entry.value, DetectionTrial)
            tried[entry.value.sensor] += 1
            seen[entry.value.sensor] += entry.value.detected > 0
    return [
        {"sensor": sensor, "trials": n, "seen": seen[sensor], "interval": clopper_pearson(seen[sensor], n)}
        for sensor, n in sorted(tried.items())
    ]


def _window(from_s: float, to_s: float, from_km: float, to_km: float) -> None:
    _require(0.0 <= from_s < to_s < 1e11, "from_s, to_s: seconds since 1970, the first before the second")
    _require(0.0 <= from_km < to_km < 1e5, "from_km, to_km: kilometres of the line, the first below the second")


def _require(holds: bool, rule: str) -> None:
    if not holds:
        raise HTTPException(400, rule)
