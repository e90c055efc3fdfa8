"""InfluxDB 1.x (behind nginx, which gives it the write path of version 2) and VictoriaMetrics, as Debian packages them.

Each listens on a free port of the loopback, keeps its data in one folder, and can be killed and started again on both.
Tests find this module by ``pythonpath`` in pyproject.toml.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

__all__ = ["Influx", "Program", "Victoria", "free_port"]

BUCKET = "evenside"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def fetch(url: str, *, data: bytes | None = None, timeout_s: float = 30.0) -> bytes:
    with urllib.request.urlopen(urllib.request.Request(url, data=data), timeout=timeout_s) as answer:
        body: bytes = answer.read()
        return body


@dataclass
class Program:
    """One process. ``start`` returns when it answers at ``ping``."""

    command: Sequence[str]
    port: int
    ping: str
    log: Path
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, bound_s: float = 30.0) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        end_s = time.monotonic() + bound_s
        while True:
            try:
                fetch(self.url + self.ping, timeout_s=2.0)
            except OSError as error:
                if time.monotonic() > end_s or self.process.poll() is not None:
                    self.kill()
                    raise RuntimeError(f"{self.command[0]} does not answer: {self.log.read_text()[-2000:]}") from error
                time.sleep(0.02)
            else:
                return

    def kill(self) -> None:
        """SIGKILL, as a crash would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def stop(self) -> None:
        """SIGTERM, and the time that it takes."""
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()
            self.process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class Victoria(Program):
    """VictoriaMetrics. ``data``: where it keeps its samples."""

    def __init__(self, folder: Path, *flags: str, data: Path | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        port = free_port()
        command = [
            *("victoria-metrics", f"-httpListenAddr=127.0.0.1:{port}", f"-storageDataPath={data or folder / 'data'}"),
            *("-retentionPeriod=10y", "-search.latencyOffset=0s", "-memory.allowedPercent=10"),
            *("-search.disableCache", *(flags or ("-dedup.minScrapeInterval=1ms",))),
        ]
        super().__init__(command, port, "/health", folder / "victoria.log")

    @property
    def write_url(self) -> str:
        return self.url

    def values(self, metric: str) -> list[float]:
        """Every stored value of all series of one metric (``measurement_field``), each as often as it is counted."""
        fetch(f"{self.url}/internal/force_flush")
        match = urllib.parse.urlencode({"match[]": f'{{__name__="{metric}"}}'})
        text = fetch(f"{self.url}/api/v1/export?{match}")
        return [value for line in text.splitlines() for value in json.loads(line)["values"]]

    def counted(self, metric: str, span: str = "2000d") -> float:
        """How many values a query counts."""
        fetch(f"{self.url}/internal/force_flush")
        query = urllib.parse.urlencode({"query": f"sum(count_over_time({metric}[{span}]))"})
        found = json.loads(fetch(f"{self.url}/api/v1/query?{query}"))["data"]["result"]
        return float(found[0]["value"][1]) if found else 0.0


_INFLUX = """reporting-disabled = true
bind-address = "127.0.0.1:{rpc}"
[meta]
  dir = "{data}/meta"
[data]
  dir = "{data}/data"
  wal-dir = "{data}/wal"
  index-version = "tsi1"
  query-log-enabled = false
[http]
  enabled = true
  bind-address = "127.0.0.1:{port}"
  log-enabled = false
[monitor]
  store-enabled = false
[subscriber]
  enabled = false
[continuous_queries]
  enabled = false
"""
# The bucket is not URL-decoded, so it must be a plain name.
_NGINX = """master_process off; daemon off; worker_processes 1;
pid {folder}/nginx.pid; error_log {folder}/nginx.err warn;
events {{ worker_connections 64; }}
http {{
  access_log off; client_max_body_size {body_max}; client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2;
  fastcgi_temp_path {folder}/t3; uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  map $arg_precision $v1 {{ default n; us u; ms ms; s s; }}
  server {{
    listen 127.0.0.1:{port};
    location = /api/v2/write {{
      rewrite ^ /write?db=$arg_bucket&precision=$v1? break;
      proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass {upstream};
    }}
    location = /nginx {{ return 200 "ok"; }}
    location / {{ proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass {upstream}; }}
  }}
}}
"""


class Influx(Program):
    """InfluxDB 1.x; ``start`` starts its nginx too, and makes the bucket."""

    def __init__(self, folder: Path, *, data: Path | None = None, body_max: str = "50m") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        port, front = free_port(), free_port()
        config = folder / "influxdb.conf"
        config.write_text(_INFLUX.format(data=data or folder / "data", port=port, rpc=free_port()))
        super().__init__(["influxd", "-config", str(config)], port, "/ping", folder / "influx.log")
        rules = folder / "nginx.conf"
        rules.write_text(_NGINX.format(folder=folder, port=front, upstream=self.url, body_max=body_max))
        nginx = shutil.which("nginx") or "/usr/sbin/nginx"
        self.front = Program([nginx, "-p", str(folder), "-c", str(rules)], front, "/nginx", folder / "nginx.log")

    @property
    def write_url(self) -> str:
        return self.front.url

    def start(self, bound_s: float = 30.0) -> None:
        super().start(bound_s)
        self.query(f"CREATE DATABASE {BUCKET}")
        if self.front.process is None:
            self.front.start(bound_s)

    def stop(self) -> None:
        self.front.stop()
        super().stop()

    def query(self, influxql: str) -> list[dict[str, object]]:
        """The series of the first result."""
        data = urllib.parse.urlencode({"db": BUCKET, "q": influxql}).encode()
        found = json.loads(fetch(f"{self.url}/query", data=data, timeout_s=60.0))["results"][0]
        if "error" in found:
            raise RuntimeError(f"{influxql}: {found['error']}")
        series: list[dict[str, object]] = found.get("series", [])
        return series

    def values(self, measurement: str, field_name: str) -> list[float]:
        """Every stored value of a field, over all series."""
        found = self.query(f'SELECT "{field_name}" FROM "{measurement}"')
        rows = found[0]["values"] if found else []
        assert isinstance(rows, list)
        return [float(row[1]) for row in rows]
