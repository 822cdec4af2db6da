"""A sensor node: what its sensors see goes into its outbox, and from there to the core when there is a way.

Rules: a link's peer hears that something is kept when it is in the outbox, on the disk.  Mutable: it is the running
node.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

import msgspec
import numpy as np

from watchline.domain.batches import DetectionBatch, ScanBatch
from watchline.domain.records import Record
from watchline.domain.site import LinkSpec, Site
from watchline.geo.terrain import Terrain
from watchline.ops import health, locate, privacy, scan_numbers, watch
from watchline.ops.cameras import CameraPool, Look
from watchline.ops.feed import Feed
from watchline.ops.many.message import bodies
from watchline.ops.many.node_clock import NodeClock
from watchline.ops.many.outbox import Outbox
from watchline.ops.site_file import LoadedSite
from watchline.sensing import reference_contrast as contrast
from watchline.sensing.camera import Camera
from watchline.sensing.placing import placed

LOOK_S = 1.0


def sensors_of(site: Site, node: str) -> tuple[int, ...]:
    """Return which sensors a node speaks for: those at the post of its name, or the one sensor of its name."""
    return tuple(k for k, s in enumerate(site.sensors) if node in (s.post, s.id))


def nodes_of(site: Site) -> tuple[str, ...]:
    """Return every name that a node of this site may have."""
    return tuple(sorted({s.post or s.id for s in site.sensors}))


def links_of(site: Site, node: str) -> tuple[LinkSpec, ...]:
    """Return the links that end at a node: those that speak for its sensors and for no others."""
    mine = sensors_of(site, node)
    users: dict[str, set[int]] = {}
    for k, sensor in enumerate(site.sensors):
        if sensor.node:
            users.setdefault(sensor.node.partition("/")[0], set()).add(k)
    return tuple(spec for spec in site.links if users.get(spec.id) and users[spec.id] <= set(mine))


def links_of_core(site: Site) -> tuple[LinkSpec, ...]:
    """Return the links that end at the core: all that end at no node."""
    at_nodes = {spec.id for node in nodes_of(site) for spec in links_of(site, node)}
    return tuple(spec for spec in site.links if spec.id not in at_nodes)


class FilmsToCut(Protocol):
    """What the core wants films of (`films.py`)."""

    def cut(self, pool: CameraPool | None) -> None:
        """Cut what was asked for since the last time."""
        ...


class Node:
    """See the module.  sensors: indexes of those it speaks for; cameras: of those with pictures here."""

    def __init__(
        self,
        name: str,
        loaded: LoadedSite,
        terrain: Terrain,
        sensors: tuple[int, ...],
        feed: Feed,
        cameras: CameraPool | None,
        outbox: Outbox,
        clock: NodeClock,
        settle: Callable[[], None] = lambda: None,
        films: FilmsToCut | None = None,
    ) -> None:
        self._films = films
        self.name, self._sensors, self._feed, self._pool = name, sensors, feed, cameras
        self._outbox, self._clock, self._settle, self._terrain = outbox, clock, settle, terrain
        self._ids = tuple(sensor.id for sensor in loaded.site.sensors)
        self._masks = privacy.masks_of(loaded)
        self._at = at = placed(loaded.site, loaded.line, terrain)
        self._cameras = {
            k: Camera(loaded.site.sensors[k], at.eye_m[k], float(at.convergence_rad[k]))
            for k in sorted(cameras.sensors if cameras is not None else ())
        }
        self._contrast: dict[int, contrast.State] = {}
        self._looks: tuple[Look, ...] = ()
        self._next = scan_numbers.first("pictures")
        self._before_s = self._look_s = clock.now_s()
        self._health = health.init(loaded.site.sensors, self._before_s)
        self._run = f"{self._before_s:.0f}"
        self._stop = threading.Event()
        self.detections = 0

    def run(self, step_s: float, for_s: float | None = None) -> None:
        """Look every `step_s` until `for_s` seconds are over, or `stop` is called."""
        end_s = None if for_s is None else self._clock.now_s() + for_s
        while not self._stop.is_set() and (end_s is None or self._clock.now_s() < end_s):
            began_s = self._clock.now_s()
            self.step()
            self._stop.wait(max(0.0, step_s - (self._clock.now_s() - began_s)))

    def stop(self) -> None:
        """Ask `run` to end after its present step."""
        self._stop.set()

    def step(self) -> None:
        """Take what came since the last step and keep it."""
        jump, now_s = self._clock.look(), self._clock.now_s()
        step = self._feed.step(now_s)
        scans, detections, records = step.scans, step.detections, list(step.records)
        if jump is not None:
            records.append(jump)
            self._before_s = min(self._before_s, now_s)
        if self._pool is not None:
            self._looks = (*self._looks, *self._pool.look(step.scene, self._before_s, now_s))
            if abs(now_s - self._look_s) >= LOOK_S - 1e-6:
                self._look_s = now_s
                more, found, told = self._seen(now_s)
                scans, detections = ScanBatch.join([scans, more]), DetectionBatch.join([detections, found])
                records += told
        if self._films is not None:
            self._films.cut(self._pool)
        self._before_s = now_s
        mine = np.array(self._sensors, np.int32)
        scans = scans.take(np.isin(scans.sensor, mine))
        detections = self._allowed(detections.take(np.isin(detections.sensor, mine)), now_s)
        self.detections += len(detections)
        if self._outbox.put(bodies(self._ids, scans, detections, tuple(records), now_s)):
            self._settle()

    def _allowed(self, detections: DetectionBatch, now_s: float) -> DetectionBatch:
        """Return the detections without those under a privacy mask; masks are lifted at the core, never here."""
        if not self._masks.areas or not len(detections):
            return detections
        where = privacy.places_m(detections, self._at.eye_m, self._at.convergence_rad)
        return detections.take(~self._masks.hides(where, now_s))

    def _seen(self, now_s: float) -> tuple[ScanBatch, DetectionBatch, list[Record]]:
        """Return what the pictures since the last look showed, and what is wrong with the cameras."""
        looks, self._looks = self._looks, ()
        for look in looks:
            if look.measured:
                state = self._contrast.get(look.sensor, contrast.State())
                self._contrast[look.sensor] = contrast.step(state, look.measured, look.t_s)
        newest = locate.with_quality(locate.newest_looks(list(looks)), self._cameras, self._contrast)
        numbers = scan_numbers.next_numbers("pictures", self._next, len(newest))
        scans = locate.scans_of(newest, self._cameras, numbers.start)
        detections = locate.detections_of(newest, self._cameras, self._terrain, numbers.start)
        self._next = numbers.stop
        return scans, detections, self._conditions(looks, now_s)

    def _conditions(self, looks: tuple[Look, ...], now_s: float) -> list[Record]:
        """Return which of its cameras fell silent, see badly, or see again; the core judges the other sensors."""
        voices, causes, conditions = watch.voices_of(looks)
        self._health, changes = health.step(self._health, *voices, now_s, causes, conditions)
        mine = {self._ids[k] for k in self._cameras}
        return [
            msgspec.structs.replace(change, id=f"{self.name}-{self._run}-{change.id}", source=self.name)
            for change in changes
            if change.sensor in mine
        ]


def with_links(loaded: LoadedSite, links: tuple[LinkSpec, ...]) -> LoadedSite:
    """Return the site with only these links."""
    return replace(loaded, site=msgspec.structs.replace(loaded.site, links=links))
