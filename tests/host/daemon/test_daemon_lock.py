"""One daemon per data folder, and nothing in the way after one has died."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from evenside.daemon import daemon_of
from evenside.daemon.lock import hold
from evenside.errors import StoreError

if TYPE_CHECKING:
    from tests.host.daemon.conftest import Bench

HOLDER = """
import sys
from pathlib import Path
from evenside.daemon.lock import hold
with hold(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_the_second_is_told_which_process_is_the_first(tmp_path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / "data")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdin is not None
    with child.stdin, child.stdout:
        assert child.stdout.readline() == "held\n"
        assert daemon_of(tmp_path / "data") == child.pid
        with (
            pytest.raises(StoreError, match=rf"process {child.pid}, writes into .*data already") as error,
            hold(tmp_path / "data"),
        ):
            pass
        assert f"kill {child.pid}" in str(error.value)
        child.kill()
        child.wait()
    assert daemon_of(tmp_path / "data") is None
    with hold(tmp_path / "data"):
        assert daemon_of(tmp_path / "data") == os.getpid()
    assert daemon_of(tmp_path / "data") is None


def test_asking_makes_nothing(tmp_path: Path) -> None:
    assert daemon_of(tmp_path / "nowhere") is None
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_named_with_the_mend(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"data folder .*file/data") as error, hold(tmp_path / "file" / "data"):
        pass
    assert error.value.mend


def test_the_run_itself_holds_it(bench: Bench) -> None:
    bench.walking(10.0)
    plan = bench.plan()
    with hold(plan.data), pytest.raises(StoreError, match=f"process {os.getpid()}"):
        bench.run(plan)
    assert not plan.store.exists()
    bench.run(plan)
    assert daemon_of(plan.data) is None
