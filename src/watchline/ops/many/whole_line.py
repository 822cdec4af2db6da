"""The whole line on one screen, while each of several cores tracks a part of it.

Theory: screens ask a core for its picture.  This stands in the core's place for reading: the tracks of all cores
joined at the seams (`tracking/shards.py`), each under one number however many cores it passes, and the open alerts of
the others beside our own.  What people press goes to our own core, which knows its own alerts only: another core's
alert is answered at its own desk.

Rules: nothing here is kept, and no alert is made from another core's track.  Mutable: it keeps numbers and trails.
"""

from __future__ import annotations

import copy
from collections import deque
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np

from watchline.alerting.desk import state as desk
from watchline.alerting.desk.item import Item
from watchline.domain.batches import TrackBatch
from watchline.ops.core import Core
from watchline.ops.many.neighbours import Neighbours, Part, word
from watchline.ops.many.node import sensors_of
from watchline.ops.many.shards import Shards
from watchline.ops.picture import Picture
from watchline.tracking.shards import Seam, joined

PER_SHARD = 10_000_000  # numbers of tracks: the core's place on the line from 1, then its own number
THEIR_ALERT = "shard-{}/"  # begins the id of another core's alert


class WholeLine:
    """A core as screens see it.  Everything that is not named here is the core's own."""

    def __init__(self, core: Core, neighbours: Neighbours, shards: Shards) -> None:
        self._core, self._neighbours, self._shards = core, neighbours, shards
        site = core.loaded.site
        mine = [k for node in shards.nodes[neighbours.shard] for k in sensors_of(site, node)]
        self._mine = np.array(sorted(mine), np.int64)
        self._seam = Seam(shards.borders_m, per_shard=PER_SHARD)
        self._shown: dict[str, tuple[Item, Item]] = {}
        self._trails: dict[int, deque[tuple[float, float, float]]] = {}
        self._picture = self._joined()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._core, name)

    def step(self) -> None:
        """Join the pictures of this moment, and say our own; after every step of the core."""
        core = self._core
        with core.lock:
            heard = np.setdiff1d(self._mine, np.array(sorted(core.dark), np.int64))
            self._neighbours.outgoing = word(self._neighbours.shard, core.loaded.site, heard, core.picture)
            self._picture = self._joined()

    @property
    def picture(self) -> Picture:
        """Return what is known of the whole line."""
        return self._picture

    def desk_of(self, exercise: bool) -> desk.State:
        """Return our desk with the open alerts of other cores; the exercise is our own."""
        return self._core.desk_of(True) if exercise else self._picture.desk

    def _joined(self) -> Picture:
        own, me = self._core.picture, self._neighbours.shard
        others = self._neighbours.parts(own.now_s)
        parts = [
            own.tracks.take(np.flatnonzero(own.tracks.confirmed)) if k == me
            else brought_to(others[k], own.now_s) if k in others
            else TrackBatch.empty()
            for k in range(len(self._shards.nodes))
        ]  # fmt: skip
        self._seam, tracks = joined(self._seam, parts)
        whole = copy.copy(own)
        whole.desk, whole.tracks, whole.trails = self._desk(own.desk, others), tracks, self._trails
        whole.apply_columns(tracks)
        self._trails = whole.trails
        return whole

    def _desk(self, own: desk.State, others: dict[int, Part]) -> desk.State:
        me = self._neighbours.shard
        items = {name: self._renumbered(name, item, me) for name, item in own.items.items()}
        for shard, part in others.items():
            for alert in part.alerts:
                number = None if alert.track_id is None else self._number(shard, alert.track_id)
                name = THEIR_ALERT.format(shard + 1) + alert.alert
                theirs = msgspec.structs.replace(alert, alert=name, track_id=number)
                items[name] = Item(theirs, own.setup.desk_of(alert.position.s_m), alert.t_s, alert.t_s)
        explained = {self._number(me, track_id): why for track_id, why in own.explained.items()}
        return replace(own, items=items, explained=explained)

    def _renumbered(self, name: str, item: Item, shard: int) -> Item:
        """Return an alert of ours under the number of its track on the whole line; made anew when it changed."""
        if item.alert.track_id is None:
            return item
        number = self._number(shard, item.alert.track_id)
        before = self._shown.get(name)
        if before is None or before[0] is not item or before[1].alert.track_id != number:
            before = item, replace(item, alert=msgspec.structs.replace(item.alert, track_id=number))
            self._shown[name] = before
        return before[1]

    def _number(self, shard: int, track_id: int) -> int:
        return self._seam.numbers.get((shard, track_id), (shard + 1) * PER_SHARD + track_id)


def brought_to(part: Part, now_s: float) -> TrackBatch:
    """Return another core's tracks where they are by now: straight on, less surely."""
    tracks = part.tracks
    dt = np.clip(now_s - tracks.t_s, 0.0, None)
    cov = tracks.cov.copy()
    cov[:, 0] += tracks.cov[:, 3] * dt**2
    cov[:, 2] += tracks.cov[:, 3] * dt**2
    moved = {"t_s": np.full(len(tracks), now_s), "xy_m": tracks.xy_m + tracks.v_m_s * dt[:, None], "cov": cov}
    return TrackBatch(**{**tracks.columns(), **moved})
