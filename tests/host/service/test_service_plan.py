"""What a service is made of: a unit that systemd itself accepts, a property list that launchd would."""

from __future__ import annotations

import plistlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from evenside.errors import ServiceError
from evenside.service import ServicePlan, plan


def planned(
    config: str = "/home/ann/evenside.toml",
    *,
    platform: str = "linux",
    python: str = "/opt/venv/bin/python",
    environ: dict[str, str] | None = None,
) -> ServicePlan:
    return plan(
        Path(config), platform=platform, python=python, home=Path("/home/ann"), user_id=501, environ=environ or {}
    )


def test_the_unit_runs_this_python_and_is_watched() -> None:
    found = planned()
    assert found.path == Path("/home/ann/.config/systemd/user/evenside.service")
    lines = found.content.decode().splitlines()
    assert "ExecStart=/opt/venv/bin/python -m evenside run --config /home/ann/evenside.toml" in lines
    for line in ("Type=notify", "WatchdogSec=60", "Restart=on-failure", "WantedBy=default.target"):
        assert line in lines
    assert planned(environ={"XDG_CONFIG_HOME": "/xdg"}).path == Path("/xdg/systemd/user/evenside.service")


def test_whatever_is_in_a_path_reaches_the_program_as_it_is() -> None:
    text = planned('/home/ann/50% "of" $HOME \\ x.toml', python="/opt/a $b/python").content.decode()
    (line,) = re.findall(r"(?m)^ExecStart=(.*)$", text)
    # The program's own path knows no variables, its arguments do.
    assert line == ('"/opt/a $b/python" -m evenside run --config "/home/ann/50%% \\"of\\" $$HOME \\\\ x.toml"')


def test_a_path_with_a_line_break_is_refused() -> None:
    with pytest.raises(ServiceError, match="control characters"):
        planned("/home/ann/a\nb.toml")


@pytest.mark.program("systemd-analyze")
@pytest.mark.parametrize("config", ["/home/ann/evenside.toml", '/tmp/50% "of" $HOME \\ x.toml'])
def test_systemd_accepts_the_unit(config: str, tmp_path: Path) -> None:
    unit = tmp_path / "evenside.service"
    unit.write_bytes(planned(config, python=sys.executable).content)
    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "evenside.service" not in done.stderr


def test_launchd_gets_a_property_list() -> None:
    found = planned(platform="darwin")
    assert found.path == Path("/home/ann/Library/LaunchAgents/evenside.monitor.plist")
    content = plistlib.loads(found.content)
    assert content["Label"] == "evenside.monitor"
    assert content["ProgramArguments"][1:] == ["-m", "evenside", "run", "--config", "/home/ann/evenside.toml"]
    assert content["KeepAlive"] == {"SuccessfulExit": False}
    assert found.start[-1] == ("launchctl", "bootstrap", "gui/501", str(found.path))


def test_another_platform_is_told_the_command() -> None:
    with pytest.raises(ServiceError, match="there is no service for win32") as caught:
        planned(platform="win32")
    assert "-m evenside run --config /home/ann/evenside.toml" in caught.value.mend
