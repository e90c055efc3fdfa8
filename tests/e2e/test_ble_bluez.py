"""The real BlueZ: bluetoothd and the kernel's Bluetooth in a virtual machine without radio and without KVM.

bleak's own BlueZ backend speaks D-Bus over TCP with the guest; the guest's adapter is one of ours on the emulated
radio, by a serial console. On slow and shared machines: facts are looked at, never times of less than many seconds.
Needs root, the programs below and a Debian kernel package that EVENSIDE_BLUEZ_KERNEL names.
"""

from __future__ import annotations

import asyncio
import json
import os
import pty
import random
import re
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
import pytest
from bumble import hci
from bumble.transport import open_transport

from evenside.config import load_config
from evenside.sources import LinkEvent, SourceItem, SourceRequest, parse_source_url, session_clock
from evenside.sources.ble.radio import Radio
from evenside.sources.ble.source import open_ble_with
from evenside.sources.ble.survey import survey
from evenside.sources.ble.timings import BleTimings
from evenside.testing.air import Air, RadioModel
from evenside.testing.controller import AirController
from evenside.testing.emulators import NodeEmulator, NodeMake
from evenside.testing.peripheral import Peripheral
from evenside.wire import FIXED_SCHEMAS, SampleType, SchemaChannel
from evenside_analysis.types import Block, Floats, Node, Side

GUEST = Path(__file__).with_name("bluez_guest")
KERNEL = os.environ.get("EVENSIDE_BLUEZ_KERNEL", "")
PROGRAMS = ("qemu-system-x86_64", "bluetoothd", "dbus-daemon", "busybox", "cpio", "depmod", "socat", "dpkg", "ip")
BOOT_S, PATIENCE_S = 180.0, 120.0
RATE_HZ = 50.0
SIDES: tuple[Side, Side] = ("left", "right")
NODES = tuple(Node(side, "insole", side, ("force",), RATE_HZ) for side in SIDES)
SCHEMA = (SchemaChannel.named("force", SampleType.F64),)
EVENSIDE = (sys.executable, "-m", "evenside")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.bluez,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="BlueZ is of Linux"),
]


@dataclass(frozen=True)
class Guest:
    hci: Path  # the guest's serial console for the adapter
    bus: int  # ports on the loopback of this machine
    orders: int

    async def order(self, text: str) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.orders)
        writer.write(f"{text}\n".encode())
        async with asyncio.timeout(PATIENCE_S):
            assert (await reader.readline()).strip() == b"done"
        writer.close()


@pytest.fixture(scope="module")
def guest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guest]:
    """A machine that has booted, with D-Bus and bluetoothd, without an adapter yet."""
    _check_place()
    folder = tmp_path_factory.mktemp("bluez")
    subprocess.run(["bash", GUEST / "build.sh", KERNEL, folder], check=True, stdout=subprocess.DEVNULL)
    bus, orders = _free_ports(2)
    forwards = f"hostfwd=tcp:127.0.0.1:{bus}-10.0.2.15:5555,hostfwd=tcp:127.0.0.1:{orders}-10.0.2.15:5556"
    console = folder / "hci.sock"
    boot = "console=ttyS0 quiet panic=-1 mitigations=off cryptomgr.notests random.trust_cpu=on nokaslr"
    command = [
        *("qemu-system-x86_64", "-M", "q35,usb=off,smbus=off,sata=off", "-nodefaults", "-no-user-config", "-no-reboot"),
        *("-accel", "tcg", "-cpu", "Nehalem", "-smp", "1", "-m", "512M", "-display", "none", "-serial", "stdio"),
        *("-kernel", str(folder / "vmlinux"), "-initrd", str(folder / "initrd.gz"), "-append", boot),
        *("-fsdev", "local,id=r,path=/,security_model=none,readonly=on,multidevs=remap"),
        *("-device", "virtio-9p-pci,fsdev=r,mount_tag=root"),
        *("-netdev", f"user,id=n,restrict=on,{forwards}", "-device", "virtio-net-pci,netdev=n,romfile="),
        *("-device", "virtio-serial-pci", "-chardev", f"socket,id=hci,path={console},server=on,wait=off"),
        *("-device", "virtconsole,chardev=hci"),
    ]
    log = folder / "boot.log"
    with log.open("wb") as written:
        machine = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=written, stderr=subprocess.STDOUT)
        try:
            booted = Guest(console, bus, orders)
            asyncio.run(_booted(booted, machine, log))
            yield booted
        finally:
            machine.kill()
            machine.wait()


