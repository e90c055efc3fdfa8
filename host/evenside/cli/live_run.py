"""A daemon in the foreground of a command: its display, its log, its keys and its signals, in whatever way it ends."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

from evenside.cli.live_keys import Keys
from evenside.cli.live_log import LogSwitch, log_lines
from evenside.daemon import Daemon, DaemonPlan, Listener, Opener, Outcome, Told, stop_on_signals
from evenside.sources import open_source
from evenside_analysis.metrics import figure_words
from evenside_analysis.report import Report

__all__ = ["Show", "Style", "run_shown", "style_of"]

Style = Literal["picture", "lines", "json"]

REFRESH_S = 0.25

_log = logging.getLogger("evenside.daemon")
_figures = logging.getLogger("evenside.figure")


@dataclass(frozen=True, slots=True)
class Show:
    """What a command wants to be seen. ``known_ai``: what is known to be true of the last windows at a session time.

    ``marks``: keys that put a marker, and its name. ``ends``: keys that end the run.
    """

    title: str
    footer: str = "q or Ctrl-C ends"
    figures: bool = False  # every figure as a line, where there is no picture
    quiet: bool = False
    verbose: bool = False
    notes: Sequence[str] = ()  # to be logged as warnings first
    marks: Mapping[str, str] = field(default_factory=dict)
    ends: str = "q"
    scale_ai: float = 10.0
    known_ai: Callable[[float], Mapping[tuple[str, str], float]] = lambda _: {}


def style_of(*, json: bool) -> Style:
    """A picture on a terminal that can draw one, lines elsewhere."""
    if json:
        return "json"
    return "picture" if sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb" else "lines"


def run_shown(
    plan: DaemonPlan, show: Show, style: Style, listeners: Sequence[Listener] = (), *, opener: Opener = open_source
) -> Outcome:
    """Run a plan to its end.

    Raises:
        EvensideError: it cannot begin, or every source has failed.
    """
    with log_lines(quiet=show.quiet, verbose=show.verbose, figures=show.figures and style == "lines") as log:
        for note in show.notes:
            _log.warning("%s", note)
        outcome = asyncio.run(_run(plan, show, style, log, listeners, opener))
    if outcome.failures and len(outcome.failures) == outcome.sources:
        raise outcome.failures[0]
    return outcome


async def _run(
    plan: DaemonPlan, show: Show, style: Style, log: LogSwitch, listeners: Sequence[Listener], opener: Opener
) -> Outcome:
    found = [*listeners, _log_figures]
    if style == "json":
        found.append(lambda told: _print(told, lambda: daemon.stop("nobody reads any more")))
    picture: _Picture | None = None
    if style == "picture":
        picture = _Picture(show, log, [session.wearer for session in plan.sessions])
        found.append(picture.told)
    daemon = Daemon(plan, found, opener=opener)

    def stop(why: str) -> None:
        daemon.stop(why)
        keys.end()  # at once: should the rest be cut off, the terminal is as it was
        if picture is not None:
            picture.end()

    def pressed(key: str) -> None:
        if key in show.ends:
            stop("a key was pressed")
        elif key in show.marks:
            daemon.mark(show.marks[key])

    keys = Keys(pressed)
    with stop_on_signals(stop):
        try:
            keys.begin()
            if picture is not None:
                picture.begin(daemon)
            return await daemon.run()
        finally:
            keys.end()
            if picture is not None:
                picture.end()


class _Picture:
    """The display, from ``begin`` to ``end``."""

    def __init__(self, show: Show, log: LogSwitch, wearers: Sequence[str]) -> None:
        from rich.console import Console
        from rich.live import Live

        from evenside.cli.live_state import WearerState

        self._show, self._log = show, log
        self._states = {wearer: WearerState(wearer) for wearer in wearers}
        self._live = Live(console=Console(), auto_refresh=False, transient=True)
        self._refreshing: asyncio.Task[None] | None = None
        self._daemon: Daemon | None = None

    def told(self, told: Told) -> None:
        from evenside.cli.live_state import fold

        fold(self._states[told.wearer], told)

    def begin(self, daemon: Daemon) -> None:
        self._daemon = daemon
        self._live.start()
        self._log.shown = True
        self._refreshing = asyncio.create_task(self._refresh())

    def end(self) -> None:
        """May be called more than once. What was logged last stays on the terminal."""
        if self._refreshing is None:
            return
        self._refreshing.cancel()
        self._refreshing = None
        self._log.shown = False
        with suppress(OSError):  # the terminal may be gone
            self._live.stop()

    async def _refresh(self) -> None:
        try:
            while True:
                self._draw()
                await asyncio.sleep(REFRESH_S)
        except Exception:  # what is shown must not stop what is done
            self.end()
            _log.exception("the display failed; the run goes on")

    def _draw(self) -> None:
        from evenside.cli.live_view import Frame, draw

        if self._daemon is not None:
            states = list(self._states.values())
            known = self._show.known_ai(max(state.at_s for state in states))
            show, size = self._show, self._live.console.size
            frame = Frame(show.title, show.footer, size.width, size.height, known, show.scale_ai)
            picture = draw(frame, states, self._daemon.live(), list(self._log.lines))
            self._live.update(picture, refresh=True)


def _print(told: Told, stop: Callable[[], None]) -> None:
    from evenside.cli.live_json import print_told

    try:
        print_told(told)
    except BrokenPipeError:
        stop()


def _log_figures(told: Told) -> None:
    if isinstance(told.what, Report) and _figures.isEnabledFor(logging.INFO):
        for figure in told.what.figures:
            _figures.info("%s %s %5.0f s: %s", told.wearer, figure.site, figure.end_s, figure_words(figure))
