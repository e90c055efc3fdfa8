"""The rule for change over days: its recursion, its dwell, and how often it is wrong where days resemble each other."""

from __future__ import annotations

import math

import numpy as np
import pytest

from evenside_analysis.change import ChangeSettings, ChangeState, DayJudged, baseline_of, renewed, watch_day
from evenside_analysis.types import Floats

UNIT = ChangeSettings(prior_sd=1.0)


def days(rng: np.random.Generator, people: int, count: int, phi: float) -> Floats:
    noise = rng.standard_normal((people, count))
    values = noise.copy()
    for day in range(1, count):
        values[:, day] = phi * values[:, day - 1] + math.sqrt(1.0 - phi**2) * noise[:, day]
    return values


def judged(settings: ChangeSettings, values: Floats) -> list[DayJudged]:
    state, found = ChangeState(), []
    for value in values.tolist():
        state, day = watch_day(settings, state, value)
        found.append(day)
    return found


def false_alerts_a_year(settings: ChangeSettings, phi: float, people: int) -> float:
    values = days(np.random.default_rng(11), people, settings.base_days + 365, phi)
    return float(np.mean([sum(day.raised for day in judged(settings, row)) for row in values]))


@pytest.mark.parametrize(
    ("limit", "base_days", "phi", "a_year"),
    [(3.0, 28, 0.3, 0.19), (3.0, 28, 0.5, 0.82), (3.0, 14, 0.5, 0.59), (2.5, 28, 0.3, 0.69), (3.5, 28, 0.5, 0.27)],
)
def test_false_alerts_are_as_rare_as_published(limit: float, base_days: int, phi: float, a_year: float) -> None:
    people = 600
    found = false_alerts_a_year(ChangeSettings(1.0, limit=limit, base_days=base_days), phi, people)
    # 30 % of the table, and what so few people scatter by.
    assert found == pytest.approx(a_year, abs=0.3 * a_year + 2.0 * math.sqrt(a_year / people))


@pytest.mark.parametrize(("shift", "found_share", "median_days"), [(1.0, 0.51, 22), (2.0, 0.99, 8), (3.0, 1.0, 5)])
def test_changes_are_found_as_often_and_as_soon_as_published(
    shift: float, found_share: float, median_days: float
) -> None:
    values = days(np.random.default_rng(3), 400, 28 + 90, 0.3)
    values[:, 58:] += shift
    after = []
    for row in values:
        raised = [at - 58 for at, day in enumerate(judged(UNIT, row)) if day.raised]
        if not raised or raised[0] >= 0:
            after.append(raised[0] if raised else math.inf)
    found = [day for day in after if day < 60]
    assert len(found) / len(after) == pytest.approx(found_share, abs=0.08)
    assert np.median(found) == pytest.approx(median_days, rel=0.3)


def test_the_chart_is_the_published_recursion() -> None:
    state = ChangeState(baseline=baseline_of(UNIT, (0.0,) * 28))
    found = []
    for value in (0.0, 1.0, 1.0, 1.0, -1.0, 2.0, 2.0):
        state, day = watch_day(UNIT, state, value)
        found.append(day.chart)
    assert found == pytest.approx([0.0, 0.2, 0.36, 0.488, 0.1904, 0.55232, 0.841856])


@pytest.mark.parametrize(("base_days", "wide"), [(28, 1.55), (14, 1.79)])
def test_the_limit_is_as_wide_as_published(base_days: int, wide: float) -> None:
    settings = ChangeSettings(1.0, base_days=base_days)
    values = days(np.random.default_rng(5), 500, base_days, 0.5)
    assert np.mean([baseline_of(settings, tuple(row.tolist())).limit for row in values]) == pytest.approx(
        wide, rel=0.03
    )


def test_a_change_smaller_than_the_repeat_of_a_measurement_raises_nothing() -> None:
    values = np.concatenate([np.tile([0.7, -0.7], 14), np.full(40, 4.0)])
    assert any(day.raised for day in judged(UNIT, values))
    assert not any(day.raised for day in judged(ChangeSettings(1.0, floor=4.5), values))


def test_it_clears_after_three_usual_days_and_then_rests_for_seven() -> None:
    base = np.tile([0.7, -0.7], 14)
    values = np.concatenate([base, np.full(10, 6.0), np.zeros(14), np.full(4, 9.0), np.full(10, 9.0)])
    found = judged(UNIT, values)
    raised = [at for at, day in enumerate(found) if day.raised]
    (cleared,) = (at for at, day in enumerate(found) if day.cleared)
    assert len(raised) == 2
    assert raised[0] < cleared < raised[1]
    assert raised[1] - cleared >= 7


def test_a_slow_drift_is_not_absorbed() -> None:
    values = np.concatenate([np.tile([0.7, -0.7], 14), np.linspace(0.0, 4.0, 120)])
    assert any(day.raised for day in judged(UNIT, values))


def test_a_baseline_is_renewed_only_from_enough_days() -> None:
    state = renewed(UNIT, ChangeState(active=True), np.concatenate([np.full(5, np.nan), np.full(14, 3.0)]))
    assert state.baseline is not None
    assert (state.baseline.level, state.active) == (3.0, False)
    with pytest.raises(ValueError, match="takes 14 days"):
        renewed(UNIT, ChangeState(), np.ones(13))


def test_a_day_without_a_value_is_no_day() -> None:
    with pytest.raises(ValueError, match="left out"):
        watch_day(UNIT, ChangeState(), math.nan)
