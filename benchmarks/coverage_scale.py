"""`watchline coverage` on demonstration lines of growing length: seconds and peak memory against kilometres.

    python benchmarks/coverage_scale.py [KM ...]

Every length is a site on disk, made by the same generator, and a process of its own: start, reading, writing and all.
A first short line puts compiled code into its cache; what that costs is the first row, with --cold in a cache of its
own, as on a new machine.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

LENGTHS_KM = (50.0, 100.0, 200.0, 400.0)
WARM_KM = 12.0


def make(folder: Path, length_km: float) -> None:
    """Write a demonstration line of this length as a site."""
    from watchline.ops.site_file import site_text
    from watchline.sim.demo import demo_site
    from watchline.sources.elevation import write_terrain

    demo = demo_site(1, length_m=1000.0 * length_km)
    folder.mkdir(parents=True)
    write_terrain(folder / "terrain.tif", demo.terrain, demo.line.frame)
    for name, data in demo.files.items():
        (folder / name).write_bytes(data)
    (folder / "site.toml").write_text(site_text(demo.site), encoding="utf-8")


def run(folder: Path, environment: dict[str, str]) -> dict[str, float]:
    """Return CPU and wall seconds and peak MiB of the whole command, and what it says."""
    begin = time.perf_counter()
    command = [sys.executable, "-m", "watchline", "coverage", str(folder), "--out", str(folder / "out"), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        said = json.loads(process.stdout.read())
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = status
    if status:
        raise SystemExit(f"coverage of {folder} failed")
    unseen = said["classes"]["walker"]["p_unseen_weakest_mean"]
    wall_s = time.perf_counter() - begin
    return {
        "cpu_s": used.ru_utime + used.ru_stime, "wall_s": wall_s, "peak_mib": used.ru_maxrss / 1024, "unseen": unseen
    }  # fmt: skip


def show(km: float, row: dict[str, float], note: str = "") -> None:
    print(
        f"{km:6.0f}{row['cpu_s']:8.1f}{row['wall_s']:8.1f}{100 * row['cpu_s'] / km:14.2f}{row['peak_mib']:10.0f}"
        f"{row['unseen']:18.3f}  {note}",
        flush=True,
    )


def main(lengths: list[float], cold: bool) -> None:
    print("    km   CPU s  wall s  s per 100 km  peak MiB  mean p unseen, walker")
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        environment = dict(os.environ)
        if cold:
            environment["NUMBA_CACHE_DIR"] = str(Path(scratch) / "numba")
        for km in (WARM_KM, *lengths):
            folder = Path(scratch) / f"{km:g}"
            subprocess.run([sys.executable, __file__, "--make", str(folder), str(km)], check=True)
            row = run(folder, environment)
            show(km, row, "the first, compiling" if cold and km == WARM_KM else "")
            rows.append(row)
    km = np.array(lengths)
    for name in ("cpu_s", "peak_mib"):
        values = np.array([row[name] for row in rows[1:]])
        slope, offset = np.polyfit(km, values, 1)
        off = np.abs(values / (slope * km + offset) - 1).max()
        print(f"{name}: {offset:.1f} and {100 * slope:.2f} for each 100 km, off a straight line by {100 * off:.0f} %")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--make"]:
        make(Path(sys.argv[2]), float(sys.argv[3]))
    else:
        given = [float(word) for word in sys.argv[1:] if word != "--cold"]
        main(given or list(LENGTHS_KM), "--cold" in sys.argv)
