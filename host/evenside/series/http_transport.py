"""InfluxDB (1.8 and later, 2, 3) and VictoriaMetrics, by influxdb-client as the mere transport of our bytes.

Its queue, its batching and its repetitions stay off: they live in memory and give up. What an HTTP status means for
lines is said in one place here. The client is imported when the first connection is opened, because that takes long.
What this never does: log a token or a body.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from evenside.config import is_local
from evenside.series.sink import Answer, Server, SinkKind, SinkRequest

if TYPE_CHECKING:
    from influxdb_client.rest import ApiException

__all__ = ["INFLUXDB", "VICTORIAMETRICS", "HttpTransport", "answer_of", "server_of"]

WAIT_S_MAX = 600.0  # a server may not ask for more patience than this
WORDS_MAX = 300

_DEDUP = "-dedup.minScrapeInterval=1ms"
_COUNT = re.compile(rb'^(vm_app_start_timestamp|vm_rows_(?:invalid|inserted)_total\{type="influx"\}) (\S+)', re.M)
_FLAG = re.compile(rb'^flag\{name="dedup\.minScrapeInterval", ?value="([^"]*)"', re.MULTILINE)


class HttpTransport:
    """One connection to one server."""

    def __init__(self, request: SinkRequest) -> None:
        """Raises ConfigError where the token cannot be read."""
        from influxdb_client import InfluxDBClient
        from influxdb_client.client.write_api import SYNCHRONOUS

        self._request = request
        self._client = InfluxDBClient(
            url=request.url.rstrip("/"),
            token=request.secret.read() or None,
            org=request.org or "-",
            timeout=round(1000 * request.timeout_s),
            enable_gzip=not is_local(request.url),
            ssl_ca_cert=str(request.ca_file) if request.ca_file else None,
            retries=False,
        )
        self._write = self._client.write_api(write_options=SYNCHRONOUS)

    def send(self, body: bytes) -> Answer:
        from influxdb_client.rest import ApiException
        from urllib3.exceptions import HTTPError

        try:
            self._write.write(self._request.bucket, record=body, write_precision="ms")
        except ApiException as error:
            return _answer_of(error, self._request)
        except (HTTPError, OSError, ValueError) as error:  # ValueError: an answer that is no text
            return _unreachable(error, self._request)
        return Answer("taken")

    def server(self) -> Server | Answer:
        """From ``/metrics`` beside the place that takes the lines."""
        from influxdb_client.rest import ApiException
        from urllib3.exceptions import HTTPError

        try:
            text = self._client.api_client.call_api(
                "/metrics", "GET", response_type="str", _return_http_data_only=True, _preload_content=False
            ).data
        except ApiException as error:
            # A proxy that hides it; whether lines are taken will be seen when they are sent.
            return Server() if error.status in (400, 401, 403, 404, 405) else _answer_of(error, self._request)
        except (HTTPError, OSError, ValueError) as error:
            return _unreachable(error, self._request)
        return server_of(text)

    def close(self) -> None:
        self._client.close()


def server_of(metrics: bytes) -> Server:
    """What VictoriaMetrics says in its own metrics; unknown where they are those of something else."""
    found = {name.partition(b"{")[0].decode(): value.decode() for name, value in _COUNT.findall(metrics)}
    start = found.get("vm_app_start_timestamp", "")
    swallowed, taken = (_whole(found.get(f"vm_rows_{what}_total", "")) for what in ("invalid", "inserted"))
    flag = _FLAG.search(metrics)
    if flag is None or re.search(rb"[1-9]", flag[1]):
        return Server(start, swallowed, taken=taken)
    note = f"the server keeps lines double that are sent again after a failure\n  mend: start it with {_DEDUP}"
    return Server(start, swallowed, (note,), taken)


def _whole(text: str) -> int:
    try:
        return int(float(text))
    except (ValueError, OverflowError):
        return 0


def answer_of(status: int, reason: str, wait_s: float, request: SinkRequest) -> Answer:
    """What an HTTP status means for the lines that were sent. 0: no answer because of TLS."""
    words = f"{request.url} answers {status}: {' '.join(reason.split())[:WORDS_MAX]}"
    match status:
        case 400 | 422:
            return Answer("refused", words)
        case 413:
            return Answer("too_large", words)
        case 401 | 403:
            return Answer("stopped", words, f"give the sink {request.name!r} a token that may write there")
        case 404:
            return Answer("stopped", words, f"make the bucket {request.bucket!r} there, or correct url and bucket")
        case 408 | 425 | 429:
            return Answer("busy", words, "", wait_s)
        case 0:
            words = f"{request.url}: TLS: {' '.join(reason.split())[:WORDS_MAX]}"
            return Answer("stopped", words, "set ca_file to the certificate authority of the server, or renew its own")
        case _ if status >= 500:
            return Answer("busy", words, "look at the server's log: its disk may be full", wait_s)
        case _:
            return Answer("stopped", words, f"correct the url of the sink {request.name!r}")


def _answer_of(error: ApiException, request: SinkRequest) -> Answer:
    headers = error.headers or {}
    try:
        wait_s = min(max(0.0, float(headers.get("Retry-After") or 0.0)), WAIT_S_MAX)  # 0 for NaN
    except ValueError:  # a date, which is of no use without a common clock
        wait_s = 0.0
    return answer_of(error.status or 0, str(error.body or error.reason or ""), wait_s, request)


def _unreachable(error: Exception, request: SinkRequest) -> Answer:
    from urllib3.exceptions import NewConnectionError, ProtocolError

    words = f"{request.url} cannot be reached: {' '.join(str(error).split())[:WORDS_MAX]}"
    gone = isinstance(error, NewConnectionError | ProtocolError)
    return Answer("busy", words, "start the server, or correct its url", gone=gone)


def _open(request: SinkRequest) -> HttpTransport:
    return HttpTransport(request)


INFLUXDB = SinkKind(_open, durable=True, texts=True)
VICTORIAMETRICS = SinkKind(_open, durable=False, texts=False)
