"""One daemon per data folder. The kernel holds the lock, so it goes with its holder however that ends.

``daemon.lock`` stays behind with the number of the last process in it; only the lock itself means anything. Two daemons
in one folder would compact each other's recordings and answer for each other in ``evenside status``.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from evenside.errors import StoreError

__all__ = ["daemon_of", "hold"]

TRIES = 10
PAUSE_S = 0.02


@contextmanager
def hold(data: Path) -> Iterator[None]:
    """Hold the folder, which is made if it is not there.

    Raises:
        StoreError: the folder cannot be written, or another daemon holds it.
    """
    path = _path(data)
    try:
        data.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise StoreError(
            f"data folder {data}: {error.strerror}", mend="make it writable for this user, or name another in `data`"
        ) from error
    try:
        if not _locked(handle):
            pid = _pid(path)
            raise StoreError(
                f"another evenside, process {pid}, writes into {data} already",
                mend=f"stop that one (kill {pid}), or name another folder in `data`",
            )
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(handle)


def daemon_of(data: Path) -> int | None:
    """The process number of the daemon that holds the folder; None where there is none. This changes nothing."""
    path = _path(data)
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _pid(path)
    finally:
        os.close(handle)
    return None


def _locked(handle: int) -> bool:
    for _ in range(TRIES):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:  # perhaps only by one who asks, see `daemon_of`
            time.sleep(PAUSE_S)
        else:
            return True
    return False


def _path(data: Path) -> Path:
    return data / "daemon.lock"


def _pid(path: Path) -> int:
    try:
        return int(path.read_text("ascii"))
    except (OSError, ValueError):
        return -1  # it has only just begun
