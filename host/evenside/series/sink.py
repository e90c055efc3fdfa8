"""What a sink is: another database that takes lines. Built-in ones and those of others are found in the same way.

A kind of sink is a ``SinkKind`` in the entry-point group ``evenside.sinks``. Its ``open`` gives a ``Transport``, which
sends bytes and says in one of five words what became of them; when to try again, what to keep and what to tell is not
its business.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from typing import Literal, Protocol

from evenside.errors import ConfigError
from evenside.series.secret import Secret

__all__ = ["Answer", "Outcome", "Server", "SinkKind", "SinkRequest", "Transport", "known_kinds", "sink_kind"]

# refused: these lines, for good; too_large: as many at once; stopped: until a person does something
Outcome = Literal["taken", "busy", "refused", "too_large", "stopped"]


@dataclass(frozen=True, slots=True)
class SinkRequest:
    """Which server. ``secret`` is read when the transport is opened; ``ca_file`` holds certificates to trust."""

    name: str
    url: str
    bucket: str
    org: str = ""
    secret: Secret = field(default_factory=Secret)
    ca_file: Path | None = None
    timeout_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of some lines. ``words`` and ``mend`` are for a person, ``wait_s`` is what the server asks for.

    ``gone``: nobody listens at the server's place, so that it may be starting anew.
    """

    outcome: Outcome
    words: str = ""
    mend: str = ""
    wait_s: float = 0.0
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Server:
    """What a server says of itself. ``start`` changes when it starts anew, "" where it cannot tell.

    Since then it took ``taken`` lines of anybody, and threw away ``swallowed`` others without a word; ``notes`` are
    settings of it that cost lines.
    """

    start: str = ""
    swallowed: int = 0
    notes: tuple[str, ...] = ()
    taken: int = 0


class Transport(Protocol):
    """**Protocol:** a way to one server. Used by one thread; every call returns within the request's timeout."""

    def send(self, body: bytes) -> Answer:
        """Lines joined by line ends, times in ms. Never raises for what the network or the server does."""

    def server(self) -> Server | Answer:
        """How the server does; an ``Answer`` where it cannot be reached. Asked of kinds that are not durable."""

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class SinkKind:
    """``durable``: what the server has taken survives its crash. ``texts``: it keeps fields that hold text."""

    open: Callable[[SinkRequest], Transport]
    durable: bool
    texts: bool


def known_kinds() -> list[str]:
    """Names of all installed kinds, sorted."""
    return sorted({found.name for found in entry_points(group="evenside.sinks")})


def sink_kind(name: str) -> SinkKind:
    """Raises ConfigError where nobody provides it."""
    found = tuple(entry_points(group="evenside.sinks", name=name))
    if not found:
        raise ConfigError(
            f"there is no kind of sink {name!r}",
            mend=f"use one of {', '.join(known_kinds())}, or install the package that adds it",
        )
    kind = found[0].load()
    if not isinstance(kind, SinkKind):
        raise ConfigError(f"the sink {name!r} of another package is no SinkKind", mend="update that package")
    return kind
