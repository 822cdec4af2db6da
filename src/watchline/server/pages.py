"""Pages beside the Watch screen: a folder of files each, and what all of them share (`page/`).

Rules: only files that are in one of the two folders are served, under the page's own address, so that who may open a
page is asked once, for all of it.
"""

from __future__ import annotations

from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

KINDS = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}
HERE = Path(__file__).parent
SHARED = HERE / "page"


def page_file(request: Request, folder: str) -> Response:
    """Return the file of a page that a request names, else its index; 404 when there is no such file."""
    name = request.path_params.get("name", "index.html")
    for place in (HERE / folder, SHARED):
        if name in {path.name for path in place.iterdir()}:
            return Response((place / name).read_bytes(), media_type=KINDS[Path(name).suffix])
    raise HTTPException(404, "no such file")
