"""How every script ends: 1 is a confirmed regression and nothing else, whatever the environment,
the reader of the output or the Python that runs it."""

import os
import re
import signal
import subprocess
import sys

import pytest

from matrix_support import ROOT
from skein_scripts.base import errors
from skein_scripts.base.errors import MeasureError, ReaderGoneError, UsageError, run_main

SCRIPTS = sorted((ROOT / "scripts").glob("*.py"))
BARE_PYTHON = "/usr/bin/python3"

# Each starts every script.
pytestmark = pytest.mark.slow

every_script = pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)


def run(*command, **more):
    return subprocess.run(
        [str(word) for word in command],
        **{"capture_output": True, "text": True, "timeout": 60, "check": False, "cwd": ROOT} | more,
    )


@every_script
def test_every_script_prints_its_help(script):
    done = run(sys.executable, script, "--help")
    assert done.returncode == 0, done.stderr
    assert "usage:" in done.stdout


def subcommands_of(said):
    """Those that a help lists, each as words for the command line."""
    listed = re.search(r"positional arguments:\n  \{([\w,]+)\}", said)
    return [(name,) for name in listed[1].split(",")] if listed else []


@every_script
def test_every_help_has_an_example_that_calls_the_script(script):
    called = "scripts/test" if script.name == "run_tests.py" else f"scripts/{script.name}"
    said = run(sys.executable, script, "--help").stdout
    for words in ((), *subcommands_of(said)):
        _, found, examples = run(sys.executable, script, *words, "--help").stdout.partition(
            "example"
        )
        assert found, words
        assert " ".join([called, *words]) in examples


def test_a_script_with_subcommands_is_found_to_have_them():
    said = run(sys.executable, ROOT / "scripts" / "trend.py", "--help").stdout
    assert subcommands_of(said) == [("add",), ("show",)]


@every_script
def test_a_reader_that_has_gone_is_no_verdict(script):
    read, write = os.pipe()
    os.close(read)
    done = run(sys.executable, script, "--help", capture_output=False, stdout=write,
               stderr=subprocess.PIPE)  # fmt: skip
    os.close(write)
    assert done.returncode == errors.READER_GONE, done.stderr
    assert "nobody reads the output" in done.stderr
    assert "Traceback" not in done.stderr


@every_script
def test_nobody_at_all_to_tell_is_no_verdict_either(script):
    read, write = os.pipe()
    os.close(read)
    done = run(sys.executable, script, "--nonsense", capture_output=False, stdout=write,
               stderr=write)  # fmt: skip
    os.close(write)
    assert done.returncode in (2, errors.READER_GONE)


@every_script
def test_a_full_disk_under_the_output_is_no_verdict(script):
    with open("/dev/full", "w") as full:  # noqa: PTH123
        done = run(sys.executable, script, "--help", capture_output=False, stdout=full,
                   stderr=subprocess.PIPE)  # fmt: skip
    assert done.returncode == errors.COULD_NOT_MEASURE
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr


@every_script
def test_closed_descriptors_are_no_verdict(script):
    done = run("sh", "-c", f'exec "{sys.executable}" "{script}" --help <&- >&- 2>&-')
    assert done.returncode == 0


@every_script
def test_a_python_without_our_packages_says_which_one_to_use(script):
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = run(BARE_PYTHON, "-S", script, "--help", env=environment)
    if done.returncode == 0:  # this script needs none
        return
    assert done.returncode == errors.COULD_NOT_MEASURE, done.stderr
    assert f".venv/bin/python scripts/{script.name}" in done.stderr
    assert "scripts/setup" in done.stderr
    assert "Traceback" not in done.stderr


@every_script
def test_inherited_variables_change_nothing(script):
    inherited = {
        "PYTHONSAFEPATH": "1", "PYTHONIOENCODING": "ascii", "PYTHONWARNINGS": "error",
        "COLUMNS": "0", "LC_ALL": "C", "TERM": "dumb", "TMPDIR": "/nowhere",
    }  # fmt: skip
    done = run(sys.executable, script, "--help", env={**os.environ, **inherited})
    assert done.returncode == 0, done.stderr
    assert "usage:" in done.stdout


