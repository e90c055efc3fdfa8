"""``evenside replay``: the figures of analysing, in a store; or a device on a pseudo-terminal."""

from __future__ import annotations

import math
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from evenside.cli import main
from evenside.store import Reader


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A file that the built-in layout of the gaitpdb set reads: 30 s of walking."""
    lines = []
    for sample in range(3000):
        time_s = sample / 100
        left, right = (600.0 if (time_s / 1.1 + phase) % 1.0 < 0.62 else 0.0 for phase in (0.0, 0.5))
        cells = [time_s, *[left / 8] * 8, *[right / 8] * 8, left, right]
        lines.append("\t".join(f"{cell:.3f}" for cell in cells))
    path = tmp_path / "GaCo99_01.txt"
    path.write_text("\n".join([*lines, ""]))
    return path


def test_a_replay_ends_in_the_store_with_the_figures_of_analysing(
    capsys: pytest.CaptureFixture[str], table: Path, tmp_path: Path
) -> None:
    assert main(["replay", str(table), "--speed", "max", "--data", str(tmp_path / "data")]) == 0
    said = capsys.readouterr().out
    assert "stance time" in said
    assert "store.sqlite" in said
    with Reader(tmp_path / "data" / "store.sqlite") as reader:
        (session,) = reader.sessions()
        assert (session.start.kind, session.clean) == ("replay", True)
        stored = {
            one.row.figure.metric: one.row.figure.left_mean
            for one in reader.figures(session.start.id, "session")
            if not math.isnan(one.row.figure.left_mean)
        }
    assert main(["analyse", str(table), "--json"]) == 0
    import json

    sides = {one["id"]: one["left"]["mean"] for one in json.loads(capsys.readouterr().out)["metrics"]}
    assert stored == {metric: mean for metric, mean in sides.items() if mean is not None}
    assert "stance_time" in stored


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--speed", "fast"], "write a number"),
        (["--link", "tty"], "--link is for --pty"),
        (["--layout", "moticon-opengo"], "mend"),
    ],
)
def test_what_cannot_be_is_refused_with_the_mend(
    capsys: pytest.CaptureFixture[str], table: Path, tmp_path: Path, arguments: list[str], words: str
) -> None:
    assert main(["replay", str(table), "--data", str(tmp_path / "data"), *arguments]) == 2
    assert words in capsys.readouterr().err


def test_as_a_device_it_is_found_by_a_scan_and_ends_after_its_time(table: Path, tmp_path: Path) -> None:
    link = tmp_path / "tty"
    command = [sys.executable, "-m", "evenside", "replay", str(table), "--pty", "--link", str(link), "--seconds", "60"]
    player = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    killer = threading.Timer(90.0, player.kill)
    killer.start()
    try:
        assert player.stdout is not None
        terminal = player.stdout.readline().strip()
        assert str(link.readlink()) == terminal
        scanned = subprocess.run(
            [sys.executable, "-m", "evenside", "scan", str(link)], capture_output=True, text=True, check=True
        )
        assert 'id = "left_insole"' in scanned.stdout
        player.send_signal(2)
        _, err = player.communicate()
    finally:
        killer.cancel()
        player.kill()
    assert "waiting for a host" in err
    assert not link.is_symlink()
    assert player.returncode == 130
