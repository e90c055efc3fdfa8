"""The wheel holds the two packages with everything that they read, works from inside it, and holds nothing else."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = {"evenside": ROOT / "host", "evenside_analysis": ROOT / "analysis"}
# Of every shipped file that is not Python, somebody reads it at run time, or a person does.
SUFFIXES = (".py", ".toml", ".typed", ".md")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (found,) = folder.glob("*.whl")
    return found


def test_it_holds_the_packages_whole_and_nothing_beside_them(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
        meta = {name.split("/", 1)[1] for name in archive.namelist() if ".dist-info/" in name}
    there = {
        path.relative_to(root).as_posix()
        for package, root in PACKAGES.items()
        for path in (root / package).rglob("*")
        if path.suffix in SUFFIXES
    }
    assert names == there
    assert {"evenside/py.typed", "evenside_analysis/py.typed"} <= names
    assert len([name for name in names if name.startswith("evenside/readers/layouts/")]) >= 7
    assert {"METADATA", "entry_points.txt", "licenses/LICENSE"} <= meta


def test_it_works_from_where_it_was_put(wheel: Path, tmp_path: Path) -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(wheel)!r})\n"
        "import evenside, evenside_analysis\n"
        "from evenside.cli import main\n"
        "from evenside.readers import builtin_layouts\n"
        f"assert all(it.__file__.startswith({str(wheel)!r}) for it in (evenside, evenside_analysis))\n"
        "print(len(builtin_layouts())); sys.exit(main(['--version']))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == str(len(list((ROOT / "host/evenside/readers/layouts").glob("*.toml"))) + 1)


@pytest.mark.parametrize("name", ["host", "analysis"])
def test_the_folders_of_the_repository_are_no_packages(name: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-c", f"import {name}"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "ModuleNotFoundError" in done.stderr
