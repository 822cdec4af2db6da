"""The console under load: 5 000 moving tracks, 200 sensors, 1 000 alerts, through the real server, in Chromium.

The demonstration line with more sensors stands behind the real server; its picture is set three times a second by
this script instead of by sensors.  Told are: the processor time of the page's main thread by frame (a sixtieth of a
second; scripts, style, layout, painting, everything), when the first picture of use stands, the bundle's size, and,
with `--hour`, the heap over an hour of traffic, sent ten times as fast.

    python benchmarks/console_load.py [--seconds 20] [--whole] [--hour] [--raster] [--profile]
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import json
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from builders import alert, batch_of
from core_builders import ScriptedFeed, silence
from ledger_builders import counting_salt
from served import Served
from watchline.alerting.desk.item import Item
from watchline.cli.demo_site import write_demo
from watchline.domain.batches import TrackBatch
from watchline.domain.records import Fact, Position
from watchline.ledger.writer import Ledger
from watchline.ops.clock import Clock
from watchline.ops.core import Core
from watchline.ops.respond.worker import Inline as ProposalsInline
from watchline.ops.resume import nothing_before
from watchline.ops.site_file import read_site
from watchline.server import live
from watchline.server.app import CONSOLE
from watchline.server.run import ServerThread
from watchline.server.session import Sessions
from watchline.sim.demo import demo_site

TRACKS, SENSORS, ALERTS = 5000, 200, 1000
FRAME_S = 1 / 60
FASTER = 10  # an hour's traffic in six minutes
LIVES_S = 900.0  # a track's life: then it ends and another begins
KINDS = ("approaching", "crossing", "loitering", "fence_touched", "sensor_dark", "crossed")
RASTER = (
    "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--enable-gpu-rasterization",
    "--ignore-gpu-blocklist",
)  # fmt: skip
USEFUL = """
(() => {
  const look = () => {
    const there = window.watchline && watchline.tracks() > 0
      && document.querySelector('[data-testid=alert-row]') && document.querySelector('[data-testid=headline] b');
    if (there) window.usefulAt = performance.now(); else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})()
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument(
        "--whole", action="store_true", help="the map shows the whole line, so that all tracks are on it"
    )
    parser.add_argument(
        "--hour", action="store_true", help="the heap over an hour of traffic, sent ten times as fast"
    )
    parser.add_argument(
        "--raster", action="store_true", help="painting in a process of its own, as with a graphics card"
    )
    parser.add_argument("--profile", action="store_true", help="name what took the time")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, _crowd(Path(folder), FASTER if options.hour else 1) as address:
        _measure(address, options)


# -- the crowd ---------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _crowd(folder: Path, faster: int) -> Iterator[str]:
    """Serve the line with everything moving on it; the address opens a console."""
    (folder / "site").mkdir()
    demo = demo_site()
    sensors = list(demo.site.sensors)
    cameras = [one for one in sensors if one.kind == "thermal_camera"]
    while len(sensors) < SENSORS:
        like = cameras[len(sensors) % len(cameras)]
        sensors.append(msgspec.structs.replace(like, id=f"X-{len(sensors)}"))
    path = write_demo(folder / "site", replace(demo, site=msgspec.structs.replace(demo.site, sensors=tuple(sensors))))
    loaded = read_site(path)
    core = Core(
        loaded, loaded.terrain(), ScriptedFeed(silence), None, Ledger.create(folder / "ledger", counting_salt()),
        Clock(1_516_665_600.0, 1.0, speed=1.0), fidelity="detections", seed=1, simulated=True,
        before=nothing_before(loaded.site, loaded.line), proposers=ProposalsInline,
    )  # fmt: skip
    core.tick()
    served = Served(core, Sessions("desk-1"), folder)
    server = ServerThread(served.app, 0)
    live.TRACKS_EVERY_S, live.PICTURE_EVERY_S = 1 / 3 / faster, 1.0 / faster
    over = threading.Event()
    moving = threading.Thread(target=_move, args=(core, over, faster))
    moving.start()
    try:
        yield f"http://127.0.0.1:{server.port}/?token={served.sessions.new_link_token()}"
    finally:
        over.set()
        moving.join()
        server.stop()
        core.close()


def _move(core: Core, over: threading.Event, faster: int) -> None:
    """Set the picture three times a second of its own time, until it is over."""
    rng, line = np.random.default_rng(7), core.loaded.line
    s0 = rng.uniform(0, line.length_m, TRACKS)
    d0 = rng.normal(-2000.0, 2500.0, TRACKS)
    speed = np.where(rng.random(TRACKS) < 0.2, rng.uniform(5, 20, TRACKS), rng.uniform(0.5, 2.0, TRACKS))
    course, born_s = rng.uniform(0, 2 * np.pi, TRACKS), rng.uniform(0, LIVES_S, TRACKS)
    begun_s, items = core.picture.now_s, _alerts(core, s0, d0)
    with core.lock:
        core.picture.desk = replace(core.picture.desk, items=items)
    n = core.picture.sensors
    while not over.is_set():
        t_s = begun_s + (time.monotonic() - _BEGUN) * faster
        lives = np.floor((t_s - begun_s + born_s) / LIVES_S)
        age = (t_s - begun_s + born_s) % LIVES_S
        s_m = np.clip(s0 + speed * np.sin(course) * age, 0, line.length_m)
        sd = np.column_stack([s_m, d0 + speed * np.cos(course) * age])
        xy = line.xy_m_from_sd(sd)
        tracks = batch_of(
            TrackBatch, TRACKS, track_id=np.arange(1, TRACKS + 1) + TRACKS * lives, t_s=t_s, xy_m=xy,
            v_m_s=speed[:, None] * np.column_stack([np.sin(course), np.cos(course)]), cov=(400.0, 0.0, 400.0, 0.1),
            s_m=sd[:, 0], d_m=sd[:, 1], p_exist=0.95, count=1.0, first_s=t_s - age, last_s=t_s, confirmed=1,
        )  # fmt: skip
        sweep = np.radians(60.0) * np.sin((t_s + 10.0 * np.arange(n)) / 20.0)
        with core.lock:
            core.picture.now_s, core.picture.tracks = t_s, tracks
            core.picture.heard_s[:], core.picture.range_m[:] = t_s, 4000.0
            core.picture.az0_rad[:], core.picture.az1_rad[:] = sweep - 0.2, sweep + 0.2
        over.wait(1 / 3 / faster)


_BEGUN = time.monotonic()


def _alerts(core: Core, s_m: Any, d_m: Any) -> dict[str, Item]:
    """Return a thousand alerts, most of them with a track, a tenth of them answered."""
    line, now_s, items = core.loaded.line, core.picture.now_s, dict[str, Item]()
    for k in range(ALERTS):
        lon, lat = line.frame.lonlat_from_xy_m(line.xy_m_from_sd([[s_m[k], d_m[k]]]))[0]
        at = Position(lon_deg=float(lon), lat_deg=float(lat), s_m=float(s_m[k]), d_m=float(d_m[k]))
        made = alert(
            f"A-{k}", now_s, what=KINDS[k % len(KINDS)], state="closed" if k % 10 == 9 else "open", position=at,
            first_s=now_s - 600 + k / 2, track_id=k + 1 if k % 3 else None, level=1 + k % 4, count=1 + k % 3,
            subject="person", sensors=(f"X-{150 + k % 50}",),
            facts=(Fact(text_key="fact.still", args={"minutes": 3.0}, source="tracker", t_s=now_s),),
        )  # fmt: skip
        items[made.alert] = Item(made, desk=core.picture.desk.setup.desks[0].id, waiting_since_s=now_s, shown_s=now_s)
    return items


# -- the measure -------------------------------------------------------------------------------------------


def _measure(address: str, options: argparse.Namespace) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", *(RASTER if options.raster else ())]
        )
        page = browser.new_page(viewport={"width": 1600, "height": 1000})
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.add_init_script(USEFUL)
        page.goto(address)  # the first load spends the link; what is measured is a reload, its parts not kept
        cdp = page.context.new_cdp_session(page)
        cdp.send("Network.enable")
        cdp.send("Network.setCacheDisabled", {"cacheDisabled": True})
        waits = []
        for _ in range(3):
            page.goto(address.split("?")[0])
            page.wait_for_function("() => window.usefulAt !== undefined", timeout=120_000)
            waits.append(page.evaluate("window.usefulAt") / 1000)
        print(f"first picture of use (tracks, alerts, headline): {', '.join(f'{w:.2f}' for w in waits)} s")
        print(f"bundle: {_bundle_kb():.0f} kB gzip, everything of it")
        if options.whole:
            page.click(".mz button:nth-of-type(3)")
        page.wait_for_timeout(6000)
        if options.hour:
            _heap(page, cdp, 360.0)
        else:
            _frames(browser, page, options)
        print(f"tracks {page.evaluate('watchline.tracks()')}, rows "
              f"{page.evaluate('document.querySelectorAll(`[data-testid=alert-row]`).length')}, "
              f"nodes {page.evaluate('document.querySelectorAll(`*`).length')}; faults {errors}")  # fmt: skip
        browser.close()


