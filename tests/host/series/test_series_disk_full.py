"""Servers on a disk of their own that is full: nothing is lost, and nothing is counted twice when it has room again."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from real_servers import Influx, Victoria

from evenside.series import Forwarding, SendSettings

if TYPE_CHECKING:
    from tests.host.series.conftest import Kept, PlanFor

pytestmark = [pytest.mark.slow, pytest.mark.program("influxd", "nginx", "victoria-metrics", "unshare", "nsenter")]

FORM = "m,wearer=a,site=foot,note=" + "x" * 100 + " v={0}.0 1790{0:09d}"
DISK_MB = {"influxdb": 24, "victoriametrics": 60}


@dataclass
class Disk:
    """A small file system in memory, in a name space of mounts which lasts as long as its keeper."""

    folder: Path
    keeper: subprocess.Popen[bytes]

    @property
    def entering(self) -> list[str]:
        return ["nsenter", "--preserve-credentials", "-U", "-m", "-t", str(self.keeper.pid)]

    def run(self, script: str) -> None:
        subprocess.run([*self.entering, "sh", "-c", script], check=False, stderr=subprocess.DEVNULL)

    def fill(self) -> None:
        """All that is free but a little, as another program would."""
        self.run(f"dd if=/dev/zero of={self.folder}/filler bs=64k; sync")

    def free(self) -> None:
        self.run(f"rm -f {self.folder}/filler")


@pytest.fixture(params=["influxdb", "victoriametrics"])
def disk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Disk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    script = f"mount -t tmpfs -o size={DISK_MB[request.param]}m none {folder} && echo mounted && exec sleep infinity"
    keeper = subprocess.Popen(["unshare", "-r", "-m", "sh", "-c", script], stdout=subprocess.PIPE)
    assert keeper.stdout is not None
    if keeper.stdout.readline() != b"mounted\n":
        keeper.wait()
        keeper.stdout.close()
        pytest.skip("this machine lets nobody mount a small file system: allow user name spaces")
    yield Disk(folder, keeper)
    keeper.kill()
    keeper.wait()
    keeper.stdout.close()


@pytest.fixture
def server(disk: Disk, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Influx | Victoria]:
    data = disk.folder / "data"
    kind = request.node.callspec.params["disk"]
    made: Influx | Victoria
    made = Influx(tmp_path / "server", data=data) if kind == "influxdb" else Victoria(tmp_path / "server", data=data)
    made.command = [*disk.entering, *made.command]
    with made:
        yield made


def test_a_full_disk_of_the_server_loses_nothing(
    kept: Kept,
    disk: Disk,
    server: Influx | Victoria,
    plan_for: PlanFor,
    hurry: SendSettings,
    until: Callable[[Callable[[], bool]], None],
) -> None:
    def values() -> list[float]:
        found = server.values("m", "v") if isinstance(server, Influx) else server.values("m_v")
        return sorted(found)

    sending = Forwarding(kept.store.path, [plan_for(server)], hurry)
    kept.put(2000, form=FORM, rows=10)
    until(lambda: kept.outbox.state().waiting == 0)
    disk.fill()
    while kept.count < 400_000 and sending.health()["clinic"].state == "ok":
        kept.put(5000, form=FORM, rows=5)
        until(lambda: kept.outbox.state().waiting < 20_000 or sending.health()["clinic"].state != "ok")
    until(lambda: sending.health()["clinic"].state == "waiting")
    kept.put(2000, form=FORM, rows=10)
    disk.free()
    server.kill()  # VictoriaMetrics has ended by itself, and whoever finds InfluxDB like this starts it anew
    server.start()
    until(lambda: kept.outbox.state().waiting == 0)
    until(lambda: values() == [float(number) for number in range(1, kept.count + 1)])
    sending.stop(5.0)
    state = kept.outbox.state()
    assert (state.dead, state.dropped) == (0, 0)
