"""The real InfluxDB and VictoriaMetrics, killed, away for hours, and answering everything but 204.

In the end every line is there, and a query counts it once.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from real_servers import Influx, Victoria

from evenside.series import Forwarding, SendSettings, SinkPlan, SinkRequest
from evenside.store import OutboxRow, SinkRow

if TYPE_CHECKING:
    from tests.host.series.conftest import Kept, PlanFor, Proxy

pytestmark = [pytest.mark.slow, pytest.mark.program("influxd", "nginx", "victoria-metrics")]

Until = Callable[..., None]
FORM = "m,wearer=a,site=foot v={0}.0,text_code=1.0 1790{0:09d}"


@contextmanager
def forwarding(kept: Kept, plan: SinkPlan, settings: SendSettings) -> Iterator[Forwarding]:
    found = Forwarding(kept.store.path, [plan], settings)
    try:
        yield found
    finally:
        found.stop(5.0)


def numbers(server: Influx | Victoria) -> list[float]:
    if isinstance(server, Influx):
        return sorted(server.values("m", "v"))
    return sorted(server.values("m_v"))


def all_once(server: Influx | Victoria, count: int) -> bool:
    if numbers(server) != [float(number) for number in range(1, count + 1)]:
        return False
    return isinstance(server, Influx) or server.counted("m_v") == count


def settled(kept: Kept) -> bool:
    return kept.outbox.state().waiting == 0


def first_news(sending: Forwarding, until: Until) -> str:
    news: list[str] = []

    def came() -> bool:
        news.extend(sending.news())
        return bool(news)

    until(came)
    return news[0]


def resident_mb() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024.0
    raise AssertionError("no VmRSS")


def test_a_server_killed_in_the_midst_of_writing_has_everything_in_the_end(
    kept: Kept, server: Influx | Victoria, plan_for: PlanFor, hurry: SendSettings, until: Until
) -> None:
    with forwarding(kept, plan_for(server), hurry) as sending:
        for _ in range(3):
            kept.put(4000, form=FORM, rows=40)
            until(lambda: kept.outbox.state().waiting < 3000)
            server.kill()
            kept.put(4000, form=FORM, rows=40)
            until(lambda: sending.health()["clinic"].state == "waiting")
            server.start()
            until(lambda: settled(kept))
        server.kill()  # right after it took the last
        server.start()
        until(lambda: all_once(server, kept.count))
        assert kept.outbox.state().dropped == 0
        assert kept.outbox.state().dead == 0


def test_after_eight_hours_away_everything_is_there_and_memory_is_what_it_was(
    kept: Kept, server: Influx | Victoria, plan_for: PlanFor, hurry: SendSettings, until: Until
) -> None:
    """As many lines as one wearer makes in 8 h at 8 a second; only the pauses are shorter than they would be."""
    lines, rows = 8 * 3600 * 8, 8 * 360
    form = FORM.replace(" v=", ",note=" + "x" * 150 + " v=")
    with forwarding(kept, plan_for(server), hurry) as sending:
        kept.put(1000, form=form)
        until(lambda: settled(kept))
        before_mb = resident_mb()
        server.kill()
        for _ in range(8):
            kept.put(lines // 8, form=form, rows=rows // 8)
        until(lambda: sending.health()["clinic"].state == "waiting")
        assert kept.outbox.state().waiting == lines
        assert kept.outbox.state().bytes > 40_000_000
        server.start()
        until(lambda: settled(kept))
        assert resident_mb() - before_mb < 35.0  # what waited would take more
        until(lambda: all_once(server, kept.count))
        news = sending.news()
        assert "cannot be reached" in news[0] or "answers 502" in news[0]
        assert any("takes lines again" in words for words in news)


@pytest.mark.parametrize("status", [401, 403, 404, 408, 429, 500, 503, "cut"])
def test_whatever_is_answered_nothing_is_lost_or_counted_twice(
    kept: Kept,
    server: Influx | Victoria,
    plan_for: PlanFor,
    proxy: Proxy,
    hurry: SendSettings,
    until: Until,
    status: int | str,
) -> None:
    proxy.upstream = int(server.write_url.rpartition(":")[2])
    with forwarding(kept, plan_for(server, proxy.url), hurry) as sending:
        kept.put(3000, form=FORM, rows=10)
        until(lambda: settled(kept))
        proxy.status = status
        kept.put(3000, form=FORM, rows=10)
        until(lambda: sending.health()["clinic"].state in ("waiting", "stopped"))
        assert kept.outbox.state().waiting == 3000
        proxy.status = 0
        until(lambda: settled(kept))
        until(lambda: all_once(server, kept.count))
        assert kept.outbox.state().dead == 0


@pytest.mark.parametrize("status", [400, 422])
def test_what_was_refused_for_a_while_is_kept_aside_and_sent_on_request(
    kept: Kept,
    server: Influx | Victoria,
    plan_for: PlanFor,
    proxy: Proxy,
    hurry: SendSettings,
    until: Until,
    status: int,
) -> None:
    proxy.upstream = int(server.write_url.rpartition(":")[2])
    with forwarding(kept, plan_for(server, proxy.url), hurry) as sending:
        kept.put(100, form=FORM)
        until(lambda: settled(kept))
        proxy.status = status
        kept.put(300, form=FORM, rows=10)
        until(lambda: sending.health()["clinic"].state == "refusing")
        proxy.status = 0
        until(lambda: settled(kept))
        kept.outbox.resend(0)
        until(lambda: settled(kept) and not kept.outbox.state().dead)
        until(lambda: all_once(server, kept.count))


def test_lines_that_influxdb_refuses_are_dead_and_those_beside_them_are_stored(
    kept: Kept, influx: Influx, plan_for: PlanFor, hurry: SendSettings, until: Until
) -> None:
    with forwarding(kept, plan_for(influx), hurry):
        kept.put(100, form=FORM)
        kept.put(3, form='m,wearer=a,site=foot v="text" 1790{0:09d}')
        kept.put(100, form=FORM)
        until(lambda: settled(kept))
    dead = kept.outbox.dead()
    assert [line.line.split(b" ")[2][-3:] for line in dead] == [b"101", b"102", b"103"]
    assert all("field type conflict" in line.error for line in dead)
    assert numbers(influx) == [*map(float, range(1, 101)), *map(float, range(104, 204))]


def test_requests_that_a_proxy_finds_too_large_are_made_smaller(
    kept: Kept, tmp_path: Path, plan_for: PlanFor, hurry: SendSettings, until: Until
) -> None:
    with Influx(tmp_path / "influx", body_max="8k") as influx, forwarding(kept, plan_for(influx), hurry):
        kept.put(3000, form=FORM, rows=10)
        until(lambda: settled(kept))
        assert all_once(influx, 3000)
        assert kept.outbox.state().dead == 0


def test_a_victoriametrics_that_keeps_doubles_is_told(
    kept: Kept, tmp_path: Path, plan_for: PlanFor, hurry: SendSettings, until: Until
) -> None:
    with (
        Victoria(tmp_path / "victoria", "-dedup.minScrapeInterval=0s") as server,
        forwarding(kept, plan_for(server), hurry) as sending,
    ):
        assert "start it with -dedup.minScrapeInterval=1ms" in first_news(sending, until)


def test_lines_that_victoriametrics_throws_away_without_a_word_are_told(
    kept: Kept, victoria: Victoria, plan_for: PlanFor, hurry: SendSettings, until: Until
) -> None:
    with forwarding(kept, plan_for(victoria), hurry) as sending:
        kept.put(100, form=FORM)
        until(lambda: settled(kept))
        kept.put(5, form="m,wearer=a v= 1790{0:09d}")
        assert "threw away 5 lines as malformed" in first_news(sending, until)


def test_a_server_that_never_answers_holds_up_no_other(
    kept: Kept, influx: Influx, plan_for: PlanFor, hurry: SendSettings, until: Until
) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(1)
        good = plan_for(influx)
        request = SinkRequest("deaf", f"http://127.0.0.1:{deaf.getsockname()[1]}", "evenside", timeout_s=1.0)
        kept.store.submit([SinkRow("deaf", 10**6), OutboxRow("deaf", 0, b"m v=1.0 1")]).result(10)
        sending = Forwarding(kept.store.path, [SinkPlan(request, good.kind, 10**6), good], hurry)
        kept.put(3000, form=FORM, rows=10)
        until(lambda: settled(kept))
        until(lambda: sending.health()["deaf"].state == "waiting")
        assert sending.health()["clinic"].state == "ok"
        sending.stop(3.0)
        assert all_once(influx, 3000)
        with kept.store.outbox("deaf") as outbox:
            assert outbox.state().waiting == 1


def test_what_still_waits_at_the_end_is_sent_within_the_time_given(
    kept: Kept, influx: Influx, plan_for: PlanFor
) -> None:
    sending = Forwarding(kept.store.path, [plan_for(influx)], SendSettings(idle_s=600.0))
    kept.put(3000, form=FORM, rows=10)
    sending.stop(20.0)
    assert all_once(influx, 3000)
