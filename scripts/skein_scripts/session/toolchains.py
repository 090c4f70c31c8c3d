"""Workers in other languages: the tools that they need, and the builds that make them.

A build is one command in one folder, however many rows share it. Its log is kept below
build/references, and a stamp beside it once it has succeeded. So a matrix, which builds nothing,
knows whether a row is built, and why not.

Leaves out which rows there are (records/runtimes.py).
"""

from __future__ import annotations

import hashlib
import json
import re
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from itertools import zip_longest
from pathlib import Path

from ..base.processes import last_lines, run_logged
from ..base.tree import ROOT
from ..base.units import format_clock
from ..records.runtimes import Runtime

FOLDER = ROOT / "build" / "references"
_BUILD_TIMEOUT_S = 1800.0
_VERSION_TIMEOUT_S = 30.0
_LAST_WORDS = 15
# What cargo, go, npm, pip and git end with where they cannot reach what they would fetch. What they
# tried again, and then reached, is further up; a test that cannot reach a server of its own says
# that of the loopback.
_UNREACHABLE = re.compile(
    r"could not resolve host|temporary failure in name resolution|name or service not known"
    r"|network is unreachable|failed to download|dial tcp(?! 127\.| \[::1\])|ENOTFOUND|EAI_AGAIN",
    re.IGNORECASE,
)
# The status of a command that looks for its tools itself and found none (EX_UNAVAILABLE).
_NO_TOOL = 69
_NOT_BUILT = "it is not built: scripts/references.py build, or scripts/bench --references"

Say = Callable[[str], None]


# --- tools ---


@cache
def version_of(tool: str) -> str | None:
    """The version that a tool on the PATH says it has, None where it says none. Most know
    --version; some know the word alone."""
    for word in ("--version", "version"):
        try:
            done = subprocess.run(
                [tool, word], capture_output=True, text=True, errors="replace",
                stdin=subprocess.DEVNULL, timeout=_VERSION_TIMEOUT_S, check=False,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired):
            return None
        found = re.search(r"\d+(?:\.\d+)*", done.stdout + done.stderr)
        if done.returncode == 0 and found:
            return found.group()
    return None


def tools_of(runtime: Runtime) -> list[str]:
    """All that it names."""
    return list(dict.fromkeys([*runtime.tools, *(tool for tool, _ in runtime.needs)]))


def is_there(tool: str) -> bool:
    """Whether this machine has it, of whatever version."""
    return shutil.which(tool) is not None


def lacking(runtime: Runtime) -> list[str]:
    """What it lacks here, in words: tools that are not there, and those that are too old."""
    least = dict(runtime.needs)
    words = []
    for tool in tools_of(runtime):
        wanted = f"{tool} {least[tool]} or later" if tool in least else tool
        if not is_there(tool):
            words.append(f"{wanted}, which is not on the PATH")
        elif tool in least and not _is_at_least(version := version_of(tool), least[tool]):
            words.append(f"{wanted}, and here is {version or 'one that does not say'}")
    return words


def _is_at_least(version: str | None, least: str) -> bool:
    """A part that is left out is 0."""
    if version is None:
        return False
    pairs = [*zip_longest(_numbers(version), _numbers(least), fillvalue=0)]
    return [has for has, _ in pairs] >= [wants for _, wants in pairs]


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


# --- builds ---


@dataclass(frozen=True)
class Build:
    """One command in one folder."""

    folder: Path
    command: tuple[str, ...]

    @property
    def _name(self) -> str:
        mark = hashlib.sha256(json.dumps(self.command).encode()).hexdigest()[:8]
        return f"{self.folder.name}-{mark}"

    @property
    def log(self) -> Path:
        """What the command said the last time."""
        return FOLDER / f"{self._name}.log"

    @property
    def stamp(self) -> Path:
        """There, if it succeeded the last time."""
        return FOLDER / f"{self._name}.built"

    def describe(self) -> str:
        """The command, and where it is called."""
        return f"{shlex.join(self.command)} in runtimes/{self.folder.name}"

    def why_not(self) -> list[str]:
        """Empty once it has succeeded; otherwise why it has not, with its last words."""
        if self.stamp.exists():
            return []
        if not self.log.exists():
            return [_NOT_BUILT]
        return [
            f"it did not build: {self.describe()} failed, its log is {self.log}",
            *last_lines(self.log, _LAST_WORDS),
        ]


