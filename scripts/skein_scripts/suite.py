"""The test suite of the project as sections: builds, test runners and linters, one after another,
each with its seconds and its counts. Counts come from the JUnit files the runners write; a build or
a linter counts as one. All sections run even when one fails, unless asked otherwise.

Nothing is built while something is tested: a busy machine would fail tests of timing.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from .errors import FAILED_TESTS, OK, MeasureError
from .names import check_name

ROOT = Path(__file__).resolve().parents[2]
LOGS = ROOT / "build" / "test-logs"
CPUS = len(os.sched_getaffinity(0))
_SECTION_TIMEOUT_S = 1200.0
_LOG_TAIL_LINES = 80


@dataclass(frozen=True)
class Counts:
    """Tests by how they ended."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped
        )

    def __str__(self) -> str:
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} passed, {self.failed} failed{skipped}"


@dataclass(frozen=True)
class Section:
    """One step: its commands run in order until one fails."""

    name: str
    title: str
    commands: list[list[str]]
    junit: Path | None = None  # where its runner counts; None: the section counts as one
    needs: tuple[str, ...] = ()  # sections that must have passed
    quick: bool = False  # also run by --quick
    environment: dict[str, str] = field(default_factory=dict)
    missing: str | None = None  # why it cannot run here, if it cannot


def count_junit(path: Path) -> Counts:
    """Counts of a JUnit file. Raises ValueError or OSError where it is not one."""
    try:
        root = ElementTree.parse(path).getroot()
    except ElementTree.ParseError as error:
        raise ValueError(f"{path} is not JUnit: {error}") from error
    counts = Counts()
    for case in root.iter("testcase"):
        kinds = {child.tag for child in case}
        if kinds & {"failure", "error"} or case.get("status") == "fail":
            counts += Counts(failed=1)
        elif "skipped" in kinds or case.get("status") in ("disabled", "notrun"):
            counts += Counts(skipped=1)
        else:
            counts += Counts(passed=1)
    return counts


def run_section(section: Section, log: Path) -> Counts:
    """Runs a section, its output into a log. A section whose commands fail without a failed test
    counts one failure, so that nothing fails in silence; one that ran no test fails as well."""
    if section.junit is not None:
        section.junit.unlink(missing_ok=True)
    succeeded = _run_commands(section, log)
    if section.junit is None:
        return Counts(passed=1) if succeeded else Counts(failed=1)
    try:
        counts = count_junit(section.junit)
    except (OSError, ValueError) as error:
        with log.open("a", encoding="utf-8") as file:
            file.write(f"\nno counts: {error}\n")
        return Counts(failed=1)
    ran_nothing = counts.passed + counts.failed == 0
    if ran_nothing or (not succeeded and counts.failed == 0):
        counts += Counts(failed=1)
    return counts


def _run_commands(section: Section, log: Path) -> bool:
    deadline = time.monotonic() + _SECTION_TIMEOUT_S
    with log.open("w", encoding="utf-8") as file:
        for command in section.commands:
            file.write(f"$ {' '.join(command)}\n")
            file.flush()
            try:
                status = _run(command, section.environment, file, deadline - time.monotonic())
            except subprocess.TimeoutExpired:
                file.write(f"\nstopped: longer than {_SECTION_TIMEOUT_S:.0f} s\n")
                return False
            except OSError as error:
                file.write(f"\ncannot run {command[0]}: {error}\n")
                return False
            if status != 0:
                file.write(f"\nexit status {status}\n")
                return False
    return True


def _run(command: list[str], extra: dict[str, str], output: IO[str], seconds: float) -> int:
    """Runs one command in a process group of its own; whatever ends the wait ends the group."""
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        env={**os.environ, **extra},
        process_group=0,
    )
    try:
        return process.wait(max(1.0, seconds))
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise


