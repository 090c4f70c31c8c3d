"""Workers in other languages: the tools that they need, and the builds that make them."""

import os
import subprocess
import sys
import tomllib

import pytest

from matrix_support import ROOT, call_main, matrix_run_in
from skein_scripts.commands import references
from skein_scripts.matrix.matrix import Cell
from skein_scripts.records import results, runtimes
from skein_scripts.session import cell_record, toolchains

ROWS = """
[[runtime]]
id = "{id}"
order = {order}
family = "future"
colour = "#00000{order}"
marker = "o"
language = "Toy"
run = ["./program"]
build = {build}
tools = ["sh"]
{more}
"""
GOOD = ["sh", "-c", "echo made >>calls; cp /bin/true program"]
BAD = ["sh", "-c", "echo one; echo 'error: planted' >&2; exit 3"]


def row(name, order, build=GOOD, more=""):
    return ROWS.format(id=name, order=order, build=[*map(str, build)], more=more)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Makes these rows the only ones there are; answers them by id."""
    monkeypatch.setattr(toolchains, "FOLDER", tmp_path / "build")
    toolchains.version_of.cache_clear()

    def make(*rows):
        folder = tmp_path / "runtimes" / "toy"
        folder.mkdir(parents=True)
        (folder / "runtime.toml").write_text("".join(rows))
        known = runtimes.runtimes(tmp_path / "runtimes")
        for module in (cell_record, references):
            monkeypatch.setattr(module, "foreign", lambda: known)
        return known

    return make


@pytest.fixture
def tool(tmp_path, monkeypatch):
    """Puts a program on the PATH that says its version."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    def make(name, script):
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)

    return make


def limit_of(name):
    return cell_record.obstacle(Cell("g", "timers", name, {"pattern": "spread"}))


def build(*ids):
    return call_main("references.py", references.main, "build", *ids)


def test_what_is_not_built_is_a_limit_that_says_how_to_build_it(here):
    here(row("toy", 1))
    limit = limit_of("toy")
    assert limit["name"] == "toolchain"
    assert "scripts/bench --references" in limit["message"]


def test_rows_of_one_command_and_folder_are_built_once_and_can_be_run_then(here, capsys):
    known = here(row("toy", 1), row("toy_mt", 2))
    assert build() == 0
    assert (known["toy"].folder / "calls").read_text() == "made\n"
    assert limit_of("toy") is limit_of("toy_mt") is None
    said = capsys.readouterr().out
    assert "building toy, toy_mt: sh -c" in said
    assert "built in 0:00" in said


def test_a_build_that_fails_is_a_limit_with_its_last_lines_and_the_others_are_built(here, capsys):
    here(row("bad", 1, BAD), row("good", 2))
    assert build() == 4
    limit = limit_of("bad")
    assert limit["name"] == "toolchain"
    lines = limit["message"].splitlines()
    assert "did not build" in lines[0]
    assert str(toolchains.FOLDER) in lines[0]  # where the whole log is
    assert lines[-3:] == ["one", "error: planted", "exit status 3"]
    assert limit_of("good") is None
    assert "error: planted" in capsys.readouterr().out


def test_one_row_can_be_built_alone_and_an_unknown_one_is_named(here, capsys):
    here(row("bad", 1, BAD), row("good", 2))
    assert build("good") == 0
    assert build("goood") == 2
    assert "did you mean 'good'" in capsys.readouterr().err


def test_a_build_that_fails_after_one_that_succeeded_is_not_taken_for_it(here):
    known = here(row("toy", 1, ["sh", "-c", "test ! -e broken && cp /bin/true program"]))
    assert build() == 0
    (known["toy"].folder / "broken").touch()
    assert build() == 4
    assert "did not build" in limit_of("toy")["message"]


def test_what_was_built_and_is_gone_is_not_built(here):
    known = here(row("toy", 1))
    assert build() == 0
    (known["toy"].folder / "program").unlink()
    assert "is not built" in limit_of("toy")["message"]


def test_a_command_that_is_not_there_is_a_build_that_failed(here):
    here(row("toy", 1, ["no-such-compiler"]))
    assert build() == 4
    assert "cannot run no-such-compiler" in limit_of("toy")["message"]


def test_a_build_that_never_ends_is_stopped(here, monkeypatch):
    here(row("toy", 1, ["sleep", "600"]))
    monkeypatch.setattr(toolchains, "_BUILD_TIMEOUT_S", 0.1)
    assert build() == 4
    assert "longer than 0 s" in limit_of("toy")["message"]


def test_a_long_build_says_that_it_still_runs(here, monkeypatch, capsys):
    monkeypatch.setattr("skein_scripts.base.processes._SAY_EVERY_S", 1.0)
    here(row("toy", 1, ["sh", "-c", "echo at work; sleep 1.5; cp /bin/true program"]))
    assert build() == 0
    assert "0:01: at work" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo 'toy-tool 17.0.9 2023-10-17'", "toy-tool 21 or later, and here is 17.0.9"),
        ("echo nothing", "21 or later, and here is one that does not say"),
        ('[ "$1" = version ] && echo "toy version go20.1"', "and here is 20.1"),
        ("echo v21.0.1", None),
        ("echo 21", None),
        ("echo 100.2", None),
    ],
)
def test_a_tool_that_is_too_old_is_a_limit_with_both_versions(here, tool, script, said):
    tool("toy-tool", script)
    here(row("toy", 1, more='needs = { toy-tool = "21" }'))
    assert build() == 0
    limit = limit_of("toy")
    if said is None:
        assert limit is None
    else:
        assert limit["name"] == "toolchain"
        assert said in limit["message"]


