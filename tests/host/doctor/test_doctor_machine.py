"""The machine around: ports looked at and not opened, the clock as the kernel judges it, the service."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest

from evenside.config import example_config, parse_config
from evenside.doctor.machine import (
    check_clock,
    check_lingering,
    check_ports,
    check_service,
    clock_error_s,
    configured_ports,
)
from evenside.doctor.software import check_packages, check_python, check_terminal
from evenside.service import ServicePlan, is_lingering, plan

NOW_S = 1.8e9


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A port that evenside.toml may name; the machine's own are out of the way."""
    monkeypatch.setattr("serial.tools.list_ports.comports", list)
    master, slave = os.openpty()
    yield os.ttyname(slave)
    os.close(master)
    os.close(slave)


def test_the_configured_ports_are_those_of_serial_sources() -> None:
    text = example_config().replace("serial:///dev/ttyACM1?baud=115200", "simulate://")
    assert configured_ports(parse_config(text, Path("evenside.toml"))) == ("/dev/ttyACM0",)
    assert configured_ports(None) == ()


def test_ports_are_named(port: str) -> None:
    assert check_ports([]).words == "none is plugged in"
    check = check_ports([port])
    assert (check.state, check.words) == ("ok", port)


def test_a_configured_port_that_is_not_there_is_a_warning(port: str, tmp_path: Path) -> None:
    check = check_ports([port, str(tmp_path / "ttyUSB0")])
    assert check.state == "warn"
    assert f"{tmp_path}/ttyUSB0 of evenside.toml is not there; there is: {port}" in check.words


def test_a_port_without_permission_fails_where_it_is_needed(port: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: False)  # for root there is no port without permission
    check = check_ports([port])
    assert (check.state, check.words) == ("fail", f"{port}: no permission")
    assert "usermod -aG" in check.mend

    class Other:
        device, description = port, "a stranger"

    monkeypatch.setattr("serial.tools.list_ports.comports", lambda: [Other])
    assert check_ports([]).state == "warn"


@pytest.mark.parametrize(
    ("error_s", "now_s", "state"),
    [
        (0.02, NOW_S, "ok"),
        (15.9, NOW_S, "ok"),
        (16.0, NOW_S, "warn"),
        (None, NOW_S, "unknown"),
        (0.02, 86_400.0, "fail"),
    ],
)
def test_the_clock_is_judged_by_the_kernels_own_bound(error_s: float | None, now_s: float, state: str) -> None:
    check = check_clock(error_s, now_s)
    assert check.state == state
    assert bool(check.mend) == (state in ("warn", "fail"))


def test_the_kernel_is_asked_without_any_right() -> None:
    error_s = clock_error_s()
    assert (error_s is not None) == sys.platform.startswith("linux")
    assert error_s is None or 0.0 <= error_s <= 1e6


@pytest.fixture
def absent(tmp_path: Path) -> ServicePlan:
    return plan(tmp_path / "x.toml", platform="linux", python="python", home=tmp_path, user_id=0, environ={})


def test_no_service_is_no_fault(absent: ServicePlan) -> None:
    check = check_service(absent)
    assert (check.state, "evenside service install" in check.words) == ("ok", True)
    assert check_lingering(absent, "ann").state == "ok"


def test_lingering_is_read_from_the_folder_of_systemd(tmp_path: Path) -> None:
    assert is_lingering("ann", tmp_path / "none") is None
    assert is_lingering("ann", tmp_path) is False
    (tmp_path / "ann").touch()
    assert is_lingering("ann", tmp_path) is True


def test_python_and_packages_are_named() -> None:
    assert check_python().state == "ok"
    check = check_packages()
    assert check.state == "ok"
    assert {part.split()[0] for part in check.words.split(", ")} == {
        *("numpy", "scipy", "pyarrow", "pyserial", "bleak", "click", "rich", "influxdb-client", "orjson")
    }


def test_a_package_that_does_not_import_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "serial", None)
    check = check_packages()
    assert (check.state, "pyserial does not import" in check.words) == ("fail", True)
    assert check_packages("no-such-distribution").state == "fail"


class Terminal(TextIOWrapper):
    def isatty(self) -> bool:
        return True


def test_a_terminal_is_judged_by_its_signs_and_its_kind() -> None:
    assert check_terminal(TextIOWrapper(BytesIO(), "latin-1"), {}).state == "warn"
    assert check_terminal(TextIOWrapper(BytesIO(), "utf-8"), {}).state == "ok"
    assert check_terminal(Terminal(BytesIO(), "utf-8"), {"TERM": "dumb"}).state == "warn"
    assert check_terminal(Terminal(BytesIO(), "UTF8"), {"TERM": "xterm"}).words == "UTF-8, xterm"
