"""Other databases as `evenside doctor` sees them: real servers, and every way in which one is not to be had."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from real_servers import BUCKET, Influx, Victoria, free_port

from evenside.config import SinkConfig
from evenside.doctor.sinks import check_sink


class Told:
    """A server that answers every request with one status, and keeps what it was sent."""

    def __init__(self, status: int) -> None:
        self.bodies: list[bytes] = []
        told = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                told.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
                self.do_GET()

            def do_GET(self) -> None:
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05})
        self.thread.start()

    def sink(self, kind: str = "influxdb") -> SinkConfig:
        return SinkConfig("clinic", kind, f"http://127.0.0.1:{self.server.server_port}")


@pytest.fixture
def told(request: pytest.FixtureRequest) -> Iterator[Told]:
    found = Told(request.param)
    yield found
    found.server.shutdown()
    found.server.server_close()
    found.thread.join()


@pytest.mark.parametrize(
    ("told", "state", "words"),
    [
        (204, "ok", "takes lines"),
        (400, "ok", "takes lines"),  # an InfluxDB that finds no line in a comment has looked at all else before
        (401, "fail", "answers 401"),
        (404, "fail", "answers 404"),
        (503, "warn", "answers 503"),
    ],
    indirect=["told"],
)
def test_what_a_server_answers_is_told_and_nothing_is_written_there(told: Told, state: str, words: str) -> None:
    check = check_sink(told.sink())
    assert (check.name, check.state) == ("sink clinic", state)
    assert words in check.words
    assert bool(check.mend) == (state != "ok")
    assert all(body.startswith(b"#") and b"\n" not in body for body in told.bodies)
    assert told.bodies


@pytest.mark.parametrize("told", [204], indirect=True)
def test_a_victoriametrics_that_hides_its_start_is_a_warning(told: Told) -> None:
    check = check_sink(told.sink("victoriametrics"))
    assert check.state == "warn"
    assert "/metrics" in check.mend


def test_nobody_there_is_a_warning_because_lines_wait() -> None:
    check = check_sink(SinkConfig("clinic", "influxdb", f"http://127.0.0.1:{free_port()}"))
    assert check.state == "warn"
    assert "cannot be reached" in check.words


def test_a_token_that_others_can_read_fails_before_anything_is_sent(tmp_path: Path) -> None:
    token = tmp_path / "influx.token"
    token.write_text("secret")
    token.chmod(0o644)
    check = check_sink(SinkConfig("clinic", "influxdb", f"http://127.0.0.1:{free_port()}", token_file=token))
    assert (check.state, check.mend) == ("fail", f"chmod 600 {token}")
    assert "secret" not in check.words


def test_a_variable_that_is_not_set_here_may_be_set_for_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CLINIC_TOKEN", raising=False)
    check = check_sink(SinkConfig("clinic", "influxdb", "http://127.0.0.1:1", token_env="CLINIC_TOKEN"))
    assert check.state == "warn"
    assert "CLINIC_TOKEN" in check.words


@pytest.mark.slow
@pytest.mark.program("influxd", "nginx")
def test_a_real_influxdb_knows_its_bucket_and_keeps_nothing_of_the_look(tmp_path: Path) -> None:
    with Influx(tmp_path / "influx") as server:
        assert check_sink(SinkConfig("clinic", "influxdb", server.write_url, BUCKET)).state == "ok"
        check = check_sink(SinkConfig("clinic", "influxdb", server.write_url, "nowhere"))
        assert (check.state, check.mend) == ("fail", "make the bucket 'nowhere' there, or correct url and bucket")
        assert server.query("SHOW SERIES") == []


@pytest.mark.slow
@pytest.mark.program("victoria-metrics")
@pytest.mark.parametrize(("flags", "state"), [((), "ok"), (("-memory.allowedPercent=10",), "warn")])
def test_a_real_victoriametrics_tells_whether_it_counts_twice(
    tmp_path: Path, flags: tuple[str, ...], state: str
) -> None:
    with Victoria(tmp_path / "victoria", *flags) as server:
        check = check_sink(SinkConfig("clinic", "victoriametrics", server.write_url))
    assert check.state == state
    assert ("-dedup.minScrapeInterval=1ms" in check.mend) == (state == "warn")
