"""What the test suite of the project consists of: builds, test runners and linters, as sections for
suite.py to run. Leaves out running and counting them."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence

from ..base import git
from ..base.tree import ROOT
from .row_sections import build_of_rows, tests_of_rows
from .suite import CPUS, LOGS, Section


def files_of(*patterns: str) -> list[str]:
    """Files under version control or new in the tree, that match; never build outputs."""
    words = ("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *patterns)
    names = dict.fromkeys(git.ask(ROOT, *words).split("\0"))
    return [name for name in names if name and (ROOT / name).is_file()]


def shell_scripts() -> list[str]:
    """Files whose first line names a shell."""
    scripts = []
    for name in files_of("scripts", ".ci", "tests", "harness", "runtimes"):
        with (ROOT / name).open("rb") as file:
            first = file.readline(64)
        if first.startswith(b"#!") and (b"bash" in first or first.rstrip().endswith(b"/sh")):
            scripts.append(name)
    return scripts


def _tool(*names: str) -> str | None:
    return next((name for name in names if shutil.which(name)), None)


_CLANG = "clang++-19"
# The tests whose code the sanitizers change.
_RUNTIME_TESTS = ("contract_tests", "runtime_tests", "workload_tests")
_SANITIZED = ("asan", "tsan")
_SANITIZERS = {
    "ASAN_OPTIONS": "detect_leaks=1:strict_string_checks=1",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
    "TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1",
}


# A cell of size `test` mostly waits: several at a time share the CPUs. Tests marked `alone` do not.
_AT_ONCE = ["-n", "6", "--dist", "worksteal"]
_TESTS_AT_ONCE = 2 * CPUS  # of C++, which mostly wait


def _build(preset: str, compiler: str | None = None, targets: Sequence[str] = ()) -> Section:
    """Builds a preset (or some targets of it), with another compiler than the system's if one is
    given and installed."""
    path = shutil.which(compiler) if compiler else None
    choice = [f"-DCMAKE_CXX_COMPILER={path}"] if path else []
    chosen = ["--target", *targets] if targets else []
    return Section(
        f"build-{preset}",
        f"build, {preset}" + (f", {compiler}" if path else ""),
        [
            ["cmake", "--preset", preset, *choice],
            ["cmake", "--build", "--preset", preset, "-j", str(CPUS), *chosen],
        ],
        environment=_launcher(),
    )


def _launcher() -> dict[str, str]:
    return {"CMAKE_CXX_COMPILER_LAUNCHER": "ccache"} if shutil.which("ccache") else {}


def _ctest(preset: str, jobs: int, programs: Sequence[str] = ()) -> Section:
    """The C++ tests of a build, each in a process of its own; with a sanitizer they share some."""
    junit = LOGS / f"ctest-{preset}.xml"
    if preset in _SANITIZED:
        shared = "skein_scripts.checks.shared_tests"
        command = [sys.executable, "-m", shared, preset, str(jobs), str(junit), *programs]
    else:
        command = [
            "ctest",
            "--preset",
            preset,
            "--output-junit",
            str(junit),
            "--timeout",
            "300",
            "--no-tests=error",
            "-j",
            str(jobs),
            *(["-R", f"^({'|'.join(programs)})/"] if programs else []),
        ]
    return Section(
        f"test-{preset}",
        f"C++ tests, {preset}",
        [command],
        junit=junit,
        needs=(f"build-{preset}",),
        environment=_SANITIZERS | {"PYTHONPATH": "scripts"} if preset in _SANITIZED else {},
    )


def _pytest(
    name: str,
    title: str,
    build: str,
    arguments: list[str],
    environment: dict[str, str] | None = None,
) -> Section:
    """Python tests against the binary of a build."""
    junit = LOGS / f"{name}.xml"
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-c",
        "scripts/pyproject.toml",
        "--rootdir",
        ".",
        "-q",
        "-p",
        "no:cacheprovider",
        f"--junitxml={junit}",
        *arguments,
    ]
    return Section(
        name,
        title,
        [command],
        junit=junit,
        needs=(f"build-{build}",),
        environment={"SKEIN_BUILD_DIR": str(ROOT / "build" / build)} | (environment or {}),
    )


def _cells(build: str) -> Section:
    """Every runtime as real processes, under a sanitizer, in all ways that show it other code: a
    report of its own makes a worker exit with another status than 0, and that the run failed."""
    return _pytest(
        f"cells-{build}",
        f"cells as processes, {build}",
        build,
        [
            "tests/end_to_end/test_cells.py",
            "tests/end_to_end/test_nesting.py",
            "-m",
            "not release_only",
            *_AT_ONCE,
        ],
        _SANITIZERS,
    )


def _lints() -> list[Section]:
    clang_format = _tool("clang-format-19")
    shellcheck = _tool("shellcheck")
    python_files = files_of("*.py")
    formatted = [name for name in python_files if name.startswith(("scripts/", "tests/scripts/"))]
    typed = [name for name in python_files if name.startswith("scripts/")]
    ruff = [sys.executable, "-m", "ruff"]
    config = ["--config", "scripts/pyproject.toml", "--no-cache"]
    mypy = [
        sys.executable,
        "-m",
        "mypy",
        "--config-file",
        "scripts/pyproject.toml",
        "--cache-dir",
        "build/mypy-cache",
    ]
    cpp = files_of("*.cpp", "*.hpp")
    return [
        Section(
            "clang-format",
            "C++ formatting",
            [[clang_format or "", "--dry-run", "-Werror", *cpp]] if cpp else [],
            missing=None if clang_format else "there is no clang-format-19",
        ),
        Section("ruff", "Python linting", [[*ruff, "check", *config, *python_files]]),
        Section(
            "ruff-format",
            "Python formatting",
            [[*ruff, "format", "--check", *config, *formatted]],
        ),
        Section("mypy", "Python types", [[*mypy, *typed]]),
        Section(
            "shellcheck",
            "shell linting",
            [[shellcheck or "", *shell_scripts()]],
            missing=None if shellcheck else "there is no shellcheck",
        ),
    ]


def quick_sections() -> list[Section]:
    """A loop of less than three minutes on two CPUs, once built."""
    return [
        *_lints(),
        _build("release"),
        _ctest("release", _TESTS_AT_ONCE),
        _pytest(
            "pytest-quick",
            "Python tests that are not slow, and every runtime end to end at size test",
            "release",
            [
                "tests/scripts", "tests/harness", "tests/end_to_end/test_cells.py",
                "-m", "not alone and not slow", *_AT_ONCE,
            ],
        ),
    ]  # fmt: skip


def left_out_by_quick() -> list[str]:
    """Titles of the sections that only the whole suite has."""
    names = {section.name for section in quick_sections()}
    return [section.title for section in all_sections() if section.name not in names]


def all_sections() -> list[Section]:
    """The suite, in order: what fails soonest comes first."""
    sanitizer_jobs = int(os.environ.get("SKEIN_SANITIZER_JOBS") or _TESTS_AT_ONCE)
    return [
        *_lints(),
        _build("release"),
        _ctest("release", _TESTS_AT_ONCE),
        build_of_rows(),
        *tests_of_rows(),
        _pytest(
            "pytest",
            "Python tests: scripts, harness, end to end",
            "release",
            ["tests/scripts", "tests/harness", "tests/end_to_end", "-m", "not alone", *_AT_ONCE],
        ),
        _pytest(
            "pytest-alone",
            "Python tests that need the CPUs for themselves",
            "release",
            ["tests/harness", "tests/end_to_end", "-m", "alone"],
        ),
        # The other compiler, with asserts, on the code that is measured: sanitizers replace parts
        # of it, and of the harness none.
        _build("debug", compiler=_CLANG, targets=_RUNTIME_TESTS),
        _ctest("debug", sanitizer_jobs, programs=_RUNTIME_TESTS),
        _build("asan", compiler=_CLANG),
        _ctest("asan", sanitizer_jobs),
        _cells("asan"),
        # Threads are the runtimes': the harness has one in each of its processes.
        _build("tsan", compiler=_CLANG, targets=("skein", *_RUNTIME_TESTS)),
        _ctest("tsan", sanitizer_jobs, programs=_RUNTIME_TESTS),
        _cells("tsan"),
    ]
