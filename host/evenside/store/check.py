"""Whether a store is whole: its pages, its tables, and whether everything in it belongs to something.

Read-only, and works beside a running daemon. What is found is told with the mend; nothing is repaired in silence.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from evenside.local_time import zone_named
from evenside.store.health import trouble_of
from evenside.store.schema import connect_reader, schema_of_new_store

__all__ = ["Finding", "check"]

FINDINGS_MAX = 50
_MOVE = "move the file away and bring back a copy with `evenside store restore`; `sqlite3 FILE .recover` saves the rest"
_FOREIGN = "no version of this software made it so: keep the file, and report this"


@dataclass(frozen=True, slots=True)
class Finding:
    """What is not as it should be."""

    words: str
    mend: str


def check(path: Path) -> list[Finding]:
    """Everything that is wrong with the store at ``path``, at most ``FINDINGS_MAX``; empty where it is whole.

    Raises:
        StoreError: there is no store, or it is of another version.
    """
    with closing(connect_reader(path)) as connection:
        found: list[Finding] = []
        try:
            for finding in _findings(connection):
                found.append(finding)
                if len(found) == FINDINGS_MAX:
                    break
        except sqlite3.Error as error:
            trouble = trouble_of(error, path)
            found.append(Finding(trouble.words if trouble else str(error), trouble.mend if trouble else _MOVE))
    return found


def _findings(connection: sqlite3.Connection) -> Iterator[Finding]:
    damaged = False
    for (words,) in connection.execute(f"PRAGMA integrity_check({FINDINGS_MAX})"):
        if words != "ok":
            damaged = True
            yield Finding(f"damaged: {words}", _MOVE)
    if damaged:
        return
    yield from _tables(connection)
    for table, _, parent, _ in connection.execute("PRAGMA foreign_key_check"):
        yield Finding(f"a row of {table} belongs to no {parent}", _FOREIGN)
    yield from _texts(connection)
    yield from _times(connection)


def _tables(connection: sqlite3.Connection) -> Iterator[Finding]:
    there = dict(connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL"))
    wanted = schema_of_new_store()
    for name in sorted(wanted.keys() - there.keys()):
        yield Finding(f"{name} is missing", _FOREIGN)
    for name in sorted(wanted.keys() & there.keys()):
        if " ".join(there[name].split()) != " ".join(wanted[name].split()):
            yield Finding(f"{name} is not as this software makes it", _FOREIGN)


def _texts(connection: sqlite3.Connection) -> Iterator[Finding]:
    for table, column, key in (("session", "nodes", "id"), ("session", "settings", "id"), ("alert", "figure", "seq")):
        for name, text in connection.execute(f"SELECT {key}, {column} FROM {table}"):
            try:
                json.loads(text)
            except ValueError:
                yield Finding(f"{table} {name}: {column} is no JSON", _FOREIGN)


def _times(connection: sqlite3.Connection) -> Iterator[Finding]:
    # Session time is whole microseconds: both ways to say when must agree.
    for table, seconds in (("figure", "end_s"), ("event", "time_s"), ("alert", "time_s"), ("node_status", "time_s")):
        (count,) = connection.execute(
            f"SELECT count(*) FROM {table} AS row JOIN session ON session.id = row.session"
            f" WHERE abs(row.ts_ns - session.started_ns - row.{seconds} * 1e9) > 1e6 + 1e-9 * abs(row.{seconds} * 1e9)"
        ).fetchone()
        if count:
            yield Finding(f"{count} rows of {table} stand at another time than their session says", _FOREIGN)
    for session, zone in connection.execute("SELECT id, zone FROM session"):
        try:
            zone_named(zone)
        except ValueError:
            yield Finding(
                f"session {session}: this machine knows no time zone {zone!r}, its days are taken as those of UTC",
                "install the time zones: the package tzdata",
            )
    (count,) = connection.execute(
        "SELECT count(*) FROM rollup WHERE end_ns <= start_ns OR given > windows OR to_left + to_right > windows"
    ).fetchone()
    if count:
        yield Finding(f"{count} roll-ups count more than there is", _FOREIGN)
