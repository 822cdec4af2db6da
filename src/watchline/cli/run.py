"""`watchline run`: everything live, on the built-in demonstration line or on a site of your own."""

from __future__ import annotations

import contextlib
import hashlib
import os
import resource
import signal
import socket
import sys
import time
import webbrowser
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Annotated, Literal, cast

import msgspec
import numpy as np
from cyclopts import Parameter

from watchline.cli.demo_site import cached_demo
from watchline.cli.options import SITE, Headless, Json, NoBrowser, Port
from watchline.cli.simulated import SimulatedCamera, simulated_feed
from watchline.domain.errors import BadInput
from watchline.domain.site import Site
from watchline.geo.terrain import Terrain
from watchline.ledger.checkpoint import read_signing_key
from watchline.ledger.store import LEDGER_DB
from watchline.ledger.writer import Ledger
from watchline.links.transports import address_of
from watchline.ops import tracing
from watchline.ops.account.history import HistoryWorker
from watchline.ops.account.worker import AccountWorker
from watchline.ops.cameras import CameraPool
from watchline.ops.clock import Clock, seconds_of
from watchline.ops.core import Core
from watchline.ops.feed import Feed, PictureFactory
from watchline.ops.link_hub import LinkHub
from watchline.ops.linked import LinkedFeed
from watchline.ops.many.whole_line import WholeLine
from watchline.ops.privacy import pixel_masks
from watchline.ops.quiet import QuietFeed
from watchline.ops.recorded import RecordedCamera
from watchline.ops.resume import Before, nothing_before, read_before
from watchline.ops.signing import Signer
from watchline.ops.site_check import read_sound_site
from watchline.ops.site_file import LoadedSite, read_site
from watchline.server.accounts import Accounts
from watchline.server.app import Board, build_app
from watchline.server.run import ServerThread, link_printer
from watchline.server.session import Sessions
from watchline.server.sign_on import Provider

FRAME_STEP_S = 1 / 3  # rendered cameras give three pictures a second
DETECTION_STEP_S = 1.0


@dataclass(frozen=True)
class Plan:
    """What a run is made of, once the options have been understood."""

    loaded: LoadedSite
    terrain: Terrain
    clock: Clock
    factories: dict[int, PictureFactory]
    feed: Feed
    fidelity: str
    seed: int | None
    simulated: bool


def run(
    site: Annotated[Path | None, Parameter(help=f"{SITE}; without it the demonstration line")] = None,
    *,
    port: Port = 8765,
    headless: Headless = False,
    for_: Annotated[float | None, Parameter(name="--for", help="stop after this many seconds of the clock")] = None,
    speed: Annotated[float | None, Parameter(help="times real time; headless runs free without it")] = None,
    seed: Annotated[int | None, Parameter(help="of the simulation, in place of the site's own")] = None,
    fidelity: Annotated[Literal["frames", "detections"], Parameter(help="render pictures, or not")] = "frames",
    ledger: Annotated[Path | None, Parameter(help="directory of the ledger: made new, or gone on with")] = None,
    no_browser: NoBrowser = False,
    sign: Annotated[Path | None, Parameter(help="signing key: the head of the chain is signed every hour")] = None,
    account: Annotated[bool | None, Parameter(help="reckon every minute what could have crossed unseen")] = None,
    json: Json = False,
) -> int:
    """Run a site: sensors, tracks, alerts, ledger, and the console on loopback."""
    _check(port, for_, speed, seed)
    if not headless:
        _check_free(port)
    loaded = read_sound_site(site) if site is not None else read_site(cached_demo())
    if loaded.site.access is not None and not headless:
        _check_free(address_of(loaded.site.access.listen)[1])
    refuse_transport(loaded)
    how = How(port, headless, for_, no_browser, seed, sign, account, json)
    return go(loaded, ledger, how, lambda before: make_plan(loaded, fidelity, seed, speed, headless, before.end_s))


