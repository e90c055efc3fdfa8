"""Desktop and Apprise: texts arrive as they are, and what hinders them is told with its mend."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from evenside.errors import ConfigError
from evenside.notify.apprise_service import open_apprise
from evenside.notify.desktop import desktop_command, open_desktop
from evenside.notify.message import Message, message_to_line
from evenside.notify.target import Target, needed
from evenside.series import Secret

# What Apprise loads for its many services is not ours to mend.
foreign = pytest.mark.filterwarnings("ignore::DeprecationWarning")
MESSAGE = Message("0f", "nudge", "ann", "bag", 1, True, "left", "ann: bag", '--the "bag" is on the left; $(reboot)')


@pytest.fixture
def heard() -> Iterator[tuple[str, list[str]]]:
    """A web server, and the bodies that came."""
    bodies: list[str] = []

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Taking) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"127.0.0.1:{server.server_port}", bodies
        server.shutdown()
        thread.join()


@foreign
def test_apprise_takes_a_message_to_a_service_that_it_knows(
    heard: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    place, bodies = heard
    monkeypatch.setenv("PHONE_URL", f"json://{place}/")
    service = open_apprise(Target("phone", secret=Secret("PHONE_URL")))
    assert service.send(message_to_line(MESSAGE)).outcome == "taken"
    assert len(bodies) == 1
    assert "ann: bag" in bodies[0]
    assert "is on the left" in bodies[0]


@foreign
def test_a_service_that_cannot_be_told_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHONE_URL", "json://127.0.0.1:9/")
    service = open_apprise(Target("phone", secret=Secret("PHONE_URL")))
    assert service.send(message_to_line(MESSAGE)).outcome == "busy"


@foreign
@pytest.mark.parametrize(("url", "message"), [("", "holds no token"), ("nonsense", "knows no such URL")])
def test_apprise_without_a_sound_url_is_refused(url: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHONE_URL", url)
    with pytest.raises(ConfigError, match=message):
        open_apprise(Target("phone", secret=Secret("PHONE_URL")))
    with pytest.raises(ConfigError, match="names no place for the URL"):
        open_apprise(Target("phone"))


def test_a_missing_package_is_told_with_the_extra_that_brings_it() -> None:
    with pytest.raises(ConfigError, match=r"no_such_package is missing[\s\S]*evenside\[some\]"):
        needed("no_such_package.client", "some")


@pytest.mark.skipif(sys.platform != "linux", reason="notify-send is the program of Linux desktops")
def test_the_desktop_is_told_by_arguments_and_never_by_a_script(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, said = tmp_path / "notify-send", tmp_path / "said"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {said}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert open_desktop(Target("screen")).send(message_to_line(MESSAGE)).outcome == "taken"
    assert said.read_text().splitlines() == ["--app-name=evenside", "--", MESSAGE.title, MESSAGE.text]
    program.write_text("#!/bin/sh\necho no bus >&2\nexit 1\n")
    answer = open_desktop(Target("screen")).send(message_to_line(MESSAGE))
    assert (answer.outcome, answer.words) == ("busy", "notify-send: no bus")


@pytest.mark.skipif(sys.platform != "linux", reason="notify-send is the program of Linux desktops")
def test_a_machine_without_a_desktop_is_told_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    answer = open_desktop(Target("screen")).send(message_to_line(MESSAGE))
    assert (answer.outcome, answer.mend) == ("stopped", "apt install libnotify-bin")


def test_macs_get_title_and_text_as_arguments_too() -> None:
    command = desktop_command(MESSAGE, "darwin")
    assert command[0] == "osascript"
    assert command[-2:] == [MESSAGE.title, MESSAGE.text]
    assert MESSAGE.text not in command[2]
