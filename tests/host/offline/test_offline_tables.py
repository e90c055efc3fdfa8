"""Contacts and strides as CSV: all of them, in the order of time, from the first sample on."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from evenside.errors import ReadError
from evenside.offline import (
    EVENT_COLUMNS,
    STRIDE_COLUMNS,
    OrderedCsv,
    analyse_recording,
    event_listener,
    first_sample_s,
    stride_listener,
    table_path,
)
from evenside.readers import open_recording
from evenside_analysis import monitor
from evenside_analysis.report import NodeContacts, Report
from evenside_analysis.settings import MonitorSettings
from evenside_analysis.types import Contacts, Event, Flag


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def contacts(*times: float) -> Report:
    found = Contacts.none(0.0)
    empty = np.full(len(times), np.nan)
    whole = np.full(len(times), int(Event.IC))
    found = found.followed_by(Contacts(np.array(times), whole, whole * 0, empty, empty, 0.0))
    return Report(contacts=(NodeContacts("n", found),))


def test_rows_of_all_nodes_stand_in_the_order_of_time_however_late_they_come(tmp_path: Path) -> None:
    with OrderedCsv(tmp_path / "e.csv", EVENT_COLUMNS) as table:
        listen = event_listener(table, {"n": "left"}, 1.0)
        for report, passed_s in ((contacts(5.0, 9.0), 10.0), (contacts(3.0), 100.0), (contacts(200.0), 330.0)):
            listen(report, passed_s)
        held = len((tmp_path / "e.csv").read_text())
    rows = rows_of(tmp_path / "e.csv")
    assert [row["time_s"] for row in rows] == ["2.000000", "4.000000", "8.000000", "199.000000"]
    assert {(row["side"], row["node"], row["event"]) for row in rows} == {("left", "n", "ic")}
    assert held < len((tmp_path / "e.csv").read_text())


def test_the_tables_hold_what_the_monitor_said(walked, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    recording = open_recording(walked.table, walked.layout)
    sides = {node.id: node.side for node in walked.nodes}
    with (
        OrderedCsv(tmp_path / "e.csv", EVENT_COLUMNS) as events,
        OrderedCsv(tmp_path / "s.csv", STRIDE_COLUMNS) as strides,
    ):
        listeners = (event_listener(events, sides), stride_listener(strides, sides))
        analyse_recording(recording, MonitorSettings(recording.nodes), listeners=listeners)
    settings = MonitorSettings(recording.nodes)
    state, reports = monitor.start(settings), []
    for block in recording.read():
        state, report = monitor.step(settings, state, block)
        reports.append(report)
    reports.append(monitor.finish(settings, state)[1])
    said = sorted(time_s for report in reports for one in report.contacts for time_s in one.contacts.time_s)
    assert [row["time_s"] for row in rows_of(tmp_path / "e.csv")] == [f"{time_s:.6f}" for time_s in said]
    rows = rows_of(tmp_path / "s.csv")
    whole = [row for row in rows if row["next_initial_contact_s"]]
    assert len(rows) == sum(one.strides.start_s.size for report in reports for one in report.strides)
    for row in whole:
        stride_s = float(row["next_initial_contact_s"]) - float(row["initial_contact_s"])
        assert stride_s == pytest.approx(float(row["stance_time_s"]) + float(row["swing_time_s"]), abs=2e-6)
        assert float(row["peak_force_n"]) > 500.0
    lasts = [row for row in rows if not row["next_initial_contact_s"]]
    assert all(row["last"] == "1" and row["swing_time_s"] == row["stride_time_s"] == "" for row in lasts)
    assert [row["first"] for row in rows if row["side"] == "right"][:2] == ["1", "0"]


def test_flags_are_columns_of_0_and_1() -> None:
    of_a_pair = {"unsteady"}
    assert set(STRIDE_COLUMNS) >= {str(flag.name).lower() for flag in Flag} - of_a_pair


def test_a_folder_takes_one_table_a_recording_and_one_file_takes_one_recording(tmp_path: Path) -> None:
    assert table_path(tmp_path, "walk", several=False) == tmp_path / "walk.csv"
    assert table_path(tmp_path / "new", "walk", several=True) == tmp_path / "new" / "walk.csv"
    assert table_path(tmp_path / "one.csv", "walk", several=False) == tmp_path / "one.csv"
    with pytest.raises(ReadError, match="give a folder"):
        table_path(tmp_path / "one.csv", "walk", several=True)


def test_a_place_that_cannot_be_written_is_named_with_the_mend(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ReadError, match="this user can write"):
        OrderedCsv(tmp_path / "file" / "e.csv", EVENT_COLUMNS)


def test_times_count_from_the_first_sample_also_in_a_recording_that_began_later(walked) -> None:  # type: ignore[no-untyped-def]
    assert first_sample_s(open_recording(walked.table, walked.layout)) == 0.0
    assert first_sample_s(open_recording(walked.own)) == 100.0


def test_a_recording_of_our_own_gives_the_figures_of_the_table_it_was_made_of(walked) -> None:  # type: ignore[no-untyped-def]
    figures = []
    for recording in (open_recording(walked.table, walked.layout), open_recording(walked.own)):
        found = analyse_recording(recording, MonitorSettings(recording.nodes)).summary.figures
        figures.append({figure.metric: (figure.n, figure.left_mean, figure.ai) for figure in found})
    assert figures[0].keys() == figures[1].keys()
    for metric, told in figures[0].items():
        if metric != "load_share":  # its windows stand at other places
            assert figures[1][metric] == pytest.approx(told, nan_ok=True, abs=1e-6)
