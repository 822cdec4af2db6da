"""The pages of docs/reference, each made from what the product itself is: `pages()`."""

from __future__ import annotations

import inspect
import math
import re
import sys
from collections.abc import Iterator
from typing import Any, get_origin, get_type_hints

import msgspec

from reference.fields import Field, fields_of, structs_in, unit_of, words_of
from watchline.cli import app
from watchline.domain import batches
from watchline.domain.kinds import record_types
from watchline.domain.records import Record
from watchline.domain.site import Part, Site
from watchline.ops.many.wire import SUBJECTS
from watchline.ops.record_log import LOGGED
from watchline.ops.site_limits import LIMITS
from watchline.ops.streams import STREAMS

MADE = "Made from the code by `make reference`; a test keeps it so.\n"
COLUMNS = (
    batches.ScanBatch, batches.DetectionBatch, batches.TrackBatch, batches.MissBatch, batches.InterruptionBatch,
)  # fmt: skip

BASE = frozenset(field.name for field in msgspec.structs.fields(Record))


def pages(described: dict[str, Any]) -> dict[str, str]:
    """Return file name -> text; described: the server's own OpenAPI."""
    return {
        "command-line.md": command_line(),
        "site-settings.md": site_settings(),
        "records.md": records(),
        "streams.md": streams(),
        "http.md": http(described),
    }


def command_line() -> str:
    """Return every verb with its arguments and options."""
    text = app.generate_docs(output_format="markdown", heading_level=2)
    _, _, verbs = text.partition("## watchline run")
    told = re.sub(r"^## watchline", "### watchline", "## watchline run" + verbs, flags=re.MULTILINE)
    told = re.sub(r"^(?:##+) watchline (\w+)$", r"## \1", told, flags=re.MULTILINE).replace("*[default: ", "*[")
    told = told.replace(", --empty-dark", "").replace("*[False]*", "").replace("```console", "```text")
    told = re.sub(r" +$", "", told, flags=re.MULTILINE)
    return (
        f"# Command line\n\n{MADE}\nExit codes: 0 done, 1 the answer is no, 2 bad input with one line that names "
        "field and rule. Square brackets hold the default.\n\n" + told.strip() + "\n"
    )


def site_settings() -> str:
    """Return every table of the site file with every setting: unit, default, rule."""
    blocks = [
        "# Settings of a site file\n\n" + MADE + "\nWhat the tables are for: [the site file](../site-file.md). "
        "Besides the rules here `watchline check` judges how settings fit together; each fault says what to do.\n"
    ]
    top = [field for field in fields_of(Site) if field.name in ("schema", "name")]
    blocks.append("## The file itself\n\n" + _table(top, LIMITS.get("", {})))
    hints = get_type_hints(Site)
    for name, hint in hints.items():
        for kind in structs_in(hint):
            blocks += _part(name, kind, many=get_origin(hint) is tuple)
    return "\n".join(blocks)


def _part(path: str, kind: type[msgspec.Struct], *, many: bool) -> Iterator[str]:
    head = f"[[{path}]]" if many and "." not in path else f"[{path}]" if "." not in path else path
    yield f"## `{head}`\n\n{_prose(kind)}\n\n" + _table(fields_of(kind), LIMITS.get(path, {}))
    for name, hint in get_type_hints(kind).items():
        for inner in structs_in(hint):
            if issubclass(inner, Part):
                yield from _part(f"{path}.{name}", inner, many=get_origin(hint) is tuple)


def _table(fields: Any, limits: dict[str, tuple[float, float, str]]) -> str:
    lines = ["| setting | what | type | unit | default | rule |", "|---|---|---|---|---|---|"]
    for field in fields:
        rule = ""
        if field.name in limits:
            low, high, _ = limits[field.name]
            rule = f"{low:g} .. {high:g}" if high < math.inf else f"at least {low:g}"
        default = field.default or "must be given"
        lines.append(f"| `{field.name}` | {_cell(field.words)} | {field.type} | {field.unit} | {default} | {rule} |")
    return "\n".join(lines) + "\n"


def records() -> str:
    """Return every kind of record and every kind of columns with its fields."""
    head = (
        "# Records\n\n" + MADE + "\nWhat a core, a link and a person can say, and the ledger keeps. A record is one "
        "JSON or MessagePack object; `kind` says which; fields at their default are left out. `log`: at which level "
        "`watchline log` tells it, with which fields.\n\n## Every record\n\n" + _fields_table(fields_of(Record))
    )
    blocks, parts = [head], {}
    rooms: dict[str, list[type[Record]]] = {}
    for kind in record_types().values():
        rooms.setdefault(kind.__module__, []).append(kind)
    for module, kinds in rooms.items():
        blocks.append(f"## {module.rpartition('.')[2]}\n\n{_first_line(sys.modules[module].__doc__)}\n")
        for kind in kinds:
            tag = str(kind.__struct_config__.tag)
            table = _fields_table(fields_of(kind, leave=BASE))
            blocks.append(f"### `{tag}`\n\n{_prose(kind)}{_logged(tag)}\n\n{table}")
            parts |= {part.__name__: part for part in _parts_of(kind)}
    blocks.append("## Parts of records\n")
    for name, part in sorted(parts.items()):
        blocks.append(f"### {name}\n\n{_prose(part)}\n\n" + _fields_table(fields_of(part)))
    blocks.append("## Columns\n\nWhat comes by the thousand lies in the ledger as columns of equal length.\n")
    for batch in COLUMNS:
        blocks.append(f"### {batch.__name__}\n\n{' '.join(inspect.getdoc(batch).split())}\n\n" + _columns(batch))
    return "\n".join(blocks)


