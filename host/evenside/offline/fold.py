"""The fold: blocks of a recording through ``monitor.step``, reports to whoever listens, and what it all came to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from evenside.readers.recording import Note, Progress, Recording
from evenside_analysis import monitor
from evenside_analysis.regularity import Regularity
from evenside_analysis.report import Report, Summary
from evenside_analysis.settings import MonitorSettings
from evenside_analysis.types import Alert

__all__ = ["Analysis", "Listener", "analyse_recording", "first_sample_s"]

Listener = Callable[[Report, float], None]
"""Takes each report with the session time that has passed by then on the node it came from."""


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """A recording and what was found in it. ``alerts`` in the order of time; ``notes`` are the reader's; ``bouts``: of
    straight walking, by each node on the trunk.
    """

    recording: Recording
    settings: MonitorSettings
    summary: Summary
    alerts: tuple[Alert, ...]
    notes: tuple[Note, ...]
    bouts: tuple[Regularity, ...] = ()


def analyse_recording(
    recording: Recording,
    settings: MonitorSettings,
    *,
    progress: Progress | None = None,
    listeners: Sequence[Listener] = (),
) -> Analysis:
    """Fold the recording. Blocks of nodes that the settings do not name are passed over.

    Raises:
        ReadError: nothing sensible can be read (on).
    """
    known = {node.id for node in settings.nodes}
    state = monitor.start(settings)
    alerts, bouts = list[Alert](), list[Regularity]()
    for block in recording.read(progress) if progress else recording.read():
        if block.node not in known:
            continue
        state, report = monitor.step(settings, state, block)
        alerts += report.alerts
        bouts += report.regularity
        passed_s = float(block.time_s[-1]) if block.time_s.size else 0.0
        for listen in listeners:
            listen(report, passed_s)
    state, report = monitor.finish(settings, state)
    alerts += report.alerts
    bouts += report.regularity
    for listen in listeners:
        listen(report, 0.0)
    alerts.sort(key=lambda alert: alert.time_s)
    summary = monitor.summary(settings, state)
    return Analysis(recording, settings, summary, tuple(alerts), recording.notes(), tuple(bouts))


def first_sample_s(recording: Recording) -> float:
    """Session time of the first sample: 0 but in our own recordings, which keep the times of their session."""
    first = next(iter(recording.read()), None) if recording.layout == "evenside" else None
    return 0.0 if first is None else float(first.time_s[0])
