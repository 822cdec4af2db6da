"""The printed map as PDF: the console draws the map, its words are set by the parts that set every report.

Rules: nothing is kept.  What the run is (an exercise, simulated) is marked on it here, whatever the page said.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

import cv2
import msgspec
import numpy as np
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchline.domain.errors import BadInput
from watchline.ops.core import Core
from watchline.reports.document import Document, Line, Picture
from watchline.reports.pdf import pdf
from watchline.reports.words import Language, words
from watchline.server.limits import BODY_MOST

SIDE_MOST_PX = 8_000
PNG = b"\x89PNG\r\n\x1a\n"
Words = Annotated[str, msgspec.Meta(max_length=300)]


class _Sheet(msgspec.Struct, forbid_unknown_fields=True):
    """The body: the map as PNG (base64), and what is written over and under it."""

    png: bytes
    title: Words
    language: Language
    paper: Literal["A4", "A3"]
    mark: Words
    lines: Annotated[list[Words], msgspec.Meta(max_length=12)]


class MapSheet:
    """The answer."""

    def __init__(self, core: Core, *, exercise: bool) -> None:
        self.core, self.exercise = core, exercise

    def route(self) -> Route:
        """Return the door."""
        return Route("/api/map-sheet.pdf", self.make, methods=["POST"])

    async def make(self, request: Request) -> Response:
        """Serve a drawn map as PDF."""
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > BODY_MOST:
                raise HTTPException(413, f"more than {BODY_MOST >> 20} MiB")
        try:
            asked = msgspec.json.decode(body, type=_Sheet)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise HTTPException(400, f"body: {error}") from None
        _judge(asked.png)
        run = self.core.picture.run
        exercise = self.exercise or (run is not None and run.exercise)
        document = document_of(asked, exercise=exercise, simulated=run is not None and run.simulated)
        try:
            data = await asyncio.to_thread(pdf, document)
        except BadInput as error:
            raise HTTPException(503, error.rule) from None
        name = {"content-disposition": "attachment; filename=map-sheet.pdf"}
        return Response(data, media_type="application/pdf", headers=name)


def document_of(asked: _Sheet, *, exercise: bool, simulated: bool) -> Document:
    """Return the sheet: its own marking first, then what the run is, in one bar: the map needs the height."""
    say = words(asked.language)
    run = [say[key] for key, on in (("mark.exercise", exercise), ("mark.simulated", simulated)) if on]
    return Document(
        asked.title,
        asked.language,
        (Picture(asked.png, ""), Line(" · ".join(asked.lines))),
        marks=(" · ".join([*([asked.mark] if asked.mark else []), *run]),) if asked.mark or run else (),
        paper="A4 landscape" if asked.paper == "A4" else "A3 landscape",
    )


def _judge(png: bytes) -> None:
    """Refuse what is no picture, before anything unpacks it: a small file may claim to be a huge one."""
    sides = int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")
    if png[:8] != PNG or png[12:16] != b"IHDR" or not all(1 <= side <= SIDE_MOST_PX for side in sides):
        raise HTTPException(400, f"body: png is no PNG of at most {SIDE_MOST_PX} pixels a side")
    if cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR) is None:
        raise HTTPException(400, "body: png is damaged")
