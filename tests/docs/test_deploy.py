"""What the units and the container start exists, and they keep to their folders."""

from __future__ import annotations

import configparser
import re
import shlex
from pathlib import Path

import pytest

from watchline.cli import VERBS, app

DEPLOY = Path(__file__).parents[2] / "deploy"
SERVICES = sorted((DEPLOY / "systemd").glob("*.service"))


def _unit(path: Path) -> configparser.ConfigParser:
    unit = configparser.ConfigParser(interpolation=None, strict=False, delimiters=("=",))
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string(path.read_text(encoding="utf-8"))
    return unit


def _options(verb: str) -> set[str]:
    return {name for one in app[verb].assemble_argument_collection() for name in one.names}


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_a_unit_starts_a_verb_that_exists_and_confines_it(path: Path) -> None:
    service = _unit(path)["Service"]
    program, verb, *words = shlex.split(service["ExecStart"])
    assert program == "/opt/watchline/bin/watchline"
    assert verb in VERBS
    assert {word for word in words if word.startswith("--")} <= _options(verb)
    assert (service["User"], service["ProtectSystem"], service["NoNewPrivileges"]) == ("watchline", "strict", "yes")


def test_every_timer_has_its_service() -> None:
    for timer in (DEPLOY / "systemd").glob("*.timer"):
        assert timer.with_suffix(".service").exists()


def test_the_container_runs_a_verb_as_nobody_special() -> None:
    text = (DEPLOY / "container/Containerfile").read_text(encoding="utf-8")
    (command,) = re.findall(r'^CMD \["(\w+)"', text, re.MULTILINE)
    assert command in VERBS
    assert "\nUSER watchline\n" in text
    assert "--require-hashes" in text
