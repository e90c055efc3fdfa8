"""kill -9 at 200 random moments, the same programs storing and sending at once: nothing is lost or counted twice."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from real_servers import BUCKET, Influx, Victoria

from evenside.series import Forwarding, SendSettings
from evenside.store import SinkRow, Store, sink_states

if TYPE_CHECKING:
    from tests.host.series.conftest import PlanFor

KILLS = 200

# It forks the programs that it kills, so that none of them has to begin with its imports.
BREEDER = """
import os, random, signal, sys, threading, time
from pathlib import Path
import influxdb_client
from evenside.series import Forwarding, SendSettings, SinkPlan, SinkRequest, sink_kind
from evenside.store import OutboxRow, Store

path, kind, url, bucket, kills = Path(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5])
plan = SinkPlan(SinkRequest("clinic", url, bucket, timeout_s=3.0), sink_kind(kind), 10**9)
settings = SendSettings(lines_max=70, idle_s=0.002, look_s=0.05, grace_s=0.2, retry_first_s=0.01, retry_max_s=0.1)


def work(number):
    free = threading.Semaphore(5)
    def acknowledge(last, future):
        if future.exception() is None:
            os.write(1, b"%d\\n" % last)
        free.release()
    store = Store.open(path)
    Forwarding(path, [plan], settings)
    while True:
        free.acquire()
        numbers = range(number + 1, number + 21)
        body = "\\n".join(f"m,wearer=a v={n}.0 {1790000000000 + n}" for n in numbers).encode()
        future = store.submit([OutboxRow("clinic", 0, body)])
        future.add_done_callback(lambda done, last=numbers[-1]: acknowledge(last, done))
        number += 20


chance = random.Random(7)
for kill in range(kills):
    child = os.fork()
    if not child:
        work(kill * 1_000_000)
    time.sleep(chance.uniform(0.005, 0.2))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
"""


@pytest.mark.slow
@pytest.mark.program("influxd", "nginx", "victoria-metrics")
def test_writers_killed_at_random_lose_nothing_and_double_nothing(
    server: Influx | Victoria,
    plan_for: PlanFor,
    hurry: SendSettings,
    until: Callable[[Callable[[], bool]], None],
    tmp_path: Path,
) -> None:
    path = tmp_path / "store.sqlite"
    with Store.open(path) as store:
        store.submit([SinkRow("clinic", 10**9)]).result(10)
    kind = "influxdb" if isinstance(server, Influx) else "victoriametrics"
    breeder = subprocess.run(
        [sys.executable, "-c", BREEDER, str(path), kind, server.write_url, BUCKET, str(KILLS)],
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    acknowledged = [int(line) for line in breeder.stdout.split()]
    assert len({number // 1_000_000 for number in acknowledged}) > KILLS / 2
    (before,) = sink_states(path)
    assert before.sent > 0
    sending = Forwarding(path, [plan_for(server)], hurry)
    until(lambda: sink_states(path)[0].waiting == 0)
    sending.stop(5.0)
    found = server.values("m", "v") if isinstance(server, Influx) else server.values("m_v")
    assert len(found) == len(set(found))
    assert {float(last - back) for last in acknowledged for back in range(20)} <= set(found)
    (state,) = sink_states(path)
    assert (len(found), state.dead, state.dropped) == (state.produced, 0, 0)
    if isinstance(server, Victoria):
        assert server.counted("m_v") == state.produced
