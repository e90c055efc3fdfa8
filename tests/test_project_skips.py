"""A missing program skips its test with the way to install it; where everything is required, a skip is a failure."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).with_name("conftest.py")
TESTS = """
import pytest

@pytest.mark.program("no-such-program")
def test_needs_it():
    raise AssertionError("must not run")

@pytest.mark.program("sh")
def test_has_it():
    pass

@pytest.mark.skipif(True, reason="the folder with real recordings is absent")
def test_needs_recordings():
    raise AssertionError("must not run")

@pytest.mark.xfail(strict=True)
def test_is_known_to_fail():
    assert False
"""
MODULE = 'import pytest\npytest.importorskip("no_such_module", reason="no_such_module is missing")\n'


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    shutil.copy(CONFTEST, tmp_path / "conftest.py")
    (tmp_path / "test_inner.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = program(name)\n")
    return tmp_path


def ran(suite: Path, require: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-rsE", "-p", "no:cacheprovider", "-p", "no:randomly"],
        cwd=suite,
        env={**os.environ, "EVENSIDE_REQUIRE_ALL": require, "PYTEST_ADDOPTS": "", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def test_a_missing_program_skips_and_says_how_to_get_it(suite: Path) -> None:
    code, said = ran(suite, "0")
    assert code == 0, said
    assert "1 passed, 2 skipped, 1 xfailed" in said
    assert "no-such-program is not installed: apt install no-such-program" in said


def test_where_everything_is_required_only_recordings_may_be_missing(suite: Path) -> None:
    code, said = ran(suite, "1")
    assert code == 1, said
    assert "1 passed, 1 skipped, 1 xfailed, 1 error" in said
    assert "EVENSIDE_REQUIRE_ALL=1 allows no skip. " in said
    assert "no-such-program is not installed" in said


def test_a_whole_file_cannot_be_skipped_either(suite: Path) -> None:
    (suite / "test_module.py").write_text(MODULE)
    code, said = ran(suite, "1")
    assert code != 0
    assert "no_such_module is missing" in said
