"""Running the command line as a person does."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from watchline.cli import main

WATCHLINE = Path(sys.executable).with_name("watchline")


def watchline(*words: object, **more: Any) -> subprocess.CompletedProcess[str]:
    """Return what a verb answered, within two minutes."""
    return subprocess.run(
        [WATCHLINE, *map(str, words)], capture_output=True, text=True, timeout=600, check=False, env=_env(), **more
    )


def started(*words: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [WATCHLINE, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=_env()
    )


def answered(capsys: pytest.CaptureFixture[str], *words: object) -> subprocess.CompletedProcess[str]:
    """Return what a verb answered, run inside this process: quick, for verbs that end at once."""
    with pytest.raises(SystemExit) as stop:
        main([str(word) for word in words])
    said = capsys.readouterr()
    return subprocess.CompletedProcess(words, int(stop.value.code or 0), said.out, said.err)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _env() -> dict[str, str]:
    return {**os.environ, "BROWSER": "true", "NO_COLOR": "1"}
