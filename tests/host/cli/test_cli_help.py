"""The command line as a whole: cheap help, words for every command, errors without tracebacks, the right exit codes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest

from evenside import __version__
from evenside.cli import COMMANDS, evenside, main
from evenside.cli.lazy import Entry, LazyGroup
from evenside.errors import SourceError

HEAVY = ("numpy", "scipy", "rich", "pyarrow", "serial", "asyncio", "evenside_analysis", "sqlite3")
PROBE = """
import resource, sys
from evenside.cli import main
code = main({arguments!r})
spent = resource.getrusage(resource.RUSAGE_SELF)
print(sorted(set({heavy!r}) & set(sys.modules)), spent.ru_utime + spent.ru_stime, file=sys.stderr)
sys.exit(code)
"""


def program(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "evenside", *arguments], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], []])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    code = PROBE.format(arguments=arguments, heavy=HEAVY)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    imported, cpu_s = done.stderr.strip().splitlines()[-1].rsplit(" ", 1)
    print(f"evenside {' '.join(arguments)}: {float(cpu_s):.3f} s of CPU")
    assert imported == "[]"


def test_help_lists_every_command_that_is_there() -> None:
    done = program("-h")
    assert done.returncode == 0
    context = click.Context(evenside)
    listed = evenside.list_commands(context)
    assert listed
    for name in listed:
        assert f"  {name} " in done.stdout
        assert COMMANDS[name].help.split()[0] in done.stdout


@pytest.mark.parametrize("name", evenside.list_commands(click.Context(evenside)))
def test_every_command_and_option_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    command = evenside.get_command(click.Context(evenside), name)
    assert command is not None
    assert command.get_short_help_str(200) == COMMANDS[name].help
    for found in (command, *(command.commands.values() if isinstance(command, click.Group) else ())):
        assert found.help
        for parameter in found.params:
            assert not isinstance(parameter, click.Option) or parameter.help, f"{name} {parameter.name}"
    assert main([name, "--help"]) == 0
    assert "Usage: evenside" in capsys.readouterr().out


def test_a_command_without_its_module_is_not_listed() -> None:
    group = LazyGroup(
        name="x", entries={"here": Entry("evenside.cli:evenside", "a"), "gone": Entry("evenside.no:x", "b")}
    )
    assert group.list_commands(click.Context(group)) == ["here"]


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"evenside {__version__}\n"


def test_a_misspelt_command_gets_the_right_one_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scna"]) == 2
    assert "there is no command 'scna'; did you mean scan?" in capsys.readouterr().err
    assert main(["qqq"]) == 2
    assert "commands are" in capsys.readouterr().err


COMMANDS_OF_A_STRANGER = """
import click
from evenside.errors import SourceError

@click.command()
def fails():
    raise SourceError("the port is gone", mend="plug it in")

@click.command()
def interrupted():
    raise KeyboardInterrupt

@click.command()
def aborted():
    raise click.Abort

nothing = 3
"""


@pytest.fixture
def group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LazyGroup:
    """A program whose commands end in each way in which commands end."""
    (tmp_path / "commands_of_a_stranger.py").write_text(COMMANDS_OF_A_STRANGER)
    monkeypatch.syspath_prepend(str(tmp_path))
    names = ("fails", "interrupted", "aborted", "nothing")
    entries = {name: Entry(f"commands_of_a_stranger:{name}", "ends somehow") for name in names}
    return LazyGroup(name="evenside", entries=entries, params=list(evenside.params), callback=lambda debug: None)


def ended(group: LazyGroup, *arguments: str) -> object:
    with pytest.raises(SystemExit) as caught:
        group.main(arguments)
    return caught.value.code


def test_an_error_is_its_words_and_its_code(group: LazyGroup, capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(group, "fails") == SourceError.exit_code
    assert capsys.readouterr() == ("", "error: the port is gone\n  mend: plug it in\n")


def test_the_traceback_is_there_for_who_asks(group: LazyGroup, capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(group, "--debug", "fails") == SourceError.exit_code
    said = capsys.readouterr().err
    assert said.startswith("Traceback")
    assert said.endswith("error: the port is gone\n  mend: plug it in\n")


@pytest.mark.parametrize("name", ["interrupted", "aborted"])
def test_an_interrupt_ends_with_130(name: str, group: LazyGroup, capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(group, name) == 130
    assert capsys.readouterr() == ("", "\n")


def test_what_is_no_command_is_not_taken_for_one(group: LazyGroup) -> None:
    with pytest.raises(TypeError, match="commands_of_a_stranger:nothing is no command"):
        group.main(["nothing"])


def test_ctrl_c_in_a_real_process_ends_with_130(tmp_path: Path) -> None:
    asked = "from evenside.cli import main\nimport evenside.sources.serial_scan, sys\nprint('on', flush=True)\n"
    code = asked + "sys.exit(main(['scan', '--patience', '60', '--json', PORT]))"
    master, slave = os.openpty()
    code = code.replace("PORT", repr(os.ttyname(slave)))
    child = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "on\n"
    assert os.read(master, 1)  # it asks: it is in the midst of its work
    child.send_signal(signal.SIGINT)
    _, said = child.communicate(timeout=60)
    os.close(master)
    os.close(slave)
    assert (child.returncode, said) == (130, "\n")


def test_a_reader_that_goes_away_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "evenside", "--help"], stdout=writing, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, "")


def test_a_terminal_of_few_signs_shows_the_rest() -> None:
    code = "import sys\nfrom evenside.cli import evenside, main\nevenside.help = 'AI ≤ 9 ± 1'\nsys.exit(main(['-h']))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "latin-1"},
    )
    assert done.returncode == 0, done.stderr
    assert "AI ? 9 ± 1".encode("latin-1") in done.stdout
