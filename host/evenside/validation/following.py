"""What the product finds in a recording: ``monitor.step`` over all of it and then ``monitor.finish``, as everywhere."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context

import numpy as np

from evenside.errors import EvensideError
from evenside.readers import open_recording
from evenside.validation.marks import SIDES, Foot, Problem, Trial
from evenside_analysis import monitor
from evenside_analysis.report import Report, Summary
from evenside_analysis.rows import Rows
from evenside_analysis.settings import MonitorSettings
from evenside_analysis.types import Event, Flag, Floats, Ints, Node

__all__ = ["FootFound", "Found", "follow", "follow_all", "usual_jobs"]

_A_JOB = 16  # recordings: starting a process costs as much as following some ten of them


@dataclass(frozen=True, slots=True, eq=False)
class FootFound:
    """All events of one foot: times and flags of each kind, in the order of time.

    Initial contacts carry Flag.STAIRS too where their swing went to another step; ``stairs`` of each: 1 up, -1 down.
    """

    time_s: dict[Event, Floats]
    flags: dict[Event, Ints]
    stairs: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What was found in one recording. Times count from its first sample; rows are those of stride by stride."""

    rate_hz: float
    duration_s: float
    nodes: tuple[Node, ...]
    feet: Mapping[Foot, FootFound]  # where there were contacts to find
    rows: dict[tuple[str, ...], Rows]  # by the metrics that are their columns
    summary: Summary
    notes: tuple[str, ...]


def follow(trial: Trial) -> Found:
    """Raises ReadError or LayoutError: the recording cannot be read."""
    recording = open_recording(trial.path, trial.layout, rate_hz=trial.rate_hz)
    settings = MonitorSettings(recording.nodes)
    state, reports = monitor.start(settings), list[Report]()
    for block in recording.read():
        state, report = monitor.step(settings, state, block)
        reports.append(report)
    state, report = monitor.finish(settings, state)
    reports.append(report)
    summary = monitor.summary(settings, state)
    feet = {side: foot for side in SIDES if (foot := _foot(recording.nodes, side, reports)) is not None}
    return Found(
        recording.nodes[0].rate_hz,
        summary.end_s - summary.start_s,
        recording.nodes,
        feet,
        _rows(reports),
        summary,
        tuple(note.kind for note in recording.notes()),
    )


def follow_all(trials: Sequence[Trial], jobs: int, progress: Callable[[float], None]) -> Iterator[Found | Problem]:
    """The same of many, in their order, in as many processes; ``progress`` is told how many are done."""
    if jobs <= 1 or len(trials) <= 1:
        for done, trial in enumerate(trials, 1):
            yield _tried(trial)
            progress(done)
        return
    # A process that was forked from one with threads (a progress bar has one) may hang.
    pool = ProcessPoolExecutor(min(jobs, len(trials)), get_context("spawn"))
    try:
        with _starting_deaf():
            results = pool.map(_tried, trials, chunksize=4)
        for done, found in enumerate(results, 1):
            yield found
            progress(done)
    finally:
        pool.shutdown(cancel_futures=True)


def usual_jobs(trials: int) -> int:
    """As many processes as there are cores, but none that would have little to do."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, trials // _A_JOB))


def _tried(trial: Trial) -> Found | Problem:
    try:
        return follow(trial)
    except (EvensideError, ValueError) as error:  # the analysis refuses what it cannot work with, such as 10 Hz
        return Problem(str(trial.path), str(error))


@contextmanager
def _starting_deaf() -> Iterator[None]:
    """Processes that start meanwhile do not hear Ctrl-C, which goes to all of a terminal: this one ends them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # inherited
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _foot(nodes: tuple[Node, ...], side: str, reports: list[Report]) -> FootFound | None:
    """Of the first node of that side that has contacts."""
    for node in nodes:
        told = [one.contacts for report in reports for one in report.contacts if one.node == node.id]
        if node.side == side and told:
            time_s, kind, flags = (
                np.concatenate([getattr(one, name) for one in told]) for name in ("time_s", "kind", "flags")
            )
            place = {event: kind == event for event in Event}
            times, marked = (
                {event: time_s[at] for event, at in place.items()},
                {e: flags[at] for e, at in place.items()},
            )
            stairs = _stairs(node, reports, times[Event.IC])
            marked[Event.IC] = marked[Event.IC] | np.where(stairs != 0, int(Flag.STAIRS), 0)
            return FootFound(times, marked, stairs)
    return None


def _stairs(node: Node, reports: list[Report], contact_s: Floats) -> Ints:
    """(n,) of the swings that end with these contacts, as the strides tell."""
    stairs = np.zeros(contact_s.size, np.int64)
    for report in reports:
        for one in report.strides:
            if one.node == node.id:
                swung = one.strides.end_s > one.strides.toe_off_s
                stairs[contact_s.searchsorted(one.strides.end_s[swung])] = one.strides.stairs[swung]
    return stairs


def _rows(reports: list[Report]) -> dict[tuple[str, ...], Rows]:
    found: dict[tuple[str, ...], Rows] = {}
    for report in reports:
        for pair in report.rows:
            before = found.get(pair.metrics)
            found[pair.metrics] = pair.rows if before is None else before.followed_by(pair.rows)
    return found
