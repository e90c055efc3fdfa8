"""The store is rolled up and pruned while the daemon runs and at its end; what hinders that hinders nothing else."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from evenside.config import example_config, parse_config
from evenside.daemon import DaemonTimings, plan_of
from evenside.daemon.store_care import care_for_store, roll_up_now
from evenside.local_time import local_zone_name
from evenside.store import FigureRow, Retention, SessionRow, Store
from evenside_analysis.types import Figure

if TYPE_CHECKING:
    from tests.host.daemon.conftest import Bench

S = 1_000_000_000
START_NS = 1_790_000_000 * S
HURRY = DaemonTimings(roll_up_every_s=0.0)
FIGURE = Figure(
    *("stance_time", "foot", 0.0, 60.0, 40, 40, 0.6, 0.02, 40, 0.63, 0.03, 0.03, 4.9, 3.0, 6.8, 1.0, 4.5, 2, "right"),
    *("", 1.0, 0.98, 0.001),
)


def count(path: Path, what: str) -> int:
    connection = sqlite3.connect(path, timeout=30.0)
    try:
        return int(connection.execute(f"SELECT count(*) FROM {what}").fetchone()[0])
    finally:
        connection.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Figures of three days, an hour apart, of a session that goes on."""
    with Store.open(tmp_path / "store.sqlite") as store:
        rows = [FigureRow("a", "window", replace(FIGURE, end_s=3600.0 * k)) for k in range(1, 73)]
        store.submit([SessionRow("a", "w", "run", START_NS, "0.1.0"), *rows]).result(30)
    return tmp_path / "store.sqlite"


def care_until(path: Path, retention: Retention, done: Callable[[], bool], now_ns: int) -> None:
    async def care() -> None:
        caring = asyncio.create_task(care_for_store(path, retention, HURRY, lambda: now_ns))
        async with asyncio.timeout(60.0):
            while not done():
                assert not caring.done()
                await asyncio.sleep(0.01)
        caring.cancel()
        await asyncio.wait([caring])

    asyncio.run(care())


def test_what_was_measured_is_rolled_up_when_the_daemon_ends(bench: Bench) -> None:
    bench.walking(60.0)
    plan = bench.plan()
    bench.run(plan)
    assert count(plan.store, "rollup_due") == 0
    windows = count(plan.store, "figure WHERE kind = 'window'")
    connection = sqlite3.connect(plan.store)
    for span in ("quarter", "hour", "day"):
        assert connection.execute("SELECT sum(windows) FROM rollup WHERE span = ?", (span,)).fetchone() == (windows,)
    assert connection.execute("SELECT zone FROM session").fetchone() == (local_zone_name(),)
    connection.close()


def test_while_it_runs_days_are_rolled_up_and_old_figures_go(path: Path) -> None:
    now_ns = START_NS + 3 * 86_400 * S
    care_until(path, Retention(figures_days=1), lambda: count(path, "figure") == 25, now_ns)
    assert count(path, "rollup_due") == 0
    assert count(path, "rollup WHERE span = 'hour'") == 72


def test_without_a_word_about_it_nothing_goes(path: Path) -> None:
    care_until(path, Retention(), lambda: count(path, "rollup_due") == 0, START_NS * 2)
    assert count(path, "figure") == 72


def test_a_store_that_cannot_be_read_is_told_and_tried_again(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    content = path.read_bytes()
    path.write_bytes(b"no database" * 1000)
    with caplog.at_level(logging.WARNING, "evenside.daemon"):
        roll_up_now(path)
    assert "roll-ups" in caplog.text
    path.write_bytes(content)
    roll_up_now(path)
    assert count(path, "rollup_due") == 0


def test_no_time_left_means_later(path: Path) -> None:
    roll_up_now(path, lambda: True)
    assert count(path, "rollup_due") > 0


def test_the_zone_and_the_tiers_of_the_configuration_are_those_of_the_plan(tmp_path: Path) -> None:
    text = example_config().replace('id = "me"', 'id = "me"\ntimezone = "Asia/Kathmandu"')
    tiers = "[store]\nkeep_figures_days = 30\nkeep_hours_days = 400\nkeep_events_days = 90\n"
    plan = plan_of(parse_config(f'data = "here"\n{tiers}{text}', tmp_path / "evenside.toml"))
    assert plan.sessions[0].zone == "Asia/Kathmandu"
    assert plan.retention == Retention(30, 400, 90)
