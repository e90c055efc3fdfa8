"""``evenside doctor``: one line a check, the mend under it, and an exit code that a script can use."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evenside.cli import main
from evenside.config import example_config

NAMES = [
    "python",
    "packages",
    "config",
    "data",
    "disk",
    "store",
    "recordings",
    "serial",
    "bluetooth",
    "clock",
    "service",
]
NAMES += ["lingering", "terminal"]
WITH_AN_ADAPTER = ["bluez", "ble buffer", "ble link"]


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "EVENSIDE_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / "evenside.toml"
    path.write_text(example_config())
    return path


def test_every_check_is_one_object(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["doctor", "--json", "--config", str(config)])
    found = json.loads(capsys.readouterr().out)
    assert [name for check in found["checks"] if (name := check["name"]) not in WITH_AN_ADAPTER] == NAMES
    by_name = {check["name"]: check for check in found["checks"]}
    assert (by_name["config"]["state"], by_name["data"]["state"]) == ("ok", "ok")
    assert found["ok"] == all(check["state"] != "fail" for check in found["checks"])
    assert code == (0 if found["ok"] else 1)
    assert not (config.parent / "home").exists()  # nothing was changed by looking


def test_a_failure_is_told_with_its_mend_and_ends_with_1(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (config.parent / "data").touch()
    config.write_text('data = "data"\n' + example_config())
    assert main(["doctor", "--config", str(config)]) == 1
    lines = capsys.readouterr().out.splitlines()
    (at,) = (number for number, line in enumerate(lines) if line.startswith("fail     data"))
    assert "is a file, not a folder" in lines[at]
    assert lines[at + 1].split() == ["mend:", "name", "another", "folder:", "data", "=", "…", "in", "evenside.toml"]
    assert "1 fail" in lines[-1]


def test_a_wrong_configuration_does_not_keep_the_rest_from_being_looked_at(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text("wearer = 3\n")
    assert main(["doctor", "--json", "--config", str(config)]) == 1
    checks = json.loads(capsys.readouterr().out)["checks"]
    assert [name for check in checks if (name := check["name"]) not in WITH_AN_ADAPTER] == NAMES
    assert [check["name"] for check in checks if check["state"] == "fail"] == ["config"]
