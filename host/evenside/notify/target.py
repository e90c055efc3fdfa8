"""Where alerts go: an installed way to tell somebody, with what it needs to know. Found by name, as sinks are.

A way is a callable in the entry-point group ``evenside.alert_sinks``: it takes a ``Target`` and gives a transport of
``evenside.series``, which is handed one line of JSON at a time (``message_of_line`` reads it) and says in one word what
became of it. Waiting, trying again and keeping what was refused is not its business.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from evenside.config import NotifyConfig
from evenside.errors import ConfigError
from evenside.series import Secret, SendSettings, Server, SinkKind, SinkPlan, SinkRequest, Transport

__all__ = ["OneWay", "Opener", "Target", "known_ways", "needed", "opener_of", "sink_name", "target_plan"]

BYTES_MAX = 16 << 20  # tens of thousands of alerts
ONE_BY_ONE = SendSettings(lines_max=1, retry_first_s=0.5, retry_max_s=60.0)


@dataclass(frozen=True, slots=True)
class Target:
    """One ``[[notify]]``. ``secret``: a token, ``user:password`` or a whole URL, as the way to it needs."""

    name: str
    url: str = ""
    topic: str = "evenside"
    secret: Secret = field(default_factory=Secret)
    ca_file: Path | None = None
    timeout_s: float = 10.0


Opener = Callable[[Target], Transport]


class OneWay:
    """Base of transports whose server says nothing of itself."""

    def server(self) -> Server:
        return Server()

    def close(self) -> None:
        """There is nothing to close."""


def sink_name(target: str) -> str:
    """The name of its outbox; no sink of the series can have it."""
    return f"notify:{target}"


def known_ways() -> list[str]:
    """Names of all installed ways, sorted."""
    return sorted({found.name for found in entry_points(group="evenside.alert_sinks")})


def opener_of(kind: str) -> Opener:
    """Raises ConfigError where nobody provides it."""
    found = tuple(entry_points(group="evenside.alert_sinks", name=kind))
    if not found:
        raise ConfigError(
            f"there is no way {kind!r} to send alerts",
            mend=f"use one of {', '.join(known_ways())}, or install the package that adds it",
        )
    opener = found[0].load()
    if not callable(opener):
        raise ConfigError(f"the way {kind!r} of another package is no callable", mend="update that package")

    def open_it(target: Target) -> Transport:
        transport: Transport = opener(target)
        return transport

    return open_it


def target_plan(config: NotifyConfig) -> SinkPlan:
    """What one ``[[notify]]`` asks for, to be sent one message at a time.

    Raises:
        ConfigError: there is no such way, or the secret cannot be read.
    """
    secret = Secret(config.token_env, config.token_file)
    secret.read()  # better told now than by the first alert
    target = Target(config.id, config.url, config.topic, secret, config.ca_file)
    opener = opener_of(config.kind)
    kind = SinkKind(lambda _: opener(target), durable=True, texts=True)
    return SinkPlan(SinkRequest(sink_name(config.id), config.url, ""), kind, BYTES_MAX, ONE_BY_ONE)


def needed(module: str, extra: str) -> Any:
    """An optional module, imported where it is used. Raises ConfigError with the mend where it is missing."""
    try:
        missing = find_spec(module) is None
    except ModuleNotFoundError:  # its parent is missing
        missing = True
    if missing:
        raise ConfigError(f"the package {module.partition('.')[0]} is missing", mend=f"pip install 'evenside[{extra}]'")
    from importlib import import_module

    return import_module(module)
