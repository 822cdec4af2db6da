"""What a verb says when it is done: one JSON object with --json, words for people without."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import msgspec

from watchline.ops.json_file import write_json


def answer(summary: dict[str, Any], words: str, *, json: bool) -> None:
    """Print the summary, or the words."""
    print(msgspec.json.encode(summary).decode() if json else words)


def keep(out: Path, name: str, summary: dict[str, Any], rows: list[dict[str, Any]] | None = None) -> None:
    """Write a summary as NAME.json and, where it has any, its rows as NAME.csv, empty where there are none."""
    write_json(out / f"{name}.json", summary)
    if rows is not None:
        with (out / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            table = csv.DictWriter(file, list(rows[0]) if rows else [])
            table.writeheader()
            table.writerows(rows)
