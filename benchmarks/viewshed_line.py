"""Forty exact viewsheds of the 200 km demonstration line, 20 km round each tower, whole: on one core and on two.

    python benchmarks/viewshed_line.py [--range M]

Every tower's mast stands in the product's own 30 m ground; the compiled loops let go of the interpreter, so threads
of one process share the work.  Wall seconds are those of the machine as it is; CPU seconds do not depend on who else
works there.
"""

from __future__ import annotations

import argparse
import os
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from watchline.geo.viewshed import least_visible_around
from watchline.sim.demo import demo_site

MAST_M, SUBJECT_M = 30.0, 1.7


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--range", type=float, default=20_000.0)
    reach_m = parser.parse_args().range
    demo = demo_site(1)
    towers = [post for post in demo.site.posts if post.kind == "watchtower"]
    places = demo.line.frame.xy_m_from_lonlat([t.lon_deg for t in towers], [t.lat_deg for t in towers])

    def one(place: Any) -> tuple[int, int]:
        need = least_visible_around(
            demo.terrain, (float(place[0]), float(place[1])), mast_m=MAST_M, range_m=reach_m
        ).height_m
        return int(np.isfinite(need).sum()), int((need <= SUBJECT_M).sum())

    least_visible_around(demo.terrain, tuple(places[0]), mast_m=MAST_M, range_m=500.0)  # compile
    print(f"{len(towers)} towers, {reach_m / 1000:g} km, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    answers = []
    for threads in (1, 2):
        wall, cpu = time.perf_counter(), time.process_time()
        with ThreadPoolExecutor(threads) as pool:
            answers.append(list(pool.map(one, places)))
        wall_s, cpu_s = time.perf_counter() - wall, time.process_time() - cpu
        print(f"{threads} thread(s): {wall_s:6.1f} s wall, {cpu_s:6.1f} s CPU, {cpu_s / len(towers):.2f} s a tower")
    assert answers[0] == answers[1]
    cells, seen = np.sum(answers[0], axis=0)
    print(f"{cells / 1e6:.1f} million cells, {100 * seen / cells:.1f} % seen at {SUBJECT_M} m, the same on both")


if __name__ == "__main__":
    main()
