"""The test suite of the project as sections: builds, test runners and linters, one after another,
each with its seconds and its counts. Counts come from the JUnit files the runners write; a build or
a linter counts as one. All sections run even when one fails, unless asked otherwise.

Nothing is built while something is tested: a busy machine would fail tests of timing.
"""

from __future__ import annotations

import os
import subprocess
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ..base.processes import last_lines, run_logged
from ..base.tree import ROOT

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


def _no_excuse(_log: Path) -> str | None:
    return None


@dataclass(frozen=True)
class Section:
    """One step: its commands run in order until one fails."""

    name: str
    title: str
    commands: list[list[str]]
    junit: Path | None = None  # where its runner counts; None: the section counts as one
    needs: tuple[str, ...] = ()  # sections that must have passed
    environment: dict[str, str] = field(default_factory=dict)
    missing: str | None = None  # why it cannot run here, if it cannot
    folder: Path = ROOT  # where its commands are called
    excuse: Callable[[Path], str | None] = _no_excuse  # why its log says it could not run here


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
                left_s = deadline - time.monotonic()
                status = run_logged(command, section.folder, file, left_s, section.environment)
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
        if counts.failed and (excuse := section.excuse(log)):
            say(f"     left out: {excuse}")
            total += Counts(skipped=1)
            continue
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
    return "\n".join(f"  | {line}" for line in last_lines(log, _LOG_TAIL_LINES))
