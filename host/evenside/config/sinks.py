"""``[[sink]]``: another database that the series goes to, and where the token for it is. A token never stands here."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from urllib.parse import urlsplit

from evenside.config.paths import path_key
from evenside.config.values import SinkConfig
from evenside.readers.toml_section import Section

__all__ = ["is_local", "read_sinks"]

_NAME = re.compile(r"[A-Za-z0-9._-]+")
_ENV = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def read_sinks(top: Section, folder: Path) -> tuple[SinkConfig, ...]:
    """All sinks. Relative paths are taken from ``folder``.

    Raises:
        ConfigError: a key is wrong, or two sinks have one id.
    """
    sinks: list[SinkConfig] = []
    for section in top.tables("sink", "id"):
        sink = _sink(section, folder)
        if sink.id in {other.id for other in sinks}:
            raise section.refuse("id", f'two sinks are called "{sink.id}"', mend="give each its own id")
        sinks.append(sink)
    return tuple(sinks)


def _sink(section: Section, folder: Path) -> SinkConfig:
    default = SinkConfig("", "", "")
    name = section.text("id")
    if not _NAME.fullmatch(name):
        raise section.wrong("id", "letters, digits, dots, dashes and underscores")
    token_env = section.text("token_env", "")
    if token_env and not _ENV.fullmatch(token_env):
        raise section.refuse(
            "token_env",
            "expected the name of an environment variable",
            mend="put the token itself into that variable, or into a file of mode 0600 named by token_file",
        )
    max_mb = section.number("max_mb", "megabytes above 0", above=0)
    sink = SinkConfig(
        id=name,
        kind=section.text("kind"),
        url=_url(section),
        bucket=section.text("bucket", default.bucket),
        org=section.text("org", ""),
        token_env=token_env,
        token_file=path_key(section, "token_file", folder),
        ca_file=path_key(section, "ca_file", folder),
        max_mb=default.max_mb if max_mb is None else max_mb,
        max_days=section.number("max_days", "days above 0", above=0),
    )
    if sink.token_env and sink.token_file:
        raise section.refuse("token_file", "token_env says where the token is already", mend="leave one of them out")
    section.finish()
    return sink


def is_local(url: str) -> bool:
    """Whether nothing leaves this machine on the way there."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _url(section: Section) -> str:
    text = section.text("url")
    try:
        parts = urlsplit(text)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
        parts = urlsplit("")
    if not sound or parts.query or parts.fragment:
        raise section.wrong("url", "the address of the server", mend='such as url = "http://127.0.0.1:8086"')
    if parts.username or parts.password:
        raise section.refuse(
            "url",
            "a name or password stands in the address",
            mend="use token_env or token_file: user:password is a token",
        )
    return text