def _check_place() -> None:
    from shutil import which

    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin", "/usr/libexec/bluetooth"])
    missing = [program for program in PROGRAMS if which(program, path=path) is None]
    if missing:
        packages = "qemu-system-x86 bluez dbus busybox-static cpio kmod socat iproute2"
        pytest.skip(f"{', '.join(missing)} not installed: apt install {packages}")
    if os.geteuid() != 0:
        pytest.skip("the guest reads this machine's root: run as root")
    if not Path(KERNEL).is_file():
        pytest.skip(
            "EVENSIDE_BLUEZ_KERNEL names no kernel: apt-get download linux-image-6.1.0-…-amd64 (no cloud kernel)"
        )


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports


async def _booted(guest: Guest, machine: subprocess.Popen[bytes], log: Path) -> None:
    try:
        async with asyncio.timeout(BOOT_S):
            while b"guest ready" not in log.read_bytes():
                assert machine.poll() is None, log.read_text(errors="replace")
                await asyncio.sleep(0.2)
            while not await _obeys(guest):
                await asyncio.sleep(0.2)
    except TimeoutError:
        pytest.fail(f"the guest did not boot: {log.read_text(errors='replace')[-2000:]}")


async def _obeys(guest: Guest) -> bool:
    try:
        await guest.order("nothing")
    except (OSError, AssertionError):  # nobody listens there yet
        return False
    return True


Scenario = Callable[["Bench"], Coroutine[None, None, None]]


@dataclass
class Bench:
    guest: Guest
    air: Air
    adapter: AirController
    sensors: dict[Side, Peripheral]
    found: list[SourceItem] = field(default_factory=list)

    def numbers(self, side: Side) -> Floats:
        """The samples of a side in the order of their blocks: each carries its number since the node was made."""
        values = [item.values[:, 0] for item in self.found if isinstance(item, Block) and item.node == side]
        joined: Floats = np.concatenate([np.empty(0), *values])
        return np.asarray(joined[np.isfinite(joined)])

    def told(self, kind: str) -> int:
        return sum(isinstance(item, LinkEvent) and item.kind == kind for item in self.found)

    async def streaming(self) -> None:
        """Until both sides have told of a second that lies ahead of now."""
        wanted = {side: sensor.model.taken + RATE_HZ for side, sensor in self.sensors.items()}  # type: ignore[attr-defined]
        await self.until(
            lambda: all(numbers.size and numbers[-1] >= wanted[s] for s in SIDES for numbers in [self.numbers(s)])
        )

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not true():
                await asyncio.sleep(0.1)


def _counted(since_made_s: Floats) -> Floats:
    return np.rint(since_made_s * RATE_HZ)[:, np.newaxis]


def counting(side: Side, boot_id: int) -> NodeEmulator:
    """A node that numbers its samples."""
    make = NodeMake(f"EV-{side}", SCHEMA, rate_hz=RATE_HZ, side=side, interval_s=0.03, boot_id=boot_id)
    return NodeEmulator(make, _counted)


@dataclass
class Person:
    """Wears nodes that do not know their sides, and shakes one foot or none."""

    moves: Side | None = None

    def worn(self, side: Side, boot_id: int) -> NodeEmulator:
        make = NodeMake(f"EV-{side}", FIXED_SCHEMAS[3].channels, RATE_HZ, site="foot", interval_s=0.03, boot_id=boot_id)
        rng = np.random.default_rng(boot_id)

        def felt(since_made_s: Floats) -> Floats:
            values = rng.normal(0.0, 0.02, (since_made_s.size, 6))
            values[:, 2] += 9.81
            if self.moves == side:
                values[:, 0] += 6.0 * np.sin(2 * np.pi * 2.0 * since_made_s)
            return values

        return NodeEmulator(make, felt)


async def attached(guest: Guest) -> None:
    """A fresh adapter that can be used. It is asked for seldom: the guest is slow, and has to bring it up meanwhile."""
    await guest.order("attach")
    async with asyncio.timeout(PATIENCE_S):
        while True:
            await asyncio.sleep(3.0)
            if not (await survey(Radio(), patience_s=0.0)).problem:
                return


