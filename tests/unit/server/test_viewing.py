"""A view is an event, once in a while for the same thing."""

from __future__ import annotations

from pathlib import Path

from core_builders import make_core, silence, ticks
from watchline.domain.policy import TrackViewed
from watchline.ledger.reader import LedgerReader
from watchline.server.viewing import Viewing


def test_the_same_look_is_kept_once_a_minute(tmp_path: Path) -> None:
    core = make_core(tmp_path, silence)
    viewing = Viewing(core)
    for seconds in (0, 30, 60):  # the core's clock makes a step of a second each
        while core.clock.now_s - core.clock.start_s < seconds:
            ticks(core, 1)
        viewing.note("west-1", "trail", "7")
        viewing.note("west-1", "trail", "7")
    viewing.note("east-1", "trail", "7")
    viewing.note("west-1", "clip", "7")
    ticks(core, 1)
    core.close()
    with LedgerReader(tmp_path / "ledger") as reader:
        kept = [entry.value for entry in reader.events(["track_viewed"])]
    assert all(isinstance(one, TrackViewed) for one in kept)
    assert [(one.person, one.how) for one in kept] == [
        ("west-1", "trail"), ("west-1", "trail"), ("east-1", "trail"), ("west-1", "clip"),
    ]  # fmt: skip
