"""Tokens come from the environment or from a file that nobody else can read, and appear in no message."""

from __future__ import annotations

from pathlib import Path

import pytest

from evenside.errors import ConfigError
from evenside.series import Secret

TOKEN = "s3cret-t0ken=="


def test_a_token_comes_from_the_environment(tmp_path: Path) -> None:
    assert Secret(env="CLINIC").read({"CLINIC": f" {TOKEN}\n"}) == TOKEN
    for environ in ({}, {"CLINIC": " "}):
        with pytest.raises(ConfigError, match=r"environment variable CLINIC holds no token\n  mend: set CLINIC"):
            Secret(env="CLINIC").read(environ)


def test_a_token_comes_from_a_file_of_this_user_alone(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(TOKEN + "\n")
    file.chmod(0o600)
    assert Secret(file=file).read({}) == TOKEN
    file.chmod(0o400)
    assert Secret(file=file).read({}) == TOKEN


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "token"
    file.write_text(TOKEN)
    file.chmod(mode)
    with pytest.raises(ConfigError, match=rf"mode {mode:04o}[\s\S]*chmod 600") as refused:
        Secret(file=file).read({})
    assert TOKEN not in str(refused.value)


def test_a_file_that_is_not_there_or_holds_no_token_is_told(tmp_path: Path) -> None:
    file = tmp_path / "token"
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        Secret(file=file).read({})
    file.touch(0o600)
    with pytest.raises(ConfigError, match="holds no token"):
        Secret(file=file).read({})
    file.write_bytes(b"two\nlines of it")
    with pytest.raises(ConfigError, match="can be no token") as refused:
        Secret(file=file).read({})
    assert "lines of it" not in str(refused.value)


def test_no_token_is_needed_where_none_is_named() -> None:
    assert Secret().read({}) == ""
