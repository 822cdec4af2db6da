"""A toy link is exactly four things: with them it passes every check of links, without any one it does not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOG = (
    b"# watchline-link-log 1\n# device: toy, made for this test; CC0\n"
    b"1700000000.250 in 676174652c\n1700000001.000 in 310a6e6f6e650a\n"
)
LINE = '    TableLine("toy", "watchline.links.toy", ("ground_report",), 1.0, 5.0),\n'

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the product with the toy link in it."""
    root = tmp_path_factory.mktemp("tree")
    for part in ("src", "docs", "tests/replay"):
        leave = shutil.ignore_patterns("__pycache__", "console_dist", "test_toy_link.py")
        shutil.copytree(ROOT / part, root / part, ignore=leave)
    before = _files(root)
    links = root / "src/watchline/links"
    text = (links / "_template.py").read_text()
    (links / "toy.py").write_text(text.replace('NAME = "template"', 'NAME = "toy"'))
    init = links / "__init__.py"
    init.write_text(_with_line(init))
    (root / "docs/links/toy.md").write_text(
        '# Toy\n\n`[[links]]` with `protocol = "toy"`. Not covered: everything else.\n'
    )
    (root / "tests/replay/toy.log").write_bytes(LOG)
    said = _python(root, "-m", "watchline", "link", "toy", "tests/replay/toy.log")
    assert said.returncode == 1  # the line "none" has no count
    (root / "tests/replay/toy.expected").write_bytes(said.stdout)
    after = _files(root)
    touched = {path for path in after if after[path] != before.get(path)}
    assert touched == {
        "src/watchline/links/toy.py",
        "src/watchline/links/__init__.py",
        "docs/links/toy.md",
        "tests/replay/toy.log",
        "tests/replay/toy.expected",  # the log and what it gives are one thing
    }
    return root


def _with_line(init: Path) -> str:
    head, mark, rest = init.read_text().partition("TABLE: tuple[TableLine, ...] = (\n")
    assert mark
    return head + mark + LINE + rest


def _files(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def _python(root: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    env = os.environ | {"PYTHONPATH": str(root / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, *arguments], cwd=root, env=env, capture_output=True, timeout=120, check=False
    )  # fmt: skip


def _passes(root: Path) -> bool:
    return _python(root, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/replay").returncode == 0


def test_with_the_four_things_it_is_a_link(tree: Path) -> None:
    assert _passes(tree)
    expected = (tree / "tests/replay/toy.expected").read_bytes()
    assert b'"device":"gate"' in expected
    assert b'"kind":"rejection"' in expected


@pytest.mark.parametrize(
    "thing",
    ["src/watchline/links/toy.py", "src/watchline/links/__init__.py", "docs/links/toy.md", "tests/replay/toy.log"],
)
def test_without_one_of_them_it_is_not(tree: Path, thing: str) -> None:
    path = tree / thing
    kept = path.read_bytes()
    try:
        if path.name == "__init__.py":
            path.write_bytes(kept.replace(LINE.encode(), b""))
        else:
            path.unlink()
        assert not _passes(tree)
    finally:
        path.write_bytes(kept)
