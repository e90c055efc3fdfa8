"""One live wearer: ``evenside run`` with a device on a serial line that another process plays, at the speed of life."""

from __future__ import annotations

import subprocess
from pathlib import Path
from time import monotonic, sleep

from measuring import cost_of, cpu_s, evenside, peak_mb, simulated

WARM_UP_S = 8.0
HOURS = 0.1


def run(folder: Path, hours: float, seconds: float) -> None:
    link, config = folder / "tty", folder / "evenside.toml"
    directory = simulated("recording", folder, "walk", max(HOURS, (seconds + 60.0) / 3600.0))
    player = subprocess.Popen(
        evenside("replay", str(directory), "--pty", "--link", str(link)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(link)
        scanned = cost_of(evenside("scan", str(link))).output
        config.write_text(f'data = "{folder / "data"}"\n{scanned}')
        _measure(config, seconds)
    finally:
        player.terminate()
        player.wait()


def _measure(config: Path, seconds: float) -> None:
    daemon = subprocess.Popen(
        evenside("run", "--config", str(config), "--seconds", str(WARM_UP_S + seconds + 30.0)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        sleep(WARM_UP_S)
        before_s, begun_s = cpu_s(daemon.pid), monotonic()
        sleep(seconds)
        share = (cpu_s(daemon.pid) - before_s) / (monotonic() - begun_s)
        print(
            f"two foot IMUs, 2 x 6 channels at 100 Hz, walking, figures, store and raw recording: "
            f"{100.0 * share:.2f} % of a core over {seconds:g} s, peak {peak_mb(daemon.pid):.0f} MB"
        )
    finally:
        daemon.terminate()
        daemon.wait()


def _wait_for(path: Path) -> None:
    deadline_s = monotonic() + 30.0
    while not path.exists():
        if monotonic() > deadline_s:
            raise RuntimeError(f"{path} did not appear")
        sleep(0.05)
