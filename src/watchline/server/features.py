"""The site and its live picture as OGC API – Features: what QGIS and other map programs open as a layer.

Standard: OGC 17-069r4, conformance classes core, oas30 and geojson: landing page, API definition, conformance,
collections, items with limit, offset, bbox and datetime, single items.  Coordinates are CRS84 (longitude, latitude).
Not covered: other reference systems (part 2), filters on properties, HTML pages.

Rules: read only; an operator's session reads it, and a map program with the features key as its password.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
import numpy as np
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchline.alerting.desk.roles import Who
from watchline.domain.policy import Told
from watchline.domain.records import GeoPoint, MapShape
from watchline.links.maps.geojson import feature_of
from watchline.links.maps.shapes import rfc3339, shape_of
from watchline.ops.core import Core
from watchline.server.feature_query import LIMIT_DEFAULT, LIMIT_MAX, BadQuery, Query, answers, read_query
from watchline.server.session import Sessions
from watchline.server.sight import view_for
from watchline.server.viewing import Viewing

BASE = "/ogc"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
CONFORMS = [f"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/{name}" for name in ("core", "oas30", "geojson")]
GEOJSON, JSON, OPENAPI = "application/geo+json", "application/json", "application/vnd.oai.openapi+json;version=3.0"


@dataclass(frozen=True)
class Collection:
    """A layer: its id, its title, what it holds, and how its shapes are found.  Called with the core's lock held."""

    id: str
    title: str
    about: str
    shapes: Callable[[Core], list[MapShape]]


def collections_of(core: Core) -> list[Collection]:
    """Return the layers of a running site."""
    del core
    return [
        Collection("line", "Line", "The watched line", _line),
        Collection("posts", "Posts", "Towers, checkpoints and other posts", _posts),
        Collection("places", "Places", "Wells, fords, villages and other places people use", _places),
        Collection("units", "Units", "Our own units, latest reports", lambda c: _records(c.picture.units.values())),
        Collection("tracks", "Tracks", "Confirmed tracks and the way each has come", _tracks),
        Collection("alerts", "Alerts", "Every alert as it stands", _alerts),
        Collection("reports", "Reports", "What people and partners reported", lambda c: _said(c, shapes=False)),
        Collection("shapes", "Map files", "Places, ways and areas from map files", lambda c: _said(c, shapes=True)),
    ]


