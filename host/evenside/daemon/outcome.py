"""What came of a run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from evenside.daemon.plan import SessionPlan
from evenside.errors import EvensideError
from evenside_analysis.report import Summary

__all__ = ["Outcome", "SessionOutcome"]


@dataclass(frozen=True, slots=True)
class SessionOutcome:
    """``recording``: folder of the raw samples, None where they were not kept. ``summary``: None if analysis failed."""

    plan: SessionPlan
    session: str
    recording: Path | None
    summary: Summary | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """``reason``: why it ended, in words. ``failures``: of ``sources``. ``rows_lost`` could not be stored any more."""

    sessions: tuple[SessionOutcome, ...]
    sources: int
    failures: tuple[EvensideError, ...]
    reason: str
    rows_lost: int
