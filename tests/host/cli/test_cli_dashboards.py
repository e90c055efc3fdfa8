"""``evenside dashboards``: the folder that is written, and what is wrong in words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from evenside.cli import evenside
from evenside.config import example_config


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(evenside, ["dashboards", *map(str, arguments)])


@pytest.mark.parametrize("datasource", ["influxdb", "victoriametrics"])
def test_a_folder_for_grafana_is_written(tmp_path: Path, datasource: str) -> None:
    ran = invoke("--datasource", datasource, "-o", tmp_path / "out", "--timezone", "Asia/Kathmandu", "--json")
    assert ran.exit_code == 0, ran.output
    files = json.loads(ran.output)["files"]
    assert files == sorted(str(file.relative_to(tmp_path / "out")) for file in (tmp_path / "out").rglob("*.*"))
    assert len(files) == 8
    trend = (tmp_path / "out" / "dashboards" / "evenside" / "trend.json").read_text()
    assert ("tz('Asia/Kathmandu')" in trend) == (datasource == "influxdb")


def test_over_the_store_it_is_the_one_of_the_configuration(tmp_path: Path) -> None:
    config = tmp_path / "evenside.toml"
    config.write_text(f'data = "mine"\n{example_config()}')
    ran = invoke("--datasource", "sqlite", "-o", tmp_path / "out", "--config", config)
    assert ran.exit_code == 0, ran.output
    source = json.loads((tmp_path / "out" / "datasources" / "evenside.yaml").read_text())["datasources"][0]
    assert source["jsonData"]["path"] == str(tmp_path / "mine" / "store.sqlite")


def test_where_grafana_sees_the_folder_can_be_said(tmp_path: Path) -> None:
    invoke("--datasource", "influxdb", "-o", tmp_path, "--mounted", "/srv/grafana/", "--kind", "demo")
    provider = json.loads((tmp_path / "dashboards" / "evenside.yaml").read_text())["providers"][0]
    assert provider["options"]["path"] == "/srv/grafana/dashboards/evenside"
    now = json.loads((tmp_path / "dashboards" / "evenside" / "now.json").read_text())
    assert [v["current"]["value"] for v in now["templating"]["list"] if v["name"] == "kind"] == ["demo"]


def test_what_is_wrong_is_said_with_the_mend(tmp_path: Path) -> None:
    ran = invoke("--datasource", "influxdb", "-o", tmp_path, "--timezone", "Nowhere/None")
    assert ran.exit_code == 2
    assert "no time zone 'Nowhere/None'" in ran.output
    (tmp_path / "file").write_text("")
    ran = invoke("--datasource", "influxdb", "-o", tmp_path / "file" / "below")
    assert ran.exit_code == 2
    assert "mend: give a folder that this user can write" in ran.output
