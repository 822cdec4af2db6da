"""XML from strangers as a small tree: no document type, no entities of their own, bounded depth and size."""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.parsers import expat

DEPTH = 40
NODES = 4_000_000


@dataclass
class Node:
    """An element: its local name, attributes by local name, text, children.  Mutable while it is read."""

    name: str
    attributes: dict[str, str]
    parts: list[str] = field(default_factory=list)
    children: list[Node] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Return the text directly inside."""
        return "".join(self.parts).strip()

    def all(self, name: str) -> list[Node]:
        """Return the children of that name."""
        return [child for child in self.children if child.name == name]

    def first(self, name: str) -> Node | None:
        """Return the first child of that name."""
        return next((child for child in self.children if child.name == name), None)

    def text_of(self, name: str) -> str:
        """Return the text of the first child of that name, "" without one."""
        child = self.first(name)
        return child.text if child else ""

    def every(self, name: str) -> list[Node]:
        """Return all elements of that name below, in the order of the file."""
        found, stack = [], [self]
        while stack:
            node = stack.pop()
            if node.name == name:
                found.append(node)
            stack.extend(reversed(node.children))
        return found


class _Reader:
    def __init__(self) -> None:
        self.root: Node | None = None
        self.open: list[Node] = []
        self.count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.count += 1
        if len(self.open) >= DEPTH or self.count > NODES:
            raise ValueError(f"XML deeper than {DEPTH} or of more than {NODES} elements")
        node = Node(_local(name), {_local(key): value for key, value in attributes.items()})
        if self.open:
            self.open[-1].children.append(node)
        else:
            self.root = node
        self.open.append(node)

    def end(self, _: str) -> None:
        self.open.pop()

    def text(self, data: str) -> None:
        if self.open:
            self.open[-1].parts.append(data)


def _local(name: str) -> str:
    return name.rpartition(" ")[2].rpartition(":")[2]


def _no_doctype(*_: object) -> None:
    raise ValueError("a document type is not taken: it can hold entities that grow without end")


def parse(data: bytes) -> Node:
    """Return the root; ValueError for anything that is not well-formed, or has a document type."""
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = _no_doctype
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise ValueError(f"not well-formed XML ({error})") from None
    except LookupError:
        raise ValueError("not well-formed XML (its encoding is not known)") from None
    assert reader.root is not None
    return reader.root
