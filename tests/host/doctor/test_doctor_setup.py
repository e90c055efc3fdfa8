"""evenside.toml and what it leads to on the disk, well and unwell, and nothing changed by looking."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evenside.config import Config, RecordingConfig, example_config, parse_config
from evenside.doctor.setup import check_config, check_data, check_disk, check_recordings, check_store, day_bytes
from evenside.recording import Manifest, RecordingWriter
from evenside.recording.compact import compact
from evenside.store import SessionRow, Store
from evenside_analysis.types import Block, Node

NODE = Node("strap", "strap", "left", ("force",), 100.0)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return parse_config(example_config(), tmp_path / "evenside.toml")


def with_channels(config: Config, channels: tuple[str, ...]) -> Config:
    (wearer,) = config.wearers
    nodes = tuple(replace(entry, node=replace(entry.node, channels=channels)) for entry in wearer.nodes)
    return replace(config, wearers=(replace(wearer, nodes=nodes),))


def test_a_configuration_that_loads_is_well(tmp_path: Path) -> None:
    path = tmp_path / "evenside.toml"
    path.write_text(example_config())
    check, loaded = check_config(path)
    assert (check.state, check.words) == ("ok", f"{path}: me; 2 nodes")
    assert loaded is not None


def test_a_side_without_a_partner_is_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "evenside.toml"
    path.write_text(example_config().replace('"right"', '"centre"').replace("right_foot", "foot_2"))
    check, loaded = check_config(path)
    assert check.state == "warn"
    assert "no partner on the right" in check.words
    assert loaded is not None


def test_a_wrong_configuration_fails_with_its_own_mend(tmp_path: Path) -> None:
    path = tmp_path / "evenside.toml"
    path.write_text(example_config().replace("[figures]", "[figure]"))
    check, loaded = check_config(path)
    assert (check.state, check.mend, loaded) == ("fail", "write figures", None)
    assert f"{path}: figure: no such key" in check.words


def test_no_configuration_at_all_is_only_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("EVENSIDE_CONFIG", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    check, _ = check_config(None)
    assert check.state == "warn"
    assert "evenside scan > evenside.toml" in check.mend
    check, _ = check_config(Path("named.toml"))
    assert check.state == "fail"


def test_the_data_folder_is_tried_and_left_as_it_was(tmp_path: Path) -> None:
    there, missing = tmp_path / "there", tmp_path / "a" / "b"
    there.mkdir()
    assert check_data(there).state == "ok"
    assert list(there.iterdir()) == []
    assert (check_data(missing).state, missing.parent.exists()) == ("ok", False)
    (tmp_path / "file").touch()
    check = check_data(tmp_path / "file" / "data")
    assert check.state == "fail"
    assert "is a file, not a folder" in check.words


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="only Linux has a folder that even root cannot write")
def test_a_data_folder_that_takes_nothing_fails() -> None:
    check = check_data(Path("/proc"))
    assert (check.state, "data = " in check.mend) == ("fail", True)


def test_a_data_folder_that_could_not_be_made_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: False)  # for root there is no folder without permission
    check = check_data(tmp_path / "a" / "b")
    assert check.state == "fail"
    assert f"{tmp_path} is not writable" in check.words


def test_a_day_is_reckoned_from_rates_and_channels(config: Config) -> None:
    twelve_of_counts = 2 * 6 * 100 * 86_400
    assert day_bytes(config) == pytest.approx(4.3 * twelve_of_counts + 20e6)
    (wearer,) = config.wearers
    nodes = tuple(replace(entry, node=replace(entry.node, scale=(0.1,) * 6)) for entry in wearer.nodes)
    scaled = replace(config, wearers=(replace(wearer, nodes=nodes),))
    assert day_bytes(scaled) == pytest.approx(twelve_of_counts + 20e6)
    assert day_bytes(replace(config, recording=RecordingConfig(enabled=False))) == pytest.approx(20e6)


def test_free_space_is_held_against_a_day(tmp_path: Path, config: Config) -> None:
    small = with_channels(config, ("force",))
    nowhere_yet = tmp_path / "not" / "there"
    check = check_disk(nowhere_yet, replace(small, recording=RecordingConfig(enabled=False)))
    assert check.state == "ok"
    assert check.words.endswith("at 20 MB a day")
    check = check_disk(nowhere_yet, with_channels(config, ("force",) * 1_000_000))
    assert check.state == "fail"
    assert "`scale`" in check.words
    assert check_disk(tmp_path, None).state == "ok"


def stored(path: Path) -> Path:
    with Store.open(path) as store:
        rows = [SessionRow(f"{count:032}", "me" * 50, "run", 0, "test") for count in range(2000)]
        store.submit(rows).result()
    return path


def test_a_store_is_looked_through(tmp_path: Path) -> None:
    assert check_store(tmp_path / "none.sqlite").state == "ok"
    path = stored(tmp_path / "store.sqlite")
    check = check_store(path)
    assert check.state == "ok"
    assert re.search(r"version \d+, whole$", check.words)


def test_a_store_that_takes_too_long_is_not_called_whole(tmp_path: Path) -> None:
    check = check_store(stored(tmp_path / "store.sqlite"), bound_s=0.0)
    assert (check.state, "too large" in check.words) == ("unknown", True)


def test_a_damaged_store_is_found(tmp_path: Path) -> None:
    path = stored(tmp_path / "store.sqlite")
    with path.open("r+b") as file:
        file.seek(8 * 8192)
        file.write(b"\xff" * 8192 * 4)
    check = check_store(path)
    assert check.state == "fail"
    assert ".recover" in check.mend
    path.write_bytes(b"no database at all" * 1000)
    assert check_store(path).state == "fail"


def recorded(directory: Path) -> RecordingWriter:
    writer = RecordingWriter.create(directory, Manifest(directory.name, "me", 0, "test", (NODE,)))
    time_s = np.rint(np.arange(1000) * 1e4) / 1e6
    writer.append(Block("strap", time_s, np.ones((1000, 1))))
    return writer


KILLED = """
import os
from pathlib import Path
import numpy as np
from evenside.recording import Manifest, RecordingWriter
from evenside_analysis.types import Block, Node

