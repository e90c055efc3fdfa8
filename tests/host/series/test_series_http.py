"""What an HTTP answer means for lines, over a real socket; and what is said to whom."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from real_servers import free_port

from evenside.config import is_local
from evenside.errors import ConfigError
from evenside.series import Answer, Secret, Server, SinkRequest, known_kinds, sink_kind
from evenside.series.http_transport import HttpTransport, server_of

if TYPE_CHECKING:
    from tests.host.series.conftest import Proxy

LINE = b"m,w=a v=1.0 1700000000000"


def request_to(url: str, secret: Secret | None = None, timeout_s: float = 3.0) -> SinkRequest:
    return SinkRequest("clinic", url, "evenside", "team", secret or Secret(), timeout_s=timeout_s)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        *((204, "taken"), (200, "taken"), (400, "refused"), (422, "refused"), (413, "too_large")),
        *((401, "stopped"), (403, "stopped"), (404, "stopped"), (405, "stopped"), (302, "stopped")),
        *((408, "busy"), (429, "busy"), (500, "busy"), (502, "busy"), (503, "busy"), (504, "busy")),
    ],
)
def test_a_status_has_one_meaning(proxy: Proxy, status: int, outcome: str) -> None:
    proxy.status, proxy.headers = status, {"Location": proxy.url + "/elsewhere"}
    transport = HttpTransport(request_to(proxy.url))
    answer = transport.send(LINE)
    transport.close()
    assert answer.outcome == outcome
    assert not answer.gone
    assert len(proxy.seen) == 1  # neither repeated nor led elsewhere
    if outcome != "taken":
        assert f"answers {status}" in answer.words
        assert proxy.url in answer.words
    assert bool(answer.mend) == (outcome == "stopped" or status >= 500)


def test_lines_go_as_they_are_in_milliseconds_with_the_token(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLINIC_TOKEN", "s3cret")
    proxy.status = 204
    transport = HttpTransport(request_to(proxy.url, Secret(env="CLINIC_TOKEN")))
    body = b"\n".join([LINE] * 3)
    assert transport.send(body) == Answer("taken")
    transport.close()
    ((path, headers, seen),) = proxy.seen
    assert path == "/api/v2/write?org=team&bucket=evenside&precision=ms"
    assert headers["Authorization"] == "Token s3cret"
    assert seen == body


def test_without_a_token_none_is_sent(proxy: Proxy) -> None:
    proxy.status = 204
    transport = HttpTransport(request_to(proxy.url))
    transport.send(LINE)
    transport.close()
    assert "Authorization" not in proxy.seen[0][1]


@pytest.mark.parametrize(
    ("asked", "waits_s"), [("7", 7.0), ("1e9", 600.0), ("-3", 0.0), ("tomorrow", 0.0), ("nan", 0.0)]
)
def test_a_server_may_ask_for_patience_within_reason(proxy: Proxy, asked: str, waits_s: float) -> None:
    proxy.status, proxy.headers = 429, {"Retry-After": asked}
    transport = HttpTransport(request_to(proxy.url))
    assert transport.send(LINE).wait_s == waits_s
    transport.close()


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"x" * 100_000, b"<html>\n\n  <b>no"])
def test_an_answer_that_makes_no_sense_is_still_an_answer(proxy: Proxy, body: bytes) -> None:
    proxy.status, proxy.body = 503, body
    transport = HttpTransport(request_to(proxy.url))
    answer = transport.send(LINE)
    transport.close()
    assert answer.outcome == "busy"
    assert len(answer.words) < 500
    assert "\n" not in answer.words


def test_nobody_there_and_no_answer_are_told_apart(proxy: Proxy) -> None:
    nobody = HttpTransport(request_to(f"http://127.0.0.1:{free_port()}"))
    answer = nobody.send(LINE)
    assert (answer.outcome, answer.gone) == ("busy", True)
    assert "cannot be reached" in answer.words
    assert nobody.server() == answer or isinstance(nobody.server(), Answer)
    nobody.close()


def test_tls_that_does_not_work_stops_with_the_mend(proxy: Proxy) -> None:
    proxy.status = 204
    transport = HttpTransport(request_to(proxy.url.replace("http:", "https:")))
    answer = transport.send(LINE)
    transport.close()
    assert answer.outcome == "stopped"
    assert "TLS" in answer.words
    assert "ca_file" in answer.mend
    assert proxy.seen == []


def test_no_token_appears_in_a_log_or_a_message(
    proxy: Proxy, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text("s3cret")
    file.chmod(0o600)
    with caplog.at_level(logging.DEBUG):
        for status in (204, 401, 503, 0):
            proxy.status = status
            transport = HttpTransport(request_to(proxy.url, Secret(file=file)))
            answer = transport.send(LINE)
            transport.server()
            transport.close()
            assert "s3cret" not in repr((answer, transport, transport._request))
    said = capfd.readouterr()
    assert "s3cret" not in caplog.text + said.out + said.err


def test_a_transport_without_its_token_is_not_made(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("s3cret")
    (tmp_path / "token").chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        HttpTransport(request_to("http://127.0.0.1", Secret(file=tmp_path / "token")))


METRICS = b"""vm_rows_invalid_total{type="csvimport"} 5
vm_rows_invalid_total{type="influx"} 12
vm_rows_inserted_total{type="influx"} 3.5e+03
vm_app_start_timestamp 1795588981
flag{name="dedup.minScrapeInterval", value="%s", is_set="true"} 1
"""


def test_victoriametrics_tells_its_start_what_it_threw_away_and_whether_it_keeps_doubles() -> None:
    assert server_of(METRICS % b"1ms") == Server("1795588981", 12, taken=3500)
    (note,) = server_of(METRICS % b"0s").notes
    assert "-dedup.minScrapeInterval=1ms" in note


@pytest.mark.parametrize(
    "text", [b"", b"\xff" * 100, b'vm_rows_invalid_total{type="influx"} nan\n', b"go_goroutines 5\n"]
)
def test_metrics_of_something_else_tell_nothing(text: bytes) -> None:
    assert server_of(text) == Server()


def test_a_server_that_hides_its_metrics_is_a_server(proxy: Proxy) -> None:
    proxy.status = 404
    transport = HttpTransport(request_to(proxy.url))
    assert transport.server() == Server()
    proxy.status = 503
    assert isinstance(transport.server(), Answer)
    transport.close()


@pytest.mark.parametrize(
    ("url", "local"),
    [
        *(("http://127.0.0.1:8086", True), ("http://localhost", True), ("http://[::1]:1/x", True)),
        *(("https://clinic.example", False), ("http://10.0.0.1", False), ("http://localhost.example", False)),
    ],
)
def test_what_is_on_this_machine_is_known(url: str, local: bool) -> None:
    assert is_local(url) == local


def test_kinds_are_found_by_name_as_those_of_other_packages_would_be() -> None:
    assert {"influxdb", "victoriametrics"} <= set(known_kinds())
    assert sink_kind("influxdb").durable
    assert not sink_kind("victoriametrics").durable
    with pytest.raises(ConfigError, match=r"no kind of sink 'influx'\n  mend: use one of influxdb, victoriametrics"):
        sink_kind("influx")
