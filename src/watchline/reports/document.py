"""A document as a value: what it says in which order, before it is set on a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from watchline.reports.words import RIGHT_TO_LEFT, Language, words

# Isolates of the bidirectional algorithm: without them a date would be read backwards after an Arabic word.
LEFT_TO_RIGHT, END = "\u2066", "\u2069"


@dataclass(frozen=True)
class Heading:
    """A heading."""

    text: str


@dataclass(frozen=True)
class Line:
    """A line or a paragraph."""

    text: str


@dataclass(frozen=True)
class Table:
    """Rows under a head; shares: of the page's width, one for each column."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    shares: tuple[float, ...]


@dataclass(frozen=True)
class SignatureLine:
    """Where somebody signs, or when they did at the screen."""

    who: str
    text: str


@dataclass(frozen=True)
class Picture:
    """A picture across the page, with what it shows."""

    png: bytes
    caption: str


Paper = Literal["A4", "A4 landscape", "A3 landscape"]
Block = Heading | Line | Table | SignatureLine | Picture


@dataclass(frozen=True)
class Document:
    """marks: words that stand over every page, such as SIMULATED; footer: what it was made from; paper: its pages."""

    title: str
    language: Language
    blocks: tuple[Block, ...]
    marks: tuple[str, ...] = ()
    footer: str = ""
    paper: Paper = "A4"

    @property
    def right_to_left(self) -> bool:
        """Return whether it is read from the right."""
        return self.language in RIGHT_TO_LEFT


@dataclass(frozen=True)
class Writer:
    """Says things in a language, and times in a site's zone."""

    language: Language
    timezone: str

    def say(self, key: str, **args: str | int | float) -> str:
        """Return the words of a key; what is put in keeps its own direction."""
        return words(self.language)[key].format(**{name: self.isolated(str(value)) for name, value in args.items()})

    def say_of_record(self, key: str, args: Mapping[str, object]) -> str:
        """Return the words of a key that a record holds; the key and its numbers where this version has no words."""
        try:
            return self.say(key, **{name: str(value) for name, value in args.items()})
        except KeyError:
            return " ".join([key, *(f"{name} {value}" for name, value in args.items())])

    def isolated(self, text: str) -> str:
        """Return numbers, times and call signs as they are read, also between words that run the other way."""
        if self.language not in RIGHT_TO_LEFT or any("\u0600" <= letter <= "\u06ff" for letter in text):
            return text
        return f"{LEFT_TO_RIGHT}{text}{END}"

    def code(self, prefix: str, code: str) -> str:
        """Return the words for a code of a record, the code itself where there are none."""
        return words(self.language).get(f"{prefix}.{code}", code)

    def clock(self, t_s: float) -> str:
        """Return a local time to the second."""
        return self._at(t_s).strftime("%H:%M:%S")

    def moment(self, t_s: float) -> str:
        """Return a local date and time with its zone, and the same in UTC."""
        zulu = datetime.fromtimestamp(t_s, UTC).strftime("%H:%MZ")
        return f"{self._at(t_s).strftime('%Y-%m-%d %H:%M')} ({zulu})"

    def _at(self, t_s: float) -> datetime:
        return datetime.fromtimestamp(t_s, ZoneInfo(self.timezone))
