"""Opening a store: new, old, newer, foreign, broken, unreachable; the words tell the place and the mend."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from evenside.errors import StoreError
from evenside.store import Reader, SessionRow, Store, schema

SESSION = SessionRow("s", "w", "demo", 1_760_000_000_000_000_000, "0.1.0")


def made(path: Path) -> Path:
    with Store.open(path) as store:
        store.submit([SESSION]).result(10)
    return path


def run_sql(path: Path, statement: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(statement).fetchall()
    finally:
        connection.commit()
        connection.close()


def test_a_new_store_is_durable_and_small(tmp_path: Path) -> None:
    path = made(tmp_path / "store.sqlite")
    connection = schema.connect_writer(path)
    asked = {
        name: connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "page_size", "journal_size_limit")
    }
    connection.close()
    assert asked == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 5000,
        "page_size": 8192,
        "journal_size_limit": 16 << 20,
    }


def test_opening_again_keeps_everything(tmp_path: Path) -> None:
    path = made(tmp_path / "store.sqlite")
    with Store.open(path) as store, store.reader() as reader:
        assert [stored.start for stored in reader.sessions()] == [SESSION]


def test_a_store_of_newer_software_is_refused_by_version(tmp_path: Path) -> None:
    path = made(tmp_path / "store.sqlite")
    run_sql(path, "INSERT INTO migration VALUES(99, 'from the future')")
    for opening in (Store.open, Reader):
        with pytest.raises(StoreError, match=r"schema version 99.*\n.*update evenside"):
            opening(path)
    assert run_sql(path, "SELECT id FROM session") == [("s",)]


def test_a_migration_and_its_record_are_one_transaction(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = made(tmp_path / "store.sqlite")
    known = schema.MIGRATIONS
    broken = ("half", ("CREATE TABLE half(x)", "INSERT INTO no_such_table VALUES(1)"))
    monkeypatch.setattr(schema, "MIGRATIONS", (*known, broken))
    with pytest.raises(StoreError, match="no_such_table"):
        Store.open(path)
    assert run_sql(path, "SELECT name FROM sqlite_schema WHERE name = 'half'") == []
    assert run_sql(path, "SELECT max(version) FROM migration") == [(len(known),)]
    with pytest.raises(StoreError, match="start the daemon once"):
        Reader(path)
    monkeypatch.setattr(schema, "MIGRATIONS", (*known, ("whole", ("CREATE TABLE whole(x)",))))
    Store.open(path).close()
    assert run_sql(path, "SELECT version, name FROM migration ORDER BY version")[len(known) :] == [
        (len(known) + 1, "whole")
    ]
    assert run_sql(path, "SELECT id FROM session") == [("s",)]


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    run_sql(path, "CREATE TABLE other(x)")
    before = path.read_bytes()
    for opening in (Store.open, Reader):
        with pytest.raises(StoreError, match="another program"):
            opening(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"hello" * 1000, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "store.sqlite"
    path.write_bytes(content)
    for opening in (Store.open, Reader):
        with pytest.raises(StoreError, match=r"store\.sqlite.*\n.*mend"):
            opening(path)
    assert path.read_bytes() == content


def test_reading_where_there_is_no_store_makes_none(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no store at"):
        Reader(tmp_path / "store.sqlite")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"file.*\n.*mend: make .*file"):
        Store.open(tmp_path / "file" / "store.sqlite")


def test_a_folder_in_the_place_of_the_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "store.sqlite").mkdir()
    with pytest.raises(StoreError, match=r"store\.sqlite.*\n.*mend"):
        Store.open(tmp_path / "store.sqlite")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder which other users can enter (pytest's own cannot be)."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


def run_without_rights(code: str) -> str:
    """Run as a user who may not write: as we are after chmod, or as nobody where we are root."""
    drop = "import os\nif os.geteuid() == 0: os.setgid(65534), os.setuid(65534)\n"
    asked = [sys.executable, "-c", f"from evenside.store import Reader, Store\n{drop}{code}"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_a_store_that_cannot_be_written_says_so(open_folder: Path) -> None:
    path = made(open_folder / "store.sqlite")
    path.chmod(0o444)
    open_folder.chmod(0o555)
    said = run_without_rights(
        "from pathlib import Path; from evenside.errors import StoreError\n"
        f"try: Store.open(Path({str(path)!r}))\nexcept StoreError as error: print(error)"
    )
    assert str(path) in said
    assert "writable for this user" in said


def test_a_closed_store_can_be_read_without_write_permission(open_folder: Path) -> None:
    path = made(open_folder / "store.sqlite")
    path.chmod(0o444)
    open_folder.chmod(0o555)
    said = run_without_rights(
        f"from pathlib import Path\nwith Reader(Path({str(path)!r})) as reader: print(reader.sessions()[0].start.id)"
    )
    assert said == "s\n"
