"""A copy of the store, made and brought back while the daemon writes.

``back_up`` takes one snapshot (VACUUM INTO), looks at the copy as a whole, and only then gives it its name: a file of
that name is always a good store. ``restore`` puts what a copy holds and the store lacks into the store, session by
session; what is there already stays as it is, so that nothing is lost or double, whoever writes meanwhile. What waits
for sinks is in the copy and is not brought back: it went, or goes, from where it was.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from evenside.errors import StoreError
from evenside.store.check import check
from evenside.store.health import store_error
from evenside.store.rollup import DUE_SLOT_NS
from evenside.store.schema import connect_reader, connect_writer, schema_version
from evenside.store.transaction import transaction

__all__ = ["back_up", "restore"]


def back_up(path: Path, target: Path, *, replace: bool = False) -> int:
    """Copy the store at ``path`` to ``target``. Returns the bytes of the copy.

    Raises:
        StoreError: there is no store, ``target`` is there already and must not be replaced, it cannot be written, or
            the copy is not sound.
    """
    if target.exists() and (not replace or target.samefile(path)):
        raise StoreError(f"{target} is there already", mend="give another name, or say --replace")
    part = target.with_name(f"{target.name}.part")
    try:
        part.unlink(missing_ok=True)
        with closing(connect_reader(path)) as connection:
            connection.execute("VACUUM INTO ?", (str(part),))
        found = check(part)
        if found:
            raise StoreError(
                f"the copy of {path} is not sound: {found[0].words}", mend="`evenside store check` tells more"
            )
        _flush(part)
        part.replace(target)
        _flush(target.parent)
        return target.stat().st_size
    except (OSError, sqlite3.Error) as error:
        raise store_error(error, target if isinstance(error, OSError) else path) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def restore(path: Path, backup: Path) -> dict[str, int]:
    """Put what ``backup`` holds and the store at ``path`` lacks into the store. Returns the new rows by table.

    Raises:
        StoreError: the copy is not sound or of newer software, or the store cannot be written.
    """
    if not backup.is_file():
        raise StoreError(f"there is no file {backup}", mend="give the file that `evenside store backup` made")
    if path.exists() and path.samefile(backup):
        raise StoreError(f"{backup} is the store itself", mend="give the file that `evenside store backup` made")
    path.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".restore-", dir=path.parent) as folder:
        copy = Path(folder) / "copy.sqlite"
        _copy_of(backup, copy)
        connect_writer(copy).close()  # one of an older version is brought up to date here
        found = check(copy)
        if found:
            raise StoreError(f"{backup} is not sound: {found[0].words}", mend="take another copy")
        with closing(connect_writer(path)) as connection:
            try:
                connection.execute("ATTACH ? AS copy", (str(copy),))
                return _restored(connection)
            except sqlite3.Error as error:
                raise store_error(error, path) from error


def _copy_of(backup: Path, copy: Path) -> None:
    try:
        with (
            closing(sqlite3.connect(f"{backup.resolve().as_uri()}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(copy)) as target,
        ):
            if not schema_version(source, backup):
                raise StoreError(f"{backup} is empty", mend="give the file that `evenside store backup` made")
            source.backup(target)
    except sqlite3.Error as error:
        raise store_error(error, backup) from error


def _restored(connection: sqlite3.Connection) -> dict[str, int]:
    columns = {table: _columns(connection, table) for table in ("session", "figure", "event", "alert", "node_status")}
    new = dict.fromkeys((*columns, "rollup"), 0)
    for (session,) in connection.execute("SELECT id FROM copy.session ORDER BY started_ns, id").fetchall():
        with transaction(connection):
            for table, names in columns.items():
                new[table] += _copied(connection, table, names, session)
            connection.execute(
                f"INSERT OR IGNORE INTO rollup_due SELECT session, ts_ns / {DUE_SLOT_NS}, 1 FROM figure"
                " WHERE session = ? AND kind = 'window' GROUP BY 2",
                (session,),
            )
    # Of days whose figures were pruned the copy knows more; the others are worked out anew.
    new["rollup"] = connection.execute("INSERT OR IGNORE INTO rollup SELECT * FROM copy.rollup").rowcount
    return new


def _copied(connection: sqlite3.Connection, table: str, names: Sequence[str], session: str) -> int:
    key, listed = ("id" if table == "session" else "session"), ", ".join(names)
    # A session that was running when the copy was made may have ended since: it stays as the store knows it.
    return connection.execute(
        f"INSERT INTO {table}({listed}) SELECT {listed} FROM copy.{table} WHERE {key} = ? ON CONFLICT DO NOTHING",
        (session,),
    ).rowcount


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    """Without the numbers that each store gives by itself."""
    rows = connection.execute("SELECT name FROM pragma_table_info(?)", (table,)).fetchall()
    return [name for (name,) in rows if name != "seq"]


def _flush(place: Path) -> None:
    handle = os.open(place, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
