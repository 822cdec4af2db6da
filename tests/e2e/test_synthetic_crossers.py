"""Synthetic crossers in a recorded camera's stream, through the running core: found, answered, and never real."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import msgspec
import numpy as np
import pytest

from builders import camera, site, write_site
from core_builders import ScriptedFeed, Step, ask
from ledger_builders import counting_salt
from watchline.domain.desk import SeatTaken, SeededOutcome, SeededTest
from watchline.domain.records import Alert, Clip, DetectionTrial
from watchline.domain.site import Synthetic
from watchline.domain.trials import SyntheticCrosser
from watchline.ledger.reader import LedgerReader
from watchline.ledger.writer import Ledger
from watchline.ops.account.lessons import Lessons, gathered
from watchline.ops.cameras import CameraPool
from watchline.ops.clock import Clock
from watchline.ops.core import Core
from watchline.ops.recorded import RecordedCamera
from watchline.ops.resume import nothing_before
from watchline.ops.site_file import read_site

pytestmark = pytest.mark.slow

START_S = 1_600_000_000.0
RATE_HZ, SECONDS = 3.0, 96
ROWS, COLS = 128, 320


def _stream(path: Path) -> None:
    """Write 14-bit pictures of a grainy scene in which nobody is."""
    rng = np.random.default_rng(4)
    ground = rng.normal(3000.0, 40.0, (ROWS, COLS))
    shown = ((ground + rng.normal(0, 4, ground.shape)).astype("<u2") for _ in range(round(SECONDS * RATE_HZ)))
    path.write_bytes(b"".join(p.tobytes() for p in shown))
    layout = f"width = {COLS}\nheight = {ROWS}\nbits = 14\nrate_hz = {RATE_HZ}\n"
    path.with_name(path.name + ".toml").write_text(layout)


def _core(directory: Path, counts: float) -> Core:
    """Return a core whose one camera shows the stream, with a desk that somebody has."""
    eye = camera(
        width_px=COLS,
        height_px=ROWS,
        hfov_deg=8.0,
        azimuth_deg=70.0,
        tilt_deg=-2.0,
        rate_hz=RATE_HZ,
        input="night.raw",
    )
    what = msgspec.structs.replace(
        site(eye), synthetic=(Synthetic("cam", 48.0, counts, 700.0, 1200.0),)
    )  # fmt: skip
    path = write_site(directory / "site", what)
    _stream(directory / "site" / "night.raw")
    loaded = read_site(path)

    def seat(now_s: float) -> Step:
        first = now_s < START_S + 1.5
        return Step([SeatTaken(id="seat", t_s=now_s, source="desk", person="op", role="tower_operator", desk="")]
                    if first else [])  # fmt: skip

    pool = CameraPool({0: RecordedCamera(eye, str(directory / "site" / "night.raw"), START_S)}, {0: RATE_HZ})
    return Core(
        loaded, loaded.terrain(), ScriptedFeed(seat), pool, Ledger.create(directory / "ledger", counting_salt()),
        Clock(START_S, 1.0), fidelity="pictures", seed=1, simulated=True,
        before=nothing_before(loaded.site, loaded.line),
    )  # fmt: skip


def _ran(core: Core) -> None:
    """Run through the stream; a crosser begins as soon as the scene is known; test alerts are acknowledged."""
    chance = core._chance.random
    core._chance.random = lambda: 0.5  # type: ignore[method-assign]
    answered = set[str]()
    for second in range(SECONDS - 5):
        if second == 25:
            core._chance.random = lambda: 0.0 if core._synthetic.number == 0 else 0.5  # type: ignore[method-assign]
        core.tick()
        for name in core.picture.desk.tests.keys() - answered:
            answered.add(name)
            core.people.ask(ask(name, key=f"press-{name}"))
    core._chance.random = chance  # type: ignore[method-assign]
    core.close()
    assert core._cameras is not None
    core._cameras.close()


def test_a_crosser_who_does_not_exist_is_found_answered_and_is_nobody(tmp_path: Path) -> None:
    _ran(_core(tmp_path, 400.0))
    with LedgerReader(tmp_path / "ledger") as reader:
        told = [entry.value for entry in reader.since(0)]
    (crosser,) = [r for r in told if isinstance(r, SyntheticCrosser)]
    (trial,) = [r for r in told if isinstance(r, DetectionTrial)]
    (test,) = [r for r in told if isinstance(r, SeededTest)]
    (outcome,) = [r for r in told if isinstance(r, SeededOutcome)]
    assert trial.provenance == test.provenance == (crosser.id,)
    assert trial.looks > 30
    assert trial.detected > 0.7 * trial.looks
    assert abs(test.alert.position.s_m - crosser.position.s_m) < 100.0
    assert outcome.outcome == "answered"
    # Nothing real holds it: no detection, no track, no alert, no film.
    rows = Counter(type(r).__name__ for r in told)
    assert not [r for r in told if isinstance(r, Alert | Clip)], rows
    with LedgerReader(tmp_path / "ledger") as reader:
        assert sum(len(b) for b in reader.columns("detections")) == 0
        assert sum(len(b) for b in reader.columns("tracks")) == 0
    # It teaches P_d and who answers.
    lessons = Lessons()
    for record in told:
        lessons = gathered(lessons, record) if not hasattr(record, "COLUMNS") else lessons
    assert (lessons.answered, lessons.tests, lessons.tried) == (1, 1, 1)


def test_one_who_shows_no_contrast_is_a_miss_and_nobody_is_told(tmp_path: Path) -> None:
    _ran(_core(tmp_path, 0.5))
    with LedgerReader(tmp_path / "ledger") as reader:
        told = [entry.value for entry in reader.since(0)]
    (trial,) = [r for r in told if isinstance(r, DetectionTrial)]
    assert trial.looks > 30
    assert trial.detected == 0
    assert not [r for r in told if isinstance(r, SeededTest)]
