"""CPU seconds and memory of other processes, and small texts for figures."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one finished process."""

    cpu_s: float
    peak_mb: float
    output: str


def evenside(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "evenside", *arguments]


def cost_of(command: Sequence[str]) -> Cost:
    """Run to the end. Raises RuntimeError where it fails."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)}: exit code {process.returncode}")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024.0, output)


def simulated(what: str, folder: Path, script: str, hours: float) -> Path:
    """A recording or a table of the simulated wearer, see ``simulated.py``; made on the first call."""
    program = str(Path(__file__).with_name("simulated.py"))
    return Path(cost_of([sys.executable, program, what, str(folder), script, str(hours)]).output.strip())


def cpu_s(pid: int) -> float:
    """Of a running process and its threads, so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def peak_mb(pid: int) -> float:
    """Of a running process, so far."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024.0
    return float("nan")
