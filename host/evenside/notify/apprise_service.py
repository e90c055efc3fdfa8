"""Alerts to phones, mail, ntfy and everything else that Apprise knows, by the URL in its own notation.

That URL holds the secret, so it stands where secrets do: in the environment or in a file of mode 0600.
"""

from __future__ import annotations

from typing import Any

from evenside.errors import ConfigError
from evenside.notify.message import message_of_line
from evenside.notify.target import OneWay, Target, needed
from evenside.series import Answer

__all__ = ["AppriseService", "open_apprise"]


class AppriseService(OneWay):
    """One service. Apprise says whether it was told, and not why not."""

    def __init__(self, target: Target) -> None:
        """Raises ConfigError where Apprise is missing, or its URL is, or is none."""
        apprise = needed("apprise", "apprise")
        url = target.secret.read()
        if not url:
            raise ConfigError(
                f"[[notify]] {target.name!r} names no place for the URL of Apprise",
                mend="put the URL into an environment variable (token_env) or a file of mode 0600 (token_file)",
            )
        self._name, self._types = target.name, apprise.NotifyType
        self._service: Any = apprise.Apprise()
        if not self._service.add(url):
            raise ConfigError(
                f"[[notify]] {target.name!r}: Apprise knows no such URL", mend="its documentation lists their forms"
            )

    def send(self, body: bytes) -> Answer:
        message = message_of_line(body)
        if self._service.notify(title=message.title, body=message.text, notify_type=self._types.INFO):
            return Answer("taken")
        return Answer("busy", f"Apprise could not tell {self._name}", "try its URL with the command `apprise`")


def open_apprise(target: Target) -> AppriseService:
    return AppriseService(target)
