"""Habits on their way out: a row of the store for each bout that is over, and what displays and programs are shown."""

from __future__ import annotations

import json
import math

from evenside.cli.live_json import objects_of
from evenside.cli.live_state import WearerState, fold
from evenside.daemon import Told
from evenside.daemon.rows import report_rows
from evenside.store import EventRow
from evenside_analysis.habit_types import HabitEvent
from evenside_analysis.report import Report

BEGUN = HabitEvent("carrying", "strap", 12.5, math.inf, "left", 0.9, 22.5, (("load_n", 41.23456),))
OVER = HabitEvent("carrying", "strap", 12.5, 300.0, "left", 0.9, 305.0, (("load_n", 41.23456), ("moving", math.nan)))


def test_a_bout_is_stored_once_when_it_is_over() -> None:
    (row,) = report_rows("s", Report(habits=(BEGUN, OVER)))
    assert isinstance(row, EventRow)
    assert (row.session, row.time_s, row.kind, row.node) == ("s", 300.0, "habit", "strap")
    assert json.loads(row.detail) == {
        "kind": "carrying",
        "side": "left",
        "start_s": 12.5,
        "end_s": 300.0,
        "confidence": 0.9,
        "load_n": 41.2346,
    }


def test_a_display_shows_what_goes_on_until_it_is_over() -> None:
    state = WearerState("ann")
    fold(state, Told("ann", Report(habits=(BEGUN,))))
    assert list(state.habits.values()) == [BEGUN]
    fold(state, Told("ann", Report(habits=(OVER,))))
    assert state.habits == {}


def test_a_program_is_told_of_both_with_their_words() -> None:
    begun, over = objects_of(Told("ann", Report(habits=(BEGUN, OVER))))
    assert (begun["type"], begun["wearer"], begun["habit"]) == ("habit", "ann", BEGUN)
    assert begun["words"] == "carrying, left side (strap), since 12 s"
    assert over["words"] == "carrying, left side (strap), 12 to 300 s"
