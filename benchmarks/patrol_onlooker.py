"""A month for every patrol of the demonstration line, and somebody who watched 100 nights of it.

For each patrol the onlooker picks the post and hour that were left alone most often, and goes there in other nights;
beside it the same against a timetable.  Prints, over all patrols, how often it passed, what the law says it may pass
at most, and how far apart both are in standard errors.
"""

from __future__ import annotations

import time

import numpy as np

from watchline.cli.demo_site import cached_demo
from watchline.ops.planning.patrols import plan_patrols
from watchline.ops.planning.study_file import PatrolStudy
from watchline.ops.site_file import read_site
from watchline.planning.patrol.onlooker import by_the_clock, missed_share, pick

WATCHED, FRESH = 100, 400
NIGHT_S = 12 * 3600.0


def main() -> None:
    site = read_site(cached_demo())
    terrain = site.terrain()
    begun = time.process_time()
    beats = plan_patrols(site, terrain, PatrolStudy())
    print(f"{len(beats)} beats: {time.process_time() - begun:.1f} s of processor time")
    rng = np.random.default_rng(77)
    said, passed, clock = [], [], []
    for one in beats:
        legs, stay, posts = int(NIGHT_S / one.leg_s), one.found.stay, len(one.s_m)
        nights = np.array([one.found.law.drawn(rng, legs) for _ in range(WATCHED + FRESH)])
        there = pick(nights[:WATCHED], posts, stay)
        said.append(1.0 - one.found.value)
        passed.append(missed_share(nights[WATCHED:], there, stay))
        timed = np.tile(by_the_clock(posts, legs), (WATCHED + 1, 1))
        clock.append(missed_share(timed[WATCHED:], pick(timed[:WATCHED], posts, stay), stay))
    error = float(np.sqrt(np.sum(np.array(said) * (1.0 - np.array(said)) / FRESH)) / len(beats))
    over = (float(np.mean(passed)) - float(np.mean(said))) / error
    worst = max((p - s) / np.sqrt(s * (1 - s) / FRESH) for p, s in zip(passed, said, strict=True))
    print(f"not met, after {WATCHED} nights watched: {np.mean(passed):.4f} of {FRESH * len(beats)} nights")
    print(f"the laws leave at most {np.mean(said):.4f}: {over:+.2f} standard errors, the worst patrol {worst:+.2f}")
    print(f"against timetables: {np.mean(clock):.4f} not met")


if __name__ == "__main__":
    main()
