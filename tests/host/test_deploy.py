"""The folder that starts InfluxDB, Grafana and the monitor: its parts fit each other. Docker itself is not run here."""

from __future__ import annotations

import shutil
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from evenside.cli import evenside
from evenside.config import parse_config
from evenside.sources import parse_source_url
from evenside.sources.simulate_options import simulate_options

DEPLOY = Path(__file__).parents[2] / "host" / "deploy"
COMPOSE: Any = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
SERVICES = COMPOSE["services"]


def test_every_secret_is_a_file_and_no_password_is_written_down() -> None:
    used = {name for service in SERVICES.values() for name in service.get("secrets", [])}
    assert used == set(COMPOSE["secrets"])
    for name, secret in COMPOSE["secrets"].items():
        assert secret == {"file": f"./secrets/{name}"}
    for service in SERVICES.values():
        for key, value in service.get("environment", {}).items():
            if "PASSWORD" in key or "TOKEN" in key:
                assert key.endswith("_FILE")
                assert value.removeprefix("/run/secrets/") in service["secrets"]


def test_nothing_listens_beyond_this_machine() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_volumes_and_services_that_are_named_are_there() -> None:
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in COMPOSE["volumes"] or source == "./evenside.toml"
        assert set(service.get("depends_on", {})) <= set(SERVICES)


def test_grafana_finds_what_the_dashboards_command_writes(tmp_path: Path) -> None:
    command = [part for part in SERVICES["dashboards"]["command"] if not part.startswith(("--output", "--timezone"))]
    ran = CliRunner().invoke(evenside, [*command, "--output", str(tmp_path), "--timezone", "UTC"])
    assert ran.exit_code == 0, ran.output
    (mount,) = [part for part in SERVICES["grafana"]["volumes"] if part.startswith("provisioning:")]
    root = mount.split(":")[1]
    provider = yaml.safe_load((tmp_path / "dashboards" / "evenside.yaml").read_text())["providers"][0]
    seen = Path(provider["options"]["path"]).relative_to(root)
    home = Path(SERVICES["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]).relative_to(root)
    assert (tmp_path / seen / "trend.json").is_file()
    assert (tmp_path / home).is_file()
    source = yaml.safe_load((tmp_path / "datasources" / "evenside.yaml").read_text())["datasources"][0]
    token = source["secureJsonData"]["httpHeaderValue1"].removeprefix("Token $__file{/run/secrets/").removesuffix("}")
    assert token in SERVICES["grafana"]["secrets"]
    assert source["jsonData"]["dbName"] == SERVICES["influxdb"]["environment"]["DOCKER_INFLUXDB_INIT_BUCKET"]


def test_the_example_is_a_configuration_that_fits_the_services() -> None:
    path = DEPLOY / "evenside.example.toml"
    config = parse_config(path.read_text("utf-8"), path)
    (sink,) = config.sinks
    influx = SERVICES["influxdb"]["environment"]
    assert (sink.bucket, sink.org) == (influx["DOCKER_INFLUXDB_INIT_BUCKET"], influx["DOCKER_INFLUXDB_INIT_ORG"])
    assert str(sink.token_file) == "/run/secrets/monitor_token"
    assert "data:/data" in SERVICES["monitor"]["volumes"]
    for node in config.wearers[0].nodes:
        simulate_options(parse_source_url(node.source))


@pytest.mark.program("sh", "od")
def test_up_makes_secrets_once_and_only_for_this_user(tmp_path: Path) -> None:
    shutil.copytree(DEPLOY, tmp_path / "deploy")
    (tmp_path / "bin").mkdir()
    docker = tmp_path / "bin" / "docker"
    docker.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\n')
    docker.chmod(0o755)
    made: list[dict[str, str]] = []
    for _ in range(2):
        subprocess.run(
            [tmp_path / "deploy" / "up"],
            check=True,
            env={"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin"},
            capture_output=True,
        )
        made.append({file.name: file.read_text() for file in (tmp_path / "deploy" / "secrets").iterdir()})
    assert made[0] == made[1]
    assert set(made[0]) == set(COMPOSE["secrets"])
    assert all(len(secret) == 48 for secret in made[0].values())
    assert made[0]["monitor_token"] == made[0]["influxdb_token"] != made[0]["grafana_password"]
    folder = tmp_path / "deploy" / "secrets"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "monitor_token").stat().st_mode) == 0o600
    assert (tmp_path / "asked").read_text().splitlines() == ["compose up --detach --build"] * 2
    assert (tmp_path / "deploy" / "evenside.toml").is_file()
