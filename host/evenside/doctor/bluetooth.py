"""Bluetooth on Linux: adapter, BlueZ and the permission to use it, the kernel's buffer, what a link is given.

Files are read and BlueZ is asked what it knows; nothing is scanned, connected or started. Other systems tell nothing
before a scan. What this never does: fail a machine on which nothing is configured that needs Bluetooth.
"""

from __future__ import annotations

import asyncio
import configparser
import sys
from contextlib import suppress
from pathlib import Path

from evenside.config import Config
from evenside.doctor.check import Check, State
from evenside.sources import parse_source_url

__all__ = ["check_bluetooth", "configured_adapters"]

PATIENCE_S = 5.0
BUFFER_BYTES = 4 << 20  # where a late bluetoothd lost nothing any more; the kernel's default is 0.2 MB
WANTED_BUFFER = 33_554_432
SUPERVISION_MS, INTERVAL_MS = 4000.0, 30.0  # a body in the way of the radio takes longer than the default of 0.42 s
SUPERVISION_UNIT_MS, INTERVAL_UNIT_MS = 10.0, 1.25
_DENIED = ("AccessDenied", "AuthFailed", "PermissionError")


def configured_adapters(config: Config | None) -> tuple[str, ...] | None:
    """The adapters that evenside.toml names ("" for the first one); None where nothing needs Bluetooth."""
    urls = [entry.source for wearer in config.wearers for entry in wearer.nodes] if config else []
    parsed = [parse_source_url(url) for url in dict.fromkeys(urls)]
    return tuple(url.target for url in parsed if url.scheme == "ble") or None


def check_bluetooth(adapters: tuple[str, ...] | None, *, root: Path = Path("/"), platform: str = "") -> list[Check]:
    """All checks; one alone where there is no adapter, or no way to tell."""
    if not (platform or sys.platform).startswith("linux"):
        return [Check("bluetooth", "unknown", "this system tells nothing before a scan: `evenside scan` tries it")]
    there = sorted(path.name for path in (root / "sys/class/bluetooth").glob("hci*") if ":" not in path.name)
    first = _adapter(there, adapters, root)
    if not there:
        return [first]
    name = next((name for name in adapters or () if name in there), there[0])
    needed = adapters is not None
    return [first, check_bluez(_ask_bluez(), needed=needed), _buffer(root, needed=needed), _link(root, name, needed)]


def _adapter(there: list[str], adapters: tuple[str, ...] | None, root: Path) -> Check:
    if not there:
        mend = "plug a Bluetooth adapter in (5.0 or newer is best), or `sudo modprobe btusb` where one is built in"
        if adapters is None:
            return Check("bluetooth", "ok", "no adapter (only ble:// needs one)")
        return Check("bluetooth", "fail", "no adapter, and evenside.toml has sensors on ble://", mend)
    missing = [name for name in adapters or () if name and name not in there]
    if missing:
        words = f"evenside.toml names {', '.join(missing)}; there is {', '.join(there)}"
        return Check("bluetooth", "fail", words, "plug it in, or write ble:// for the first one")
    blocked = [name for name in there if _blocked(root / "sys/class/bluetooth" / name)]
    if blocked:
        state: State = "fail" if adapters is not None else "warn"
        return Check("bluetooth", state, f"{', '.join(blocked)} is switched off (rfkill)", "rfkill unblock bluetooth")
    return Check("bluetooth", "ok", ", ".join(there))


def _blocked(adapter: Path) -> bool:
    switches = [*adapter.glob("rfkill*/soft"), *adapter.glob("rfkill*/hard")]
    return any(_number(switch) == 1 for switch in switches)


def check_bluez(answer: str, *, needed: bool) -> Check:
    """``answer``: "" where BlueZ answered, else the name of the error."""
    bad: State = "fail" if needed else "warn"
    if not answer:
        return Check("bluez", "ok", "it answers")
    if any(name in answer for name in _DENIED):
        mend = "sudo usermod -aG bluetooth $USER, then log in again"
        return Check("bluez", bad, "this user may not use it", mend)
    if "FileNotFoundError" in answer or "ConnectionRefused" in answer:
        mend = "sudo apt install bluez dbus && sudo systemctl enable --now bluetooth; a container needs /run/dbus"
        return Check("bluez", bad, "there is no D-Bus, by which BlueZ is reached", mend)
    if "ServiceUnknown" in answer or "NameHasNoOwner" in answer:
        mend = "sudo apt install bluez && sudo systemctl enable --now bluetooth"
        return Check("bluez", bad, "bluetoothd does not run", mend)
    return Check("bluez", bad, f"it does not answer ({answer})", "sudo systemctl restart bluetooth")


