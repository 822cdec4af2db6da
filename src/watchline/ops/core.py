"""The core: one loop that takes what comes in, runs the watch spine, keeps everything, and shows it.

Rules: only this loop writes to the ledger; a person's action is answered when it is durable; batches are cut by
the injected clock, so that the same inputs give the same chain.  Mutable: it is the running system.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from watchline import __version__
from watchline.alerting.desk import state as desk
from watchline.alerting.desk.clockwork import due
from watchline.alerting.desk.deciding import decide
from watchline.coverage.in_view import Sight
from watchline.domain.batches import DetectionBatch, InterruptionBatch, MissBatch, ScanBatch, TrackBatch, batch_types
from watchline.domain.records import (
    Alert,
    Clip,
    LineStrength,
    Record,
    RunEnded,
    RunStarted,
)
from watchline.domain.respond import LineUncovered, PursuitStep
from watchline.geo.terrain import Terrain
from watchline.ledger.writer import Ledger
from watchline.ops import watch
from watchline.ops.account.history import HistoryWorker
from watchline.ops.account.keeper import AccountKeeper, Kept
from watchline.ops.account.revising import Revising
from watchline.ops.account.worker import AccountWorker
from watchline.ops.as_found import dark_of
from watchline.ops.cameras import CameraPool, ClipCut, Look
from watchline.ops.clock import Clock
from watchline.ops.evidence import EvidenceRoom
from watchline.ops.feed import Feed, Filming, Remembering, Turnable, WithElsewhere, WithHistory, WithNodes, WithOthers
from watchline.ops.field_reports import derived
from watchline.ops.ledger_site import kept_site
from watchline.ops.mobility import going
from watchline.ops.operation import wishes as operation_wishes
from watchline.ops.operation import worker as following
from watchline.ops.operation.keeper import OperationKeeper
from watchline.ops.operation.worker import Follower
from watchline.ops.people import People, Request
from watchline.ops.posture import wishes as posture_wishes
from watchline.ops.posture.proposer import PostureProposer
from watchline.ops.privacy import masks_of
from watchline.ops.respond import wishes
from watchline.ops.respond.dispatcher import Dispatcher
from watchline.ops.respond.land import Ground
from watchline.ops.respond.worker import Process as ProposalProcess
from watchline.ops.respond.worker import Proposers
from watchline.ops.resume import Before
from watchline.ops.search import wishes as search_wishes
from watchline.ops.search.keeper import SearchKeeper
from watchline.ops.search.worker import MapMaker, Process
from watchline.ops.site_file import LoadedSite
from watchline.ops.stills import Stills
from watchline.ops.streams import CUT_EVERY_S
from watchline.ops.synthetic import trials as synthetic
from watchline.ops.tracing import span
from watchline.sensing.camera import Camera

CLIP_BEFORE_S = 8.0
CLIP_AFTER_S = 4.0
CUT_ROWS = 100_000  # looks and detections that make a batch before its time: memory has its bound
LOOK_S = 1.0  # pictures of this while make one look for tracking


@dataclass
class _Waiting:
    """What is collected between two cuts."""

    scans: list[ScanBatch] = field(default_factory=list)
    detections: list[DetectionBatch] = field(default_factory=list)
    tracks: list[TrackBatch] = field(default_factory=list)
    misses: list[MissBatch] = field(default_factory=list)
    interruptions: list[InterruptionBatch] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """Return how many looks and detections wait."""
        return sum(map(len, self.scans)) + sum(map(len, self.detections))


class Core:
    """A running site."""

    ledger: Ledger
    people: People
    dispatcher: Dispatcher

    def __init__(
        self,
        loaded: LoadedSite,
        terrain: Terrain,
        feed: Feed,
        cameras: CameraPool | None,
        ledger: Ledger,
        clock: Clock,
        *,
        fidelity: str,
        seed: int | None,
        simulated: bool,
        before: Before,
        account: AccountWorker | None = None,
        maps: Callable[[LoadedSite, Terrain], MapMaker] = Process,
        follower: Callable[[LoadedSite, Path], Follower] = following.Process,
        history: HistoryWorker | None = None,
        proposers: Proposers = ProposalProcess,
    ) -> None:
        """Begin a run: the site and the run are the first things it writes.

        before: what the ledger holds already; alerts and people's actions in it stand.  account: who reckons what the
        line could see; None: nobody does.  history: who goes through looks that come late, where they can.  maps:
        who draws the maps of searches, made when the first one begins.  proposers: who makes proposals.
        """
        self.loaded, self.terrain, self.clock, self.ledger = loaded, terrain, clock, ledger
        self._feed, self._cameras = feed, cameras
        free = clock.speed is None
        run = before.runs + 1
        self._account: AccountKeeper | None = None
        if account is not None:
            ids = tuple(sensor.id for sensor in loaded.site.sensors)
            revising = None
            if before.again is not None and history is not None:
                revising = Revising(before.again, history, ids, loaded.line, clock.now_s, ledger.head[0])
            self._account = AccountKeeper(loaded, account, clock.now_s, run, wait=free, revising=revising)
        self._late = ScanBatch.empty()
        pictures = cameras.sensors if cameras is not None else frozenset[int]()
        on_foot = going(loaded, terrain).speed_factor("foot", ours=False)
        self.state = watch.init(
            loaded.site,
            loaded.line,
            terrain,
            on_foot,
            pictures,
            clock.now_s,
            before,
            reckoned=account is not None,
            filmed=feed.cameras if isinstance(feed, Filming) else frozenset(),
            others=feed.others if isinstance(feed, WithOthers) else frozenset(),
            masks=replace(masks_of(loaded), asked=before.picture.lifts.asked, agreed=before.picture.lifts.agreed),
        )
        self.picture = before.picture
        self._before = before
        self._synthetic = synthetic.init(loaded, terrain, self.state.setup.cameras, before.numbers.get("X", 0))
        self.lock = threading.Lock()
        self.counts: Counter[str] = Counter()
        self.exercise = before.exercise
        self.people = People()
        self._done: list[Record] = []
        self._weaker: list[Record] = []
        self._evidence = EvidenceRoom(loaded, terrain, ledger)
        ground = Ground.of(loaded, terrain)
        self.dispatcher = Dispatcher(loaded, ground, proposers, wait=free)
        self._postures = PostureProposer(loaded, ground)
        self.searches = SearchKeeper(loaded, terrain, maps, wait=free)
        self._operations = OperationKeeper(loaded, ledger, follower, wait=free)
        self._chance = random.Random(None if seed is None else seed + before.runs)
        self._clips_due: list[tuple[float, Alert, int]] = []
        self.stills = Stills(time.monotonic)
        self._waiting = _Waiting()
        self._last_cut_s = self._last_look_s = self._last_tracks_s = clock.now_s
        self._seen_tracks: set[int] = set()
        self._stop = threading.Event()
        self.step_took_s = 0.0  # without waiting for the clock, a running mean of the last ten steps or so
        self._begin(fidelity, seed, simulated)

    def _begin(self, fidelity: str, seed: int | None, simulated: bool) -> None:
        now, loaded = self.clock.now_s, self.loaded
        number = f"site-{self._before.runs + 1}"
        site, deleted = self._before.picture.site, self._before.picture.desk.deleted
        if site is not None and deleted.intersection((site.payload_id, *(payload for _, payload in site.beside))):
            site = None
        self._keep(kept_site(self.ledger, loaded, site, number, now))
        self._keep(
            RunStarted(
                id=f"run-{self._before.runs + 1}",
                t_s=now,
                source="core",
                version=__version__,
                site=loaded.site.name,
                seed=seed,
                fidelity=fidelity,
                simulated=simulated,
            )
        )
        self.ledger.cut(now)

    # -- the loop ------------------------------------------------------------------------------------------

    def run(self, for_s: float | None = None, each: Callable[[float], None] | None = None) -> None:
        """Run until `for_s` seconds of the clock have gone by, or `stop` is called."""
        end_s = None if for_s is None else self.clock.start_s + for_s
        while not self._stop.is_set() and (end_s is None or self.clock.now_s < end_s - 1e-6):
            self.tick()
            if each is not None:
                each(self.clock.now_s)

    @property
    def account_waiting(self) -> int:
        """Return how many minutes wait for the account."""
        return 0 if self._account is None else self._account.waiting

    @property
    def nodes(self) -> WithNodes | None:
        """Return who hears sensor nodes on other machines, None where there are none."""
        return self._feed if isinstance(self._feed, WithNodes) else None

    def make_durable(self) -> None:
        """Seal what was said so far and wait until it is on disk: before it is acknowledged to whoever sent it."""
        self._cut(self.clock.now_s)
        self.ledger.wait_durable()

    def stop(self) -> None:
        """Ask the loop to end after its present step."""
        self._stop.set()

    def tick(self) -> None:
        """Go one step: hear, watch, keep, cut."""
        before_s, now_s = self.clock.now_s, self.clock.advance()
        began = time.perf_counter()
        with span("step"):
            self._step(before_s, now_s)
        self.step_took_s = 0.9 * self.step_took_s + 0.1 * (time.perf_counter() - began)

    def _step(self, before_s: float, now_s: float) -> None:
        with span("hear"):
            heard = self._hear(before_s, now_s)
        with span("watch"):
            self.state, seen = watch.step(self.state, heard, now_s)
        with span("keep"), self.lock:
            self.picture.now_s = now_s
            for record in seen.records:
                self._keep(record)
            self.picture.apply_columns(heard.elsewhere)
            self._keep_columns(seen, now_s)
            if self._account is not None:
                late, self._late = self._late, ScanBatch.empty()
                looks = ScanBatch.join([seen.scans, late])
                written, durable = self.ledger.head[0], self.ledger.durable_seq
                self._keep_account(self._account.late(looks, self.picture.lessons, now_s, written + 1, durable))
                self._keep_account(self._account.step(seen.scans, self.picture, now_s))
            self._keep_all(self._due(before_s, now_s))
            self._keep_all(self._tried(heard.looks, before_s, now_s))
            responded = self.dispatcher.step(self.picture, now_s)
            self._keep_all(responded)
            self._done += [r for r in responded if isinstance(r, LineUncovered | PursuitStep)]
            self._keep_all(self._postures.step(self.picture, now_s))
            self._keep_all(self.searches.step(seen.scans, self.picture, now_s))
            self._keep_all(self._operations.step(self.picture, now_s))
        if isinstance(self._feed, Turnable):
            for t in seen.turns:
                self._feed.turn(t.sensor, t.azimuth_rad, t.elevation_rad, t.settled_s, t.until_s)
        self._cut_clips(now_s)
        if self._cameras is not None:
            self.stills.step(self._cameras)
        self._keep_evidence(now_s)
        self._answer(now_s)
        if now_s - self._last_cut_s >= CUT_EVERY_S - 1e-6 or self._waiting.rows > CUT_ROWS:
            self._cut(now_s)
        if isinstance(self._feed, Remembering):
            self._feed.durable(self.ledger.durable_seq, now_s)

    def close(self) -> None:
        """End the run in good order: everything said is durable, open actions are refused."""
        now_s = self.clock.now_s
        self._cut_clips(float("inf"))
        self.people.refuse()
        self.searches.close()
        self._operations.close()
        self.dispatcher.close()
        if self._account is not None:
            self._keep_account(self._account.end(self.picture, now_s))
        self._keep(
            RunEnded(
                id=f"end-{self._before.runs + 1}", t_s=now_s, source="core", counts=dict(sorted(self.counts.items()))
            )
        )
        self._cut(now_s)
        self.ledger.close()
        if isinstance(self._feed, Remembering):
            self._feed.durable(self.ledger.durable_seq, now_s)

    def _hear(self, before_s: float, now_s: float) -> watch.Heard:
        step = self._feed.step(now_s)
        if isinstance(step, WithHistory):
            self._keep_history(step, now_s)
        looks = self._looks(step.scene, before_s, now_s)
        full = now_s - self._last_look_s >= LOOK_S - 1e-6
        if full:
            self._last_look_s = now_s
        self.counts["frames"] += len(looks)
        told = self.people.heard(self.picture.reports.keys() | self.picture.by_hand)
        self.counts["reports"] += len(told)
        records = [*step.records, *told]
        records += derived(records, self.loaded.site, self.loaded.line, self.picture)
        done, self._done = tuple(self._done), []
        weaker, self._weaker = self._weaker, []
        records += weaker
        elsewhere = step.elsewhere if isinstance(step, WithElsewhere) else ScanBatch.empty()
        return watch.Heard(tuple(records), step.scans, step.detections, tuple(looks), full, done, elsewhere)

    def _looks(self, scene: object, before_s: float, now_s: float) -> list[Look]:
        """Return what the cameras with pictures found, their masks painted over save those that are lifted."""
        if self._cameras is None:
            return []
        self._cameras.lift(self.state.masks.lifted(now_s))
        return self._cameras.look(scene, before_s, now_s)

    # -- keeping -------------------------------------------------------------------------------------------

    def _keep(self, record: Record) -> None:
        self.ledger.append(record, self.clock.now_s)
        self.picture.apply(record)
        if self._account is not None:
            self._account.heard(record)
        self.exercise = desk.step(self.exercise, record)
        if isinstance(record, Alert) and not record.exercise:
            self.counts["alerts"] += record.revision == 1
            self._want_clip(record)
            self._evidence.want(record, self.clock.now_s)

    def _keep_all(self, records: Iterable[Record]) -> None:
        for record in records:
            self._keep(record)

    def _keep_columns(self, seen: watch.Seen, now_s: float) -> None:
        self.counts["scans"] += len(seen.scans)
        self.counts["detections"] += len(seen.detections)
        for batch in (seen.scans, seen.tracks):
            self.picture.apply_columns(batch)
        if len(seen.tracks) == 0:
            self.picture.tracks = seen.tracks
        self._waiting.scans.append(seen.scans)
        self._waiting.detections.append(seen.detections)
        shown = seen.tracks.take(np.flatnonzero(seen.tracks.confirmed))
        self._seen_tracks.update(shown.track_id.tolist())
        self.counts["tracks"] = len(self._seen_tracks)
        if now_s - self._last_tracks_s >= 1.0 - 1e-6:
            self._last_tracks_s = now_s
            self._waiting.tracks.append(shown)

    def _keep_history(self, step: WithHistory, now_s: float) -> None:
        """Keep what was seen too long ago for tracking, with the time at which it was seen."""
        detections = watch.allowed(self.state, step.late_detections, now_s)
        self.counts["scans"] += len(step.late_scans)
        self.counts["detections"] += len(detections)
        self._late = step.late_scans
        self._waiting.scans.append(step.late_scans)
        self._waiting.detections.append(detections)

    def _keep_account(self, kept: Kept) -> None:
        self._weaker += [r for r in kept.told if isinstance(r, LineStrength)]
        self._keep_all(r for r in kept.told if not isinstance(r, LineStrength))
        for minute in kept.minutes:
            self.counts["minutes"] += 1
            self.picture.apply_columns(minute)
            self._waiting.misses.append(minute)
        for batch in kept.interrupted:
            self.picture.apply_columns(batch)
            self._waiting.interruptions.append(batch)

    def _cut(self, now_s: float) -> None:
        """Seal what was said since the last cut."""
        with span("cut"):
            self._seal(now_s)

    def _seal(self, now_s: float) -> None:
        waiting, self._waiting = self._waiting, _Waiting()
        with self.ledger.together():
            if isinstance(self._feed, Remembering):
                for receipt in self._feed.receipts(now_s):
                    self.ledger.append(receipt, now_s)
            for name in batch_types():
                self.ledger.append_columns(batch_types()[name].join(getattr(waiting, name)), now_s)
            self.ledger.cut(now_s)
        self._last_cut_s = now_s
        if isinstance(self._feed, Remembering):
            self._feed.sealed(self.ledger.head[0])

    # -- clips ---------------------------------------------------------------------------------------------

    def _want_clip(self, alert: Alert) -> None:
        own = self._cameras.sensors if self._cameras is not None else frozenset[int]()
        away = self._feed.cameras if isinstance(self._feed, Filming) else frozenset[int]()
        if not own | away or alert.no_clip_reason_key is not None:
            return
        if any(due[1].alert == alert.alert for due in self._clips_due):
            return
        view = self.picture.alerts.get(alert.alert)
        if view is not None and view.clip is not None:
            return
        ids = [sensor.id for sensor in self.loaded.site.sensors]
        able = [k for k in map(ids.index, alert.sensors) if k in own | away]
        if able:
            self._clips_due.append((self.clock.now_s + CLIP_AFTER_S, alert, able[0]))

    def _cut_clips(self, now_s: float) -> None:
        due = [item for item in self._clips_due if item[0] <= now_s]
        self._clips_due = [item for item in self._clips_due if item[0] > now_s]
        for at_s, alert, sensor in due:
            t0_s, t1_s = alert.t_s - CLIP_BEFORE_S, min(at_s, self.clock.now_s)
            if self._cameras is not None and sensor in self._cameras.sensors:
                cut = self._cameras.clip(sensor, t0_s, t1_s)
                if cut is not None:
                    self._keep_clip(alert, sensor, cut)
            elif isinstance(self._feed, Filming):
                self._feed.want_film(alert.alert, sensor, t0_s, t1_s)
        came = self._feed.films() if isinstance(self._feed, Filming) else ()
        for name, sensor, cut in came:
            self._keep_clip(self.picture.alerts[name].alert, sensor, cut)
        if due or came:
            self._cut(self.clock.now_s)  # so that a film can be asked for as soon as it is told of

    def _keep_clip(self, alert: Alert, sensor: int, cut: ClipCut) -> None:
        payload_id = self.ledger.put_payload(cut.data, "video/webm")
        self.counts["clips"] += 1
        number = f"C-{self._before.clips + self.counts['clips']}"
        record = Clip(
            id=number,
            t_s=cut.t1_s,
            source=self.loaded.site.sensors[sensor].id,
            provenance=(alert.id,),
            clip=number,
            alert=alert.alert,
            sensor=self.loaded.site.sensors[sensor].id,
            t0_s=cut.t0_s,
            t1_s=cut.t1_s,
            fps=cut.fps,
            width_px=cut.width_px,
            height_px=cut.height_px,
            media_type="video/webm",
            payload_id=payload_id,
            boxes=cut.boxes,
        )
        with self.lock:
            self._keep(record)

    # -- people --------------------------------------------------------------------------------------------

    @property
    def dark(self) -> frozenset[int]:
        """Return the sensors that are dark now, by silence or by what was told.  Called with the lock held."""
        return self.silent | dark_of(self.loaded.site.sensors, self.picture)

    @property
    def silent(self) -> frozenset[int]:
        """Return the sensors that are not heard, which is a part of the dark ones."""
        return self.state.health.dark

    @property
    def heard_s(self) -> NDArray[np.float64]:
        """Return (N,) when each sensor was last heard."""
        return self.state.health.heard_s

    @property
    def places_m(self) -> NDArray[np.float64]:
        """Return (N, 2) where each sensor stands on the site's grid."""
        return self.state.tracking.setup.place[:, :2]

    @property
    def filmed(self) -> Collection[int]:
        """Return the cameras whose pictures are watched here."""
        return self.state.setup.cameras.keys()

    def camera(self, sensor: int) -> Camera | None:
        """Return a camera whose pictures are watched here, as it looks into the world; None of any other sensor."""
        return self.state.setup.cameras.get(sensor)

    @property
    def belt(self) -> Sight:
        """Return who sees which part of the line."""
        return self.state.setup.belt

    def desk_of(self, exercise: bool) -> desk.State:
        """Return the desk as it is now: the real one, or that of the exercise beside it."""
        return self.exercise if exercise else self.picture.desk

    def _due(self, since_s: float, now_s: float) -> list[Record]:
        """Return what the time alone asks for at both desks."""
        real = self.picture.desk.setup
        tests = 6 * len(real.desks) if real.seeded_per_12_h > 0 else 0
        chance = tuple(self._chance.random() for _ in range(tests))
        return [*due(self.picture.desk, now_s, since_s, chance), *due(self.exercise, now_s, since_s, ())]

    def _tried(self, looks: tuple[Look, ...], since_s: float, now_s: float) -> list[Record]:
        """Return what is to be kept of synthetic crossers; those who begin are drawn from now on."""
        specs = self._synthetic.setup.specs
        if not specs or self._cameras is None:
            return []
        chance = tuple(self._chance.random() for _ in range(synthetic.CHANCES * len(specs)))
        self._synthetic, said, drawn = synthetic.step(
            self._synthetic, looks, self.picture.desk, since_s, now_s, chance
        )
        for sensor, who in drawn.items():
            self._cameras.draw(sensor, who)
        return said

    def _answer(self, now_s: float) -> None:
        def keep(records: tuple[Record, ...]) -> None:
            self.counts["actions"] += bool(records)
            self._done += [record for record in records if not record.exercise]
            with self.lock:
                self._keep_all(records)

        if self.people.decide(lambda request: self._become(request, now_s), self._became, keep):
            self._cut(now_s)
            self.ledger.wait_durable()
            self.people.settle()

    def _become(self, request: Request, now_s: float) -> tuple[Record, ...]:
        wish, who, site = request.command, request.who, self.loaded.site
        if isinstance(wish, wishes.AnyWish):
            return wishes.decide(self.picture, site, wish, who, now_s)
        if isinstance(wish, search_wishes.SearchWish):
            return search_wishes.decide(self.picture, self.loaded, wish, who, now_s)
        if isinstance(wish, posture_wishes.ApprovePosture):
            return posture_wishes.decide(self.picture, site, wish, who, now_s)
        if isinstance(wish, operation_wishes.OperationWish):
            return operation_wishes.decide(self.picture, self.loaded, wish, who, now_s)
        return decide(self.desk_of(request.exercise), wish, who, now_s)

    def _became(self, request: Request) -> str:
        wish, picture = request.command, self.picture
        if isinstance(wish, wishes.AnyWish):
            return picture.tasking.done[wish.key]
        if isinstance(wish, search_wishes.SearchWish):
            return picture.searches.done[wish.key]
        if isinstance(wish, posture_wishes.ApprovePosture):
            return picture.posture.done[wish.key]
        if isinstance(wish, operation_wishes.OperationWish):
            return picture.operations.done[wish.key]
        return self.desk_of(request.exercise).done[wish.key]

    def _keep_evidence(self, now_s: float) -> None:
        kept = self._evidence.due(self.picture, now_s)
        with self.lock:
            self._keep_all(kept)
        if kept:
            self._cut(now_s)  # so that a map can be asked for as soon as it is told of
        for deleted in self._evidence.swept(
            self.picture.desk, now_s, {hold.alert for hold in self.picture.holds.values()}
        ):
            with self.lock:
                self.picture.apply(deleted)
