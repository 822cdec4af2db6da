from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src" / "watchline"


def test_rooms_import_only_what_they_may() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    if not lint.exists():
        pytest.skip("skipped: import-linter is not installed")
    done = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_room_says_what_it_is() -> None:
    rooms = [path for path in SRC.iterdir() if path.is_dir() and any(path.glob("*.py"))]
    silent = [room.name for room in rooms if not (room / "__init__.py").read_text(encoding="utf-8").startswith('"""')]
    assert rooms
    assert silent == []


def test_no_room_is_a_drawer_for_everything() -> None:
    drawers = {"utils", "helpers", "common", "misc", "base", "manager"}
    assert [path for path in SRC.rglob("*") if path.stem in drawers] == []