class Features:
    """The answers; one method each."""

    def __init__(self, core: Core, sessions: Sessions, viewing: Viewing) -> None:
        self.core, self.sessions, self.viewing = core, sessions, viewing
        self.collections = {one.id: one for one in collections_of(core)}

    def routes(self) -> list[Route]:
        """Return the routes under `BASE`."""
        return [
            Route(BASE, self.landing),
            Route(f"{BASE}/", self.landing),
            Route(f"{BASE}/api", self.definition),
            Route(f"{BASE}/conformance", self.conformance),
            Route(f"{BASE}/collections", self.list_collections),
            Route(f"{BASE}/collections/{{collection}}", self.one_collection),
            Route(f"{BASE}/collections/{{collection}}/items", self.items),
            Route(f"{BASE}/collections/{{collection}}/items/{{item}}", self.item),
        ]

    async def landing(self, request: Request) -> Response:
        """Serve the landing page (requirement 1)."""
        here = _root(request)
        links = [
            _link(here, "self", JSON, "this document"),
            _link(f"{here}/api", "service-desc", OPENAPI, "the API definition"),
            _link(f"{here}/conformance", "conformance", JSON, "conformance classes"),
            _link(f"{here}/collections", "data", JSON, "the layers"),
        ]
        about = "The line, its posts and units, tracks and alerts, live."
        return _answer({"title": f"Watchline: {self.core.loaded.site.name}", "description": about, "links": links})

    async def conformance(self, _: Request) -> Response:
        """Serve the conformance classes."""
        return _answer({"conformsTo": CONFORMS})

    async def definition(self, request: Request) -> Response:
        """Serve the API definition."""
        return _answer(_openapi(_root(request), list(self.collections)), OPENAPI)

    async def list_collections(self, request: Request) -> Response:
        """Serve what layers there are."""
        here = f"{_root(request)}/collections"
        described = [self._described(one, here) for one in self.collections.values()]
        return _answer({"links": [_link(here, "self", JSON, "this document")], "collections": described})

    async def one_collection(self, request: Request) -> Response:
        """Serve what one layer is."""
        return _answer(self._described(self._named(request), f"{_root(request)}/collections"))

    async def items(self, request: Request) -> Response:
        """Serve the features of a layer that are asked for."""
        collection = self._named(request)
        try:
            query = read_query(request.query_params)
        except BadQuery as error:
            raise HTTPException(400, str(error)) from None
        who = self._reader(request)
        self.viewing.note(who.name, "search", collection.id)
        with self.core.lock:
            found = [shape for shape in shown(self.core, collection, who) if answers(query, shape)]
            now_s = self.core.picture.now_s
        page = found[query.offset : query.offset + query.limit]
        here = f"{_root(request)}/collections/{collection.id}/items"
        return _answer(
            {
                "type": "FeatureCollection",
                "timeStamp": rfc3339(now_s),
                "numberMatched": len(found),
                "numberReturned": len(page),
                "links": _page_links(request, here, query, len(found)),
                "features": [feature_of(shape) for shape in page],
            },
            GEOJSON,
        )

    async def item(self, request: Request) -> Response:
        """Serve one feature."""
        collection = self._named(request)
        who = self._reader(request)
        self.viewing.note(who.name, "search", f"{collection.id}/{request.path_params['item']}")
        with self.core.lock:
            shapes = shown(self.core, collection, who)
        shape = next((one for one in shapes if one.id == request.path_params["item"]), None)
        if shape is None:
            raise HTTPException(404, "no such feature")
        here = f"{_root(request)}/collections/{collection.id}"
        links = [
            _link(f"{here}/items/{shape.id}", "self", GEOJSON, "this document"),
            _link(here, "collection", JSON, collection.title),
        ]
        return _answer(feature_of(shape) | {"links": links}, GEOJSON)

    def _reader(self, request: Request) -> Who:
        who = self.sessions.reader_of_features(request)
        if who is None:
            raise HTTPException(403, "not for you")
        return who

    def _named(self, request: Request) -> Collection:
        collection = self.collections.get(request.path_params["collection"])
        if collection is None:
            raise HTTPException(404, "no such collection")
        return collection

    def _described(self, collection: Collection, here: str) -> dict[str, Any]:
        lonlat = self.core.loaded.line.lonlat_deg
        (west, south), (east, north) = lonlat.min(axis=0) - 0.2, lonlat.max(axis=0) + 0.2
        box = [[round(float(value), 4) for value in (west, south, east, north)]]
        return {
            "id": collection.id,
            "title": collection.title,
            "description": collection.about,
            "itemType": "feature",
            "crs": [CRS84],
            "extent": {"spatial": {"bbox": box, "crs": CRS84}, "temporal": {"interval": [[None, None]]}},
            "links": [
                _link(f"{here}/{collection.id}", "self", JSON, "this document"),
                _link(f"{here}/{collection.id}/items", "items", GEOJSON, collection.title),
            ],
        }


TOLD_AS: dict[str, Told] = {
    "units": "units", "tracks": "tracks", "alerts": "alerts", "reports": "alerts", "posts": "units",
    "shapes": "alerts",
}  # fmt: skip
"""As what a layer counts in a person's view; the line and the places people use are everybody's."""


def shown(
    core: Core, layer: Collection, who: Who, low_m: float = -math.inf, high_m: float = math.inf
) -> list[MapShape]:
    """Return the shapes of a layer that a person may see and that lie wholly within a stretch; with the core's lock.

    A way that leaves what is shown is left out whole: its end would tell where it went.
    """
    view, shapes = view_for(core, who), layer.shapes(core)
    what = TOLD_AS.get(layer.id)
    if what is None or (view.whole and low_m == -math.inf and high_m == math.inf):
        return shapes
    line = core.loaded.line

    def inside(shape: MapShape) -> bool:
        xy = [line.frame.xy_m_of(p) for p in shape.points]
        s_m = line.sd_from_xy_m(np.array(xy, float).reshape(-1, 2))[:, 0]
        told: Told = "distress" if layer.id == "alerts" and shape.properties.get("what") == "distress" else what
        return bool(np.all((s_m >= low_m) & (s_m <= high_m)) and np.all(view.mask(told, s_m)))

    return [shape for shape in shapes if inside(shape)]


# -- shapes of the layers ----------------------------------------------------------------------------------------


def _shape(
    core: Core,
    id_: str,
    name: str,
    shape: Literal["point", "line", "area"],
    points: list[tuple[float, float]],
    times_s: tuple[float, ...] = (),
    **properties: str,
) -> MapShape:
    return MapShape(
        id=id_, t_s=core.picture.now_s, source="watchline", name=name, shape=shape, times_s=times_s,
        points=tuple(GeoPoint(lon_deg=lon, lat_deg=lat) for lon, lat in points), properties=properties,
    )  # fmt: skip


def _line(core: Core) -> list[MapShape]:
    points = [(float(lon), float(lat)) for lon, lat in core.loaded.line.lonlat_deg]
    length = f"{core.loaded.line.length_m / 1000:.3f}"
    return [_shape(core, "line", core.loaded.site.name, "line", points, length_km=length)]


