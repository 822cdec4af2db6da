"""Do two cores carry six 640 x 512 cameras at 15 Hz through track-before-detect, in a gibibyte?

    python benchmarks/six_cameras.py [--seconds 30] [--free]

Two processes, three cameras each, one thread a process, pictures as in `vision_speed.py` (camera noise, walkers) gone
round in turn.  Each camera's picture is due every 1/15 s; it is late when it is done more than one period after it
was due.  --free: no waiting, as quick as it goes, where others use the machine: then only processor time counts.
Printed: processor time of a camera-second (a core has a third for each), pictures done and late, the longest
wait, and the memory of both processes (proportional set size, what is shared counted once).  The first two seconds,
in which code is compiled and the scene is learned, are not counted.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import cv2
from vision_speed import COLS, RATE_HZ, ROWS, pictures

from watchline.domain.frames import Frame
from watchline.vision import VisionSettings, init, step

PROCESSES, CAMERAS_EACH, WARM_S = 2, 3, 2.0
HELD = 24  # pictures that go round


@dataclass(frozen=True)
class Core:
    """What one process did: pictures done and late, longest delay, processor and wall seconds, memory."""

    done: int
    late: int
    longest_s: float
    processor_s: float
    wall_s: float
    memory_mb: float


def memory_mb() -> float:
    """Return this process's proportional set size, MB; its share of what is shared."""
    for line in Path("/proc/self/smaps_rollup").read_text(encoding="ascii").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise OSError("/proc/self/smaps_rollup: no line Pss")


def core(number: int, seconds: float, free: bool, say: Connection) -> None:
    """Watch three cameras for so long and say how it went."""
    cv2.setNumThreads(1)
    made = pictures(HELD, number)
    states = [init(VisionSettings(rate_hz=RATE_HZ)) for _ in range(CAMERAS_EACH)]
    warm, count = int(WARM_S * RATE_HZ), int(seconds * RATE_HZ)
    for camera in range(CAMERAS_EACH):
        for k in range(warm):
            states[camera], _ = step(states[camera], Frame("c", k, k / RATE_HZ, made[k % HELD]), k / RATE_HZ)
    say.send(None)
    say.recv()
    late, longest = 0, 0.0
    began, spent = time.monotonic(), time.process_time()
    for k in range(warm, warm + count):
        due = began + (k - warm) / RATE_HZ
        if not free and (wait := due - time.monotonic()) > 0:
            time.sleep(wait)
        for camera in range(CAMERAS_EACH):
            states[camera], _ = step(states[camera], Frame("c", k, k / RATE_HZ, made[k % HELD]), k / RATE_HZ)
            delay = time.monotonic() - due
            late, longest = late + (delay > 1.0 / RATE_HZ), max(longest, delay)
    used, wall = time.process_time() - spent, time.monotonic() - began
    say.send(Core(count * CAMERAS_EACH, late, longest, used, wall, memory_mb()))


def main() -> None:
    """Run both processes and print."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--seconds", type=float, default=30.0)
    ask.add_argument("--free", action="store_true")
    asked = ask.parse_args()
    context = multiprocessing.get_context("spawn")
    pipes, workers = [], []
    for number in range(PROCESSES):
        ours, theirs = context.Pipe()
        workers.append(context.Process(target=core, args=(number, asked.seconds, asked.free, theirs)))
        workers[-1].start()
        pipes.append(ours)
    for pipe in pipes:
        pipe.recv()
    for pipe in pipes:
        pipe.send(None)
    cores: list[Core] = [pipe.recv() for pipe in pipes]
    for worker in workers:
        worker.join()
    done, late = sum(c.done for c in cores), sum(c.late for c in cores)
    each_s = sum(c.processor_s for c in cores) / (done / RATE_HZ)
    print(f"{PROCESSES * CAMERAS_EACH} cameras of {COLS} x {ROWS} at {RATE_HZ:.0f} Hz, load {os.getloadavg()[0]:.1f}")
    print(f"processor time {each_s:.3f} s a camera-second; a third of a core is 0.333")
    if asked.free:
        print(f"{done} pictures in {max(c.wall_s for c in cores):.1f} s, as quick as it went")
    else:
        longest_ms = 1e3 * max(c.longest_s for c in cores)
        print(f"{done} pictures, {late} late, the longest {longest_ms:.0f} ms after it was due")
    print(f"memory {sum(c.memory_mb for c in cores):.0f} MB")


if __name__ == "__main__":
    main()
