"""``[[notify]]``: a way to tell somebody of alerts; ``[alerts]``: when, and how much. A secret never stands here."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

from evenside.config.paths import path_key
from evenside.config.values import AlertsConfig, NotifyConfig
from evenside.readers.toml_section import Section

__all__ = ["clock_text", "read_alerts", "read_notify"]

_NAME = re.compile(r"[A-Za-z0-9._-]+")
_ENV = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_TOPIC = re.compile(r"[^+#\x00/]+(/[^+#\x00/]+)*")
_WITHOUT_URL = ("desktop", "apprise")  # the URL of Apprise holds a secret


def read_notify(top: Section, folder: Path) -> tuple[NotifyConfig, ...]:
    """All ways. Relative paths are taken from ``folder``.

    Raises:
        ConfigError: a key is wrong, or two have one id.
    """
    found: list[NotifyConfig] = []
    for section in top.tables("notify", "id"):
        entry = _notify(section, folder)
        if entry.id in {other.id for other in found}:
            raise section.refuse("id", f'two [[notify]] are called "{entry.id}"', mend="give each its own id")
        found.append(entry)
    return tuple(found)


def read_alerts(section: Section) -> AlertsConfig:
    """Quiet hours, the budget of pushes and the hour of the digest.

    Raises:
        ConfigError: a key is wrong.
    """
    default = AlertsConfig()
    quiet = section.text("quiet", "")
    begun, _, ended = quiet.partition("-")
    span = (_minute(begun), _minute(ended)) if quiet else None
    if span is not None and (None in span or span[0] == span[1]):
        raise section.wrong("quiet", 'local times from and to, such as "22:00-07:00"')
    digest = _minute(section.text("digest", clock_text(default.digest_minute)))
    if digest is None:
        raise section.wrong("digest", 'a local time such as "18:00"')
    changes = section.whole("changes_per_week", 0, "a whole number, 0 or more")
    section.finish()
    return AlertsConfig(
        None if span is None else (span[0] or 0, span[1] or 0),
        default.changes_per_week if changes is None else changes,
        digest,
    )


def clock_text(minute: int) -> str:
    """Minutes of the day as a clock shows them."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _minute(text: str) -> int | None:
    found = _CLOCK.fullmatch(text.strip())
    return None if found is None else 60 * int(found[1]) + int(found[2])


def _notify(section: Section, folder: Path) -> NotifyConfig:
    default = NotifyConfig("", "")
    name, kind = section.text("id"), section.text("kind")
    if not _NAME.fullmatch(name):
        raise section.wrong("id", "letters, digits, dots, dashes and underscores")
    token_env = section.text("token_env", "")
    if token_env and not _ENV.fullmatch(token_env):
        raise section.refuse(
            "token_env",
            "expected the name of an environment variable",
            mend="put the secret itself into that variable, or into a file of mode 0600 named by token_file",
        )
    topic = section.text("topic", default.topic)
    if not _TOPIC.fullmatch(topic):
        raise section.wrong("topic", "a topic without wildcards")
    entry = NotifyConfig(
        *(name, kind, "" if kind in _WITHOUT_URL else _url(section), topic, token_env),
        token_file=path_key(section, "token_file", folder),
        ca_file=path_key(section, "ca_file", folder),
    )
    if entry.token_env and entry.token_file:
        raise section.refuse("token_file", "token_env says where the secret is already", mend="leave one of them out")
    section.finish(known=("url",))
    return entry


def _url(section: Section) -> str:
    text = section.text("url")
    try:
        parts = urlsplit(text)
        sound = bool(parts.scheme) and bool(parts.hostname) and parts.port != 0 and not parts.fragment
    except ValueError:
        sound, parts = False, urlsplit("")
    if not sound:
        raise section.wrong("url", "an address", mend='such as url = "https://host/hook" or url = "mqtt://host:1883"')
    if parts.username or parts.password:
        raise section.refuse("url", "a name or password stands in the address", mend="use token_env or token_file")
    return text
