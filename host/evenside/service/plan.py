"""The file that makes a service, and the commands that go with it: systemd for Linux, launchd for macOS."""

from __future__ import annotations

import os
import plistlib
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from evenside.errors import ServiceError

__all__ = ["ServicePlan", "plan", "plan_here"]

UNIT = "evenside.service"
LABEL = "evenside.monitor"
# The daemon says twice in this time that it lives. Long enough for a laptop that wakes up, or a disk that stalls.
WATCHDOG_S = 60

_SYSTEMCTL = ("systemctl", "--user")
_PLAIN = re.compile(r"[A-Za-z0-9_./:+=@-]+")
_PROPERTIES = "ActiveState,SubState,UnitFileState,StatusText,NRestarts,Result,MainPID"


@dataclass(frozen=True, slots=True)
class ServicePlan:
    """What installing would do. ``content`` goes to ``path``; commands are run in their order.

    ``ask`` finds out whether the supervisor answers at all, before anything is written. ``state`` prints the state.
    """

    kind: Literal["systemd", "launchd"]
    path: Path
    content: bytes
    ask: tuple[str, ...]
    start: tuple[tuple[str, ...], ...]
    stop: tuple[tuple[str, ...], ...]
    forget: tuple[tuple[str, ...], ...]  # after the file is gone
    state: tuple[str, ...]
    logs: str  # the command that shows what the service says


def plan(
    config: Path, *, platform: str, python: str, home: Path, user_id: int, environ: Mapping[str, str]
) -> ServicePlan:
    """The service that runs ``python -m evenside run --config config``.

    Raises:
        ServiceError: this platform has neither systemd nor launchd, or a path has a line break in it.
    """
    command = (python, "-m", "evenside", "run", "--config", str(config))
    if any(ord(letter) < 32 for part in command for letter in part):
        raise ServiceError(f"{config}: a path with control characters in it", mend="move the file to a plain path")
    if platform.startswith("linux"):
        base = environ.get("XDG_CONFIG_HOME", "")
        folder = Path(base) if Path(base).is_absolute() else home / ".config"
        return _systemd(folder / "systemd/user" / UNIT, command)
    if platform == "darwin":
        return _launchd(home, command, f"gui/{user_id}")
    raise ServiceError(
        f"there is no service for {platform}", mend=f"let this system's scheduler run: {' '.join(command)}"
    )


def plan_here(config: Path) -> ServicePlan:
    """The same for this machine, this Python and this user.

    Raises:
        ServiceError: as ``plan``.
    """
    return plan(
        config.absolute(),
        platform=sys.platform,
        python=sys.executable,
        home=Path.home(),
        user_id=os.getuid() if hasattr(os, "getuid") else 0,
        environ=os.environ,
    )


def _systemd(path: Path, command: Sequence[str]) -> ServicePlan:
    content = f"""\
# Written by `evenside service install`, removed by `evenside service remove`.
[Unit]
Description=evenside: which side carries the load

[Service]
Type=notify
NotifyAccess=main
ExecStart={" ".join(_quoted(part, program=part is command[0]) for part in command)}
WatchdogSec={WATCHDOG_S}
Restart=on-failure
RestartSec=5
# A wrong evenside.toml is not mended by another start.
RestartPreventExitStatus=2
TimeoutStopSec=30
# Helpers of the monitor need no farewell: what they do is whole or not at all.
KillMode=mixed

[Install]
WantedBy=default.target
"""
    return ServicePlan(
        kind="systemd",
        path=path,
        content=content.encode(),
        ask=(*_SYSTEMCTL, "show", "--property=Version"),
        start=((*_SYSTEMCTL, "daemon-reload"), (*_SYSTEMCTL, "enable", UNIT), (*_SYSTEMCTL, "restart", UNIT)),
        stop=((*_SYSTEMCTL, "disable", "--now", UNIT),),
        forget=((*_SYSTEMCTL, "daemon-reload"),),
        state=(*_SYSTEMCTL, "show", UNIT, f"--property={_PROPERTIES}"),
        logs=f"journalctl --user --unit {UNIT} --lines 30",
    )


def _quoted(part: str, *, program: bool) -> str:
    """A word of a command line in a unit: in quotes where need be, with specifiers and variables switched off.

    In the path of the program itself no variable is looked for, so a dollar stands for itself.
    """
    if _PLAIN.fullmatch(part):
        return part
    for old, new in (("\\", "\\\\"), ('"', '\\"'), ("%", "%%"), ("$", "$" if program else "$$")):
        part = part.replace(old, new)
    return f'"{part}"'


def _launchd(home: Path, command: Sequence[str], domain: str) -> ServicePlan:
    path = home / "Library/LaunchAgents" / f"{LABEL}.plist"
    log = str(home / "Library/Logs/evenside.log")
    content = plistlib.dumps(
        {
            "Label": LABEL,
            "ProgramArguments": list(command),
            "RunAtLoad": True,
            "KeepAlive": {"SuccessfulExit": False},
            "ThrottleInterval": 10,
            "ExitTimeOut": 30,
            "StandardOutPath": log,
            "StandardErrorPath": log,
        },
        sort_keys=False,
    )
    return ServicePlan(
        kind="launchd",
        path=path,
        content=content,
        ask=("launchctl", "print", domain),
        start=(("launchctl", "enable", f"{domain}/{LABEL}"), ("launchctl", "bootstrap", domain, str(path))),
        stop=(("launchctl", "bootout", f"{domain}/{LABEL}"),),
        forget=(),
        state=("launchctl", "print", f"{domain}/{LABEL}"),
        logs=f"tail -n 30 {log}",
    )
