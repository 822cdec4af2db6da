"""`watchline interruption`: how likely a response gets there in time, on a table of what an intruder must do."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter

from watchline.cli.options import Json
from watchline.coverage.interruption import Interruption, PathTask, Response
from watchline.coverage.interruption import interruption as interruption_of
from watchline.domain.errors import BadInput
from watchline.sources.path_picture import TaskBar, write_path

COLUMNS = ("task", "p_detect", "delay_s", "delay_sd_s", "where")
ROWS_MAX = 10_000  # no path has more tasks; a larger table is another file given by mistake
BYTES_MAX = 4_000_000


def interruption(
    table: Path,
    /,
    *,
    p_comm: Annotated[float, Parameter(help="chance that a detection reaches the responders, 0..1")],
    response_s: Annotated[float, Parameter(help="mean response time in seconds")],
    response_sd_s: Annotated[float, Parameter(help="its standard deviation in seconds")],
    png: Path | None = None,
    json: Json = False,
) -> int:
    """Probability of interruption P_I on a path: detect, delay, respond.

    Parameters
    ----------
    table
        CSV with the columns task,p_detect,delay_s,delay_sd_s,where; where is B, M or E: detection at the beginning,
        the middle or the end of the task.
    png
        Write a picture: the tasks along time, where each is detected, from where on it is too late.
    json
        Print one JSON object with what every task contributes.
    """
    response = _response(p_comm, response_s, response_sd_s)
    path = read_path(table)
    answer = interruption_of(path, response)
    if png is not None:
        title = f"P_I {answer.p_interruption:.4f}: {table.name}, response {response_s:g} s (sd {response_sd_s:g})"
        write_path(png, _bars(path, answer), response_s, title)
    if json:
        print(msgspec.json.encode(_as_dict(answer)).decode())
    else:
        print(_lines(answer))
    return 0


def _response(p_comm: float, response_s: float, response_sd_s: float) -> Response:
    try:
        return Response(p_comm, response_s, response_sd_s)
    except ValueError as error:
        raise _field_error("--", error) from None


def _field_error(where: str, error: ValueError) -> BadInput:
    # Messages of the model begin with the field's name.
    field, _, rule = str(error).partition(" ")
    return BadInput(where + (field.replace("_", "-") if where == "--" else field), rule)


def read_path(table: Path) -> list[PathTask]:
    """Return the tasks of a CSV table; raises BadInput naming file, row, field and rule."""
    try:
        if table.stat().st_size > BYTES_MAX:
            raise BadInput(str(table), f"is larger than {BYTES_MAX} bytes: no table of tasks")
        text = table.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise BadInput(str(table), f"cannot be read: {(error.strerror or str(error)).lower()}") from None
    except UnicodeDecodeError:
        raise BadInput(str(table), "must be text in UTF-8") from None
    try:
        rows = [
            (reader.line_num, row)
            for reader in [csv.reader(io.StringIO(text, newline=""), strict=True)]
            for row in reader
            if any(cell.strip() for cell in row)
        ]
    except csv.Error as error:
        raise BadInput(str(table), f"must be CSV: {error}") from None
    if not rows:
        raise BadInput(str(table), "is empty", f"columns: {','.join(COLUMNS)}")
    header = [cell.strip() for cell in rows[0][1]]
    _check_header(table, header)
    if len(rows) == 1:
        raise BadInput(str(table), "has no tasks below its header")
    if len(rows) - 1 > ROWS_MAX:
        raise BadInput(str(table), f"has {len(rows) - 1} tasks, at most {ROWS_MAX} are read")
    return [_task(table, line, header, row) for line, row in rows[1:]]


def _check_header(table: Path, header: list[str]) -> None:
    for column in COLUMNS:
        if column not in header:
            raise BadInput(f"{table}: row 1: {column}", "column is missing", f"columns: {','.join(COLUMNS)}")
    for column in header:
        if column not in COLUMNS:
            raise BadInput(f"{table}: row 1: {column or 'a column'}", f"is none of {','.join(COLUMNS)}")
        if header.count(column) > 1:
            raise BadInput(f"{table}: row 1: {column}", "stands twice")


def _task(table: Path, line: int, header: list[str], row: list[str]) -> PathTask:
    at = f"{table}: row {line}: "
    if len(row) != len(header):
        raise BadInput(at[:-2], f"must have {len(header)} fields, has {len(row)}")
    cells = {name: cell.strip() for name, cell in zip(header, row, strict=True)}
    if not cells["task"]:
        raise BadInput(at + "task", "must have a name")
    numbers = {name: _number(at + name, cells[name]) for name in ("p_detect", "delay_s", "delay_sd_s")}
    if cells["where"] not in ("B", "M", "E"):
        raise BadInput(at + "where", f"must be B, M or E, got {cells['where']!r}")
    try:
        return PathTask(task=cells["task"], where=cells["where"], **numbers)  # type: ignore[arg-type]
    except ValueError as error:
        raise _field_error(at, error) from None


def _number(where: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise BadInput(where, f"must be a number, got {text!r}") from None
    if not math.isfinite(value):
        raise BadInput(where, f"must be a finite number, got {text!r}")
    return value


def _bars(path: list[PathTask], answer: Interruption) -> list[TaskBar]:
    whole_s, begin_s, bars = math.fsum(task.delay_s for task in path), 0.0, []
    for task, share in zip(path, answer.tasks, strict=True):
        end_s = begin_s + task.delay_s
        bars.append(TaskBar(task.task, begin_s, end_s, whole_s - share.left_s, share.p_first, share.p_in_time))
        begin_s = end_s
    return bars


def _as_dict(answer: Interruption) -> dict[str, object]:
    tasks = [
        {
            "task": share.task,
            "p_first_detect": share.p_first,
            "time_left_s": share.left_s,
            "time_left_sd_s": share.left_sd_s,
            "p_in_time": share.p_in_time,
            "p_interrupt": share.p_interrupt,
        }
        for share in answer.tasks
    ]
    return {
        "p_interruption": answer.p_interruption,
        "p_detect": answer.p_detect,
        "p_timely_detect": answer.p_timely,
        "critical_task": None if answer.critical is None else answer.tasks[answer.critical].task,
        "critical_index": answer.critical,
        "tasks": tasks,
    }


def _lines(answer: Interruption) -> str:
    critical = "none: the first task is already too late"
    if answer.critical is not None:
        critical = answer.tasks[answer.critical].task
    lines = [
        f"P_I {answer.p_interruption:.4f}",
        f"detected anywhere {answer.p_detect:.4f}, in time on the mean {answer.p_timely:.4f}",
        f"critical detection point: {critical}",
    ]
    lines += [
        f"  {share.task:24} first detected {share.p_first:.4f}  left {share.left_s:7.1f} s  "
        f"in time {share.p_in_time:.4f}  adds {share.p_interrupt:.4f}"
        for share in answer.tasks
    ]
    return "\n".join(lines)
