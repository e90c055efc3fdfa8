"""kill -9 at random moments: every acknowledged row is there, once, and the file is sound."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from evenside.store import Reader

KILLS = 12

CHILD = """
import os, sys, threading
from pathlib import Path
from evenside.store import EventRow, SessionRow, Store
first = int(sys.argv[2])
store = Store.open(Path(sys.argv[1]))
free = threading.Semaphore(40)
def acknowledge(number, future):
    future.result()
    os.write(1, b"%d\\n" % number)
    free.release()
store.submit([SessionRow("s", "w", "run", 0, "0")]).result()
number = first
while True:
    free.acquire()
    rows = [EventRow("s", float(number), "note", str(part), "x" * (number % 997)) for part in range(3)]
    future = store.submit(rows)
    future.add_done_callback(lambda done, number=number: acknowledge(number, done))
    number += 1
"""


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_by_kill_9(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    chance = random.Random(20)
    acknowledged: set[int] = set()
    for kill in range(KILLS):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(path), str(kill * 1_000_000)], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        with child.stdout as said:
            for _ in range(chance.randrange(1, 1500)):
                acknowledged.add(int(said.readline()))
            child.kill()
            acknowledged.update(int(line) for line in said)
        child.wait()
        connection = sqlite3.connect(path)
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        connection.close()
        with Reader(path) as reader:
            found = [(round(event.row.time_s), event.row.node) for event in reader.events("s")]
        assert len(found) == len(set(found))
        numbers = {number for number, _ in found}
        assert acknowledged <= numbers
        assert len(found) == 3 * len(numbers)  # batches are whole
    assert len(acknowledged) > 10 * KILLS
