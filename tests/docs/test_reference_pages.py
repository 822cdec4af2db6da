"""The reference says what the code says: nothing undocumented, nothing stale."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest

from served import serve
from watchline.cli import VERBS
from watchline.ops.many import wire

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "builders"))

from reference.pages import pages, undocumented  # noqa: E402


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return serve(tmp_path_factory.mktemp("served")).as_operator().get("/api/openapi.json").json()


def test_nothing_is_undocumented(described: Any) -> None:
    assert undocumented(described) == []


def test_the_pages_are_what_the_code_says(described: Any) -> None:
    made = pages(described)
    written = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "docs/reference").glob("*.md")}
    assert sorted(made) == sorted(written)
    assert [name for name, text in made.items() if text != written[name]] == [], "run make reference"


def test_every_verb_has_its_section(described: Any) -> None:
    heads = re.findall(r"^## (\w+)$", pages(described)["command-line.md"], re.MULTILINE)
    assert sorted(heads) == sorted(VERBS)


def test_every_subject_of_the_message_server_is_told() -> None:
    told = {name.removeprefix("watchline.") for name in wire.SUBJECTS}
    sources = (ROOT / "src/watchline/ops/many").glob("*.py")
    used = {name for path in sources for name in re.findall(r'"?watchline\.(\w+)[".{]', path.read_text())}
    rooms = {path.name for path in (ROOT / "src/watchline").iterdir()}
    assert used - rooms == told
