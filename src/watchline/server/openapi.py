"""What the server answers, as OpenAPI 3.1: made from the routes themselves and the structs that bodies are read
as."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import msgspec
from starlette.routing import BaseRoute, Route

from watchline import __version__
from watchline.alerting.desk.commands import AnyCommand
from watchline.ops.operation.wishes import OperationWish
from watchline.ops.posture.wishes import ApprovePosture
from watchline.ops.respond.wishes import AnyWish
from watchline.ops.search.wishes import SearchWish
from watchline.server import (
    account_book,
    app,
    by_hand,
    desk,
    exports,
    field,
    holds,
    login,
    map_sheet,
    mask_lifts,
    orders,
    releases,
    what_if,
)

NUMBER, TEXT, WHOLE = {"type": "number"}, {"type": "string"}, {"type": "integer", "minimum": 0}
BODIES: dict[str, Any] = {
    "/api/alerts/{alert}/{action}": app._Action,
    "/api/by-hand": by_hand._Told,
    "/api/desk": AnyCommand,
    "/api/seats": desk._Seat,
    "/api/map-sheet.pdf": map_sheet._Sheet,
    "/api/exports": exports._Ask,
    "/api/exports/{export}/approve": exports._Agree,
    "/api/field/link": field._NewLink,
    "/api/look": orders._Look,
    "/api/observe": orders._Look,
    "/api/tasks/{task}/answer": orders._Answer,
    "/api/missions/{digest}/{step}": orders._Key,
    "/api/releases": releases._Release,
    "/api/releases/{release}/end": releases._Key,
    "/api/partners/tell": releases._Tell,
    "/api/plan/what-if": what_if._Moved,
    "/api/holds": holds._Hold,
    "/api/holds/{hold}/end": holds._Key,
    "/api/masks/lift": mask_lifts._Lift,
    "/api/masks/lift/{lift}/agree": mask_lifts._Key,
    "/api/respond": AnyWish,
    "/api/searches": SearchWish,
    "/api/posture": ApprovePosture,
    "/api/operations": OperationWish,
    "/api/account/claims": account_book._Claim,
    "/api/account/signs": account_book._Sign,
    "/api/login": login._Login,
    "/api/sessions/end": login._End,
}
"""What a POST's body is read as; those that are not here take a file or nothing."""
FILES = ("/api/import/{form}", "/api/missions/{form}", "/field/reports")
QUERIES: dict[str, dict[str, dict[str, Any]]] = {
    "/api/audit/records": {"what": TEXT, "person": TEXT, "from_s": NUMBER, "to_s": NUMBER},
    "/api/audit/moment": {"as_of_s": NUMBER, "known_at_s": NUMBER},
    "/api/account/unseen": {"from_s": NUMBER, "to_s": NUMBER, "from_km": NUMBER, "to_km": NUMBER},
    "/api/recipients/{recipient}/preview": {"what": TEXT, "from_km": NUMBER, "to_km": NUMBER},
    "/api/figures": {"hours": NUMBER, "desk": TEXT},
    "/api/report/{kind}.{form}": {"lang": TEXT, "number": TEXT},
    "/api/export/{layer}.{form}": {"from_km": NUMBER, "to_km": NUMBER, "export": TEXT},
    "/api/import/{form}": {"key": TEXT},
    "/api/ground/measure": {"way": TEXT},
    "/api/ground/sight": {"way": TEXT, "eye_m": NUMBER, "subject_m": NUMBER},
    "/api/ground/horizon": {"way": TEXT, "eye_m": NUMBER},
    "/api/searches/{search}/plan.{form}": {"lang": TEXT},
    "/api/operations": {"as_of_s": NUMBER},
    "/api/operations/{operation}/plan.{form}": {"lang": TEXT, "unit": TEXT, "height_m": NUMBER},
    "/api/missions/{form}": {"key": TEXT, "drone": TEXT, "what": TEXT, "height_m": NUMBER},
}


def describe(routes: Iterable[BaseRoute]) -> dict[str, Any]:
    """Return the description of every route but WebSockets, static files and what is mounted below."""
    refs, components = msgspec.json.schema_components(
        list(dict.fromkeys(BODIES.values())), ref_template="#/components/schemas/{name}"
    )
    schema_of = dict(zip(dict.fromkeys(BODIES.values()), refs, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        if isinstance(route, Route):
            path = re.sub(r":\w+}", "}", route.path)
            for method in sorted((route.methods or set()) - {"HEAD"}):
                paths.setdefault(path, {})[method.lower()] = _operation(route, path, method, schema_of)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Watchline", "version": __version__},
        "paths": paths,
        "components": {"schemas": components},
    }


def _operation(route: Route, path: str, method: str, schema_of: dict[Any, Any]) -> dict[str, Any]:
    integers = {name for name, convertor in route.param_convertors.items() if convertor.regex == "[0-9]+"}
    names = re.findall(r"{(\w+)}", path)
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": WHOLE if name in integers else TEXT}
        for name in names
    ]
    parameters += [{"name": name, "in": "query", "schema": schema} for name, schema in QUERIES.get(path, {}).items()]
    said = (route.endpoint.__doc__ or "").strip().splitlines()
    operation: dict[str, Any] = {
        "operationId": f"{method.lower()} {path}",
        "summary": said[0] if said else "",
        "parameters": parameters,
        "responses": {"default": {"description": "the answer, or {error: one line}"}},
    }
    if method == "POST" and path in BODIES:
        content = {"application/json": {"schema": schema_of[BODIES[path]]}}
        operation["requestBody"] = {"required": True, "content": content}
    elif method == "POST" and path in FILES:
        content = {"application/octet-stream": {"schema": {"type": "string"}}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation
