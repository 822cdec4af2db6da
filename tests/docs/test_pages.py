"""The documentation hangs together: no dead link, no page that no list names, nothing asked of the network."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "builders"))

from docs_site import navigation, pages  # noqa: E402

LINK = re.compile(r"\]\(([^)\s]+)\)")


def _text(page: Path) -> str:
    """Return a page without its blocks of code, in which brackets are no links."""
    return re.sub(r"```.*?```|`[^`\n]*`", "", (ROOT / page).read_text(encoding="utf-8"), flags=re.DOTALL)


def _anchors(page: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", _text(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads}


def _named(entries: list[Any] | str) -> set[Path]:
    if isinstance(entries, str):
        return {Path(entries)}
    return {path for entry in entries for below in entry.values() for path in _named(below)}


@pytest.mark.parametrize("page", pages(), ids=str)
def test_no_link_of_a_page_is_dead(page: Path) -> None:
    dead = []
    for link in LINK.findall(_text(page)):
        name, _, anchor = link.partition("#")
        if "://" in link or link.startswith("mailto:"):
            continue
        target = (ROOT / page).parent / name if name else ROOT / page
        if (
            not target.exists()
            or target.is_dir()
            or (anchor and anchor not in _anchors(target.resolve().relative_to(ROOT)))
        ):
            dead.append(link)
    assert dead == []


def test_every_page_is_named_by_a_list() -> None:
    named = _named(navigation()) | {Path("README.md"), Path("docs/README.md")}
    assert sorted(map(str, set(pages()) - named)) == []
    assert sorted(map(str, named - set(pages()))) == []


def test_every_picture_is_shown_by_a_page() -> None:
    shown = {((ROOT / page).parent / link).resolve() for page in pages() for link in LINK.findall(_text(page))}
    pictures = [p for p in (ROOT / "docs/pictures").iterdir()] + list((ROOT / "examples").glob("**/*.png"))
    assert len(pictures) > 5
    assert [str(p.relative_to(ROOT)) for p in pictures if p.resolve() not in shown] == []
