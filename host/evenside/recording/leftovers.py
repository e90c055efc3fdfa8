"""Recordings that nobody writes any more and whose last hours still lie in their spool: what a killed recorder left."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from evenside.readers.evenside_recording.manifest import manifest_path, spool_path
from evenside.recording.files import try_lock, unlock

__all__ = ["leftover_recordings"]


def leftover_recordings(root: Path) -> list[Path]:
    """Folders of recordings right under ``root`` for which ``compact`` has something to do, oldest name first.

    A folder that cannot be looked into is passed over. This changes nothing.
    """
    try:
        folders = sorted(folder for folder in root.iterdir() if manifest_path(folder).is_file())
    except OSError:
        return []
    return [folder for folder in folders if _has_blobs(folder) and _is_over(folder)]


def _has_blobs(folder: Path) -> bool:
    path = spool_path(folder)
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=1.0)) as spool:
            return spool.execute("SELECT 1 FROM raw_spool LIMIT 1").fetchone() is not None
    except sqlite3.Error:
        return False


def _is_over(folder: Path) -> bool:
    try:
        lock = try_lock(manifest_path(folder))
    except OSError:
        return False
    if lock is None:
        return False
    unlock(lock)
    return True
