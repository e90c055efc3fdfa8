"""Alerts by HTTP POST, one JSON object each. Its id stands in ``Idempotency-Key``: the same again is the same alert.

Each message has a connection of its own: on one kept open nobody could tell whether a message was taken by a server
that went away. Redirects are not followed, so that a token goes nowhere else.
"""

from __future__ import annotations

import http.client
import ssl
from urllib.parse import urlsplit

from evenside import __version__
from evenside.notify.message import message_of_line
from evenside.notify.target import OneWay, Target
from evenside.series import Answer

__all__ = ["Webhook", "open_webhook"]

WAIT_S_MAX = 600.0
_WORDS_MAX = 200


class Webhook(OneWay):
    """To one address, with ``Authorization: Bearer`` where there is a token."""

    def __init__(self, target: Target) -> None:
        """Raises ConfigError where the token cannot be read."""
        self._target = target
        parts = urlsplit(target.url)
        self._host, self._port, self._tls = parts.hostname or "", parts.port, parts.scheme == "https"
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        token = target.secret.read()
        self._headers = {"Content-Type": "application/json", "User-Agent": f"evenside/{__version__}"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"

    def send(self, body: bytes) -> Answer:
        connection = self._connection()
        try:
            headers = {**self._headers, "Idempotency-Key": message_of_line(body).id}
            connection.request("POST", self._path, body, headers)
            response = connection.getresponse()
            words = response.read(_WORDS_MAX).decode("utf-8", "replace")
            return _answer(response.status, words or response.reason, response.getheader("Retry-After"), self._target)
        except ssl.SSLCertVerificationError as error:
            mend = "set ca_file to the certificate authority of the server, or renew its own"
            return Answer("stopped", f"{self._target.url}: TLS: {error.verify_message}", mend)
        except (OSError, http.client.HTTPException) as error:
            words = f"{self._target.url} cannot be reached: {error or type(error).__name__}"
            return Answer("busy", words, "start the server, or correct its url")
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        if not self._tls:
            return http.client.HTTPConnection(self._host, self._port, timeout=self._target.timeout_s)
        cafile = str(self._target.ca_file) if self._target.ca_file else None
        context = ssl.create_default_context(cafile=cafile)
        return http.client.HTTPSConnection(self._host, self._port, timeout=self._target.timeout_s, context=context)


def open_webhook(target: Target) -> Webhook:
    return Webhook(target)


def _answer(status: int, words: str, retry_after: str | None, target: Target) -> Answer:
    """What a status means for this one message."""
    said = f"{target.url} answers {status}: {' '.join(words.split())}"
    if 200 <= status < 300:
        return Answer("taken")
    if status in (401, 403):
        return Answer("stopped", said, f"give [[notify]] {target.name!r} a token that may send there")
    if 300 <= status < 400 or status in (404, 405, 410):
        return Answer("stopped", said, f"correct the url of [[notify]] {target.name!r}")
    if status in (408, 425, 429) or status >= 500:
        return Answer("busy", said, "look at the server's log", _wait_s(retry_after))
    return Answer("refused", said)


def _wait_s(retry_after: str | None) -> float:
    try:
        return min(max(0.0, float(retry_after or 0.0)), WAIT_S_MAX)  # 0 for NaN
    except ValueError:  # a date, which is of no use without a common clock
        return 0.0
