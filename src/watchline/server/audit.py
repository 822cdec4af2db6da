"""The Audit workplace: the chain and its check, any moment again, who looked at what, what was taken or deleted.

`/audit` is for auditors and shift commanders.  Everything here is read from the ledger, changes nothing, and is
itself kept: whoever asks for a moment or for other people's looks is in the same list the next time.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchline.alerting.desk.roles import Who
from watchline.domain.kinds import kind_of
from watchline.domain.records import Record
from watchline.ledger.checkpoint import NAME, read_list
from watchline.ledger.reader import LedgerReader
from watchline.ledger.verify import verify
from watchline.ops.core import Core
from watchline.ops.record_log import line_of
from watchline.ops.replay import as_table, replay
from watchline.server.asking import Reading, json_answer, number_of
from watchline.server.live import NEED_TO_KNOW
from watchline.server.pages import page_file
from watchline.server.session import Sessions
from watchline.server.viewing import Viewing

ROWS_MOST = 500
ASKED: dict[str, tuple[str, ...]] = {
    "looks": ("track_viewed", "export_asked", "export_approved"),
    "access": ("seat_taken", "rejection"),
    "told": ("release", "release_ended", "released"),
    "gone": ("payload_deleted", "columns_deleted", "legal_hold", "legal_hold_ended"),
    "decisions": ("operator_action", "task_approval", "mission_approval", "suppression", "shelving"),
    "privacy": ("mask_lift_asked", "mask_lift_agreed"),
}
"""What may be asked for, and the records that answer it."""
SIGNING_IN = ("login", "sign-on")  # sources of refusals that are about access


class Audit:
    """The answers; one method each."""

    def __init__(self, core: Core, directory: Path, sessions: Sessions, viewing: Viewing) -> None:
        self.core, self.directory, self.sessions, self.viewing = core, directory, sessions, viewing
        self._reading = Reading()

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/audit", self.page),
            Route("/audit/{name}", self.page),
            Route("/api/audit/chain", self.chain),
            Route("/api/audit/check", self.check),
            Route("/api/audit/records", self.records),
            Route("/api/audit/moment", self.moment),
        ]

    async def page(self, request: Request) -> Response:
        """Serve the page and what belongs to it."""
        self._who(request)
        return page_file(request, "audit_page")

    async def chain(self, request: Request) -> Response:
        """Serve how far the chain reaches, how much it holds, and the last signed head."""
        self._who(request)
        return json_answer(await self._reading.beside(self._chain))

    def _chain(self) -> dict[str, Any]:
        with LedgerReader(self.directory) as reader:
            (seq, digest), counts = reader.head, reader.counts()
            first = reader.heads(1)
        path = self.directory / NAME
        signed = read_list(path) if path.is_file() else []
        last = signed[-1] if signed else None
        return {
            "seq": seq, "hash": digest, "since_s": first[0][2] if first else None, "counts": counts,
            "checkpoints": len(signed), "signed_seq": last.seq if last else None,
            "signed_s": last.cut_s if last else None, "key": last.key if last else None,
        }  # fmt: skip

    async def check(self, request: Request) -> Response:
        """Check every hash of the ledger now, beside its writer, and serve the verdict."""
        self._who(request)
        verdict = await self._reading.beside(verify, self.directory)
        answer = msgspec.to_builtins(verdict)
        del answer["ledger"]  # where it lies is nobody's business
        return json_answer(answer)

    async def records(self, request: Request) -> Response:
        """Serve who looked, sat down, was told, deleted or decided: the latest of a time, newest first."""
        who, query = self._who(request), request.query_params
        what = query.get("what", "looks")
        if what not in ASKED:
            raise HTTPException(400, f"what: one of {', '.join(ASKED)}")
        from_s, to_s = number_of(request, "from_s"), number_of(request, "to_s")
        person = query.get("person", "")
        self.viewing.note(who.name, "search", f"audit {what} {person}".strip())
        rows = await self._reading.beside(self._rows, what, person, from_s, to_s)
        return json_answer({"rows": rows[-ROWS_MOST:][::-1], "left_out": max(0, len(rows) - ROWS_MOST)})

    def _rows(self, what: str, person: str, from_s: float | None, to_s: float | None) -> list[dict[str, Any]]:
        rows = []
        with LedgerReader(self.directory) as reader:
            for entry in reader.events(ASKED[what], from_s, to_s):
                record = entry.value
                assert isinstance(record, Record)
                if kind_of(record) == "rejection" and record.source not in SIGNING_IN:
                    continue
                if person and person not in (record.source, *_people(record)):
                    continue
                line = line_of(record, entry.seq, entry.known_s)
                told = line.fields if line is not None else {}
                extra = {"ref": record.ref} if hasattr(record, "ref") else {}  # a view's own, for the auditor alone
                rows.append(
                    {"t_s": record.t_s, "known_s": entry.known_s, "seq": entry.seq, "kind": kind_of(record),
                     "source": record.source, "told": told | extra}
                )  # fmt: skip
        return rows

    async def moment(self, request: Request) -> Response:
        """Serve the picture of a moment, as it was known at that or another time: now, if none is named."""
        who = self._who(request)
        as_of_s, known_at_s = number_of(request, "as_of_s"), number_of(request, "known_at_s")
        self.viewing.note(who.name, "search", f"audit moment {as_of_s} {known_at_s}")
        return json_answer(await self._reading.beside(lambda: as_table(replay(self.directory, as_of_s, known_at_s))))

    def _who(self, request: Request) -> Who:
        who = self.sessions.who(request)
        if who is None or who.role not in NEED_TO_KNOW or who.recipient:
            raise HTTPException(403, "for auditors and shift commanders")
        return who


def _people(record: Record) -> tuple[str, ...]:
    return tuple(getattr(record, name) for name in ("person", "operator", "officer") if hasattr(record, name))
