"""How long responding holds a core's step: the demonstration line, its units heard, thirty alerts due at once.

`python benchmarks/respond_tick.py [--alerts 30]`; processor milliseconds of the core's thread in the longest step of
one round (asking, and taking what came of it), alerts 2 km before the line, spread evenly, none asked for before.
Best and worst of five, after one that starts the process.  Beside it how long the answer took by the clock.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from datetime import datetime
from pathlib import Path

import numpy as np

from watchline.cli.demo_site import cached_demo
from watchline.domain.records import Alert, Position
from watchline.domain.respond import Proposal
from watchline.ledger.writer import Ledger
from watchline.ops.clock import Clock
from watchline.ops.core import Core
from watchline.ops.respond.dispatcher import LOOK_EVERY_S, Dispatcher
from watchline.ops.respond.land import Ground
from watchline.ops.respond.worker import Inline, Process
from watchline.ops.resume import nothing_before
from watchline.ops.site_file import read_site
from watchline.sim.world import World

START_S = datetime.fromisoformat("2018-01-23T18:00:00Z").timestamp()
HEARD_S, TIMES, FROM_LINE_M = 20, 6, 2000.0


def main() -> None:
    """Print the times."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--alerts", type=int, default=30)
    wanted = parser.parse_args().alerts
    loaded = read_site(cached_demo())
    terrain, site, line = loaded.terrain(), loaded.site, loaded.line
    with tempfile.TemporaryDirectory() as directory:
        core = Core(
            loaded, terrain, World(site, line, terrain, seed=3, start_s=START_S), None,
            Ledger.create(Path(directory) / "ledger", lambda: b"0" * 32), Clock(START_S, 1.0), fidelity="detections",
            seed=3, simulated=True, before=nothing_before(site, line), proposers=Inline,
        )  # fmt: skip
        for _ in range(HEARD_S):
            core.tick()
        now_s = core.clock.now_s
        for k, s_m in enumerate(np.linspace(2000.0, line.length_m - 2000.0, wanted)):
            xy = line.xy_m_from_sd(np.array([s_m, -FROM_LINE_M]))
            lon, lat = (float(v) for v in line.frame.lonlat_from_xy_m(xy))
            at = Position(lon_deg=lon, lat_deg=lat, s_m=float(s_m), d_m=-FROM_LINE_M)
            core.picture.apply(
                Alert(
                    id=f"B-{k}.1", t_s=now_s, source="bench", alert=f"B-{k}", revision=1, what="approaching",
                    first_s=now_s, position=at, level=3, facts=(), state="open",
                )
            )  # fmt: skip
        took_ms, waited_s, made = [], [], 0
        dispatcher = Dispatcher(loaded, Ground.of(loaded, terrain), Process, wait=False)
        for k in range(TIMES):
            asked_s = now_s + LOOK_EVERY_S * k
            begun, begun_s = time.thread_time(), time.monotonic()
            dispatcher.step(core.picture, asked_s)
            took = time.thread_time() - begun
            while dispatcher.waiting:
                time.sleep(0.01)
                begun = time.thread_time()
                said = dispatcher.step(core.picture, asked_s)
                took = max(took, time.thread_time() - begun)
            made = sum(isinstance(r, Proposal) and bool(r.options) for r in said)
            took_ms.append(1000.0 * took)
            waited_s.append(time.monotonic() - begun_s)
        dispatcher.close()
        heard = sum(u.id in core.picture.units for u in site.units)
        core.close()
    print(f"{wanted} alerts, {heard} units heard, {made} proposals with options:")
    print(f"longest step of the core {min(took_ms[1:]):.1f} to {max(took_ms[1:]):.1f} ms")
    print(f"answered after {min(waited_s[1:]):.1f} to {max(waited_s[1:]):.1f} s by the clock")


if __name__ == "__main__":
    main()
