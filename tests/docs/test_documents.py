"""What the documents say exists, exists; what exists is documented."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from watchline.cli import VERBS
from watchline.domain.desk import Need
from watchline.domain.records import AlertKind
from watchline.domain.site import Site

ROOT = Path(__file__).parents[2]


def test_every_file_in_where_exists() -> None:
    named = re.findall(r"\| `([^`]+)` \|$", (ROOT / "docs/where.md").read_text(), re.MULTILINE)
    assert len(named) > 40
    missing = [name for name in named if not (ROOT / "src/watchline" / name).exists() and not (ROOT / name).exists()]
    assert missing == []


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = [re.split(r"[<>=\[ ;]", line)[0] for line in project["dependencies"]]
    text = (ROOT / "docs/dependencies.md").read_text()
    assert [name for name in names if f"| {name} |" not in text] == []


def test_every_table_of_the_site_file_is_documented() -> None:
    text = (ROOT / "docs/site-file.md").read_text()
    names = [field.name for field in msgspec.structs.fields(Site)]
    assert [name for name in names if f"`{name}`" not in text and f"[{name}]" not in text] == []


def test_every_verb_is_in_the_readme() -> None:
    text = (ROOT / "README.md").read_text()
    assert [verb for verb in VERBS if f"watchline {verb}" not in text] == []


def test_requirements_pin_hashes_and_no_addresses() -> None:
    for path in (ROOT / "requirements").glob("*.txt"):
        text = path.read_text()
        assert "--hash=sha256:" in text
        assert "http" not in re.sub(r"^[a-z-]*http[a-z-]*==.*$", "", text, flags=re.MULTILINE)


@pytest.mark.parametrize("language", ["en", "ar", "ckb"])
def test_every_kind_of_alert_has_an_action_card_in_every_language(language: str) -> None:
    words = json.loads((ROOT / f"console/src/strings/{language}.json").read_text(encoding="utf-8"))
    wanted = [f"action.{kind}.{part}" for kind in get_args(AlertKind) for part in ("check", "call", "do_not")]
    assert [key for key in wanted if not words.get(key)] == []


@pytest.mark.parametrize("language", ["en", "ar", "ckb"])
def test_every_fact_has_words_in_every_language(language: str) -> None:
    words = json.loads((ROOT / f"console/src/strings/{language}.json").read_text(encoding="utf-8"))
    said = set()
    for path in (ROOT / "src/watchline/alerting").rglob("*.py"):
        said |= set(re.findall(r'"(fact\.[a-z_]+)"', path.read_text()))
    said |= {f"fact.needs_{need}" for need in get_args(Need)}
    said |= {"fact.place_home", "fact.place_outside"}
    assert len(said) > 10
    assert [key for key in said if key not in words and f"{key}.other" not in words] == []


def test_every_benchmark_says_what_its_number_means() -> None:
    text = (ROOT / "benchmarks/README.md").read_text()
    assert [path.name for path in sorted((ROOT / "benchmarks").glob("*.py")) if f"`{path.name}`" not in text] == []