@pytest.mark.parametrize("columns", ["0", "1"])
def test_a_terminal_said_to_have_no_columns_still_gets_the_plan(columns):
    done = run(sys.executable, ROOT / "scripts" / "run_matrix.py", "--dry-run",
               env={**os.environ, "COLUMNS": columns})  # fmt: skip
    assert done.returncode == 0
    assert "c10k-open/coroutine: skein run c10k --runtime coroutine" in done.stdout


def test_an_old_python_is_told_the_version_that_is_needed(monkeypatch, capsys):
    monkeypatch.setattr(errors, "_LEAST_PYTHON", (99, 1))
    assert (
        run_main("gate.py", lambda words: errors._main_of("skein_scripts.commands.gate")(words))
        == 4
    )
    assert "older than 99.1" in capsys.readouterr().err


def ignoring_children(*command):
    """Starts a program as one does that ignores SIGCHLD, and has SIGINT blocked: both are
    inherited."""

    def prepare():
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})

    return run(*command, preexec_fn=prepare)


def test_a_revision_that_does_not_exist_is_found_out_where_children_are_ignored():
    words = ("--base", "no-such-revision", "--candidate", "HEAD", "--dry-run")
    done = ignoring_children(sys.executable, ROOT / "scripts" / "gate.py", *words)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "no revision" in done.stderr


def test_signals_are_as_usual_in_a_script_whatever_its_caller_did():
    code = (
        "import signal, sys; sys.path.insert(0, 'scripts')\n"
        "from skein_scripts.base import inherited\n"
        "inherited.take_back()\n"
        "assert signal.getsignal(signal.SIGCHLD) == signal.SIG_DFL\n"
        "assert not signal.pthread_sigmask(signal.SIG_BLOCK, ())\n"
    )
    done = ignoring_children(sys.executable, "-c", code)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (UsageError("no such option"), 2, "error: no such option"),
        (MeasureError("nothing there"), 4, "error: nothing there"),
        (ReaderGoneError(), 141, "nobody reads"),
        (BrokenPipeError(32, "Broken pipe"), 141, "nobody reads"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (PermissionError(13, "Permission denied", "/x"), 4, "/x: Permission denied"),
        (ZeroDivisionError("1/0"), 4, "a fault in x.py itself"),
        (ModuleNotFoundError("No module", name="rich"), 4, ".venv/bin/python scripts/"),
        (RecursionError("deep"), 4, "a fault in x.py itself"),
        (SystemExit(1), 4, "a library ended it with 1"),
        (SystemExit("words"), 4, "a library ended it with 'words'"),
        (SystemExit(2), 2, ""),
        (SystemExit(0), 0, ""),
        (SystemExit(None), 0, ""),
    ],
    ids=lambda value: type(value).__name__,
)
def test_whatever_ends_a_script_has_the_status_meant_for_it(error, status, said, capsys):
    def main(_words):
        raise error

    assert run_main("x.py", main) == status
    assert said in capsys.readouterr().err


def test_a_verdict_stays_one_where_its_last_words_could_not_be_written(monkeypatch):
    class Full:
        def flush(self):
            raise OSError(28, "No space left on device")

        def fileno(self):
            raise OSError(9, "none")

    monkeypatch.setattr(sys, "stdout", Full())
    assert errors._after_last_output("gate.py", errors.REGRESSION) == errors.REGRESSION
    assert errors._after_last_output("gate.py", errors.OK) == errors.COULD_NOT_MEASURE


def test_messages_show_control_characters_and_keep_their_lines(capsys):
    errors.warn("a\x1b[31m\u2028b\n\tc")
    assert capsys.readouterr().err == "a\\x1b[31m\\u2028b\n\tc\n"
