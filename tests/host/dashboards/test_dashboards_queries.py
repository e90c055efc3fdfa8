"""Every query of every panel, variable and alert rule, on seeded data, by the servers that will answer it.

What Grafana does to a query before it sends it is done here: variables in the format that the query asks for, the time
filter, the interval. The range is aligned to nothing, as that of a person is.
"""

from __future__ import annotations

import json
import math
import re
import sqlite3
import urllib.parse
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import pytest
from real_servers import Influx, Victoria, fetch

from evenside.dashboards import BOARDS, InfluxQL, Language, PromQL, Sqlite, alert_rules, dashboard

if TYPE_CHECKING:
    from tests.host.dashboards.conftest import Seeded

pytestmark = [pytest.mark.slow, pytest.mark.program("influxd", "nginx", "victoria-metrics")]

S = 1_000_000_000
DAY_S, DAYS, ZONE = 86_400, 35, "Europe/Berlin"
STORED = 'o\'neil "w", = of\\ten'  # as the store has it; a line has / for \
FORMATS: dict[str, Callable[[str], str]] = {
    "singlequote": lambda text: "'" + text.replace("'", "\\'") + "'",
    "doublequote": lambda text: '"' + text.replace('"', '\\"') + '"',
    "sqlstring": lambda text: "'" + text.replace("'", "''") + "'",
}
Json = dict[str, object]
# Of whatever panel: what may stand under a label. By metric and site where these can be told.
ANY = {"stance_time": (0.6, 0.63), "step_time": (0.51, 0.52), "load_share": (60.0, 20.0)}
AIS = [2.0 + day / 10 for day in range(DAYS)] + [1.5, -50.0]


@dataclass(frozen=True)
class Row:
    """One number that came back. ``words`` is where a text did."""

    label: str
    tags: dict[str, str]
    time_s: float
    value: float
    words: str = ""


@dataclass
class Asked:
    """A language with the server that speaks it."""

    language: Language
    ask: Callable[[Json, int, int], list[Row]]
    wearer: str


def filled(text: str, from_ns: int, to_ns: int, wearer: str, interval_s: int = 60) -> str:
    values = {"wearer": wearer, "kind": "run", "site": "foot", "metric": "stance_time"}
    text = re.sub(r"\$\{(\w+):(\w+)\}", lambda found: FORMATS[found[2]](values[found[1]]), text)
    from_ms, to_ms = from_ns // 1_000_000, to_ns // 1_000_000
    for name, value in (
        ("$timeFilter", f"time >= {from_ms}ms and time <= {to_ms}ms"),
        ("$__interval_ms", str(interval_s * 1000)),
        ("$__interval", f"{interval_s}s"),
        ("$__range", f"{math.ceil((to_ms - from_ms) / 1000)}s"),
        ("$__from", str(from_ms)),
        ("$__to", str(to_ms)),
    ):
        text = text.replace(name, value)
    assert not re.search(r"\$(?!\.)", text), text  # nothing that Grafana would not know; $.id is a path in JSON
    return text


def by_influx(server: Influx, wearer: str) -> Callable[[Json, int, int], list[Row]]:
    def ask(target: Json, from_ns: int, to_ns: int) -> list[Row]:
        query = filled(str(target["query"]), from_ns, to_ns, wearer)
        rows = []
        # Without these the times of a query with tz() come in the time of that place; Grafana asks for numbers.
        answer = json.loads(fetch(f"{server.url}/query", data=urllib.parse.urlencode(
            {"db": "evenside", "q": query, "epoch": "ms"}).encode()))["results"][0]  # fmt: skip
        assert "error" not in answer, (query, answer)
        for series in answer.get("series", []):
            tags = dict(series.get("tags", {}))
            for time_ms, *cells in series["values"]:
                names = series["columns"][1:]
                found = dict(tags)
                found |= {
                    n: str(c)
                    for n, c in zip(names, cells, strict=True)
                    if n in ("metric", "site", "rule", "node", "event") and c is not None
                }
                for name, cell in zip(names, cells, strict=True):
                    label = re.sub(r"\$tag_\w+ ?", "", str(target["alias"])) if "alias" in target else name
                    if isinstance(cell, int | float):
                        rows.append(Row(label, found, time_ms / 1000, float(cell)))
                    elif cell is not None and name not in found:
                        rows.append(Row(label, found, time_ms / 1000, math.nan, str(cell)))
        return rows

    return ask


