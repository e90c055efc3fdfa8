"""Words to the service manager (systemd): ready, still alive, stopping. Where there is none, nothing is said."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping

__all__ = ["tell_service", "watchdog_s"]


def tell_service(message: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Send ``READY=1`` and the like to ``$NOTIFY_SOCKET``. Returns whether it was sent; never waits, never raises."""
    address = environment.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return False
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            line.setblocking(False)
            line.sendto(message.encode(), "\0" + address[1:] if address.startswith("@") else address)
    except OSError:
        return False
    return True


def watchdog_s(environment: Mapping[str, str] = os.environ) -> float | None:
    """Half the time after which the service manager takes this process for dead; None where it does not watch."""
    try:
        watched = int(environment.get("WATCHDOG_PID", os.getpid())) == os.getpid()
        half_s = int(environment["WATCHDOG_USEC"]) / 2e6
    except (KeyError, ValueError):
        return None
    return half_s if watched and half_s > 0.0 else None
