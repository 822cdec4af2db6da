"""Everything an alert, a suppression or a cue can say has words in every language of the screen."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from watchline.domain.records import AlertKind, ExplainedTrack, SuppressionRule

ROOT = Path(__file__).parents[2]
ROOM = ROOT / "src/watchline/alerting"
STRINGS = sorted((ROOT / "console/src/strings").glob("*.json"))


def _said() -> set[str]:
    """Return every key that the room itself names."""
    text = "".join(path.read_text(encoding="utf-8") for path in ROOM.rglob("*.py"))
    return set(re.findall(r'"((?:fact|noclip|cue)\.[a-z_]+)"', text))


def _wanted() -> set[str]:
    rules = get_args(get_type_hints(ExplainedTrack)["rule"])
    kinds = {f"alert.{kind}" for kind in get_args(AlertKind)}
    held = {f"rule.{rule}" for rule in get_args(SuppressionRule)}
    explained = {f"explained.{rule}" for rule in rules}
    return _said() | kinds | held | explained | {"fact.place_home", "fact.place_outside", "cue.asked", "cue.looked"}


@pytest.mark.parametrize("path", STRINGS, ids=lambda path: path.stem)
def test_every_kind_fact_and_rule_has_words(path: Path) -> None:
    words = json.loads(path.read_text(encoding="utf-8"))
    assert len(_said()) > 25
    assert sorted(key for key in _wanted() if key not in words and f"{key}.other" not in words) == []


def test_a_fact_has_the_same_places_in_every_language() -> None:
    catalogues = [json.loads(path.read_text(encoding="utf-8")) for path in STRINGS]
    for key in _wanted():
        places = {frozenset(re.findall(r"{(\w+)}", words[key])) for words in catalogues if key in words}
        assert len(places) <= 1, key
