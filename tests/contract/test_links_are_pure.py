"""A link is bytes and records: only `transports.py` has sockets, threads and a clock."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

LINKS = Path(__file__).parents[2] / "src/watchline/links"
FORBIDDEN = {
    "asyncio", "http", "logging", "multiprocessing", "os", "paho", "queue", "random", "secrets", "select", "socket",
    "ssl", "subprocess", "threading", "time", "urllib", "uuid",
}  # fmt: skip
PURE = sorted(path for path in LINKS.rglob("*.py") if "transport" not in path.stem)


def _imported(text: str) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add((node.module or "").split(".")[0])
    return names


@pytest.mark.parametrize("path", PURE, ids=lambda path: str(path.relative_to(LINKS)))
def test_a_link_has_no_socket_no_clock_no_log(path: Path) -> None:
    assert not _imported(path.read_text(encoding="utf-8")) & FORBIDDEN


def test_the_search_finds_what_it_looks_for() -> None:
    assert _imported("import socket as s\nfrom time import sleep") == {"socket", "time"}