def by_victoria(server: Victoria, wearer: str) -> Callable[[Json, int, int], list[Row]]:
    def ask(target: Json, from_ns: int, to_ns: int) -> list[Row]:
        query = filled(str(target["expr"]), from_ns, to_ns, wearer)
        path, given = "query", {"query": query, "time": f"{to_ns / S:.3f}", "nocache": "1"}
        if target.get("range"):
            step = 6 * 3600 if "d]" in query else 60
            path = "query_range"
            given = {
                "query": query,
                "start": f"{from_ns / S:.3f}",
                "end": f"{to_ns / S:.3f}",
                "step": str(step),
                "nocache": "1",
            }
        answer = json.loads(fetch(f"{server.url}/api/v1/{path}", data=urllib.parse.urlencode(given).encode()))
        rows = []
        for series in answer["data"]["result"]:
            label = re.sub(r"\{\{\w+\}\} ?", "", str(target.get("legendFormat", "")))
            for time_s, value in series.get("values") or [series["value"]]:
                rows.append(Row(label, series["metric"], float(time_s), float(value)))
        return rows

    return ask


def by_sqlite(seeded: Seeded, wearer: str) -> Callable[[Json, int, int], list[Row]]:
    def ask(target: Json, from_ns: int, to_ns: int) -> list[Row]:
        sql = filled(str(target["queryText"]), from_ns, to_ns, wearer)
        assert target["queryText"] == target["rawQueryText"]
        rows = []
        with closing(sqlite3.connect(f"{seeded.store.as_uri()}?mode=ro", uri=True)) as connection:
            cursor = connection.execute(sql)
            names = [column[0] for column in cursor.description]
            for cells in cursor:
                row = dict(zip(names, cells, strict=True))
                tags = {name: str(row[name]) for name in row if isinstance(row[name], str) and name != "what"}
                for name in row:
                    if name == "time" or row[name] is None or name in tags:
                        continue
                    text = row[name] if isinstance(row[name], str) else ""
                    number = math.nan if isinstance(row[name], str) else float(row[name])
                    rows.append(Row(name, tags, float(row["time"]) if "time" in row else 0.0, number, text))
        return rows

    return ask


@pytest.fixture(params=["influxdb", "victoriametrics", "sqlite"])
def asked(request: pytest.FixtureRequest, seeded: Seeded) -> Asked:
    told = STORED.replace("\\", "/")
    match request.param:
        case "influxdb":
            return Asked(InfluxQL(ZONE), by_influx(request.getfixturevalue("seeded_influx"), told), told)
        case "victoriametrics":
            return Asked(PromQL(), by_victoria(request.getfixturevalue("seeded_victoria"), told), told)
        case _:
            return Asked(Sqlite(), by_sqlite(seeded, STORED), STORED)


def panels(asked: Asked, board: str) -> Iterator[tuple[str, Json]]:
    for panel in cast(list[Json], dashboard(board, asked.language)["panels"]):
        yield str(panel["title"]), panel


def answers(asked: Asked, panel: Json, from_ns: int, to_ns: int) -> list[Row]:
    """Of all targets of a panel; columns of a table under the names that its transformations give them."""
    names: dict[str, str] = {}
    for step in cast(list[Json], panel.get("transformations", [])):
        names |= cast(dict[str, str], cast(Json, step["options"]).get("renameByName", {}))
    rows: list[Row] = []
    for target in cast(list[Json], panel["targets"]):
        found = asked.ask(target, from_ns, to_ns)
        label = names.get(f"Value #{target['refId']}", "")
        rows += [Row(label or row.label, row.tags, row.time_s, row.value, row.words) for row in found]
    return rows


def found_in(asked: Asked, seeded: Seeded, board: str, title: str, days: int = 0) -> list[Row]:
    """What one panel shows, in the range of the seed or so many days back."""
    panel = dict(panels(asked, board))[title]
    return answers(asked, panel, seeded.from_ns - days * DAY_S * S, seeded.to_ns)


def values(rows: list[Row], label: str, **tags: str) -> list[float]:
    return [row.value for row in rows if row.label == label and tags.items() <= row.tags.items()]


