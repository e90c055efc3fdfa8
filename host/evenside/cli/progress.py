"""Progress of long work: a bar on the terminal's stderr, nothing where stderr is a file or a pipe."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["progress_bar"]


@contextmanager
def progress_bar(label: str, total: float | None = None) -> Iterator[Callable[[float], None]]:
    """Yields a function that is told how much is done by now, out of ``total`` (None: nobody knows, it only moves).

    The bar vanishes when the work is over, so that what is printed stands alone.
    """
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    clock = TimeElapsedColumn() if total is None else TimeRemainingColumn()
    share = () if total is None else (TaskProgressColumn(),)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), *share, clock)
    # Nothing is redirected: stdout may be a file, and rich would send what is printed there to the terminal.
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False) as bar:
        task = bar.add_task(label, total=total)
        yield lambda done: bar.update(task, completed=done)
