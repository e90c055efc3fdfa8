"""A full disk, a locked file, a damaged page: nothing acknowledged is lost, the rest waits or is told."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from pathlib import Path
from time import monotonic

import pytest

from evenside.errors import StoreError
from evenside.store import EventRow, Reader, SessionRow, Store, StoreSettings, schema

SESSION = SessionRow("s", "w", "run", 0, "0.1.0")
OLD = SessionRow("old", "w", "run", 0, "0.1.0")
SMALL = StoreSettings(bytes_max=1_050_000, retry_first_s=0.005, retry_max_s=0.02)
TEXT = "x" * 1500


def until(condition: Callable[[], bool], bound_s: float = 20.0) -> None:
    pause = threading.Event()
    end_s = monotonic() + bound_s
    while not condition():
        assert monotonic() < end_s, "did not come about"
        pause.wait(0.002)


def filled(path: Path, settings: StoreSettings = SMALL) -> tuple[Store, list[Future[None]]]:
    """A store which is full up to its limit, half of it with an old session; more waits than fits."""
    store = Store.open(path, settings)
    store.submit([SESSION, OLD]).result(10)
    for k in range(100):
        store.submit([EventRow("old", float(k), "note", "", TEXT)]).result(10)
    futures = [store.submit([EventRow("s", float(k), "note", "", TEXT)]) for k in range(200)]
    until(lambda: store.health().state == "full")
    return store, futures


def free(path: Path) -> None:
    connection = sqlite3.connect(path, timeout=10)
    connection.execute("DELETE FROM event WHERE session = 'old'")
    connection.execute("DELETE FROM event WHERE session = 's' AND time_s >= 1000")
    connection.commit()
    connection.close()


def test_what_waits_while_the_disk_is_full_is_written_in_order_when_there_is_space(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    store, futures = filled(path, StoreSettings(bytes_max=1_050_000, retry_first_s=0.005, retry_max_s=0.02))
    until(lambda: futures[0].done())
    acknowledged = [future.done() for future in futures]
    assert sum(acknowledged) < 200
    assert acknowledged == sorted(acknowledged, reverse=True)  # none overtook another
    health = store.health()
    assert "full" in health.words
    assert str(path) in health.words
    assert "free space" in health.mend
    assert health.backlog > 0
    assert health.dropped == 0
    free(path)
    assert not wait(futures, 20).not_done
    assert [future.exception() for future in futures] == [None] * 200
    with store.reader() as reader:
        connection = sqlite3.connect(path)
        assert [row[0] for row in connection.execute("SELECT time_s FROM event ORDER BY seq")] == list(range(200))
        connection.close()
        assert len(reader.events("s")) == 200
    assert store.health().state == "ok"
    assert store.health().backlog == 0
    store.close()


def test_more_than_the_backlog_holds_is_refused_counted_and_told(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    settings = StoreSettings(bytes_max=1_050_000, backlog_rows=250, retry_first_s=0.005, retry_max_s=0.02)
    store, futures = filled(path, settings)
    more = [store.submit([EventRow("s", 1000.0 + k, "note")] * 10) for k in range(50)]
    refused = [future for future in more if future.done()]
    assert refused
    assert all(isinstance(future.exception(), StoreError) for future in refused)
    health = store.health()
    assert health.dropped == 10 * len(refused)
    assert f"{health.dropped} rows were refused" in health.words
    assert health.backlog <= 250
    free(path)
    kept = [*futures, *(future for future in more if future not in refused)]
    assert not wait(kept, 20).not_done
    assert all(future.exception() is None for future in kept)
    store.close()


def test_closing_on_a_full_disk_ends_in_time_and_counts_what_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    store, futures = filled(path)
    lost = store.close(bound_s=0.05)
    failed = [future for future in futures if future.exception(1) is not None]
    assert lost == len(failed) > 0
    with Reader(path) as reader:
        assert len(reader.events("s")) == len(futures) - lost


def test_a_file_locked_by_another_program_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "BUSY_S", 0.05)
    path = tmp_path / "store.sqlite"
    store = Store.open(path, StoreSettings(retry_first_s=0.005, retry_max_s=0.02))
    store.submit([SESSION]).result(10)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    future = store.submit([EventRow("s", 1.0, "note")])
    until(lambda: store.health().state == "busy")
    assert not future.done()
    other.execute("ROLLBACK")
    other.close()
    future.result(10)
    assert store.health().state == "ok"
    store.close()


def test_a_damaged_file_stops_the_writer_and_answers_everybody(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    with Store.open(path) as store:
        store.submit([SESSION]).result(10)
    connection = sqlite3.connect(path)
    (page,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'event'").fetchone()
    connection.close()
    with path.open("r+b") as file:
        file.seek((page - 1) * 8192)
        file.write(b"\xff" * 8192)
    store = Store.open(path)
    with pytest.raises(StoreError, match=r"store\.sqlite.*malformed.*\n.*recover"):
        store.submit([EventRow("s", 1.0, "note")]).result(10)
    until(lambda: store.health().state == "damaged")
    assert isinstance(store.submit([SESSION]).exception(1), StoreError)
    assert store.close() == 0


@pytest.mark.parametrize("wrong", [{"backlog_rows": 0}, {"bytes_max": 1}, {"retry_first_s": 0.0}, {"retry_max_s": 0.1}])
def test_settings_out_of_range_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError):
        StoreSettings(**wrong)
