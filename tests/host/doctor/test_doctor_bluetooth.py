"""Bluetooth as the system shows it: read from files of a machine that a test makes up, each finding with its mend."""

from __future__ import annotations

from pathlib import Path

import pytest

from evenside.config import example_config, parse_config
from evenside.doctor.bluetooth import check_bluetooth, check_bluez, configured_adapters
from evenside.doctor.check import Check


def put(root: Path, **files: object) -> None:
    for name, value in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{value}\n")


def machine(root: Path, *, buffer: int = 212_992, timeout: int | None = 42, interval: int = 40) -> None:
    put(root, sys__class__bluetooth__hci0__type="primary", proc__sys__net__core__rmem_default=buffer)
    if timeout is not None:
        put(root, sys__kernel__debug__bluetooth__hci0__supervision_timeout=timeout)
        put(root, sys__kernel__debug__bluetooth__hci0__conn_max_interval=interval)


def looked(root: Path, adapters: tuple[str, ...] | None) -> dict[str, Check]:
    return {check.name: check for check in check_bluetooth(adapters, root=root, platform="linux")}


def test_adapters_are_those_of_ble_sources() -> None:
    text = example_config()
    assert configured_adapters(None) is None
    assert configured_adapters(parse_config(text, Path("evenside.toml"))) is None
    text = text.replace("serial:///dev/ttyACM1?baud=115200", "ble://hci1")
    assert configured_adapters(parse_config(text, Path("evenside.toml"))) == ("hci1",)


def test_no_adapter_is_a_failure_only_where_one_is_needed(tmp_path: Path) -> None:
    assert looked(tmp_path, None) == {"bluetooth": Check("bluetooth", "ok", "no adapter (only ble:// needs one)")}
    (check,) = looked(tmp_path, ("",)).values()
    assert check.state == "fail"
    assert "plug a Bluetooth adapter in" in check.mend


def test_an_adapter_that_is_named_must_be_there(tmp_path: Path) -> None:
    machine(tmp_path)
    check = looked(tmp_path, ("hci1",))["bluetooth"]
    assert (check.state, check.words) == ("fail", "evenside.toml names hci1; there is hci0")
    assert looked(tmp_path, ("hci0",))["bluetooth"] == Check("bluetooth", "ok", "hci0")


@pytest.mark.parametrize("switch", ["soft", "hard"])
def test_an_adapter_that_is_switched_off(tmp_path: Path, switch: str) -> None:
    machine(tmp_path)
    put(tmp_path, **{f"sys__class__bluetooth__hci0__rfkill3__{switch}": 1})
    check = looked(tmp_path, ("",))["bluetooth"]
    assert (check.state, check.mend) == ("fail", "rfkill unblock bluetooth")


def test_the_defaults_of_the_kernel_are_told_with_the_lines_that_mend_them(tmp_path: Path) -> None:
    machine(tmp_path)
    found = looked(tmp_path, ("",))
    assert found["ble buffer"].state == found["ble link"].state == "warn"
    assert "net.core.rmem_default is 0.2 MB" in found["ble buffer"].words
    assert "net.core.rmem_default=33554432" in found["ble buffer"].mend
    assert "interval up to 50 ms, supervision timeout 420 ms" in found["ble link"].words
    assert "ConnectionSupervisionTimeout=500" in found["ble link"].mend


def test_what_nobody_needs_is_no_warning(tmp_path: Path) -> None:
    machine(tmp_path)
    found = looked(tmp_path, None)
    assert found["ble buffer"].state == found["ble link"].state == "ok"
    assert not found["ble buffer"].mend


def test_good_values_are_good(tmp_path: Path) -> None:
    machine(tmp_path, buffer=33_554_432, timeout=500, interval=24)
    found = looked(tmp_path, ("",))
    assert found["ble buffer"].state == found["ble link"].state == "ok"


def test_where_the_kernel_is_not_to_be_read_what_bluez_was_told_counts(tmp_path: Path) -> None:
    machine(tmp_path, timeout=None)
    assert looked(tmp_path, ("",))["ble link"].state == "unknown"
    conf = "[General]\nName = %h\n[LE]\nMaxConnectionInterval=24\nConnectionSupervisionTimeout = 500\n"
    put(tmp_path, **{"etc__bluetooth__main.conf": conf})
    assert looked(tmp_path, ("",))["ble link"].state == "ok"
    put(tmp_path, **{"etc__bluetooth__main.conf": "[LE\n=\x00"})
    assert looked(tmp_path, ("",))["ble link"].state == "unknown"


@pytest.mark.parametrize(
    ("answer", "mend"),
    [
        ("org.freedesktop.DBus.Error.AccessDenied", "usermod -aG bluetooth"),
        ("FileNotFoundError", "a container needs /run/dbus"),
        ("org.freedesktop.DBus.Error.ServiceUnknown", "systemctl enable --now bluetooth"),
        ("TimeoutError", "systemctl restart bluetooth"),
    ],
)
def test_bluez_that_does_not_answer(answer: str, mend: str) -> None:
    check = check_bluez(answer, needed=True)
    assert check.state == "fail"
    assert mend in check.mend
    assert check_bluez(answer, needed=False).state == "warn"


def test_bluez_is_really_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine(tmp_path)
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path}/nobody")
    assert "no D-Bus" in looked(tmp_path, ("",))["bluez"].words


def test_other_systems_tell_nothing_before_a_scan(tmp_path: Path) -> None:
    (check,) = check_bluetooth(("",), root=tmp_path, platform="darwin")
    assert check.state == "unknown"
