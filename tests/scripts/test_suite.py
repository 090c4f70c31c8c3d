"""The runner of the test suite: how it counts, and that nothing fails in silence."""

import subprocess
import sys

import pytest

from matrix_support import ROOT
from skein_scripts.base.errors import UsageError
from skein_scripts.checks import row_sections, run_tests, suite
from skein_scripts.checks import suite_sections as sections_of
from skein_scripts.checks.suite import Counts, Section
from skein_scripts.records import runtimes

JUNIT = """<testsuites><testsuite>
<testcase name="a"/><testcase name="b"><failure/></testcase>
<testcase name="c"><skipped/></testcase><testcase name="d"><error/></testcase>
<testcase name="e" status="run"/><testcase name="f" status="disabled"/>
</testsuite></testsuites>"""


def python(name, code, **more):
    return Section(name, name, [[sys.executable, "-c", code]], **more)


def run(sections, tmp_path, fail_fast=False):
    said = []
    total = suite.run_all(sections, fail_fast, said.append, tmp_path)
    return total, "\n".join(said)


def test_tests_are_counted_from_the_runners_own_file(tmp_path):
    path = tmp_path / "junit.xml"
    path.write_text(JUNIT)
    assert suite.count_junit(path) == Counts(passed=2, failed=2, skipped=2)


def test_the_closing_line_adds_all_up():
    assert str(Counts(3, 0, 0) + Counts(2, 1, 0)) == "5 passed, 1 failed"
    assert str(Counts(1, 0, 4)) == "1 passed, 0 failed, 4 skipped"


def test_a_section_without_counts_is_one(tmp_path):
    total, _ = run([python("good", ""), python("bad", "raise SystemExit(3)")], tmp_path)
    assert total == Counts(passed=1, failed=1)


def test_all_sections_run_even_when_one_fails(tmp_path):
    total, said = run([python("bad", "raise SystemExit(3)"), python("good", "")], tmp_path)
    assert total == Counts(passed=1, failed=1)
    assert "exit status 3" in said


def test_fail_fast_stops_at_the_first_failure(tmp_path):
    sections = [python("bad", "raise SystemExit(3)"), python("good", "")]
    total, _ = run(sections, tmp_path, fail_fast=True)
    assert total == Counts(failed=1)


def test_a_section_whose_build_failed_is_left_out_and_says_so(tmp_path):
    sections = [python("build", "raise SystemExit(1)"), python("use", "", needs=("build",)),
                python("later", "", needs=("use",))]  # fmt: skip
    total, said = run(sections, tmp_path)
    assert total == Counts(failed=1, skipped=2)
    assert "build failed" in said


def test_a_runner_that_leaves_no_counts_has_failed(tmp_path):
    section = python("runner", "", junit=tmp_path / "none.xml")
    assert run([section], tmp_path)[0] == Counts(failed=1)


def test_a_runner_that_ran_no_test_has_failed(tmp_path):
    path = tmp_path / "empty.xml"
    code = f"open({str(path)!r}, 'w').write('<testsuite/>')"
    assert run([python("runner", code, junit=path)], tmp_path)[0] == Counts(failed=1)


def test_a_runner_that_fails_without_a_failed_test_has_failed(tmp_path):
    path = tmp_path / "ok.xml"
    text = '<testsuite><testcase name="a"/></testsuite>'
    code = f"open({str(path)!r}, 'w').write({text!r}); raise SystemExit(1)"
    assert run([python("runner", code, junit=path)], tmp_path)[0] == Counts(passed=1, failed=1)


def test_a_command_that_does_not_exist_is_a_failure(tmp_path):
    total, said = run([Section("none", "none", [["/does/not/exist"]])], tmp_path)
    assert total == Counts(failed=1)
    assert "cannot run /does/not/exist" in said


def test_a_section_that_cannot_run_here_is_skipped_with_its_reason(tmp_path):
    total, said = run([python("clang", "", missing="there is no clang++-19")], tmp_path)
    assert total == Counts(skipped=1)
    assert "there is no clang++-19" in said


def test_quick_runs_the_release_tests_and_no_other_build():
    names = {section.name for section in sections_of.quick_sections()}
    assert names >= {"clang-format", "mypy", "build-release", "test-release", "pytest-quick"}
    assert not names & {"build-debug", "build-asan", "build-tsan", "pytest", "pytest-alone"}