def refuse_transport(loaded: LoadedSite) -> None:
    """Refuse to watch alone a line whose sensors are on other machines."""
    if loaded.site.transport is not None:
        rule = "sensors of this site are on other machines"
        raise BadInput(f"{loaded.path.name}: transport", rule, "use watchline serve and watchline node")


@dataclass(frozen=True)
class How:
    """Options of a run that do not change what is watched."""

    port: int
    headless: bool
    for_s: float | None
    no_browser: bool
    seed: int | None
    sign: Path | None
    account: bool | None
    json: bool


Around = Callable[[Feed, Before, contextlib.ExitStack], Feed]


def go(
    loaded: LoadedSite,
    ledger: Path | None,
    how: How,
    plan_of: Callable[[Before], Plan],
    around: Around = lambda feed, before, opened: feed,
    whole: Callable[[Core], WholeLine] | None = None,
) -> int:
    """Run a core until it is stopped.  around: what else is heard, given the feed, what the ledger holds, and what
    ends with the run; whole: what screens read where other cores track the rest of the line.
    """
    key = read_signing_key(how.sign) if how.sign is not None else None
    directory = _ledger_directory(ledger)
    before = nothing_before(loaded.site, loaded.line)
    goes_on = (directory / LEDGER_DB).exists()
    if goes_on:
        before = read_before(directory, loaded.site, loaded.line)
    plan = plan_of(before)
    started = time.monotonic()
    with contextlib.ExitStack() as opened:
        pool = _pool(plan) if plan.factories else None
        if pool is not None:
            opened.callback(pool.close)
        worker = AccountWorker(plan.loaded.path) if _accounts(how.account, plan) else None
        if worker is not None:
            opened.callback(worker.close)
        hub = LinkHub(plan.loaded, lambda: plan.clock.now_s, before.heard, plan.terrain)
        opened.callback(hub.close)
        if goes_on:
            hub.recall(directory, plan.clock.now_s)
        core = Core(
            plan.loaded,
            plan.terrain,
            around(_with_links(plan, hub), before, opened),
            pool,
            (Ledger.open if goes_on else Ledger.create)(directory, _salts(how.seed, before.runs)),
            plan.clock,
            fidelity=plan.fidelity,
            seed=how.seed,
            simulated=plan.simulated,
            before=before,
            account=worker,
            history=HistoryWorker(plan.loaded.path, directory) if before.again is not None else None,
        )
        opened.callback(tracing.begin())
        opened.enter_context(stopped_by_signals(core.stop))
        opened.callback(core.close)
        line = None if whole is None else whole(core)
        if not how.headless:
            shown = core if line is None else cast("Core", line)  # it stands in the core's place for reading
            opened.callback(_serve(shown, hub, directory, how.port, plan.clock.speed, how.no_browser).stop)
        started = time.monotonic()
        signer = Signer(directory, key)
        core.run(how.for_s, _each(hub if plan.loaded.site.links else None, core, signer, line))
    signer.sign(core.clock.now_s)
    _summary(core, directory, time.monotonic() - started, how.json)
    return 0


def _each(hub: LinkHub | None, core: Core, signer: Signer, line: WholeLine | None) -> Callable[[float], None]:
    """Return what is done after every step: other cores and links are told, the head is signed."""

    def done(now_s: float) -> None:
        if line is not None:
            line.step()
        if hub is not None:
            with tracing.span("publish"):
                hub.publish(core.picture, core.make_durable)
        signer.step(now_s)

    return done


def _pool(plan: Plan) -> CameraPool:
    masks = pixel_masks(plan.loaded, plan.terrain, plan.factories)
    return CameraPool(plan.factories, rates(plan.loaded.site, plan.factories), masks=masks)


def _accounts(asked: bool | None, plan: Plan) -> bool:
    """Return whether to reckon the account: always beside a real clock, on a free one when asked to."""
    return plan.clock.speed is not None if asked is None else asked