def allowed(label: str) -> list[float]:
    """All that may stand under a label, of the wearer and the sessions that were asked for."""
    ais = {"AI": 0.0, "median of the day": 0.0, "95 % from": -1.0, "95 % to": 1.0}
    if label in ais:
        return [ai + ais[label] for ai in AIS[:-1]] + [-50.0 + 2.0 * ais[label]]
    index = {"left": 0, "right": 1}
    if label in index:
        shares = [(0.99, 0.95)[index[label]], (0.9, 0.8)[index[label]]]
        return [pair[index[label]] for pair in ANY.values()] + shares
    return {
        "larger side": [-1.0, 0.0, 1.0],
        "how sure": [0.0, 2.0],
        "withheld because": [0.0, 5.0],
        "clocks apart": [1.2, 3.1],
        "battery": [81.0, 64.0],
        "temperature": [30.5],
        "clock": [0.4],
        "clock error": [0.4],
        "frames": [float(at_s * 10) for at_s in range(2400, 3601, 60)],
        "frames lost": [float((at_s - 2400) // 20) for at_s in range(2400, 3601, 60)],
        "limit": [1.5],
        "state": [0.0, 1.0],
        "pairs": [40.0],
        "length": [3599.0],
    }.get(label, [])


@pytest.mark.parametrize("board", BOARDS)
def test_every_query_returns_what_was_seeded_and_nothing_of_anybody_else(
    asked: Asked, seeded: Seeded, board: str
) -> None:
    days = DAYS + 1 if board == "trend" else 1 if board == "session" else 0
    for title, panel in panels(asked, board):
        for target in cast(list[Json], panel["targets"]):
            single = {**panel, "targets": [target]}
            rows = answers(asked, single, seeded.from_ns - days * DAY_S * S, seeded.to_ns)
            assert rows, (title, target)
            for row in rows:
                if row.words or not allowed(row.label):
                    continue
                near = min(abs(row.value - value) for value in allowed(row.label))
                mixed = asked.language.name == "victoriametrics" and board == "trend"  # 24 hours hold two days
                assert near < (0.06 if mixed else 1e-6), (title, row)


def test_the_newest_figures_are_those_of_now_and_a_withheld_one_has_no_old_value(asked: Asked, seeded: Seeded) -> None:
    rows = found_in(asked, seeded, "now", "The newest figures")
    stance, strap, step = ({"metric": metric} for metric in ("stance_time", "load_share", "step_time"))
    for tags, wanted in (
        (
            stance,
            {
                "AI": 2.0,
                "95 % from": 1.0,
                "95 % to": 3.0,
                "larger side": 1.0,
                "how sure": 2.0,
                "left": 0.6,
                "right": 0.63,
            },
        ),
        (strap, {"AI": -50.0, "95 % from": -52.0, "95 % to": -48.0, "larger side": -1.0, "left": 60.0, "right": 20.0}),
        (step, {"larger side": 0.0, "how sure": 0.0, "withheld because": 5.0, "left": 0.51, "right": 0.52}),
    ):
        for label, value in wanted.items():
            assert values(rows, label, **tags) == [pytest.approx(value)], (tags, label)
    assert not [
        row for row in rows if row.label in ("AI", "95 % from", "95 % to") and row.tags["metric"] == "step_time"
    ]


def test_days_are_whole_and_in_order(asked: Asked, seeded: Seeded) -> None:
    rows = found_in(asked, seeded, "trend", "Asymmetry index of $metric at $site, day by day", DAYS + 1)
    found = [row.value for row in sorted(rows, key=lambda row: row.time_s)]
    if asked.language.name == "victoriametrics":  # every point is of the 24 hours before it
        assert found[-1] == pytest.approx(2.05, abs=0.06)  # its last point lies up to 6 h before the end
        assert found[0] == pytest.approx(2.0 + (DAYS - 1) / 10, abs=0.06)
        assert found == sorted(found, reverse=True)
    else:
        assert found == pytest.approx([2.0 + day / 10 for day in reversed(range(DAYS))])
        midnight_s = 23 * 3600  # of Berlin in winter, as UTC
        assert all(row.time_s % DAY_S in (midnight_s, midnight_s - 3600) for row in rows)


def test_what_is_usual_is_the_mean_of_the_days(asked: Asked, seeded: Seeded) -> None:
    rows = found_in(asked, seeded, "trend", "What is usual, and the last week", DAYS + 1)
    for days in (7, 28):
        last = max((row for row in rows if row.label == f"last {days} days"), key=lambda row: row.time_s)
        # The last day has ten times as many windows, of which a median over all knows.
        assert last.value == pytest.approx(
            2.0 + (days - 1) / 20, abs=0.01 if asked.language.name != "victoriametrics" else 1.5
        )


def test_frames_that_were_lost_add_up(asked: Asked, seeded: Seeded) -> None:
    rows = found_in(asked, seeded, "sensors", "Frames lost")
    by_node: dict[str, float] = defaultdict(float)
    for row in rows:
        by_node[row.tags["node"]] += row.value
    assert set(by_node) == {"left_foot", "right_foot"}
    # The store keeps a status every ten minutes; by its slots one can fall to the next interval.
    least = 20.0 if asked.language.name == "sqlite" else 48.0
    assert all(least <= total <= 60.0 for total in by_node.values()), by_node


def test_only_trouble_counts_as_trouble(asked: Asked, seeded: Seeded) -> None:
    rows = found_in(asked, seeded, "sensors", "Trouble with links")
    assert {row.tags["event"] for row in rows} == {"lost"}
    total = sum(row.value for row in rows)
    assert total == 2.0


def test_sides_are_those_of_the_newest_figures(asked: Asked, seeded: Seeded) -> None:
    rows = found_in(asked, seeded, "today", "The larger side, as far as it is seen")
    by_metric: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_metric[row.tags["metric"]].append(row)
    last = {metric: max(found, key=lambda row: row.time_s).value for metric, found in by_metric.items()}
    # Of the store it is the side that most windows of a quarter of an hour name: 23 of 43, the others are withheld.
    rolled = asked.language.name == "sqlite"
    assert last == {"stance_time": 1.0, "load_share": -1.0, "step_time": 1.0 if rolled else 0.0}
    assert len(by_metric["stance_time"]) >= (2 if rolled else 18)


def test_alerts_and_sessions_are_listed(asked: Asked, seeded: Seeded) -> None:
    alerts = found_in(asked, seeded, "today", "Alerts")
    states = values(alerts, "state", rule="longer")
    assert states == ([0.0] if asked.language.name == "victoriametrics" else [0.0, 1.0])
    sessions = found_in(asked, seeded, "session", "Figures of whole sessions", 2)
    ais = values(sessions, "AI", metric="stance_time")
    assert ais == pytest.approx([2.0] if asked.language.name == "victoriametrics" else [2.0, 2.1, 2.2])
    events = found_in(asked, seeded, "session", "Markers and events")
    lost = values(events, "times", event="lost", node="left_foot")
    assert sum(lost) == 2.0
    assert asked.language.name == "victoriametrics" or 'at the "gate"' in [row.words for row in events]


def test_variables_list_what_there_is(asked: Asked, seeded: Seeded, request: pytest.FixtureRequest) -> None:
    made = dashboard("now", asked.language)
    listed: dict[str, set[str]] = {}
    for variable in cast(list[Json], cast(Json, made["templating"])["list"]):
        query = cast(Json, variable["query"])
        name = str(variable["name"])
        if asked.language.name == "influxdb":
            server = request.getfixturevalue("seeded_influx")
            series = server.query(filled(str(query["query"]), seeded.from_ns, seeded.to_ns, asked.wearer))
            listed[name] = {row[1] for found in series for row in found["values"]}
        elif asked.language.name == "victoriametrics":
            server = request.getfixturevalue("seeded_victoria")
            found = re.fullmatch(r"label_values\((.*), (\w+)\)", str(query["query"]))
            assert found is not None
            match = filled(found[1], seeded.from_ns, seeded.to_ns, asked.wearer)
            given = urllib.parse.urlencode({"match[]": match, "start": f"{seeded.from_ns / S - 40 * DAY_S}"})
            listed[name] = set(json.loads(fetch(f"{server.url}/api/v1/label/{found[2]}/values?{given}"))["data"])
        else:
            sql = filled(str(query["queryText"]), seeded.from_ns, seeded.to_ns, asked.wearer)
            with closing(sqlite3.connect(seeded.store)) as connection:
                listed[name] = {row[0] for row in connection.execute(sql)}
    assert listed == {
        "wearer": {asked.wearer, "other"},
        "kind": {"run", "demo"},
        "site": {"foot", "strap"},
        "metric": {"stance_time", "step_time"},
    }


def test_alert_rules_ask_for_the_share_that_arrived(asked: Asked, seeded: Seeded) -> None:
    rules = cast(list[Json], cast(list[Json], alert_rules(asked.language)["groups"])[0]["rules"])
    for rule, feet, straps in zip(rules, (0.99, 0.95), (0.9, 0.8), strict=True):
        target = cast(Json, cast(list[Json], rule["data"])[0]["model"])
        rows = asked.ask(target, seeded.to_ns - 300 * S, seeded.to_ns)
        found = {(row.tags["wearer"], row.tags["site"]): row.value for row in rows}
        assert found == {
            (wearer, site): pytest.approx(share)
            for wearer in (asked.wearer, "other")
            for site, share in (("foot", feet), ("strap", straps))
        }
