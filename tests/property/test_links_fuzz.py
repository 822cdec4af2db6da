"""No decoder crashes, hangs or grows, whatever comes in.

WATCHLINE_FUZZ_S: seconds for each link in the long form (`make soak` gives 600).  What was new is kept in .fuzz/, and
how far each link has come, so that a run broken off is gone on with.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from fuzzing import began_s, fuzz, new_round, seeds
from watchline.domain.errors import BadInput
from watchline.domain.records import Record
from watchline.links import open_link, table
from watchline.links.contract import Link, Settings, at

NAMES = sorted(table())
LONG_S = float(os.environ.get("WATCHLINE_FUZZ_S") or 0.0)
KEEP = Path(__file__).parents[2] / ".fuzz"


def _link(name: str) -> Link:
    """Return a link, or skip where the optional package it needs is not installed."""
    try:
        return open_link(name)
    except BadInput as error:
        if not table()[name].needs:
            raise
        pytest.skip(f"skipped: {error}")


@pytest.mark.parametrize("name", NAMES)
def test_damaged_logs_are_refused_and_never_fatal(name: str) -> None:
    _link(name)
    assert fuzz(name, seed=1, runs=150).inputs == 150


@pytest.fixture(scope="module")
def goes_on() -> None:
    """Begin a new round when the one before came to its end."""
    new_round([name for name in NAMES if (KEEP / name).exists()], LONG_S, KEEP)


@pytest.mark.slow
@pytest.mark.skipif(not LONG_S, reason="skipped: the long form, see make soak")
@pytest.mark.usefixtures("goes_on")
@pytest.mark.parametrize("name", NAMES)
def test_damaged_logs_for_long(name: str) -> None:
    _link(name)
    fed = fuzz(name, seed=random.randrange(2**32), goal_s=LONG_S, keep=KEEP / name)
    assert fed.seconds >= LONG_S


def _records(name: str, pieces: list[bytes]) -> list[Record]:
    link = open_link(name)
    state = at(link.init(Settings(name)), began_s(name))
    found: list[Record] = []
    for piece in pieces:
        state, records, _ = link.decode(state, piece)
        found += records
    return found


@pytest.mark.parametrize("name", NAMES)
def test_a_stream_says_the_same_however_it_is_cut(name: str) -> None:
    if _link(name).FRAMING != "stream":
        return
    whole = seeds(name)[-1]
    once = _records(name, [whole])
    rng = random.Random(7)
    assert once
    for every in (1, 7, 100):
        assert _records(name, [whole[k : k + every] for k in range(0, len(whole), every)]) == once
    cuts = sorted(rng.sample(range(len(whole)), 20))
    pieces = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    assert _records(name, pieces) == once
