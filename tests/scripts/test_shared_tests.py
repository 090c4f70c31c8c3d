"""C++ tests that share processes: none is lost, none passes unseen, and a failure has its name."""

import json
import sys
import xml.etree.ElementTree as ElementTree

import pytest

from skein_scripts.checks import shared_tests
from skein_scripts.checks.suite import Counts, count_junit

# Runs the tests that its first argument names, as Catch2 does. LONELY fails beside others.
PROGRAM = f"""#!{sys.executable}
import os, pathlib, sys
names = [name for name in sys.argv[1].split(",") if name != "unknown"]
with pathlib.Path(sys.argv[0] + ".log").open("a") as log:
    log.write(",".join(names) + "\\n")
if "crash" in names:
    os.abort()
if "bad" in names or ("lonely" in names and len(names) > 1):
    print("test cases: 2 | 1 failed")
    sys.exit(1)
print(f"All tests passed (7 assertions in {{len(names)}} test case{{'s' * (len(names) > 1)}})")
"""
# Lists the tests beside it, and runs those whose numbers it is given, each by its program.
CTEST = f"""#!{sys.executable}
import json, pathlib, subprocess, sys
listed = pathlib.Path(__file__).with_name("listed.json").read_text()
if "--show-only=json-v1" in sys.argv:
    print(listed)
    sys.exit()
first, last, stride, *numbers = sys.argv[sys.argv.index("-I") + 1].split(",")
assert (first, last, stride) == ("0", "0", "0")
found, ended = [], 0
for number in numbers:
    test = json.loads(listed)["tests"][int(number) - 1]
    status = subprocess.run(test["command"], stdout=subprocess.DEVNULL).returncode
    found.append(f'<testcase name="{{test["name"]}}" status="{{"fail" if status else "run"}}"/>')
    ended = ended or status
junit = pathlib.Path(sys.argv[sys.argv.index("--output-junit") + 1])
junit.write_text(f"<testsuite>{{''.join(found)}}</testsuite>")
sys.exit(ended)
"""


@pytest.fixture
def suite(tmp_path, monkeypatch):
    """Runs main() over tests by name; returns its status, counts, failures and each process."""

    def run(*names, serial=(), programs=()):
        for name, text in (("ctest", CTEST), ("some_tests", PROGRAM), ("other_tests", PROGRAM)):
            (tmp_path / name).write_text(text)
            (tmp_path / name).chmod(0o755)
        tests = []
        for name in names:
            program, _, own = name.rpartition("/")
            program = program or "some_tests"
            properties = [{"name": "RUN_SERIAL", "value": True}] if own in serial else []
            command = [str(tmp_path / program), own, "--warn", "NoTests"]
            if program == "compile_tests":
                command = ["false" if own == "bad" else "true"]
            tests.append({"name": f"{program}/{own}", "command": command, "properties": properties})
        (tmp_path / "listed.json").write_text(json.dumps({"tests": tests}))
        monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
        junit = tmp_path / "junit.xml"
        status = shared_tests.main(["asan", "2", str(junit), *programs])
        failed = [
            case.get("name")
            for case in ElementTree.parse(junit).getroot().iter("testcase")
            if case.get("status") == "fail"
        ]
        ran = [
            sorted(line.split(","))
            for log in sorted(tmp_path.glob("*.log"))
            for line in log.read_text().splitlines()
        ]
        return status, count_junit(junit), failed, ran

    return run


def test_tests_of_a_program_share_a_process_and_each_is_counted(suite):
    assert suite("a", "b", "c") == (0, Counts(passed=3), [], [["a", "b", "c"]])


def test_every_program_has_processes_of_its_own(suite):
    _, counts, _, ran = suite("a", "other_tests/b", "c")
    assert counts == Counts(passed=3)
    assert sorted(ran) == [["a", "c"], ["b"]]


def test_many_tests_take_several_processes_with_neighbours_apart(suite):
    names = [f"t{number}" for number in range(130)]
    status, counts, _, ran = suite(*names)
    assert (status, counts) == (0, Counts(passed=130))
    assert sorted(name for one in ran for name in one) == sorted(names)
    assert [len(one) for one in ran].count(43) == 2
    assert len(ran) == 3
    assert not any({"t0", "t1"} <= set(one) for one in ran)


@pytest.mark.parametrize("name", ["bad", "crash"])
def test_a_failure_is_named_and_hides_no_other_test(suite, name):
    status, counts, failed, _ = suite("a", name, "b")
    assert (status, counts, failed) == (1, Counts(2, 1), [f"some_tests/{name}"])


def test_a_failure_in_company_alone_fails_the_suite_and_says_so(suite, capfd):
    status, counts, failed, _ = suite("a", "lonely")
    assert (status, counts) == (1, Counts(2, 1))
    assert failed == ["2 tests in one process, of which none fails alone, 0"]
    assert "1 failed" in capfd.readouterr().out


def test_a_name_that_its_program_does_not_know_has_not_passed(suite, capfd):
    status, counts, _, ran = suite("a", "unknown")
    assert (status, counts) == (1, Counts(2, 1))
    assert ["a"] in ran
    assert "2 tests were asked for" in capfd.readouterr().out


def test_what_may_have_nothing_beside_it_and_what_is_no_program_of_tests_go_to_ctest(suite):
    status, counts, failed, ran = suite("a", "b", "c", "compile_tests/bad", serial=("b",))
    assert (status, counts, failed) == (1, Counts(3, 1), ["compile_tests/bad"])
    assert sorted(ran) == [["a", "c"], ["b"]]


def test_only_the_programs_asked_for_are_run(suite):
    _, counts, _, ran = suite("a", "other_tests/b", programs=("other_tests",))
    assert counts == Counts(passed=1)
    assert ran == [["b"]]


def test_a_process_that_hangs_has_not_passed(suite, monkeypatch, tmp_path, capfd):
    monkeypatch.setattr(shared_tests, "_TIMEOUT_S", 0.0)
    status, _, _, _ = suite("a", "b")
    assert status == 1
    assert "stopped: longer than" in capfd.readouterr().out