def _bundle_kb() -> float:
    """Return the whole bundle as it travels: what is packed already (fonts) as it is, the rest through gzip."""
    packed = 0
    for path in CONSOLE.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            packed += len(data) if path.suffix == ".woff2" else len(gzip.compress(data, 6))
    return packed / 1000


def _frames(browser: Any, page: Any, options: argparse.Namespace) -> None:
    categories = ["toplevel", "devtools.timeline", "disabled-by-default-v8.cpu_profiler"][
        : 3 if options.profile else 2
    ]
    browser.start_tracing(page=page, categories=categories)
    page.wait_for_timeout(1000 * options.seconds)
    events = json.loads(browser.stop_tracing())["traceEvents"]
    main = _main_thread(events)
    tasks = [e for e in events if (e["pid"], e["tid"]) == main and e["name"].endswith("RunTask") and e["ph"] == "X"]
    first = min(e["ts"] for e in tasks)
    seconds = (max(e["ts"] for e in tasks) - first) / 1e6
    by_frame = np.zeros(int(seconds / FRAME_S) + 1)
    for task in tasks:
        by_frame[int((task["ts"] - first) / 1e6 / FRAME_S)] += task.get("tdur", task["dur"]) / 1000
    clock = "processor" if all("tdur" in e for e in tasks[:50]) else "wall"
    p = np.percentile(by_frame, [50, 95, 99])
    print(f"main thread, {clock} ms a frame over {seconds:.0f} s: mean {by_frame.mean():.2f}, "
          f"p50 {p[0]:.2f}, p95 {p[1]:.2f}, p99 {p[2]:.2f}, most {by_frame.max():.1f}; "
          f"over 4 ms: {100 * (by_frame > 4).mean():.1f} % of frames")  # fmt: skip
    if options.profile:
        _profile(events, main)


