"""The blocks of a page that a reader types, in order, with what the page says about each.

A comment before a block says what is special:

    <!-- file: NAME -->       it is the content of a file
    <!-- append: NAME -->     it is added to one
    <!-- needs: NAME -->      the reader has that file already: elevation
    <!-- until: console -->   it goes on until it is stopped
    <!-- not run: REASON -->
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

BLOCK = re.compile(r"(?:^<!-- ([a-z ]+): (.+?) -->\n)?^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(
    r"^\$? ?(?:sudo )?(?:watchline|make|pip|python3?|docker|podman|systemctl|git|npm) ", re.MULTILINE
)


@dataclass(frozen=True)
class Block:
    """A fenced block.  mark, of: what the comment before it says, "" without one; language: its tag."""

    mark: str
    of: str
    language: str
    text: str

    @property
    def commands(self) -> list[str]:
        """Return the lines to run, continued ones joined, comments left out."""
        lines = self.text.replace("\\\n", " ").splitlines()
        return [line for line in lines if line.strip() and not line.lstrip().startswith("#")]


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of a page."""
    return [Block(*(part or "" for part in found)) for found in BLOCK.findall(page.read_text(encoding="utf-8"))]
