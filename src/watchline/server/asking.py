"""What every request of ours needs: its body as a struct, its answer as JSON, its records durable."""

from __future__ import annotations

import asyncio
import math
import queue
from collections.abc import Callable
from typing import TypeVar

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from watchline.alerting.desk.roles import Refused, Who
from watchline.domain.errors import BadInput
from watchline.domain.press import key_fault
from watchline.domain.records import Record
from watchline.ops.core import Core
from watchline.ops.people import Request as Wish
from watchline.ops.people import Wished
from watchline.server.session import Sessions

ANSWER_S = 30.0  # what is not durable by then is answered as not accepted, and may be sent again
BODY_MAX = 16_384
STATUS = {"missing": 404, "forbidden": 403, "changed": 409, "wrong": 400}
T = TypeVar("T")


async def body_of(request: Request, kind: type[T]) -> T:
    """Return a body as a struct; 400 names what is wrong with it, 413 that it is too long."""
    return await read_body(request, lambda body: msgspec.json.decode(body, type=kind))


async def read_body(request: Request, read: Callable[[bytes], T]) -> T:
    """Return what `read` makes of a body; 400 names what is wrong with it, 413 that it is too long."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > BODY_MAX:
            raise HTTPException(413, f"more than {BODY_MAX} bytes")
    try:
        return read(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise HTTPException(400, f"body: {error}") from None


def person_of(sessions: Sessions, request: Request) -> Who:
    """Return who asks; 403 for nobody whom the site knows."""
    who = sessions.who(request)
    if who is None:
        raise HTTPException(403, "not for you")
    return who


def key_of(key: str) -> str:
    """Return the key of a press; 400 when it is none."""
    if fault := key_fault(key):
        raise HTTPException(400, fault)
    return key


def json_answer(value: object) -> Response:
    """Return a value as JSON."""
    return Response(msgspec.json.encode(value), media_type="application/json")


async def keep(core: Core, *records: Record) -> None:
    """Return when records are durable; 503 when the core cannot say so."""
    try:
        await asyncio.wait_for(asyncio.wrap_future(core.people.report(records)), ANSWER_S)
    except (queue.Full, TimeoutError, RuntimeError):
        raise HTTPException(503, "not accepted: the core is busy or stopping; press again") from None


async def wished(core: Core, who: Who, command: Wished) -> str:
    """Return what a wish became once that is durable; a refusal with its reason, 503 when the core cannot say so."""
    try:
        future = core.people.ask(Wish(who, command))
        return await asyncio.wait_for(asyncio.wrap_future(future), ANSWER_S)
    except Refused as refusal:
        raise HTTPException(STATUS[refusal.why], refusal.text, {"x-refused": refusal.why}) from None
    except (queue.Full, TimeoutError, RuntimeError):
        raise HTTPException(503, "not accepted: the core is busy or stopping; press again") from None


async def ordered(
    core: Core, sessions: Sessions, request: Request, read: Callable[[bytes], Wished], exercise: str
) -> Response:
    """Answer a wish that moves somebody in reality once what it became is durable.

    exercise: what is said, with 409, where the run is an exercise.
    """
    who, run = person_of(sessions, request), core.picture.run
    if run is not None and run.exercise:
        raise HTTPException(409, f"this is an exercise: {exercise}")
    return json_answer({"durable": True, "id": await wished(core, who, await read_body(request, read))})


class Reading:
    """Reads of the ledger in a thread of their own, one at a time.  Mutable: it holds the turn."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()

    async def beside(self, work: Callable[..., T], *words: object) -> T:
        """Return what `work` returns; 400 says what a question has wrong (BadInput)."""
        async with self._turn:
            try:
                return await asyncio.to_thread(work, *words)
            except BadInput as error:
                raise HTTPException(400, str(error)) from None


def number_of(request: Request, name: str) -> float | None:
    """Return a number of a query, None when it is not there; 400 when it is none."""
    text = request.query_params.get(name, "")
    try:
        value = float(text) if text else None
    except ValueError:
        value = math.nan
    if value is not None and not math.isfinite(value):
        raise HTTPException(400, f"{name}: is not a number")
    return value
