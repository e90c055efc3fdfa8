"""Asking the machine's own programs, for a bounded time; and what its files say about lingering."""

from __future__ import annotations

import getpass
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Answer", "ask_program", "is_lingering", "user_name"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a program said. ``code`` is None where it is not installed or did not end in time; ``said`` then says so."""

    code: int | None
    said: str

    @property
    def ok(self) -> bool:
        return self.code == 0


def ask_program(command: Sequence[str], *, bound_s: float = 30.0) -> Answer:
    """Run a program and wait for at most ``bound_s``. Never raises: what went wrong is the answer."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=bound_s,
            check=False,
            env={**os.environ, "LC_ALL": "C"},
        )
    except subprocess.TimeoutExpired:
        return Answer(None, f"{command[0]} did not answer within {bound_s:g} s")
    except FileNotFoundError:
        return Answer(None, f"{command[0]} is not installed")
    except OSError as error:
        return Answer(None, f"{command[0]} does not start: {error.strerror}")
    return Answer(done.returncode, done.stdout.decode(errors="replace").strip())


def user_name() -> str:
    """Who runs this; the number of a user who has no name, as in some containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def is_lingering(user: str, folder: Path = Path("/var/lib/systemd/linger")) -> bool | None:
    """Whether systemd keeps this user's services running without a login; None where there is no such folder."""
    return (folder / user).exists() if folder.is_dir() else None
