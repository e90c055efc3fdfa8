"""Alerts reach every sink once, whatever another sink does, in words that state a measurement and nothing else."""

from __future__ import annotations

import logging
import math
from dataclasses import replace

import pytest

from evenside.notify import Notice, Notifier, NudgeNotice, alert_words, log_sink
from evenside_analysis.types import Alert, Figure

FIGURE = Figure(
    metric="impulse",
    site="insole",
    start_s=0.0,
    end_s=60.0,
    n=40,
    n_left=40,
    left_mean=300.0,
    left_sd=10.0,
    n_right=40,
    right_mean=340.0,
    right_sd=10.0,
    difference=40.0,
    ai=6.25,
    ai_lo=5.1,
    ai_hi=7.4,
    bias_budget_ai=2.0,
    mdc95_ai=math.nan,
    claim=2,
    side="right",
    reason="",
    completeness_left=1.0,
    completeness_right=1.0,
    sync_error_s=math.nan,
)
RAISED = Alert("bag", "impulse", "insole", 60.0, True, "right", 5.0, FIGURE)
CLEARED = replace(
    RAISED, active=False, limit_ai=3.0, figure=replace(FIGURE, ai=0.4, ai_lo=-0.5, ai_hi=1.3, claim=0, side="none")
)


def test_every_sink_hears_of_an_alert_once_and_in_order() -> None:
    heard: list[tuple[str, Notice | NudgeNotice]] = []
    notify = Notifier(
        {"a": lambda notice: heard.append(("a", notice)), "b": lambda notice: heard.append(("b", notice))}
    )
    first, second = Notice("ann", "s", RAISED), Notice("ann", "s", CLEARED)
    notify(first)
    notify(second)
    assert heard == [("a", first), ("b", first), ("a", second), ("b", second)]


def test_a_sink_that_fails_is_told_and_stops_no_other(caplog: pytest.LogCaptureFixture) -> None:
    heard: list[Notice | NudgeNotice] = []

    def failing(notice: Notice | NudgeNotice) -> None:
        raise OSError("no network")

    Notifier({"phone": failing, "list": heard.append})(Notice("ann", "s", RAISED))
    assert len(heard) == 1
    assert "the sink 'phone' did not take the alert bag" in caplog.text


def test_the_log_says_raised_as_a_warning_and_cleared_as_a_note(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "evenside.alert"):
        log_sink(Notice("ann", "s", RAISED))
        log_sink(Notice("ann", "s", CLEARED))
    assert [(record.levelname, record.message) for record in caplog.records] == [
        ("WARNING", f"ann: {alert_words(RAISED)}"),
        ("INFO", f"ann: {alert_words(CLEARED)}"),
    ]


def test_words_name_rule_size_side_interval_and_limit() -> None:
    assert alert_words(RAISED) == (
        "alert bag raised: impulse 6.2 % (AI) more load on the right (53.1 % right) [5.1, 7.4], larger than the"
        " measuring error of this setup (insole); the limit is 5.0 % (AI) on the right"
    )
    assert alert_words(CLEARED) == (
        "alert bag cleared: impulse: no difference seen [0.5 left, 1.3 right] (insole);"
        " it is over below 3.0 % (AI) on the right"
    )


@pytest.mark.parametrize("alert", [RAISED, CLEARED])
def test_words_judge_nobody(alert: Alert) -> None:
    said = alert_words(alert).lower()
    for word in ("imbalance", "risk", "abnormal", "injury", "danger", "healthy", "wrong"):
        assert word not in said
