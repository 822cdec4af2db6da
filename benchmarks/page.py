"""`make bench`: the figures that compare with others, one page, within twenty minutes.

    python benchmarks/page.py OUT.md [--stone-soup PYTHON] [--spopt PYTHON] [--only NAME ...]

Every line runs a benchmark of this folder in its short form, in a process of its own, one after the other, with a
limit.  The page says the machine, the load, the versions, each command, and what it printed; a peer that is not there
is said to be missing, never left out.  A run that is killed keeps what it had: finished parts stand in OUT.md.parts.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).parent
PACKAGES = ("numpy", "scipy", "numba", "rasterio", "opencv-python-headless", "apsw", "msgspec", "stonesoup", "spopt")
ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS")}


@dataclass(frozen=True)
class Part:
    """A benchmark in its short form.  against: the peer; limit_s: of the wall clock."""

    name: str
    command: tuple[str, ...]
    against: str
    says: str
    limit_s: float


def parts(stone_soup: str | None, spopt: str | None, folder: Path) -> list[Part]:
    """Return what is run, in order; the limits together are twenty minutes."""
    line = str(folder / "open-line")
    soup = ("--stone-soup", stone_soup) if stone_soup else ()
    cover = ("--peer", spopt) if spopt else ()
    return [
        Part("viewshed", ("viewshed.py", "--no-referee", "--observers", "3"), "GDAL's viewshed, GRASS r.viewshed",
             "processor seconds a viewshed and cells that differ from the exact answer", 150),
        Part("weakest-path", ("weakest_path.py", "--quick"), "graph searches on the same grid, scikit-image MCP",
             "error against closed forms, time per cell", 150),
        Part("tracking", ("tracking.py", "--size", "S", "--seeds", "21", "--for", "120", *soup), "Stone Soup, GNN",
             "GOSPA, missed, false and processor seconds on the same detections", 200),
        Part("ledger", ("ledger_rate.py", "5"), "plain SQLite rows, same durability",
             "share of a core at a whole line's rate", 60),
        Part("decoders", ("links.py",), "protobuf and ElementTree alone on the same bytes",
             "messages a second with every rule applied, as a ratio", 60),
        Part("covering", ("planning_cover.py", *cover), "PySAL spopt with the same solver",
             "seconds and the optimum of maximal covering", 120),
        Part("vision", ("vision_speed.py", "--quick"), "OpenCV's MOG2 and KNN background subtraction",
             "processor time a picture", 120),
        Part("open-line-make", ("open_line.py", "make", line, "--minutes", "10"), "everybody",
             "the seeded line itself: its digest must be yours", 150),
        Part("open-line-ours", ("open_line.py", "ours", line), "everybody", "our answer to it", 120),
        Part("open-line-score", ("open_line.py", "score", line), "everybody", "its scores", 60),
    ]  # fmt: skip


def run(part: Part, kept: Path) -> dict[str, object]:
    """Run a part, or return what an earlier run of the same command kept."""
    file = kept / f"{part.name}.json"
    if file.exists():
        before: dict[str, object] = json.loads(file.read_text())
        if before["command"] == list(part.command):
            return before
    began = time.monotonic()
    try:
        done = subprocess.run(
            [sys.executable, str(HERE / part.command[0]), *part.command[1:]],
            capture_output=True, text=True, timeout=part.limit_s, check=False, env={**os.environ, **ONE_THREAD},
        )  # fmt: skip
        code, said = done.returncode, done.stdout if done.returncode == 0 else done.stdout + done.stderr[-1500:]
    except subprocess.TimeoutExpired as late:
        code, said = None, (late.stdout or b"").decode(errors="replace")
    out = {
        "command": list(part.command), "code": code, "said": said.strip(), "load": os.getloadavg()[0],
        "wall_s": round(time.monotonic() - began, 1),
    }  # fmt: skip
    if code is not None:
        file.write_text(json.dumps(out, indent=1))
    return out


def machine() -> list[str]:
    """Return what the figures were measured on."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.split(":")[1].strip() for line in lines if "model name" in line]
    cores = len(os.sched_getaffinity(0))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return [
        f"- {names[0] if names else platform.processor()}, {cores} cores for us, {memory:.0f} GiB",
        f"- {platform.system()} {platform.release()}, Python {platform.python_version()}",
        "- " + ", ".join(f"{name} {_version(name)}" for name in PACKAGES),
        f"- load before the first part: {os.getloadavg()[0]:.1f}; one thread a part",
    ]


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not here"


def page(done: list[tuple[Part, dict[str, object]]], head: list[str]) -> str:
    """Return the page."""
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%MZ")
    lines = [
        f"# Figures against peers, {now}",
        "",
        "What each number means, and what it does not: benchmarks/README.md.",
    ]
    lines += ["", *head, ""]
    for part, out in done:
        why = f"  **stopped after {part.limit_s:.0f} s**" if out["code"] is None else f"  **exit {out['code']}**"
        state = "" if out["code"] == 0 else why
        lines += [
            f"## {part.name}: against {part.against}", "", f"{part.says}.{state}", "",
            f"`python benchmarks/{' '.join(out['command'])}`, {out['wall_s']} s, load {out['load']:.1f}", "",  # type: ignore[arg-type]
            "```text", str(out["said"]) or "it said nothing", "```", "",
        ]  # fmt: skip
    return "\n".join(lines)


def main() -> None:
    """Run every part and write the page after each."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("out", type=Path)
    ask.add_argument("--stone-soup")
    ask.add_argument("--spopt")
    ask.add_argument("--only", nargs="*")
    asked = ask.parse_args()
    kept = asked.out.with_name(asked.out.name + ".parts")
    kept.mkdir(parents=True, exist_ok=True)
    head, done = machine(), []
    for part in parts(asked.stone_soup, asked.spopt, kept):
        if asked.only and part.name not in asked.only:
            continue
        print(f"{part.name} (at most {part.limit_s:.0f} s)", file=sys.stderr, flush=True)
        done.append((part, run(part, kept)))
        asked.out.write_text(page(done, head), encoding="utf-8")
    print(asked.out)
    sys.exit(any(out["code"] != 0 for _, out in done))


if __name__ == "__main__":
    main()
