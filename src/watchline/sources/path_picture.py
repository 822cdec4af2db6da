"""A path of delays as a picture: tasks along time, where each can be detected, from where on it is too late."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from watchline.domain.errors import BadInput

U1 = NDArray[np.uint8]

WIDE_PX, ROW_PX, TOP_PX, LEFT_PX, RIGHT_PX = 1200, 44, 90, 250, 190
PAPER, INK, FAINT = (250, 250, 250), (40, 40, 40), (215, 215, 215)
IN_TIME_BGR, LATE_BGR = (150, 120, 40), (60, 90, 200)  # blue and red-brown, told apart without red-green sight
FONT = cv2.FONT_HERSHEY_SIMPLEX
NAME_LETTERS = 26
ROWS_SHOWN = 60  # a taller picture is nothing to look at; the numbers are printed anyway


@dataclass(frozen=True)
class TaskBar:
    """One task: begin_s, end_s on the intruder's clock; detect_s when detected, if it is; p_first, p_in_time."""

    name: str
    begin_s: float
    end_s: float
    detect_s: float
    p_first: float
    p_in_time: float


def write_path(path: Path, tasks: list[TaskBar], response_s: float, title: str) -> None:
    """Write the picture; a dot's area is the chance of first detection there, its colour whether that is in time."""
    shown = tasks[:ROWS_SHOWN]
    picture = np.full((TOP_PX + ROW_PX * len(shown) + 60, WIDE_PX, 3), PAPER, np.uint8)
    whole_s = max(tasks[-1].end_s, 1e-9)
    last_call_s = whole_s - response_s
    cv2.putText(picture, title, (20, 36), FONT, 0.62, INK, 1, cv2.LINE_AA)
    _last_call(picture, last_call_s, whole_s)
    for row, task in enumerate(shown):
        _bar(picture, row, task, whole_s, task.detect_s <= last_call_s)
    _clock(picture, whole_s)
    if len(shown) < len(tasks):
        note = f"{len(tasks) - len(shown)} more tasks are not drawn"
        cv2.putText(picture, note, (20, picture.shape[0] - 14), FONT, 0.5, INK, 1, cv2.LINE_AA)
    try:
        path.write_bytes(cv2.imencode(".png", picture)[1].tobytes())
    except OSError as error:
        raise BadInput(str(path), f"cannot be written ({error.strerror})") from None


def _x(t_s: float, whole_s: float) -> int:
    return round(LEFT_PX + (WIDE_PX - LEFT_PX - RIGHT_PX) * t_s / whole_s)


def _last_call(picture: U1, last_call_s: float, whole_s: float) -> None:
    """Shade what comes after the latest detection that a mean response still answers."""
    at = _x(min(max(last_call_s, 0.0), whole_s), whole_s)
    bottom = picture.shape[0] - 50
    picture[TOP_PX - 20 : bottom, at : WIDE_PX - RIGHT_PX] = (232, 236, 248)
    cv2.line(picture, (at, TOP_PX - 20), (at, bottom), LATE_BGR, 2)
    word = "too late from here" if last_call_s > 0 else "too late from the start"
    cv2.putText(picture, word, (min(at + 6, WIDE_PX - 360), TOP_PX - 26), FONT, 0.5, LATE_BGR, 1, cv2.LINE_AA)


def _bar(picture: U1, row: int, task: TaskBar, whole_s: float, in_time: bool) -> None:
    y = TOP_PX + ROW_PX * row + ROW_PX // 2
    name = task.name if len(task.name) <= NAME_LETTERS else task.name[: NAME_LETTERS - 1] + "."
    cv2.putText(picture, name, (20, y + 5), FONT, 0.5, INK, 1, cv2.LINE_AA)
    cv2.rectangle(picture, (_x(task.begin_s, whole_s), y - 4), (_x(task.end_s, whole_s), y + 4), INK, -1)
    if task.p_first > 0.0:
        radius = max(3, round(18 * float(np.sqrt(task.p_first))))
        place = (_x(task.detect_s, whole_s), y)
        cv2.circle(picture, place, radius, IN_TIME_BGR if in_time else LATE_BGR, 2, cv2.LINE_AA)
    words = f"{task.p_first:.2f} x {task.p_in_time:.2f} in time"
    cv2.putText(picture, words, (WIDE_PX - RIGHT_PX + 12, y + 5), FONT, 0.48, INK, 1, cv2.LINE_AA)


def _clock(picture: U1, whole_s: float) -> None:
    bottom = picture.shape[0] - 50
    cv2.line(picture, (LEFT_PX, bottom), (WIDE_PX - RIGHT_PX, bottom), INK, 1)
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        at = _x(share * whole_s, whole_s)
        cv2.line(picture, (at, bottom), (at, bottom + 5), INK, 1)
        cv2.putText(picture, f"{share * whole_s:.0f} s", (at - 16, bottom + 22), FONT, 0.45, INK, 1, cv2.LINE_AA)