def make_plan(
    loaded: LoadedSite, fidelity: str, seed: int | None, speed: float | None, headless: bool, after_s: float | None
) -> Plan:
    """Return what to run: who feeds it, which cameras have pictures, and how fast the clock goes.

    after_s: the end of the ledger that is gone on with; a simulated clock begins there.
    """
    site, terrain = loaded.site, loaded.terrain()
    simulated = site.simulation is not None
    if not site.sensors:
        raise BadInput(f"{loaded.path.name}: sensors", "is empty: nothing would ever be seen", "add [[sensors]]")
    if not simulated and not any(sensor.input or sensor.node for sensor in site.sensors):
        raise BadInput(
            f"{loaded.path.name}: simulation",
            "is missing and no sensor has an input or a node",
            "nothing would ever be seen",
        )
    start_s = max(seconds_of(site.simulation.start) if site.simulation else float(int(time.time())), after_s or 0.0)
    live = any("://" in (sensor.input or "") for sensor in site.sensors) or any(link.enabled for link in site.links)
    recorded = {k: sensor for k, sensor in enumerate(site.sensors) if sensor.input}
    linked = {k for k, sensor in enumerate(site.sensors) if sensor.node}
    rendered = (
        {k for k, s in enumerate(site.sensors) if s.pictures and not s.input and not s.node}
        if fidelity == "frames"
        else set()
    )
    factories: dict[int, PictureFactory] = {
        k: RecordedCamera(
            sensor,
            beside(loaded.path, sensor.input or ""),
            start_s,
            beside(loaded.path, sensor.detector) if sensor.detector else None,
            tuple(r for r in site.references if r.sensor == sensor.id),
        )
        for k, sensor in recorded.items()
    }
    world_seed = seed if seed is not None else site.simulation.seed if site.simulation else 0
    feed: Feed
    if simulated:
        feed = simulated_feed(loaded, terrain, world_seed, start_s, frozenset(rendered | set(recorded) | linked))
        factories |= {k: SimulatedCamera(loaded.path, k, world_seed) for k in sorted(rendered)}
    else:
        feed = QuietFeed()
    pace = speed if speed is not None else None if headless and simulated and not live else 1.0
    step_s = FRAME_STEP_S if factories else DETECTION_STEP_S
    return Plan(loaded, terrain, Clock(start_s, step_s, pace), factories, feed, fidelity, seed, simulated)


def _with_links(plan: Plan, hub: LinkHub) -> Feed:
    if not plan.loaded.site.links:
        return plan.feed
    return LinkedFeed(plan.feed, hub.take, plan.loaded, plan.terrain, hub.objects)


def beside(site: Path, where: str) -> str:
    """Return a file named beside the site's, or the address as it is."""
    return where if "://" in where else str(site.parent / where)


def _check(port: int, for_s: float | None, speed: float | None, seed: int | None) -> None:
    if not 0 <= port <= 65535:
        raise BadInput("--port", f"must be within 0..65535, got {port}")
    if for_s is not None and not (np.isfinite(for_s) and for_s > 0):
        raise BadInput("--for", f"must be a number of seconds above 0, got {for_s}")
    if speed is not None and not (np.isfinite(speed) and speed > 0):
        raise BadInput("--speed", f"must be above 0, got {speed}")
    if seed is not None and not 0 <= seed <= 2**62:
        raise BadInput("--seed", f"must be within 0..2^62, got {seed}")


