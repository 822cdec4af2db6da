"""What every link has: its form, its table line, and the checks that both pass.

A link is a module with `NAME`, `Limits`, `FRAMING`, `init`, `decode`, `encode` and, where its standard is a
conversation, some of `greet`, `answer`, `refuse`, `ready`, `route`, `sent`, `ordered`, `due`, `tick` and `closed`
(docs/writing-a-link.md).
Bytes and records only: no socket, no clock, no logging.

Rules: `decode` never raises for what a peer sent, it returns a `PeerError` for each refused message and goes on;
`encode` raises `LocalError`; what is kept between calls has a bound named in `Limits`.
"""

from __future__ import annotations

import dataclasses
import importlib
import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import Any, Literal, Protocol, cast

from watchline.domain.errors import BadInput
from watchline.domain.kinds import record_types
from watchline.domain.records import Record

ENTRY_POINTS = "watchline.links"
Framing = Literal["stream", "message"]


@dataclass(frozen=True)
class PeerError:
    """A peer's mistake: where in what it sent, which rule, and the first bytes of it.

    offset: bytes since the channel's first, of the refused message's beginning; about: the peer's id as it said it;
    fatal: nothing after it can be understood, the connection is to be closed.  Returned, not raised.
    """

    link: str
    offset: int
    reason: str
    sample: bytes = b""
    about: str = ""
    fatal: bool = False


class LocalError(ValueError):
    """Our own mistake while encoding: the record does not fit the standard."""


@dataclass(frozen=True)
class Settings:
    """What a link is told when it begins.

    name: this link's name in the site, the `source` of its records; node: our own id towards the peer; role: as the
    protocol names it; allow: peers' ids that are believed, none given means any; options: what the protocol alone
    understands.
    """

    name: str
    node: str = ""
    role: str = ""
    allow: frozenset[str] = frozenset()
    options: Mapping[str, str | int | float | bool] = field(default_factory=dict)


@dataclass(frozen=True)
class State:
    """What every link remembers; protocols add fields to it.

    now_s: when the bytes to come arrived, channel: over which connection, peer: the name in its certificate, set by
    the runner before each call; rest: the beginning of a message whose end has not come; taken: bytes used up since
    the first.  rest and taken are the channel's, everything else is the link's.
    """

    settings: Settings
    now_s: float = 0.0
    channel: str = ""
    peer: str = ""
    rest: bytes = b""
    taken: int = 0


def at(state: State, now_s: float) -> State:
    """Return the state with the present moment in it."""
    return dataclasses.replace(state, now_s=now_s)


Decoded = tuple[State, tuple[Record, ...], tuple[PeerError, ...]]


class Link(Protocol):
    """The module of a link.  FRAMING: "stream" if its bytes may be cut anywhere, "message" if each call is whole."""

    NAME: str
    FRAMING: Framing
    Limits: type

    def init(self, settings: Settings) -> State:
        """Return the state before the first byte."""
        ...

    def decode(self, state: Any, data: bytes, /) -> Decoded:
        """Return the state, the records in what came, and what was refused of it."""
        ...

    def encode(self, record: Record, /) -> bytes:
        """Return the record as the standard writes it; LocalError where it cannot."""
        ...


@dataclass(frozen=True)
class TableLine:
    """A line of the table: kinds it gives, messages a second to expect, silence after which it counts as dark.

    needs: the optional extra of the package without which the module cannot be imported, "" for none.
    """

    name: str
    module: str
    kinds: tuple[str, ...]
    rate_hz: float
    stale_after_s: float
    needs: str = ""


def outside_table() -> tuple[TableLine, ...]:
    """Return the lines that installed packages offer under the entry point group `watchline.links`."""
    return tuple(_line_of(point.load(), point.name) for point in entry_points(group=ENTRY_POINTS))


def _line_of(value: object, name: str) -> TableLine:
    if not isinstance(value, TableLine):
        raise BadInput(
            f"entry point {ENTRY_POINTS}:{name}", "must be a watchline.links.TableLine", "correct the package"
        )
    return value


def check_table(lines: Iterable[TableLine]) -> dict[str, TableLine]:
    """Return the lines by name; BadInput with the first rule that one breaks."""
    table: dict[str, TableLine] = {}
    for line in lines:
        where = f"links[{line.name}]"
        unknown = sorted(set(line.kinds) - record_types().keys())
        if line.name in table:
            raise BadInput(where, "is in the table twice", "rename one")
        if unknown or not line.kinds:
            raise BadInput(where, f"kinds {', '.join(unknown) or '(none)'} are no records", "name kinds of records")
        if not (line.rate_hz > 0 and line.stale_after_s > 0):
            raise BadInput(where, "rate_hz and stale_after_s must be above 0")
        table[line.name] = line
    return table


def load(line: TableLine) -> Link:
    """Return the module of a line; BadInput when it cannot be imported or lacks a part."""
    where = f"links[{line.name}]"
    try:
        module = importlib.import_module(line.module)
    except ImportError as error:
        do = f"pip install 'watchline[{line.needs}]', or disable this link" if line.needs else "disable this link"
        raise BadInput(where, f"{line.module} cannot be loaded ({error})", do) from None
    return check_module(line, module)


def check_module(line: TableLine, module: types.ModuleType) -> Link:
    """Return the module if it has the form of a link; BadInput names the missing part."""
    where = f"links[{line.name}]"
    for part in ("init", "decode", "encode"):
        if not callable(getattr(module, part, None)):
            raise BadInput(where, f"{line.module} has no function {part}", "see docs/writing-a-link.md")
    if getattr(module, "NAME", None) != line.name:
        raise BadInput(where, f"{line.module}.NAME is {getattr(module, 'NAME', None)!r}", "give both the same name")
    if getattr(module, "FRAMING", None) not in ("stream", "message"):
        raise BadInput(where, f"{line.module}.FRAMING must be 'stream' or 'message'")
    if not isinstance(getattr(module, "Limits", None), type):
        raise BadInput(where, f"{line.module} has no class Limits", "name every bound in it")
    if "not covered" not in (module.__doc__ or "").lower():
        raise BadInput(where, f"{line.module} does not say what is not covered", "say it in its docstring")
    return cast("Link", module)


def optional(link: Link, name: str) -> Callable[..., Any] | None:
    """Return a part that not every link has, None without it; docs/writing-a-link.md names them all."""
    found = getattr(link, name, None)
    return found if callable(found) else None


def finish(state: State) -> tuple[PeerError, ...]:
    """Return what is refused when nothing more will come: a message without an end."""
    if not state.rest:
        return ()
    reason = f"ends inside a message, {len(state.rest)} bytes over"
    return (PeerError(state.settings.name, state.taken, reason, state.rest[:64]),)
