"""Map files out and in: the site and its live picture for other programs, and places from theirs.

Out: any layer of `features.py` as GeoJSON, GPX, KML, CSV or GeoPackage.  In: the shapes of such a file become
records, durable when they are answered; what the file holds that could not be read is told shape by shape.
"""

from __future__ import annotations

import asyncio
import queue
from types import ModuleType

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from watchline.domain.records import Record
from watchline.links.contract import Settings, at
from watchline.links.maps import csv_table, geojson, geopackage, gpx, kml
from watchline.ops.core import Core
from watchline.ops.picture import BY_HAND
from watchline.server.exports import Exports
from watchline.server.features import collections_of, shown
from watchline.server.session import Sessions

FORMS: dict[str, tuple[ModuleType, str]] = {
    "geojson": (geojson, "application/geo+json"),
    "gpx": (gpx, "application/gpx+xml"),
    "kml": (kml, "application/vnd.google-earth.kml+xml"),
    "csv": (csv_table, "text/csv"),
    "gpkg": (geopackage, "application/geopackage+sqlite3"),
}
FILE_MAX = 8 << 20  # bytes of a file from a browser; larger ones go by `watchline link`
SHAPES_MAX = 5_000
ANSWER_S = 60.0


class MapFiles:
    """The answers; one method each."""

    def __init__(self, core: Core, sessions: Sessions, exports: Exports) -> None:
        self.core, self.sessions, self.exports = core, sessions, exports
        self._layers = {one.id: one for one in collections_of(core)}

    async def out(self, request: Request) -> Response:
        """Serve a layer as a file."""
        layer = self._layers.get(request.path_params["layer"])
        module, kind = form_of(request)
        if layer is None:
            raise HTTPException(404, "no such layer")
        who = self.sessions.who(request)
        if who is None:
            raise HTTPException(403, "not for you")
        low_m, high_m = await self.exports.stretch(request, who, layer.id, request.path_params["form"])
        with self.core.lock:
            shapes = shown(self.core, layer, who, low_m, high_m)
        data = await asyncio.to_thread(module.file_of, shapes)
        name = f"attachment; filename={layer.id}.{request.path_params['form']}"
        return Response(data, media_type=kind, headers={"content-disposition": name})

    async def take(self, request: Request) -> Response:
        """Keep the shapes of a file; `key` as for everything that is pressed."""
        module, _ = form_of(request)
        key = request.query_params.get("key", "")
        if not 8 <= len(key) <= 100:
            raise HTTPException(400, "key: must have 8 to 100 characters, one key per press")
        data = await limited(request)
        state = at(module.init(Settings("map file")), self.core.clock.now_s)
        _, found, errors = await asyncio.to_thread(module.decode, state, data)
        if len(found) > SHAPES_MAX:
            raise HTTPException(413, f"more than {SHAPES_MAX} shapes: take them with `watchline link`")
        operator = self.sessions.operator_of(request) or ""
        records: tuple[Record, ...] = tuple(
            msgspec.structs.replace(shape, id=f"{BY_HAND}{key}-{k}", source=operator) for k, shape in enumerate(found)
        )
        if records:
            await self._keep(records)
        refused = [error.reason for error in errors]
        answer = {"durable": bool(records), "shapes": len(records), "refused": refused}
        return Response(msgspec.json.encode(answer), 200 if records else 400, media_type="application/json")

    async def _keep(self, records: tuple[Record, ...]) -> None:
        try:
            await asyncio.wait_for(asyncio.wrap_future(self.core.people.report(records)), ANSWER_S)
        except (queue.Full, TimeoutError, RuntimeError):
            raise HTTPException(503, "not accepted: the core is busy or stopping; press again") from None


def form_of(request: Request) -> tuple[ModuleType, str]:
    """Return the module and media type of the form a path names."""
    form = FORMS.get(request.path_params["form"])
    if form is None:
        raise HTTPException(404, f"no such form of file; known are {', '.join(FORMS)}")
    return form


async def limited(request: Request) -> bytes:
    """Return a body of at most `FILE_MAX` bytes."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > FILE_MAX:
            raise HTTPException(413, f"more than {FILE_MAX >> 20} MiB: take it with `watchline link`")
    return body
