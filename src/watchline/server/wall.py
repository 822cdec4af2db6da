"""What cameras see now, for the wall of pictures: one newest picture a request, and why there is none."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchline.ops.core import Core
from watchline.policy.view import View
from watchline.server import sight
from watchline.server.asking import json_answer
from watchline.server.session import Sessions
from watchline.server.viewing import Viewing

STEP_M = 250.0  # how closely the stretches of a picture are asked for


class Wall:
    """The answers; one method each."""

    def __init__(self, core: Core, sessions: Sessions, viewing: Viewing, sensors_s_m: list[float]) -> None:
        """sensors_s_m: chainage of each sensor."""
        self.core, self.sessions, self.viewing, self._s_m = core, sessions, viewing, sensors_s_m
        self._index = {sensor.id: k for k, sensor in enumerate(core.loaded.site.sensors)}

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [Route("/api/stills/{sensor}", self.still)]

    def _may_see(self, view: View, k: int) -> bool:
        """Return whether a person may see films of all the stretches that a camera's picture may show."""
        reach_m = self.core.loaded.site.sensors[k].max_range_m
        low, high = max(self._s_m[k] - reach_m, 0.0), min(self._s_m[k] + reach_m, self.core.loaded.line.length_m)
        return all(view.shows_film(s) for s in np.linspace(low, high, 2 + int((high - low) / STEP_M)).tolist())

    async def still(self, request: Request) -> Response:
        """Serve a camera's newest picture with its boxes, or why there is none."""
        who = self.sessions.who(request)
        if who is None:
            raise HTTPException(403, "sign in first")
        name = request.path_params["sensor"]
        k = self._index.get(name)
        with self.core.lock:
            view, dark = sight.view_for(self.core, who), self.core.dark
            filmed = self.core.filmed
        if k is None or not self._may_see(view, k):
            raise HTTPException(404, "no such camera")
        if k not in filmed:
            return json_answer({"why": "no_pictures"})
        newest = self.core.stills.asked(k)
        if newest is None:
            why = "dark" if k in dark else "coming" if self.core.stills.follows(k) else "busy"
            return json_answer({"why": why})
        self.viewing.note(who.name, "camera", name)
        told: dict[str, Any] = {
            "t_s": newest.t_s, "width": newest.width_px, "height": newest.height_px, "boxes": newest.boxes,
            "dark": k in dark, "jpeg": base64.b64encode(newest.data).decode(),
        }  # fmt: skip
        return json_answer(told)
