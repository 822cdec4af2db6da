"""Mutated recordings through every reader: each must give pictures, one clear error, or both, and never
anything else.

    python tests/fault/fuzz_readers.py [--minutes 10] [--seed 1]

Real-format files are made anew (PNG, JPEG, 16-bit TIFF, TIFF of many pages, AVI, MP4, WebM, CPTV, raw with its
layout, a folder), then bits are flipped, pieces cut, doubled, moved or overwritten, numbers in headers
replaced.  Every file is read to its end, its pictures go through `stream_health` and vision, in a child
process: a crash of a C library kills the child and is found.  The child's memory is bounded, and so is the
time for one file.  Prints what was tried by kind, and every finding with the seed that makes it again; exit 1
if there is one.
"""

from __future__ import annotations

import argparse
import gzip
import multiprocessing
import os
import resource
import sys
import tempfile
import time
import traceback
from collections import Counter
from multiprocessing.connection import Connection
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from unit.sources.picture_files import make_cptv, make_folder, make_video
from unit.vision.scenes import pictures

MEMORY_BYTES = 3 << 30  # a child of this project's own libraries takes about 0.6 GiB
ONE_FILE_S = 60.0  # a busy machine; a healthy file takes well under one
MOST_PICTURES = 40
NUMBERS = [0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF]