def _parts_of(kind: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    for hint in get_type_hints(kind).values():
        for part in structs_in(hint):
            if not issubclass(part, Record | Part):
                yield part
                yield from _parts_of(part)


def _logged(tag: str) -> str:
    if tag not in LOGGED:
        return ""
    level, names = LOGGED[tag]
    told = ", ".join(f"`{name}`" for name in names)
    return f" `log`: {level}" + (f", {told}." if told else ".")


def _fields_table(fields: Any) -> str:
    rows: list[Field] = list(fields)
    if not rows:
        return "No fields of its own.\n"
    lines = ["| field | what | type | unit | default |", "|---|---|---|---|---|"]
    for field in rows:
        default = field.default or "always there"
        lines.append(f"| `{field.name}` | {_cell(field.words)} | {field.type} | {field.unit} | {default} |")
    return "\n".join(lines) + "\n"


def _columns(batch: Any) -> str:
    lines = ["| column | unit | type |", "|---|---|---|"]
    for name, (dtype, extra) in batch.COLUMNS.items():
        shape = f" x {extra[0]}" if extra else ""
        lines.append(f"| `{name}` | {unit_of(name)} | {dtype.__name__}{shape} |")
    return "\n".join(lines) + "\n"


def streams() -> str:
    """Return every queue of a core, and every subject of the message server."""
    lines = [
        "# Queues and subjects\n", MADE, "## Queues of a core\n",
        "Every queue has a bound. What gives way is counted in the ledger (`drop`); `/metrics` says how full each "
        "is.\n",
        "| queue | what waits | bound | when it is full |", "|---|---|---|---|",
    ]  # fmt: skip
    lines += [f"| {one.name} | {one.about} | {one.bound} | {one.full} |" for one in STREAMS]
    lines += [
        "\n## Subjects of the message server\n",
        "Between the machines of one site ([many machines](../many-machines.md)); MessagePack. A name follows after "
        "a dot: the node's, or the number of the part of the line.\n",
        "| subject | written by | read by | what |", "|---|---|---|---|",
    ]  # fmt: skip
    lines += [f"| `{name}.*` | {by} | {to} | {what} |" for name, (by, to, what) in SUBJECTS.items()]
    return "\n".join(lines) + "\n"


def http(described: dict[str, Any]) -> str:
    """Return every door of the server, from its own OpenAPI."""
    lines = [
        "# HTTP\n", MADE, "A running core serves the same as OpenAPI 3.1 at `/api/openapi.json`, with the shapes of "
        "bodies. What the screen and the socket say: [the wire](../wire.md). Errors are "
        '`{"error": "one line"}`.\n', "| door | what | asked with |", "|---|---|---|",
    ]  # fmt: skip
    for path, methods in sorted(described["paths"].items()):
        for method, door in methods.items():
            asked = [f"`{one['name']}`" for one in door["parameters"] if one["in"] == "query"]
            for kind, body in door.get("requestBody", {}).get("content", {}).items():
                asked.append("a file" if "octet" in kind else f"{{{', '.join(_body(body['schema'], described))}}}")
            lines.append(f"| `{method.upper()} {path}` | {_cell(door['summary'])} | {', '.join(asked)} |")
    return "\n".join(lines) + "\n"


def _body(schema: dict[str, Any], described: dict[str, Any]) -> list[str]:
    if "$ref" in schema:
        return _body(described["components"]["schemas"][schema["$ref"].rpartition("/")[2]], described)
    if "anyOf" in schema:
        asks = [_body(one, described) for one in schema["anyOf"]]
        common = [name for name in asks[0] if all(name in one for one in asks)]
        return [*common, "…"]
    must = schema.get("required", [])
    return [name if name in must else f"{name}?" for name in schema.get("properties", {})]


def _prose(kind: type[msgspec.Struct]) -> str:
    return words_of(kind)[0]


def _first_line(text: str | None) -> str:
    return " ".join((text or "").split("\n\n")[0].split())


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def undocumented(described: dict[str, Any]) -> list[str]:
    """Return every setting, field and door of the product that nobody has said what it is."""
    kinds: list[type[msgspec.Struct]] = [*record_types().values()]
    kinds += [part for kind in kinds for part in _parts_of(kind)]
    kinds += [part for hint in get_type_hints(Site).values() for part in _with_inner(hint)]
    bare = [f"Record.{field.name}" for field in fields_of(Record) if not field.words]
    bare += [f"{kind.__name__}.{one.name}" for kind in kinds for one in fields_of(kind, leave=BASE) if not one.words]
    bare += [
        f"{batch.__name__}.{name}" for batch in COLUMNS for name in batch.COLUMNS
        if not re.search(rf"\b{name}\b", batch.__doc__ or "")
    ]  # fmt: skip
    doors = [(path, method, door) for path, one in described["paths"].items() for method, door in one.items()]
    bare += [f"{method} {path}" for path, method, door in doors if not door["summary"]]
    bare += [line for line in command_line().splitlines() if re.match(r"\* `[^`]+`(?!: )", line)]
    return sorted(set(bare))


def _with_inner(hint: Any) -> Iterator[type[msgspec.Struct]]:
    for part in structs_in(hint):
        yield part
        for inner in get_type_hints(part).values():
            yield from _with_inner(inner)
