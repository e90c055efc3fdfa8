"""Telling systemd how we are: ready, alive, stopping. One datagram each to ``$NOTIFY_SOCKET``.

Strategy: without the variable nothing happens, so the caller need not ask whether it runs as a service. A message that
cannot be sent is dropped, never waited for and never raised: a monitor must not fail because its supervisor does not
listen. The protocol is that of sd_notify(3); no library is needed for it.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from contextlib import suppress

__all__ = ["ServiceNotifier"]


class ServiceNotifier:
    """The line to the supervisor. ``watchdog_s`` is how often at most to call ``alive`` (None: never needed)."""

    def __init__(self, address: str, watchdog_s: float | None) -> None:
        self.watchdog_s = watchdog_s
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._socket: socket.socket | None = None
        if address and hasattr(socket, "AF_UNIX"):
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self._socket.setblocking(False)

    @staticmethod
    def from_environment(environ: Mapping[str, str] = os.environ) -> ServiceNotifier:
        """What systemd has told this process; a watchdog meant for another process is not ours."""
        address = environ.get("NOTIFY_SOCKET", "")
        usec = environ.get("WATCHDOG_USEC", "")
        ours = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        # Twice in each period, as sd_watchdog_enabled(3) advises: one late call is then no reason to be killed.
        watchdog_s = int(usec) / 2e6 if address and ours and usec.isdecimal() and int(usec) else None
        return ServiceNotifier(address, watchdog_s)

    def ready(self, status: str = "") -> bool:
        """Everything is open and running. Each of these returns whether the message went out."""
        return self._send("READY=1", *_status(status))

    def alive(self) -> bool:
        """To be called from where the work is done: silence for a whole period means a restart."""
        return self._send("WATCHDOG=1")

    def status(self, status: str) -> bool:
        """One line that ``systemctl status`` shows."""
        return self._send(*_status(status))

    def stopping(self) -> bool:
        """The end has begun."""
        return self._send("STOPPING=1")

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _send(self, *lines: str) -> bool:
        if self._socket is None or not lines:
            return False
        with suppress(OSError):
            self._socket.sendto("\n".join(lines).encode(), self._address)
            return True
        return False


def _status(text: str) -> tuple[str, ...]:
    one_line = " ".join(text.split())
    return (f"STATUS={one_line}",) if one_line else ()
