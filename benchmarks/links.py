"""How quick the decoders are: a recorded log over and over, against bare parsers on the same bytes.

Ratios are what counts: the same bytes through protobuf or ElementTree alone, without any rule, on the same machine.
"""

from __future__ import annotations

import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

from watchline.domain.errors import BadInput
from watchline.links import Settings, open_link
from watchline.links.log import read_log

LOGS = Path(__file__).parents[1] / "tests" / "replay"
ROUNDS = 5


def _best_s(work: Callable[[], object]) -> float:
    """Return the least CPU time of a few runs."""
    times = []
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return min(times)


def _decode(name: str, times: int) -> tuple[int, float]:
    """Return how many messages were decoded or refused, and the seconds they took."""
    link, count = open_link(name), 0
    pieces = [arrival.data for arrival in read_log((LOGS / f"{name}.log").read_bytes(), name)] * times

    def work() -> None:
        nonlocal count
        state, count = link.init(Settings(name)), 0
        for piece in pieces:
            state, records, errors = link.decode(state, piece)
            count += len(records) + len(errors)

    seconds = _best_s(work)
    return count, seconds


def _sapient_alone(times: int) -> tuple[int, float]:
    from sapient_msg.bsi_flex_335_v2_0 import sapient_message_pb2

    whole = b"".join(arrival.data for arrival in read_log((LOGS / "sapient.log").read_bytes(), "sapient"))
    bodies, at = [], 0
    while at < len(whole):
        size = int.from_bytes(whole[at : at + 4], "little")
        bodies.append(whole[at + 4 : at + 4 + size])
        at += 4 + size
    sound = [body for body in bodies if len(body) > 20] * times
    return len(sound), _best_s(lambda: [sapient_message_pb2.SapientMessage.FromString(body) for body in sound])


def _xml_alone(times: int) -> tuple[int, float]:
    whole = b"".join(arrival.data for arrival in read_log((LOGS / "cot.log").read_bytes(), "cot"))
    events = [part + b"</event>" for part in whole.split(b"</event>") if part.strip()] * times
    return len(events), _best_s(lambda: [ET.fromstring(event.strip()) for event in events])


def main() -> int:
    """Print a line for each link."""
    alone = {"sapient": _sapient_alone, "cot": _xml_alone}
    for name in ("sapient", "cot", "mqtt"):
        try:
            open_link(name)
        except BadInput as error:
            print(f"{name}: {error}")
            continue
        _decode(name, 20)
        count, seconds = _decode(name, 200)
        line = f"{name:8} {1e6 * seconds / count:7.1f} us a message"
        if name in alone:
            n, bare_s = alone[name](200)
            line += f", {seconds / count / (bare_s / n):5.1f} times its parser alone ({1e6 * bare_s / n:.1f} us)"
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
