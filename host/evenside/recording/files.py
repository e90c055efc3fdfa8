"""Files that are there whole or not at all, and locks that the kernel lifts when their holder dies.

A new file is written beside its place, brought to the disk, and renamed; then the folder is brought to the disk too.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

__all__ = ["make_folders", "sync_file", "sync_folder", "try_lock", "unlock", "write_whole"]


def make_folders(directory: Path) -> None:
    """``mkdir -p`` whose result survives a power cut. Raises OSError."""
    missing = [folder for folder in (directory, *directory.parents) if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)


def sync_file(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_whole(path: Path, content: bytes) -> None:
    """Raises OSError; then the old file, or none, is still in place."""
    beside = path.with_name(path.name + ".tmp")
    beside.write_bytes(content)
    sync_file(beside)
    beside.replace(path)
    sync_folder(path.parent)


def try_lock(path: Path) -> int | None:
    """An exclusive lock on a file or folder, as a handle for ``unlock``; None where another program holds it."""
    handle = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


def unlock(handle: int) -> None:
    os.close(handle)
