"""Roll-ups and pruning of the store while the daemon runs, in a thread, a day's worth at a time.

Whatever is broken off is done at the next turn. What goes wrong is logged: nothing of what comes in depends on this.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

from evenside.daemon.timings import DaemonTimings
from evenside.errors import StoreError
from evenside.notify.changes import say_changes
from evenside.notify.habit_days import say_habits
from evenside.store import Retention, Roller, prune

__all__ = ["care_for_store", "roll_up_now"]

_log = logging.getLogger("evenside.daemon")


async def care_for_store(
    path: Path,
    retention: Retention,
    timings: DaemonTimings,
    wall_ns: Callable[[], int] = time.time_ns,
    *,
    said: Callable[[], None] | None = None,
) -> None:
    """Until cancelled: roll-ups every ``roll_up_every_s``, pruning with the first of them and then once a day.

    ``said`` is called after roll-ups whose changes over days became messages; None: nobody wants to hear of them.
    """
    ending = threading.Event()
    pruned_ns: int | None = None
    try:
        while True:
            await asyncio.sleep(timings.roll_up_every_s)
            await asyncio.to_thread(roll_up_now, path, ending.is_set)
            if said is not None:
                await asyncio.to_thread(_say, path, wall_ns(), said)
            now_ns = wall_ns()
            if retention.anything and (pruned_ns is None or abs(now_ns - pruned_ns) >= timings.prune_every_s * 1e9):
                pruned_ns = now_ns
                await asyncio.to_thread(_prune, path, retention, now_ns, ending.is_set)
    finally:
        ending.set()


def roll_up_now(path: Path, ending: Callable[[], bool] = lambda: False) -> None:
    """Bring the roll-ups up to date, until ``ending`` says that there is no time left."""
    try:
        with Roller(path) as roller:
            while not ending() and roller.round(days_max=1):
                pass
    except StoreError as error:
        _log.warning("roll-ups: %s", error)
    except Exception:  # a mistake here must not end the daemon
        _log.exception("roll-ups failed and are tried again")


def _say(path: Path, now_ns: int, said: Callable[[], None]) -> None:
    try:
        if say_changes(path, now_ns) + say_habits(path, now_ns):
            said()
    except StoreError as error:
        _log.warning("changes and habits over days: %s", error)


def _prune(path: Path, retention: Retention, now_ns: int, ending: Callable[[], bool]) -> None:
    try:
        gone = prune(path, retention, now_ns, ending)
    except StoreError as error:
        _log.warning("pruning: %s", error)
    except Exception:
        _log.exception("pruning failed and is tried again")
    else:
        if gone.total:
            _log.info(
                "pruned %d figures, %d roll-ups by hour, %d events and status", gone.figures, gone.hours, gone.events
            )
