"""What a ``replay://`` URL says, both ways, and the recording that it names.

``replay://PATH?layout=NAME&speed=1|8|max&rate_hz=100``: the path percent-encoded where it holds ``%``, ``?`` or ``#``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote, urlencode

from evenside.errors import SourceError
from evenside.readers import Recording, open_recording
from evenside.sources import SourceUrl
from evenside_analysis.types import Node

__all__ = [
    "AS_FAST_AS_TAKEN",
    "ReplayOptions",
    "open_replayed",
    "recorded_nodes",
    "replay_options",
    "replay_url",
    "speed_of",
]

AS_FAST_AS_TAKEN = math.inf
SPEED_MIN, SPEED_MAX = 0.01, 10_000.0
SHOWN_EVERY_S = 0.25  # of real time: how often a live display gets something new
SPAN_MAX_S = 30.0  # of session time, however fast

_MEND = "write replay://PATH?layout=NAME&speed=1&rate_hz=100; all but the path may be left out"


@dataclass(frozen=True, slots=True)
class ReplayOptions:
    """``speed`` is session seconds a second, ``AS_FAST_AS_TAKEN`` for no pacing at all."""

    path: Path
    layout: str | None = None
    speed: float = 1.0
    rate_hz: float | None = None

    @property
    def span_s(self) -> float:
        """How much session time a block may hold."""
        return SPAN_MAX_S if math.isinf(self.speed) else min(SHOWN_EVERY_S * self.speed, SPAN_MAX_S)


def replay_options(url: SourceUrl) -> ReplayOptions:
    """What a URL says.

    Raises:
        SourceError: there is no path in it, an option is unknown, or a number is none or out of range.
    """
    given = url.options
    unknown = sorted(given.keys() - {"layout", "speed", "rate_hz"})
    if unknown or not url.target:
        what = f"option {unknown[0]!r} of" if unknown else "no path in"
        raise SourceError(f"{what} {url.scheme}://{url.target}", mend=_MEND)
    rate_hz = _number("rate_hz", given["rate_hz"], 0.1, 10_000.0) if "rate_hz" in given else None
    path = Path(unquote(url.target)).expanduser()
    return ReplayOptions(path, given.get("layout") or None, speed_of(given.get("speed", "1")), rate_hz)


def replay_url(options: ReplayOptions) -> str:
    """The URL that ``replay_options`` reads the same from."""
    speed = "max" if math.isinf(options.speed) else options.speed
    given = {"layout": options.layout, "speed": speed, "rate_hz": options.rate_hz}
    return f"replay://{quote(str(options.path))}?{urlencode({key: value for key, value in given.items() if value})}"


def speed_of(text: str) -> float:
    """``max``, or how many session seconds pass a second. Raises SourceError."""
    return AS_FAST_AS_TAKEN if text == "max" else _number("speed", text, SPEED_MIN, SPEED_MAX, " or max")


def _number(name: str, text: str, low: float, high: float, other: str = "") -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not low <= value <= high:
        raise SourceError(f"{name}={text} of a replay", mend=f"write a number from {low:g} to {high:g}{other}")
    return value


def open_replayed(options: ReplayOptions) -> Recording:
    """The recording, opened for this speed.

    Raises:
        ReadError, LayoutError: as ``open_recording`` does.
    """
    return open_recording(options.path, options.layout, options.span_s, rate_hz=options.rate_hz)


def recorded_nodes(options: ReplayOptions) -> tuple[Node, ...]:
    """The nodes of the recording, so that it can be replayed without a configuration.

    Raises:
        ReadError, LayoutError: it cannot be opened.
    """
    return open_replayed(options).nodes
