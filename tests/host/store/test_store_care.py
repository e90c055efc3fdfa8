"""Check, prune, compact, copy and bring back: on whole stores, on damaged ones, and while somebody writes."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from evenside.errors import StoreError
from evenside.store import (
    AlertRow,
    EventRow,
    FigureRow,
    NodeStatusRow,
    Retention,
    Roller,
    Row,
    SessionEnd,
    SessionRow,
    SinkRow,
    Store,
    back_up,
    check,
    compact,
    prune,
    restore,
    schema,
)
from evenside_analysis.types import Alert, Figure

S = 1_000_000_000
DAY_S = 86_400.0
START_NS = 1_790_000_000 * S
FIGURE = Figure(
    *("stance_time", "foot", 0.0, 60.0, 40, 40, 0.6, 0.02, 40, 0.63, 0.03, 0.03, 4.9, 3.0, 6.8, 1.0, 4.5, 2, "right"),
    *("", 1.0, 0.98, math.nan),
)


def filled(store: Store, session: str, start_ns: int = START_NS, days: int = 4) -> None:
    rows: list[Row] = [SessionRow(session, "w", "run", start_ns, "0.1.0")]
    for k in range(days * 8):
        at_s = k * DAY_S / 8 + 60.0
        figure = replace(FIGURE, start_s=at_s - 60, end_s=at_s, ai=float(k % 7))
        rows += [
            FigureRow(session, "window", figure),
            EventRow(session, at_s, "marker", "", str(k)),
            AlertRow(session, Alert("r", "stance_time", "foot", at_s, k % 2 == 0, "right", 4.0, figure)),
            NodeStatusRow(session, "n", at_s, battery_percent=50.0),
        ]
    rows.append(FigureRow(session, "session", replace(FIGURE, end_s=days * DAY_S)))
    store.submit(rows).result(30)


def count(path: Path, table: str, where: str = "1") -> int:
    connection = sqlite3.connect(path)
    try:
        return int(connection.execute(f"SELECT count(*) FROM {table} WHERE {where}").fetchone()[0])
    finally:
        connection.close()


def change(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def everything(path: Path) -> dict[str, list[tuple[object, ...]]]:
    connection = sqlite3.connect(path)
    tables = ("session", "figure", "node_status", "rollup")
    found = {table: sorted(connection.execute(f"SELECT * FROM {table}"), key=repr) for table in tables}
    found["event"] = sorted(connection.execute("SELECT session, ts_ns, node, kind, detail FROM event"))
    found["alert"] = sorted(connection.execute("SELECT session, ts_ns, rule, active, figure FROM alert"))
    connection.close()
    return found


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "store.sqlite") as opened:
        filled(opened, "a")
        yield opened


def test_a_whole_store_has_no_findings_also_beside_its_writer(store: Store) -> None:
    with Roller(store.path) as roller:
        roller.all_due()
    assert check(store.path) == []


def test_a_store_of_every_age_has_no_findings_once_it_is_brought_up_to_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = schema.MIGRATIONS
    for age in range(1, len(known)):
        monkeypatch.setattr(schema, "MIGRATIONS", known[:age])
        schema.connect_writer(tmp_path / f"{age}.sqlite").close()
        monkeypatch.setattr(schema, "MIGRATIONS", known)
        schema.connect_writer(tmp_path / f"{age}.sqlite").close()
        assert check(tmp_path / f"{age}.sqlite") == []


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("DELETE FROM session", "belongs to no session"),
        ("DROP INDEX figure_time", "figure_time is missing"),
        ("DROP TABLE rollup", "rollup is missing"),
        ("ALTER TABLE event ADD COLUMN more", "event is not as this software makes it"),
        ("UPDATE session SET nodes = '[{'", "session a: nodes is no JSON"),
        ("UPDATE event SET ts_ns = ts_ns + 2000000000 WHERE detail = '3'", "1 rows of event stand at another time"),
        ("UPDATE session SET zone = 'No/Where'", "knows no time zone 'No/Where'"),
        ("UPDATE rollup SET given = windows + 1", "roll-ups count more than there is"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(store: Store, statement: str, words: str) -> None:
    with Roller(store.path) as roller:
        roller.all_due()
    store.close()
    change(store.path, "PRAGMA foreign_keys = OFF", statement)
    found = check(store.path)
    assert any(words in finding.words for finding in found), found
    assert all(finding.mend for finding in found)
    assert len(found) <= 50


def test_a_torn_page_is_told_as_damage(store: Store) -> None:
    store.close()
    connection = sqlite3.connect(store.path)
    (page,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'figure'").fetchone()
    connection.close()
    with store.path.open("r+b") as file:
        file.seek((page - 1) * 8192 + 100)
        file.write(b"\xff" * 6000)
    found = check(store.path)
    assert found
    assert "store restore" in found[0].mend or "recover" in found[0].mend


def test_tiers_go_by_their_age_and_roll_ups_by_day_stay(store: Store) -> None:
    now_ns = START_NS + round(4 * DAY_S) * S
    gone = prune(store.path, Retention(figures_days=1, hours_days=2, events_days=3), now_ns)
    assert (gone.figures, gone.hours, gone.events) == (24, 32, 24)
    assert count(store.path, "figure", "kind = 'window'") == 8
    assert count(store.path, "figure", "kind = 'session'") == 1
    assert count(store.path, "rollup", "span = 'hour'") == 16
    assert count(store.path, "rollup", "span = 'day'") == 5  # the first and the last are not whole
    assert count(store.path, "session") == 1
    assert check(store.path) == []
    assert prune(store.path, Retention(figures_days=1, hours_days=2, events_days=3), now_ns).total == 0


def test_what_is_kept_for_ever_stays(store: Store) -> None:
    before = everything(store.path)
    assert prune(store.path, Retention(), START_NS * 2).total == 0
    assert {table: len(rows) for table, rows in everything(store.path).items() if table != "rollup"} == {
        table: len(rows) for table, rows in before.items() if table != "rollup"
    }
    with pytest.raises(ValueError, match="at least 1 day"):
        Retention(figures_days=0.5)


def test_a_session_that_never_ends_is_pruned_too(store: Store) -> None:
    now_ns = START_NS + round(4 * DAY_S) * S
    with Roller(store.path) as roller:
        roller.all_due()
    store.submit([FigureRow("a", "window", replace(FIGURE, end_s=4 * DAY_S))]).result(10)  # due, and new
    assert prune(store.path, Retention(figures_days=1), now_ns).figures == 24


def test_compacting_gives_the_room_back_beside_a_writer(store: Store) -> None:
    filled(store, "b", days=200)
    prune(store.path, Retention(figures_days=1, hours_days=1, events_days=1), START_NS + round(300 * DAY_S) * S)
    freed = compact(store.path)
    assert freed > 500_000
    store.submit([SessionEnd("a", 5.0)]).result(10)
    assert check(store.path) == []


def test_a_copy_made_while_somebody_writes_is_a_good_store(store: Store, tmp_path: Path) -> None:
    futures = [store.submit([EventRow("a", 1000.0 + k, "late", "", str(k))]) for k in range(300)]
    size = back_up(store.path, tmp_path / "copy.sqlite")
    for future in futures:
        future.result(30)
    assert size == (tmp_path / "copy.sqlite").stat().st_size
    assert check(tmp_path / "copy.sqlite") == []
    with Store.open(tmp_path / "copy.sqlite") as copy, copy.reader() as reader:
        assert len(list(reader.figures("a"))) == 32
    assert sorted(file.name for file in tmp_path.iterdir() if "part" in file.name) == []


def test_a_copy_replaces_nothing_unless_told_to(store: Store, tmp_path: Path) -> None:
    target = tmp_path / "copy.sqlite"
    target.write_text("mine")
    with pytest.raises(StoreError, match=r"is there already\n.*--replace"):
        back_up(store.path, target)
    assert target.read_text() == "mine"
    back_up(store.path, target, replace=True)
    assert check(target) == []
    with pytest.raises(StoreError, match="is there already"):
        back_up(store.path, store.path, replace=True)


def test_a_damaged_store_gives_no_copy(store: Store, tmp_path: Path) -> None:
    store.close()
    change(store.path, "PRAGMA foreign_keys = OFF", "DELETE FROM session")
    with pytest.raises(StoreError, match="not sound"):
        back_up(store.path, tmp_path / "copy.sqlite")
    assert not (tmp_path / "copy.sqlite").exists()


def test_a_copy_brought_back_into_nothing_is_the_store(store: Store, tmp_path: Path) -> None:
    store.submit([SessionEnd("a", 4 * DAY_S)]).result(10)
    with Roller(store.path) as roller:
        roller.all_due()
    back_up(store.path, tmp_path / "copy.sqlite")
    new = restore(tmp_path / "new" / "store.sqlite", tmp_path / "copy.sqlite")
    assert new["figure"] == 33
    with Roller(tmp_path / "new" / "store.sqlite") as roller:
        roller.all_due()
    assert everything(tmp_path / "new" / "store.sqlite") == everything(store.path)
    assert check(tmp_path / "new" / "store.sqlite") == []
    assert [place.name for place in (tmp_path / "new").iterdir() if "restore" in place.name] == []


def test_a_copy_brought_back_beside_a_writer_adds_what_is_missing_and_doubles_nothing(
    store: Store, tmp_path: Path
) -> None:
    filled(store, "b", START_NS + round(9 * DAY_S) * S)
    back_up(store.path, tmp_path / "copy.sqlite")
    change(
        store.path,
        *(f"DELETE FROM {table} WHERE session = 'b'" for table in ("figure", "event", "alert", "node_status")),
        "DELETE FROM rollup_due WHERE session = 'b'",
        "DELETE FROM session WHERE id = 'b'",
    )
    futures = [store.submit([EventRow("a", 1000.0 + k, "late", "", str(k))]) for k in range(200)]
    new = restore(store.path, tmp_path / "copy.sqlite")
    for future in futures:
        future.result(30)
    assert (new["session"], new["figure"], new["event"], new["alert"], new["node_status"]) == (1, 33, 32, 32, 32)
    assert count(store.path, "event", "session = 'a'") == 32 + 200
    with Roller(store.path) as roller:
        roller.all_due()
    assert count(store.path, "rollup", "span = 'day'") == 10
    assert sum(restore(store.path, tmp_path / "copy.sqlite").values()) == 0
    assert check(store.path) == []


def test_days_whose_figures_were_pruned_come_back_by_their_roll_ups(store: Store, tmp_path: Path) -> None:
    prune(store.path, Retention(figures_days=1, events_days=1), START_NS + round(100 * DAY_S) * S)
    back_up(store.path, tmp_path / "copy.sqlite")
    restore(tmp_path / "new.sqlite", tmp_path / "copy.sqlite")
    with Roller(tmp_path / "new.sqlite") as roller:
        roller.all_due()
    assert everything(tmp_path / "new.sqlite")["rollup"] == everything(store.path)["rollup"]


def test_a_copy_of_older_software_is_brought_up_to_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = schema.MIGRATIONS
    monkeypatch.setattr(schema, "MIGRATIONS", known[:2])
    schema.connect_writer(tmp_path / "old.sqlite").close()
    change(
        tmp_path / "old.sqlite",
        "INSERT INTO session(id, wearer, kind, name, started_ns, nodes, settings, software)"
        " VALUES('s', 'w', 'run', '', 5, '[]', '{}', '0')",
    )
    monkeypatch.setattr(schema, "MIGRATIONS", known)
    assert restore(tmp_path / "new.sqlite", tmp_path / "old.sqlite")["session"] == 1


@pytest.mark.parametrize("content", [b"", b"no database at all, but long enough to be one" * 50])
def test_what_is_no_copy_is_refused(store: Store, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "copy.sqlite").write_bytes(content)
    with pytest.raises(StoreError):
        restore(store.path, tmp_path / "copy.sqlite")
    with pytest.raises(StoreError, match="there is no file"):
        restore(store.path, tmp_path / "none.sqlite")
    with pytest.raises(StoreError, match="the store itself"):
        restore(store.path, store.path)


def test_what_waits_for_a_sink_is_not_brought_back(store: Store, tmp_path: Path) -> None:
    store.submit([SinkRow("clinic", 10_000)]).result(10)
    back_up(store.path, tmp_path / "copy.sqlite")
    restore(tmp_path / "new.sqlite", tmp_path / "copy.sqlite")
    assert count(tmp_path / "new.sqlite", "sink") == 0
