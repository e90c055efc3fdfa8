"""TLS for real: certificates of one's own are trusted where they are named, and nowhere else."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from evenside.config import SinkConfig
from evenside.errors import ConfigError
from evenside.series import SinkRequest, sink_plan
from evenside.series.http_transport import HttpTransport

if TYPE_CHECKING:
    from tests.host.series.conftest import Proxy


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Of 127.0.0.1, signed by itself; the key stands beside it."""
    file = tmp_path / "server.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"),
            *("-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(tmp_path / "server.key"), "-out", str(file)),
        ],
        check=True,
        capture_output=True,
    )
    return file


@pytest.mark.program("openssl")
def test_a_server_is_trusted_by_the_certificates_that_are_named(proxy: Proxy, certificate: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    proxy.server.socket = context.wrap_socket(proxy.server.socket, server_side=True)
    proxy.status = 204
    url = proxy.url.replace("http:", "https:")
    trusting = HttpTransport(SinkRequest("clinic", url, "evenside", ca_file=certificate))
    assert trusting.send(b"m v=1 1").outcome == "taken"
    trusting.close()
    stranger = HttpTransport(SinkRequest("clinic", url, "evenside"))
    answer = stranger.send(b"m v=1 1")
    stranger.close()
    assert answer.outcome == "stopped"
    assert "certificate" in answer.words
    assert len(proxy.seen) == 1


def test_what_a_sink_needs_is_looked_for_before_anything_starts(tmp_path: Path) -> None:
    sink = SinkConfig("clinic", "influxdb", "http://127.0.0.1:8086", max_mb=2.0)
    plan = sink_plan(sink)
    assert (plan.request.url, plan.request.bucket, plan.bytes_max) == (sink.url, "evenside", 2_000_000)
    for wrong, message in (
        (SinkConfig("clinic", "influx", sink.url), "no kind of sink 'influx'"),
        (SinkConfig("clinic", "influxdb", sink.url, ca_file=tmp_path / "ca.pem"), "no file of certificates"),
        (SinkConfig("clinic", "influxdb", sink.url, token_env="EVENSIDE_NO_SUCH_TOKEN"), "holds no token"),
    ):
        with pytest.raises(ConfigError, match=message):
            sink_plan(wrong)