def seeds(folder: Path) -> dict[str, Path]:
    """Write a sound file of every kind; return them by name."""
    shown = pictures(6)
    eight = [((p - 2500) // 6).clip(0, 255).astype(np.uint8) for p in shown]
    out = {name: folder / f"a.{name}" for name in ("png", "jpg", "tif", "avi", "mp4", "webm", "cptv", "raw")}
    cv2.imwrite(str(out["png"]), shown[0])
    cv2.imwrite(str(out["jpg"]), eight[0])
    cv2.imwrite(str(out["tif"]), shown[0])
    make_video(out["avi"], 8, code="MJPG")
    make_video(out["mp4"], 8)
    make_video(out["webm"], 8, code="VP80")
    make_cptv(out["cptv"], 8)
    out["raw"].write_bytes(b"".join(p.tobytes() for p in shown))
    (folder / "a.raw.toml").write_text("width = 128\nheight = 96\nbits = 14\nrate_hz = 9.0\n")
    out["pages"] = folder / "pages.tif"
    cv2.imwritemulti(str(out["pages"]), shown)
    out["folder"] = make_folder(folder / "folder", 4, np.uint16)
    return out


def mutated(data: bytes, rng: np.random.Generator) -> bytes:
    """Return the bytes with one to six wounds."""
    wounded = bytearray(data)
    for _ in range(int(rng.integers(1, 7))):
        if len(wounded) < 8:
            break
        # Headers are where decisions are made: half of the wounds go to the first kilobyte.
        at = int(rng.integers(min(len(wounded), 1024) if rng.random() < 0.5 else len(wounded)))
        length = int(rng.integers(1, 64))
        match int(rng.integers(7)):
            case 0:
                wounded[at] ^= 1 << int(rng.integers(8))
            case 1:
                wounded[at : at + length] = rng.bytes(length)
            case 2:
                del wounded[at : at + length]
            case 3:
                wounded[at:at] = wounded[at : at + length]
            case 4:
                del wounded[at:]
            case 5:
                size = int(rng.choice([1, 2, 4, 8]))
                order = "little" if rng.random() < 0.5 else "big"
                wounded[at : at + size] = (int(rng.choice(NUMBERS)) % (1 << 8 * size)).to_bytes(size, order)
            case _:
                to = int(rng.integers(len(wounded)))
                wounded[to : to + length] = wounded[at : at + length]
    return bytes(wounded)


def wounded_file(sound: dict[str, Path], kind: str, seed: int, folder: Path) -> Path:
    """Write the mutation of a seed; same seed, same file."""
    rng = np.random.default_rng(seed)
    source = sound[kind]
    if kind == "folder":
        path = folder / "folder"
        path.mkdir(exist_ok=True)
        for file in sorted(source.iterdir()):
            hit = rng.random() < 0.5
            (path / file.name).write_bytes(mutated(file.read_bytes(), rng) if hit else file.read_bytes())
        return path
    path = folder / source.name
    if kind == "raw":
        layout = source.with_name("a.raw.toml").read_bytes()
        path.with_name("a.raw.toml").write_bytes(mutated(layout, rng) if rng.random() < 0.5 else layout)
    data = source.read_bytes()
    # Inside its compression a CPTV file's own fields are met, outside only the checksum.
    inside = kind == "cptv" and rng.random() < 0.7
    path.write_bytes(gzip.compress(mutated(gzip.decompress(data), rng), 1) if inside else mutated(data, rng))
    return path


def read(path: Path) -> str:
    """Return "read", "error" or "cut"; anything that is neither pictures nor BadInput is raised."""
    from watchline import vision
    from watchline.domain.errors import BadInput
    from watchline.sources.depth import depth_of
    from watchline.sources.pictures import Cut, open_pictures
    from watchline.vision import stream_health

    health, state = stream_health.State(), vision.init()
    try:
        with open_pictures(str(path)) as source:
            for frame in source:
                str(depth_of(frame.pixels))
                health, names = stream_health.step(health, frame)
                if "broken" not in names:
                    state, _ = vision.step(state, frame, frame.t_s)
                if frame.number >= MOST_PICTURES:
                    break
    except Cut:
        return "cut"
    except BadInput as error:
        return "error" if "\n" not in str(error) else "finding: an error of several lines"
    return "read"


def child(pipe: Connection) -> None:
    """Read files until told to stop; send back what became of each."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    cv2.setNumThreads(1)
    while (path := pipe.recv()) is not None:
        try:
            pipe.send((read(path), ""))
        except BaseException:  # noqa: BLE001 - finding these is what it is for
            pipe.send(("finding", traceback.format_exc()))


class Reader:
    """A child process that reads; started again when a file kills it."""

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, there = context.Pipe()
        self.process = context.Process(target=child, args=(there,), daemon=True)
        self.process.start()
        there.close()

    def read(self, path: Path) -> tuple[str, str]:
        """Return what became of a file."""
        self.pipe.send(path)
        try:
            if self.pipe.poll(ONE_FILE_S):
                said: tuple[str, str] = self.pipe.recv()
                return said
            why = f"took longer than {ONE_FILE_S:.0f} s"
        except EOFError:
            why = "the process died"
        self.process.kill()
        self.process.join()
        why += f" (exit {self.process.exitcode})"
        self._start()
        return "finding", why

    def close(self) -> None:
        """End the child."""
        self.pipe.send(None)
        self.process.join(5.0)


def fuzz(minutes: float, seed: int, most: int | None = None) -> tuple[Counter[str], list[str]]:
    """Return how many files of each kind came to what, and the findings."""
    counts: Counter[str] = Counter()
    findings: list[str] = []
    end_s, number, reader = time.monotonic() + 60.0 * minutes, 0, Reader()
    with tempfile.TemporaryDirectory() as there:
        (Path(there) / "sound").mkdir()
        (Path(there) / "wounded").mkdir()
        sound = seeds(Path(there) / "sound")
        while time.monotonic() < end_s and (most is None or number < most):
            kind = sorted(sound)[number % len(sound)]
            own = seed * 1_000_003 + number
            path = wounded_file(sound, kind, own, Path(there) / "wounded")
            became, why = reader.read(path)
            counts[f"{kind} {became}"] += 1
            if became == "finding":
                findings.append(f"{kind} seed {own}: {why}")
            number += 1
    reader.close()
    return counts, findings


def main() -> None:
    """Fuzz, print, and leave with 1 if anything was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    counts, findings = fuzz(options.minutes, options.seed)
    for name, count in sorted(counts.items()):
        print(f"{name:18s} {count:6d}")
    print(f"{sum(counts.values())} files, {len(findings)} findings")
    for finding in findings:
        print(finding)
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
