"""The time view of the strip: the line over an hour, a night or a month, read from the ledger beside the core.

Rules: one reading at a time; times are those of the rows asked for, so that a screen can ask for the newest rows only
and put them below those that it has.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchline.coverage.in_view import Sight
from watchline.ledger.reader import LedgerReader
from watchline.ops.core import Core
from watchline.ops.over_time import History, Trail, tracks_at, units_at
from watchline.server.asking import Reading, json_answer, number_of, person_of
from watchline.server.session import Sessions
from watchline.server.viewing import Viewing

ROWS_MOST = 400
ROW_LEAST_S = 1.0


class OverTime:
    """The answers; one method each.  Mutable: it follows the ledger."""

    def __init__(self, core: Core, directory: Path, belt: Sight, sessions: Sessions, viewing: Viewing) -> None:
        self.core, self.directory, self.belt, self.sessions, self.viewing = core, directory, belt, sessions, viewing
        self.reading = Reading()
        self.history = History(tuple(sensor.id for sensor in core.loaded.site.sensors))

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [Route("/api/over-time", self.rows)]

    async def rows(self, request: Request) -> Response:
        """Serve rows of row_s seconds from from_s on, rows of them: strength, outages, alerts, tracks and units."""
        who = person_of(self.sessions, request)
        from_s, row_s, count = (number_of(request, name) for name in ("from_s", "row_s", "rows"))
        if from_s is None or row_s is None or count is None:
            raise HTTPException(400, "from_s, row_s, rows: from when, seconds in a row, how many rows")
        if not (abs(from_s) < 1e11 and ROW_LEAST_S <= row_s <= 1e7 and 1 <= count <= ROWS_MOST):
            raise HTTPException(400, f"row_s: at least {ROW_LEAST_S:g}; rows: 1 to {ROWS_MOST}")
        self.viewing.note(who.name, "trail", "line")
        edges_s = from_s + row_s * np.arange(int(count) + 1)
        return json_answer(await self.reading.beside(self._rows, edges_s))

    def _rows(self, edges_s: Any) -> dict[str, Any]:
        history, from_s, to_s = self.history, float(edges_s[0]), float(edges_s[-1])
        with LedgerReader(self.directory) as reader:
            history.follow(reader)
            tracks, units = tracks_at(reader, history, edges_s), units_at(reader, edges_s)
        shares = history.in_view(self.belt, edges_s)
        ids = history.ids
        return {
            "from_s": from_s,
            "row_s": float(edges_s[1] - edges_s[0]),
            "begins_s": history.begins_s,
            "ends_s": history.ends_s,
            "in_view": [[None if math.isnan(v) else round(100 * v) for v in row] for row in shares.tolist()],
            "outages": [
                {"sensor": ids[one.sensor], "from_s": one.from_s, "to_s": one.to_s, "cause": one.cause}
                for one in history.outages_in(from_s, to_s)
            ],
            "pauses": [pause for pause in history.pauses if pause[0] < to_s and pause[1] > from_s],
            "alerts": [
                {"id": m.alert, "t_s": m.t_s, "s_m": round(m.s_m), "what": m.what, "track_id": m.track_id}
                for m in history.marks_in(from_s, to_s)
            ],
            "tracks": [_trail(one) for one in tracks],
            "units": [_trail(one) for one in units],
        }


def _trail(trail: Trail) -> dict[str, Any]:
    points = [[round(t_s, 1), round(s_m), round(d_m)] for t_s, s_m, d_m in trail.points]
    return {"id": trail.name, "party": trail.party, "points": points}