@asynccontextmanager
async def bench(guest: Guest, made: Callable[[Side, int], NodeEmulator]) -> AsyncIterator[Bench]:
    """Two nodes on the air, and the guest's adapter there."""
    air = Air(RadioModel(0.03, supervision_s=4.0))
    async with await open_transport(f"unix-client:{guest.hci}") as line:
        adapter = AirController("bluez", line.source, line.sink, link=air, public_address="F0:00:00:00:00:01")
        # Linux then waits for events that Bumble's controller does not send.
        adapter.le_features &= ~(hci.LeFeatureMask.LL_PRIVACY | hci.LeFeatureMask.LE_EXTENDED_ADVERTISING)
        sensors: dict[Side, Peripheral] = {}
        for number, side in enumerate(SIDES):
            sensors[side] = await Peripheral.start(air, made(side, number + 1), number)
        await attached(guest)
        try:
            yield Bench(guest, air, adapter, sensors)
        finally:
            await guest.order("detach")
            for sensor in sensors.values():
                await sensor.stop()
            await air.close()


@asynccontextmanager
async def listening(made: Bench) -> AsyncIterator[None]:
    serials: dict[str, str] = {side: f"EV-{side}" for side in SIDES}
    request = SourceRequest(parse_source_url("ble://"), NODES, serials, session_clock())

    async def listen() -> None:
        async with open_ble_with(request, Radio(), BleTimings(), random.Random(1)) as items:
            async for item in items:
                made.found.append(item)

    task = asyncio.create_task(listen())
    try:
        yield
    finally:
        task.cancel()
        (outcome,) = await asyncio.gather(task, return_exceptions=True)
        assert isinstance(outcome, asyncio.CancelledError), outcome


class Run(Protocol):
    def __call__(self, scenario: Scenario, made: Callable[[Side, int], NodeEmulator] = counting) -> Bench: ...


@pytest.fixture
def run(guest: Guest, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a scenario on a bench; bleak finds the guest's BlueZ, in other processes too."""
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"tcp:host=127.0.0.1,port={guest.bus}")
    monkeypatch.setenv("BLEAK_DBUS_AUTH_UID", "0")

    def carry_out(scenario: Scenario, made: Callable[[Side, int], NodeEmulator] = counting) -> Bench:
        async def on_bench() -> Bench:
            async with bench(guest, made) as whole:
                await scenario(whole)
                return whole

        return asyncio.run(on_bench())

    return carry_out


def test_a_scan_finds_our_nodes_and_asks_them(run: Run) -> None:
    async def scenario(made: Bench) -> None:
        found = await survey(Radio(), patience_s=3.0)
        assert [device.problem for device in found.devices] == ["", ""]
        assert {device.serial for device in found.devices} == {"EV-left", "EV-right"}

    run(scenario)


def test_bluetoothd_that_is_killed_costs_no_sample(run: Run) -> None:
    async def scenario(made: Bench) -> None:
        async with listening(made):
            await made.streaming()
            await made.guest.order("crash 2")
            await made.streaming()

    made = run(scenario)
    assert made.told("lost") >= 2
    for side in SIDES:
        assert np.array_equal(np.diff(made.numbers(side)), np.ones(made.numbers(side).size - 1))


def test_a_node_that_vanishes_and_comes_back_loses_nothing_and_neither_does_the_other_one(run: Run) -> None:
    async def scenario(made: Bench) -> None:
        async with listening(made):
            await made.streaming()
            made.sensors["right"].vanish()
            await made.until(lambda: made.told("lost") > 0)
            await made.sensors["right"].come_back()
            await made.streaming()

    made = run(scenario)
    assert {item.node for item in made.found if isinstance(item, LinkEvent) and item.kind == "lost"} == {"right"}
    for side in SIDES:
        assert np.array_equal(np.diff(made.numbers(side)), np.ones(made.numbers(side).size - 1))


def test_an_adapter_that_is_pulled_and_put_back_costs_no_sample(run: Run) -> None:
    async def scenario(made: Bench) -> None:
        async with listening(made):
            await made.streaming()
            await made.guest.order("detach")
            await made.until(lambda: made.told("lost") >= 2)
            made.air.drop_links(made.adapter)
            await made.guest.order("attach")
            await made.streaming()

    made = run(scenario)
    for side in SIDES:
        assert np.array_equal(np.diff(made.numbers(side)), np.ones(made.numbers(side).size - 1))


