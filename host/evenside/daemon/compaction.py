"""Hours of raw recordings that are over become Parquet, each time in a short-lived process of its own.

At the start for what earlier runs left behind, every hour for what is being recorded, and at the end. The child may be
killed at any moment; the next one does it again. It runs one at a time, below the priority of everything else, and out
of the terminal's process group, so that Ctrl-C stops the daemon and not this.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from evenside.recording.leftovers import leftover_recordings

__all__ = ["compact_hourly", "compact_now"]

NICE = 10
KILL_S = 2.0

_log = logging.getLogger("evenside.daemon")
# The child gives way before it loads anything.
_CHILD = "import os, runpy; os.nice({nice}); runpy.run_module('evenside.recording.compact', run_name='__main__')"


async def compact_hourly(root: Path, current: Sequence[Path], every_s: float) -> None:
    """Until cancelled: first what was left behind under ``root``, then from time to time the current recordings."""
    left = await asyncio.to_thread(leftover_recordings, root)
    for directory in left:
        if directory not in current:
            await compact_now(directory)
    while True:
        await asyncio.sleep(every_s)
        for directory in current:
            await compact_now(directory)


async def compact_now(directory: Path) -> bool:
    """One run over one recording; what goes wrong is logged, nothing is lost. Cancelled, it ends the child."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _CHILD.format(nice=NICE), os.fspath(directory)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        _, said = await child.communicate()
    except BaseException:
        with suppress(ProcessLookupError):
            child.kill()
        await child.wait()
        raise
    if child.returncode:
        _log.warning("compacting %s: %s", directory, said.decode(errors="replace").strip() or child.returncode)
    return child.returncode == 0
