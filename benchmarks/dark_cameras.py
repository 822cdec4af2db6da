"""How soon a screen shows it when three in ten cameras of the running 200 km line fall silent at one moment.

Runs the demonstration line at its own pace (no pictures) with server and account, listens as a screen does, lets the
chosen cameras say nothing from one step on, and takes the time until the last of them is shown dark, until the strip
is shown without what they saw, and until each account of the line that comes after (unseen, the weakest kilometre).

    python benchmarks/dark_cameras.py [--seconds 150] [--share 0.3]
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from websockets.sync.client import connect

from watchline.cli.demo_site import cached_demo
from watchline.cli.run import How, go, make_plan
from watchline.domain.batches import DetectionBatch, ScanBatch
from watchline.ops.site_file import read_site

KILL = "kill"  # a file in the folder: from when it is there, its sensors say nothing


class Quieted:
    """A feed in which some sensors say nothing once they are told to.  Mutable: as the feed is."""

    def __init__(self, feed: Any, folder: Path) -> None:
        self.feed, self.folder = feed, folder
        self.lost: list[int] = []

    def turn(self, *asked: float) -> None:
        """Turn a head."""
        self.feed.turn(*asked)

    def step(self, to_s: float) -> Any:
        """Return what the others say."""
        heard = self.feed.step(to_s)
        if not self.lost and (self.folder / KILL).exists():
            self.lost = json.loads((self.folder / KILL).read_text())
        if not self.lost:
            return heard
        scans, detections = heard.scans, heard.detections
        return type("Step", (), {
            "records": heard.records, "scene": heard.scene,
            "scans": ScanBatch.take(scans, ~np.isin(scans.sensor, self.lost)),
            "detections": DetectionBatch.take(detections, ~np.isin(detections.sensor, self.lost)),
        })()  # fmt: skip


def serve(folder: Path) -> int:
    """Run the core and its server until told to stop."""
    loaded = read_site(cached_demo())
    how = How(0, False, None, True, 1, None, True, False)
    return go(
        loaded, folder / "ledger", how, lambda before: make_plan(loaded, "detections", 1, 1.0, False, before.end_s),
        lambda feed, before, opened: Quieted(feed, folder),
    )  # fmt: skip


def main() -> None:
    """Print what was seen when."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seconds", type=float, default=150.0, help="how long to listen after the cameras died")
    options.add_argument("--share", type=float, default=0.3)
    options.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.serve is not None:
        sys.exit(serve(chosen.serve))
    with tempfile.TemporaryDirectory() as name:
        folder, said = Path(name), Path(name) / "stderr"
        with said.open("wb") as err:
            core = subprocess.Popen(
                [sys.executable, __file__, "--serve", name], stdout=subprocess.DEVNULL, stderr=err,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )  # fmt: skip
        try:
            listen(_link(said, core), folder, chosen.seconds, chosen.share)
        finally:
            core.terminate()
            core.wait(timeout=120)


def _link(said: Path, core: subprocess.Popen[bytes]) -> str:
    end = time.monotonic() + 300.0
    while time.monotonic() < end and core.poll() is None:
        found = re.findall(r"(http://\S+\?token=\S+)", said.read_text())
        if found:
            return str(found[-1])
        time.sleep(0.2)
    raise SystemExit(said.read_text())


def listen(link: str, folder: Path, seconds: float, share: float) -> None:
    """Wait for an account, kill the cameras, and print what the screen shows and when."""
    site = read_site(cached_demo()).site
    cameras = [k for k, s in enumerate(site.sensors) if s.kind == "thermal_camera"]
    rng = np.random.default_rng(1)
    lost = sorted(rng.choice(cameras, round(share * len(cameras)), replace=False).tolist())
    base = link.split("/?")[0]
    with httpx.Client(base_url=base) as client:
        client.get(link)
        cookie = "; ".join(f"{k}={v}" for k, v in client.cookies.items())
    killed_s, dark, before, unseen = None, False, None, None
    with connect(
        base.replace("http", "ws") + "/ws", additional_headers={"Cookie": cookie}, max_size=None, ping_interval=None
    ) as screen:
        while killed_s is None or time.monotonic() < killed_s + seconds:
            message = screen.recv(timeout=60.0)
            if isinstance(message, bytes):
                continue
            data = json.loads(message)
            if data.get("type") != "picture":
                continue
            screen.send(json.dumps({"ack": data["seq"]}))
            after_s = 0.0 if killed_s is None else time.monotonic() - killed_s
            if killed_s is None and data["unseen"] is not None:
                (folder / "next").write_text(json.dumps(lost))
                (folder / "next").rename(folder / KILL)
                killed_s, before, unseen = time.monotonic(), data["watched"], data["unseen"]
                print(f"{len(lost)} of {len(cameras)} cameras fall silent; in view {before}; {unseen}", flush=True)
            if killed_s is None:
                continue
            states = {look["sensor"]: look["state"] for look in data["looks"]}
            if not dark and all(states.get(k) == "dark" for k in lost):
                dark = True
                print(f"{after_s:5.1f} s: the last is shown dark, in view {data['watched']}", flush=True)
            if data["unseen"] != unseen:
                unseen = data["unseen"]
                print(f"{after_s:5.1f} s: {unseen}", flush=True)


if __name__ == "__main__":
    main()