# --- commands, as processes of their own ------------------------------------------------------------------------------


async def _events(process: asyncio.subprocess.Process, until: Callable[[list[str]], bool]) -> list[str]:
    """What ``evenside run --json`` tells of links: kind, node and words."""
    found: list[str] = []
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE_S):
        while not until(found):
            line = await process.stdout.readline()
            assert line, found
            told = json.loads(line)
            if told["type"] == "event":
                found.append(f"{told['kind']} {told['node']}: {told['detail']}")
    return found


def test_a_daemon_that_was_killed_finds_its_nodes_still_connected_when_it_starts_again(
    run: Run, tmp_path: Path
) -> None:
    toml = "\n".join(
        f'[[wearer.node]]\nid = "{side}"\nsite = "insole"\nside = "{side}"\nsource = "ble://"\nserial = "EV-{side}"\n'
        f'channels = ["force"]\nrate_hz = {RATE_HZ:g}\n'
        for side in SIDES
    )
    config = tmp_path / "evenside.toml"
    config.write_text(f'data = "{tmp_path / "data"}"\n[[wearer]]\nid = "me"\n{toml}')
    found: list[str] = []

    async def until_both_stream() -> tuple[asyncio.subprocess.Process, list[str]]:
        process = await asyncio.create_subprocess_exec(
            *EVENSIDE, "run", "--json", "--config", config, stdout=asyncio.subprocess.PIPE
        )
        told = await _events(process, lambda told: sum(one.startswith("connected") for one in told) == len(SIDES))
        return process, told

    async def scenario(made: Bench) -> None:
        process, _ = await until_both_stream()
        process.kill()
        await process.wait()
        assert all(sensor.connected for sensor in made.sensors.values())  # BlueZ holds what nobody gave back
        process, told = await until_both_stream()
        found.extend(told)
        process.terminate()
        await process.communicate()
        assert process.returncode == 0

    run(scenario)
    assert not any("looking for" in words for words in found), found


def test_setup_on_a_terminal_writes_down_who_moved_on_which_side(run: Run, tmp_path: Path) -> None:
    person, config = Person(), tmp_path / "evenside.toml"
    shown = bytearray()

    async def scenario(made: Bench) -> None:
        ours, theirs = pty.openpty()
        command = (*EVENSIDE, "setup", "--config", config)
        process = await asyncio.create_subprocess_exec(
            *command, stdin=theirs, stdout=theirs, stderr=theirs, env={**os.environ, "TERM": "xterm", "COLUMNS": "120"}
        )
        os.close(theirs)
        loop = asyncio.get_running_loop()
        loop.add_reader(ours, _append, ours, shown)
        try:
            for words, moves, answer in (
                (b"RIGHT foot: press Enter", "right", b"\n"),
                (b"LEFT foot: press Enter", "left", b"\n"),
                (b"[y/N]", None, b"y\n"),
            ):
                await made.until(lambda words=words: words in shown or process.returncode is not None)  # type: ignore[misc]
                assert process.returncode is None, _read(shown)
                person.moves = moves  # type: ignore[assignment]
                os.write(ours, answer)
            async with asyncio.timeout(PATIENCE_S):
                await process.wait()
        finally:
            loop.remove_reader(ours)
            os.close(ours)
        assert process.returncode == 0, _read(shown)

    run(scenario, person.worn)
    (wearer,) = load_config(config).wearers
    assert {entry.serial: (entry.node.side, entry.node.site) for entry in wearer.nodes} == {
        "EV-left": ("left", "foot"),
        "EV-right": ("right", "foot"),
    }
    assert all(entry.device == "evenside" and entry.source == "ble://" for entry in wearer.nodes)
    assert [line.strip() for line in _read(shown).splitlines()].count("done") == len(SIDES)


def _append(terminal: int, shown: bytearray) -> None:
    with suppress(OSError):  # the other end has closed
        shown.extend(os.read(terminal, 4096))


def _read(shown: bytearray) -> str:
    """As a person has it in the end: without the codes of the terminal, and the last state of each line."""
    lines = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode(errors="replace")).replace("\r\n", "\n").split("\n")
    return "\n".join(line.rpartition("\r")[2] for line in lines)
