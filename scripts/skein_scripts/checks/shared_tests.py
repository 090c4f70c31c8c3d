"""The C++ tests of a sanitizer build, many in a process: one that is instrumented takes 0.2 s to
start, and most tests take less than that. Whoever fails is named as ctest names it, because all
tests of a process that ended badly are run again, each in a process of its own.

Called as a program, as suite_sections.py does: PRESET JOBS JUNIT [PROGRAM...].
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ..base.tree import ROOT

_MOST_TOGETHER = 64
_TIMEOUT_S = 300
# What Catch2 says last if nothing failed; which tests it ran it does not say.
_ALL_PASSED = re.compile(r"^All tests passed \(.*in (\d+) test cases?\)$", re.MULTILINE)


@dataclass(frozen=True)
class Test:
    """A test of ctest's list. `number` is its place there, from 1."""

    number: int
    name: str
    command: tuple[str, ...]
    serial: bool  # nothing runs beside it

    @property
    def shares(self) -> bool:
        """Whether it can be run with others: its program takes the names of tests first."""
        program = Path(self.command[0]).name
        return self.name.startswith(f"{program}/") and not self.serial


def tests_of(listed: str, programs: Sequence[str]) -> list[Test]:
    """Those of some programs (none named: all), out of `ctest --show-only=json-v1`."""
    found = []
    for number, test in enumerate(json.loads(listed)["tests"], 1):
        if programs and test["name"].split("/")[0] not in programs:
            continue
        properties = {one["name"]: one["value"] for one in test["properties"]}
        serial = bool(properties.get("RUN_SERIAL"))
        found.append(Test(number, test["name"], tuple(test["command"]), serial))
    return found


def together(tests: Sequence[Test]) -> list[list[Test]]:
    """The tests that share, by program and then dealt out like cards: neighbours take equally
    long."""
    by_program: dict[str, list[Test]] = {}
    for test in tests:
        if test.shares:
            by_program.setdefault(test.command[0], []).append(test)
    dealt = []
    for of_one in by_program.values():
        hands = -(-len(of_one) // _MOST_TOGETHER)
        dealt += [of_one[first::hands] for first in range(hands)]
    return dealt


def why_not(tests: Sequence[Test]) -> str | None:
    """Runs them in one process. Why they have not all passed there, with what it said."""
    names = ",".join(test.command[1] for test in tests)
    try:
        ended = subprocess.run(
            [tests[0].command[0], names],
            cwd=Path(tests[0].command[0]).parent,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        said = (late.output or b"").decode(errors="replace")
        return f"{said}\nstopped: longer than {_TIMEOUT_S} s"
    said = ended.stdout.decode(errors="replace")
    passed = _ALL_PASSED.search(said)
    if ended.returncode == 0 and passed and int(passed[1]) == len(tests):
        return None
    return f"{said}\nexit status {ended.returncode}; {len(tests)} tests were asked for"


def _by_ctest(preset: str, jobs: int, tests: Sequence[Test], junit: Path) -> ElementTree.Element:
    """Each in a process of its own. What ctest has counted."""
    if not tests:
        return ElementTree.Element("testsuite")
    numbers = ",".join(str(test.number) for test in tests)
    command = ["ctest", "--preset", preset, "--timeout", str(_TIMEOUT_S), "-j", str(jobs)]
    which = ["-I", f"0,0,0,{numbers}", "--no-tests=error", "--output-junit", str(junit)]
    subprocess.run([*command, *which], cwd=ROOT, check=False)
    return ElementTree.parse(junit).getroot()


def main(arguments: list[str]) -> int:
    """The program. Returns 0 if all passed, else 1."""
    preset, jobs, junit, *programs = arguments
    listing = ["ctest", "--preset", preset, "--show-only=json-v1"]
    listed = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    tests = tests_of(listed, programs)
    groups = together(tests)
    with ThreadPoolExecutor(int(jobs)) as pool:
        reasons = dict(enumerate(pool.map(why_not, groups)))
    alone = [test for test in tests if not test.shares]
    passed: list[Test] = []
    for at, reason in reasons.items():
        (alone if reason else passed).extend(groups[at])
        if reason:
            print(reason, flush=True)
    root = _by_ctest(preset, int(jobs), alone, Path(junit))
    failed = {one.get("name") for one in root.iter("testcase") if one.get("status") == "fail"}
    for test in passed:
        ElementTree.SubElement(root, "testcase", name=test.name, status="run")
    for at, reason in reasons.items():
        if reason and not failed & {test.name for test in groups[at]}:
            name = f"{len(groups[at])} tests in one process, of which none fails alone, {at}"
            ElementTree.SubElement(root, "testcase", name=name, status="fail")
            failed.add(name)
    ElementTree.ElementTree(root).write(junit)
    print(f"{len(passed)} tests passed in {len(groups)} processes, {len(alone)} ran alone")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