def _posts(core: Core) -> list[MapShape]:
    return [
        _shape(core, p.id, p.id, "point", [(p.lon_deg, p.lat_deg)], what=p.kind, organisation=p.organisation)
        for p in core.loaded.site.posts
    ]


def _places(core: Core) -> list[MapShape]:
    places = core.loaded.site.places
    return [_shape(core, p.id, p.name, "point", [(p.lon_deg, p.lat_deg)], what=p.kind) for p in places]


def _records(records: Any) -> list[MapShape]:
    return [shape for shape in map(shape_of, records) if shape is not None]


def _said(core: Core, *, shapes: bool) -> list[MapShape]:
    return _records(r for r in core.picture.reports.values() if isinstance(r, MapShape) == shapes)


def _alerts(core: Core) -> list[MapShape]:
    """Return alerts under their own id, which stays while revisions come; from when it began to its last word."""
    shapes = []
    for view in core.picture.alerts.values():
        shape = shape_of(view.alert)
        if shape is not None:
            state = shape.properties | {"state": view.state(core.picture.now_s)}
            times = (view.alert.first_s, view.alert.t_s) if view.alert.first_s < view.alert.t_s else (view.alert.t_s,)
            shapes.append(msgspec.structs.replace(shape, id=view.alert.alert, properties=state, times_s=times))
    return shapes


def _tracks(core: Core) -> list[MapShape]:
    picture, frame = core.picture, core.loaded.line.frame
    shapes = []
    for track_id, trail in sorted(picture.trails.items()):
        lonlat = frame.lonlat_from_xy_m([(x, y) for _, x, y in trail])
        points = [(float(lon), float(lat)) for lon, lat in lonlat]
        times = tuple(t_s for t_s, _, _ in trail)
        shape: Literal["point", "line"] = "line" if len(points) > 1 else "point"
        shapes.append(_shape(core, str(track_id), f"track {track_id}", shape, points, times))
    return shapes


# -- documents ---------------------------------------------------------------------------------------------------


def _root(request: Request) -> str:
    return str(request.base_url).rstrip("/") + BASE


def _link(href: str, rel: str, kind: str, title: str) -> dict[str, str]:
    return {"href": href, "rel": rel, "type": kind, "title": title}


def _page_links(request: Request, here: str, query: Query, matched: int) -> list[dict[str, str]]:
    links = [_link(str(request.url), "self", GEOJSON, "this document")]
    for rel, offset in (("next", query.offset + query.limit), ("prev", query.offset - query.limit)):
        if (rel == "next" and offset < matched) or (rel == "prev" and query.offset > 0):
            url = request.url.include_query_params(limit=query.limit, offset=max(offset, 0))
            links.append(_link(f"{here}?{url.query}", rel, GEOJSON, f"{rel} page"))
    return links


def _openapi(server: str, ids: list[str]) -> dict[str, Any]:
    def get(operation: str, about: str, kind: str, *parameters: str) -> dict[str, Any]:
        refs = [{"$ref": f"#/components/parameters/{name}"} for name in parameters]
        errors = {code: {"description": text} for code, text in (("400", "not understood"), ("404", "not there"))}
        answer = {"200": {"description": about, "content": {kind: {"schema": {"type": "object"}}}}}
        return {"get": {"operationId": operation, "summary": about, "parameters": refs, "responses": answer | errors}}

    numbers = {"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}}
    limit = {"type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": LIMIT_DEFAULT}
    return {
        "openapi": "3.0.3",
        "info": {"title": "Watchline features", "version": "1.0.0"},
        "servers": [{"url": server}],
        "paths": {
            "/": get("landing", "landing page", JSON),
            "/conformance": get("conformance", "conformance classes", JSON),
            "/collections": get("collections", "the layers", JSON),
            "/collections/{collection}": get("collection", "one layer", JSON, "collection"),
            "/collections/{collection}/items": get(
                "items", "its features", GEOJSON, "collection", "limit", "offset", "bbox", "datetime"
            ),
            "/collections/{collection}/items/{item}": get("item", "one feature", GEOJSON, "collection", "item"),
        },
        "components": {
            "parameters": {
                "collection": _parameter("collection", "path", {"type": "string", "enum": ids}),
                "item": _parameter("item", "path", {"type": "string"}),
                "limit": _parameter("limit", "query", limit),
                "offset": _parameter("offset", "query", {"type": "integer", "minimum": 0, "default": 0}),
                "bbox": _parameter("bbox", "query", numbers) | {"style": "form", "explode": False},
                "datetime": _parameter("datetime", "query", {"type": "string"}),
            }
        },
    }


def _parameter(name: str, where: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": where, "required": where == "path", "schema": schema}


def _answer(value: object, kind: str = JSON) -> Response:
    return Response(msgspec.json.encode(value), media_type=kind)
