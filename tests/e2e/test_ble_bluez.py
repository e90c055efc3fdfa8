"""The real BlueZ: bluetoothd and the kernel's Bluetooth in a virtual machine without radio and without KVM.

bleak's own BlueZ backend speaks D-Bus over TCP with the guest; the guest's adapter is one of ours on the emulated
radio, by a serial console. On slow and shared machines: facts are looked at, never times of less than many seconds.
Needs root, the programs below and a Debian kernel package that EVENSIDE_BLUEZ_KERNEL names.
"""

from __future__ import annotations

import asyncio
import os
import random
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from bumble import hci
from bumble.transport import open_transport

from evenside.sources import LinkEvent, SourceItem, SourceRequest, parse_source_url, session_clock
from evenside.sources.ble.radio import Radio
from evenside.sources.ble.source import open_ble_with
from evenside.sources.ble.survey import survey
from evenside.sources.ble.timings import BleTimings
from evenside.testing.air import Air, RadioModel
from evenside.testing.controller import AirController
from evenside.testing.emulators import NodeEmulator, NodeMake
from evenside.testing.peripheral import Peripheral
from evenside.wire import SampleType, SchemaChannel
from evenside_analysis.types import Block, Floats, Node, Side

GUEST = Path(__file__).with_name("bluez_guest")
KERNEL = os.environ.get("EVENSIDE_BLUEZ_KERNEL", "")
PROGRAMS = ("qemu-system-x86_64", "bluetoothd", "dbus-daemon", "busybox", "cpio", "depmod", "socat", "dpkg", "ip")
BOOT_S, PATIENCE_S = 180.0, 60.0
RATE_HZ = 50.0
SIDES: tuple[Side, Side] = ("left", "right")
NODES = tuple(Node(side, "insole", side, ("force",), RATE_HZ) for side in SIDES)
SCHEMA = (SchemaChannel.named("force", SampleType.F64),)

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


async def attached(guest: Guest) -> None:
    """A fresh adapter that can be used. It is asked for seldom: the guest is slow, and has to bring it up meanwhile."""
    await guest.order("attach")
    async with asyncio.timeout(PATIENCE_S):
        while True:
            await asyncio.sleep(3.0)
            if not (await survey(Radio(), patience_s=0.0)).problem:
                return


@asynccontextmanager
async def bench(guest: Guest) -> AsyncIterator[Bench]:
    """Two nodes on the air, and the guest's adapter there."""
    air = Air(RadioModel(0.03, supervision_s=4.0))
    async with await open_transport(f"unix-client:{guest.hci}") as line:
        adapter = AirController("bluez", line.source, line.sink, link=air, public_address="F0:00:00:00:00:01")
        # Linux then waits for events that Bumble's controller does not send.
        adapter.le_features &= ~(hci.LeFeatureMask.LL_PRIVACY | hci.LeFeatureMask.LE_EXTENDED_ADVERTISING)
        sensors: dict[Side, Peripheral] = {}
        for number, side in enumerate(SIDES):
            make = NodeMake(f"EV-{side}", SCHEMA, rate_hz=RATE_HZ, side=side, interval_s=0.03, boot_id=number + 1)
            sensors[side] = await Peripheral.start(air, NodeEmulator(make, _counted), number)
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


@pytest.fixture
def run(
    guest: Guest, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Callable[[Bench], Coroutine[None, None, None]]], Bench]:
    """Runs a scenario on a bench; bleak finds the guest's BlueZ."""
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"tcp:host=127.0.0.1,port={guest.bus}")
    monkeypatch.setenv("BLEAK_DBUS_AUTH_UID", "0")

    def carry_out(scenario: Callable[[Bench], Coroutine[None, None, None]]) -> Bench:
        async def on_bench() -> Bench:
            async with bench(guest) as made:
                await scenario(made)
                return made

        return asyncio.run(on_bench())

    return carry_out


Run = Callable[[Callable[[Bench], Coroutine[None, None, None]]], Bench]


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