def files_of(*patterns: str) -> list[str]:
    """Files under version control or new in the tree, that match; never build outputs."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode != 0:
        raise MeasureError(f"git cannot list the files to check: {listed.stderr.strip()}")
    return [name for name in dict.fromkeys(listed.stdout.splitlines()) if (ROOT / name).is_file()]


def shell_scripts() -> list[str]:
    """Files whose first line names a shell."""
    scripts = []
    for name in files_of("scripts", ".ci", "tests", "harness"):
        with (ROOT / name).open("rb") as file:
            first = file.readline(64)
        if first.startswith(b"#!") and (b"bash" in first or first.rstrip().endswith(b"/sh")):
            scripts.append(name)
    return scripts


def _tool(*names: str) -> str | None:
    return next((name for name in names if shutil.which(name)), None)


def _build(preset: str, quick: bool = False) -> Section:
    return Section(
        f"build-{preset}",
        f"build, {preset}",
        [
            ["cmake", "--preset", preset],
            ["cmake", "--build", "--preset", preset, "-j", str(CPUS)],
        ],
        quick=quick,
        environment=_launcher(),
    )


def _launcher() -> dict[str, str]:
    return {"CMAKE_CXX_COMPILER_LAUNCHER": "ccache"} if shutil.which("ccache") else {}


def _ctest(preset: str, jobs: int, quick: bool = False) -> Section:
    junit = LOGS / f"ctest-{preset}.xml"
    return Section(
        f"test-{preset}",
        f"C++ tests, {preset}",
        [
            ["ctest", "--preset", preset, "--output-junit", str(junit), "--timeout", "300",
             "--no-tests=error", "-j", str(jobs)]
        ],
        junit=junit,
        needs=(f"build-{preset}",),
        quick=quick,
        environment={
            "ASAN_OPTIONS": "detect_leaks=1:strict_string_checks=1",
            "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
            "TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1",
        }
        if preset != "release"
        else {},
    )  # fmt: skip


def _clang_build() -> Section:
    compiler = _tool("clang++-19")
    return Section(
        "build-clang",
        "build, clang 19",
        [
            ["cmake", "-S", ".", "-B", "build/clang", "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug",
             f"-DCMAKE_CXX_COMPILER={compiler}", "-DCMAKE_CXX_FLAGS_DEBUG=-O0"],
            ["cmake", "--build", "build/clang", "-j", str(CPUS)],
        ],
        environment=_launcher(),
        missing=None if compiler else "there is no clang++-19",
    )  # fmt: skip


def _pytest() -> Section:
    folders = [
        str(folder.relative_to(ROOT))
        for folder in (ROOT / "tests" / name for name in ("scripts", "harness", "end_to_end"))
        if any(folder.rglob("test_*.py"))
    ]
    junit = LOGS / "pytest.xml"
    return Section(
        "pytest",
        "Python tests: " + ", ".join(folders),
        [
            [sys.executable, "-m", "pytest", "-c", "scripts/pyproject.toml", "--rootdir", ".", "-q",
             "-p", "no:cacheprovider", f"--junitxml={junit}", *folders]
        ],
        junit=junit,
        needs=("build-release",),
        quick=True,
    )  # fmt: skip


def _lints() -> list[Section]:
    clang_format = _tool("clang-format-19")
    shellcheck = _tool("shellcheck")
    python_files = files_of("*.py")
    formatted = [name for name in python_files if name.startswith(("scripts/", "tests/scripts/"))]
    typed = [name for name in python_files if name.startswith("scripts/")]
    ruff = [sys.executable, "-m", "ruff"]
    config = ["--config", "scripts/pyproject.toml", "--no-cache"]
    cpp = files_of("*.cpp", "*.hpp")
    return [
        Section("clang-format", "C++ formatting",
                [[clang_format or "", "--dry-run", "-Werror", *cpp]] if cpp else [], quick=True,
                missing=None if clang_format else "there is no clang-format-19"),
        Section("ruff", "Python linting", [[*ruff, "check", *config, *python_files]], quick=True),
        Section("ruff-format", "Python formatting",
                [[*ruff, "format", "--check", *config, *formatted]], quick=True),
        Section("mypy", "Python types",
                [[sys.executable, "-m", "mypy", "--config-file", "scripts/pyproject.toml",
                  "--cache-dir", "build/mypy-cache", *typed]], quick=True),
        Section("shellcheck", "shell linting", [[shellcheck or "", *shell_scripts()]], quick=True,
                missing=None if shellcheck else "there is no shellcheck"),
    ]  # fmt: skip


def all_sections() -> list[Section]:
    """The suite, in order: what fails soonest comes first."""
    # Sanitized tests are about memory and races, and bear company; release tests are about time.
    sanitizer_jobs = int(os.environ.get("SKEIN_SANITIZER_JOBS") or CPUS)
    return [
        *_lints(),
        _build("release", quick=True),
        _ctest("release", 1, quick=True),
        _pytest(),
        _clang_build(),
        _build("asan"),
        _ctest("asan", sanitizer_jobs),
        _build("tsan"),
        _ctest("tsan", sanitizer_jobs),
    ]


def run_all(
    sections: list[Section], fail_fast: bool, say: Callable[[str], None], logs: Path = LOGS
) -> Counts:
    """Runs sections in order and says how each went. A section whose needs failed is skipped: the
    failure is counted where it happened."""
    logs.mkdir(parents=True, exist_ok=True)
    total, failed = Counts(), set[str]()
    for section in sections:
        broken = [name for name in section.needs if name in failed]
        if section.missing or broken:
            why = section.missing or f"{', '.join(broken)} failed"
            say(f"---- {section.title}: left out, {why}")
            total += Counts(skipped=1)
            if broken:
                failed.add(section.name)
            continue
        say(f"==== {section.title}")
        log = logs / f"{section.name}.log"
        began = time.monotonic()
        counts = run_section(section, log)
        total += counts
        if counts.failed:
            failed.add(section.name)
            say(_tail(log))
        verdict = "FAILED" if counts.failed else "ok"
        say(f"     {verdict}: {counts} ({time.monotonic() - began:.1f} s)")
        if counts.failed and fail_fast:
            break
    return total


def _tail(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(f"  | {line}" for line in lines[-_LOG_TAIL_LINES:])


def choose(sections: list[Section], quick: bool, only: list[str]) -> list[Section]:
    """The sections asked for, with those they need."""
    by_name = {section.name: section for section in sections}
    if not only:
        return [section for section in sections if section.quick or not quick]
    wanted: set[str] = set()
    for name in only:
        check_name("section", name, by_name)
        wanted |= {name, *by_name[name].needs}
    return [section for section in sections if section.name in wanted]


def main(arguments: list[str]) -> int:
    """The program. Returns its exit status."""
    parser = argparse.ArgumentParser(prog="scripts/test", allow_abbrev=False)
    parser.add_argument("--quick", action="store_true", help="release tests and linters only")
    parser.add_argument("--only", action="append", default=[], metavar="SECTION")
    stop = parser.add_mutually_exclusive_group()
    stop.add_argument("--fail-fast", action="store_true", help="stop at the first failed section")
    stop.add_argument("--keep-going", action="store_true", help="run all sections (the default)")
    options = parser.parse_args(arguments)
    began = time.monotonic()

    def say(text: str) -> None:
        print(text, flush=True)

    sections = choose(all_sections(), options.quick, options.only)
    total = run_all(sections, options.fail_fast, say)
    say(f"in {time.monotonic() - began:.0f} s; logs in {LOGS.relative_to(ROOT)}")
    say(str(total))
    return FAILED_TESTS if total.failed else OK
