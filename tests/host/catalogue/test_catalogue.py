"""Rules that every measurement keeps, and the values taken from what a line is about."""

from __future__ import annotations

import math

import pytest

from evenside.catalogue import (
    ALERT,
    EVENT,
    FIGURE,
    MEASUREMENTS,
    NODE,
    OTHER,
    REASON_CODES,
    SESSION,
    SIDE_CODES,
    code_words,
    field_values,
    victoria_name,
)
from evenside.store import EventRow, NodeStatusRow
from evenside_analysis.claims import withheld_words
from evenside_analysis.types import Alert, Figure, Reason

FIGURE_VALUE = Figure(
    *("stance_time", "foot", 60.0, 120.0, 40, 40, 0.6, 0.02, 40, 0.63, 0.03, 0.03, 4.9, 3.0, 6.8, 1.0, 4.5, 2, "right"),
    *("", 1.0, 0.98, 0.0012),
)


def test_names_of_a_measurement_are_all_different() -> None:
    for measurement in MEASUREMENTS:
        names = [*measurement.tags, *(field.name for field in measurement.fields), "time"]
        assert len(set(names)) == len(names)
        assert "wearer" in measurement.tags
    assert len({measurement.name for measurement in MEASUREMENTS}) == len(MEASUREMENTS)


def test_every_reason_has_a_code_of_its_own_and_words() -> None:
    reasons = {value for name, value in vars(Reason).items() if name.isupper()}
    assert reasons == set(REASON_CODES)
    assert len(set(REASON_CODES.values())) == len(REASON_CODES)
    assert set(code_words()) == {*REASON_CODES.values(), OTHER}
    assert code_words()[REASON_CODES[Reason.SYNC]] == withheld_words(Reason.SYNC)


def test_codes_are_what_servers_already_hold() -> None:
    assert dict(SIDE_CODES) == {"left": -1, "none": 0, "right": 1}
    assert list(REASON_CODES.values()) == list(range(10))
    assert list(REASON_CODES)[:4] == ["", "too_few", "one_side_missing", "below_floor"]


def test_a_figure_gives_its_values_in_the_units_of_the_catalogue() -> None:
    values = dict(field_values(FIGURE, FIGURE_VALUE, texts=True))
    assert values["ai"] == 4.9
    assert (values["ci_low"], values["ci_high"]) == (3.0, 6.8)
    assert values["sync_error_ms"] == pytest.approx(1.2)
    assert (values["side_code"], values["reason_code"], values["reason"]) == (1.0, 0.0, "")
    assert "reason" not in dict(field_values(FIGURE, FIGURE_VALUE, texts=False))
    assert dict(field_values(SESSION, FIGURE_VALUE, texts=False))["duration_s"] == 60.0


def test_what_a_node_did_not_say_is_no_number() -> None:
    values = dict(field_values(NODE, NodeStatusRow("s", "n", 1.0, frames=7, clock_error_s=0.002), texts=True))
    assert values["frames"] == 7.0
    assert values["clock_error_ms"] == 2.0
    assert all(
        isinstance(value, float) and math.isnan(value) for value in (values["battery_percent"], values["frames_lost"])
    )


def test_events_and_alerts_give_their_values() -> None:
    assert field_values(EVENT, EventRow("s", 1.0, "lost", "n", "why"), texts=True) == [
        ("count", 1.0),
        ("detail", "why"),
    ]
    alert = Alert("limit", "stance_time", "foot", 5.0, True, "right", 4.5, FIGURE_VALUE)
    assert dict(field_values(ALERT, alert, texts=False)) == {
        "active": 1.0,
        "side_code": 1.0,
        "limit_ai": 4.5,
        "ai": 4.9,
    }


def test_a_word_that_is_not_in_the_table_is_told_as_other() -> None:
    alert = Alert("limit", "stance_time", "foot", 5.0, True, "upwards", 4.5, FIGURE_VALUE)  # type: ignore[arg-type]
    assert dict(field_values(ALERT, alert, texts=False))["side_code"] == float(OTHER)


def test_victoriametrics_joins_measurement_and_field() -> None:
    assert victoria_name(FIGURE, "ai") == "figure_ai"
    with pytest.raises(KeyError, match="has no field 'a_i'"):
        victoria_name(FIGURE, "a_i")
