"""Alerts on the desktop of this user, by the program that the system has for it: notify-send or osascript."""

from __future__ import annotations

import shutil
import subprocess
import sys

from evenside.notify.message import Message, message_of_line
from evenside.notify.target import OneWay, Target
from evenside.series import Answer

__all__ = ["Desktop", "desktop_command", "open_desktop"]


class Desktop(OneWay):
    def __init__(self, target: Target) -> None:
        self._timeout_s = target.timeout_s

    def send(self, body: bytes) -> Answer:
        command = desktop_command(message_of_line(body), sys.platform)
        if shutil.which(command[0]) is None:
            return Answer("stopped", f"{command[0]} is not installed", "apt install libnotify-bin")
        try:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, timeout=self._timeout_s, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return Answer("busy", f"{command[0]}: {error}")
        if done.returncode:
            words = done.stderr.decode("utf-8", "replace").strip() or f"exit code {done.returncode}"
            return Answer("busy", f"{command[0]}: {words}", "run the monitor in the session of a desktop")
        return Answer("taken")


def desktop_command(message: Message, platform: str) -> list[str]:
    """The program and its arguments; texts are handed over as arguments, never as a part of a script."""
    if platform == "darwin":
        script = "on run argv\ndisplay notification (item 2 of argv) with title (item 1 of argv)\nend run"
        return ["osascript", "-e", script, message.title, message.text]
    return ["notify-send", "--app-name=evenside", "--", message.title, message.text]


def open_desktop(target: Target) -> Desktop:
    return Desktop(target)