def _main_thread(events: list[dict[str, Any]]) -> tuple[int, int]:
    """Return process and thread of the page: the renderer's main thread that did most."""
    named = {
        (e["pid"], e["tid"]) for e in events if e["name"] == "thread_name" and e["args"]["name"] == "CrRendererMain"
    }
    busy = dict.fromkeys(named, 0)
    for e in events:
        if (e["pid"], e["tid"]) in busy and e["name"] == "FireAnimationFrame":
            busy[e["pid"], e["tid"]] += 1
    return max(busy, key=lambda thread: busy[thread])


def _profile(events: list[dict[str, Any]], main: tuple[int, int]) -> None:
    spent: dict[str, float] = {}
    for e in events:
        if (e["pid"], e["tid"]) == main and e["ph"] == "X" and "RunTask" not in e["name"]:
            spent[e["name"]] = spent.get(e["name"], 0.0) + e.get("tdur", e["dur"]) / 1000
    for name, ms in sorted(spent.items(), key=lambda one: -one[1])[:14]:
        print(f"  {ms:8.0f} ms {name}")
    mine = [e for e in events if (e["pid"], e["tid"]) == main and e["ph"] == "X"]
    tasks = sorted((e for e in mine if e["name"].endswith("RunTask")), key=lambda e: -e.get("tdur", e["dur"]))
    for task in tasks[:14]:
        within = [
            e for e in mine
            if e is not task and task["ts"] <= e["ts"] and e["ts"] + e["dur"] <= task["ts"] + task["dur"]
            and e.get("tdur", e["dur"]) > 400
        ]  # fmt: skip
        print(f"  task of {task.get('tdur', 0) / 1000:.1f} ms: "
              + ", ".join(f"{e['name']} {e.get('tdur', e['dur']) / 1000:.1f}" for e in within))  # fmt: skip
    nodes: dict[int, str] = {}
    own: dict[str, float] = {}
    for e in events:
        if e["name"] != "ProfileChunk" or e["pid"] != main[0]:
            continue
        data = e["args"]["data"]
        for node in data.get("cpuProfile", {}).get("nodes", ()):
            frame = node["callFrame"]
            nodes[node["id"]] = f"{frame['functionName']}:{frame.get('columnNumber', '')}"
        for sample, delta in zip(
            data.get("cpuProfile", {}).get("samples", ()), data.get("timeDeltas", ()), strict=False
        ):
            own[nodes.get(sample, "?")] = own.get(nodes.get(sample, "?"), 0.0) + delta / 1000
    for name, ms in sorted(own.items(), key=lambda one: -one[1])[:25]:
        print(f"  {ms:8.0f} ms self {name}")


def _heap(page: Any, cdp: Any, seconds: float) -> None:
    """Tell the heap, swept, at ten moments of an hour of traffic."""
    for k in range(11):
        cdp.send("HeapProfiler.collectGarbage")
        told = cdp.send("Runtime.getHeapUsage")
        nodes = page.evaluate("document.querySelectorAll('*').length")
        print(f"minute {6 * k:2d}: heap {told['usedSize'] / 1e6:.1f} MB, nodes {nodes}", flush=True)
        if k < 10:
            page.wait_for_timeout(1000 * seconds / 10)


if __name__ == "__main__":
    main()
