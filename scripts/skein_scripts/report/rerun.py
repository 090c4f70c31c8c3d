"""How a session is measured again, as far as its record tells: the lines to type in a clone, which
build what was measured and then say the session's own words, into another folder and with the seed
it had. Leaves out running them."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from ..matrix.option_names import (
    MATRIX,
    OF_HOSTS,
    OUTPUT,
    PRESET,
    REPORT,
    RESUME,
    SEED,
    SKEIN,
    STREAM,
)
from ..records.runtimes import foreign
from ..records.shapes import Plan, Session

_OF_THE_FIRST_TIME = (RESUME, REPORT, STREAM)  # scripts/bench always has the second
_AGAIN = "out/again"
_MATRIX_PROGRAM = "run_matrix.py"
# What has to be built for programs that do not build: scripts/bench and the gate do.
_TARGETS = {"micro.py": "skein skein_micro"}
_OTHER_NUMBERS = "Another machine, or another day on this one, has other numbers."


@dataclass(frozen=True)
class Rerun:
    """The lines to type, and what there is to know about them."""

    lines: list[str]
    notes: list[str]


def rerun_of(session: Session) -> Rerun | None:
    """How to measure a session again; None where the record has no words."""
    words = list(session.get("argv") or [])
    if not words:
        return None
    tool = session["tool"]
    commit = tool.get("commit")
    lines = [f"git checkout {shlex.quote(commit)}"] if commit else []
    command = _command(words, session)
    notes = [_about_the_tree(commit, bool(tool.get("dirty")))]
    if _has(command, SEED):
        notes.append("The seed is said, so the order and the work are the same.")
    lines += [*_building(PurePath(words[0]).name), shlex.join(command)]
    return Rerun(lines, [note for note in (*notes, _OTHER_NUMBERS) if note])


def _about_the_tree(commit: str | None, is_dirty: bool) -> str:
    if not commit:
        return "Which commit was measured is not recorded: this builds the tree as it is."
    if is_dirty:
        return (
            "The tree had changes that no commit has: this measures the commit without them, which"
            " is another program."
        )
    return ""


def _building(name: str) -> list[str]:
    if name == _MATRIX_PROGRAM:
        return []
    targets = _TARGETS.get(name, "" if name.endswith(".py") else "skein")
    build = "cmake --preset release && cmake --build --preset release --target"
    return ["scripts/setup", *([f"{build} {targets}"] if targets else [])]


def _command(words: Sequence[str], session: Session) -> list[str]:
    """The words, with another folder, and with what went without saying."""
    name = PurePath(words[0]).name
    if not name.endswith(".py"):
        return [f"build/release/{name}", *words[1:]]
    kept = list(_into_another_folder(words[1:]))
    if name != _MATRIX_PROGRAM:
        return [f"scripts/{name}", *kept]
    plan, seed = session.get("plan"), session.get("seed")
    preset = plan.get("preset") if plan else None
    if preset and not _has(kept, PRESET) and not _has(kept, MATRIX):
        kept += [PRESET, preset]
    if seed is not None and not _has(kept, SEED):
        kept += [SEED, str(seed)]
    return ["scripts/bench", *(["--references"] if _has_references(plan) else []), *kept]


def _has_references(plan: Plan | None) -> bool:
    """Whether a worker in another language has to be built."""
    cells = (plan.get("cells") if plan else None) or []
    return any(cell["runtime"] in foreign() for cell in cells)


def _into_another_folder(words: Sequence[str]) -> Iterator[str]:
    """Without the binary's own place, since what is measured is built, and on one host."""
    rest = iter(words)
    for word in rest:
        name, is_joined, _ = word.partition("=")
        if name in (OUTPUT, SKEIN, *OF_HOSTS):
            if not is_joined:
                next(rest, None)
            yield from (OUTPUT, _AGAIN) if name == OUTPUT else ()
        elif word not in _OF_THE_FIRST_TIME:
            yield word


def _has(words: Sequence[str], option: str) -> bool:
    return any(word == option or word.startswith(f"{option}=") for word in words)
