"""What whoever starts a script has ignored, blocked or closed does not change how it ends."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from matrix_support import ROOT
from skein_scripts.base.errors import MeasureError
from skein_scripts.base.inherited import recordable
from skein_scripts.records import results
from skein_scripts.session.lock import MeasuringLock
from skein_scripts.session.skein_process import Skein

NO_SUCH_REVISION = ("gate.py", "--base", "no-such-revision", "--candidate", "HEAD", "--dry-run")

# Each is run before the script takes its place.
BEGINNINGS = {
    "SIGCHLD ignored": "signal.signal(signal.SIGCHLD, signal.SIG_IGN)",
    "all signals blocked": "signal.pthread_sigmask(signal.SIG_SETMASK, signal.valid_signals())",
    "no standard input": "os.close(0)",
}


def started(beginning, *words):
    """A script that inherits what this line has done."""
    program = [sys.executable, str(ROOT / "scripts" / words[0]), *words[1:]]
    code = f"import os, signal\n{beginning}\nos.execv({sys.executable!r}, {program!r})"
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False,
        cwd=ROOT, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def script(main, before=""):
    """The code of a script whose `main` is made of these lines."""
    return (
        "import os, signal, sys, types; sys.path.insert(0, 'scripts')\n"
        f"{before}\n"
        "from skein_scripts.base import errors\n"
        f"{main}\n"
        "sys.modules['its_main'] = types.SimpleNamespace(main=main)\n"
        "errors.run_program('x', 'its_main')"
    )


@pytest.mark.parametrize("beginning", BEGINNINGS.values(), ids=BEGINNINGS)
def test_a_git_that_fails_is_seen_to_fail(beginning):
    done = started(beginning, *NO_SUCH_REVISION)
    assert done.returncode == 2, done.stderr
    assert "no-such-revision" in done.stderr


def test_a_script_can_be_ended_though_signals_were_blocked():
    code = script(
        "main = lambda _: os.kill(os.getpid(), signal.SIGINT)",
        before="signal.pthread_sigmask(signal.SIG_SETMASK, signal.valid_signals())",
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=60, check=False)
    assert done.returncode == 130


@pytest.mark.parametrize("closed", ["1", "2", "0 1 2"])
def test_a_closed_stream_does_not_get_another_ones_words(closed, tmp_path):
    """The first file that is opened would take its descriptor."""
    code = script(
        "def main(_):\n"
        f"    file = open({str(tmp_path / 'results')!r}, 'w')\n"
        "    assert file.fileno() > 2\n"
        "    print('said'); print('complained', file=sys.stderr)\n"
        "    os.system('echo said by a child; echo complained by a child >&2')\n"
        "    return 0"
    )
    closing = " ".join(f"{descriptor}>&-" for descriptor in closed.split())
    done = subprocess.run(
        ["sh", "-c", f'exec "$0" -c "$1" {closing}', sys.executable, code],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0
    assert (tmp_path / "results").read_text() == ""
    said = "" if "1" in closed else "said\nsaid by a child\n"
    complained = "" if "2" in closed else "complained\ncomplained by a child\n"
    assert sorted(done.stdout.split("\n")) == sorted(said.split("\n"))
    assert sorted(done.stderr.split("\n")) == sorted(complained.split("\n"))


@pytest.mark.parametrize(
    ("disposition", "goes_on"), [(signal.SIG_IGN, True), (signal.SIG_DFL, False)]
)
def test_a_terminal_that_goes_away_ends_a_run_unless_nohup_was_asked_for(disposition, goes_on):
    previous = signal.signal(signal.SIGHUP, disposition)
    timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGHUP))
    try:
        timer.start()
        if goes_on:
            assert Skein(Path("/bin/sleep")).call(["1"], 30).exit_status == 0
        else:
            with pytest.raises(KeyboardInterrupt):
                Skein(Path("/bin/sleep")).call(["20"], 30)
    finally:
        timer.join()
        signal.signal(signal.SIGHUP, previous)


LATIN1 = os.fsdecode(b"r\xe9seau")


def test_words_that_are_no_utf8_can_be_recorded():
    assert recordable(LATIN1) == "r\ufffdseau"
    assert recordable("réseau") == "réseau"


def test_a_path_of_any_bytes_can_be_printed():
    code = script("def main(words):\n    print(words[0])\n    return 0")
    done = subprocess.run([sys.executable, "-c", code, LATIN1], cwd=ROOT, timeout=60, check=False,
                          capture_output=True)  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == b"r\\udce9seau\n"


def test_a_matrix_is_measured_into_a_folder_whose_name_is_no_utf8(matrix_run, tmp_path):
    folder = tmp_path / LATIN1
    done = matrix_run(output=folder)
    assert done.returncode == 0, done.stderr
    session = results.load(folder / "results.jsonl")[0]
    assert session["argv"][-1].endswith("r\ufffdseau")


def test_the_lock_is_signed_with_words_of_any_bytes(tmp_path):
    lock = MeasuringLock(tmp_path / "lock", [LATIN1])
    with pytest.raises(MeasureError, match="is measuring: pid"):
        MeasuringLock(tmp_path / "lock", [])
    lock.release()


def test_a_record_with_such_a_word_is_written(tmp_path, fixture_v1):
    record = results.load(fixture_v1)[1]
    record["reasons"] = [LATIN1]
    writer = results.ResultWriter(tmp_path / "results.jsonl")
    writer.append(record)
    writer.close()
    assert results.load(tmp_path / "results.jsonl")[0]["reasons"] == [LATIN1]
