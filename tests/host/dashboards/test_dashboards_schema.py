"""Dashboards are what Grafana reads: held against the schema made of its own types, and against a wrong key."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from evenside.dashboards import BOARDS, InfluxQL, Language, Place, PromQL, Sqlite, dashboard, provisioning_files

SCHEMAS = json.loads((Path(__file__).parents[2] / "vectors" / "grafana.schema.json").read_text("utf-8"))
LANGUAGES = {language.name: language for language in (InfluxQL("Europe/Berlin"), PromQL(), Sqlite())}
KINDS = {"timeseries": "timeseries", "table": "table", "state-timeline": "statetimeline"}


def faults(made: Any) -> list[str]:
    """What the schemas of the dashboard and of each kind of panel complain of."""
    found = [f"{list(fault.path)}: {fault.message:.200}" for fault in _check(SCHEMAS["dashboard"], made)]
    for panel in made["panels"]:
        schemas = SCHEMAS[KINDS[panel["type"]]]
        places = {"options": panel["options"], "custom": panel["fieldConfig"]["defaults"].get("custom", {})}
        for name, value in places.items():
            found += [
                f"{panel['title']}.{name}{list(fault.path)}: {fault.message:.200}"
                for fault in _check(_partial(schemas[name]), value)
            ]
    return found


def _check(schema: Any, value: Any) -> Iterator[Any]:
    return jsonschema.Draft7Validator(schema).iter_errors(value)  # type: ignore[no-any-return]


def _partial(schema: Any) -> Any:
    """Options that are left out have defaults: the types say "required" of what a panel in memory has."""
    if isinstance(schema, dict):
        return {key: _partial(inner) for key, inner in schema.items() if key != "required"}
    return [_partial(inner) for inner in schema] if isinstance(schema, list) else schema


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> Language:
    return LANGUAGES[request.param]


@pytest.mark.parametrize("board", BOARDS)
def test_a_dashboard_is_as_grafana_wants_it(language: Language, board: str) -> None:
    assert faults(dashboard(board, language)) == []


def _set(path: str, value: object) -> Callable[[Any], None]:
    def change(made: Any) -> None:
        *steps, last = path.split("/")
        for step in steps:
            made = made[int(step) if step.isdigit() else step]
        made[last] = value

    return change


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("refesh", "10s"),
        ("refresh", 5),
        ("time/form", "now-1h"),
        ("panels/0/gridPos/w", "12"),
        ("panels/1/fieldConfig/defaults/custom/lineWith", 2),
        ("panels/1/fieldConfig/defaults/custom/spanNulls", "always"),
        ("panels/1/fieldConfig/overrides/0/matcher", "AI"),
        ("panels/1/fieldConfig/defaults/units", "ms"),
        ("panels/1/options/legend/displayMode", "lists"),
        ("panels/0/options/showHeaders", True),
        ("templating/list/0/type", "ask"),
    ],
)
def test_a_wrong_key_or_value_is_caught(language: Language, path: str, value: object) -> None:
    made = copy.deepcopy(dashboard("now", language))
    _set(path, value)(made)
    assert len(faults(made)) >= 1


def test_panels_lie_side_by_side_and_every_one_is_explained_or_plain(language: Language) -> None:
    for board in BOARDS:
        panels: Any = dashboard(board, language)["panels"]
        taken: set[tuple[int, int]] = set()
        for panel in panels:
            grid = panel["gridPos"]
            cells = {
                (x, y) for x in range(grid["x"], grid["x"] + grid["w"]) for y in range(grid["y"], grid["y"] + grid["h"])
            }
            assert grid["x"] + grid["w"] <= 24
            assert not cells & taken
            taken |= cells
            letters = [target["refId"] for target in panel["targets"]]
            assert len(set(letters)) == len(letters)
            if "AI" in str(panel["fieldConfig"]["defaults"].get("custom", {}).get("axisLabel", "")):
                assert "left larger" in panel["fieldConfig"]["defaults"]["custom"]["axisLabel"]
                assert "right is larger" in panel["description"] or "weighted mean" in panel["description"]
        assert len({panel["id"] for panel in panels}) == len(panels)


@pytest.mark.parametrize("word", ["imbalance", "risk", "abnormal", "injury", "healthy", "bad"])
def test_the_words_stay_with_what_was_measured(language: Language, word: str) -> None:
    text = json.dumps([dashboard(board, language) for board in BOARDS]).lower()
    assert word not in text


def test_the_folder_holds_together(language: Language) -> None:
    files = provisioning_files(language, Place("http://there:8086", "clinic", "/run/secrets/token"))
    parsed = {name: yaml.safe_load(text) for name, text in files.items()}
    (source,) = parsed["datasources/evenside.yaml"]["datasources"]
    assert source["type"] == language.plugin
    boards = [name for name in files if name.startswith("dashboards/evenside/")]
    assert sorted(boards) == sorted(f"dashboards/evenside/{board}.json" for board in BOARDS)
    for name in boards:
        for panel in parsed[name]["panels"]:
            assert panel["datasource"] == {"type": source["type"], "uid": source["uid"]}
    (provider,) = parsed["dashboards/evenside.yaml"]["providers"]
    assert provider["options"]["path"] == "/etc/grafana/provisioning/dashboards/evenside"
    for rule in parsed["alerting/evenside.yaml"]["groups"][0]["rules"]:
        uids = {part["datasourceUid"] for part in rule["data"]}
        assert uids == {source["uid"], "__expr__"}
        assert rule["condition"] in {part["refId"] for part in rule["data"]}


def test_a_token_is_named_by_its_file_and_never_written() -> None:
    files = provisioning_files(InfluxQL(), Place("http://there:8086", "clinic", "/run/secrets/token"))
    source = json.loads(files["datasources/evenside.yaml"])["datasources"][0]
    assert source["secureJsonData"] == {"httpHeaderValue1": "Token $__file{/run/secrets/token}"}
    assert source["jsonData"] == {"dbName": "clinic", "httpMode": "POST", "httpHeaderName1": "Authorization"}
    plain = json.loads(provisioning_files(InfluxQL(), Place("u"))["datasources/evenside.yaml"])["datasources"][0]
    assert "secureJsonData" not in plain


def test_over_the_store_grafana_gets_the_path_of_the_file() -> None:
    source = json.loads(provisioning_files(Sqlite(), Place("/data/store.sqlite"))["datasources/evenside.yaml"])
    assert source["datasources"][0]["jsonData"] == {"path": "/data/store.sqlite"}
    assert "url" not in source["datasources"][0]
