"""Where evenside.toml is looked for, and what is said where it is not or cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from evenside.config import config_places, example_config, find_config, load_config
from evenside.errors import ConfigError


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder with a home of its own."""
    (tmp_path / "home").mkdir()
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path


def made(path: Path, wearer: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(example_config().replace('id = "me"', f'id = "{wearer}"'))
    return path


def test_the_order_is_variable_folder_home(here: Path) -> None:
    made(here / "home/.config/evenside/evenside.toml", "home")
    assert load_config(environ={}).wearers[0].id == "home"
    made(here / "work/evenside.toml", "work")
    assert load_config(environ={}).wearers[0].id == "work"
    named = made(here / "named.toml", "named")
    assert load_config(environ={"EVENSIDE_CONFIG": str(named)}).wearers[0].id == "named"
    given = made(here / "given.toml", "given")
    assert load_config(given, environ={"EVENSIDE_CONFIG": str(named)}).wearers[0].id == "given"


def test_the_config_home_of_the_desktop_is_obeyed(here: Path) -> None:
    made(here / "xdg/evenside/evenside.toml", "xdg")
    assert load_config(environ={"XDG_CONFIG_HOME": str(here / "xdg")}).wearers[0].id == "xdg"
    assert find_config({"XDG_CONFIG_HOME": "relative/is/ignored"}) is None


def test_where_there_is_none_the_places_and_the_way_to_make_one_are_named(here: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(environ={})
    for place in config_places({}):
        assert str(place) in caught.value.what
    assert "evenside scan > evenside.toml" in caught.value.mend


def test_a_file_named_by_the_variable_must_be_there(here: Path) -> None:
    made(here / "work/evenside.toml", "work")
    with pytest.raises(ConfigError, match=r"nowhere\.toml.*\$EVENSIDE_CONFIG names it"):
        load_config(environ={"EVENSIDE_CONFIG": "nowhere.toml"})
    with pytest.raises(ConfigError, match=r"other\.toml: there is no such file\n"):
        load_config(Path("other.toml"), environ={})


def test_what_cannot_be_read_is_explained(here: Path) -> None:
    with pytest.raises(ConfigError, match=r"work: cannot be read: .*\n.*give the file.*work/evenside\.toml"):
        load_config(here / "work")
    latin = here / "latin.toml"
    latin.write_bytes("# Füße".encode("latin-1"))
    with pytest.raises(ConfigError, match=r"not UTF-8 text \(byte 3\)"):
        load_config(latin)


def test_a_byte_order_mark_does_no_harm(here: Path) -> None:
    path = made(here / "marked.toml", "marked")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert load_config(path).wearers[0].id == "marked"


def test_a_user_without_a_home_is_told_what_to_set(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", none)
    with pytest.raises(ConfigError, match=r"no home folder\n  mend: set HOME"):
        load_config(environ={})
    path = made(here / "given.toml", "given")
    path.write_text('data = "here"\n' + path.read_text())
    assert load_config(path, environ={}).data == here / "here"
