"""The words of documents, in English, Arabic and Sorani.  The last two were not read by a native reader yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from watchline.reports.words_ar import ARABIC
from watchline.reports.words_ckb import SORANI
from watchline.reports.words_en import ENGLISH

Language = Literal["en", "ar", "ckb"]
RIGHT_TO_LEFT = ("ar", "ckb")

_ALL: dict[Language, Mapping[str, str]] = {"en": ENGLISH, "ar": ARABIC, "ckb": SORANI}


def words(language: Language) -> Mapping[str, str]:
    """Return a language's words by key; every language has the same keys and places."""
    return _ALL[language]
