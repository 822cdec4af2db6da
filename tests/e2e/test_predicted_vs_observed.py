"""What sensing predicts against what the simulator's own physics does, on worlds it has not learned from."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "predicted_vs_observed.py"


@pytest.mark.slow
@pytest.mark.skipif(os.environ.get("WATCHLINE_LONG") != "1", reason="skipped: the long form, see make soak")
def test_what_was_learned_in_one_world_predicts_another(tmp_path: Path) -> None:
    out = tmp_path / "figures.json"
    command = [sys.executable, str(SCRIPT), "--crossings", "160", "--length-km", "80", "--json", str(out)]
    subprocess.run(command, check=True, capture_output=True, timeout=600)
    figures = json.loads(out.read_text())
    assert figures["taught"] >= 80
    assert figures["judged"] >= 160
    for kind in ("looks", "passages"):
        before, after, most = figures["thermal_camera"][kind]
        assert after < 0.8 * before
        # A decile holds some twenty passages: predictions lie no farther off than these spread among themselves.
        assert most < 5.0
    assert figures["radar"]["looks"][2] < 5.0
