"""skein completion: bash offers what the program takes; the scripts of zsh and fish are read by
their shells, where these are there."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
import skein_binary as skein

from skein_scripts.records.runtimes import foreign
from skein_scripts.records.workloads import workloads

# What bash itself does when the key is pressed: it fills these variables and calls the function.
PRESS = """
source "$1"; shift
COMP_WORDS=(skein "$@")
COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 ))
_skein
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The script of bash, as a file."""
    path = tmp_path_factory.mktemp("completion") / "skein.bash"
    path.write_text(skein.call("completion", "bash").out, encoding="utf-8")
    return path


def offered(script: Path, *words: str, cwd: Path | None = None) -> list[str]:
    """What bash offers for the last of the words."""
    done = subprocess.run(
        ["bash", "--norc", "-c", PRESS, "bash", str(script), *words],
        capture_output=True, text=True, check=True, timeout=20, cwd=cwd,
    )  # fmt: skip
    assert done.stderr == ""
    return [line for line in done.stdout.splitlines() if line]


def test_bash_offers_every_command_and_those_that_begin_as_was_typed(script: Path) -> None:
    assert {"list", "run", "explain", "completion", "doctor", "--help"} <= set(offered(script, ""))
    assert offered(script, "expl") == ["explain"]
    assert offered(script, "nothing") == []


def test_bash_offers_workloads_and_then_their_own_options(script: Path) -> None:
    assert offered(script, "run", "t") == ["timers"]
    assert offered(script, "run", "c10k", "--arri") == ["--arrival"]
    assert offered(script, "run", "timers", "--arri") == []
    for name, declared in workloads().items():
        options = {f"--{setting.replace('_', '-')}" for setting in declared.settings}
        assert options <= set(offered(script, "run", name, "--"))


@pytest.mark.parametrize("option", [("--mode",), ("--mode", "=")], ids=["blank", "sign"])
def test_bash_offers_the_words_of_a_declared_word(script: Path, option: tuple[str, ...]) -> None:
    words = list(workloads()["c10k"].shapes)
    last = () if option[-1] == "=" else ("",)
    assert offered(script, "run", "c10k", *option, *last) == words
    assert offered(script, "run", "c10k", *option, "idle_") == ["idle_heavy"]


def test_bash_offers_runtimes_and_sizes_by_what_stands_for_them(script: Path) -> None:
    assert offered(script, "run", "timers", "--runtime", "") == list(skein.RUNTIMES)
    assert offered(script, "worker", "--runtime", "lib") == ["libuv"]
    assert offered(script, "run", "timers", "--size", "") == ["test", "base"]
    assert offered(script, "completion", "f") == ["fish"]


def test_bash_offers_all_that_can_be_explained(script: Path) -> None:
    found = set(offered(script, "explain", ""))
    assert {*workloads(), *skein.RUNTIMES, *foreign()} <= found
    assert offered(script, "explain", "timers/ch") == ["timers/churn"]


def test_bash_offers_files_for_a_file_and_nothing_for_a_number(
    script: Path, tmp_path: Path
) -> None:
    (tmp_path / "two words.jsonl").write_text("")
    assert offered(script, "run", "c10k", "-o", "two", cwd=tmp_path) == ["two words.jsonl"]
    assert offered(script, "run", "c10k", "--output", "", cwd=tmp_path) == ["two words.jsonl"]
    assert offered(script, "run", "c10k", "--connections", "", cwd=tmp_path) == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_reads_its_script(shell: str, tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    path = tmp_path / "script"
    path.write_text(skein.call("completion", shell).out, encoding="utf-8")
    done = subprocess.run(
        [shell, "-n", str(path)], capture_output=True, text=True, check=False, timeout=20
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_script_has_every_name_that_the_program_takes(shell: str) -> None:
    said = skein.call("completion", shell).out
    names = {*workloads(), *skein.RUNTIMES, *foreign()}
    for declared in workloads().values():
        names |= {f"{declared.id}/{shape}" for shape in declared.shapes}
        names |= {setting.replace("_", "-") for setting in declared.settings}
        names |= {word for field in declared.fields for word in field.words}
    assert [name for name in sorted(names) if name not in said] == []
