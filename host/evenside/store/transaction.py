"""Writing to the store over a connection of one's own: short transactions that are whole or not at all, errors told."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from evenside.store.health import store_error

__all__ = ["told", "transaction"]


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """The lock is taken at once, so what is asked inside still holds when it is written; any exception undoes all."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Whatever SQLite raises becomes a StoreError about the store at ``path``."""
    try:
        yield
    except sqlite3.Error as error:
        raise store_error(error, path) from error
