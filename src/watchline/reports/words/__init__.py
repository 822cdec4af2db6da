"""The words of documents, in English, Arabic and Sorani.  The last two were not read by a native reader yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from watchline.reports.words.ar import ARABIC
from watchline.reports.words.ckb import SORANI
from watchline.reports.words.en import ENGLISH
from watchline.reports.words.facts import FACTS
from watchline.reports.words.operation_ar import OPERATION_ARABIC
from watchline.reports.words.operation_ckb import OPERATION_SORANI
from watchline.reports.words.operation_en import OPERATION_ENGLISH
from watchline.reports.words.papers_ar import PAPERS_ARABIC
from watchline.reports.words.papers_ckb import PAPERS_SORANI
from watchline.reports.words.papers_en import PAPERS_ENGLISH

Language = Literal["en", "ar", "ckb"]
RIGHT_TO_LEFT = ("ar", "ckb")

_ALL: dict[Language, Mapping[str, str]] = {
    "en": {**ENGLISH, **PAPERS_ENGLISH, **OPERATION_ENGLISH, **FACTS["en"]},
    "ar": {**ARABIC, **PAPERS_ARABIC, **OPERATION_ARABIC, **FACTS["ar"]},
    "ckb": {**SORANI, **PAPERS_SORANI, **OPERATION_SORANI, **FACTS["ckb"]},
}


def words(language: Language) -> Mapping[str, str]:
    """Return a language's words by key; every language has the same keys and places."""
    return _ALL[language]
