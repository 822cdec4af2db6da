"""The examples are sound sites: no fault, no warning, and something is seen on them within a minute."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "e2e"))

from command_line import answered

EXAMPLES = sorted(path.parent for path in (Path(__file__).parents[2] / "examples").glob("*/site.toml"))


@pytest.mark.slow
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_an_example_is_sound_and_sees(example: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site = tmp_path / "site"
    assert answered(capsys, "init", site, "--like", example).returncode == 0
    found = json.loads(answered(capsys, "check", site, "--json").stdout)
    assert (found["faults"], found["warnings"]) == ([], [])
    words = ("--headless", "--fidelity", "detections", "--for", "60", "--ledger", tmp_path / "ledger", "--json")
    ran = json.loads(answered(capsys, "run", site, *words).stdout)
    assert ran["scans"] > 20
    assert ran["seconds"] == 60.0


def test_there_are_five() -> None:
    assert len(EXAMPLES) == 5
