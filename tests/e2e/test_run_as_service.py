"""``evenside run`` under a supervisor, as its unit has it: ready, alive, stopping, and an end that is no failure."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import tty
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from evenside.config import example_config
from evenside.store import Reader

PATIENCE_S = 60.0


@pytest.fixture
def supervisor() -> Iterator[tuple[str, socket.socket]]:
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as listening,
    ):
        address = f"{folder}/notify"
        listening.bind(address)
        listening.settimeout(PATIENCE_S)
        yield address, listening


@pytest.fixture
def config(tmp_path: Path) -> Iterator[Path]:
    """Two feet on a port where nobody speaks yet: a monitor waits for its sensors, and is well meanwhile."""
    master, slave = os.openpty()
    tty.setraw(slave)
    path = tmp_path / "evenside.toml"
    path.write_text(f'data = "data"\n{re.sub("/dev/ttyACM[01]", os.ttyname(slave), example_config())}')
    yield path
    os.close(master)
    os.close(slave)


def test_it_is_ready_then_alive_then_stops_cleanly(supervisor: tuple[str, socket.socket], config: Path) -> None:
    address, listening = supervisor
    child = subprocess.Popen(
        [sys.executable, "-m", "evenside", "run", "--config", str(config)],
        env={**os.environ, "NOTIFY_SOCKET": address, "WATCHDOG_USEC": "2000000"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert listening.recv(4096).startswith(b"READY=1")
        assert [listening.recv(4096) for _ in range(2)] == [b"WATCHDOG=1"] * 2
        child.send_signal(signal.SIGTERM)
        last = listening.recv(4096)
        while last == b"WATCHDOG=1":
            last = listening.recv(4096)
        assert last == b"STOPPING=1"
        said, _ = child.communicate(timeout=PATIENCE_S)
    finally:
        child.kill()
    assert child.returncode == 0, said
    with Reader(config.parent / "data" / "store.sqlite") as reader:
        (session,) = reader.sessions()
    assert session.clean
