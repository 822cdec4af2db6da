"""HTTP/1.1 as SOAP needs it: a POST out, responses with a length or in chunks back.

Standard: RFC 9112.  Not covered: responses that end with the connection, compression, trailers, redirects.
"""

from __future__ import annotations

from dataclasses import dataclass


class Limits:
    """head, body: bytes of a response; a device's capabilities take some tens of KiB."""

    head = 16_384
    body = 1 << 20


@dataclass(frozen=True)
class Response:
    """A whole response: status and body."""

    status: int
    body: bytes


def post(host: str, path: str, action: str, body: bytes) -> bytes:
    """Return a POST of a SOAP 1.2 message."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\n"
        f'Content-Type: application/soap+xml; charset=utf-8; action="{action}"\r\n'
        f"Content-Length: {len(body)}\r\nConnection: keep-alive\r\n\r\n"
    )
    return head.encode("ascii") + body


def take(buffer: bytes) -> tuple[Response | None, int]:
    """Return the first response and how many bytes it took; (None, 0) while its end has not come.

    ValueError for what can never become one: nothing after it can be understood.
    """
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        if len(buffer) > Limits.head or (len(buffer) >= 5 and not buffer.startswith(b"HTTP/")):
            raise ValueError("is not an HTTP response")
        return None, 0
    lines = buffer[:end].decode("latin-1").split("\r\n")
    status = _status(lines[0])
    fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    at = end + 4
    if status == 100 or status in (204, 304):
        return Response(status, b""), at
    if "chunked" in fields.get("transfer-encoding", "").lower():
        return _chunks(buffer, at, status)
    length = fields.get("content-length", "")
    if not (length.isascii() and length.isdigit()):
        raise ValueError("an HTTP response without a length")
    size = int(length) if len(length) < 9 else Limits.body + 1
    if size > Limits.body:
        raise ValueError(f"an HTTP response over {Limits.body} bytes")
    return (Response(status, buffer[at : at + size]), at + size) if len(buffer) >= at + size else (None, 0)


def _status(line: str) -> int:
    parts = line.split()
    if len(parts) < 2 or not parts[0].startswith("HTTP/1.") or not (parts[1].isascii() and parts[1].isdigit()):
        raise ValueError(f"{line[:40]!r} is no HTTP status")
    return int(parts[1][:4])


def _chunks(buffer: bytes, at: int, status: int) -> tuple[Response | None, int]:
    body = b""
    while True:
        end = buffer.find(b"\r\n", at)
        if end < 0 or end - at > 64:
            if len(buffer) - at > 64:
                raise ValueError("a chunk without a length")
            return None, 0
        word = buffer[at:end].split(b";")[0].strip()
        try:
            size = int(word, 16) if word.isalnum() and len(word) <= 8 else -1
        except ValueError:
            size = -1
        if size < 0:
            raise ValueError("a chunk without a length")
        if len(body) + size > Limits.body:
            raise ValueError(f"an HTTP response over {Limits.body} bytes")
        if len(buffer) < end + 2 + size + 2:
            return None, 0
        body += buffer[end + 2 : end + 2 + size]
        at = end + 2 + size + 2
        if size == 0:
            return Response(status, body), at
