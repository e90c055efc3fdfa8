"""What it costs until something happens: the bare interpreter, the help text, the imports of the analysis."""

from __future__ import annotations

import sys
from pathlib import Path

from measuring import cost_of, evenside

RUNS = 5


def run(folder: Path, hours: float, seconds: float) -> None:
    bare = _least([sys.executable, "-c", "pass"])
    for what, command in (
        ("evenside --help", evenside("--help")),
        ("evenside analyse --help", evenside("analyse", "--help")),
        ("import evenside_analysis.monitor", [sys.executable, "-c", "import evenside_analysis.monitor"]),
        ("import numpy, scipy.special", [sys.executable, "-c", "import numpy, scipy.special"]),
    ):
        cpu_s, peak_mb = _least(command)
        print(f"{what}: {cpu_s:.2f} CPU s ({cpu_s / bare[0]:.0f} x a bare interpreter), {peak_mb:.0f} MB")


def _least(command: list[str]) -> tuple[float, float]:
    costs = [cost_of(command) for _ in range(RUNS)]
    return min(cost.cpu_s for cost in costs), min(cost.peak_mb for cost in costs)
