"""The machine around: serial ports and who may open them, the clock, the service and whether it outlives a login.

Nothing is opened that would disturb a device: a port is looked at, not opened (that may reset a board).
"""

from __future__ import annotations

import ctypes
import errno
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from serial.tools import list_ports

from evenside.config import Config
from evenside.doctor.check import Check, State
from evenside.service import ServicePlan, is_lingering, service_status
from evenside.sources import parse_source_url
from evenside.sources.serial_line import explain_open_error

__all__ = ["check_clock", "check_lingering", "check_ports", "check_service", "clock_error_s", "configured_ports"]

# As systemd judges it: the kernel's own estimate reaches this where nobody disciplines the clock.
UNSYNCHRONISED_S = 16.0
# No clock that was ever set says less; a board without a battery starts in 1970 or when its system was made.
SANE_S = 1_735_689_600  # 2025-01-01


def configured_ports(config: Config | None) -> tuple[str, ...]:
    """The serial ports that evenside.toml names."""
    urls = [entry.source for wearer in config.wearers for entry in wearer.nodes] if config else []
    parsed = [parse_source_url(url) for url in dict.fromkeys(urls)]
    return tuple(url.target for url in parsed if url.scheme == "serial")


def check_ports(configured: Sequence[str]) -> Check:
    """Serial ports that are there, those that evenside.toml names first, and whether this user may open them."""
    there = {port.device: port.description for port in list_ports.comports()}
    missing = [port for port in configured if not Path(port).exists()]
    seen = [port for port in dict.fromkeys((*configured, *there)) if port not in missing]
    closed = [port for port in seen if not os.access(port, os.R_OK | os.W_OK)]
    words = ", ".join(_described(port, there.get(port, "")) for port in seen) or "none is plugged in"
    if closed:
        problem = explain_open_error(closed[0], PermissionError(errno.EACCES, "Permission denied"))
        state: State = "fail" if set(closed) & set(configured) else "warn"
        return Check("serial", state, f"{', '.join(closed)}: no permission", problem.mend)
    if missing:
        mend = "plug the device in, or name the port that `evenside scan` finds"
        return Check("serial", "warn", f"{', '.join(missing)} of evenside.toml is not there; there is: {words}", mend)
    return Check("serial", "ok", words)


def _described(port: str, description: str) -> str:
    return f"{port} ({description})" if description not in ("", "n/a") else port


class _Timex(ctypes.Structure):
    """``struct timex`` of adjtimex(2), as far as it is read; the rest is room."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("room", ctypes.c_long * 32),
    )


def clock_error_s() -> float | None:
    """The kernel's own bound of the wall clock's error; None where there is no such kernel. This changes nothing."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        asked = _Timex()
        if ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(asked)) < 0:
            return None
    except (OSError, AttributeError):
        return None
    return float(asked.maxerror) / 1e6


def check_clock(error_s: float | None, now_s: float | None = None) -> Check:
    """Whether the wall clock is right. It only dates sessions: figures are timed by a clock that nobody sets."""
    if (time.time() if now_s is None else now_s) < SANE_S:
        mend = "set the clock, or wait until it is set over the network, before the first session"
        return Check("clock", "fail", "the wall clock has not been set", mend)
    if error_s is None:
        return Check("clock", "unknown", "this system does not tell whether its clock is synchronised")
    if error_s >= UNSYNCHRONISED_S:
        words = "not synchronised: sessions may be dated wrongly (figures are not touched by it)"
        return Check("clock", "warn", words, "sudo timedatectl set-ntp true, or install chrony")
    return Check("clock", "ok", f"synchronised, within {max(error_s, 0.001):.3f} s by the kernel's own estimate")


def check_service(plan: ServicePlan) -> Check:
    """The service of this user, where one is installed."""
    status = service_status(plan)
    match status.state:
        case "absent":
            return Check("service", "ok", "not installed (`evenside service install` would)")
        case "running" | "starting":
            return Check("service", "ok", status.words)
        case "failed":
            return Check("service", "fail", status.words, f"see `{plan.logs}`, then `evenside service install`")
        case "stopped":
            return Check("service", "warn", status.words, "`evenside service install` starts it")
    return Check("service", "unknown", status.words)


def check_lingering(plan: ServicePlan, user: str) -> Check:
    """Whether an installed service runs from boot on, or only while its user is logged in."""
    if plan.kind != "systemd" or not plan.path.exists():
        return Check("lingering", "ok", "not needed without a service of systemd")
    lingering = is_lingering(user)
    if lingering is None:
        return Check("lingering", "unknown", "systemd-logind is not there")
    if lingering:
        return Check("lingering", "ok", f"the service of {user} runs from boot on")
    words = f"the service stops when {user} logs out"
    return Check("lingering", "warn", words, f"loginctl enable-linger {user}")
