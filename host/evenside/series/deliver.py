"""Lines to a server, as one request where it takes them, else in halves until those that it refuses stand alone.

Pure but for ``send``. It never gives up on a line by itself: only the server's refusal of that very line, sent alone,
makes it a dead one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from evenside.series.sink import Answer

__all__ = ["DEAD_MAX", "Delivery", "deliver"]

DEAD_MAX = 50  # of one delivery: a server that refuses everything shall not be flooded with requests


@dataclass(frozen=True, slots=True)
class Delivery:
    """``settled`` lines from the front were taken, but for those in ``dead`` (error, line).

    ``halt``: what kept the others from being sent; None where nothing did. ``largest``: how many lines went at once.
    """

    settled: int
    dead: tuple[tuple[str, bytes], ...]
    halt: Answer | None
    largest: int


def deliver(
    send: Callable[[bytes], Answer], lines: Sequence[bytes], go_on: Callable[[], bool] = lambda: True
) -> Delivery:
    """Send in order. Ends early when ``go_on`` says so, after ``DEAD_MAX`` dead lines, or with the first hindrance."""
    settled, largest = 0, 0
    dead: list[tuple[str, bytes]] = []
    spans = [(0, len(lines))]  # what is still to be sent, the next one last
    while spans and len(dead) < DEAD_MAX and (go_on() or not settled):
        first, end = spans.pop()
        answer = send(b"\n".join(lines[first:end]))
        if answer.outcome == "taken":
            settled, largest = end, max(largest, end - first)
        elif answer.outcome not in ("refused", "too_large"):
            return Delivery(settled, tuple(dead), answer, largest)
        elif end - first == 1:
            settled = end
            dead.append((answer.words, lines[first]))
        else:
            middle = (first + end) // 2
            spans += [(middle, end), (first, middle)]
    return Delivery(settled, tuple(dead), None, largest)
