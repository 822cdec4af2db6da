"""What cameras see now, for the wall of pictures: one newest picture a request, and why there is none; and where the
ground's skyline should run through them."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchline.alerting.desk.roles import Who
from watchline.geo.terrain import Terrain
from watchline.ops.core import Core
from watchline.policy.view import View
from watchline.sensing.camera import Camera
from watchline.sensing.horizon_line import horizon_px
from watchline.server import sight
from watchline.server.asking import json_answer
from watchline.server.session import Sessions
from watchline.server.viewing import Viewing

F8 = NDArray[np.float64]

STEP_M = 250.0  # how closely the stretches of a picture are asked for


class Wall:
    """The answers; one method each."""

    def __init__(self, core: Core, sessions: Sessions, viewing: Viewing, sensors_s_m: list[float]) -> None:
        """sensors_s_m: chainage of each sensor."""
        self.core, self.sessions, self.viewing, self._s_m = core, sessions, viewing, sensors_s_m
        self._skyline: dict[int, list[list[list[list[float]]]]] = {}
        self._index = {sensor.id: k for k, sensor in enumerate(core.loaded.site.sensors)}

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [Route("/api/stills/{sensor}", self.still), Route("/api/horizons/{sensor}", self.horizons)]

    def _may_see(self, view: View, k: int) -> bool:
        """Return whether a person may see films of all the stretches that a camera's picture may show."""
        reach_m = self.core.loaded.site.sensors[k].max_range_m
        low, high = max(self._s_m[k] - reach_m, 0.0), min(self._s_m[k] + reach_m, self.core.loaded.line.length_m)
        return all(view.shows_film(s) for s in np.linspace(low, high, 2 + int((high - low) / STEP_M)).tolist())

    async def still(self, request: Request) -> Response:
        """Serve a camera's newest picture with its boxes, or why there is none."""
        who, k = self._asked(request)
        with self.core.lock:
            dark, filmed = self.core.dark, self.core.filmed
        if k not in filmed:
            return json_answer({"why": "no_pictures"})
        newest = self.core.stills.asked(k)
        if newest is None:
            why = "dark" if k in dark else "coming" if self.core.stills.follows(k) else "busy"
            return json_answer({"why": why})
        self.viewing.note(who.name, "camera", self.core.loaded.site.sensors[k].id)
        told: dict[str, Any] = {
            "t_s": newest.t_s, "width": newest.width_px, "height": newest.height_px, "boxes": newest.boxes,
            "stop": newest.stop, "dark": k in dark, "jpeg": base64.b64encode(newest.data).decode(),
        }  # fmt: skip
        return json_answer(told)

    async def horizons(self, request: Request) -> Response:
        """Serve where the ground's skyline runs through a camera's picture, for each stop of its head."""
        _, k = self._asked(request)
        camera = self.core.camera(k)
        if camera is None:
            raise HTTPException(404, "no such camera")
        if k not in self._skyline:
            self._skyline[k] = await asyncio.to_thread(skylines, camera, self.core.terrain)
        sensor = camera.sensor
        return json_answer({"width": sensor.width_px, "height": sensor.height_px, "stops": self._skyline[k]})

    def _asked(self, request: Request) -> tuple[Who, int]:
        """Return who asks and for which sensor; refused unless they may see films of all it may show."""
        who = self.sessions.who(request)
        if who is None:
            raise HTTPException(403, "sign in first")
        k = self._index.get(request.path_params["sensor"])
        with self.core.lock:
            view = sight.view_for(self.core, who)
        if k is None or not self._may_see(view, k):
            raise HTTPException(404, "no such camera")
        return who, k


def skylines(camera: Camera, terrain: Terrain) -> list[list[list[list[float]]]]:
    """Return for each stop the pieces of the skyline in the picture, each a list of x and y in pixels."""
    stops = 1 if camera.sensor.pan is None else camera.sensor.pan.stops
    return [pieces(horizon_px(camera, terrain, stop)) for stop in range(stops)]


def pieces(line_px: F8) -> list[list[list[float]]]:
    """Return the runs of rows (N, 2) between those that are NaN."""
    known = np.isfinite(line_px).all(axis=1)
    runs = np.split(line_px, np.flatnonzero(np.diff(known.astype(int))) + 1)
    return [np.round(run, 1).tolist() for run in runs if len(run) and np.isfinite(run).all()]