def _ask_bluez() -> str:
    async def ask() -> str:
        from dbus_fast import BusType, Message, MessageFlag
        from dbus_fast.aio import MessageBus

        bus = await MessageBus(bus_type=BusType.SYSTEM).connect()
        try:
            question = Message(
                destination="org.bluez",
                path="/",
                interface="org.freedesktop.DBus.ObjectManager",
                member="GetManagedObjects",
                flags=MessageFlag.NO_AUTOSTART,
            )
            reply = await bus.call(question)
            return (reply.error_name or "") if reply is not None else "no reply"
        finally:
            bus.disconnect()

    async def in_time() -> str:
        async with asyncio.timeout(PATIENCE_S):
            return await ask()

    try:
        return asyncio.run(in_time())
    except Exception as error:  # a bus fails in many ways
        return type(error).__name__


def _buffer(root: Path, *, needed: bool) -> Check:
    size = _number(root / "proc/sys/net/core/rmem_default")
    if size is None:
        return Check("ble buffer", "unknown", "the kernel does not tell net.core.rmem_default")
    words = f"net.core.rmem_default is {size / 1e6:.1f} MB"
    if size >= BUFFER_BYTES:
        return Check("ble buffer", "ok", words)
    mend = (
        f"printf 'net.core.rmem_max={WANTED_BUFFER}\\nnet.core.rmem_default={WANTED_BUFFER}\\n' "
        "| sudo tee /etc/sysctl.d/60-evenside.conf && sudo sysctl --system"
    )
    told = f"{words}: on a busy machine the kernel drops notifications and says nothing"
    return Check("ble buffer", "warn" if needed else "ok", told if needed else words, mend if needed else "")


def _link(root: Path, adapter: str, needed: bool) -> Check:
    supervision_ms, interval_ms = _link_values(root, adapter)
    if supervision_ms is None or interval_ms is None:
        words = "only root can read what links are given: `sudo evenside doctor` tells"
        return Check("ble link", "unknown", f"{words}; our own nodes ask for what they need")
    words = f"connection interval up to {interval_ms:g} ms, supervision timeout {supervision_ms:g} ms"
    if not needed or (supervision_ms >= SUPERVISION_MS and interval_ms <= INTERVAL_MS):
        return Check("ble link", "ok", words)
    mend = (
        "in /etc/bluetooth/main.conf, section [LE]: MinConnectionInterval=12, MaxConnectionInterval=24, "
        "ConnectionLatency=0, ConnectionSupervisionTimeout=500; then sudo systemctl restart bluetooth"
    )
    return Check("ble link", "warn", f"{words}: a body between sensor and antenna ends such a link", mend)


def _link_values(root: Path, adapter: str) -> tuple[float | None, float | None]:
    """Supervision timeout and longest interval, ms: of the kernel as it is, else as BlueZ was told to set them."""
    folder = root / "sys/kernel/debug/bluetooth" / adapter
    supervision, interval = _number(folder / "supervision_timeout"), _number(folder / "conn_max_interval")
    told = _main_conf(root / "etc/bluetooth/main.conf")
    supervision = told.get("connectionsupervisiontimeout") if supervision is None else supervision
    interval = told.get("maxconnectioninterval") if interval is None else interval
    return (
        None if supervision is None else supervision * SUPERVISION_UNIT_MS,
        None if interval is None else interval * INTERVAL_UNIT_MS,
    )


def _main_conf(path: Path) -> dict[str, int]:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    found: dict[str, int] = {}
    with suppress(OSError, UnicodeDecodeError, configparser.Error):
        parser.read_string(path.read_text("utf-8"))
        for name, value in parser.items("LE") if parser.has_section("LE") else ():
            with suppress(ValueError):
                found[name] = int(value, 0)
    return found


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text().strip(), 0)
    except (OSError, ValueError):
        return None
