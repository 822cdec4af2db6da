"""Imagery and vector layers of one's own for the map: served from the site's files, to whoever may see the map.

Rules: a tile that is not there is an empty one, not a fault of the screen.  Names of files stay here.
"""

from __future__ import annotations

import asyncio
from typing import Any

import cv2
import numpy as np
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchline.ops.map_layers import Underlay
from watchline.sources.map_layers.layer import VECTOR_TILE, OpenLayer

KEPT = {"cache-control": "private, max-age=3600"}
NOTHING = bytes(cv2.imencode(".png", np.zeros((1, 1, 4), np.uint8))[1])  # one transparent pixel


class MapLayers:
    """The answers; one method each."""

    def __init__(self, underlays: tuple[Underlay, ...]) -> None:
        self._open = {one.spec.id: one.opened for one in underlays if one.opened is not None}

    def routes(self) -> list[Route]:
        """Return the doors."""
        return [
            Route("/tiles/layers/{layer}.geojson", self.features),
            Route("/tiles/layers/{layer}/{z:int}/{x:int}/{y:int}", self.tile),
        ]

    async def tile(self, request: Request) -> Response:
        """Serve a tile of a layer, compressed as it lies in the file."""
        layer = self._layer(request, tiled=True)
        z, x, y = (request.path_params[name] for name in "zxy")
        if not (z <= layer.facts.max_zoom and x < 2**z and y < 2**z):
            raise HTTPException(404, "no such tile")
        found = await asyncio.to_thread(layer.tile, z, x, y)
        if found is None:
            raster = layer.facts.kind == "raster"
            return Response(
                NOTHING if raster else b"", media_type="image/png" if raster else VECTOR_TILE, headers=KEPT
            )
        packed = {"content-encoding": "gzip"} if found.gzip else {}
        return Response(found.data, media_type=found.media_type, headers=KEPT | packed)

    async def features(self, request: Request) -> Response:
        """Serve all features of a layer."""
        data = self._layer(request, tiled=False).features()
        return Response(data, media_type="application/geo+json", headers=KEPT)

    def _layer(self, request: Request, *, tiled: bool) -> OpenLayer:
        layer = self._open.get(request.path_params["layer"])
        if layer is None or layer.facts.tiled != tiled:
            raise HTTPException(404, "no such layer")
        return layer


def layers_message(underlays: tuple[Underlay, ...]) -> list[dict[str, Any]]:
    """Return what a screen has to know of each layer, those that cannot be read with why."""
    return [_row(one) for one in underlays]


def _row(one: Underlay) -> dict[str, Any]:
    spec = one.spec
    row: dict[str, Any] = {
        "id": spec.id,
        "name": spec.name,
        "kind": spec.kind,
        "attribution": spec.attribution,
        "shown": spec.shown,
        "problem": one.problem or None,
    }
    if one.opened is None:
        return row
    facts = one.opened.facts
    return row | {
        "tiled": facts.tiled,
        "min_zoom": facts.min_zoom,
        "max_zoom": facts.max_zoom,
        "bounds": list(facts.bounds_deg),
        "parts": list(facts.parts),
    }
