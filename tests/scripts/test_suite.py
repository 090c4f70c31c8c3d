"""The runner of the test suite: how it counts, and that nothing fails in silence."""

import sys

import pytest

from skein_scripts.base.errors import UsageError
from skein_scripts.checks import run_tests, suite
from skein_scripts.checks import suite_sections as sections_of
from skein_scripts.checks.suite import Counts, Section

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


def test_quick_leaves_out_the_sanitizers():
    names = [section.name for section in run_tests.choose(sections_of.all_sections(), True, [])]
    assert "test-release" in names
    assert not any("asan" in name or "tsan" in name for name in names)


def test_one_section_brings_what_it_needs():
    names = [
        section.name
        for section in run_tests.choose(sections_of.all_sections(), False, ["test-tsan"])
    ]
    assert names == ["build-tsan", "test-tsan"]


def test_an_unknown_section_is_a_usage_error():
    with pytest.raises(UsageError, match="did you mean 'test-asan'"):
        run_tests.choose(sections_of.all_sections(), False, ["test-asn"])