def test_quick_runs_the_python_tests_but_those_marked(tmp_path):
    (section,) = [one for one in sections_of.quick_sections() if one.name == "pytest-quick"]
    chosen = section.commands[0][section.commands[0].index("-m", 2) :][:2]
    (tmp_path / "test_it.py").write_text(
        "import pytest\ndef test_plain(): pass\n@pytest.mark.slow\ndef test_slow(): assert 0\n"
        "@pytest.mark.alone\ndef test_alone(): assert 0\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *chosen, tmp_path]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "1 passed, 2 deselected" in done.stdout


def test_a_test_that_runs_whole_matrices_is_slow():
    command = [sys.executable, "-m", "pytest", "-c", "scripts/pyproject.toml", "--rootdir", ".",
               "-p", "no:cacheprovider", "-q", "--collect-only",
               "tests/scripts/test_session_end.py", "-m", "slow"]  # fmt: skip
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "test_every_round_begins_with_the_anchor" in done.stdout
    assert "test_where_an_anchor_was_repeated" not in done.stdout


@pytest.mark.parametrize(("quick", "said"), [(["--quick"], True), ([], False)])
def test_quick_says_what_it_leaves_out_and_ends_as_the_whole_suite_does(
    quick, said, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(run_tests, "LOGS", tmp_path / "logs")
    monkeypatch.setattr(run_tests, "ROOT", tmp_path)
    for name in ("all_sections", "quick_sections"):
        monkeypatch.setattr(run_tests, name, lambda name=name: [python(name, "")])
    assert run_tests.main(quick) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"==== {'quick' if said else 'all'}_sections"
    assert lines[-1] == "1 passed, 0 failed"
    left_out = [line for line in lines if line.startswith("left out by --quick: ")]
    assert len(left_out) == said
    for line in left_out:
        titles = line.partition(": ")[2].split("; ")
        assert "C++ tests, asan" in titles
        assert "Python tests: scripts, harness, end to end" in titles
        assert "C++ tests, release" not in titles


def test_one_section_brings_what_it_needs():
    names = [
        section.name for section in run_tests.choose(sections_of.all_sections(), ["test-tsan"])
    ]
    assert names == ["build-tsan", "test-tsan"]


def test_an_unknown_section_is_a_usage_error():
    with pytest.raises(UsageError, match="did you mean 'test-asan'"):
        run_tests.choose(sections_of.all_sections(), ["test-asn"])


# --- workers in other languages ---

OK = "echo fine"
NO_NETWORK = "echo 'error: failed to download from index' >&2; exit 101"
NO_TOOL = "echo 'no Toy of 3 or later' >&2; exit 69"


@pytest.fixture
def tested(tmp_path, monkeypatch):
    """Makes rows the only ones that there are, each with the command of its tests."""

    def make(*rows):
        for order, (name, script, more) in enumerate(rows, 1):
            (tmp_path / name).mkdir()
            (tmp_path / name / "runtime.toml").write_text(
                f'[[runtime]]\nid = "{name}"\norder = {order}\nfamily = "future"\n'
                f'colour = "#00000{order}"\nmarker = "o"\nlanguage = "{name.title()}"\n'
                f'run = ["./{name}"]\n'
                + (f'test = ["sh", "-c", "{script}"]\n' if script else "")
                + more
            )
        known = runtimes.runtimes.__wrapped__(tmp_path)
        monkeypatch.setattr(row_sections, "runtimes", lambda: known)
        return row_sections.tests_of_rows()

    return make


def test_each_language_runs_its_own_tests_in_its_folder_and_counts(tested, tmp_path):
    sections = tested(("ada", "test -e runtime.toml", ""), ("zig", "exit 3", ""), ("lua", "", ""))
    total, said = run(sections, tmp_path)
    assert total == Counts(passed=1, failed=1)
    assert "==== workers' own tests, Ada\n     ok: 1 passed" in said
    assert "==== workers' own tests, Zig\n" in said
    assert "exit status 3" in said


@pytest.mark.parametrize(
    ("script", "more", "why"),
    [
        (OK, 'tools = ["no-such-tool"]', "needs no-such-tool, which is not on the PATH"),
        (NO_NETWORK, "", "packages cannot be fetched from here"),
        (NO_TOOL, "", "no Toy of 3 or later"),
    ],
)
def test_tests_that_cannot_run_here_are_left_out_by_name_with_the_reason(
    script, more, why, tested, tmp_path
):
    total, said = run(tested(("ada", script, more), ("zig", OK, "")), tmp_path)
    assert total == Counts(passed=1, skipped=1)
    assert "workers' own tests, Ada" in said
    assert f"left out{',' if more else ':'} " in said
    assert why in said
    assert "FAILED" not in said


def test_rows_that_share_a_command_and_a_folder_are_tested_once(tested, tmp_path):
    second = (
        '[[runtime]]\nid = "ada_mt"\norder = 9\nfamily = "future"\ncolour = "#999999"\n'
        'marker = "o"\nlanguage = "Ada"\nrun = ["./ada"]\ntest = ["sh", "-c", "echo fine"]\n'
    )
    assert [each.name for each in tested(("ada", OK, second))] == ["test-ada"]


def test_the_suite_has_the_tests_of_each_language_and_builds_what_it_tests():
    sections = {each.name: each for each in sections_of.all_sections()}
    rows = {"tokio", "go", "java_vt", "node"}
    assert {f"test-{name}" for name in rows} <= set(sections)
    assert rows <= set(sections["build-references"].commands[0])
    quick = {each.name for each in sections_of.quick_sections()}
    assert not {f"test-{name}" for name in rows} & quick
