"""From the moment that confirms an alert to its card at a screen, in real time.

Runs the demonstration line at its own pace (no pictures), listens as a screen does, and takes for every new alert the
time between the detection that confirmed it (the last one of its track, else what it was made from) and its arrival.

    python benchmarks/card_latency.py [--seconds 180]
"""

from __future__ import annotations

import argparse
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
import numpy as np
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

TRACK_KINDS = ("approaching", "crossing", "crossed", "loitering", "group_arrival")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=180.0)
    options = parser.parse_args()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with tempfile.TemporaryDirectory() as folder:
        said = Path(folder) / "stderr"
        command = [
            sys.executable, "-m", "watchline", "run", "--no-browser", "--port", str(port), "--speed", "1",
            "--fidelity", "detections", "--ledger", f"{folder}/ledger",
        ]  # fmt: skip
        with said.open("wb") as err:
            core = subprocess.Popen(
                command, stdout=subprocess.DEVNULL, stderr=err, env={**os.environ, "PYTHONUNBUFFERED": "1"}
            )  # fmt: skip
        try:
            waits = listen(_link(said, core), port, options.seconds)
        finally:
            core.terminate()
            try:
                core.wait(timeout=120)
            except subprocess.TimeoutExpired:
                core.kill()
                core.wait()
    for name, values in waits.items():
        if values:
            p50, p95 = np.percentile(values, [50, 95])
            print(f"{name}: {len(values)} cards; seconds: p50 {p50:.2f}, p95 {p95:.2f}, most {max(values):.2f}")


def _link(said: Path, core: subprocess.Popen) -> str:
    end = time.monotonic() + 180.0
    while time.monotonic() < end and core.poll() is None:
        found = re.findall(r"(http://\S+\?token=\S+)", said.read_text())
        if found:
            return found[-1]
        time.sleep(0.2)
    raise SystemExit(said.read_text())


def listen(link: str, port: int, seconds: float) -> dict[str, list[float]]:
    """Return the seconds from the confirming moment to the card, of alerts about tracks and of all others."""
    base = f"http://127.0.0.1:{port}"
    with httpx.Client(base_url=base) as client:
        client.get(link)
        cookie = "; ".join(f"{k}={v}" for k, v in client.cookies.items())
    out: dict[str, list[float]] = {"tracks": [], "others": []}
    known: set[str] = set()
    with connect(f"ws://127.0.0.1:{port}/ws", additional_headers={"Cookie": cookie}) as screen:
        offset = None
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                message = screen.recv(timeout=2.0)
            except TimeoutError:
                continue
            except ConnectionClosed:
                break
            now = time.monotonic()
            if isinstance(message, bytes):
                continue
            data = json.loads(message)
            if data.get("type") == "picture":
                screen.send(json.dumps({"ack": data["seq"]}))
                # The clock of the core as seen from here: the earliest arrival of any of its seconds.
                if data["t_s"] <= 0.0:
                    continue  # before the first second of the core
                offset = now - data["t_s"] if offset is None else min(offset, now - data["t_s"])
            if data.get("type") == "alerts":
                known.update(alert["id"] for alert in data["alerts"])
            if data.get("type") == "alert":
                alert = data["alert"]
                fresh = alert["id"] not in known
                known.add(alert["id"])
                if fresh and offset is not None and alert["state"] == "open":
                    at = next((f["t_s"] for f in alert["facts"] if f["t_s"] is not None), alert["t_s"])
                    kind = "tracks" if alert["kind"] in TRACK_KINDS else "others"
                    out[kind].append(now - offset - min(at, alert["t_s"]) + 1.0)  # a step is one second
    return out


if __name__ == "__main__":
    main()
