"""A recording through the daemon into a store, without any evenside.toml: what ``evenside replay`` does."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from pathlib import Path

from evenside.cli.live_run import Show, Style, run_shown
from evenside.cli.live_source import config_of_source
from evenside.cli.progress import progress_bar
from evenside.config import FigureConfig
from evenside.daemon import Listener, Outcome, plan_of
from evenside.sources import SourceItem, SourceRequest
from evenside.sources.replay import open_replay_with
from evenside.sources.replay_options import ReplayOptions, replay_url
from evenside_analysis.limits import Limit

__all__ = ["run_replay"]


def run_replay(
    options: ReplayOptions,
    data: Path,
    style: Style,
    *,
    wearer: str = "replay",
    figures: FigureConfig | None = None,
    limits: tuple[Limit, ...] = (),
    record: bool = False,
    seconds: float | None = None,
    started_ns: int | None = None,
    listeners: Sequence[Listener] = (),
) -> Outcome:
    """Replay all nodes of a recording into the store in ``data``, shown as ``style`` says; a bar where that is lines.

    ``record``: keep its raw samples once more. ``started_ns``: UTC of its second 0, now by default. The figures of the
    session are in the outcome's summary.

    Raises:
        EvensideError: the recording cannot be opened or read on, the store cannot be written, or another daemon is
            at it.
    """
    name = options.path.name
    config = config_of_source(replay_url(options), wearer, data, figures=figures, limits=limits, record=record)
    plan = plan_of(config, kind="replay", name=name, seconds=seconds, started_ns=started_ns)
    show = Show(f"evenside replay · {name} · {_speed(options.speed)}", quiet=style != "picture")
    with progress_bar(f"replay {name}", 1.0) if style != "picture" else nullcontext(lambda _: None) as tell:

        def watch(bytes_done: int, bytes_total: int) -> None:
            tell(bytes_done / bytes_total if bytes_total else 0.0)

        def opener(request: SourceRequest) -> AbstractAsyncContextManager[AsyncIterator[SourceItem]]:
            return open_replay_with(request, progress=watch)

        return run_shown(plan, show, style, listeners, opener=opener)


def _speed(speed: float) -> str:
    return "as fast as it goes" if math.isinf(speed) else f"{speed:g} times as fast as it was"