def excuse(log: Path) -> str | None:
    """Why a command could not do its work on this machine, as far as its log shows it, which ends
    with the exit status. None where it is the command that failed."""
    lines = [line for line in last_lines(log, _LAST_WORDS) if line]
    if any(map(_UNREACHABLE.search, lines)):
        return "packages cannot be fetched from here"
    if len(lines) > 1 and lines[-1] == f"exit status {_NO_TOOL}":
        return lines[-2]
    return None


def build_of(runtime: Runtime) -> Build | None:
    """None of a row that needs none."""
    return Build(runtime.folder, runtime.build) if runtime.build else None


def why_not(runtime: Runtime) -> list[str]:
    """Why a row cannot be run here, as lines of which the first says it all; empty if it can."""
    if words := lacking(runtime):
        return [f"{runtime.id} needs {'; and '.join(words)}"]
    build = build_of(runtime)
    words = build.why_not() if build else []
    program = runtime.run[0]
    if not words and "/" in program and not (runtime.folder / program).exists():
        words = [_NOT_BUILT]  # it was, and is gone
    return [f"{runtime.id}: {words[0]}", *words[1:]] if words else []


def build_all(runtimes: Iterable[Runtime], say: Say) -> list[Build]:
    """Builds what the runtimes need, each build once, and returns those that failed. Rows whose
    tools are not there, or whose packages cannot be fetched, are named and left out: that is the
    machine's doing."""
    rows: dict[Build, list[str]] = {}
    for runtime in runtimes:
        build = build_of(runtime)
        if build is None:
            continue
        if words := lacking(runtime):
            say(f"{runtime.id} left out: it needs {'; and '.join(words)}")
        else:
            rows.setdefault(build, []).append(runtime.id)
    if not rows:
        say("nothing to build")
    failed = [build for build, names in rows.items() if not _build(build, names, say)]
    excused = {build: why for build in failed if (why := excuse(build.log))}
    for build, why in excused.items():
        say(f"{', '.join(rows[build])} left out: {why}")
    return [build for build in failed if build not in excused]


def _build(build: Build, names: list[str], say: Say) -> bool:
    say(f"building {', '.join(names)}: {build.describe()}")
    began = time.monotonic()
    FOLDER.mkdir(parents=True, exist_ok=True)
    build.stamp.unlink(missing_ok=True)
    problem = _run(build, say)
    spent = format_clock(time.monotonic() - began)
    if problem is None:
        build.stamp.write_text(shlex.join(build.command) + "\n", encoding="utf-8")
        say(f"  built in {spent}")
        return True
    with build.log.open("a", encoding="utf-8") as file:
        file.write(f"{problem}\n")
    for line in last_lines(build.log, _LAST_WORDS):
        say(f"  | {line}")
    say(f"  FAILED after {spent}; the whole log: {build.log}")
    return False


def _run(build: Build, say: Say) -> str | None:
    """What went wrong, None if nothing did."""
    with build.log.open("w", encoding="utf-8") as file:

        def tell(seconds: float) -> None:
            last = "".join(last_lines(build.log, 1))
            say(f"  {format_clock(seconds)}: {last}")

        try:
            status = run_logged(
                build.command, build.folder, file, _BUILD_TIMEOUT_S, while_waiting=tell
            )
        except subprocess.TimeoutExpired:
            return f"stopped: longer than {_BUILD_TIMEOUT_S:.0f} s"
        except OSError as error:
            return f"cannot run {build.command[0]}: {error.strerror}"
    return f"exit status {status}" if status else None
