"""``evenside service`` against a stand-in for systemctl that notes what it is asked and fails when told to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evenside.cli import main
from evenside.config import example_config

SYSTEMCTL = """#!/bin/sh
echo "$@" >> "{log}"
case " $* " in *" {fails} "*) echo "{words}"; exit 1;; esac
case "$*" in *show*evenside.service*) cat "{state}";; esac
"""
RUNNING = "ActiveState=active\nSubState=running\nUnitFileState=enabled\nStatusText=1 wearers, 2 sources\nMainPID=77\n"


class Machine:
    """A home with an evenside.toml, and a systemctl."""

    def __init__(self, folder: Path) -> None:
        self.config = folder / "evenside.toml"
        self.unit = folder / "home/.config/systemd/user/evenside.service"
        self.log, self.state, self.programs = folder / "log", folder / "state", folder / "bin"
        self.programs.mkdir()
        (folder / "home").mkdir()
        self.config.write_text(example_config())
        self.state.write_text(RUNNING)

    def systemctl(self, *, fails: str = "never", words: str = "") -> None:
        script = self.programs / "systemctl"
        script.write_text(SYSTEMCTL.format(log=self.log, fails=fails, words=words, state=self.state))
        script.chmod(0o755)

    @property
    def asked(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine(tmp_path)
    made.systemctl()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", f"{made.programs}:/usr/bin:/bin")
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("EVENSIDE_CONFIG", str(made.config))
    monkeypatch.setattr("sys.platform", "linux")
    return made


def test_install_writes_the_unit_and_starts_it(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["service", "install"]) == 0
    assert f"--config {machine.config}\n" in machine.unit.read_text()
    assert machine.asked[1:] == [
        "--user daemon-reload",
        "--user enable evenside.service",
        "--user restart evenside.service",
    ]
    assert f"installed and running: {machine.unit}" in capsys.readouterr().out


def test_print_changes_nothing(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["service", "install", "--print"]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"# {machine.unit}\n")
    assert f"--config {machine.config}" in said
    assert "# then: systemctl --user restart evenside.service" in said
    assert not machine.unit.exists()
    assert machine.asked == []


def test_a_wrong_configuration_is_not_installed(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    machine.config.write_text("[figures]\nhop = 3\n")
    assert main(["service", "install"]) == 2
    assert "figures.hop: no such key" in capsys.readouterr().err
    assert not machine.unit.exists()


def test_what_the_configuration_costs_is_told(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    machine.config.write_text(example_config().replace('"right"', '"centre"').replace("right_foot", "foot_2"))
    assert main(["service", "install"]) == 0
    assert "note: me: left_foot (left foot) has no partner on the right" in capsys.readouterr().err


def test_without_systemctl_nothing_is_written(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(machine.unit.parent))
    assert main(["service", "install"]) == 6
    assert "systemctl is not installed: nothing was written" in capsys.readouterr().err
    assert not machine.unit.exists()


def test_a_bus_that_is_not_there_is_told_before_anything_is_written(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.systemctl(fails="show", words="Failed to connect to bus: No medium found")
    assert main(["service", "install"]) == 6
    said = capsys.readouterr().err
    assert "Failed to connect to bus: No medium found: nothing was written" in said
    assert "enable-linger" in said
    assert not machine.unit.exists()


def test_a_service_that_does_not_start_is_told_with_its_log(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.systemctl(fails="restart", words="Job for evenside.service failed")
    assert main(["service", "install"]) == 6
    said = capsys.readouterr().err
    assert f"{machine.unit} is written, but the service does not start" in said
    assert "Job for evenside.service failed" in said
    assert "journalctl --user --unit evenside.service" in said


def test_remove_takes_back_what_install_did(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["service", "install"]) == 0
    assert main(["service", "remove"]) == 0
    assert not machine.unit.exists()
    assert machine.asked[-2:] == ["--user disable --now evenside.service", "--user daemon-reload"]
    assert machine.config.exists()
    capsys.readouterr()
    assert main(["service", "remove"]) == 0
    assert "there is no service" in capsys.readouterr().out


def test_a_service_that_does_not_stop_keeps_its_file(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["service", "install"]) == 0
    machine.systemctl(fails="disable", words="Access denied")
    assert main(["service", "remove"]) == 6
    assert "does not stop" in capsys.readouterr().err
    assert machine.unit.exists()


@pytest.mark.parametrize(
    ("state", "code", "name", "words"),
    [
        (RUNNING, 0, "running", "running as process 77: 1 wearers, 2 sources"),
        (RUNNING + "NRestarts=3\n", 0, "running", "running as process 77, started anew 3 times: 1 wearers, 2 sources"),
        ("ActiveState=activating\nSubState=start\nUnitFileState=enabled\n", 0, "starting", "starting (start)"),
        ("ActiveState=failed\nResult=watchdog\nUnitFileState=enabled\n", 3, "failed", "failed (watchdog)"),
        ("ActiveState=inactive\nUnitFileState=disabled\n", 3, "stopped", "stopped, not started at login"),
    ],
)
def test_status_is_what_systemd_says(
    machine: Machine, capsys: pytest.CaptureFixture[str], state: str, code: int, name: str, words: str
) -> None:
    machine.state.write_text(state)
    assert main(["service", "install"]) == 0
    capsys.readouterr()
    assert main(["service", "status", "--json"]) == code
    found = json.loads(capsys.readouterr().out)
    assert found == {"installed": True, "state": name, "words": words, "file": str(machine.unit)}
    assert main(["service", "status"]) == code
    assert f"service: {words}\n" in capsys.readouterr().out


def test_status_without_a_service_says_how_to_get_one(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["service", "status"]) == 3
    assert "`evenside service install` installs it" in capsys.readouterr().out


def test_status_of_a_systemd_that_does_not_answer_is_unknown(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["service", "install"]) == 0
    machine.systemctl(fails="show", words="Failed to connect to bus")
    capsys.readouterr()
    assert main(["service", "status"]) == 3
    assert "service: installed, but Failed to connect to bus" in capsys.readouterr().out