@pytest.mark.parametrize(
    ("has", "least", "is_enough"),
    [
        ("1.26", "1.26.0", True),
        ("1.26.0", "1.26", True),
        ("21", "21.0.1", False),
        ("1.9", "1.87", False),
    ],
)
def test_a_version_is_compared_part_by_part_and_one_that_is_left_out_is_zero(
    here, tool, has, least, is_enough
):
    tool("toy-tool", f"echo toy {has}")
    here(row("toy", 1, more=f'needs = {{ toy-tool = "{least}" }}'))
    assert build() == 0
    assert (limit_of("toy") is None) == is_enough


def test_rows_of_rust_need_the_cargo_that_their_workspace_is_written_for():
    rows = [each for each in runtimes.foreign().values() if each.language == "Rust"]
    workspace = tomllib.loads((rows[0].folder / "Cargo.toml").read_text())["workspace"]
    wanted = {"cargo": workspace["package"]["rust-version"]}
    assert [each.id for each in rows if dict(each.needs) != wanted] == []


def test_a_row_whose_tools_are_missing_is_left_out_of_building_and_that_is_no_failure(here, capsys):
    known = here(row("toy", 1, more='needs = { no-such-tool = "3" }'), row("other", 2))
    assert build() == 0
    said = capsys.readouterr().out
    assert "toy left out: it needs no-such-tool 3 or later, which is not on the PATH" in said
    assert (known["toy"].folder / "calls").read_text() == "made\n"  # for the other row
    assert call_main("references.py", references.main, "tools") == 0
    assert capsys.readouterr().out == "no-such-tool\n"
    assert call_main("references.py", references.main, "list") == 0
    assert capsys.readouterr().out.splitlines()[1] == "other: can be run (Toy)"


def test_a_machine_without_a_network_leaves_rows_out_and_that_is_no_failure(here, capsys):
    """What cargo says, shortened."""
    words = "failed to download from index: Could not resolve host: index.crates.io"
    here(row("toy", 1, ["sh", "-c", f"echo '{words}' >&2; exit 101"]))
    assert build() == 0
    assert "toy left out: packages cannot be fetched from here" in capsys.readouterr().out
    assert "Could not resolve host" in limit_of("toy")["message"]


def test_a_build_that_finds_no_tool_of_its_own_is_left_out_and_that_is_no_failure(here, capsys):
    here(row("toy", 1, ["sh", "-c", "echo looking; echo 'no Toy of 3 or later' >&2; exit 69"]))
    assert build() == 0
    assert "toy left out: no Toy of 3 or later" in capsys.readouterr().out
    limit = limit_of("toy")
    assert limit["name"] == "toolchain"
    assert "no Toy of 3 or later" in limit["message"]


@pytest.mark.parametrize(
    ("log", "why"),
    [
        ("dial tcp: lookup proxy.golang.org: no such host", "packages cannot be fetched from here"),
        ("dial tcp 142.250.1.1:443: i/o timeout", "packages cannot be fetched from here"),
        ("dial tcp 127.0.0.1:4000: connect: connection refused", None),
        ("dial tcp [::1]:4000: connect: connection refused", None),
        # It was reached at the second try, and then did not compile.
        (
            "warning: spurious network error: Could not resolve host\n"
            + "compiling\n" * 15
            + "error: expected `;`\nexit status 101",
            None,
        ),
        ("no Toy of 3 or later\n\nexit status 69", "no Toy of 3 or later"),
        ("exit status 69", None),
        ("exit status 69\nexit status 1", None),
        ("no Toy of 3 or later\nexit status 1", None),
    ],
)
def test_only_what_a_machine_lacks_excuses_a_command_and_no_test_that_failed(log, why, tmp_path):
    (tmp_path / "log").write_text(f"$ toy test\n{log}\n" if "\n" in log else f"{log}\n")
    assert toolchains.excuse(tmp_path / "log") == why


def test_a_build_that_failed_is_a_limit_of_its_row_and_the_matrix_goes_on(tmp_path):
    """With the real list of runtimes, to which a stand-in for a failed build is added."""
    run = matrix_run_in(tmp_path)
    run.matrix.write_text(
        run.matrix.read_text().replace('"libuv"', '"python_selectors"').replace("= 2", "= 1", 1)
    )
    code = (
        "import sys; sys.path.insert(0, {scripts!r})\n"
        "from skein_scripts.session import toolchains\n"
        "toolchains.why_not = lambda row: ['toy: it did not build', 'error: planted']\n"
        "from skein_scripts.base.errors import run_program\n"
        "run_program('run_matrix.py', 'skein_scripts.commands.run_matrix')\n"
    ).format(scripts=str(ROOT / "scripts"))
    words = run.command()[2:]
    done = subprocess.run(
        [sys.executable, "-c", code, *words], env=run.environment, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    statuses = {each["cell"]["runtime"]: each["status"] for each in run.runs()}
    assert statuses["python_selectors"] == "limit"
    assert statuses["coroutine"] == "ok"
    limit = next(each for each in run.runs() if each["status"] == "limit")
    assert limit["limit"]["name"] == "toolchain"
    assert limit["reasons"] == ["toy: it did not build", "error: planted"]
    assert results.validate(limit)
