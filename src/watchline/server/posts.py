"""The desk's side of posts in depth: checkpoints with their hours and the ways round them, gaps of blocking lines.

They are reckoned by a process of their own, anew when the day, the air or the place of a mobile checkpoint changes;
until that is done what was reckoned before is served, and said to be so.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchline.ops.core import Core
from watchline.ops.respond.checkpoints import KINDS, manned_at
from watchline.ops.respond.posts import Asked, Posts, made_beside
from watchline.server.asking import json_answer, person_of
from watchline.server.session import Sessions

CLEAR_M = 10_000.0  # where nobody tells how far one sees
STEP_M = 1000.0  # of visibility that makes a difference
DECIMALS = 3  # of degrees: a checkpoint that moved less than 100 m stands where it stood
Key = tuple[str, Asked]


class PostsServed:
    """The answers.  Mutable: it holds what was reckoned last."""

    def __init__(self, core: Core, sessions: Sessions) -> None:
        self.core, self.sessions = core, sessions
        self._made: Posts | None = None
        self._key: Key | None = None
        self._fault = ""
        self._making: asyncio.Task[None] | None = None

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [Route("/api/posts", self.all)]

    async def all(self, request: Request) -> Response:
        """Serve checkpoints, manned or not now, with the ways round them, and the gaps by class and hour."""
        person_of(self.sessions, request)
        loaded = self.core.loaded
        with self.core.lock:
            now_s = self.core.picture.now_s
            weather = list(self.core.picture.weather.values())
            units = self.core.picture.units
            heard = {p.id: units[p.id].position for p in loaded.site.posts if p.kind in KINDS and p.id in units}
        visibility_m = max(STEP_M * round(min((w.visibility_m for w in weather), default=CLEAR_M) / STEP_M), STEP_M)
        zone = loaded.site.clock.timezone
        day = datetime.fromtimestamp(now_s, ZoneInfo(zone)).replace(hour=12, minute=0, second=0, microsecond=0)
        places = tuple(
            sorted((name, round(p.lon_deg, DECIMALS), round(p.lat_deg, DECIMALS)) for name, p in heard.items())
        )
        self._want(Asked(day.timestamp(), visibility_m, places))
        made = self._made
        posts = {post.id: post for post in loaded.site.posts}
        shown = []
        for row in made.checkpoints if made is not None else ():
            manned, changes_s = manned_at(posts[row.id], now_s, zone)
            shown.append({**msgspec.to_builtins(row), "manned": manned, "changes_s": changes_s})
        now = datetime.fromtimestamp(now_s, ZoneInfo(zone))
        return json_answer({
            "now_s": now_s, "hour": now.hour, "clock": zone, "making": self._making is not None, "fault": self._fault,
            "visibility_m": made.visibility_m if made is not None else None, "checkpoints": shown,
            "gaps": made.gaps if made is not None else (),
        })  # fmt: skip

    def _want(self, asked: Asked) -> None:
        """Have it reckoned, unless it is or was."""
        key = (self.core.loaded.digest, asked)
        if self._making is None and key != self._key:
            self._key = key
            self._making = asyncio.create_task(self._make(asked))

    async def _make(self, asked: Asked) -> None:
        try:
            self._made = await asyncio.to_thread(made_beside, self.core.loaded.path, asked)
            self._fault = ""
        except RuntimeError as error:
            self._fault = str(error)
        finally:
            self._making = None
