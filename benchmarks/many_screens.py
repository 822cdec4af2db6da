"""Fifty screens on one core, one of them stalled: the core's step, the process, what the stalled one sees.

Runs the demonstration line at its own pace (no pictures) and takes turns, so that whatever else the machine does
falls on both: a time with no screen, a time with fifty, and so on.  Every screen acknowledges what it gets, as a
browser does, but one, which stops reading after ten seconds and returns at the end of its time.

    python benchmarks/many_screens.py [--screens 50] [--turns 3] [--seconds 30]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import httpx
from websockets.asyncio.client import ClientConnection, connect

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from running import RunningWatchline

WARM_S = 40.0
STALL_AFTER_S = 10.0
AFTERWARDS_S = 3.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--screens", type=int, default=50)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=30.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        running = RunningWatchline("--fidelity", "detections", "--seed", "3", ledger=Path(folder) / "ledger")
        with running:
            asyncio.run(_turns(running, options))


async def _turns(running: RunningWatchline, options: argparse.Namespace) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{running.port}", timeout=60.0) as client:
        await client.get(running.link())
        cookie = "; ".join(f"{k}={v}" for k, v in client.cookies.items())
        await asyncio.sleep(WARM_S)
        steps: dict[int, list[float]] = {0: [], options.screens: []}
        memory: dict[int, list[float]] = {0: [], options.screens: []}
        worked: dict[int, list[float]] = {0: [], options.screens: []}
        for _ in range(options.turns):
            begun_s = _processor_s(running)
            steps[0] += await _steps(client, options.seconds)
            worked[0].append((_processor_s(running) - begun_s) / options.seconds)
            memory[0].append(_mib(running))
            back = asyncio.Event()
            screens = [
                asyncio.create_task(_screen(running.port, cookie, back, stalls=k == 0))
                for k in range(options.screens)
            ]
            begun_s = _processor_s(running)
            steps[options.screens] += await _steps(client, options.seconds)
            worked[options.screens].append((_processor_s(running) - begun_s) / options.seconds)
            memory[options.screens].append(_mib(running))
            back.set()
            told = await asyncio.gather(*screens)
            behind_s = max(told) - told[0]
            print(f"stalled for {options.seconds - STALL_AFTER_S:.0f} s; {AFTERWARDS_S:.0f} s after its return its "
                  f"picture is {behind_s:.1f} s behind the newest on any screen", flush=True)  # fmt: skip
    for count, took in steps.items():
        took.sort()
        print(f"{count:3d} screens: step mean {1000 * statistics.mean(took):.1f} ms, median "
              f"{1000 * statistics.median(took):.1f}, p95 {1000 * took[int(0.95 * len(took))]:.1f}, of {len(took)}; "
              f"processors {', '.join(f'{w:.2f}' for w in worked[count])}; "
              f"MiB {', '.join(f'{m:.0f}' for m in memory[count])}")  # fmt: skip
    none, many = (statistics.median(took) for took in steps.values())
    work = [statistics.mean(took) for took in worked.values()]
    ratio = f"{many / none:.2f}" if none > 0 else "–, the core was not let run"
    print(f"median with screens over without: {ratio}; processor time of the core's process: {work[1] / work[0]:.2f}")


async def _steps(client: httpx.AsyncClient, seconds: float) -> list[float]:
    """Return how long the core's steps took, one of about each second."""
    took, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        figures = (await client.get("/metrics")).text
        took += [
            float(line.split()[-1]) for line in figures.splitlines() if line.startswith("watchline_step_seconds")
        ]
        await asyncio.sleep(0.5)
    return took


async def _screen(port: int, cookie: str, back: asyncio.Event, *, stalls: bool) -> float:
    """Return the time, on the core's clock, of the newest picture at the end: a little after `back` is set."""
    async with connect(
        f"ws://127.0.0.1:{port}/ws", additional_headers={"Cookie": cookie}, max_size=None, max_queue=4
    ) as socket:
        begun, newest_s = time.monotonic(), 0.0
        while not back.is_set():
            if stalls and time.monotonic() - begun > STALL_AFTER_S:
                await back.wait()
            newest_s = await _take(socket, newest_s)
        end = time.monotonic() + AFTERWARDS_S  # what had been on its way comes first, then the newest
        while time.monotonic() < end:
            newest_s = await _take(socket, newest_s)
        return newest_s


async def _take(socket: ClientConnection, newest_s: float) -> float:
    """Draw one message; returns the time of the newest picture."""
    try:
        message = await asyncio.wait_for(socket.recv(), 1.0)
    except TimeoutError:
        return newest_s
    if isinstance(message, bytes):
        await socket.send(json.dumps({"ack": int.from_bytes(message[4:8], "little")}))
        return newest_s
    data = json.loads(message)
    if data.get("type") != "picture":
        return newest_s
    await socket.send(json.dumps({"ack": data["seq"]}))
    return max(newest_s, float(data["t_s"]))


def _processor_s(running: RunningWatchline) -> float:
    fields = Path(f"/proc/{running.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _mib(running: RunningWatchline) -> float:
    status = Path(f"/proc/{running.process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


if __name__ == "__main__":
    main()
