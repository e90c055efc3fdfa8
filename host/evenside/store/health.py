"""How the store is doing, in words for a person: what is wrong and the mend.

Strategy: SQLite's primary result codes fall into three groups. The world is in the way (full, busy, unreachable): wait
and try again, nothing is lost. The file is damaged: stop. Anything else is the fault of one batch.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from evenside.errors import StoreError

__all__ = ["State", "StoreHealth", "Trouble", "store_error", "trouble_of"]

State = Literal["ok", "full", "busy", "unwritable", "damaged", "closed"]


@dataclass(frozen=True, slots=True)
class StoreHealth:
    """``backlog`` rows wait for their commit; ``dropped`` rows were refused because too many already waited.

    No dropped row was ever acknowledged: its future carries a StoreError.
    """

    state: State
    words: str
    mend: str
    backlog: int
    dropped: int


@dataclass(frozen=True, slots=True)
class Trouble:
    """What stands between the store and its disk."""

    state: State
    words: str
    mend: str


_TROUBLES: dict[int, tuple[State, str]] = {
    sqlite3.SQLITE_FULL: ("full", "free space on its disk, or raise the store's size limit"),
    sqlite3.SQLITE_BUSY: ("busy", "end the other program that keeps it locked"),
    sqlite3.SQLITE_LOCKED: ("busy", "end the other program that keeps it locked"),
    sqlite3.SQLITE_READONLY: ("unwritable", "make the file and its folder writable for this user"),
    sqlite3.SQLITE_PERM: ("unwritable", "make the file and its folder writable for this user"),
    sqlite3.SQLITE_CANTOPEN: ("unwritable", "make the file and its folder readable and writable for this user"),
    sqlite3.SQLITE_IOERR: ("unwritable", "look at the disk: free space, cables, kernel messages"),
    sqlite3.SQLITE_NOMEM: ("unwritable", "free some memory"),
    sqlite3.SQLITE_CORRUPT: ("damaged", "move the file away; `sqlite3 FILE .recover` saves what can be saved"),
    sqlite3.SQLITE_NOTADB: ("damaged", "it is no SQLite database: move it away, or give another path"),
}


def trouble_of(error: sqlite3.Error, path: Path) -> Trouble | None:
    """What hinders the store, or None where the error is the fault of what was to be written."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None or (code & 0xFF) not in _TROUBLES:
        return None
    state, mend = _TROUBLES[code & 0xFF]
    return Trouble(state, f"store {path}: {error}", mend)


def store_error(error: OSError | sqlite3.Error, path: Path) -> StoreError:
    """The same for a person who wanted to open the store."""
    if isinstance(error, OSError):
        return StoreError(
            f"store {path}: {error.strerror or error}", mend=f"make {path.parent} a folder that this user can write"
        )
    trouble = trouble_of(error, path)
    return StoreError(trouble.words, mend=trouble.mend) if trouble else StoreError(f"store {path}: {error}")
