"""A day of two feet, 2 x 6 channels at 100 Hz, through ``evenside analyse``: CPU seconds, peak memory, its growth."""

from __future__ import annotations

import json
from pathlib import Path

from measuring import Cost, cost_of, evenside, simulated


def run(folder: Path, hours: float, seconds: float) -> None:
    for script, words in (("walk", "all walking"), ("day", "ordinary day, 16 % walking")):
        short, long = (_analysed(simulated("recording", folder, script, span)) for span in (hours / 4.0, hours))
        _tell(f"own recording, {words}", hours, long)
        print(f"  memory at {hours:g} h over that at {hours / 4.0:g} h: {long.peak_mb / short.peak_mb:.2f}")
    path = simulated("table", folder, "day", hours)
    _tell(
        f"CSV of {path.stat().st_size / 1e9:.2f} GB, ordinary day",
        hours,
        _analysed(path, "--layout", str(path.with_suffix(".toml"))),
    )


def _analysed(path: Path, *options: str) -> Cost:
    return cost_of(evenside("analyse", str(path), "--json", *options))


def _tell(what: str, hours: float, cost: Cost) -> None:
    found = json.loads(cost.output)
    samples = sum(node["samples"] for node in found["nodes"])
    stance = next(one for one in found["metrics"] if one["id"] == "stance_time")
    print(
        f"{what}, {hours:g} h, {samples} samples: {cost.cpu_s:.1f} CPU s, {hours * 3600 / cost.cpu_s:.0f} x real time, "
        f"peak {cost.peak_mb:.0f} MB; {stance['pairs']} pairs of strides",
        flush=True,
    )
