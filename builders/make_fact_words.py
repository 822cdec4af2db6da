"""Write `reports/words/facts.py` from the console: reasons of alerts have one wording, on screen and on paper.

A test fails when the console's words have changed since.
"""

from __future__ import annotations

import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STRINGS = ROOT / "console" / "src" / "strings"
OUT = ROOT / "src" / "watchline" / "reports" / "words" / "facts.py"
LANGUAGES = ("en", "ar", "ckb")
WIDTH = 118


def facts(language: str) -> dict[str, str]:
    """Return a language's reasons by key; of forms for numbers the general one."""
    words = json.loads((STRINGS / f"{language}.json").read_text(encoding="utf-8"))
    named = {key.removesuffix(".other"): text for key, text in words.items() if key.startswith("fact.")}
    return {key: text for key, text in sorted(named.items()) if key.count(".") == 1}


def _line(key: str, text: str) -> list[str]:
    whole = f"        {json.dumps(key)}: {json.dumps(text, ensure_ascii=False)},"
    if len(whole) <= WIDTH:
        return [whole]
    half = text.rindex(" ", 0, len(text) // 2) + 1
    parts = (json.dumps(part, ensure_ascii=False) for part in (text[:half], text[half:]))
    return [f"        {json.dumps(key)}: (", *(f"            {part}" for part in parts), "        ),"]


def main() -> None:
    """Write the file."""
    lines = [
        '"""The reasons of alerts in words, as the console says them: written by builders/make_fact_words.py."""',
        "",
        "from __future__ import annotations",
        "",
        "FACTS: dict[str, dict[str, str]] = {",
    ]
    for language in LANGUAGES:
        lines += [f'    "{language}": {{', *(x for item in facts(language).items() for x in _line(*item)), "    },"]
    OUT.write_text("\n".join([*lines, "}", ""]), encoding="utf-8")


if __name__ == "__main__":
    main()
