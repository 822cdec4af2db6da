"""How long after a change the account knows: one sensor dark, three in ten cameras dark, all contrast changed.

    python benchmarks/account_speed.py [--length-km 200]

Processor time of one core for everything a minute's answer holds: pi_avg with its interval and pi_adv for four
classes, P_I, and where the line has got weaker, with causes.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace

import numpy as np

from watchline.cli.demo_site import cached_demo
from watchline.ops.account.line import Account
from watchline.ops.account.seeing import Seeing
from watchline.ops.site_file import read_site


def main() -> None:
    """Print a line for each change."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    loaded = read_site(cached_demo())
    began = time.process_time()
    account = Account(loaded, loaded.terrain())
    print(f"prepare: {time.process_time() - began:.1f} s")
    site, rng = loaded.site, np.random.default_rng(1)
    cameras = [k for k, s in enumerate(site.sensors) if s.kind == "thermal_camera"]
    everybody = frozenset({p.id for p in site.posts} | {u.id for u in site.units})
    response = (900.0,) * int(np.ceil(loaded.line.length_m / 1000.0))
    whole = Seeing((1.0,) * len(site.sensors), frozenset(), everybody, False, 20_000.0, (), response)
    lost = frozenset(rng.choice(cameras, round(0.3 * len(cameras)), replace=False).tolist())
    states = {
        "first": whole,
        "nothing changed": whole,
        "one sensor dark": replace(whole, dark=frozenset({cameras[3]})),
        f"{len(lost)} of {len(cameras)} cameras dark": replace(whole, dark=lost),
        "all contrast changed": replace(whole, dark=lost, quality=(0.7,) * len(site.sensors)),
    }
    for what, now in states.items():
        times = [time.process_time()]
        account.reckon(now, 0.0, 1 / 60)
        times.append(time.process_time())
        account.interrupted(now, 0.0)
        times.append(time.process_time())
        told = account.weaker(now)
        times.append(time.process_time())
        a, b, c = np.diff(times)
        parts = f"account {a:5.2f} s, P_I {b:5.2f} s, weaker {c:5.2f} s ({len(told)} told)"
        print(f"{what:28} {parts}, all {a + b + c:5.2f} s")


if __name__ == "__main__":
    main()
