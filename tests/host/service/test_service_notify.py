"""The line to systemd, with a real datagram socket at its other end."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from evenside.service_notify import ServiceNotifier


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short name: the path of a socket has little room."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@pytest.fixture(params=["file", "abstract"])
def supervisor(request: pytest.FixtureRequest, folder: Path) -> Iterator[tuple[str, socket.socket]]:
    """Both kinds of address that systemd uses."""
    address = str(folder / "notify") if request.param == "file" else f"@evenside/{folder.name}"
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as listening:
        listening.bind(address.replace("@", "\0", 1))
        listening.setblocking(False)
        yield address, listening


def test_each_word_is_one_datagram(supervisor: tuple[str, socket.socket]) -> None:
    address, listening = supervisor
    with closing(ServiceNotifier.from_environment({"NOTIFY_SOCKET": address})) as notifier:
        assert notifier.ready("2 wearers,\n4 nodes")
        assert notifier.alive()
        assert notifier.status("  all is   well ")
        assert notifier.ready()
        assert notifier.stopping()
        heard = [listening.recv(4096) for _ in range(5)]
    assert heard == [
        b"READY=1\nSTATUS=2 wearers, 4 nodes",
        b"WATCHDOG=1",
        b"STATUS=all is well",
        b"READY=1",
        b"STOPPING=1",
    ]


def test_without_a_supervisor_nothing_happens() -> None:
    with closing(ServiceNotifier.from_environment({})) as notifier:
        assert not any((notifier.ready("x"), notifier.alive(), notifier.status("x"), notifier.stopping()))
        assert notifier.watchdog_s is None


def test_a_supervisor_that_is_gone_or_deaf_stops_nobody(folder: Path) -> None:
    address = str(folder / "notify")
    with closing(ServiceNotifier.from_environment({"NOTIFY_SOCKET": address})) as notifier:
        assert not notifier.alive()  # nobody has bound it yet
        with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as listening:
            listening.bind(address)
            sent = [notifier.alive() for _ in range(10_000)]
            assert sent[0]
            assert not sent[-1]  # its queue is full, and nobody waits
        assert not notifier.alive()
    assert not notifier.alive()


@pytest.mark.parametrize(
    ("environ", "watchdog_s"),
    [
        ({"WATCHDOG_USEC": "60000000"}, 30.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": str(os.getpid())}, 30.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({}, None),
    ],
)
def test_the_watchdog_is_fed_twice_in_its_time(environ: dict[str, str], watchdog_s: float | None) -> None:
    with closing(ServiceNotifier.from_environment({"NOTIFY_SOCKET": "/nowhere", **environ})) as notifier:
        assert notifier.watchdog_s == watchdog_s
