"""Asking a web server for a file or a part of it: what passes is tried again, what does not is one clear line."""

from __future__ import annotations

import contextlib
import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

from watchline.domain.errors import BadInput

TIMEOUT_S = 20.0
TRIES, PAUSE_S = 3, 1.0
ABSENT = (404, 410)


class Absent(Exception):
    """The server says that there is no such file."""


class Unreachable(BadInput):
    """The server gave no answer at all."""


@contextlib.contextmanager
def answered(url: str, method: str, headers: dict[str, str]) -> Iterator[Any]:
    """Yield the server's answer; what passes (timeouts, 5xx) is tried again, what does not is one clear line."""
    for left in reversed(range(TRIES)):
        try:
            answer = urllib.request.urlopen(
                urllib.request.Request(url, method=method, headers=headers), timeout=TIMEOUT_S
            )
            break
        except urllib.error.HTTPError as error:
            error.close()
            if error.code in ABSENT:
                raise Absent(url) from None
            if error.code < 500 or left == 0:
                raise _refusal(url, error.code) from None
        except (OSError, http.client.HTTPException) as error:
            if left == 0:
                reason = "no answer in time" if "timed out" in str(error) else str(error)
                do = "check the connection or give a folder"
                raise Unreachable(url, f"cannot be reached ({reason})", do) from None
        time.sleep(PAUSE_S)
    with answer:
        yield answer


def _refusal(url: str, code: int) -> BadInput:
    if code in (401, 403):
        do = "it may need a login, or hide names that are not there; give a folder"
        return BadInput(url, f"the server refuses it ({code})", do)
    if code >= 500:
        return BadInput(url, f"the server fails ({code})", "try later: what came is kept")
    return BadInput(url, f"the server answers {code}")


def length(headers: Any, url: str) -> int:
    try:
        return int(headers["Content-Length"])
    except (TypeError, ValueError):
        rule = "the server does not say how long it is, so that it could never be known to be whole"
        raise BadInput(url, rule, "give a folder") from None


def length_of_whole(answer: Any) -> int:
    if answer.status == 206:
        total = str(answer.headers.get("Content-Range", "")).rpartition("/")[2]
        return int(total) if total.isdigit() else -1
    return int(answer.headers.get("Content-Length") or -1)


def mark_of(headers: Any) -> str:
    """Return what tells one edition of a file from the next."""
    return str(headers.get("ETag") or headers.get("Last-Modified") or "")
