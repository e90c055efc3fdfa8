"""Rows into InfluxDB and VictoriaMetrics: how many a CPU second, ours and the client's own points; and 1,000 wearers.

The CPU is that of this process with all its threads. Each way writes the same tags and fields of the same figures: all
that a figure has, and a short row of three tags and six numbers, as databases are mostly measured with.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from measuring import cpu_s, peak_mb
from real_servers import BUCKET, Influx, Victoria

from evenside.catalogue import FIGURE, Measurement, field_values
from evenside.series import Forwarding, Points, SinkPlan, SinkRequest, sink_kind
from evenside.series.forms import LineForm
from evenside.series.lines import series_text
from evenside.store import FigureRow, SessionRow, SinkRow, Store, sink_states
from evenside_analysis.metrics import METRICS
from evenside_analysis.types import Figure

ROWS = 20_000
WEARERS = 1000
WEARERS_S = 15.0  # at least; `--seconds 300` for five minutes
START_NS = 1_790_000_000 * 10**9
Server = Influx | Victoria
TEMPLATE = Figure(
    *("load_share", "foot", 0.0, 60.0, 52, 53, 0.6, 0.02, 54, 0.6, 0.02, 0.0, 0.0, 0.0, 0.0),
    *(1.9, 2.4, 2, "right", "", 1.0, 1.0, 0.0),
)
SHORT = Measurement("figure", "", FIGURE.tags[:3], FIGURE.fields[:6])


def figure(metric: str, at_s: float, seed: int) -> Figure:
    """Plausible, and with as many digits as a real one has."""
    ai = 3.0 + (seed * 0.6180339887498949) % 5.0
    left = 0.61 + (seed * 0.4142135623730951) % 0.1
    right = left * (1.0 + ai / 100.0)
    return replace(
        TEMPLATE,
        metric=metric,
        start_s=at_s - 60.0,
        end_s=at_s,
        left_mean=left,
        left_sd=0.0213 + left / 1e3,
        right_mean=right,
        right_sd=0.0198 + left / 2e3,
        difference=right - left,
        ai=ai,
        ai_lo=ai - 0.8123,
        ai_hi=ai + 0.7911,
        completeness_left=0.9987 - ai / 1e4,
        completeness_right=0.9991 - ai / 2e4,
        sync_error_s=0.000437 + left / 1e5,
    )


def figures(count: int) -> Iterator[FigureRow]:
    for number in range(count):
        metric = METRICS[number % len(METRICS)].id
        yield FigureRow("s", "window", figure(metric, 60.0 + number // len(METRICS), number))


def run(folder: Path, hours: float, seconds: float) -> None:
    missing = [program for program in ("influxd", "victoria-metrics", "nginx") if not _there(program)]
    if missing:
        print(f"not measured: {', '.join(missing)} are not installed")
        return
    for kind in ("influxdb", "victoriametrics"):
        _ratio(kind, folder / kind)
    _wearers(folder / "wearers", max(seconds, WEARERS_S))


def _there(program: str) -> bool:
    return shutil.which(program) is not None or Path("/usr/sbin", program).exists()


def _server(kind: str, folder: Path) -> Server:
    return Influx(folder) if kind == "influxdb" else Victoria(folder)


def _plan(kind: str, server: Server) -> SinkPlan:
    return SinkPlan(SinkRequest("bench", server.write_url, BUCKET), sink_kind(kind), 2 * 10**9)


def _ratio(kind: str, folder: Path) -> None:
    rows = list(figures(ROWS))
    found: dict[str, float] = {}
    ways: dict[str, Callable[[Server, Path], float]] = {
        "short rows, Point objects": lambda server, place: _by_points(kind, server, rows, SHORT),
        "short rows, ours": lambda server, place: _by_bytes(kind, server, _short_bodies(rows)),
        "figures, Point objects": lambda server, place: _by_points(kind, server, rows, FIGURE),
        "figures, ours": lambda server, place: _by_bytes(kind, server, _bodies(kind, rows)),
        "figures, ours by the outbox": lambda server, place: _by_outbox(kind, server, rows, place),
    }
    for way, write in ways.items():
        place = folder / way.replace(" ", "-")
        with _server(kind, place / "server") as server:
            found[way] = write(server, place)
            _check(server, ROWS)
    for way, cost_s in found.items():
        base_s = found["short rows, Point objects" if way.startswith("short") else "figures, Point objects"]
        print(f"{kind:16} {way:28} {1e6 * cost_s / ROWS:7.1f} us CPU a row   {base_s / cost_s:5.1f} times the rows")


def _by_points(kind: str, server: Server, rows: list[FigureRow], measurement: Measurement) -> float:
    """Batching, with the client's defaults. Working out what the fields are is not counted."""
    from influxdb_client import InfluxDBClient, Point

    texts = sink_kind(kind).texts
    told = [(row.figure, field_values(measurement, row.figure, texts=texts)) for row in rows]
    with InfluxDBClient(url=server.write_url, token="", org="-") as client:
        begun_s = time.process_time()
        with client.write_api() as api:
            for found, fields in told:
                point = Point("figure").tag("wearer", "w").tag("site", found.site).tag("metric", found.metric)
                if measurement is FIGURE:
                    point = point.tag("kind", "run")
                for name, value in fields:
                    point = point.field(name, value)
                api.write(BUCKET, "-", point.time(START_NS // 10**6 + round(1000 * found.end_s), "ms"))
        return time.process_time() - begun_s


def _bodies(kind: str, rows: list[FigureRow]) -> Iterator[bytes]:
    points = Points({"bench": sink_kind(kind).texts})
    points.rows([_session()], 0)
    for first in range(0, len(rows), 5000):
        yield points.rows(rows[first : first + 5000], 0)[0].body


def _short_bodies(rows: list[FigureRow]) -> Iterator[bytes]:
    form, heads = LineForm(SHORT, texts=False), dict[str, bytes]()
    for first in range(0, len(rows), 5000):
        series: list[bytes] = []
        for row in rows[first : first + 5000]:
            found = row.figure
            head = heads.get(found.metric)
            if head is None:
                tags = zip(SHORT.tags, ("w", found.site, found.metric), strict=True)
                head = heads[found.metric] = series_text(SHORT.name, tags).encode()
            series.append(head)
        part = [row.figure for row in rows[first : first + 5000]]
        yield form.body(series, part, [START_NS // 10**6 + round(1000 * found.end_s) for found in part])


def _by_bytes(kind: str, server: Server, bodies: Iterator[bytes]) -> float:
    plan = _plan(kind, server)
    transport = plan.kind.open(plan.request)
    begun_s = time.process_time()
    for body in bodies:
        answer = transport.send(body)
        if answer.outcome != "taken":
            raise RuntimeError(answer.words)
    cost_s = time.process_time() - begun_s
    transport.close()
    return cost_s


def _session() -> SessionRow:
    return SessionRow("s", "w", "run", START_NS, "0")


def _by_outbox(kind: str, server: Server, rows: list[FigureRow], folder: Path) -> float:
    """A row of the outbox for every ten figures, as from a wearer; waiting costs next to nothing."""
    plan = _plan(kind, server)
    path = folder / "store.sqlite"
    plan.kind.open(plan.request).close()  # its imports
    with Store.open(path) as store:
        store.submit([SinkRow("bench", plan.bytes_max)]).result()
        begun_s = time.process_time()
        points = Points({"bench": plan.kind.texts})
        points.rows([_session()], 0)
        sending = Forwarding(path, [plan])
        for first in range(0, len(rows), 10):
            store.submit(points.rows(rows[first : first + 10], 0))
        _until_sent(path, len(rows))
        cost_s = time.process_time() - begun_s
        sending.stop(5.0)
    return cost_s


def _until_sent(path: Path, produced: int) -> None:
    end_s = time.monotonic() + 300.0
    while True:
        (state,) = sink_states(path)
        if state.produced == produced and not state.waiting:
            return
        if time.monotonic() > end_s:
            raise RuntimeError(f"not sent: {state}")
        time.sleep(0.1)


def _check(server: Server, count: int) -> None:
    found = len(server.values("figure", "ai") if isinstance(server, Influx) else server.values("figure_ai"))
    if found != count:
        raise RuntimeError(f"{count - found} of {count} rows are lost")


def _wearers(folder: Path, seconds: float) -> None:
    """Each second one figure of every metric of every wearer, in pace with the clock."""
    with Victoria(folder / "server") as server, Store.open(folder / "store.sqlite") as store:
        plan = _plan("victoriametrics", server)
        store.submit([SinkRow("bench", plan.bytes_max)]).result()
        points = Points({"bench": False})
        for wearer in range(WEARERS):
            points.rows([replace(_session(), id=f"s{wearer}", wearer=f"w{wearer}")], 0)
        sending = Forwarding(store.path, [plan])
        begun_s, before_s, late_s, most = time.monotonic(), time.process_time(), 0.0, 0
        for second in range(round(seconds)):
            for wearer in range(WEARERS):
                made = [
                    FigureRow(
                        f"s{wearer}", "window", figure(metric.id, 60.0 + second, 7919 * second + 31 * wearer + at)
                    )
                    for at, metric in enumerate(METRICS)
                ]
                store.submit(points.rows(made, 0))
            late_s = max(late_s, time.monotonic() - begun_s - second - 1.0)
            most = max(most, sink_states(store.path)[0].waiting)
            time.sleep(max(0.0, begun_s + second + 1.0 - time.monotonic()))
        produced = round(seconds) * WEARERS * len(METRICS)
        _until_sent(store.path, produced)
        spent_s = time.monotonic() - begun_s
        cost_s = time.process_time() - before_s
        sending.stop(5.0)
        assert server.process is not None
        stored = server.counted("figure_ai")
        print(
            f"{WEARERS} wearers x {len(METRICS)} metrics for {seconds:.0f} s into VictoriaMetrics: {produced} lines, "
            f"{produced - stored:.0f} lost; {produced / spent_s:.0f} lines a second\n"
            f"  CPU of evenside {100.0 * cost_s / spent_s:.0f} % of a core (it also makes the figures), of the server "
            f"{100.0 * cpu_s(server.process.pid) / spent_s:.0f} %\n"
            f"  at most {most} lines waited, at most {max(0.0, late_s):.1f} s late; "
            f"peak memory {peak_mb_of_this():.0f} MB, of the server {peak_mb(server.process.pid):.0f} MB"
        )


def peak_mb_of_this() -> float:
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