node = Node("strap", "strap", "left", ("force",), 100.0)
writer = RecordingWriter.create(Path({directory!r}), Manifest("s", "me", 0, "test", (node,)))
writer.append(Block("strap", np.array([0.0, 1.0]), np.ones((2, 1))))
writer.flush()
os._exit(0)
"""


def test_recordings_that_were_broken_off_are_told_with_the_mend(tmp_path: Path) -> None:
    assert check_recordings(tmp_path / "none").state == "ok"
    recorded(tmp_path / "whole").close()
    compact(tmp_path / "whole")
    assert check_recordings(tmp_path).state == "ok"
    subprocess.run([sys.executable, "-c", KILLED.format(directory=str(tmp_path / "broken"))], check=True)
    check = check_recordings(tmp_path)
    assert check.state == "warn"
    assert check.words.startswith(f"2 in {tmp_path}, 1 broken off")
    assert check.mend.endswith(f"python -m evenside.recording.compact {tmp_path / 'broken'}")
    compact(tmp_path / "broken")
    assert check_recordings(tmp_path).state == "ok"


def test_what_is_being_recorded_is_nobodys_concern(tmp_path: Path) -> None:
    with recorded(tmp_path / "live"):
        assert check_recordings(tmp_path).state == "ok"


@pytest.mark.parametrize("part", ["recording.json", "spool.sqlite"])
def test_a_damaged_recording_fails(tmp_path: Path, part: str) -> None:
    recorded(tmp_path / "one").close()
    damaged = tmp_path / "one" / part
    assert damaged.exists()
    damaged.write_bytes(b"{ damaged" * 500)
    check = check_recordings(tmp_path)
    assert check.state == "fail"
    assert "restore" in check.mend