def _check_free(port: int) -> None:
    """Refuse a taken port now, not after a minute of preparation."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise BadInput("--port", f"{port} is in use on this machine", "choose another port") from None


def rates(site: Site, factories: Iterable[int]) -> dict[int, float]:
    """Return how many pictures a second each of these sensors gives."""
    return {k: site.sensors[k].rate_hz for k in factories}


def _ledger_directory(given: Path | None) -> Path:
    """Return the directory of the ledger, made if need be; one that holds anything else is not written into."""
    directory = given if given is not None else _new_ledger_directory()
    try:
        directory.mkdir(parents=True, exist_ok=True)
        strange = not (directory / LEDGER_DB).exists() and any(directory.iterdir())
    except OSError as error:
        raise BadInput(f"--ledger: {directory}", f"cannot be used ({error.strerror})", "choose another") from None
    if strange:
        raise BadInput(f"--ledger: {directory}", "is neither a ledger nor empty", "choose another directory")
    return directory


def _new_ledger_directory() -> Path:
    home = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    return home / "watchline" / "ledgers" / f"{stamp}-{os.getpid()}"


def _salts(seed: int | None, runs: int) -> Callable[[], bytes]:
    """Return where payload salts come from: chance, or the seed of a repeatable run."""
    if seed is None:
        return lambda: os.urandom(32)
    count = iter(range(1 << 62))
    return lambda: hashlib.sha256(f"watchline seed {seed} run {runs} payload {next(count)}".encode()).digest()


def _serve(
    core: Core, hub: LinkHub, directory: Path, port: int, speed: float | None, no_browser: bool
) -> ServerThread:
    access, beside = core.loaded.site.access, core.loaded.path.parent
    sessions, accounts, tls, host = Sessions(people=core.picture.desk.setup.people), None, None, "127.0.0.1"
    if access is not None:
        host, port = address_of(access.listen)
        tls = (beside / access.certificate, beside / access.key)
        accounts = Accounts(beside / access.accounts)
        sessions.names, sessions.secure = access.names, True
        sessions.session_s, sessions.idle_s = 3600.0 * access.session_hours, 60.0 * access.idle_minutes
    on = access.sign_on if access is not None else None
    board, scheme = Board(core, directory, speed, hub, hub), "http" if tls is None else "https"
    printer = link_printer(f"{scheme}://127.0.0.1:{port}", sessions.new_link_token, _say)
    app = build_app(board, sessions, printer, accounts, Provider(on, beside) if on else None)
    server = ServerThread(app, port, host, tls)
    base = f"{scheme}://127.0.0.1:{server.port}"
    if accounts is not None and not accounts.names:
        _say(f"nobody has a password yet: watchline account set {core.loaded.path} NAME")
    link = f"{base}/?token={sessions.new_link_token()}"
    _say(f"console: {link}")
    _say(f"ledger:  {directory}")
    if not no_browser and sys.stdout.isatty():
        webbrowser.open(link)
    return server


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


class stopped_by_signals:
    """Ends the run in good order on an interrupt or a request to terminate."""

    def __init__(self, stop: Callable[[], None]) -> None:
        self._stop = stop
        self._before: dict[int, object] = {}

    def __enter__(self) -> None:
        def stop(number: int, frame: FrameType | None) -> None:
            self._stop()

        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, stop)

    def __exit__(self, *_: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)  # type: ignore[arg-type]


def _summary(core: Core, directory: Path, wall_s: float, json: bool) -> None:
    ran_s = core.clock.now_s - core.clock.start_s
    books = core.ledger.counts
    seq, head = core.ledger.head
    columns = ("scans", "detections", "tracks", "payloads")
    out = {
        "seconds": round(ran_s, 3),
        "wall_s": round(wall_s, 3),
        "times_real_time": round(ran_s / max(wall_s, 1e-9), 1),
        **{name: core.counts[name] for name in ("frames", "detections", "scans", "tracks", "alerts", "clips")},
        "ledger_events": sum(n for name, n in books.items() if name not in columns),
        "ledger_batches": seq,
        "chain_head": head,
        "ledger": str(directory),
        "memory_mib": round(_memory_mib()),
    }
    if json:
        print(msgspec.json.encode(out).decode())
        return
    for name, value in out.items():
        print(f"{name.replace('_', ' '):18} {value}")


def _memory_mib() -> float:
    """Return the largest memory of this process and, at most, of its workers together."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    worker = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return (own + 2 * worker) / 1024
