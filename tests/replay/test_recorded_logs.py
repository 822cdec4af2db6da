"""Every link of the table has its page and its recorded log, and the log gives its expected output byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from watchline.domain.kinds import kind_of
from watchline.domain.records import Record
from watchline.links import open_link, table
from watchline.links.log import FIRST_LINE, as_line, replay

HERE = Path(__file__).parent
DOCS = HERE.parents[1] / "docs" / "links"


@pytest.mark.parametrize("name", sorted(table()))
def test_recorded_log_gives_what_is_expected(name: str) -> None:
    data = (HERE / f"{name}.log").read_bytes()
    assert data.startswith(FIRST_LINE + b"\n# device: ")
    items = list(replay(open_link(name), data, name))
    assert b"".join(as_line(item) + b"\n" for item in items) == (HERE / f"{name}.expected").read_bytes()
    given = {kind_of(item) for item in items if isinstance(item, Record)}
    assert given
    assert given <= set(table()[name].kinds)


@pytest.mark.parametrize("name", sorted(table()))
def test_every_link_has_its_page(name: str) -> None:
    text = (DOCS / f"{name}.md").read_text(encoding="utf-8")
    assert "not covered" in text.lower()
    assert "[[links]]" in text


def test_no_log_or_page_is_left_over() -> None:
    logs = {path.stem for path in HERE.iterdir() if path.suffix in (".log", ".expected")}
    pages = {path.stem for path in DOCS.glob("*.md")} - {"README"}  # which lists them
    assert logs | pages <= table().keys()
