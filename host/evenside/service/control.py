"""Install, remove, ask. Each step is one command of the machine; the first that fails ends the work with its words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from evenside.errors import ServiceError
from evenside.service.plan import ServicePlan
from evenside.service.tools import ask_program

__all__ = ["ServiceStatus", "install", "remove", "service_status"]


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """``state`` is "unknown" where the supervisor does not answer. ``words`` is for people."""

    installed: bool
    state: Literal["running", "starting", "stopped", "failed", "absent", "unknown"]
    words: str


def install(plan: ServicePlan) -> None:
    """Write the file and start the service; one that runs already is started anew.

    Raises:
        ServiceError: the supervisor does not answer (then nothing was written), the file cannot be written, or the
            service does not start.
    """
    answer = ask_program(plan.ask)
    if not answer.ok:
        raise ServiceError(f"{_first_line(answer.said)}: nothing was written", mend=_unreachable_mend(plan))
    if plan.kind == "launchd" and ask_program(plan.state).ok:
        _run(plan.stop, f"the service that is already there does not stop; {plan.path} is as it was", plan)
    _write(plan.path, plan.content)
    _run(plan.start, f"{plan.path} is written, but the service does not start", plan)


def remove(plan: ServicePlan) -> bool:
    """Stop the service and delete its file. False where there was none.

    Raises:
        ServiceError: it cannot be stopped (the file then stays) or deleted.
    """
    if not plan.path.exists():
        return False
    _run(plan.stop, f"the service does not stop; {plan.path} is still there", plan)
    try:
        plan.path.unlink()
    except OSError as error:
        raise ServiceError(f"{plan.path}: {error.strerror}", mend="delete this file by hand") from error
    _run(plan.forget, f"{plan.path} is deleted, but systemd does not take notice", plan)
    return True


def service_status(plan: ServicePlan) -> ServiceStatus:
    """How the service is. Never raises."""
    if not plan.path.exists():
        return ServiceStatus(False, "absent", f"not installed: {plan.path} is not there")
    answer = ask_program(plan.state, bound_s=10.0)
    if plan.kind == "launchd":
        return _launchd_status(answer.ok, answer.said)
    if not answer.ok:
        return ServiceStatus(True, "unknown", f"installed, but {_first_line(answer.said)}")
    return _systemd_status(answer.said)


def _systemd_status(said: str) -> ServiceStatus:
    found = dict(line.split("=", 1) for line in said.splitlines() if "=" in line)
    active = found.get("ActiveState", "")
    restarts = f", started anew {found['NRestarts']} times" if found.get("NRestarts", "0") != "0" else ""
    boot = "" if found.get("UnitFileState") == "enabled" else ", not started at login"
    if active == "active":
        status = f": {found['StatusText']}" if found.get("StatusText") else ""
        return ServiceStatus(True, "running", f"running as process {found.get('MainPID')}{restarts}{boot}{status}")
    if active in ("activating", "reloading"):
        return ServiceStatus(True, "starting", f"starting ({found.get('SubState')}){restarts}{boot}")
    if active == "failed":
        return ServiceStatus(True, "failed", f"failed ({found.get('Result')}){restarts}{boot}")
    return ServiceStatus(True, "stopped", f"stopped{boot}")


def _launchd_status(ok: bool, said: str) -> ServiceStatus:
    if not ok:
        return ServiceStatus(True, "stopped", "installed, not loaded")
    running = any(line.strip() == "state = running" for line in said.splitlines())
    return ServiceStatus(True, "running" if running else "stopped", "running" if running else "loaded, not running")


def _write(path: Path, content: bytes) -> None:
    beside = path.with_name(path.name + ".tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(content)
        beside.replace(path)
    except OSError as error:
        raise ServiceError(f"{path}: {error.strerror}", mend="make the folder writable for this user") from error


def _run(commands: Sequence[Sequence[str]], failed: str, plan: ServicePlan) -> None:
    for command in commands:
        answer = ask_program(command, bound_s=120.0)  # a start waits until the monitor says that it is ready
        if not answer.ok:
            raise ServiceError(
                f"{failed}: `{' '.join(command)}`: {_first_line(answer.said)}", mend=f"see `{plan.logs}`"
            )


def _unreachable_mend(plan: ServicePlan) -> str:
    if plan.kind == "launchd":
        return "log in at the desktop of this machine once, and try again from there"
    return (
        "log in as this user itself (not by su or sudo) on a machine with systemd; over SSH, "
        "`sudo loginctl enable-linger $USER` first. Any other supervisor can run the command of "
        "`evenside service install --print`"
    )


def _first_line(said: str) -> str:
    return said.splitlines()[0] if said else "no answer"
