"""``[[sink]]``: where the series goes as well, and never a token."""

from __future__ import annotations

from pathlib import Path

import pytest

from evenside.config import Config, example_config, notes_on, parse_config
from evenside.errors import ConfigError

PATH = Path("/somewhere/evenside.toml")


def parsed(*lines: str) -> Config:
    keys = {"id": '"clinic"', "kind": '"influxdb"', "url": '"http://127.0.0.1:8086"'}
    keys.update({name: value for name, _, value in (line.partition(" = ") for line in lines)})
    text = "\n".join(f"{name} = {value}" for name, value in keys.items())
    return parse_config(f"{example_config()}\n[[sink]]\n{text}\n", PATH)


def test_there_is_no_sink_where_none_stands() -> None:
    assert parse_config(example_config(), PATH).sinks == ()


def test_paths_start_at_the_file_and_the_rest_has_defaults() -> None:
    (sink,) = parsed('token_file = "secret/token"', 'ca_file = "/etc/ca.pem"').sinks
    assert (sink.token_file, sink.ca_file) == (Path("/somewhere/secret/token"), Path("/etc/ca.pem"))
    assert (sink.id, sink.kind, sink.bucket, sink.org, sink.max_mb) == ("clinic", "influxdb", "evenside", "", 500.0)
    assert sink.max_days is None
    assert parsed("max_days = 1.5").sinks[0].max_days == 1.5


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('id = "a b"', r"sink\[a b\].id: expected letters, digits"),
        ('url = "127.0.0.1:8086"', r"\.url: expected the address of the server[\s\S]*http://"),
        ('url = "ftp://host"', "expected the address"),
        ('url = "http://host:99999"', "expected the address"),
        ('url = "http://[::1"', "expected the address"),
        ('url = "http://host/?db=x"', "expected the address"),
        ('url = "http://me:secret@host"', "a name or password stands in the address"),
        ('token_env = "a-token=="', "expected the name of an environment variable"),
        ("max_mb = 0", "expected megabytes above 0"),
        ("max_days = 0", "expected days above 0"),
        ('token = "s3cret"', r"\.token: no such key"),
    ],
)
def test_mistakes_are_named(line: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as refused:
        parsed(line)
    assert "a-token==" not in str(refused.value)


def test_a_token_has_one_place() -> None:
    with pytest.raises(ConfigError, match="leave one of them out"):
        parsed('token_env = "A"', 'token_file = "b"')


def test_two_sinks_have_two_ids() -> None:
    sink = '[[sink]]\nid = "a"\nkind = "influxdb"\nurl = "http://127.0.0.1"\n'
    with pytest.raises(ConfigError, match='two sinks are called "a"'):
        parse_config(f"{example_config()}\n{sink}{sink}", PATH)


def test_a_token_that_would_go_readable_over_the_network_is_noted() -> None:
    assert notes_on(parsed()) == ()
    assert notes_on(parsed('url = "https://clinic.example"')) == ()
    (note,) = notes_on(parsed('url = "http://clinic.example"'))
    assert "readable for everybody" in note
